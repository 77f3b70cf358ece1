"""What failed, and where: from an exception to the plain data that the tool compares."""

from __future__ import annotations

import os
import sys
from types import ModuleType, TracebackType
from typing import Any

_LONGEST_MESSAGE = 2000
_LONGEST_LINK = 300
_MOST_LINKS = 12


def _qualified(kind: type) -> str:
    module = getattr(kind, "__module__", "")
    name = getattr(kind, "__qualname__", kind.__name__)
    return name if module in ("builtins", "", None) else "%s.%s" % (module, name)


def _text(error: BaseException, longest: int) -> str:
    try:
        text = str(error)
    except Exception as second:  # a user's __str__ may raise anything
        text = "<unprintable: %s>" % type(second).__name__
    return text if len(text) <= longest else text[:longest] + " ..."


def headline(error: BaseException) -> str:
    """The type of an exception and the first line of its text."""
    text = next((line.strip() for line in _text(error, _LONGEST_MESSAGE).splitlines() if line.strip()), "")
    return "%s: %s" % (_qualified(type(error)), text) if text else _qualified(type(error))


class Locator:
    """Tells which files are the user's own, and names them relative to the root.

    It asks the file system only of files that are not named below the root: a suite may forbid that inside of event
    loops (blockbuster), where the tracer looks down the stack.
    """

    def __init__(self, root: object) -> None:
        self._root = os.path.join(os.path.realpath(str(root)), "")
        self._roots = {self._root, os.path.join(os.path.abspath(str(root)), "")}
        places = (sys.prefix, sys.base_prefix, os.path.dirname(os.path.abspath(__file__)))
        foreign = {os.path.join(path, "") for place in places for path in (place, os.path.realpath(place))}
        # A virtual environment often lies in the root, and a root in a prefix is the user's all the same.
        self._nested = tuple(path[len(own) :] for path in foreign for own in self._roots if path.startswith(own))
        self._foreign = tuple(path for path in foreign if not any(own.startswith(path) for own in self._roots))
        self.known: dict[str, str | None] = {}

    @property
    def root(self) -> str:
        """The root's real path."""
        return self._root

    def own(self, filename: str) -> str | None:
        """The path relative to the root where the file is the user's own, else None."""
        if filename in self.known:
            return self.known[filename]
        found = self.known[filename] = self._own(filename)
        return found

    def _own(self, filename: str) -> str | None:
        if not filename or filename[0] == "<" or "site-packages" in filename:
            return None  # made at run time ("<string>", "<frozen importlib._bootstrap>"), or installed
        named = os.path.normpath(filename)
        for root in self._roots:
            if named.startswith(root):
                return self._inside(named[len(root) :])
        if named.startswith(self._foreign):
            return None
        try:
            path = os.path.realpath(os.path.join(self._root, named))
            # What was compiled to C names its source as it was called where it was built: "asyncpg/pool.pyx".
            there = os.path.isabs(named) or os.path.exists(path)
        except Exception:  # the user's own guard against such calls raises whatever it likes
            return None
        return self._inside(path[len(self._root) :]) if there and path.startswith(self._root) else None

    def _inside(self, path: str) -> str | None:
        return None if path.startswith(self._nested) or "site-packages" in path else path

    def where(self, traceback: TracebackType | None) -> str:
        """The innermost line of the user's own code ("tests/test_a.py:12"), else the innermost line of all."""
        found = ""
        last: tuple[str, int] | None = None
        while traceback is not None:
            filename = traceback.tb_frame.f_code.co_filename
            own = self.own(filename)
            if own is not None:
                found = "%s:%d" % (own.replace(os.sep, "/"), traceback.tb_lineno)
            last = (filename, traceback.tb_lineno)
            traceback = traceback.tb_next
        if found or last is None:
            return found
        return "%s:%d" % ("/".join(last[0].replace(os.sep, "/").split("/")[-2:]), last[1])


def _links(error: BaseException) -> list[str]:
    """The exceptions behind `error`: members of a group, causes and contexts, nearest first."""
    seen = {id(error)}
    queue = [error]
    links: list[str] = []
    while queue and len(links) < _MOST_LINKS:
        current = queue.pop(0)
        behind = list(getattr(current, "exceptions", ()) or ())
        behind += [current.__cause__, current.__context__]
        for link in behind:
            if isinstance(link, BaseException) and id(link) not in seen:
                seen.add(id(link))
                queue.append(link)
                links.append("%s: %s" % (_qualified(type(link)), _text(link, _LONGEST_LINK)))
    return links[:_MOST_LINKS]


def _raised(error: BaseException) -> tuple[BaseException, TracebackType | None] | None:
    """What the example of a doctest raised, and where, if `error` only stands for it."""
    module = sys.modules.get("doctest")
    unexpected = vars(module).get("UnexpectedException") if type(module) is ModuleType else None
    if type(error) is not unexpected:
        return None
    info = vars(error).get("exc_info")
    if type(info) is not tuple or len(info) != 3 or not issubclass(type(info[1]), BaseException):
        return None
    return info[1], info[2]


def of_exception(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None, phase: str, locator: Locator
) -> dict[str, Any]:
    """Return the signature of an exception as a mapping: type, where, message, phase, chain."""
    raised = _raised(error)
    if raised is not None:
        error, traceback = raised
        kind = type(error)
    return {
        "type": _qualified(kind),
        "where": locator.where(traceback),
        "message": _text(error, _LONGEST_MESSAGE),
        "phase": phase,
        "chain": _links(error),
    }


def of_report(report: Any) -> dict[str, Any]:
    """Return the signature of a failed report that no exception stands behind, such as a strict xfail."""
    text = str(getattr(report, "longrepr", "") or "")
    return {
        "type": "XPASS" if "XPASS" in text else "Failed",
        "where": "",
        "message": text[-_LONGEST_MESSAGE:],
        "phase": report.when or "call",
        "chain": [],
    }
