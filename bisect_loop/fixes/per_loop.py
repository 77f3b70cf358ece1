"""One resource for each event loop: the function that hands out the singleton looks it up by the running loop."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import libcst as cst

from bisect_loop.fixes.ground import Ground
from bisect_loop.fixes.holders import module_of
from bisect_loop.fixes.model import Candidate, Edit
from bisect_loop.fixes.python import Import, Source, free_name, names_of, with_imports
from bisect_loop.provenance.record import Held

_HOLDER = "weakref.WeakKeyDictionary()"


def candidates(ground: Ground) -> Iterator[Candidate]:
    """Where one function makes it and hands it out, nothing else names the global, and coroutines alone call that."""
    found = ground.explanation
    if found is None or len(found.holders) != 1 or module_of(found.holders[0]) is None:
        return
    (held,) = found.holders
    before = ground.read(held.file)
    made = None if before is None else per_loop(before, held.name)
    if before is None or made is None:
        return
    after, function, line = made
    if not ground.files.all_known or not _only_there(ground, held) or not _in_coroutines(ground, function):
        return
    yield Candidate(
        "per-loop",
        f"keep one {found.resource} for each event loop, in {function}() at {held.file}:{line}",
        f"{held.file}:{line}",
        (Edit(held.file, before, after),),
        cost="in production as well: with one loop it is the same, and what a closed loop had stays in memory while it "
        "refers to that loop",
    )


def per_loop(text: str, name: str) -> tuple[str, str, int] | None:
    """(`text` with the singleton `name` kept by loop, the function that hands it out, its line).

    One shape is understood: a global that is None until a function, which nobody helps, gives it its value and returns
    it. None for every other.
    """
    try:
        source = Source(text)
    except ValueError:
        return None
    for statement in source.module.body:
        if isinstance(statement, cst.FunctionDef):
            made = _filled(source, statement, name)
            if made is not None:
                return made, statement.name.value, source.line(statement)
    return None


def _filled(source: Source, function: cst.FunctionDef, name: str) -> str | None:
    """`X = None`, and `global X; if X is None: X = make(); return X`."""
    start = _none(source, name)
    if start is None or not isinstance(function.body, cst.IndentedBlock):
        return None
    named = re.findall(rf"(?<![\w.]){re.escape(name)}\b", source.module.code)
    body = list(function.body.body)
    if function.get_docstring() is not None:
        body = body[1:]
    if len(body) != 3 or len(named) != 5:  # its start, global, asked, given, returned: nobody else has a part in it
        return None
    declared, asked, returned = body
    if source.code(declared).strip() != f"global {name}" or source.code(returned).strip() != f"return {name}":
        return None
    if not isinstance(asked, cst.If) or asked.orelse is not None or source.code(asked.test) not in _empty(name):
        return None
    if not isinstance(asked.body, cst.IndentedBlock) or len(asked.body.body) != 1:
        return None
    given = asked.body.body[0]
    small = given.body[0] if isinstance(given, cst.SimpleStatementLine) and len(given.body) == 1 else None
    if not isinstance(small, cst.Assign) or source.code(small.targets[0].target) != name or len(small.targets) != 1:
        return None
    running = free_name("loop", names_of(source.module.code).__contains__)
    item = f"{name}[{running}]"
    target = small.with_changes(targets=[small.targets[0].with_changes(target=cst.parse_expression(item))])
    new_given = given.with_changes(body=[target])
    new_asked = asked.with_changes(
        test=cst.parse_expression(f"{running} not in {name}"), body=asked.body.with_changes(body=[new_given])
    )
    loop = cst.parse_statement(f"{running} = asyncio.get_running_loop()")
    assert isinstance(loop, cst.SimpleStatementLine) and isinstance(declared, cst.SimpleStatementLine)
    new_return = cst.parse_statement(f"return {item}")
    assert isinstance(new_return, cst.SimpleStatementLine) and isinstance(returned, cst.SimpleStatementLine)
    kept = list(function.body.body)[:-3]
    block = function.body.with_changes(
        body=[
            *kept,
            loop.with_changes(leading_lines=declared.leading_lines),
            new_asked,
            new_return.with_changes(
                leading_lines=returned.leading_lines, trailing_whitespace=returned.trailing_whitespace
            ),
        ]
    )
    by_loop = function.with_changes(body=block)
    holder = _holder(source, start, name)
    # In one go: a node that was replaced leaves none of the others what they were.
    changed = [holder if one is start else by_loop if one is function else one for one in source.module.body]
    return with_imports(source.module.with_changes(body=changed), [Import("asyncio"), Import("weakref")])


def _empty(name: str) -> tuple[str, ...]:
    return (f"{name} is None", f"not {name}")


def _none(source: Source, name: str) -> cst.SimpleStatementLine | None:
    """The statement at the top that gives `name` its start, where that is None."""
    for statement in source.module.body:
        small = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
        if isinstance(small, cst.Assign) and len(small.targets) == 1:
            target, value = small.targets[0].target, small.value
        elif isinstance(small, cst.AnnAssign) and small.value is not None:
            target, value = small.target, small.value
        else:
            continue
        if isinstance(statement, cst.SimpleStatementLine) and source.code(target) == name:
            return statement if source.code(value) == "None" else None
    return None


def _holder(source: Source, start: cst.SimpleStatementLine, name: str) -> cst.SimpleStatementLine:
    """The dictionary by loops; what was said of the holder's type stays in that of the dictionary."""
    small = start.body[0]
    line = f"{name} = {_HOLDER}"
    if isinstance(small, cst.AnnAssign):
        written = source.code(small.annotation.annotation).strip("\"'")
        said = re.sub(r"\s*\|\s*None$|^(?:typing\.)?Optional\[(.*)\]$", r"\1", written)
        kind = f"weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, {said}]"
        later = "from __future__ import annotations" in source.module.code
        line = f"{name}: {kind} = {_HOLDER}" if later else f'{name}: "{kind}" = {_HOLDER}'
    new = cst.parse_statement(line)
    assert isinstance(new, cst.SimpleStatementLine)
    return new.with_changes(leading_lines=start.leading_lines, trailing_whitespace=start.trailing_whitespace)


def _only_there(ground: Ground, held: Held) -> bool:
    """Whether no other file of the project names the global."""
    other = re.compile(rf"(?<!\w){re.escape(held.name)}\b")
    return not any(other.search(ground.read(path) or "") for path in ground.files.paths() if path != held.file)


def _in_coroutines(ground: Ground, function: str) -> bool:
    """Whether coroutines alone call the function, as far as names tell: elsewhere there is no running loop."""
    for text in ground.files.python():
        if function not in text:
            continue
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError):
            return False
        if not all(inside for inside in _calls(tree, function, inside=False)):
            return False
    return True


def _calls(node: ast.AST, function: str, *, inside: bool) -> Iterator[bool]:
    """For each use of the function below `node`: whether it is a call inside of a coroutine."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.AsyncFunctionDef):
            yield from _calls(child, function, inside=True)
        elif isinstance(child, ast.FunctionDef | ast.Lambda):
            yield from _calls(child, function, inside=False)
        elif isinstance(child, ast.Call) and ast.unparse(child.func).rpartition(".")[2] == function:
            yield inside
            for part in (*child.args, *(keyword.value for keyword in child.keywords)):
                yield from _calls(ast.Expr(part), function, inside=inside)
        elif function in (getattr(child, "id", ""), getattr(child, "attr", "")):
            yield False  # handed on rather than called: who knows where
        elif isinstance(child, ast.alias) and child.name == function and child.asname not in (None, function):
            yield False
        else:
            yield from _calls(child, function, inside=inside)
