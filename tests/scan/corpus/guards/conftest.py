import pytest
import wired


@pytest.fixture(autouse=True)
async def clean():
    yield
    wired._reset = None
    await wired.shut()


@pytest.fixture
def fresh(monkeypatch):
    monkeypatch.setattr(wired, "_some_tests", None)
