import pytest

from alarms import pager
from alarms.readings import Reading, watch


async def test_thawing_room_is_noticed(pager_url):
    assert await watch([Reading("B", -18.0), Reading("C", 2.5)]) in ("logged", "paged")


class Silent:
    def __init__(self, answer):
        self.answer = answer
        self.pages = []

    async def page(self, text):
        self.pages.append(text)
        return self.answer


@pytest.fixture
def silent(monkeypatch):
    silent = Silent(True)
    monkeypatch.setattr(pager, "PAGER", silent)
    return silent


async def test_thawing_room_is_paged(silent):
    assert await watch([Reading("C", 2.5)]) == "paged"
    assert silent.pages == ["C: 2 °C"]


async def test_pager_that_refuses(silent):
    silent.answer = False
    assert await watch([Reading("C", 2.5)]) == "logged"


@pytest.mark.parametrize("celsius", [-14.9, -10.0, -5.0])
async def test_warm_room_is_logged(silent, celsius):
    assert await watch([Reading("B", celsius)]) == "logged"
    assert silent.pages == []


@pytest.mark.parametrize("readings", [[], [Reading("A", -20.0)], [Reading("A", -15.0), Reading("B", -18.0)]])
async def test_cold_rooms_are_quiet(silent, readings):
    assert await watch(readings) == "quiet"
