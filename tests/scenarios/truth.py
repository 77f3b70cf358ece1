"""Checks what expected.toml says with plain pytest in fresh processes; the tool has no part in it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.scenarios.scenario import Finding, Scenario

_WORDS = ("green", "red")


def wrongs(scenario: Scenario) -> Iterator[str]:
    """Yield a line for everything in the truth of `scenario` that plain pytest does not show."""
    ids = _collected(scenario)
    if any(scenario.conditions.get(kind) for kind in ("services", "set", "ci", "coverage")):
        for order in (ids, ids[::-1]):
            if scenario.pytest(*order, conditions=False).returncode:
                yield "it is red without its conditions"
    orders = scenario.truth.get("orders", {})
    for name, order in (("default", ids), ("reverse", ids[::-1])):
        wanted = orders.get(name)
        done = scenario.pytest(*order)
        shown = _WORDS[done.returncode != 0]
        if wanted in _WORDS and shown != wanted:
            yield f"{name} is {shown}, not {wanted}\n{done.stdout[-3000:]}"
    if orders.get("run", "default") not in ("default", "reverse"):
        return  # workers of pytest-xdist: which of them runs what is not for a plain order to show
    failed = {line.split(" - ")[0].split(" ", 1)[1] for line in _failures(scenario, orders.get("run", "default"), ids)}
    if failed != {finding.victim for finding in scenario.findings}:
        yield f"these fail in {orders.get('run')}: {sorted(failed)}"
    for finding in scenario.findings:
        yield from _of_finding(scenario, finding, ids)


def _failures(scenario: Scenario, order: str, ids: Sequence[str]) -> list[str]:
    kind, *of = order.split(":")
    workers = ("-n", of[0], "--dist", of[1]) if kind == "xdist" else ()
    done = scenario.pytest("-rfE", *workers, *(ids[::-1] if order == "reverse" else ids))
    return [line for line in done.stdout.splitlines() if re.match(r"(FAILED|ERROR) .*::", line)]


def _of_finding(scenario: Scenario, finding: Finding, ids: Sequence[str]) -> Iterator[str]:
    if finding.told["kind"] == "import-time":
        yield from _of_import(scenario, finding, ids)
    if finding.told["kind"] == "cross-process":
        yield from _of_workers(scenario, finding)
    if finding.told["kind"] != "victim":
        return
    victim, minimal = finding.victim, [*finding.polluters, finding.victim]
    if not _passes(scenario, [victim]):
        yield f"{victim} does not pass alone"
    done = scenario.pytest(*minimal)
    if done.returncode == 0:
        yield f"{minimal} passes"
    elif finding.told["error"]["message"] not in done.stdout:
        yield f"{minimal} fails with something else\n{done.stdout[-2000:]}"
    single = {names[0] for names in finding.polluting_sets if len(names) == 1}
    innocent = [nodeid for nodeid in ids if nodeid != victim and nodeid not in single]
    for others in (innocent, innocent[::-1]):
        if not _passes(scenario, [*others, victim], victim):
            yield f"{victim} fails after {others}"
    for fix in finding.fixes:
        yield from _of_fix(scenario, finding, fix, ids)


def _of_import(scenario: Scenario, finding: Finding, ids: Sequence[str]) -> Iterator[str]:
    victim = finding.victim
    if not _passes(scenario, [victim]):
        yield f"{victim} does not pass alone"
    for file in sorted({nodeid.partition("::")[0] for nodeid in ids} - {victim.partition("::")[0]}):
        polluting = file in finding.told["import_polluters"]
        if _passes(scenario, [file, "--deselect", file, victim], victim) is polluting:
            yield f"the import of {file} " + ("pollutes nothing" if polluting else "pollutes")
    for fix in finding.fixes:
        yield from _of_fix(scenario, finding, fix, ids)


def _of_workers(scenario: Scenario, finding: Finding) -> Iterator[str]:
    tests = [*finding.polluters, finding.victim]
    for order in (tests, tests[::-1]):
        if not _passes(scenario, order):
            yield f"{order} fails in one process"
    if not _clashes(scenario, tests):
        yield f"{tests} pass side by side"
    for fix in finding.fixes:
        with _mended(scenario, fix) as mended:
            if _clashes(mended, tests) is fix["works"]:
                yield f"fix {fix['kind']} " + ("does not work" if fix["works"] else "works")


def _clashes(scenario: Scenario, tests: Sequence[str]) -> bool:
    """Whether `tests`, each on a worker of its own, fail in one of eight runs: it hangs on who begins when."""
    return any(scenario.pytest("-n", str(len(tests)), "--dist", "load", *tests).returncode for _ in range(8))


@contextmanager
def _mended(scenario: Scenario, fix: dict[str, Any]) -> Iterator[Scenario]:
    """A copy of `scenario` with the edits of `fix`."""
    with tempfile.TemporaryDirectory() as folder:
        mended = scenario.copy(Path(folder))
        for edit in fix["edit"]:
            _edit(mended.root / edit["file"], edit)
        yield mended


def _of_fix(scenario: Scenario, finding: Finding, fix: dict[str, Any], ids: Sequence[str]) -> Iterator[str]:
    with _mended(scenario, fix) as mended:
        minimal = [*finding.polluters, finding.victim]
        orders = {"minimal": minimal, "reversed": minimal[::-1], "alone": [finding.victim], "whole": list(ids)}
        if scenario.truth.get("orders", {}).get("run") == "reverse":
            orders["whole reversed"] = list(ids)[::-1]
        broken = {}
        for name, order in orders.items():
            done = mended.pytest(*order)
            if done.returncode:
                broken[name] = done.stdout[-1500:]
        if fix["works"] and broken:
            yield f"fix {fix['kind']} does not work: {broken}"
        if not fix["works"] and not broken:
            yield f"fix {fix['kind']} works"


def _edit(file: Path, edit: dict[str, str]) -> None:
    if "create" in edit:
        file.write_text(edit["create"], encoding="utf-8")
        return
    text = file.read_text(encoding="utf-8")
    if "append" in edit:
        file.write_text(text + edit["append"], encoding="utf-8")
        return
    assert text.count(edit["old"]) == 1, f"{edit['old']!r} does not stand once in {file}"
    file.write_text(text.replace(edit["old"], edit["new"]), encoding="utf-8")


def _collected(scenario: Scenario) -> list[str]:
    done = scenario.pytest("--collect-only", "-q")
    return [line for line in done.stdout.splitlines() if "::" in line]


def _passes(scenario: Scenario, order: Sequence[str], nodeid: str = "") -> bool:
    """Whether `order` passes, or the test `nodeid` in it."""
    done = scenario.pytest("-rfE", *order)
    if not nodeid or done.returncode == 0:
        return done.returncode == 0
    return not any(re.match(rf"(FAILED|ERROR) {re.escape(nodeid)}(\s|$)", line) for line in done.stdout.splitlines())
