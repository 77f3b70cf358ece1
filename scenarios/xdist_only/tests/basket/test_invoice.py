from webshop.basket import Basket


def test_the_best_coupon_counts():
    assert Basket({"pot": 1}, [300, 500]).total() == 2400


def test_never_below_nothing():
    assert Basket({"rooibos": 1}, [900]).total() == 0
