"""Globals of modules, and what those of the user's lead to."""

from __future__ import annotations

import abc
import collections
import os
import sys
import types
from typing import Any, Callable, Deque, Dict, Iterator, List, NamedTuple, Set, Tuple

from .. import record
from ..graph import DICT, Graph, imported, module_items
from ..ownership import Ownership
from .registries import edges
from .values import CONTAINERS, Token, is_plain

_MOST = 40_000
_SECONDS = 1.0
_DEEPEST = 6
_STANDARD = os.path.dirname(os.__file__) + os.sep


class _Met(NamedTuple):
    """Something on the way from a module. `holder` is the type of what it is an item or an attribute of."""

    path: str
    value: Any
    depth: int = 1
    within: str = ""  # the path of the container that it is an item of
    library: str = (
        ""  # of an attribute of another's object: "object", or "class" where that is in a class of the user's
    )
    holder: type = types.ModuleType


def own_values(own: Ownership, clock: Callable[[], float] = record.now) -> Dict[str, Token]:
    """What can be reached from the user's modules, by its dotted path; each object under its shortest path only."""
    graph = Graph(own)
    deadline = clock() + _SECONDS
    queue: Deque[_Met] = collections.deque()
    held: List[Any] = []  # addresses are names only while what they stand for is held
    seen: Set[int] = set()
    # Of containers, the path under which they were met first: other modules import them by name, and keep the old one.
    names: Dict[int, str] = {}
    found: Dict[str, Token] = {}
    modules = own.modules()
    homes = {name for name, _ in modules}
    for name, module in modules:
        for label, value in module_items(module):
            cache = type(value).__name__ == "_lru_cache_wrapper"
            named = cache or issubclass(type(value), (type, types.FunctionType))
            home = getattr(value, "__module__", None) if named else name
            if home != name and (home in homes or cache):
                continue  # imported: it is looked at where it was made, and what a library remembers is its own affair
            queue.append(_Met(name + label, value))
    while queue and len(found) < _MOST and clock() < deadline:
        met = queue.popleft()
        path, value = met.path, met.value
        if issubclass(type(value), types.ModuleType):
            continue
        token = found[path] = Token(value)
        token.within, token.library = met.within, met.library
        if type(value) in CONTAINERS:
            held.append(value)
            token.place, token.alias = id(value), names.get(id(value), "")
            names.setdefault(id(value), path)
        if is_plain(value) or id(value) in seen or met.depth >= _DEEPEST or graph.skips(value):
            continue
        if met.depth > 2 and not _goes_on(own, value):
            continue
        seen.add(id(value))
        held.append(value)
        library = ""
        if not _goes_on(own, value) and not _is_standard(type(value)):
            library = "class" if issubclass(met.holder, type) else "object"
        for label, child in edges(graph, value):
            if label != "<key>" and "..." not in label:
                within = path + label.rpartition("[")[0] if label.endswith("]") else ""
                queue.append(_Met(path + label, child, met.depth + 1, within, "" if within else library, type(value)))
    return found


def _goes_on(own: Ownership, value: Any) -> bool:
    kind = type(value)
    if kind in (dict, list, tuple, set, frozenset, types.FunctionType, types.CellType, collections.deque, type):
        return True
    return own(kind) or kind.__module__ in ("types", "collections", "argparse")


def _is_standard(kind: type) -> bool:
    """Whether a class is the interpreter's or of the standard library, whose private attributes are well known."""
    file = getattr(sys.modules.get(str(kind.__module__)), "__file__", None)
    return not isinstance(file, str) or (file.startswith(_STANDARD) and "site-packages" not in file)


def others_values(own: Ownership) -> Dict[str, Token]:
    """The functions and classes in other people's modules: what a patch that was left behind replaces.

    Of the classes, only what somebody put there already: to note all that they have would take too long.
    """
    found: Dict[str, Token] = {}
    mocks = imported("unittest.mock", "Base")
    kinds = (types.FunctionType, types.BuiltinFunctionType, type, *mocks)
    patches = _Patches(own, mocks)
    for name, module in list(sys.modules.items()):
        if not isinstance(module, types.ModuleType) or own.file(module) or name.startswith(("_bisect", "_pytest")):
            continue
        for key, value in list(vars(module).items()):
            kind = type(value)
            if not issubclass(kind, kinds):
                continue
            found["%s.%s" % (name, key)] = Token(value)
            if kind in (type, abc.ABCMeta) and value.__module__ == name:
                for label, patch in patches.of(value):
                    found["%s.%s.%s" % (name, key, label)] = Token(patch, patch=True)
    return found


class _Patches:
    """What classes have of the user's, or a mock. It is asked for many classes, so it remembers files and types."""

    def __init__(self, own: Ownership, mocks: Tuple[type, ...]) -> None:
        self._own = own
        self._mocks = mocks
        self._files: Dict[str, bool] = {}
        self._kinds: Dict[type, bool] = {}

    def of(self, kind: type) -> List[Tuple[str, Any]]:
        parts = ((label, _unwrapped(part)) for label, part in list(DICT(kind).items()))
        return [(label, part) for label, part in parts if self._is_patch(part)]

    def _is_patch(self, part: Any) -> bool:
        kind = type(part)
        if kind is types.FunctionType:
            file = part.__code__.co_filename
            known = self._files.get(file)
            if known is None:
                known = self._files[file] = self._own(part)
            return known
        known = self._kinds.get(kind)
        if known is None:
            known = self._kinds[kind] = issubclass(kind, self._mocks)
        return known


def _unwrapped(part: Any) -> Any:
    return part.__func__ if type(part) in (staticmethod, classmethod) else part


def reach(own: Ownership, start: str) -> Dict[str, int]:
    """The user's modules that the module in the file `start` gets to by its globals, with the distance."""
    modules = dict(own.modules())
    names = [name for name, module in modules.items() if own.file(module).replace("\\", "/") == start]
    distance = dict.fromkeys(names, 0)
    queue = collections.deque(names)
    while queue:
        name = queue.popleft()
        for other in _named(modules[name]):
            if other in modules and other not in distance:
                distance[other] = distance[name] + 1
                queue.append(other)
    return distance


def _named(module: Any) -> Iterator[str]:
    for value in list(vars(module).values()):
        if issubclass(type(value), types.ModuleType):
            yield value.__name__
        elif issubclass(type(value), (type, types.FunctionType)):
            yield str(value.__module__)
        else:
            yield str(getattr(type(value), "__module__", ""))
