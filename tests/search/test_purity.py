from __future__ import annotations

import ast
from pathlib import Path

import pytest

import bisect_loop.search

MODULES = sorted(Path(bisect_loop.search.__file__).parent.glob("*.py"))
# What a search may lean on: mathematics, containers, types. No clock, no file, no process, no chance.
ALLOWED = {
    "__future__",
    "bisect",
    "collections",
    "dataclasses",
    "hashlib",
    "itertools",
    "math",
    "re",
    "statistics",
    "typing",
}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_a_search_touches_nothing(path: Path) -> None:
    """Imports only pure parts of the standard library, the model and this package; opens nothing."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names = [node.module or ""]
        for name in names:
            own = name == "bisect_loop.model" or name.startswith("bisect_loop.search")
            assert own or name.split(".")[0] in ALLOWED, f"{path.name} imports {name}"
        if isinstance(node, ast.Name):
            assert node.id not in {"open", "print", "input", "exec", "eval", "__import__"}
