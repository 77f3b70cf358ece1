"""The real command line on one generated suite of each of the kinds that matter most."""

from __future__ import annotations

import pytest

from .drive import run_world
from .test_generator import smallest

KINDS = (
    "pair",
    "two-together",
    "three-together",
    "either-or",
    "chain",
    "cleaner",
    "brittle",
    "mutual",
    "healing",
    "many-polluters",
    "two-mechanisms",
    "always-failing-besides",
    "healthy",
    "process-state",
    "module-fixture",
    "parametrised-session-fixture",
    "tear-down-class",
    "teardown-error",
    "polluter-that-skips",
    "import-time",
    "pytest-asyncio",
    "isolated-asyncio",
    "raw-ids",
    "odd-paths",
    "custom-items",
    "signal-in-victim",
    "lock-left-held",
    "thread-from-the-start",
)


@pytest.mark.parametrize("kind", KINDS)
def test_the_tool_is_right(kind: str) -> None:
    """`bisect-loop run` finds the truth about the suite and accuses nobody else."""
    result = run_world(smallest(kind), orders="default,reverse", extra=("--confirm", "1"))
    assert not result.complaints, f"{result.complaints}\n{result.output}"
