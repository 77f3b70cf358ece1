"""The matrix of a GitHub job."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from bisect_loop.conditions.ci.holes import known
from bisect_loop.conditions.ci.matrix import expand, label
from bisect_loop.conditions.ci.yamltree import load


def expanded(text: str, **inputs: object) -> list[dict[str, str]]:
    combinations = expand(load(text, "f.yml"), {"inputs": inputs})
    return [{key: label(value) for key, value in combination.items()} for combination in combinations]


def test_include_extends_and_adds_as_githubs_reference_shows() -> None:
    """What agrees with the original values extends; what would overwrite one, or is new, becomes its own."""
    combinations = expanded(
        """
        fruit: [apple, pear]
        animal: [cat, dog]
        include:
          - color: green
          - {color: pink, animal: cat}
          - {fruit: apple, shape: circle}
          - {fruit: banana}
          - {fruit: banana, animal: cat}
        """
    )
    assert combinations == [
        {"fruit": "apple", "animal": "cat", "color": "pink", "shape": "circle"},
        {"fruit": "apple", "animal": "dog", "color": "green", "shape": "circle"},
        {"fruit": "pear", "animal": "cat", "color": "pink"},
        {"fruit": "pear", "animal": "dog", "color": "green"},
        {"fruit": "banana"},
        {"fruit": "banana", "animal": "cat"},
    ]


def test_exclude_matches_in_part_and_at_depth() -> None:
    """An exclude with fewer keys removes every combination that agrees; inside a mapping likewise."""
    combinations = expanded("os: [{n: a, r: 1}, {n: b, r: 2}]\nv: [1, 2]\nexclude: [{os: {n: a}, v: 2}]")
    assert [(c["os"], c["v"]) for c in combinations] == [
        ("{n: a, r: 1}", "1"),
        ("{n: b, r: 2}", "1"),
        ("{n: b, r: 2}", "2"),
    ]


def test_include_alone_makes_the_jobs() -> None:
    """A matrix of nothing but include is a list of jobs."""
    assert expanded("include: [{a: 1}, {a: 2, b: x}]") == [{"a": "1"}, {"a": "2", "b": "x"}]


def test_a_list_from_an_input_is_read_and_one_from_a_run_is_not() -> None:
    """fromJSON of a known text is a list; of another job's output it is one combination with a hole."""
    assert expanded("v: ${{ fromJSON(inputs.v) }}", v='["3.10", "3.11"]') == [{"v": "3.10"}, {"v": "3.11"}]
    combinations = expand(load("v: ${{ fromJSON(needs.a.outputs.v) }}\nos: [x, y]", "f.yml"), {})
    assert len(combinations) == 2
    assert not known(combinations[0]["v"])


axes = st.dictionaries(
    st.sampled_from("abc"), st.lists(st.integers(0, 3), min_size=1, max_size=3, unique=True), min_size=1
)


@given(axes, st.lists(st.dictionaries(st.sampled_from("abc"), st.integers(0, 3), min_size=1), max_size=3))
def test_exclude_leaves_just_what_agrees_with_none(lists: dict[str, list[int]], excluded: list[dict[str, int]]) -> None:
    """The product less every combination that agrees with an exclude in all of its keys, in order."""
    text = "".join(f"{key}: {values}\n" for key, values in lists.items()) + f"exclude: {excluded}\n"
    every = [dict(zip(lists, map(str, values), strict=True)) for values in product(*lists.values())]
    left = [c for c in every if not any(all(c.get(k) == str(v) for k, v in e.items()) for e in excluded)]
    assert expanded(text) == (left or [{}])
