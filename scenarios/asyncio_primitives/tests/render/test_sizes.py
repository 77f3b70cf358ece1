import pytest

from thumbs.sizes import Size, fitted


@pytest.mark.parametrize(
    ("picture", "thumbnail"),
    [
        (Size(1600, 1200), Size(160, 120)),
        (Size(1200, 1600), Size(90, 120)),
        (Size(160, 120), Size(160, 120)),
        (Size(10, 10), Size(10, 10)),
        (Size(10_000, 10), Size(160, 1)),
        (Size(10, 10_000), Size(1, 120)),
    ],
)
def test_fitted(picture, thumbnail):
    assert fitted(picture, Size(160, 120)) == thumbnail


@pytest.mark.parametrize(("width", "height"), [(0, 1), (1, 0), (-1, 5)])
def test_impossible(width, height):
    with pytest.raises(ValueError, match="no picture"):
        Size(width, height)


def test_landscape():
    assert Size(2, 1).is_landscape
    assert not Size(1, 1).is_landscape
