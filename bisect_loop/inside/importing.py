"""Does something with a module as soon as the user's code has imported it."""

from __future__ import annotations

import contextlib
import importlib.abc
import sys
from typing import Any, Callable, Dict


class Afterwards(importlib.abc.MetaPathFinder):
    """Lets the other finders find, and calls `actions[name]` with the module of that name once it has been run."""

    def __init__(self, actions: Dict[str, Callable[[Any], object]]) -> None:
        self._actions = actions
        self._finding = False

    def install(self) -> None:
        """Watch imports from now on."""
        sys.meta_path.insert(0, self)

    def restore(self) -> None:
        """Watch no more."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        action = self._actions.get(fullname)
        if action is None or self._finding:
            return None
        self._finding = True
        try:
            spec = next(
                (
                    found
                    for finder in sys.meta_path
                    if finder is not self and hasattr(finder, "find_spec")
                    for found in [finder.find_spec(fullname, path, target)]
                    if found is not None
                ),
                None,
            )
        finally:
            self._finding = False
        loader: Any = getattr(spec, "loader", None)
        run = getattr(loader, "exec_module", None)
        if run is None:
            return spec

        # One that is a class, or has the method in the object, may be every other module's as well: left alone.
        if isinstance(loader, type) or "exec_module" in getattr(loader, "__dict__", ()):
            return spec

        def exec_module(module: Any) -> None:
            vars(loader).pop("exec_module", None)  # the loader is as it was before
            run(module)
            if getattr(getattr(module, "__spec__", None), "name", None) == fullname:
                action(module)

        # A loader may have no attributes of its own: whoever asked has to look again later.
        with contextlib.suppress(AttributeError):
            loader.exec_module = exec_module
        return spec
