"""A fixture that is wider than the loop of the tests that use it: one of the two takes the other's width."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

import libcst as cst

from bisect_loop.fixes.ground import Ground
from bisect_loop.fixes.loops import FIXTURES
from bisect_loop.fixes.model import Candidate, Edit
from bisect_loop.fixes.options import configuration
from bisect_loop.fixes.python import Import, Source, with_imports
from bisect_loop.fixes.requested import requested
from bisect_loop.provenance.record import Fixture

_WIDE = ("class", "module", "package", "session")
_FIXTURE = re.compile(r"<?(?:\w+ )?fixture (\w+)")  # as a trace names the holder of a fixture's value


def candidates(ground: Ground) -> Iterator[Candidate]:
    """Run the tests that use a wide fixture on a loop as wide; or make the fixture anew for each test."""
    found = ground.explanation
    if not ground.loops_are_mixed or ground.runs_on != "pytest-asyncio":
        return
    holders = found.holders if found is not None else ()
    used = {one.at: one for one in _fixtures(ground) if one.scope in _WIDE}
    named = {match[1] for held in holders if (match := _FIXTURE.match(held.holder)) is not None}
    wide = [one for one in used.values() if one.name in named] or [
        one for one in used.values() if one.loop_scope not in (None, one.scope)
    ]
    if not wide and not holders:  # no global holds it: a fixture's value is the next that comes to mind
        wide = [one for one in used.values() if ground.read(one.at.rpartition(":")[0]) is not None]
    for fixture in wide[:1]:
        yield from _as_wide(ground, fixture)
        if not (_default_loop(ground) and _is_coroutine(ground, fixture)):  # it would be made on a wide loop still
            yield from _narrow(ground, fixture)


def _fixtures(ground: Ground) -> Iterator[Fixture]:
    """The fixtures of the order's tests as a trace has them; without one those that every test is seen to request."""
    if ground.explanation is not None:
        for _, fixtures in ground.explanation.fixtures:
            yield from fixtures
        return
    first, *others = ([*requested(ground, test)] for test in ground.tests)
    for one in first:
        if all(one in other for other in others):
            yield Fixture(one.name, one.scope, None, f"{one.path}:{one.line}")


def _as_wide(ground: Ground, fixture: Fixture) -> Iterator[Candidate]:
    files = list(dict.fromkeys(test.partition("::")[0] for test in ground.tests))
    edits = []
    for path in files:
        before = ground.read(path)
        if before is not None and is_marked(before, fixture.scope):
            continue  # it runs on a loop as wide already: the others are to follow it
        after = None if before is None else marked(before, fixture.scope)
        if before is None or after is None:
            return
        edits.append(Edit(path, before, after))
    own = fixture.loop_scope or _default_loop(ground)
    if not edits or own not in ("", fixture.scope):
        return  # the fixture's own loop would have to change as well
    yield Candidate(
        "equal-scopes",
        f"run the tests of {' and '.join(edit.path for edit in edits)} on one loop of scope {fixture.scope}, as wide "
        f"as the fixture {fixture.name}",
        fixture.at,
        tuple(edits),
        cost=f"these tests share one event loop for each {fixture.scope}",
    )


def _default_loop(ground: Ground) -> str:
    """The loop that asynchronous fixtures get which do not say which; "" where a plain one may not need any."""
    said = re.search(rf"^\s*{FIXTURES}\s*=\s*[\"']?(\w+)", configuration(ground.read).text or "", re.MULTILINE)
    return said[1] if said is not None and said[1] != "function" else ""


def _is_coroutine(ground: Ground, fixture: Fixture) -> bool:
    path, _, line = fixture.at.rpartition(":")
    near = (ground.read(path) or "").splitlines()[int(line) - 1 :]
    return next((text for text in near if "def " in text), "").lstrip().startswith("async ")


def _narrow(ground: Ground, fixture: Fixture) -> Iterator[Candidate]:
    path, _, line = fixture.at.rpartition(":")
    before = ground.read(path)
    after = None if before is None else narrowed(before, int(line))
    if before is not None and after is not None:
        yield Candidate(
            "function-fixture",
            f"make the fixture {fixture.name} anew for each test, at {fixture.at}",
            fixture.at,
            (Edit(path, before, after),),
            cost=f"it is made for each test rather than once a {fixture.scope}",
        )


def narrowed(text: str, line: int) -> str | None:
    """`text` with the fixture at `line` of function scope: its decorator says nothing of scopes any more."""
    try:
        source = Source(text)
    except ValueError:
        return None
    function = source.function(line)
    for decorator in function.decorators if function is not None else ():
        call = decorator.decorator
        if isinstance(call, cst.Call) and source.code(call.func).endswith("fixture"):
            kept = [arg for arg in call.args if arg.keyword is None or arg.keyword.value not in ("scope", "loop_scope")]
            if kept and kept[-1] is not call.args[-1]:
                kept[-1] = kept[-1].with_changes(comma=call.args[-1].comma)
            return source.replaced(call, call.with_changes(args=kept) if kept else call.func)
    return None


def is_marked(text: str, scope: str) -> bool:
    """Whether the tests of a module all run on one loop of that scope, as its pytestmark says."""
    said = re.search(r"^pytestmark\s*=.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    asked = rf"\basyncio\([^()]*loop_scope\s*=\s*['\"]{scope}['\"]"
    return said is not None and re.search(asked, said[0]) is not None


def marked(text: str, scope: str) -> str | None:
    """`text` whose tests all run on one loop of that scope, by its pytestmark; None where that says so already."""
    mark = f'pytest.mark.asyncio(loop_scope="{scope}")'
    if "loop_scope" in text:
        return None
    try:
        source = Source(text)
    except ValueError:
        return None
    for statement in source.module.body:
        small = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
        if isinstance(small, cst.Assign) and source.code(small.targets[0].target) == "pytestmark":
            return source.replaced(small.value, _longer(small.value, cst.parse_expression(mark)), [Import("pytest")])
    at = _behind_imports(source.module)
    line = cast(cst.SimpleStatementLine, cst.parse_statement(f"pytestmark = {mark}"))
    body = list(source.module.body)
    blank = [cst.EmptyLine(indent=False)]
    body[at:at] = [line.with_changes(leading_lines=blank if at else [])]
    if at + 1 < len(body) and not body[at + 1].leading_lines:
        body[at + 1] = body[at + 1].with_changes(leading_lines=blank)
    return with_imports(source.module.with_changes(body=body, has_trailing_newline=True), [Import("pytest")])


def _longer(value: cst.BaseExpression, mark: cst.BaseExpression) -> cst.BaseExpression:
    """The marks of a module and one more."""
    if isinstance(value, cst.List):
        elements = [element.with_changes(comma=cst.MaybeSentinel.DEFAULT) for element in value.elements[-1:]]
        return value.with_changes(elements=[*value.elements[:-1], *elements, cst.Element(mark)])
    return cst.List([cst.Element(value), cst.Element(mark)])


def _behind_imports(module: cst.Module) -> int:
    found = 0
    for index, statement in enumerate(module.body):
        if isinstance(statement, cst.SimpleStatementLine):
            small = statement.body[0]
            doc = index == 0 and isinstance(small, cst.Expr) and isinstance(small.value, cst.SimpleString)
            if doc or isinstance(small, cst.Import | cst.ImportFrom):
                found = index + 1
    return found
