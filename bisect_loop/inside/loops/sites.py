"""The user's own lines on the stack, innermost first."""

from __future__ import annotations

import inspect
import sys
from types import FrameType
from typing import Any, Dict, Iterable, List, Optional, Sequence, Tuple

from ..signature import Locator

# One line of the user's: "backend/api/main.py:42" and the function around it.
Site = Tuple[str, str]
# The same before it is written down: the file, the number of the line, the code around it.
Line = Tuple[str, int, Any]

_FARTHEST = 120  # frames; below them stands the harness
_MOST_LINES = 8


def _function(code: Any) -> str:
    name: str = getattr(code, "co_qualname", code.co_name)
    return name.replace("<locals>.", "")


class Stack:
    """What a look at the stack showed: `own` lines, the `libraries` above the first of them, the fixture being set up.

    With `finalizer` the collector, not the user, came by: whose line it interrupted means nothing.
    """

    __slots__ = ("finalizer", "fixture", "libraries", "own")

    def __init__(self, own: List[Site], libraries: List[str], finalizer: bool, fixture: str) -> None:
        self.own = own
        self.libraries = libraries
        self.finalizer = finalizer
        self.fixture = fixture


class Files(Dict[str, Optional[str]]):
    """What the file of a frame means, found with one look-up: this is asked for every frame below every loop.

    The path relative to the root where the file is the user's, "" where it is pytest's own, else None.
    """

    def __init__(self, locator: Locator) -> None:
        super().__init__()
        self._locator = locator
        # Identity of code, because its hash would be that of all its constants.
        self.hook = _code("pluggy._callers", "_multicall")
        self.setup = _code("_pytest.fixtures", "pytest_fixture_setup")
        self.teardown = _code("_pytest.fixtures", "_teardown_yield_fixture")
        ends = (self.hook, self.setup, self.teardown)
        self.update({code.co_filename: "" for code in ends if code is not None})

    def __missing__(self, filename: str) -> Optional[str]:
        own = self[filename] = self._locator.own(filename)
        return own


def _code(module: str, name: str) -> Any:
    """The code of a function of a module that was imported, below what decorates it; None where there is none."""
    function: Any = getattr(sys.modules.get(module), name, None)
    return getattr(inspect.unwrap(function), "__code__", None)


def _frame(depth: int) -> Optional[FrameType]:
    try:
        return sys._getframe(depth)
    except ValueError:
        return None  # nothing in Python called: a thread may begin with a constructor, and a greenlet as well


def look(files: Files, depth: int, most: int) -> Tuple[Sequence[Line], str]:
    """(the innermost `most` lines of the user's own, the fixture that is being set up or "").

    Seen from the caller's caller at `depth` 2, down to where pytest called the hook or ended the fixture that led here:
    whoever made it do so is no business of what is done then, and most loops and tasks are a harness's.
    """
    try:
        frame: Optional[FrameType] = sys._getframe(depth)
    except ValueError:
        return (), ""  # nothing in Python called, see `_frame`
    found: Sequence[Line] = ()
    while frame is not None:
        path = files[frame.f_code.co_filename]
        if path is not None:
            code = frame.f_code
            if path:
                found = (*found, (path, frame.f_lineno, code))
                if len(found) == most:
                    break
            elif code is files.setup:
                return found, _requested(frame)
            elif code is files.hook or code is files.teardown:
                break
        frame = frame.f_back
    return found, ""


def written(lines: Iterable[Line]) -> List[Site]:
    """Lines as they are recorded. What is looked at a thousand times and recorded once is written only then."""
    return [("%s:%d" % (path.replace("\\", "/"), number), _function(code)) for path, number, code in lines]


def stack(files: Files, depth: int) -> Stack:
    """The stack with the names of the modules that the user's innermost line went through."""
    frame = _frame(depth + 1)
    own: List[Line] = []
    libraries: List[str] = []
    finalizer = False
    fixture = ""
    for _ in range(_FARTHEST):
        if frame is None or len(own) == _MOST_LINES:
            break
        code = frame.f_code
        if code.co_name == "__del__":
            finalizer = True
        path = files[code.co_filename]
        if path:
            own.append((path, frame.f_lineno, code))
        elif code is files.setup:
            fixture = _requested(frame)
            break
        elif not own:
            module = str(frame.f_globals.get("__name__", ""))
            if module not in libraries and not module.startswith(__name__.rpartition(".")[0]):
                libraries.append(module)
        frame = frame.f_back
    return Stack(written(own), libraries[:40], finalizer, fixture)


def _requested(setup: FrameType) -> str:
    """The name of the fixture that pytest's own frame `setup` sets up."""
    return str(getattr(setup.f_locals.get("fixturedef"), "argname", ""))
