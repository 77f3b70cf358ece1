import kept
import pytest


@pytest.fixture(autouse=True)
def no_dropped():
    yield
    kept._dropped = None


@pytest.fixture(autouse=True)
def no_asked():
    yield
    kept._asked = None


@pytest.fixture(autouse=True)
def no_repeated():
    yield
    kept._repeated = None


@pytest.fixture(autouse=True)
def no_lock():
    yield
    kept._lock = None
