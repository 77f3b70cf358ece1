"""The house's rules that matter are tests: who may import whom, and what inside/ adds to the user's process."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import bisect_loop

PACKAGE = Path(bisect_loop.__file__).parent

# Part -> the parts that it may import. Arrows go one way: towards model.
MAY_IMPORT: dict[str, set[str]] = {
    "model": set(),
    "mishap": set(),
    "redact": {"model"},
    "inside": set(),
    "search": {"model"},
    "report": {"model", "redact"},
    "ingest": {"model"},
    "scan": {"model", "conditions"},
    "runner": {"model", "inside"},
    "conditions": {"model", "redact", "runner"},
    "history": {"model", "redact"},
    "confirm": {"model", "runner", "search"},
    "needs": {"model"},
    "provenance": {"model", "scan"},
    "evidence": {"model", "mishap", "provenance", "runner", "search"},
    "fixes": {"model", "confirm", "mishap", "provenance", "runner", "scan", "search"},
    "probes": {"model", "runner", "search"},
    "surroundings": {"model", "runner"},
    "asking": {"model", "probes", "runner", "search"},
    "roles": {"model", "asking", "runner", "search", "surroundings"},
    "diagnose": {"model", "asking", "confirm", "evidence", "needs", "roles", "runner", "search"},
    "observed": {"model", "asking"},
    "observe": {"model", "observed", "runner"},
    "session": {"model", "confirm", "conditions", "history", "redact", "runner"},
    "lanes": {"model", "asking", "confirm", "diagnose", "observed", "runner", "search"},
    "reproduce": {
        "model",
        "asking",
        "diagnose",
        "fixes",
        "history",
        "lanes",
        "mishap",
        "observe",
        "observed",
        "runner",
        "search",
        "session",
    },
    "recorded": {"model", "asking", "diagnose", "ingest", "lanes", "observed", "reproduce"},
    "hunt": {"model", "asking", "diagnose", "history", "reproduce", "search"},
}

# What the pure parts may not touch, whatever it is good for.
IMPURE = {"os", "io", "time", "datetime", "subprocess", "socket", "threading", "pathlib", "sqlite3", "shutil", "random"}


def modules(part: str) -> list[Path]:
    single = PACKAGE / f"{part}.py"
    return [single] if single.exists() else sorted((PACKAGE / part).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """The absolute names of all modules that a file imports, also inside functions."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names if node.module == "bisect_loop")
    return names


def parts(names: set[str]) -> set[str]:
    found = {name.split(".")[1] for name in names if name.startswith("bisect_loop.")}
    return found - {"__version__"}


@pytest.mark.parametrize("part", sorted(MAY_IMPORT))
def test_import_directions(part: str) -> None:
    """Each part imports only what stands below it."""
    for path in modules(part):
        beyond = parts(imported(path)) - MAY_IMPORT[part] - {part}
        assert not beyond, f"{path.relative_to(PACKAGE)} imports {sorted(beyond)}"


def test_every_part_has_its_place() -> None:
    """No module stands outside the picture."""
    there = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert there - {"__init__", "__main__", "cli"} <= set(MAY_IMPORT)


@pytest.mark.parametrize("part", ["search", "model"])
def test_the_core_is_pure(part: str) -> None:
    """search/ and model.py know no process, clock or file."""
    for path in modules(part):
        roots = {name.split(".")[0] for name in imported(path)}
        assert not roots & IMPURE, f"{path.relative_to(PACKAGE)} imports {sorted(roots & IMPURE)}"


def test_inside_is_stdlib_and_pytest() -> None:
    """inside/ imports the standard library, pytest and itself."""
    for path in modules("inside"):
        roots = {name.split(".")[0] for name in imported(path)}
        assert roots <= set(sys.stdlib_module_names) | {"pytest", "_pytest"}, path


def test_only_the_command_line_reads_argv_and_environ() -> None:
    """sys.argv and os.environ are read in cli/ alone (inside/ works on those of the tests)."""
    for path in PACKAGE.rglob("*.py"):
        if path.relative_to(PACKAGE).parts[0] in ("cli", "inside") or path.name == "guard.py":
            continue  # the guard is a program of its own
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                assert (node.value.id, node.attr) not in {("sys", "argv"), ("os", "environ")}, path


LIST_MODULES = """
import json, os, sys
def test_modules():
    with open({path!r}, "w") as file:
        json.dump([sorted(sys.modules), dict(os.environ), sys.path, len(os.listdir("/proc/self/fd"))], file)
"""


def seen_inside(tmp_path: Path, through_us: bool) -> tuple[set[str], dict[str, str], list[str], int]:
    """What a test sees of its process, run by plain pytest or by a trial of ours."""
    from bisect_loop.model import Condition, Trial
    from bisect_loop.runner.fresh import FreshRunner
    from bisect_loop.runner.target import Slot, Slots, Target, without_outer_pytest
    from bisect_loop.runner.workspace import Workspace

    root = tmp_path / ("ours" if through_us else "plain")
    root.mkdir()
    out = root / "seen.json"
    (root / "test_modules.py").write_text(LIST_MODULES.format(path=str(out)))
    environ = without_outer_pytest(os.environ)
    if through_us:
        with Workspace() as workspace:
            runner = FreshRunner(Target(sys.executable, root, environ), workspace, Slots([Slot()]))
            result = runner.run(Trial(("test_modules.py::test_modules",), Condition(args=("test_modules.py",))))
        assert [outcome.result for outcome in result.outcomes] == ["passed"]
    else:
        script = Path(sys.executable).with_name("pytest")
        subprocess.run([script, "-q", "test_modules.py"], cwd=root, env=environ, check=True, capture_output=True)
    modules_, env, path, fds = json.loads(out.read_text())
    return set(modules_), env, path, fds


def test_what_inside_adds_to_the_users_process(tmp_path: Path) -> None:
    """A trial adds its own modules and nothing else: no variable, path or descriptor of ours is there."""
    plain_modules, plain_env, plain_path, plain_fds = seen_inside(tmp_path, through_us=False)
    our_modules, our_env, our_path, our_fds = seen_inside(tmp_path, through_us=True)
    added = {name for name in our_modules - plain_modules if not name.startswith("_bisect_loop_inside")}
    assert not added
    documented = {"TMPDIR", "PYTHONHASHSEED", "PYTHONDONTWRITEBYTECODE", "COVERAGE_FILE"}
    assert set(our_env) - set(plain_env) <= documented
    assert our_path[1:] == plain_path[1:]
    assert our_fds <= plain_fds
