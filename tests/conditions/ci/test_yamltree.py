"""YAML with lines, read as CI systems read it."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bisect_loop.conditions.ci.facts import CiError
from bisect_loop.conditions.ci.yamltree import Items, Scalar, Table, Tree, load, scalars


@pytest.mark.parametrize(
    ("written", "text"),
    [
        *(("yes", "yes"), ("on", "on"), ("no", "no"), ("12:30", "12:30"), ("3.10", "3.1"), ("3.11", "3.11")),
        *(("'3.10'", "3.10"), ("1", "1"), ("1.0", "1"), ("1e3", "1000"), ("0x1F", "31"), ("true", "true")),
        *(
            ("True", "true"),
            ("FALSE", "false"),
            ("~", ""),
            ("null", ""),
            ("", ""),
            ("'true'", "true"),
            ("1_000", "1_000"),
        ),
        *(("0.1", "0.1"), ("-5", "-5"), ("v1", "v1"), ("2024-05-01", "2024-05-01"), ("'~'", "~")),
    ],
)
def test_a_value_becomes_the_text_that_the_runner_makes_of_it(written: str, text: str) -> None:
    """The core schema of YAML 1.2 and JavaScript's numbers: 3.10 without quotes is 3.1, and yes is a word."""
    tree = load(f"key: {written}\n", "f.yml")
    assert isinstance(tree, Table)
    assert tree.text("key") == text


def test_the_key_on_stays_a_word() -> None:
    """`on:` is a boolean to YAML 1.1 and a key to everybody else."""
    tree = load("on:\n  push:\n", "f.yml")
    assert isinstance(tree, Table)
    assert list(tree.entries) == ["on"]


def test_lines_are_those_of_the_file() -> None:
    """Keys, values, list items and block scalars know their line; a block's text begins on the next one."""
    tree = load("a: 1\n\nb:\n  - x\n  - y\nrun: |\n  first\n  second\n", "f.yml")
    assert isinstance(tree, Table)
    assert str(tree.line_of("b")) == "f.yml:3"
    assert [scalar.source.line for scalar in scalars(tree.get("b"))] == [4, 5]
    run = tree.get("run")
    assert isinstance(run, Scalar)
    assert (run.source.line, run.first_line) == (6, 7)


def test_anchors_and_merge_keys() -> None:
    """An alias is its anchor's value; `<<` adds what is not there, from one mapping or a list of them."""
    tree = load("x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\nz:\n  <<: [*x, *y]\n  a: 9\nw: *x\n", "f.yml")
    assert isinstance(tree, Table)
    z = tree.table("z")
    assert z is not None
    assert {key: z.text(key) for key, _ in z} == {"a": "9", "b": "2", "c": "4"}
    assert str(z.line_of("c")) == "f.yml:2"


@pytest.mark.parametrize(
    ("text", "line"),
    [("a: [1,\nb: 2\n", 3), ("a: b: c\n", 1), ("\tx: 1\n", 1), ("a: *nowhere\n", 1), ("", 1), ("a: &x [*x]\n", 1)],
)
def test_what_is_no_yaml_is_said_in_one_sentence(text: str, line: int) -> None:
    """The error names file and line, and shows no traceback of the parser's."""
    with pytest.raises(CiError) as caught:
        load(text, "f.yml")
    message = str(caught.value)
    assert message.startswith(f"f.yml:{line}: ")
    assert "\n" not in message
    assert message.endswith(".")


def test_nesting_without_end_is_refused() -> None:
    """A file that would exhaust the stack is a sentence, not a crash."""
    with pytest.raises(CiError, match="too deeply"):
        load("[" * 20_000, "f.yml")


def plain(tree: Tree) -> object:
    if isinstance(tree, Table):
        return {key: plain(value) for key, value in tree}
    if isinstance(tree, Items):
        return [plain(value) for value in tree.values]
    assert isinstance(tree, Scalar)
    return tree.value


keys = st.text(st.characters(codec="ascii", categories=["L"]), min_size=1, max_size=5)
# PyYAML speaks YAML 1.1, in which 08 and 1e5 are no numbers; CI systems speak 1.2.
words = st.text(st.characters(codec="ascii", categories=["L", "N", "Zs"]), max_size=8)
leaves = st.one_of(words.filter(lambda text: not text[:1].isdigit()), st.booleans(), st.none())
trees = st.recursive(
    leaves, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3))
)


@given(st.dictionaries(keys, trees, max_size=4))
def test_reads_back_what_was_dumped(content: dict[str, object]) -> None:
    """Whatever PyYAML writes is read as it was."""
    text = yaml.safe_dump(content)
    if content:
        assert plain(load(text, "f.yml")) == content
