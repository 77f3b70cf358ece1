import pytest


def test_one_gets_the_seat_and_the_next_does_not(holds):
    assert holds.hold("tempest", "A1", "cleo")
    assert not holds.hold("tempest", "A1", "dave")
    holds.release("tempest", "A1")


def test_a_released_seat_can_be_held_again(holds):
    for who in ("ann", "ben"):
        assert holds.hold("macbeth", "A2", who)
        holds.release("macbeth", "A2")


@pytest.mark.parametrize("who", ["ann", "Ms. O'Neill", "ä", "ben:2"])
def test_who_holds_it(holds, who):
    holds.hold("macbeth", "A3", who)
    assert holds.holder("macbeth", "A3") == who
    holds.release("macbeth", "A3")


def test_releasing_what_nobody_holds(holds):
    holds.release("macbeth", "A4")
    assert holds.holder("macbeth", "A4") is None
