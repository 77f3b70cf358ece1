"""The benchmarks' own environment: the peers from PyPI and this checkout, under one Python and one pytest."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import venv
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent

PACKAGES = (
    "pytest",
    "detect-test-pollution",
    "pytest-find-dependencies",
    "fastapi",
    "httpx",
    "sqlalchemy[asyncio]",
)


def default_folder() -> Path:
    """Where the environment is kept from one run to the next: the user's cache folder."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "bisect-loop-benchmarks" / f"python{sys.version_info.major}.{sys.version_info.minor}"


def prepare(folder: Path) -> Path:
    """Make the environment in `folder` where it is not there yet, and return its interpreter.

    This checkout is installed editable, so that what is measured is always the code at hand. Raises
    CalledProcessError when pip fails.
    """
    python = folder / "bin" / "python"
    done = folder / "complete"
    # What is installed is what was asked for then: a dependency that was added since would be missing.
    asked = hashlib.sha256(repr(PACKAGES).encode() + (PROJECT / "pyproject.toml").read_bytes()).hexdigest()
    if not done.exists() or done.read_text() != asked:
        print(f"making the benchmarks' environment in {folder}", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *PACKAGES, "--editable", str(PROJECT)], check=True)
        done.write_text(asked)
    return python


def versions(python: Path) -> dict[str, str]:
    """The versions of Python and of what the benchmarks run."""
    code = (
        "import json, platform; from importlib.metadata import version;"
        "names = ('pytest', 'detect-test-pollution', 'pytest-find-dependencies', 'bisect-loop');"
        "print(json.dumps({'python': platform.python_version(), **{name: version(name) for name in names}}))"
    )
    return dict(json.loads(subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout))
