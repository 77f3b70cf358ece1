"""What an object refers to, by name, read from the object's own storage: no code of the user's runs.

A property, a `__getattr__` or a proxy would answer with whatever it likes, and might connect to something; so
attributes come from the instance's dictionary and slots, found through the descriptors that CPython made itself,
and classes are asked for with type(), because isinstance() listens to an object's own `__class__`.
"""

from __future__ import annotations

import collections
import contextlib
import functools
import gc
import logging
import sys
import threading
import types
import weakref
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

Edge = Tuple[str, Any]

# What refers to nothing of interest, or is not anybody's holder.
_LEAVES = (
    *(str, bytes, bytearray, int, float, complex, bool, type(None), range, slice, memoryview),
    *(types.CodeType, types.BuiltinFunctionType, types.GetSetDescriptorType, types.MemberDescriptorType),
    *(types.WrapperDescriptorType, types.MethodDescriptorType, types.ModuleType, types.FrameType, types.TracebackType),
    *(weakref.ref, weakref.ProxyType, weakref.CallableProxyType, weakref.WeakMethod),
    *(weakref.WeakKeyDictionary, weakref.WeakValueDictionary, weakref.WeakSet),
)
# The harness itself: what it keeps, it gives back.
_HARNESS = ("_pytest", "pluggy", "pytest_asyncio", "_bisect_loop_inside", "bisect_loop", "xdist", "coverage", "py")
_MOST_ITEMS = 2000
_HEAP_TYPE, _IMMUTABLE_TYPE = 1 << 9, 1 << 8

_MRO: Callable[[type], Tuple[type, ...]] = vars(type)["__mro__"].__get__
DICT: Callable[[type], Dict[str, Any]] = vars(type)["__dict__"].__get__
_Storage = Tuple[Optional[Any], List[Tuple[str, Any]]]


