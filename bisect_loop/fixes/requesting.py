"""Makes a test or a fixture request one more fixture."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from bisect_loop.fixes.python import Import, Source


def with_parameter(text: str, line: int, name: str) -> str | None:
    """`text` in which the function at `line` has one more parameter `name`, the last; None where it has it already.

    What takes all the rest (*args) or has defaults stays behind it.
    """
    source = _parsed(text)
    function = None if source is None else source.function(line)
    if source is None or function is None:
        return None
    params = function.params
    every = (*params.posonly_params, *params.params, *params.kwonly_params)
    if any(param.name.value == name for param in every) or any(param.default is not None for param in params.params):
        return None
    own = list(params.params)
    new = cst.Param(cst.Name(name))
    if own:
        last = own[-1]
        after = last.comma.whitespace_after if isinstance(last.comma, cst.Comma) else None
        if isinstance(after, cst.ParenthesizedWhitespace):  # one parameter a line; a comment is about the one before it
            line_end = cst.TrailingWhitespace()
            opening = function.whitespace_before_params
            between = own[-2].comma if len(own) > 1 else cst.Comma(whitespace_after=opening)
            space = between.whitespace_after if isinstance(between, cst.Comma) else opening
            if isinstance(space, cst.ParenthesizedWhitespace):
                space = space.with_changes(first_line=after.first_line)
            own[-1] = last.with_changes(comma=cst.Comma(whitespace_after=space))
            new = new.with_changes(comma=cst.Comma(whitespace_after=after.with_changes(first_line=line_end)))
        else:
            own[-1] = last.with_changes(comma=cst.Comma(whitespace_after=cst.SimpleWhitespace(" ")))
            if isinstance(last.comma, cst.Comma):
                new = new.with_changes(comma=last.comma)
    changed = params.with_changes(params=[*own, new])
    return source.replaced(params, changed) if own else _with_first(source, function, new)


def with_usefixtures(text: str, names: Sequence[str], fixture: str) -> str | None:
    """`text` in which the test `names` (its class first, where it has one) is decorated to use `fixture`."""
    source = _parsed(text)
    if source is None:
        return None
    body: Sequence[cst.CSTNode] = source.module.body
    found: cst.CSTNode | None = None
    for name in names:
        found = next(
            (one for one in body if isinstance(one, cst.ClassDef | cst.FunctionDef) and one.name.value == name), None
        )
        body = found.body.body if isinstance(found, cst.ClassDef) else ()
    if not isinstance(found, cst.FunctionDef):
        return None
    asked = f'pytest.mark.usefixtures("{fixture}")'
    if any(source.code(decorator.decorator) == asked for decorator in found.decorators):
        return None
    new = cst.Decorator(cst.parse_expression(asked))
    return source.replaced(found, found.with_changes(decorators=[new, *found.decorators]), [Import("pytest")])


def _with_first(source: Source, function: cst.FunctionDef, new: cst.Param) -> str:
    params = function.params.with_changes(params=[new])
    return source.replaced(function, function.with_changes(params=params))


def _parsed(text: str) -> Source | None:
    try:
        return Source(text)
    except ValueError:
        return None
