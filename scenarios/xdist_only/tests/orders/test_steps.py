import pytest

from webshop.orders import STEPS, Order


def test_from_open_to_sent():
    order = Order(1)
    assert [order.step() for _ in STEPS[1:]] == ["paid", "packed", "sent"]


def test_nothing_after_sent():
    order = Order(1)
    order.state = "sent"
    with pytest.raises(ValueError, match="is sent"):
        order.step()
