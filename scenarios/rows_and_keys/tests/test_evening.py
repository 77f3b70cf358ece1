def test_takings_of_the_first_order(orders):
    orders.add("hamlet", 2, 4200)
    assert orders.takings() == 4200


def test_two_orders_of_one_show(orders):
    orders.add("macbeth", 2, 4200)
    orders.add("macbeth", 1, 900)
    assert orders.sold("macbeth") == 3


def test_another_show_is_not_counted(orders):
    orders.add("othello", 5, 10500)
    assert orders.sold("cymbeline") == 0


def test_a_show_may_be_called_anything(orders):
    orders.add("o'neill; drop table orders", 1, 900)
    assert orders.sold("o'neill; drop table orders") == 1
