from stockroom.delivery import receive
from stockroom.store import Store

PALLET = [("tyre", 2), ("pedal", 2)] * 50


def test_the_stock_grows_by_what_was_delivered(store, batch):
    assert receive(store, batch, PALLET) == 200


def test_parts_stay_until_they_are_dropped(store, batch):
    store.add(batch, "1", "bell", 5)
    assert store.pieces(batch) == 5
    store.drop(batch)
    assert store.pieces(batch) == 0


def test_dropping_what_is_not_there_is_no_error(store):
    store.drop("nothing")


def test_an_empty_delivery_brings_nothing(store, batch):
    receive(store, batch, [])
    assert store.pieces(batch) == 0


def test_two_stores_are_one_stock(store, batch):
    other = Store()
    other.add(batch, "1", "bell", 1)
    other.close()
    assert store.pieces(batch) == 1


def test_names_may_be_any_text(store, batch):
    store.add(batch, "1", "o'ring; drop table parts", 1)
    assert store.pieces(batch) == 1


def test_a_part_may_come_in_no_pieces(store, batch):
    store.add(batch, "1", "bell", 0)
    assert store.pieces(batch) == 0
