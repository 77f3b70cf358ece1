import pytest

from webshop.basket import Basket


def test_twice_the_same_is_one_line():
    basket = Basket()
    basket.add("assam")
    basket.add("assam", 2)
    assert basket.lines == {"assam": 3}


def test_what_is_not_sold_is_refused():
    with pytest.raises(KeyError):
        Basket().add("coffee")
