import pytest

from webshop import flags


@pytest.fixture
def no_choice():
    flags.forget()
    yield
    flags.forget()


def test_defaults(no_choice):
    assert (flags.on("coupons_add_up"), flags.on("gift_wrap")) == (False, True)


def test_unknown_flags_are_refused():
    with pytest.raises(KeyError):
        flags.choose("teleport", True)
