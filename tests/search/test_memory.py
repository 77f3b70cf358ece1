from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from bisect_loop.model import Verdict
from bisect_loop.search.ddmin import ddmin
from bisect_loop.search.memory import remembering
from bisect_loop.search.question import ask, drive

from .predicates import Predicate, arbitrary
from .worlds import After, World

YES, NO, OPEN = Verdict.REPRODUCES, Verdict.DOES_NOT, Verdict.UNRESOLVED


@given(arbitrary())
def test_memory_changes_no_answer_and_asks_nothing_twice(drawn: tuple[tuple[str, ...], Predicate]) -> None:
    """The result is that of the bare search; each candidate is run at most once."""
    items, predicate = drawn
    asked: list[tuple[str, ...]] = []

    def counted(prefix: tuple[str, ...]) -> Verdict:
        asked.append(prefix)
        return predicate(prefix)

    memory: dict[tuple[str, ...], Verdict] = {}
    assert drive(remembering(ddmin(items), memory), counted) == drive(ddmin(items), predicate)
    assert len(asked) == len(set(asked)) == len(memory)
    assert drive(remembering(ddmin(items), memory), counted) is not None
    assert len(asked) == len(memory), "the second search found everything in memory"


@given(
    st.lists(st.sampled_from("abcdef"), max_size=8),
    st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(Verdict)),
)
def test_known_and_new_verdicts_are_put_together_in_order(letters: list[str], known: dict[str, Verdict]) -> None:
    """Whatever is in memory, the search is told what an asker without memory would be told."""
    chance = random.Random(str(letters))
    truth = {letter: known.get(letter) or chance.choice(list(Verdict)) for letter in "abcdef"}
    candidates = [(letter,) for letter in letters]
    for want in ("first", "all"):
        bare = drive(ask(candidates, want, best=None, stage="x"), lambda one: truth[one[0]])
        memory = {(letter,): verdict for letter, verdict in known.items()}
        remembered = remembering(ask(candidates, want, best=None, stage="x"), memory)
        assert drive(remembered, lambda one: truth[one[0]]) == bare


def test_what_stands_behind_a_known_first_is_not_asked() -> None:
    """Of candidates behind one that is known to reproduce, none is run."""
    world = World("a b c", After("b"))
    memory = {("b",): YES}
    candidates = [("a",), ("b",), ("c",)]
    drive(remembering(ask(candidates, "first", best=None, stage="x"), memory), world)
    assert world.asked == [("a",)]
