import pytest

from depot.desk import where

pytestmark = pytest.mark.anyio


async def test_parcel_at_the_desk():
    assert await where("12 3") in ("on its way", "not known")


class Paper:
    """A link that knows what is written down."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = []

    async def ask(self, question):
        self.asked.append(question)
        return self.answer


@pytest.mark.parametrize(
    ("answer", "words"),
    [("T", "on its way"), ("D", "delivered"), ("L", "lost"), ("?", "not known"), ("", "not known"), ("X", "not known")],
)
async def test_answers_in_words(answer, words):
    assert await where("123", Paper(answer)) == words


async def test_the_depot_is_asked_without_blanks():
    paper = Paper("T")
    await where("1 2 3", paper)
    assert paper.asked == ["123"]


@pytest.mark.parametrize("number", ["", "1", "124", "12a", "-1 1"])
async def test_no_parcel_number(number):
    with pytest.raises(ValueError, match="no parcel number"):
        await where(number, Paper("T"))
