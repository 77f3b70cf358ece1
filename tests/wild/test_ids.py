"""Node ids that are hard to hold on to."""

from __future__ import annotations

import pytest

from tests.wild.harness import CHEAP, Wild, accused, confirmed_pair


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("today", "datetime.date.today().isoformat()"),
        ("newline", "'a\\nb\\r\\n'"),
        ("lambda", "lambda: None"),
        ("slashes", "'/etc//passwd/../::x'"),
        ("quotes", '"it\'s $HOME `x` \\"y\\" !1 *"'),
        ("brackets", "'[[a]'"),
        ("non-ascii", "'\\u00fc\\U0001f600'"),
        ("empty", "''"),
        ("dashes", "'--deselect=tests'"),
    ],
)
def test_an_odd_id(wild: Wild, name: str, value: str) -> None:
    """Polluter and victim are found whatever their ids hold, and the printed command names just them."""
    del name
    wild.write(
        test_a=f"""
        import datetime, pytest
        VALUES = [{value}]
        ids = [getattr(value, "__qualname__", value) for value in VALUES]
        STATE = []
        @pytest.mark.parametrize("value", VALUES, ids=ids)
        def test_victim(value):
            assert not STATE
        @pytest.mark.parametrize("value", VALUES * 2, ids=ids * 2)
        def test_innocent(value):
            pass
        @pytest.mark.parametrize("value", VALUES, ids=ids)
        def test_polluter(value):
            STATE.append(value)
        """
    )
    done = wild.run(*CHEAP)
    (found,) = done.result["findings"]
    assert (found["kind"], found["confirmed"], found["replay"]["ran"]) == ("victim", True, True), done.out
    assert found["polluters"][0].startswith("tests/test_a.py::test_polluter[")
    assert len(found["minimal_order"]) == 2


def test_ids_that_change_with_every_collection(wild: Wild) -> None:
    """Ids made of a clock or a random value cannot be run again: they hide no pair and are not accused."""
    wild.write(
        test_a="""
        import pytest, uuid
        STATE, OTHER = [], []
        def test_victim():
            assert not STATE
        def test_other_victim():
            assert not OTHER
        @pytest.mark.parametrize("value", [uuid.uuid4().hex for _ in range(3)])
        def test_fleeting(value):
            OTHER.append(value)
        def test_polluter():
            STATE.append(1)
        """
    )
    done = wild.run(*CHEAP)
    assert accused(done.result) == {"test_victim": {"test_polluter"}}, done.out
    assert done.code == 1


def test_twins(wild: Wild) -> None:
    """Two items of one id are two tests."""
    wild.write(
        test_a="""
        STATE = []
        def test_victim():
            assert not STATE
        def test_innocent():
            pass
        def test_polluter():
            STATE.append(1)
        """,
        conftest="""
        def pytest_collection_modifyitems(items):
            items[:] = [item for item in items for _ in range(1 + (item.name == "test_innocent"))]
        """,
    )
    confirmed_pair(wild.run(*CHEAP), "test_polluter", "test_victim")
