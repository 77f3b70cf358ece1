"""`python -m tests.matrix`: the tool on every interpreter that PATH has, old and new pytests and plugins."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.matrix.targets import MATRIX

if __name__ == "__main__":
    command = [sys.executable, "-m", "pytest", "-n", "2", "-rs", "tests/matrix", *sys.argv[1:]]
    sys.exit(subprocess.run(command, env={**os.environ, MATRIX: "1"}).returncode)
