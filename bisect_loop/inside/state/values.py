"""Values as text, and tokens that tell whether something is still the same. No user's code runs for either."""

from __future__ import annotations

import collections
import enum
import gc
import itertools
import types
import weakref
from typing import Any, Dict, List, Optional, Tuple

from ..graph import imported

_PLAIN = (str, bytes, int, float, complex, bool, type(None))
# Those that are changed in place.
CONTAINERS = (
    *(dict, list, set),
    *(collections.deque, collections.OrderedDict, collections.defaultdict, collections.Counter),
)
_MOST_ITEMS = 50
_LONGEST = 120


def short(text: str, longest: int = _LONGEST) -> str:
    """`text` on one line, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 4] + " ..."


def is_plain(value: Any, depth: int = 2) -> bool:
    """Whether `value` is made of builtin values only, and small."""
    kind = type(value)
    if kind in _PLAIN or issubclass(type(value), enum.Enum):
        return True
    if kind is itertools.count:
        return all(type(number) in _PLAIN for number in gc.get_referents(value))
    if depth and kind in (list, tuple, set, frozenset):
        return len(value) <= _MOST_ITEMS and all(is_plain(item, depth - 1) for item in tuple(value))
    if depth and kind is dict:
        pairs = tuple(value.items())
        return len(pairs) <= _MOST_ITEMS and all(type(k) in _PLAIN and is_plain(v, depth - 1) for k, v in pairs)
    return False


def text_of(value: Any) -> str:
    """A short text for people."""
    kind = type(value)
    if issubclass(type(value), enum.Enum):
        return "%s.%s" % (kind.__name__, value._name_)
    if kind in (set, frozenset) and is_plain(value):
        items = "{%s}" % ", ".join(sorted(text_of(item) for item in value))
        return short(items if kind is set else "frozenset(%s)" % items) if value else "%s()" % kind.__name__
    if is_plain(value):
        return short(repr(value))
    if issubclass(kind, imported("unittest.mock", "NonCallableMock")):
        return "a %s" % kind.__name__
    if issubclass(kind, (types.FunctionType, types.BuiltinFunctionType, type)):
        return "%s.%s" % (value.__module__, value.__qualname__)
    if kind in (dict, list, tuple, set, frozenset):
        return "%s of %d" % (kind.__name__, len(value))
    return "a %s" % kind.__qualname__


class Token:
    """What `value` was: `text` for people, and either its content or a weak reference to compare with.

    `alias` is another name, looked at before, of the very same object, and `place` its address, where that was noted.
    `patch` says that somebody put it into a class of a library's, which was not looked at before.
    `library` says that it is an attribute of an object of somebody else's.
    `container` is its kind where it is one of the builtin containers, `within` the path of that which it is an item of.
    """

    __slots__ = (
        "alias",
        "container",
        "content",
        "items",
        "library",
        "parts",
        "patch",
        "place",
        "ref",
        "text",
        "within",
    )

    def __init__(self, value: Any, patch: bool = False) -> None:
        self.patch = patch
        self.text = text_of(value)
        self.alias = ""
        self.place = 0
        self.container = type(value).__name__ if type(value) in CONTAINERS else ""
        self.within = self.library = ""
        self.items: Optional[Dict[str, str]] = None
        self.parts: Optional[List[str]] = None
        self.content: Tuple[Any, ...] = (type(value).__qualname__,)
        self.ref: Any = None
        kind = type(value)
        if is_plain(value):
            self.content += (_content(value),)
            if kind is dict:
                self.items = {repr(key): text_of(item) for key, item in tuple(value.items())}
            elif kind in (list, tuple):
                self.parts = [text_of(item) for item in tuple(value)]
        elif kind in (dict, list, tuple, set, frozenset):
            self.content += (len(value),)
        else:
            try:
                self.ref = weakref.ref(value)
            except TypeError:
                self.ref = None

    @property
    def by_key(self) -> bool:
        """Whether its items have names that stay theirs."""
        return self.container not in ("", "list", "set", "deque")

    def kept(self, later: Token) -> bool:
        """Whether what hangs below is comparable: a container of the same kind, rather than another object."""
        return self.ref is None and later.ref is None and self.content[0] == later.content[0]

    def same(self, later: Token) -> bool:
        """Whether the later token is of the same thing; two things that cannot be told apart count as the same."""
        if self.content != later.content:
            return False
        if self.ref is None or later.ref is None:
            return True
        before = self.ref()
        return before is not None and before is later.ref()


def texts(old: Optional[Token], new: Optional[Token]) -> Tuple[str, str]:
    """What is said of a change, "" for what is not there. Of long lists, what came and what went."""
    before, after = ("" if token is None else token.text for token in (old, new))
    if old is None or new is None:
        return before, after
    if old.parts is None or new.parts is None or len(before) + len(after) < _LONGEST:
        return before, _another(after, new) if before == after else after
    came = collections.Counter(new.parts)
    came.subtract(old.parts)
    news = ["%s %s" % ("+" if number > 0 else "-", part) for part, number in came.items() for _ in range(abs(number))]
    what = short(", ".join(sorted(news, key=lambda one: one[0] == "-"))) or "in another order"
    return "%d entries" % len(old.parts), "%d entries: %s" % (len(new.parts), what)


def _another(text: str, new: Token) -> str:
    """What is said of what looks as before."""
    if new.ref is None:
        return "the same at its beginning, different later"
    if text.startswith("a "):
        return "another %s" % text[2:]
    return "another %s of that name" % ("function" if "function" in new.content[0] else "class")


def _content(value: Any) -> Any:
    """The content of a plain value as one that compares by type as well: True is not 1, and NaN is itself."""
    kind = type(value)
    if issubclass(type(value), enum.Enum):
        return (kind.__qualname__, value._name_)
    if kind in (list, tuple):
        return (kind.__name__, tuple(_content(item) for item in value))
    if kind in (set, frozenset):
        return (kind.__name__, tuple(sorted(repr(item) for item in value)))
    if kind is dict:
        return (kind.__name__, tuple((repr(key), _content(item)) for key, item in value.items()))
    return (kind.__name__, repr(value))
