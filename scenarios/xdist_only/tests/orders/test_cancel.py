import pytest

from webshop.orders import Order


def test_an_open_order_can_be_cancelled():
    order = Order(7)
    order.cancel()
    assert order.state == "cancelled"


def test_a_packed_one_cannot():
    order = Order(7)
    order.step()
    order.step()
    with pytest.raises(ValueError, match="order 7 is packed"):
        order.cancel()
