"""GitHub's expressions, as far as the files settle them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bisect_loop.conditions.ci.expressions import Open, Unknown, condition, evaluate, evaluate_text, interpolate
from bisect_loop.conditions.ci.holes import hole, holes_in, known, secrets_in, show

CONTEXT = {
    "matrix": {"os": "ubuntu", "python": 3.11, "flag": False, "list": ["a", "b"], "nested": {"x": "y"}},
    "env": Open(A="1", PART=f"redis-{hole('${{ needs.x }}')}"),
    "github": Open(workspace="/w"),
}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("matrix.os == 'UBUNTU'", True),
        ("matrix['os'] != 'ubuntu'", False),
        ("matrix.python", 3.11),
        ("matrix.missing || 'other'", "other"),
        ("matrix.flag && 'yes' || 'no'", "no"),
        ("matrix.nested.x", "y"),
        ("matrix.list[1]", "b"),
        ("contains(matrix.list, 'A')", True),
        ("contains('Hello', 'ELL')", True),
        ("startsWith(matrix.os, 'Ub') && !endsWith(matrix.os, 'x')", True),
        ("format('{0}-{{{1}}}', matrix.os, 2)", "ubuntu-{2}"),
        ("join(matrix.list, '-')", "a-b"),
        ("fromJSON('{\"a\": [1, 2]}').a[0]", 1.0),
        ("toJSON('x')", '"x"'),
        ("1 < 2 && 'b' > 'A'", True),
        ("null == '' && 0 == false", True),
        ("'it''s'", "it's"),
        ("(matrix.os == 'x' || true) && 5", 5.0),
        ("success() && always() && !failure() && !cancelled()", True),
        ("github.workspace", "/w"),
    ],
)
def test_what_is_known_is_evaluated(expression: str, value: object) -> None:
    """Operators, functions and contexts follow GitHub's documentation."""
    assert evaluate(expression, CONTEXT) == value


@pytest.mark.parametrize(
    "expression",
    [
        *(
            "secrets.TOKEN",
            "github.ref",
            "env.MISSING",
            "needs.a.outputs.b",
            "hashFiles('x')",
            "vars.X",
            "steps.a.outcome",
        ),
        *("github.ref == 'x'", "!env.MISSING", "contains(env.MISSING, 'x')", "env.PART == 'redis-7'", "matrix.*.x"),
    ],
)
def test_what_only_a_run_knows_stays_unknown(expression: str) -> None:
    """Nothing is guessed: an unknown part makes the whole unknown."""
    assert evaluate(expression, CONTEXT) == Unknown()


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ("github.ref == 'x' && false", False),
        ("github.ref || true", True),
        ("github.ref && true", None),
        ("!(github.ref && false)", True),
        ("${{ matrix.flag }}", False),
        ("always() && github.event_name == 'push'", None),
        ("${{ failure() }}", False),
        ("github.ref ==", None),
    ],
)
def test_truth_is_decided_where_the_unknown_does_not_matter(expression: str, holds: bool | None) -> None:
    """`x && false` is false whatever x is."""
    assert condition(expression, CONTEXT) is holds


def test_interpolation_keeps_what_it_cannot_fill() -> None:
    """The known parts are filled in, the others are shown as they stand in the file."""
    text = interpolate("redis://${{ secrets.HOST }}:${{ matrix.python }}/${{ env.A }}-${{ env.PART }}", CONTEXT)
    assert not known(text)
    assert show(text) == "redis://${{ secrets.HOST }}:3.11/1-redis-${{ needs.x }}"
    assert holes_in(text) == ("${{ secrets.HOST }}", "${{ needs.x }}")
    assert secrets_in(text) == ("HOST",)


def test_a_value_that_is_one_expression_keeps_its_type() -> None:
    """`${{ fromJSON(...) }}` as a matrix is a list, not text."""
    assert evaluate_text("${{ fromJSON('[1, 2]') }}", {}) == [1.0, 2.0]
    assert evaluate_text("v${{ 1 }}", {}) == "v1"


@given(st.text(max_size=30))
def test_any_text_is_survived(text: str) -> None:
    """Nonsense between the braces becomes a hole with that text, never an exception."""
    filled = interpolate("${{" + text + "}}", CONTEXT)
    assert isinstance(filled, str)


@given(st.text(max_size=20), st.text(max_size=20))
def test_holes_show_as_they_were_written(before: str, inside: str) -> None:
    """A hole hides every character of its source from other parsers and gives it back."""
    plain = "".join(c for c in before + inside if ord(c) < 0xFFFD)
    text = "x" + hole(plain) + "y"
    assert show(text) == f"x{plain}y"
    assert len(text.split()) == 1
