"""What the polluters left changed is put back after each test, where no loop is to blame."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bisect_loop.fixes.fixture import Body, with_fixture
from bisect_loop.fixes.ground import Ground
from bisect_loop.fixes.holders import located, python_path
from bisect_loop.fixes.model import Candidate
from bisect_loop.fixes.plain import setting
from bisect_loop.fixes.python import Import, imported
from bisect_loop.model import SAME_OBJECT, Change, is_module

_MOST = 5
_VARIABLE = re.compile(r"os\.environ\[(['\"])(\w+)\1\]")
_LEVEL = re.compile(r"(logging\.getLogger\((?:'[\w.]*')?\))\.(level|disabled|propagate)")
_LIST = re.compile(r"\[|list of \d+")
_DICT = re.compile(r"\{\}|\{[^{}]*?:|dict of \d+")
_SET = re.compile(r"set\(\)|\{|set of \d+")


@dataclass(frozen=True, slots=True)
class _Part:
    setup: tuple[str, ...]
    teardown: tuple[str, ...]
    module: str = ""  # of the application
    imports: str = ""  # of the standard library


def candidates(ground: Ground) -> Iterator[Candidate]:
    """Fixtures that put back what is known to have changed, as far as a fixture can."""
    if not ground.loops_are_mixed and ground.finding.changes:
        yield from _undone(ground)
        yield from _put_back(ground)
        yield from _own_put_back(ground)
        yield from _shared_again(ground)


def _put_back(ground: Ground) -> Iterator[Candidate]:
    """One fixture that puts back after each test what that changed."""
    finding = ground.finding
    parts: dict[str, _Part] = {}
    # What an import changed is so before every test: there is nothing to put back after one.
    for change in [one for one in finding.changes if not is_module(one.by)][:_MOST]:
        found = _part(ground, change, f"before_{len(parts) + 1}")
        if found is not None and all(
            found.setup[0].partition("=")[2] != p.setup[0].partition("=")[2] for p in parts.values()
        ):
            parts[change.what] = found
    yield from _fixture(ground, parts, None)


def _own_put_back(ground: Ground) -> Iterator[Candidate]:
    """The same for what the module of the tests keeps for itself, by a fixture of that module."""
    path = ground.finding.victim.partition("::")[0]
    try:
        _, bound = imported(ground.read(path) or "")
    except (ValueError, SyntaxError):
        return
    dotted = path.removesuffix(".py").replace("/", ".")
    parts: dict[str, _Part] = {}
    rebound: list[str] = []
    for change in ground.finding.changes:
        module = next((name for name in _endings(dotted) if change.what.startswith(f"{name}.")), None)
        own = python_path(change.what) if module and change.by.startswith(f"{path}::") else None
        rest = "" if module is None or own is None else own[len(module) + 1 :]
        if not rest or re.split(r"\W", rest)[0] not in bound or len(parts) == _MOST:
            continue
        part = _of_name(rest, change.before, f"before_{len(parts) + 1}")
        if part is not None:
            parts[rest] = part
            if rest.isidentifier() and any(line.startswith((f"{rest} =", f"del {rest}")) for line in part.teardown):
                rebound.append(rest)
    head = (f"global {', '.join(rebound)}",) if rebound else ()
    yield from _fixture(ground, parts, path, head)


def _endings(dotted: str) -> list[str]:
    """The names that a module of tests may have, the longest first: which one depends on how pytest imports it."""
    words = dotted.split(".")
    return [".".join(words[start:]) for start in range(len(words))]


def _fixture(
    ground: Ground, parts: Mapping[str, _Part], path: str | None, head: tuple[str, ...] = ()
) -> Iterator[Candidate]:
    """A fixture of all `parts`, in the file `path` or in a conftest.py."""
    body = Body(
        (*head, *(line for part in parts.values() for line in part.setup)),
        tuple(line for part in parts.values() for line in part.teardown),
        tuple(dict.fromkeys(part.module for part in parts.values() if part.module)),
        tuple(Import(name) for name in dict.fromkeys(part.imports for part in parts.values() if part.imports)),
    )
    doc = "What a test changes is not for the next test."
    written = with_fixture(ground, "state_put_back", doc, body, path=path) if parts else None
    if written is not None:
        yield Candidate(
            "restore-state",
            f"put back {', '.join(parts)} after each test, in {written.edit.path}",
            written.where,
            (written.edit,),
            cost="tests that count on what an earlier one changed must do it themselves",
        )


def _shared_again(ground: Ground) -> Iterator[Candidate]:
    """Before each test the names that stood for one object do so again, whenever one of them was bound anew.

    After a test may be too soon: a fixture of a wider scope does it later still.
    """
    lines: dict[str, str] = {}
    modules: list[str] = []
    for change in ground.finding.changes:
        kept = change.before.removeprefix(SAME_OBJECT)
        if kept == change.before or is_module(change.by) or len(lines) == _MOST:
            continue
        anew, original = _global(ground, change.what), _global(ground, kept)
        if anew is not None and original is not None:
            lines[change.what] = f"{{{anew[0]}}}.{anew[1]} = {{{original[0]}}}.{original[1]}"
            modules += [anew[0], original[0]]
    if not lines:
        return
    body = Body(tuple(lines.values()), (), tuple(dict.fromkeys(modules)))
    written = with_fixture(ground, "objects_shared", "What several modules know is one object.", body)
    if written is not None:
        yield Candidate(
            "restore-state",
            f"bind {', '.join(lines)} to the one object again before each test, in {written.edit.path}",
            written.where,
            (written.edit,),
            cost="hides that something binds the name anew: better to change the object in place there",
        )


def _global(ground: Ground, dotted: str) -> tuple[str, str] | None:
    """(the module of the application, the path in it) of what is known by a dotted path."""
    held, path = located(ground, dotted), python_path(dotted)
    if held is None or path is None:
        return None
    module = held.holder[: -len(held.name) - 1]
    return module, path[len(module) + 1 :]


def _undone(ground: Ground) -> Iterator[Candidate]:
    """Each test gets back the plain values that the import of a module changed."""
    changes = [one for one in ground.finding.changes if is_module(one.by)][:_MOST]
    lines = {one.what: line for one in changes if (line := setting(ground, one.what, one.before)) is not None}
    modules = tuple(dict.fromkeys(module for module, _ in lines.values() if module))
    body = Body(tuple(line for _, line in lines.values()), (), modules, parameters=("monkeypatch",))
    written = with_fixture(ground, "state_as_before", "What an import changes is not for the tests.", body)
    if lines and written is not None:
        yield Candidate(
            "undo-import",
            f"give each test {', '.join(lines)} as before the import, in {written.edit.path}",
            written.where,
            (written.edit,),
            cost="the import still changes it for what is imported later, and tests that count on the change must make "
            "it themselves",
        )


def _part(ground: Ground, change: Change, before: str) -> _Part | None:
    what = change.what
    variable = _VARIABLE.fullmatch(what)
    if variable is not None:
        name = variable[2]
        return _Part(
            (f'{before} = os.environ.get("{name}")',),
            (
                f"if {before} is None:",
                f'    os.environ.pop("{name}", None)',
                "else:",
                f'    os.environ["{name}"] = {before}',
            ),
            imports="os",
        )
    level = _LEVEL.fullmatch(what)
    if level is not None:
        logger, attribute = level.groups()
        put = f"{logger}.setLevel({before})" if attribute == "level" else f"{what} = {before}"
        return _Part((f"{before} = {what}",), (put,), imports="logging")
    known = {
        "the working directory": ("os.getcwd()", "os.chdir({})", "os"),
        "sys.path": ("list(sys.path)", "sys.path[:] = {}", "sys"),
        "sys.argv": ("list(sys.argv)", "sys.argv[:] = {}", "sys"),
        "logging.root.manager.disable": ("logging.root.manager.disable", "logging.disable({})", "logging"),
        "locale.setlocale(LC_ALL)": (
            "locale.setlocale(locale.LC_ALL)",
            "locale.setlocale(locale.LC_ALL, {})",
            "locale",
        ),
    }.get(what)
    if known is not None:
        read, put, module = known
        return _Part((f"{before} = {read}",), (put.format(before),), imports=module)
    return _of_module(ground, change, before)


def _of_module(ground: Ground, change: Change, before: str) -> _Part | None:
    """State of a module of the application: containers keep their identity, everything else is assigned."""
    found = _global(ground, change.what)
    if found is None:
        return None
    module, rest = found
    return _of_name(rest, change.before, before, module)


def _of_name(rest: str, value: str, before: str, module: str = "") -> _Part | None:
    """Put back `rest`, a path in `module` (in the fixture's own where none is named) that had `value` before."""
    node = ast.parse(rest, mode="eval").body
    prefix = f"{{{module}}}." if module else ""
    if isinstance(node, ast.Subscript):
        inner = f"{prefix}{ast.unparse(node.value)}"
        return _Part((f"{before} = dict({inner})",), (f"{inner}.clear()", f"{inner}.update({before})"), module)
    if not isinstance(node, ast.Name | ast.Attribute):
        return None
    whole = f"{prefix}{rest}"
    if not value:
        if "." not in whole:
            return None
        parent, _, name = whole.rpartition(".")
        gone = f'had_{before} = hasattr({parent}, "{name}")'
        return _Part((gone,), (f'if not had_{before} and hasattr({parent}, "{name}"):', f"    del {whole}"), module)
    if _LIST.match(value):
        return _Part((f"{before} = list({whole})",), (f"{whole}[:] = {before}",), module)
    if _DICT.match(value):
        return _Part((f"{before} = dict({whole})",), (f"{whole}.clear()", f"{whole}.update({before})"), module)
    if _SET.match(value):
        return _Part((f"{before} = set({whole})",), (f"{whole}.clear()", f"{whole}.update({before})"), module)
    return _Part((f"{before} = {whole}",), (f"{whole} = {before}",), module)
