import pytest

from stockroom.delivery import label, parse, receive

LORRY = [("spoke", 36), ("chain", 1)] * 200


def test_a_lorry_is_unloaded_part_by_part(store, batch):
    receive(store, batch, LORRY)
    assert store.pieces(batch) == 200 * 37


def test_labels_differ():
    assert len({label(batch, place) for batch in ("a", "b") for place in range(10)}) == 20


@pytest.mark.parametrize(
    ("line", "part"), [("3 x chain", ("chain", 3)), ("12 x  inner tube", ("inner tube", 12)), ("1 x x", ("x", 1))]
)
def test_lines_are_read(line, part):
    assert parse(line) == part


@pytest.mark.parametrize("line", ["", "chain", "x chain", "three x chain", "-1 x chain", "3x chain"])
def test_other_lines_are_refused(line):
    with pytest.raises(ValueError, match="no part"):
        parse(line)