class Graph:
    """Edges of the object graph. `own` tells whether a class, function or module is the user's."""

    def __init__(self, own: Callable[[Any], bool]) -> None:
        self.own = own
        self._storages: Dict[type, _Storage] = {}
        self._skipped: Dict[type, bool] = {}
        self._plain: Dict[type, bool] = {}

    def skips(self, obj: Any) -> bool:
        """Whether `obj` leads nowhere."""
        kind = type(obj)
        known = self._skipped.get(kind)
        if known is None:
            module = getattr(kind, "__module__", "")
            root = module.partition(".")[0] if isinstance(module, str) else ""
            known = self._skipped[kind] = (
                issubclass(kind, _LEAVES) or root in _HARNESS or issubclass(kind, imported("unittest.mock", "Base"))
            )
        if known:
            return True
        if issubclass(kind, type):
            return not self.own(obj)
        return False

    def edges(self, obj: Any) -> Iterator[Edge]:
        """What `obj` refers to, each with the text to be put behind the path to `obj`."""
        kind = type(obj)
        if issubclass(kind, dict):
            yield from _of_dict(obj)
        elif issubclass(kind, (list, tuple, collections.deque)):
            for index, item in enumerate(tuple(_own_iter(kind)(obj))[:_MOST_ITEMS]):
                yield "[%d]" % index, item
        elif issubclass(kind, (set, frozenset)):
            for item in tuple(_own_iter(kind)(obj))[:_MOST_ITEMS]:
                yield "{...}", item
        if kind in (dict, list, tuple, set, frozenset, collections.deque):
            return
        if issubclass(kind, type):
            for name, value in list(DICT(obj).items()):
                dunder = name.startswith("__") and name.endswith("__")
                if not dunder or type(value) is types.FunctionType:  # whose defaults are kept as any function's
                    yield ".%s" % name, value
        elif kind is types.FunctionType:
            yield from self._of_function(obj)
        elif kind is types.MethodType:
            yield ".__self__", obj.__self__
        elif kind in (staticmethod, classmethod):
            yield "", obj.__func__
        elif kind is property:
            for accessor in (obj.fget, obj.fset, obj.fdel):
                yield "", accessor
        elif kind is types.CellType:
            with contextlib.suppress(ValueError):  # not filled yet
                yield "", obj.cell_contents
        elif kind is threading.local:
            for name, value in list(obj.__dict__.items()):  # this thread's; a subclass would run its own __init__
                yield ".%s" % name, value
        elif kind is functools.partial:
            yield ".func", obj.func
            yield ".args", obj.args
            yield ".keywords", obj.keywords
        elif issubclass(kind, logging.Logger):
            yield ".handlers", vars(obj).get("handlers")  # its manager knows every logger there is
        else:
            yield from self._of_instance(obj, kind)

    def _of_function(self, function: types.FunctionType) -> Iterator[Edge]:
        if not self.own(function):
            return
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or ()):
            yield "<closure>.%s" % name, cell
        for name, value in list(vars(function).items()):
            yield ".%s" % name, value
        yield ".__defaults__", function.__defaults__
        yield ".__kwdefaults__", function.__kwdefaults__

    def _of_instance(self, obj: Any, kind: type) -> Iterator[Edge]:
        descriptor, slots = self._storage(kind)
        if descriptor is not None:
            for name, value in list(descriptor.__get__(obj).items()):
                yield (".%s" % name if isinstance(name, str) else "[...]"), value
        for name, slot in slots:
            with contextlib.suppress(AttributeError):  # not set
                yield ".%s" % name, slot.__get__(obj)
        if issubclass(kind, imported("asyncio", "Future")):
            yield "._loop", obj.get_loop()
        if not self._is_plain(kind):
            label = "()" if kind.__name__ == "_lru_cache_wrapper" else "<...>"
            for value in gc.get_referents(obj):
                yield label, value

    def _is_plain(self, kind: type) -> bool:
        """Whether all that an instance refers to has a name: neither the class nor a base is written in C."""
        known = self._plain.get(kind)
        if known is None:
            known = any(base is not object for base in _MRO(kind))
            named = False
            for base in reversed(_MRO(kind)):
                if base is object:
                    continue
                space = DICT(base)
                named = named or "__dict__" in space or "__slots__" in space or "__weakref__" in space
                in_c = not base.__flags__ & _HEAP_TYPE or base.__flags__ & _IMMUTABLE_TYPE
                known = known and named and not in_c
            self._plain[kind] = known
        return known

    def _storage(self, kind: type) -> _Storage:
        known = self._storages.get(kind)
        if known is None:
            found: Optional[Any] = None
            slots: List[Tuple[str, Any]] = []
            for base in _MRO(kind):
                space = DICT(base)
                descriptor = space.get("__dict__")
                if found is None and type(descriptor) is types.GetSetDescriptorType:
                    found = descriptor
                if "__slots__" in space:
                    slots += [(n, d) for n, d in space.items() if type(d) is types.MemberDescriptorType]
            known = self._storages[kind] = (found, slots)
        return known


def imported(module: str, name: str) -> Tuple[type, ...]:
    """The class `name` of a module that the process has imported, for issubclass; nothing is imported here."""
    kind = getattr(sys.modules.get(module), name, None)
    return (kind,) if type(kind) is type else ()


def _own_iter(kind: type) -> Callable[[Any], Iterator[Any]]:
    """The iteration of the builtin that `kind` is made from, whatever the class overrides."""
    for base in (list, tuple, set, frozenset, collections.deque):
        if issubclass(kind, base):
            return base.__iter__
    raise TypeError(kind)


def _of_dict(obj: Any) -> Iterator[Edge]:
    for index, (key, value) in enumerate(list(dict.items(obj))):
        if index == _MOST_ITEMS:
            break
        yield ("[%r]" % key if type(key) in (str, int) and len(str(key)) < 40 else "[...]"), value
        if type(key) not in (str, int, bytes, float, bool):
            yield "<key>", key


def module_items(module: Any) -> List[Edge]:
    """The globals of a module, without what every module has."""
    space = sys.modules[module.__name__].__dict__ if module.__name__ in sys.modules else vars(module)
    return [
        (".%s" % name, value) for name, value in list(space.items()) if not (name[:2] == "__" and name[-2:] == "__")
    ]
