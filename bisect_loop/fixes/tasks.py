"""A task that a test leaves running is cancelled, and waited for, on the loop that runs it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

import libcst as cst

from bisect_loop.fixes.fixture import Body, with_fixture
from bisect_loop.fixes.ground import Ground
from bisect_loop.fixes.model import Candidate, Edit
from bisect_loop.fixes.python import Import, Source, free_name, names_of
from bisect_loop.fixes.requested import requested, test_function

_DOC = "A task that a test starts ends with that test."
_STARTS = ("create_task", "ensure_future")
_COST = "what the task would have gone on to do after the test is not done"


def candidates(ground: Ground) -> Iterator[Candidate]:
    """The fixture that starts it yields, and cancels it then; else a fixture cancels what tests leave running.

    Of a task that its loop took along the module's belief in it is left, so cancelling is what falls short there.
    Without a cause only what the polluters themselves are seen to start is cancelled.
    """
    found = ground.explanation
    if found is not None:
        if not found.resource.startswith("asyncio task"):
            return
        over = found.loop is not None and found.loop.died is not None
        sites = [found.site, *(found.made.sites if found.made is not None else ())]
        sites += found.bound.sites if found.bound is not None else ()
        places = [site.at for site in sites if site is not None]
        yield from _in_fixture(ground, places, likely=not over)
        yield from _everywhere(ground, likely=not over)
    elif ground.finding.changes:
        started = [
            f"{one.path}:{node.lineno}"
            for test in ground.finding.polluters
            for one in requested(ground, test)
            for node in _starts(one.node)
        ]
        yield from _in_fixture(ground, started, likely=True)
        functions = (test_function(ground, test) for test in ground.finding.polluters)
        if started or any(function is not None and list(_starts(function)) for function in functions):
            yield from _everywhere(ground, likely=True)


def _starts(function: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in _STARTS:
            yield node


def _in_fixture(ground: Ground, places: Sequence[str], *, likely: bool) -> Iterator[Candidate]:
    for place in dict.fromkeys(places):
        path, _, line = place.rpartition(":")
        before = ground.read(path)
        made = None if before is None else with_cancel(before, int(line))
        if before is not None and made is not None:
            after, name = made
            yield Candidate(
                "cancel-in-fixture",
                f"cancel the task of the fixture {name} when the test is over, at {place}",
                place,
                (Edit(path, before, after),),
                cost=_COST,
                likely=likely,
            )
            return


def _everywhere(ground: Ground, *, likely: bool) -> Iterator[Candidate]:
    body = Body(
        ("before = asyncio.all_tasks()",),
        (
            "left = asyncio.all_tasks() - before - {asyncio.current_task()}",
            "for task in left:",
            "    task.cancel()",
            "if left:",
            "    await asyncio.wait(left)",
        ),
        (),
        (Import("asyncio"),),
        asynchronous=True,
    )
    written = with_fixture(ground, "tasks_cancelled", _DOC, body)
    if written is not None:
        yield Candidate(
            "cancel-in-fixture" if not likely else "cancel-what-is-left",
            f"cancel the tasks that a test leaves running, in an async fixture of {written.edit.path}",
            written.where,
            (written.edit,),
            cost=_COST if likely else "",
            likely=likely,
        )


def with_cancel(text: str, line: int) -> tuple[str, str] | None:
    """(`text` in which the async fixture around `line` cancels the task that it starts there, the fixture's name).

    None where the fixture does not begin a task in a statement of its own at its end, or cancels it already.
    """
    try:
        source = Source(text)
    except ValueError:
        return None
    function = source.function(line)
    statement = source.statement(line)
    if function is None or statement is None or function.asynchronous is None or not _is_fixture(source, function):
        return None
    if ".cancel()" in source.code(function.body) or not isinstance(function.body, cst.IndentedBlock):
        return None
    body = list(function.body.body)
    if statement not in body or len(statement.body) != 1:
        return None
    taken = names_of(text)
    at, small = body.index(statement), statement.body[0]
    rest = body[at + 1 :]
    if not _starts_task(source, small) or _leaves(source, body[:at]):
        return None
    if isinstance(small, cst.Assign) and len(small.targets) == 1 and isinstance(small.targets[0].target, cst.Name):
        name = small.targets[0].target.value
        gives_last = _yielding(source, rest)
        if gives_last is None:
            return None
        kept: list[cst.BaseStatement] = [statement, *gives_last]
    elif rest:
        return None
    elif isinstance(small, cst.Assign):
        if len(small.targets) > 1:
            return None
        name = source.code(small.targets[0].target)  # what others read there stays
        kept = [statement, *_parsed("yield")]
    else:
        value = _value(small)
        if value is None:
            return None
        name = free_name("task", taken.__contains__)
        task = statement.with_changes(body=[cst.Assign([cst.AssignTarget(cst.Name(name))], value)])
        gives = not isinstance(small, cst.Expr) or isinstance(small.value, cst.Yield)
        kept = [task, *_parsed(f"yield {name}" if gives else "yield")]
    after = [*kept, *_parsed(f"{name}.cancel()"), *_parsed(f"await asyncio.wait([{name}])")]
    block = function.body.with_changes(body=[*body[:at], *after])
    # What it returned it now yields, so that what it said of that is no longer true.
    changed = function.with_changes(body=block, returns=None)
    return source.replaced(function, changed, [Import("asyncio")]), function.name.value


def _is_fixture(source: Source, function: cst.FunctionDef) -> bool:
    called = (one.decorator for one in function.decorators)
    names = (source.code(one.func if isinstance(one, cst.Call) else one) for one in called)
    return any(name.rpartition(".")[2] == "fixture" for name in names)


def _starts_task(source: Source, small: cst.BaseSmallStatement) -> bool:
    value = _value(small)
    if isinstance(value, cst.Await) or not isinstance(value, cst.Call):
        return False
    return source.code(value.func).rpartition(".")[2] in _STARTS


def _value(small: cst.BaseSmallStatement) -> cst.BaseExpression | None:
    """What a statement returns, yields, assigns, or only evaluates."""
    if isinstance(small, cst.Return | cst.Assign):
        return small.value
    if isinstance(small, cst.Expr):
        inner = small.value
        if isinstance(inner, cst.Yield):
            return inner.value if isinstance(inner.value, cst.BaseExpression) else None
        return inner
    return None


def _yielding(source: Source, rest: Sequence[cst.BaseStatement]) -> list[cst.BaseStatement] | None:
    """The rest of a fixture, which yields at its end what it gave there; None where it has another way out."""
    if not rest:
        return _parsed("yield")
    *inner, last = rest
    if _leaves(source, inner):
        return None
    if not isinstance(last, cst.SimpleStatementLine) or len(last.body) != 1:
        return None
    small = last.body[0]
    if isinstance(small, cst.Return):
        return [*inner, last.with_changes(body=[cst.Expr(cst.Yield(small.value))])]
    return [*inner, last] if isinstance(small, cst.Expr) and isinstance(small.value, cst.Yield) else None


def _leaves(source: Source, body: Sequence[cst.BaseStatement]) -> bool:
    """Whether statements yield, or return: a fixture that yields at its end can do neither before."""
    return any("yield" in source.code(one) or "return" in source.code(one) for one in body)


def _parsed(code: str) -> list[cst.BaseStatement]:
    return [cst.parse_statement(code)]
