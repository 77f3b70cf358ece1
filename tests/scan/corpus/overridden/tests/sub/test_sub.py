import kept
import pytest


@pytest.fixture
def no_lock():
    return kept.lock


def test_sub():
    kept.dropped()
    kept.asked()
    kept.repeated()
    kept.lock()
