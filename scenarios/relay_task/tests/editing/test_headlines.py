import pytest

from newsroom.headlines import LONGEST, Headline, shortened


@pytest.mark.parametrize(
    ("text", "slug"),
    [("Rain", "rain"), ("Rain, again!", "rain-again"), ("  50 % off ", "50-off"), ("A - B", "a-b")],
)
def test_slug(text, slug):
    assert Headline(text).slug == slug


@pytest.mark.parametrize("text", ["", " ", "\t\n"])
def test_a_headline_says_something(text):
    with pytest.raises(ValueError, match="says something"):
        Headline(text)


@pytest.mark.parametrize("length", [1, 30, LONGEST])
def test_short_enough(length):
    assert shortened("x" * length) == "x" * length


@pytest.mark.parametrize(
    ("text", "short"),
    [("Rain and snow", "Rain and…"), ("Rainandsnow", "Rainandsn…"), ("Rain an snow", "Rain an…")],
)
def test_cut_between_words(text, short):
    assert shortened(text, 10) == short
