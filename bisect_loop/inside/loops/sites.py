"""The user's own lines on the stack, innermost first."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any, List, Optional, Tuple

from ..signature import Locator

# One line of the user's: "backend/api/main.py:42" and the function around it.
Site = Tuple[str, str]

_FARTHEST = 120  # frames; below them stands the harness


def _function(code: Any) -> str:
    name: str = getattr(code, "co_qualname", code.co_name)
    return name.replace("<locals>.", "")


class Stack:
    """What a look at the stack showed: `own` lines, the `libraries` above the first of them, and `finalizer`.

    With `finalizer` the collector, not the user, came by: whose line it interrupted means nothing.
    """

    __slots__ = ("finalizer", "libraries", "own")

    def __init__(self, own: List[Site], libraries: List[str], finalizer: bool) -> None:
        self.own = own
        self.libraries = libraries
        self.finalizer = finalizer


def sites(locator: Locator, depth: int, most: int = 6, farthest: int = _FARTHEST) -> List[Site]:
    """The innermost `most` lines of the user's own, seen from the caller's caller at `depth` 2."""
    frame: Optional[FrameType] = sys._getframe(depth)
    found: List[Site] = []
    known = locator.known  # asked directly: this runs for every loop and every task of the user's
    while frame is not None and farthest:
        filename = frame.f_code.co_filename
        own = known[filename] if filename in known else locator.own(filename)
        if own is not None:
            found.append(("%s:%d" % (own.replace("\\", "/"), frame.f_lineno), _function(frame.f_code)))
            if len(found) == most:
                break
        frame = frame.f_back
        farthest -= 1
    return found


def stack(locator: Locator, depth: int) -> Stack:
    """The stack with the names of the modules that the user's innermost line went through."""
    frame: Optional[FrameType] = sys._getframe(depth)
    own: List[Site] = []
    libraries: List[str] = []
    finalizer = False
    farthest = _FARTHEST
    while frame is not None and farthest:
        code = frame.f_code
        if code.co_name == "__del__":
            finalizer = True
        path = locator.own(code.co_filename)
        if path is not None:
            own.append(("%s:%d" % (path.replace("\\", "/"), frame.f_lineno), _function(code)))
            if len(own) == 8:
                break
        elif not own:
            module = str(frame.f_globals.get("__name__", ""))
            if module not in libraries and not module.startswith(__name__.rpartition(".")[0]):
                libraries.append(module)
        frame = frame.f_back
        farthest -= 1
    return Stack(own, libraries[:40], finalizer)
