"""What candidates are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bisect_loop.fixes.options import configuration
from bisect_loop.model import Finding, NodeId
from bisect_loop.provenance.explain import Explanation
from bisect_loop.scan import WireUp

_UTF8_BOM = "\ufeff"


@dataclass(slots=True)
class Files:
    """Reads text files below `root`, each once. What is no UTF-8 text, or lies outside, counts as absent."""

    root: Path
    _known: dict[str, str | None] = field(default_factory=dict)

    def read(self, path: str) -> str | None:
        """The text of a file given relative to the root, its line ends as they are; None where there is none."""
        if path not in self._known:
            self._known[path] = self._read(path)
        return self._known[path]

    def _read(self, path: str) -> str | None:
        file = self.root / path
        try:
            if not file.resolve().is_relative_to(self.root.resolve()):
                return None
            text = file.read_bytes().decode("utf-8")
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
    def has_pytest_asyncio(self) -> bool:
        """Whether pytest-asyncio runs the tests, as its name among the plugins or its options tell."""
        return any("asyncio" in name for name in self.plugins) or "asyncio_" in (configuration(self.read).text or "")

    def read(self, path: str) -> str | None:
        """The text of a file of the project."""
        return self.files.read(path)


def folder(path: str) -> str:
    """The folder of a relative path, "" for the root."""
    return path.rpartition("/")[0]
