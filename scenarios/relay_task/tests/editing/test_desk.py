import pytest

from newsroom.headlines import Headline
from newsroom.screens import Screen, publish


async def test_published_headline_is_on_the_screen():
    lobby = Screen("lobby")
    await publish(lobby, Headline("Rain until Friday"))
    assert lobby.shown == ["Rain until Friday"]


@pytest.fixture
def screen():
    return Screen("gate 4")


def test_urgent_headline_is_loud(screen):
    screen.show(Headline("Gate closes", urgent=True))
    assert screen.shown == ["GATE CLOSES"]


def test_long_headline_is_cut(screen):
    screen.show(Headline("word " * 30))
    assert len(screen.shown[0]) <= 60


@pytest.mark.parametrize("count", [0, 1, 4])
def test_headlines_stay_in_order(screen, count):
    texts = [f"headline {n}" for n in range(count)]
    for text in texts:
        screen.show(Headline(text))
    assert screen.shown == texts
