import pytest

from guestbook.names import tidy


@pytest.mark.parametrize(
    ("name", "tidied"),
    [("Ada", "Ada"), (" Ada ", "Ada"), ("Ada  Lovelace", "Ada Lovelace"), ("a\tb\nc", "a b c"), ("é", "é")],
)
def test_tidy(name, tidied):
    assert tidy(name) == tidied


@pytest.mark.parametrize("name", ["", " ", "\t\n"])
def test_nobody(name):
    with pytest.raises(ValueError, match="has a name"):
        tidy(name)


@pytest.mark.parametrize("length", [1, 39, 40])
def test_long_names(length):
    assert tidy("x" * length) == "x" * length


@pytest.mark.parametrize("length", [41, 400])
def test_names_that_are_too_long(length):
    with pytest.raises(ValueError, match="at most 40"):
        tidy("x" * length)


@pytest.mark.parametrize("name", ["Ada", "A B", "x" * 40])
def test_tidy_twice_is_tidy_once(name):
    assert tidy(tidy(name)) == tidy(name)
