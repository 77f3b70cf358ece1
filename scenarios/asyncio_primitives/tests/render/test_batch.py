from thumbs.journal import Journal
from thumbs.render import batch, render
from thumbs.sizes import Size


async def test_batch_keeps_the_order():
    pictures = [Size(1600, 1200), Size(1200, 1600), Size(80, 60)]
    assert await batch(pictures) == [Size(160, 120), Size(90, 120), Size(80, 60)]


async def test_empty_batch():
    assert await batch([]) == []


async def test_one_picture():
    assert await batch([Size(320, 240)]) == [Size(160, 120)]


async def test_rendering_is_journaled():
    journal = Journal()
    await render(Size(320, 120), journal)
    assert journal.lines == ["160x60"]
