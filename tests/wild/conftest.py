"""A suite that misbehaves, in a folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.wild.harness import Wild


@pytest.fixture
def wild(tmp_path: Path) -> Wild:
    """An empty suite; write its files, then run the tool on it."""
    return Wild.at(tmp_path)
