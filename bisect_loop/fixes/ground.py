"""What candidates are made from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Literal

from bisect_loop.fixes.model import scopes_differ
from bisect_loop.fixes.options import configuration
from bisect_loop.model import FAMILY_CROSS_LOOP, Finding, NodeId
from bisect_loop.provenance.explain import Explanation
from bisect_loop.scan import WireUp
from bisect_loop.scan.files import python_files, read_source, real, relative_to

_UTF8_BOM = "\ufeff"
_MOST_FILES = 5_000


@dataclass(slots=True)
class Files:
    """Reads text files below `root`, each once. What is no UTF-8 text, or lies outside, counts as absent."""

    root: Path
    _known: dict[str, str | None] = field(default_factory=dict)
    _paths: list[str] | None = None

    def read(self, path: str) -> str | None:
        """The text of a file given relative to the root, its line ends as they are; None where there is none."""
        if path not in self._known:
            self._known[path] = self._read(path)
        return self._known[path]

    def paths(self) -> list[str]:
        """The project's own Python files, as a scan reads them."""
        if self._paths is None:
            here = islice(python_files(self.root, self.root, ()), _MOST_FILES)
            self._paths = [relative_to(path, self.root) for path in here]
        return self._paths

    @property
    def all_known(self) -> bool:
        """Whether every Python file of the project is among `paths`, and could be read."""
        return len(self.paths()) < _MOST_FILES and all(self.read(path) is not None for path in self.paths())

    def python(self) -> Iterator[str]:
        """The texts of the project's own Python files."""
        for path in self.paths():
            text = self.read(path)
            if text is not None:
                yield text

    def _read(self, path: str) -> str | None:
        file = self.root / path
        try:
            if not real(file).is_relative_to(real(self.root)):
                return None
            text = read_source(file).decode("utf-8")
        except (OSError, ValueError):
            return None
        return None if text.startswith(_UTF8_BOM) else text


@dataclass(frozen=True, slots=True)
class Ground:
    """One finding, why it fails (None where that is no loop), and where to look things up.

    `plugins` are the names of pytest's plugins in the suite, `pytest` its version; `wire_ups` what a scan knows.
    """

    finding: Finding
    explanation: Explanation | None
    files: Files
    plugins: tuple[str, ...] = ()
    pytest: str = ""
    wire_ups: tuple[WireUp, ...] = ()
    urls: Mapping[str, str] = field(default_factory=dict)  # service -> the variable that names it

    @property
    def tests(self) -> tuple[NodeId, ...]:
        return self.finding.minimal_order

    @property
    def loops_are_mixed(self) -> bool:
        """Whether event loops are to blame: so it was traced, or the failure itself says so."""
        mixed = self.finding.signature.family == FAMILY_CROSS_LOOP or scopes_differ(self.finding)
        return self.explanation is not None or mixed

    @property
    def has_pytest_asyncio(self) -> bool:
        """Whether pytest-asyncio runs the tests, as its name among the plugins or its options tell."""
        return any("asyncio" in name for name in self.plugins) or "asyncio_" in (configuration(self.read).text or "")

    @property
    def runs_on(self) -> Literal["pytest-asyncio", "anyio", "unittest", ""]:
        """Who gives the polluter its event loop, as its file tells (the victim's, where an import is to blame)."""
        polluter = next(iter(self.finding.polluters), self.finding.victim)
        text = self.read(polluter.partition("::")[0]) or ""
        if "IsolatedAsyncioTestCase" in text and polluter.count("::") > 1:
            return "unittest"
        marked = "mark.anyio" in text or "anyio_backend" in text
        if marked or re.search(r"^\s*anyio_mode\b.*auto", configuration(self.read).text or "", re.MULTILINE):
            return "anyio"
        return "pytest-asyncio" if self.has_pytest_asyncio else ""

    def read(self, path: str) -> str | None:
        """The text of a file of the project."""
        return self.files.read(path)

    def has_module(self, dotted: str) -> bool:
        """Whether a module lies in the project, in its root or in `src`."""
        path = dotted.replace(".", "/")
        places = (f"{folder}{path}{end}" for folder in ("", "src/") for end in (".py", "/__init__.py"))
        return any(self.read(place) is not None for place in places)


def folder(path: str) -> str:
    """The folder of a relative path, "" for the root."""
    return path.rpartition("/")[0]
