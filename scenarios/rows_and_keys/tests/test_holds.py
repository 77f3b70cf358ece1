from boxoffice.holds import MINUTES


def test_a_hold_ends_by_itself(holds, cache):
    holds.hold("tempest", "A1", "ann")
    assert 0 < cache.ttl("hold:tempest:A1") <= 60 * MINUTES


def test_a_free_seat_is_not_taken(holds):
    assert not holds.taken("tempest", "A5")
