"""A guard: the wire-up is left out while a test runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import libcst as cst
from libcst import matchers

from bisect_loop.fixes.ground import Ground
from bisect_loop.fixes.holders import module_of_file
from bisect_loop.fixes.model import Candidate, Edit
from bisect_loop.fixes.python import Import, Source, expression
from bisect_loop.model import is_module
from bisect_loop.provenance.explain import Explanation
from bisect_loop.provenance.record import Site
from bisect_loop.scan import WireUp
from bisect_loop.scan.resources import constructors

IN_A_TEST = "PYTEST_CURRENT_TEST"
IN_PYTEST = "PYTEST_VERSION"
_EXERCISED = (
    ("redis", "Redis"),
    ("asyncpg", "the database"),
    ("SQLAlchemy", "the database"),
    ("httpx", "the HTTP client"),
    ("aiohttp", "the HTTP client"),
)


def candidates(ground: Ground) -> Iterator[Candidate]:
    """Guard the wire-up by the variable that is set where it runs.

    What runs at import needs PYTEST_VERSION (pytest 8.2 and later): while tests are collected, PYTEST_CURRENT_TEST is
    not set yet.
    """
    found = ground.explanation
    if found is None and ground.finding.import_polluters and (ground.loops_are_mixed or not ground.finding.changes):
        for one in ground.wire_ups:
            if one.at_import and not one.guarded:
                gates = [gate.name for gate in one.gates]
                yield from _guards(ground, str(one.made_at), gates, one.resource, at_import=True)
        return
    if found is None or found.site is None:
        return
    if found.resource.startswith("asyncio") and not found.gates:
        return  # a lock, a queue or a task is part of what is tested
    if not _is_wire_up(ground, found):
        return
    yield from _guards(ground, found.site.at, found.gates, found.resource, at_import=_at_import(found, found.site))


def _at_import(found: Explanation, site: Site) -> bool:
    """Whether the wire-up runs while tests are collected. Of what no constructor was seen the line alone tells."""
    if found.wire_up is not None and found.wire_up.at_import:
        return True
    return is_module(found.made.test) if found.made is not None else site.function in ("", "<module>")


def _is_wire_up(ground: Ground, found: Explanation) -> bool:
    """Whether the line is the one that makes or keeps it, in the application.

    Left out of a test, a line that only uses it (the first to open a connection) is what the test is there for.
    """
    site = found.site
    if site is None or module_of_file(site.at.rpartition(":")[0]) is None:
        return False
    wire_up = found.wire_up
    if site == found.stored or (wire_up is not None and site.at in (str(wire_up.made_at), str(wire_up.stored_at))):
        return True
    path, _, line = site.at.rpartition(":")
    try:
        source = Source(ground.read(path) or "")
    except ValueError:
        return False
    statement, makers = source.statement(int(line)), constructors(found.resource)
    calls = () if statement is None else matchers.findall(statement, matchers.Call())
    return any({*source.code(call.func).split(".")[-2:]} & makers for call in calls if isinstance(call, cst.Call))


def _guards(ground: Ground, site: str, gates: Sequence[str], resource: str, *, at_import: bool) -> Iterator[Candidate]:
    path, _, line = site.rpartition(":")
    before = ground.read(path)
    for variable in _variables(ground.pytest, at_import=at_import):
        made = None if before is None else guarded(before, int(line), variable, gates)
        if before is None or made is None:
            return
        after, at = made
        likely = variable == IN_PYTEST or not at_import
        yield Candidate(
            "guard" if likely else "guard-current-test",
            f"guard the wire-up at {path}:{at} with {variable}",
            f"{path}:{at}",
            (Edit(path, before, after),),
            cost=_cost(resource, variable),
            note=_unguarded(ground, path, int(line)),
            likely=likely,
        )


def _variables(pytest: str, *, at_import: bool) -> tuple[str, ...]:
    """The variables to try: pytest sets the one while it runs a test, the other (from 8.2 on) all the time."""
    if not at_import:
        return (IN_A_TEST,)
    numbers = re.match(r"(\d+)\.(\d+)", pytest)
    old = numbers is not None and (int(numbers[1]), int(numbers[2])) < (8, 2)
    return (IN_A_TEST,) if old else (IN_PYTEST, IN_A_TEST)


def _cost(resource: str, variable: str) -> str:
    other = "what is made there" if resource == "event loop" else f"the {resource}"
    used = next((name for part, name in _EXERCISED if part in resource), other)
    inherited = "; a subprocess that a test starts inherits the variable" if variable == IN_A_TEST else ""
    return f"the tests no longer exercise {used}{inherited}"


def _unguarded(ground: Ground, path: str, line: int) -> str:
    """Which other wire-ups of the same thing stay as they are."""
    found = ground.explanation
    if found is None:
        return ""
    names = {held.holder for held in found.holders}
    names |= {found.wire_up.holder, *found.wire_up.also_held_by} if found.wire_up is not None else set()
    left = sorted(
        str(one.made_at)
        for one in ground.wire_ups
        if not one.guarded and str(one.made_at) != f"{path}:{line}" and _shares(one, names)
    )
    if not left:
        return ""
    sites = ", ".join(dict.fromkeys(left))
    return f"{sites} stays unguarded: one unguarded site is enough to poison again"


def _shares(one: WireUp, names: set[str]) -> bool:
    own = (one.holder, *one.also_held_by)
    return any(a == b or a.startswith(f"{b}.") or b.startswith(f"{a}.") for a in own for b in names)


def guarded(text: str, line: int, variable: str, gates: Sequence[str] = ()) -> tuple[str, int] | None:
    """Return (`text` in which the statement at `line` is not run while `variable` is set, the line of the guard).

    Where an `if` that asks for one of the variables `gates` stands around it, the guard joins that; a value that is
    assigned becomes None. None is returned where no statement can be guarded.
    """
    try:
        source = Source(text)
    except ValueError:
        return None
    statement = source.statement(line)
    if statement is None or len(statement.body) != 1:
        return None
    test = f'"{variable}" not in os.environ'
    imports = [Import("os")]
    gate = _gate(source, statement, gates)
    if gate is not None:
        return source.replaced(gate, _joined(gate, test), imports), source.line(gate)
    small = statement.body[0]
    if isinstance(small, cst.Expr):
        block = cst.IndentedBlock([statement.with_changes(leading_lines=())])
        new = cst.If(expression(test), block, leading_lines=statement.leading_lines)
        return source.replaced(statement, new, imports), source.line(statement)
    if isinstance(small, cst.Assign | cst.AnnAssign | cst.Return) and small.value is not None:
        value = small.value
        if isinstance(value, cst.IfExp | cst.Lambda | cst.NamedExpr | cst.Yield):
            return None
        new_value = cst.IfExp(expression(test), value, cst.Name("None"))
        return source.replaced(value, new_value, imports), source.line(statement)
    return None


def _gate(source: Source, statement: cst.CSTNode, gates: Sequence[str]) -> cst.If | None:
    """The nearest `if` around the statement that asks for one of the variables and does nothing else."""
    block = source.parent(statement)
    found = None if block is None else source.parent(block)
    if not isinstance(found, cst.If) or found.orelse is not None or found.body is not block:
        return None
    asked = source.code(found.test)
    named = any(name in asked for name in gates) or "environ" in asked or "getenv" in asked
    return found if named and not isinstance(source.parent(found), cst.If) else None


def _joined(gate: cst.If, test: str) -> cst.If:
    """The `if` with the guard before its own test."""
    own = gate.test
    if isinstance(own, cst.NamedExpr | cst.IfExp | cst.Lambda) or (
        isinstance(own, cst.BooleanOperation) and isinstance(own.operator, cst.Or)
    ):
        own = own if own.lpar else own.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    whole = cst.BooleanOperation(expression(test), cst.And(), own)
    space = gate.whitespace_before_test
    return gate.with_changes(test=whole, whitespace_before_test=space if not space.empty else cst.SimpleWhitespace(" "))
