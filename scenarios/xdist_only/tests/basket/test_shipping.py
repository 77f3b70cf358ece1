from webshop.basket import shipping


def test_small_baskets_pay():
    assert shipping(2999) == 450


def test_large_baskets_do_not():
    assert shipping(3000) == 0
