from webshop.basket import Basket


def test_a_line_goes_as_a_whole():
    basket = Basket({"assam": 3, "pot": 1})
    basket.drop("assam")
    assert basket.lines == {"pot": 1}


def test_dropping_what_is_not_there_is_no_error():
    Basket().drop("pot")
