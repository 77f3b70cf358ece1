"""The project's own files, read and never run. Paths are relative to the repository's root, with `/`."""

from __future__ import annotations

import posixpath
from configparser import ConfigParser
from configparser import Error as ConfigParserError
from pathlib import Path
from typing import Any

from bisect_loop.conditions import toml
from bisect_loop.conditions.ci.holes import known, scrub

LIMIT = 2_000_000  # bytes; a script or a settings file is never longer


class Files:
    """Reads files under `root`, each once. What lies outside the root does not exist."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._texts: dict[str, str | None] = {}

    def join(self, directory: str, path: str) -> str | None:
        """Return `path` as seen from `directory`, normalised; None where that is unknown or outside the root."""
        if not known(path):
            return None
        if path.startswith("/"):
            try:
                return Path(path).resolve().relative_to(self.root).as_posix()
            except ValueError:
                return None
        if not known(directory):
            return None
        joined = posixpath.normpath(posixpath.join(directory, path))
        return None if joined == ".." or joined.startswith("../") else joined

    def text(self, path: str | None) -> str | None:
        """Return the text of `path`, None where there is no such file, or none that is text."""
        if path is None:
            return None
        if path not in self._texts:
            self._texts[path] = self._read(self.root / path)
        return self._texts[path]

    def toml(self, path: str | None) -> dict[str, Any]:
        """Return the TOML file's content, empty where there is none or it is broken."""
        try:
            return toml.loads(self.text(path) or "")
        except toml.TOMLDecodeError:
            return {}

    def ini(self, path: str | None) -> ConfigParser:
        """Return the INI file's sections, none where there is no such file or it is broken."""
        parser = ConfigParser(interpolation=None, strict=False, allow_no_value=True, delimiters=("=", ":"))
        parser.optionxform = str  # type: ignore[method-assign,assignment]
        try:
            parser.read_string(self.text(path) or "")
        except ConfigParserError:
            parser.clear()
        return parser

    def line_of(self, path: str, wanted: str) -> int:
        """Return the line of `path` on which the text `wanted` first stands, 1 where it does not."""
        text = self.text(path) or ""
        at = text.find(wanted)
        return text.count("\n", 0, at) + 1 if at >= 0 else 1

    def glob(self, directory: str, pattern: str) -> list[str]:
        """Return what matches `pattern` in `directory`, sorted, as a shell there would write it."""
        base = self.join(directory, ".")
        if base is None or pattern.startswith("/") or ".." in pattern.split("/"):
            return []
        try:
            found = [path.relative_to(self.root / base).as_posix() for path in (self.root / base).glob(pattern)]
        except (ValueError, OSError, NotImplementedError):
            return []
        shown = sorted(path for path in found if pattern.startswith(".") or not path.startswith("."))
        prefix = "./" if pattern.startswith("./") else ""
        return [prefix + path for path in shown]

    def _read(self, path: Path) -> str | None:
        try:
            inside = path.resolve().relative_to(self.root)
            if not path.is_file() or path.stat().st_size > LIMIT:
                return None
            data = (self.root / inside).read_bytes()
        except (OSError, ValueError):
            return None
        return None if b"\0" in data else scrub(data.decode("utf-8", "replace"))
