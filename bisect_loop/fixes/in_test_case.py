"""A cleanup of an unittest.IsolatedAsyncioTestCase: what runs when one test of it ends, on that test's own loop."""

from __future__ import annotations

import re
from collections.abc import Sequence

import libcst as cst

from bisect_loop.fixes.python import Source, free_name, import_of, imported, names_of, with_imports

CLEANUP = "closed"


def with_cleanup(
    text: str, names: Sequence[str], setup: Sequence[str], lines: Sequence[str], modules: Sequence[str]
) -> tuple[str, int] | None:
    """(`text` in which the async method `names` (class, method) begins with a cleanup of `lines`, the line of that).

    `setup` is run before; {module} stands for a module. None where there is no such method.
    """
    try:
        source = Source(text)
    except ValueError:
        return None
    method = _method(source.module, names)
    if method is None or not isinstance(method.body, cst.IndentedBlock):
        return None
    known, bound = imported(text)
    taken = names_of(text)
    closed = free_name(CLEANUP, taken.__contains__)
    code = "\n".join([*setup, f"async def {closed}():", *(f"    {line}" for line in lines)])
    code += f"\nself.addAsyncCleanup({closed})"
    for kept in re.findall(r"^(\w+) = ", code, re.MULTILINE):
        code = re.sub(rf"(?<![\w.]){kept}\b", free_name(kept, taken.__contains__), code)
    imports = []
    for module in modules:
        local = known.get(module)
        if local is None:
            imports.append(import_of(module, bound, taken))
            local = imports[-1].bound
        code = code.replace("{" + module + "}", local)
    new = cst.parse_module(code + "\n", cst.PartialParserConfig(default_indent=source.module.default_indent)).body
    body = list(method.body.body)
    doc = int(method.get_docstring() is not None)
    body[doc:doc] = new
    block = method.body.with_changes(body=body)
    changed = source.module.deep_replace(method, method.with_changes(body=block))
    assert isinstance(changed, cst.Module)
    after = with_imports(changed, imports)
    at = next(n for n, line in enumerate(after.splitlines(), 1) if line.strip() == f"async def {closed}():")
    return after, at


def _method(module: cst.Module, names: Sequence[str]) -> cst.FunctionDef | None:
    if len(names) != 2:
        return None
    for owner in module.body:
        if isinstance(owner, cst.ClassDef) and owner.name.value == names[0]:
            for one in owner.body.body:
                if isinstance(one, cst.FunctionDef) and one.name.value == names[1]:
                    return one if one.asynchronous is not None else None
    return None
