"""Changes to other people's classes and modules, each of which is undone."""

from __future__ import annotations

import os
from typing import Any, Callable, List, Tuple

_ABSENT: Any = object()
_HERE = os.path.dirname(__file__)
# `warnings` leaves frames of files with both words out when it counts a stacklevel, so that a warning is about the
# user's line as before: filters name the module that one is about.
PASSED_OVER = "<bisect-loop: importlib _bootstrap>"


class Patches:
    """Sets attributes and puts back what was there, last change first."""

    def __init__(self) -> None:
        self._undo: List[Tuple[Any, str, Any, Any]] = []

    def set(self, owner: Any, name: str, value: Any) -> None:
        """Set `owner.name`; what stood in the owner's own namespace comes back with `restore`."""
        before = vars(owner).get(name, _ABSENT)
        setattr(owner, name, value)
        self._undo.append((owner, name, before, value))

    def wrap(self, owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        """Replace `owner.name` by what `make` builds around it; nothing happens where there is no such attribute."""
        original = getattr(owner, name, None)
        if original is not None:
            self.set(owner, name, _unseen(make(original)))

    def restore(self) -> None:
        """Undo every change that nobody has changed further meanwhile."""
        while self._undo:
            owner, name, before, value = self._undo.pop()
            if vars(owner).get(name) is not value:
                continue  # somebody patched on top of it: that patch will put ours back, which does nothing any more
            if before is _ABSENT:
                delattr(owner, name)
            else:
                setattr(owner, name, before)


def _unseen(wrapper: Any) -> Any:
    """`wrapper` as a frame that no stacklevel counts. One that has a file name of its own choice keeps it."""
    code = getattr(wrapper, "__code__", None)
    if code is not None and code.co_filename.startswith(_HERE):
        wrapper.__code__ = code.replace(co_filename=PASSED_OVER)
    return wrapper
