import pairs
import pytest
import wired


@pytest.fixture(autouse=True)
async def clean():
    yield
    wired._reset = None
    await wired.shut()
    await pairs._first.aclose()


def pytest_runtest_teardown(item):
    wired._hooked = None


@pytest.fixture
def fresh(monkeypatch):
    monkeypatch.setattr(wired, "_some_tests", None)
