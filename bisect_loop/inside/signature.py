"""What failed, and where: from an exception to the plain data that the tool compares."""

from __future__ import annotations

import os
import sys
from types import TracebackType
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
    """Tells which files are the user's own, and names them relative to the root."""

    def __init__(self, root: object) -> None:
        self._root = os.path.join(os.path.realpath(str(root)), "")
        self._foreign = tuple(
            os.path.join(os.path.realpath(path), "")
            for path in {sys.prefix, sys.base_prefix, os.path.dirname(os.path.abspath(__file__))}
        )
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
        if not filename or filename[0] == "<":
            return None  # made at run time: "<string>", "<frozen importlib._bootstrap>"
        path = os.path.realpath(os.path.join(self._root, filename))
        # What was compiled to C names its source as it was called where it was built: "asyncpg/pool.pyx".
        if not os.path.isabs(filename) and not os.path.exists(path):
            return None
        inside = path.startswith(self._root) and "site-packages" not in path
        # A virtual environment often lies in the root, and a root in a prefix is the user's all the same.
        nested = any(path.startswith(p) for p in self._foreign if p.startswith(self._root))
        return path[len(self._root) :] if inside and not nested else None

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


def of_exception(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None, phase: str, locator: Locator
) -> dict[str, Any]:
    """Return the signature of an exception as a mapping: type, where, message, phase, chain."""
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
