from webshop import flags
from webshop.basket import Basket


def test_a_coupon_lowers_the_total():
    assert Basket({"pot": 1}, [500]).total() == 2400


def test_coupons_add_up_where_that_is_tried_out():
    flags.choose("coupons_add_up", True)
    assert Basket({"pot": 1}, [500, 300]).total() == 2100
