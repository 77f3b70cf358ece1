"""The modules of a project by the names that imports give them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from bisect_loop.scan.build import build
from bisect_loop.scan.model import Place, ScanError
from bisect_loop.scan.scopes import Module


class Modules:
    """Files become modules with `add`; `find` tells which one an import means.

    `source_roots` are the directories, relative to the root, that imports start from.
    """

    def __init__(self, source_roots: Iterable[str] = ("", "src")) -> None:
        self.source_roots = frozenset(source_roots) | {""}
        self.found: list[Module] = []
        self.errors: list[ScanError] = []
        self._by_name: dict[str, list[Module]] = defaultdict(list)
        self._answers: dict[tuple[str, str], Module | None] = {}

    def add(self, path: str, source: bytes, packages: frozenset[str]) -> Module | None:
        """Index one file; `packages` are the directories that hold an __init__.py.

        A file that cannot be parsed is noted in `errors`, and None is returned.
        """
        base = path.rpartition("/")[0]
        while base in packages:
            base = base.rpartition("/")[0]
        here = path.rpartition("/")[0]
        if here not in packages:  # a namespace package, or a script: named from the nearest source root
            base = max((top for top in self.source_roots if _is_below(here, top)), key=len, default="")
        is_package = path.rpartition("/")[2] == "__init__.py"
        module = Module(path, _dotted(path, base), base, is_package, source)
        try:
            build(module)
        except SyntaxError as error:
            self.errors.append(ScanError(Place(path, error.lineno or 1, error.offset or 1), error.msg))
            return None
        except ValueError as error:  # null bytes, before CPython 3.12
            self.errors.append(ScanError(Place(path, 1), str(error)))
            return None
        except (RecursionError, MemoryError):
            self.errors.append(ScanError(Place(path, 1), "nested too deeply to be read"))
            return None
        self.found.append(module)
        stem = _stem(module)
        for start in range(stem.count("/") + 1):
            self._by_name[".".join(stem.split("/")[start:])].append(module)
        return module

    def find(self, dotted: str, importer: Module) -> Module | None:
        """Return the project's module that `importer` gets under this absolute name."""
        key = (dotted, importer.directory)
        if key not in self._answers:
            candidates = [
                module
                for module in self._by_name.get(dotted, ())
                if module is not importer and self._importable(module, dotted, importer)
            ]
            candidates.sort(key=lambda module: (-_shared(module.directory, importer.directory), module.path))
            self._answers[key] = candidates[0] if candidates else None
        found = self._answers[key]
        return None if found is importer else found

    def _importable(self, module: Module, dotted: str, importer: Module) -> bool:
        stem = _stem(module)
        top = stem[: len(stem) - len(dotted)].rstrip("/")
        if top in self.source_roots or (module.name == dotted and top == module.base):
            return True
        # A directory without __init__.py is on sys.path for what lies in it: scripts, and tests under pytest.
        return top == module.directory and _is_below(importer.directory, top)


def _stem(module: Module) -> str:
    return module.path.removesuffix(".py").removesuffix("/__init__")


def _dotted(path: str, base: str) -> str:
    inner = path[len(base) + 1 :] if base else path
    dotted = inner.removesuffix(".py").replace("/", ".")
    return dotted.removesuffix(".__init__") if dotted != "__init__" else dotted


def _is_below(directory: str, top: str) -> bool:
    return not top or directory == top or directory.startswith(f"{top}/")


def _shared(one: str, other: str) -> int:
    count = 0
    for left, right in zip(one.split("/"), other.split("/"), strict=False):
        if left != right:
            break
        count += 1
    return count
