"""Which modules, classes and functions are the user's own."""

from __future__ import annotations

import sys
import types
from typing import Any, Dict, List, Tuple

from .signature import Locator


class Ownership:
    """Tells the user's modules, classes and functions from others."""

    def __init__(self, locator: Locator) -> None:
        self._locator = locator
        self._modules: Dict[str, bool] = {}

    def file(self, module: Any) -> str:
        """The file of a module relative to the root, "" where it is not the user's."""
        file = getattr(module, "__file__", None)
        return (self._locator.own(file) or "") if isinstance(file, str) else ""

    def module(self, name: Any) -> bool:
        if not isinstance(name, str):
            return False
        known = self._modules.get(name)
        if known is None:
            known = self._modules[name] = bool(self.file(sys.modules.get(name)))
        return known

    def __call__(self, thing: Any) -> bool:
        if type(thing) is types.FunctionType:
            return self._locator.own(thing.__code__.co_filename) is not None
        return self.module(getattr(thing, "__module__", None))

    def modules(self) -> List[Tuple[str, Any]]:
        """The user's modules, those of the application before those that hold tests."""
        found = [(n, m) for n, m in list(sys.modules.items()) if isinstance(m, types.ModuleType) and self.file(m)]
        return sorted(found, key=lambda pair: (is_test(self.file(pair[1])), len(pair[0]), pair[0]))


def is_test(path: str) -> bool:
    """Whether a file holds tests or fixtures rather than the application."""
    name = path.replace("\\", "/").rpartition("/")[2]
    return name.startswith(("test_", "conftest")) or name.endswith("_test.py")
