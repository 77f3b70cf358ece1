from __future__ import annotations

from collections import Counter
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bisect_loop.search.orders import (
    OrderSpec,
    default,
    named_orders,
    parse_orders,
    reverse,
    scope,
    shuffle,
    shuffle_modules,
    xdist_like,
)

IDS = tuple(
    f"tests/test_{module}.py::{group}test_{index}"
    for module in "abcd"
    for group in ("", "TestX::", "TestY::")
    for index in range(4)
)
ids = st.lists(st.sampled_from(IDS), unique=True)
any_ids = st.lists(st.text(st.characters(), max_size=8))


@given(ids, st.integers(0, 99), st.data())
def test_shuffles_are_stable_under_subsetting(order: list[str], seed: int, data: st.DataObject) -> None:
    """Two tests keep their relative order whatever else is taken away."""
    chosen = [nodeid for nodeid in order if data.draw(st.booleans())]
    for mix in (shuffle, shuffle_modules):
        assert mix(chosen, seed) == tuple(nodeid for nodeid in mix(order, seed) if nodeid in chosen)


@given(any_ids, st.integers())
def test_no_order_loses_or_adds_an_id(order: list[str], seed: int) -> None:
    """Ids may repeat and hold anything, lone surrogates included."""
    for result in (default(order), reverse(order), shuffle(order, seed), shuffle_modules(order, seed)):
        assert Counter(result) == Counter(order)
    for kind in ("contiguous", "round-robin", "file"):
        lanes = xdist_like(order, 3, kind)
        assert Counter(nodeid for lane in lanes for nodeid in lane) == Counter(order)


def test_a_shuffle_does_not_depend_on_the_order_it_is_given() -> None:
    """The seed and the ids decide, nothing else; another seed is another order."""
    assert shuffle(IDS, 3) == shuffle(IDS[::-1], 3) != shuffle(IDS, 4)
    assert shuffle(IDS, 1)[:2] == ("tests/test_a.py::test_0", "tests/test_b.py::TestX::test_0"), (
        "the same on every machine and in every version"
    )


def test_a_plain_shuffle_tears_modules_apart() -> None:
    """Tests of one module no longer stand together."""
    assert len([module for module, _ in groupby(shuffle(IDS, 1), key=lambda nodeid: scope(nodeid)[0])]) > 8


def test_a_module_shuffle_keeps_modules_and_classes_together() -> None:
    """Modules, classes and tests change places within what holds them."""
    order = shuffle_modules(IDS, 1)
    assert order != IDS and Counter(order) == Counter(IDS)
    assert len([module for module, _ in groupby(order, key=lambda nodeid: scope(nodeid)[0])]) == 4
    assert len([group for group, _ in groupby(order, key=scope)]) == 12


@pytest.mark.parametrize(
    ("nodeid", "expected"),
    [
        ("tests/test_a.py::test_x", ("tests/test_a.py", "")),
        ("tests/test_a.py::TestX::TestY::test_x[a::b]", ("tests/test_a.py", "TestX::TestY")),
        ("tests/test_a.py::test_x[a::b[c]]", ("tests/test_a.py", "")),
        ("tests/doc.rst", ("tests/doc.rst", "")),
    ],
)
def test_scope_does_not_look_into_parameters(nodeid: str, expected: tuple[str, str]) -> None:
    """File and classes of a node id, whatever its parameters hold."""
    assert scope(nodeid) == expected


def test_duplicates_are_two_items() -> None:
    """An id that stands twice is dealt twice, and not necessarily side by side."""
    orders = [shuffle(("a", "b", "c", "a"), seed) for seed in range(20)]
    assert all(order.count("a") == 2 for order in orders)
    assert any("aa" not in "".join(order) for order in orders)


def test_lanes() -> None:
    """Runs of the order, one in turn, or whole files to the lane with the fewest tests."""
    order = ("x::1", "x::2", "x::3", "y::1", "z::1")
    assert xdist_like(order, 2, "contiguous") == (("x::1", "x::2"), ("x::3", "y::1", "z::1"))
    assert xdist_like(order, 2, "round-robin") == (("x::1", "x::3", "z::1"), ("x::2", "y::1"))
    assert xdist_like(order, 2, "file") == (("x::1", "x::2", "x::3"), ("y::1", "z::1"))
    assert xdist_like(order[:1], 2) == (("x::1",), ())
    with pytest.raises(ValueError, match="0 workers cannot run tests"):
        xdist_like(order, 0)


