"""An error of ours on the way to a mend costs that mend, and nothing that was found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bisect_loop.fixes import candidates as module
from bisect_loop.fixes.candidates import candidates
from bisect_loop.fixes.ground import Files, Ground
from bisect_loop.fixes.model import Candidate
from bisect_loop.model import Finding, Signature
from bisect_loop.reproduce import Investigation
from bisect_loop.runner.dispatch import OutOfBudget

POLLUTER, VICTIM = "tests/test_p.py::test_p", "tests/test_v.py::test_v"
CLOSED = Signature("RuntimeError", "", "Event loop is closed", "call")
FINDING = Finding("victim", VICTIM, CLOSED, (POLLUTER, VICTIM), polluters=(POLLUTER,), confirmed=True)


def breaks(ground: Ground) -> Iterator[Candidate]:
    yield from ()
    raise ValueError(f"the text of {ground.finding.victim}\nis a secret")


def test_a_maker_that_fails_costs_its_own_mends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are asked all the same; the report says where it arose, and nothing of what the error holds."""
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\n")
    ground = Ground(FINDING, None, Files(tmp_path))
    whole = candidates(ground)
    said: list[str] = []
    monkeypatch.setattr(module, "_MAKERS", (breaks, *module._MAKERS))

    assert whole
    assert candidates(ground, said.append) == whole
    (sentence,) = said
    assert sentence.startswith(f"a fix of {FINDING.id} could not be written (internal error, please report it: Val")
    assert "secret" not in sentence
    with pytest.raises(ValueError):
        candidates(ground)


@pytest.mark.parametrize("error", [OSError("full"), OutOfBudget()])
def test_what_fails_while_mends_are_tried_keeps_the_finding(error: Exception) -> None:
    """One sentence says so, and the run goes on; what ends the run still does."""
    said: list[str] = []

    def mended(*_: object) -> Finding:
        raise error

    session = SimpleNamespace(dispatch=SimpleNamespace(say=said.append))
    diagnosis = SimpleNamespace(evidence=SimpleNamespace(explanations={}))
    run = Investigation(cast(Any, session), cast(Any, None), cast(Any, SimpleNamespace(mending=said.append)), [])
    run.findings.append(FINDING)
    run._diagnosis, run._mending = cast(Any, diagnosis), cast(Any, SimpleNamespace(mended=mended))
    if isinstance(error, OutOfBudget):
        with pytest.raises(OutOfBudget):
            run._mend(0)
        return
    run._mend(0)

    assert run.findings == [FINDING]
    assert said[1].startswith(
        f"the fixes of {FINDING.id} could not be tried (internal error, please report it: OSError"
    )
