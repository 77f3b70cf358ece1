"""The folder of a run."""

from __future__ import annotations

import py_compile
import subprocess
import sys
from pathlib import Path

import bisect_loop.inside.record
from bisect_loop.runner.workspace import STAGED_NAME, Workspace


def test_what_the_installation_compiled_is_not_compiled_in_every_run(tmp_path: Path) -> None:
    module = Path(bisect_loop.inside.record.__file__)
    compiled = Path(str(py_compile.compile(str(module), doraise=True)))
    being_written = compiled.with_name(f"{compiled.name}.139954")
    being_written.touch()
    try:
        with Workspace() as workspace:
            folder = workspace.stage / STAGED_NAME / compiled.parent.name
            program = f"import sys; sys.path.insert(0, {str(workspace.stage)!r}); import {STAGED_NAME}.record"
            run = subprocess.run(
                [sys.executable, "-I", "-v", "-c", program], capture_output=True, text=True, cwd=tmp_path, check=True
            )
            assert f"code object from '{folder / compiled.name}'" in run.stderr
            assert not (folder / being_written.name).exists()
    finally:
        being_written.unlink()
