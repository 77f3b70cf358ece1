import pytest

from weather.forecast import beaufort


@pytest.mark.parametrize(("knots", "force"), [(0, 0), (0.9, 0), (1, 1), (16, 4), (17, 5), (63, 11), (64, 12), (90, 12)])
def test_beaufort(knots, force):
    assert beaufort(knots) == force
