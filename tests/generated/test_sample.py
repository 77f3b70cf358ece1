"""The real command line on one generated suite of some kinds; `python -m tests.generated` runs them all."""

from __future__ import annotations

import pytest

from .drive import run_world
from .test_generator import smallest

KINDS = (
    "pair",
    "three-together",
    "cleaner",
    "brittle",
    "healing",
    "healthy",
    "module-fixture",
    "tear-down-class",
    "import-time",
    "pytest-asyncio",
    "isolated-asyncio",
    "raw-ids",
    "custom-items",
)


@pytest.mark.parametrize("kind", KINDS)
def test_the_tool_is_right(kind: str) -> None:
    """`bisect-loop run` finds the truth about the suite and accuses nobody else."""
    result = run_world(smallest(kind), orders="default,reverse", extra=("--confirm", "1"))
    assert not result.complaints, f"{result.complaints}\n{result.output}"
