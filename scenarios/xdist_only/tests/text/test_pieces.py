from webshop.text import pieces


def test_one():
    assert pieces(1) == "1 piece"


def test_many():
    assert pieces(3) == "3 pieces"
