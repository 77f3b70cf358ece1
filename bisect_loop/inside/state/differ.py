"""The plugin that looks at the state before each test of a short order, and says what each of them changed.

Where few modules are collected, it looks before each of those as well: what changes by an import is the module's.
"""

from __future__ import annotations

import tempfile
from typing import Any, Callable, Dict, Generator, List, Optional, Set, Tuple

import pytest

from ..ownership import Ownership
from ..signature import Locator
from . import modules, process
from .values import Token, texts

_MOST_SENT = 200
_ABSENT = ""
_ORIGINAL = "as the library has it"
_CERTAIN = ("env", "cwd", "path", "argv", "limit", "gc", "time", "locale", "hook", "warnings", "signal", "logging")

State = Dict[Tuple[str, str], Token]
Emit = Callable[..., None]


class Differ:
    """Says what the tests before `victim` left changed. It patches nothing."""

    def __init__(self, victim: str, emit: Emit, locator: Locator) -> None:
        self.victim = victim
        self._emit = emit
        self._own = Ownership(locator)
        self._locator = locator
        self._last: Optional[Tuple[str, State]] = None
        self._changes: List[Dict[str, Any]] = []

    def install(self) -> None:
        """Begin: the first look is taken before the first test, or the first module that is collected from now on."""

    def restore(self) -> None:
        """Nothing was changed."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_collectstart(self, collector: pytest.Collector) -> None:
        if isinstance(collector, pytest.Module):
            self._look(collector.nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self) -> None:
        if self._last is not None:
            self._look("")

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, Any, Any]:
        self._look(item.nodeid)
        if item.nodeid == self.victim:
            self._tell(item)
            self._last = None
        return (yield)

    def _look(self, at: str) -> None:
        """Note what has changed since the last look, and that what changes from now on is the doing of `at`."""
        state = self._state()
        if self._last is not None:
            by, before = self._last
            self._changes += self._differences(before, state, by) if "::" in by else self._imported(before, state, by)
        self._last = (at, state)

    def _imported(self, before: State, after: State, by: str) -> List[Dict[str, Any]]:
        """What the import of the module `by` changed, apart from what it brought with it."""
        brought = _brought(before, after)
        kept = {key: token for key, token in after.items() if key[0] != "own" or not key[1].startswith(brought)}
        return [one for one in self._differences(before, kept, by) if one["kind"] not in ("path", "module")]

    def _state(self) -> State:
        own = Ownership(self._locator)  # modules come and go
        state: State = {("own", path): token for path, token in modules.own_values(own).items()}
        state.update({("other", path): token for path, token in modules.others_values(own).items()})
        state.update({(k, name): token for k, name, token in process.entries(self._locator.root, _is(own))})
        return state

    def _differences(self, before: State, after: State, by: str) -> List[Dict[str, Any]]:
        found: List[Dict[str, Any]] = []
        gone: Set[str] = set()
        told: Set[str] = set()
        by_item: Set[str] = set()
        rebound, hollow = _parted(before, after)
        brought = _brought(before, after)
        for key in [*before, *(key for key in after if key not in before)]:
            kind, name = key
            old, new = before.get(key), after.get(key)
            if kind == "own" and name in rebound and new is not None:
                kept = {"shared": rebound[name], "container": new.container}
                found.append({**_change(kind, name, "", new.text, by), **kept})
                gone.add(name)
                continue
            if old is not None and new is not None and old.same(new):
                continue
            if (old is None or new is None) and name.startswith(hollow):
                continue  # looked at under another name of the same object, once before and once after
            patch = (new or old or Token(None)).patch
            if kind == "other" and not patch and (old is None or new is None or old.text == new.text):
                continue  # a library that was imported, or that imports late, or a method bound anew
            if new is not None and _is_memo(name, old, new):
                gone.add(name)
                continue
            if old is None and new is not None and new.text == name and name.startswith(brought):
                gone.add(name)
                continue  # a function or a class of a module that was imported
            if any(name[:at] in gone for at, sign in enumerate(name) if sign in ".["):
                continue  # what hangs below something that came or went is no news of its own
            if old is None or new is None or not old.kept(new):
                gone.add(name)
            within = (new or old or Token(None)).within
            if within in told:
                holder = after.get((kind, within))
                if holder is None or not holder.by_key:
                    gone.add(name)
                    continue  # the text of a list or a set says what came and what went, or how many there are
                by_item.add(within)
            told.add(name)
            changed: List[Dict[str, Any]] = []
            if old is not None and new is not None and old.items is not None and new.items is not None:
                changed = self._items(kind, name, old.items, new.items, by)
                found += [{**one, **_container(old, new)} for one in changed]
            if not changed:
                held = (before.get((kind, within)), after.get((kind, within))) if within else (old, new)
                said = texts(old, new)
                if patch:
                    said = said[0] or _ORIGINAL, said[1] or _ORIGINAL
                if kind == "logging":
                    said = said[0] or process.default_text(name), said[1] or process.default_text(name)
                found.append({**_change(kind, name, *said, by), **_container(*held)})
        return [one for one in found if one["what"] not in by_item]

    def _items(self, kind: str, name: str, old: Dict[str, str], new: Dict[str, str], by: str) -> List[Dict[str, Any]]:
        keys = [key for key in [*old, *(k for k in new if k not in old)] if old.get(key) != new.get(key)]
        return [_change(kind, "%s[%s]" % (name, k), old.get(k, _ABSENT), new.get(k, _ABSENT), by) for k in keys]

    def _tell(self, item: pytest.Item) -> None:
        near = modules.reach(self._own, item.nodeid.partition("::")[0])
        names = sorted(near, key=len, reverse=True)
        files = {name: self._own.file(module) for name, module in self._own.modules()}
        own = {name: files[name] for name in sorted(files, key=len, reverse=True)}
        temporary = tempfile.gettempdir() + "/"
        for change in self._changes:
            change.update({side: change[side].replace(temporary, "<tmp>/") for side in ("before", "after")})
            home = next((n for n in names if change["what"] == n or change["what"].startswith(n + ".")), None)
            change["near"] = near[home] if home is not None else None
            if change["kind"] == "logging":
                change["near"] = _distance(process.logger_of(change["what"]), near, own)
            owner = next((n for n in own if change["what"].startswith(n + ".")), None)
            change["file"] = "" if owner is None else own[owner]
            change["module"] = owner or ""
        self._changes.sort(key=_rank)
        self._emit(k="trace", what="changes", changes=self._changes[:_MOST_SENT])


def _brought(before: State, after: State) -> Tuple[str, ...]:
    """The modules that came, each as its names begin."""
    came = [name for kind, name in after if kind == "module" and (kind, name) not in before]
    return tuple("%s." % name[len("sys.modules['") : -2] for name in came)


def _parted(before: State, after: State) -> Tuple[Dict[str, str], Tuple[str, ...]]:
    """(names that got an object of their own, each with the name that kept the one of both; what hangs below aliases).

    The object of both is still there under one of the names, so an address says which of them was bound anew.
    """
    rebound: Dict[str, str] = {}
    hollow: List[str] = []
    for key, old in before.items():
        new = after.get(key)
        if new is None or old.alias == new.alias:
            continue
        kind, name = key
        hollow += [name + ".", name + "["]
        other = after.get((kind, old.alias))
        if not old.alias or other is None or new.place == other.place:
            continue
        if other.place == old.place:
            rebound[name] = old.alias
        elif new.place == old.place:
            rebound[old.alias] = name
    return rebound, tuple(hollow)


def _change(kind: str, what: str, before: str, after: str, by: str) -> Dict[str, Any]:
    return {"kind": kind, "what": what, "before": before, "after": after, "by": by}


def _is_memo(name: str, old: Optional[Token], new: Token) -> bool:
    """Whether a library did no more than remember something in an object of its own.

    What came there, and private flags of what a library keeps in classes of the user's.
    """
    if not new.library:
        return False
    if old is None or (old.text == "None" and new.text.startswith("a ")):
        return True
    flags = ("True", "False", "None")
    private = name.rpartition(".")[2].startswith("_")
    return new.library == "class" and private and old.text in flags and new.text in flags


def _container(old: Optional[Token], new: Optional[Token]) -> Dict[str, Any]:
    """The kind of a container that is of one kind before and after, and whether it is one object."""
    if old is None or new is None or not old.place or not new.place or old.container != new.container:
        return {}
    return {"container": new.container, "same": old.place == new.place}


def _distance(logger: str, near: Dict[str, int], own: Dict[str, str]) -> Optional[int]:
    """How near to the victim a logger is, by the module whose name it has or begins with; None for a library's."""
    if not logger:
        return 0  # all records get to the root
    found = [steps for name, steps in near.items() if (name + ".").startswith(logger + ".")]
    if found:
        return 1 + min(found)
    top = logger.partition(".")[0]
    if any(name.partition(".")[0] == top for name in near):
        return 1000
    return 2000 if any(name.partition(".")[0] == top for name in own) else None


def _rank(change: Dict[str, Any]) -> Tuple[int, int, int, str]:
    """What the victim can reach first, then patches left behind and the process, then the rest."""
    kind, near = change["kind"], change["near"]
    private = int("__" in change["what"])
    if kind == "own" and near is not None:
        return 0, private + near, len(change["what"]), change["what"]
    if kind == "logging":
        return 2, 3000 if near is None else near, len(change["what"]), change["what"]
    order = {"other": 1, "own": 4, "file": 3, "thread": 5, "module": 6, "random": 7}
    return order.get(kind, 2 if kind in _CERTAIN else 5), private, len(change["what"]), change["what"]


def _is(own: Ownership) -> Callable[[Any], bool]:
    return lambda module: bool(own.file(module))
