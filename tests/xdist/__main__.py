"""`python -m tests.xdist [PYTHON]`: every generated suite, and how many of the recorded failures led to the true pair.

PYTHON is the interpreter of the suites: older pytests and pytest-xdists deal tests out in other ways.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.xdist.drive import run_world
from tests.xdist.generated import COUNT


def main(python: str = sys.executable) -> int:
    right = 0
    for seed in range(COUNT):
        with tempfile.TemporaryDirectory(prefix="lanes-") as folder:
            seen = run_world(seed, Path(folder), python)
        right += not seen.complaints
        print(f"{seed:3}  {seen.world.dist:10} {seen.world.kind:18} {'; '.join(seen.complaints) or 'ok'}", flush=True)
    print(f"{right} of {COUNT} recorded failures of one worker reproduce in one process and narrow to the true pair")
    return int(right != COUNT)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
