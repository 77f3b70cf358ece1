"""Recorded failures of one worker, from the real command line: one process shows them, and the true pair is named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.xdist.drive import run_world
from tests.xdist.generated import COUNT, KINDS, MODES, generate

# A mode each, and every kind; LANES=all for all of them.
SAMPLE = (0, 6, 12, 18, 9)
SEEDS = range(COUNT) if os.environ.get("LANES") == "all" else SAMPLE


@pytest.mark.parametrize("seed", SEEDS)
def test_a_recorded_failure_leads_to_the_true_pair(tmp_path: Path, seed: int) -> None:
    """The lane reproduces in one process, as its worker where that is needed, and narrows to the pair."""
    assert run_world(seed, tmp_path).complaints == ()


def test_the_sample_is_a_fair_one() -> None:
    """Each mode is in the sample, and each way of meeting in the whole."""
    assert {generate(seed).dist for seed in SAMPLE} == set(MODES)
    assert {generate(seed).kind for seed in range(COUNT)} == set(KINDS)
