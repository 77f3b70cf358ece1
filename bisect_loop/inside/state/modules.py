"""Globals of modules, and what those of the user's lead to."""

from __future__ import annotations

import collections
import sys
import types
from typing import Any, Callable, Deque, Dict, Iterator, List, Set, Tuple

from .. import record
from ..graph import Graph, imported, module_items
from ..ownership import Ownership
from .values import CONTAINERS, Token, is_plain

_MOST = 40_000
_SECONDS = 1.0
_DEEPEST = 6


def own_values(own: Ownership, clock: Callable[[], float] = record.now) -> Dict[str, Token]:
    """What can be reached from the user's modules, by its dotted path; each object under its shortest path only."""
    graph = Graph(own)
    deadline = clock() + _SECONDS
    queue: Deque[Tuple[str, Any, int, str]] = collections.deque()
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
            queue.append((name + label, value, 1, ""))
    while queue and len(found) < _MOST and clock() < deadline:
        path, value, depth, within = queue.popleft()
        if issubclass(type(value), types.ModuleType):
            continue
        token = found[path] = Token(value)
        token.within = within
        if type(value) in CONTAINERS:
            held.append(value)
            token.place, token.alias = id(value), names.get(id(value), "")
            names.setdefault(id(value), path)
        if is_plain(value) or id(value) in seen or depth >= _DEEPEST or graph.skips(value):
            continue
        if depth > 2 and not _goes_on(own, value):
            continue
        seen.add(id(value))
        held.append(value)
        for label, child in graph.edges(value):
            if label != "<key>" and "..." not in label:
                queue.append((path + label, child, depth + 1, path if label.startswith("[") else ""))
    return found


def _goes_on(own: Ownership, value: Any) -> bool:
    kind = type(value)
    if kind in (dict, list, tuple, set, frozenset, types.FunctionType, types.CellType, collections.deque, type):
        return True
    return own(kind) or kind.__module__ in ("types", "collections", "argparse")


def others_values(own: Ownership) -> Dict[str, Token]:
    """The functions and classes in other people's modules: what a patch that was left behind replaces."""
    found: Dict[str, Token] = {}
    mocks = imported("unittest.mock", "Base")
    for name, module in list(sys.modules.items()):
        if not isinstance(module, types.ModuleType) or own.file(module) or name.startswith(("_bisect", "_pytest")):
            continue
        for key, value in list(vars(module).items()):
            kind = type(value)
            if issubclass(kind, (types.FunctionType, types.BuiltinFunctionType, type, *mocks)):
                found["%s.%s" % (name, key)] = Token(value)
    return found


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
