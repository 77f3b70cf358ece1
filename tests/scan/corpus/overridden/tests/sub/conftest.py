import kept
import pytest


@pytest.fixture(autouse=True)
def no_dropped():
    return kept.dropped


@pytest.fixture(autouse=True)
def no_asked(no_asked):
    kept.asked()


@pytest.fixture
def no_repeated():
    kept.repeated()
    yield
    kept._repeated = None
