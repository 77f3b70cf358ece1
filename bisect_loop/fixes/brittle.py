"""A test that passes only after another one: it brings the state itself that the other one leaves."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from bisect_loop.fixes.fixture import Body, used_by, with_fixture
from bisect_loop.fixes.ground import Ground
from bisect_loop.fixes.holders import located, python_path
from bisect_loop.fixes.model import Candidate, Edit
from bisect_loop.fixes.requested import requested
from bisect_loop.fixes.requesting import with_usefixtures
from bisect_loop.model import Change

_VARIABLE = re.compile(r"os\.environ\[(['\"])(\w+)\1\]")
_ITEM = re.compile(r"(.*)\[(.*)\]$")
_MOST = 3


def candidates(ground: Ground) -> Iterator[Candidate]:
    """The victim requests a fixture of its setter, else one that sets the plain values which the setter leaves.

    What is no plain value nobody can write down: there a mend is the reader's own.
    """
    if ground.finding.kind != "brittle":
        return
    yield from _fixtures_of_setters(ground)
    lines = [line for change in ground.finding.changes for line in _line(ground, change)][:_MOST]
    if not lines or len(lines) < len(ground.finding.changes):
        return  # a part of the state is not the state
    modules = tuple(dict.fromkeys(module for module, _ in lines if module))
    body = Body(tuple(line for _, line in lines), (), modules, parameters=("monkeypatch",))
    written = with_fixture(ground, "state_needed", "The state that the test counts on.", body, autouse=False)
    edits = None if written is None else used_by(ground, ground.finding.victim, written)
    if written is not None and edits is not None:
        named = ", ".join(change.what for change in ground.finding.changes[:_MOST])
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


def _line(ground: Ground, change: Change) -> Sequence[tuple[str, str]]:
    """(module of the application, the line that sets a value) where that is a plain one; nothing otherwise."""
    if not _is_plain(change.after):
        return ()
    variable = _VARIABLE.fullmatch(change.what)
    if variable is not None:
        return (("", f'monkeypatch.setenv("{variable[2]}", {change.after})'),)
    held = located(ground, change.what)
    path = None if held is None else python_path(change.what)
    if held is None or path is None:
        return ()
    module = held.holder[: -len(held.name) - 1]
    rest = path[len(module) + 1 :]
    item = _ITEM.fullmatch(rest)
    if item is not None:
        return ((module, f"monkeypatch.setitem({{{module}}}.{item[1]}, {item[2]}, {change.after})"),)
    owner, _, name = f"{{{module}}}.{rest}".rpartition(".")
    raising = ", raising=False" if not change.before else ""
    return ((module, f'monkeypatch.setattr({owner}, "{name}", {change.after}{raising})'),)


def _is_plain(text: str) -> bool:
    """Whether a short text for people is a whole value that code can hold."""
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError):
        return False
    return "..." not in text and "…" not in text
