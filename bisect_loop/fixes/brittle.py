"""A test that passes only after another one: it brings the state itself that the other one leaves."""

from __future__ import annotations

from collections.abc import Iterator

from bisect_loop.fixes.fixture import Body, used_by, with_fixture
from bisect_loop.fixes.ground import Ground
from bisect_loop.fixes.model import Candidate, Edit
from bisect_loop.fixes.plain import setting
from bisect_loop.fixes.requested import requested
from bisect_loop.fixes.requesting import with_usefixtures

_MOST = 3


def candidates(ground: Ground) -> Iterator[Candidate]:
    """The victim requests a fixture of its setter, else one that sets the plain values which the setter leaves.

    What is no plain value nobody can write down: there a mend is the reader's own.
    """
    if ground.finding.kind != "brittle":
        return
    yield from _fixtures_of_setters(ground)
    shown = ground.finding.changes
    lines = [line for one in shown if one.after and (line := setting(ground, one.what, one.after)) is not None]
    if not lines or len(lines) < len(shown) or len(lines) > _MOST:
        return  # a part of the state is not the state
    modules = tuple(dict.fromkeys(module for module, _ in lines if module))
    body = Body(tuple(line for _, line in lines), (), modules, parameters=("monkeypatch",))
    written = with_fixture(ground, "state_needed", "The state that the test counts on.", body, autouse=False)
    edits = None if written is None else used_by(ground, (ground.finding.victim,), written)
    if written is not None and edits is not None:
        named = ", ".join(change.what for change in shown)
        yield Candidate(
            "state-in-fixture",
            f"set {named} in a fixture that the victim uses, in {written.edit.path}",
            written.where,
            edits,
            cost="the values are those that were seen: what they mean only you know",
        )


def _fixtures_of_setters(ground: Ground) -> Iterator[Candidate]:
    """Each fixture that a setter requests and the victim does not, where the victim sees it."""
    victim = ground.finding.victim
    path, *names = victim.partition("[")[0].split("::")
    before = ground.read(path)
    own = {one.name for one in requested(ground, victim)}
    for setter in ground.finding.setters:
        for one in requested(ground, setter):
            visible = one.path == path or victim.startswith(one.path.removesuffix("conftest.py"))
            if one.name in own or not visible or before is None:
                continue
            after = with_usefixtures(before, names, one.name)
            if after is not None:
                own.add(one.name)
                yield Candidate(
                    "use-setters-fixture",
                    f"let the victim use the fixture {one.name} ({one.path}:{one.line}), as {setter} does",
                    f"{one.path}:{one.line}",
                    (Edit(path, before, after),),
                )
