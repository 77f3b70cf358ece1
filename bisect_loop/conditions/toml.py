"""TOML by the standard library, or by its backport tomli before CPython 3.11."""

from __future__ import annotations

import importlib
import sys
from typing import Any

# Imported by name: a type checker that assumes 3.10 would ask for tomli on every later version, too.
_module: Any = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")

TOMLDecodeError: type[ValueError] = _module.TOMLDecodeError


def loads(text: str) -> dict[str, Any]:
    """Return the content of a TOML text. TOMLDecodeError where it is none."""
    content: dict[str, Any] = _module.loads(text)
    return content
