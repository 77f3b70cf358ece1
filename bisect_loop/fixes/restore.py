"""What the polluters left changed is put back after each test, where no loop is to blame, or perhaps none."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from bisect_loop.fixes.fixture import Body, Written, with_fixture
from bisect_loop.fixes.ground import Ground
from bisect_loop.fixes.holders import located, python_path
from bisect_loop.fixes.model import Candidate
from bisect_loop.fixes.plain import setting
from bisect_loop.fixes.put_back import EVERY_LOGGER, Part, of_module, of_name, of_process
from bisect_loop.fixes.python import Import, imported
from bisect_loop.fixes.requested import places
from bisect_loop.model import SAME_OBJECT, Change, is_module

_MOST = 5
_MANY_LOGGERS = 3
_DISABLED = re.compile(r"logging\.getLogger\(.*\)\.disabled")
_MOCK = re.compile(r"a \w*Mock\b")
# What says, in the file of a test, that something is set up for more than one test, and for how many.
_WIDER = {
    "class": re.compile(r"\b(setup_class|setUpClass)\b|\bscope\s*=\s*['\"]class['\"]"),
    "module": re.compile(r"\b(setup_module|setUpModule)\b|\bscope\s*=\s*['\"](module|package)['\"]"),
}


def candidates(ground: Ground) -> Iterator[Candidate]:
    """Fixtures that put back what is known to have changed, as far as a fixture can."""
    doubted = ground.explanation is not None and bool(ground.explanation.rivals)
    if (doubted or not ground.loops_are_mixed) and ground.finding.changes:
        yield from _undone(ground)
        yield from _put_back(ground)
        yield from _own_put_back(ground)
        yield from _shared_again(ground)
        yield from _patches_stopped(ground)


def _put_back(ground: Ground) -> Iterator[Candidate]:
    """One fixture that puts back after each test what that changed, or after each class or module."""
    # What an import changed is so before every test: there is nothing to put back after one.
    changes = _at_once([one for one in ground.finding.changes if not is_module(one.by)])
    parts = _distinct(changes, lambda change, before: _part(ground, change, before))
    yield from _fixture(ground, parts, None)
    for scope in _wider(ground, changes):
        yield from _fixture(ground, parts, None, scope)


def _at_once(changes: Sequence[Change]) -> list[Change]:
    """The changes, those of many loggers as one of them all: the one that matters may not be among the first."""
    disabled = [one for one in changes if _DISABLED.fullmatch(one.what) and one.after == "True"]
    if len(disabled) < _MANY_LOGGERS:
        return list(changes)
    every = replace(disabled[0], what=EVERY_LOGGER)
    return [every, *(one for one in changes if one not in disabled)]


def _wider(ground: Ground, changes: Iterable[Change]) -> Iterator[str]:
    """The scopes, apart from a test's own, whose set-up may have made the changes.

    What is set up for a class is there before the fixtures of its tests are: those would put back the changed state.
    """
    files = {path for change in changes for path in places(change.by)}
    texts = [text for path in sorted(files) if (text := ground.read(path)) is not None]
    for scope, shown in _WIDER.items():
        if any(shown.search(text) for text in texts):
            yield scope


def _own_put_back(ground: Ground) -> Iterator[Candidate]:
    """The same for what the module of the tests keeps for itself, by a fixture of that module."""
    path = ground.finding.victim.partition("::")[0]
    try:
        _, bound = imported(ground.read(path) or "")
    except (ValueError, SyntaxError):
        return
    modules = _endings(path.removesuffix(".py").replace("/", "."))

    def part(change: Change, before: str) -> Part | None:
        module = next((name for name in modules if change.what.startswith(f"{name}.")), None)
        rest = None if module is None else python_path(change.what[len(module) + 1 :])
        if rest is None:
            return None
        first = re.split(r"\W", rest)[0]
        # What was not there before may be bound by a test alone.
        return of_name(rest, change, before) if first in bound or (first == rest and not change.before) else None

    changes = [one for one in ground.finding.changes if one.by.startswith(f"{path}::")]
    yield from _fixture(ground, _distinct(changes, part), path)


def _distinct(changes: Iterable[Change], part_of: Callable[[Change, str], Part | None]) -> dict[str, Part]:
    """What puts back each change, as far as that can be, and each container once: by its name."""
    parts: dict[str, Part] = {}
    for change in changes:
        found = part_of(change, f"before_{len(parts) + 1}")
        if found is None:
            continue
        same = next((index for index, known in enumerate(parts.values(), 1) if known.done == found.done), None)
        name = change.what.removesuffix(found.inner)
        if same is None:
            parts[name] = found
        elif found.imports == "copy":  # a copy of all of it serves the other change as well
            parts[list(parts)[same - 1]] = part_of(change, f"before_{same}") or found
        if len(parts) == _MOST:
            break
    return parts


def _endings(dotted: str) -> list[str]:
    """The names that a module of tests may have, the longest first: which one depends on how pytest imports it."""
    words = dotted.split(".")
    return [".".join(words[start:]) for start in range(len(words))]


def _fixture(ground: Ground, parts: Mapping[str, Part], path: str | None, scope: str = "test") -> Iterator[Candidate]:
    """A fixture of all `parts`, in the file `path` or in a conftest.py, for every test, class or module."""
    rebound = [part.rebinds for part in parts.values() if part.rebinds]
    head = (f"global {', '.join(rebound)}",) if rebound else ()
    body = Body(
        (*head, *(line for part in parts.values() for line in part.setup)),
        tuple(line for part in parts.values() for line in part.teardown),
        tuple(dict.fromkeys(part.module for part in parts.values() if part.module)),
        tuple(Import(name) for name in dict.fromkeys(part.imports for part in parts.values() if part.imports)),
        scope="" if scope == "test" else scope,
    )
    doc = f"What a {scope} changes is not for the next {scope}."
    written = with_fixture(ground, "state_put_back", doc, body, path=path) if parts else None
    title = f"put back {', '.join(parts)} after each {scope}"
    cost = "tests that count on what an earlier one changed must do it themselves"
    note = "" if scope == "test" else f"the tests of one {scope} still see what others of it changed"
    yield from _offered("restore-state", title, written, cost, note)


def _offered(kind: str, title: str, written: Written | None, cost: str, note: str = "") -> Iterator[Candidate]:
    """A fixture that could be written, as a mend."""
    if written is not None:
        yield Candidate(kind, f"{title}, in {written.edit.path}", written.where, (written.edit,), cost=cost, note=note)


def _patches_stopped(ground: Ground) -> Iterator[Candidate]:
    """After each test every patch that was started and not stopped ends."""
    if not any(_MOCK.match(change.after) and not is_module(change.by) for change in ground.finding.changes):
        return
    body = Body((), ("patch.stopall()",), (), (Import("unittest.mock", "patch"),))
    written = with_fixture(ground, "patches_stopped", "A patch that a test started ends with it.", body)
    cost = "a patch that is started once for several tests ends with the first of them"
    yield from _offered("stop-patches", "stop after each test the patches that it started", written, cost)


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
    title = f"bind {', '.join(lines)} to the one object again before each test"
    cost = "hides that something binds the name anew: better to change the object in place there"
    yield from _offered("restore-state", title, written, cost)


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


def _part(ground: Ground, change: Change, before: str) -> Part | None:
    known = of_process(change.what, before) or of_module(change, before)
    found = None if known is not None else _global(ground, change.what)
    return known if found is None else of_name(found[1], change, before, found[0])
