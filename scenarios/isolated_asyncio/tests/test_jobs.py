import pytest

from spooler.jobs import Job, cost


@pytest.mark.parametrize(
    ("pages", "duplex", "sheets"), [(1, False, 1), (1, True, 1), (2, True, 1), (3, True, 2), (210, True, 105)]
)
def test_sheets(pages, duplex, sheets):
    assert Job("x", pages, duplex).sheets == sheets


@pytest.mark.parametrize("pages", [0, -3])
def test_nothing_to_print(pages):
    with pytest.raises(ValueError, match="nothing"):
        Job("x", pages)


@pytest.mark.parametrize(("colour", "cents"), [(False, 8), (True, 40)])
def test_cost(colour, cents):
    assert cost(Job("x", 4, duplex=True), colour=colour) == cents


@pytest.mark.parametrize("title", ["", "a/b", "ü"])
def test_any_title_is_fine(title):
    assert Job(title, 1).title == title