@given(ids, st.integers(1, 6), st.sampled_from(["contiguous", "round-robin", "file"]))
def test_lanes_keep_the_order(order: list[str], workers: int, kind: str) -> None:
    """Within a lane two tests stand as they stood, for files at least where the order has them together."""
    lanes = xdist_like(sorted(order), workers, kind)
    assert len(lanes) == workers
    assert all(list(lane) == sorted(lane) for lane in lanes)


def test_orders_are_parsed() -> None:
    """Spaces do not matter; numbers are how many."""
    assert parse_orders("default, reverse,shuffle:8 ,xdist:2") == [
        OrderSpec("default"),
        OrderSpec("reverse"),
        OrderSpec("shuffle", 8),
        OrderSpec("xdist", 2),
    ]
    assert parse_orders("shuffle-modules,xdist,xdist:4,xdist:4:loadfile") == [
        OrderSpec("shuffle-modules"),
        OrderSpec("xdist", 2),
        OrderSpec("xdist", 4),
        OrderSpec("xdist", 4, "loadfile"),
    ]


def test_an_entry_has_the_name_it_is_written_with() -> None:
    """The name is the entry's text, the ways that go without saying left out."""
    text = "default,reverse,shuffle:8,xdist:2,xdist:4:worksteal"
    assert ",".join(spec.name for spec in parse_orders(text)) == text


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "'' is not an order: use default, reverse, shuffle, shuffle-modules, xdist, with commas between."),
        ("default,,reverse", "'' is not an order"),
        ("random", "'random' is not an order"),
        ("shuffle:0", "'shuffle:0' is not an order: write shuffle:N with N of 1 or more."),
        ("shuffle:-1", "write shuffle:N"),
        ("shuffle:", "write shuffle:N"),
        ("shuffle:2:3", "write shuffle:N"),
        ("shuffle:x", "write shuffle:N"),
        ("shuffle:²", "write shuffle:N"),
        ("xdist:1e9", "write xdist:N"),
        ("xdist:2:", "write xdist:N"),
        ("xdist:2:each", "xdist:N:MODE with one of load, loadscope, loadfile, loadgroup, worksteal."),
        ("xdist:loadfile", "write xdist:N"),
        ("shuffle:2:loadfile", "write shuffle:N"),
        ("xdist:2,xdist:2:load", "'xdist' stands twice"),
        ("default:2", "write default without a number."),
        ("Default", "'Default' is not an order"),
        ("shuffle:2,shuffle:3", "'shuffle' stands twice among the orders: name it once."),
        ("xdist:2,xdist:2", "'xdist' stands twice"),
    ],
)
def test_what_is_no_order_is_refused_in_one_sentence(text: str, sentence: str) -> None:
    """The sentence names the entry and says what to write."""
    with pytest.raises(ValueError) as refused:
        parse_orders(text)
    said = str(refused.value)
    assert sentence in said and said.endswith(".") and "\n" not in said


@given(st.text("defaulrvshi-mox:0129², ", max_size=30))
def test_parsing_raises_nothing_else(text: str) -> None:
    """Whatever is typed, the answer is a list or a ValueError."""
    try:
        assert parse_orders(text)
    except ValueError as refused:
        assert str(refused)


def test_named_orders_carry_their_seed() -> None:
    """Each shuffle has a name that says its seed; xdist is left to real runs."""
    specs = parse_orders("default,reverse,shuffle:2,shuffle-modules:1,xdist:2")
    orders = named_orders(specs, IDS, first_seed=5)
    assert [(one.name, one.seed) for one in orders] == [
        ("default", None),
        ("reverse", None),
        ("shuffle:5", 5),
        ("shuffle:6", 6),
        ("shuffle-modules:5", 5),
    ]
    assert orders[2].order == shuffle(IDS, 5) and orders[4].order == shuffle_modules(IDS, 5)
    assert orders[0].order == IDS and orders[1].order == IDS[::-1]
