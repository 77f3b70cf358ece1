"""What classes and functions are told by calls, and keep where no attribute leads: members, subclasses, overloads."""

from __future__ import annotations

import abc
import enum
import functools
import gc
import types
from typing import Any, Dict, Iterator

from ..graph import DICT, Edge, Graph

try:
    from _abc import _get_dump  # type: ignore[import-not-found,unused-ignore]
except ImportError:  # an interpreter that keeps them elsewhere
    _get_dump = None

_DISPATCH = functools.singledispatch.__code__.co_filename


def edges(graph: Graph, value: Any) -> Iterator[Edge]:
    """What `value` refers to, and what was told to it where it is a class or a function of the user's."""
    kind = type(value)
    is_enum = issubclass(kind, enum.EnumMeta)
    for label, part in graph.edges(value):
        if is_enum and label.startswith("._") and label.endswith("_"):
            continue  # its own lists of its members
        if label == ".__defaults__" and type(part) is tuple:
            for index, default in enumerate(part):
                yield ".__defaults__[%d]" % index, default
            continue
        yield label, part
    if is_enum:
        yield from _members(graph, value)
    elif kind is abc.ABCMeta and _get_dump is not None and "_abc_impl" in DICT(value):
        yield ".register()", sorted(_name(reference()) for reference in _get_dump(value)[0])
    elif kind is types.FunctionType and value.__code__.co_filename == _DISPATCH:
        yield from _overloads(value)


def _members(graph: Graph, value: Any) -> Iterator[Edge]:
    """The attributes of each member: a member itself is known by its name only."""
    members = DICT(value).get("_member_map_")
    if type(members) is not dict:
        return
    for name, member in list(members.items()):
        for label, part in graph.edges(member):
            if label == "._value_":
                yield ".%s.value" % name, part
            elif label.startswith(".") and not label.startswith(("._", "...")):
                yield ".%s%s" % (name, label), part


def _overloads(function: types.FunctionType) -> Iterator[Edge]:
    """What functools.singledispatch calls for which class."""
    shown = vars(function).get("registry")
    for known in gc.get_referents(shown) if type(shown) is types.MappingProxyType else ():
        overloads: Dict[Any, Any] = known if type(known) is dict else {}
        for kind, chosen in list(overloads.items()):
            yield ".registry[%s]" % _name(kind), chosen


def _name(kind: Any) -> str:
    return "%s.%s" % (kind.__module__, kind.__qualname__) if issubclass(type(kind), type) else "a type that is gone"
