"""The contract between a search and whoever runs its candidates."""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Generic, Literal, TypeAlias, TypeVar

from bisect_loop.model import Verdict

T = TypeVar("T", bound=Hashable)
R = TypeVar("R")

Want = Literal["first", "all"]


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """Candidates to be tried, and what is known so far.

    `candidates` are tuples of items in the order in which they are to run; the caller appends the victim. With
    `want` "first" only the first candidate, in their order, that reproduces matters: the answer is the verdicts
    up to and including it, or all of them where none reproduces. With "all" the answer has one verdict for
    each. `best` is the smallest set seen to reproduce, None while there is none. `found` is what a search that
    collects several things has so far. `stage` is a short word for progress.

    Where `line` holds items, each candidate is a prefix of it followed by `then`. Whoever can see all prefixes in
    one pass (a fork probe) may find that cheaper than one prefix after another, and answer out of that.
    """

    candidates: tuple[tuple[T, ...], ...]
    want: Want
    best: tuple[T, ...] | None
    stage: str
    found: tuple[tuple[T, ...], ...] = ()
    line: tuple[T, ...] = ()
    then: tuple[T, ...] = ()


Search: TypeAlias = Generator[Question[T], Sequence[Verdict], R]
"""Yields questions over items of type T, is sent verdicts, and returns an R."""


class NotReproducing(Exception):
    """Nothing that a search was given to make smaller was seen to reproduce."""


def heard(question: Question[T], answer: Sequence[Verdict]) -> tuple[Verdict, ...]:
    """Return the part of `answer` that `question` asked for.

    What was run ahead of need, behind the first candidate that reproduces, is cut off here: a wide caller
    cannot change what a search sees. Raises ValueError for an answer with too few or too many verdicts.
    """
    verdicts = tuple(answer)
    if len(verdicts) > len(question.candidates):
        raise ValueError(f"{len(verdicts)} verdicts for {len(question.candidates)} candidates")
    if question.want == "first" and Verdict.REPRODUCES in verdicts:
        return verdicts[: verdicts.index(Verdict.REPRODUCES) + 1]
    if len(verdicts) < len(question.candidates):
        raise ValueError(f"only {len(verdicts)} verdicts for {len(question.candidates)} candidates")
    return verdicts


def ask(
    candidates: Sequence[tuple[T, ...]],
    want: Want,
    *,
    best: tuple[T, ...] | None,
    stage: str,
    found: Sequence[tuple[T, ...]] = (),
) -> Search[T, tuple[Verdict, ...]]:
    """Ask one question, checked; without candidates nothing is asked."""
    if not candidates:
        return ()
    question = Question(tuple(candidates), want, best, stage, tuple(found))
    return heard(question, (yield question))


def ask_first(
    candidates: Sequence[tuple[T, ...]],
    *,
    best: tuple[T, ...] | None,
    stage: str,
    found: Sequence[tuple[T, ...]] = (),
) -> Search[T, int | None]:
    """Ask which candidate is the first to reproduce; return its index, None where none does."""
    verdicts = yield from ask(candidates, "first", best=best, stage=stage, found=found)
    return len(verdicts) - 1 if Verdict.REPRODUCES in verdicts else None


def ask_one(
    candidate: tuple[T, ...],
    *,
    best: tuple[T, ...] | None,
    stage: str,
    found: Sequence[tuple[T, ...]] = (),
) -> Search[T, Verdict]:
    """Ask for the verdict of one candidate."""
    (verdict,) = yield from ask((candidate,), "first", best=best, stage=stage, found=found)
    return verdict


def ask_prefix(
    line: tuple[T, ...], length: int, then: tuple[T, ...], *, best: tuple[T, ...] | None, stage: str
) -> Search[T, Verdict]:
    """Ask for the verdict of the first `length` items of `line`, followed by `then`."""
    question = Question((line[:length] + then,), "first", best, stage, line=line, then=then)
    (verdict,) = heard(question, (yield question))
    return verdict


def cut(items: Sequence[T], ways: int) -> list[tuple[T, ...]]:
    """Cut `items` into at most `ways` runs of nearly equal length, none empty."""
    ways = min(ways, len(items))
    marks = [part * len(items) // ways for part in range(ways + 1)] if ways else []
    return [tuple(items[start:end]) for start, end in pairwise(marks)]


def answer(question: Question[T], predicate: Callable[[tuple[T, ...]], Verdict]) -> list[Verdict]:
    """Answer `question`, one candidate after another; no candidate is run whose verdict does not matter."""
    verdicts: list[Verdict] = []
    for candidate in question.candidates:
        verdicts.append(predicate(candidate))
        if question.want == "first" and verdicts[-1] is Verdict.REPRODUCES:
            break
    return verdicts


@dataclass(frozen=True, slots=True)
class Done(Generic[R]):
    """The end of a search."""

    result: R


def advance(search: Search[T, R], verdicts: Sequence[Verdict] | None = None) -> Question[T] | Done[R]:
    """Send `search` the verdicts of its last question (None starts it); return its next question or its end."""
    try:
        return next(search) if verdicts is None else search.send(verdicts)
    except StopIteration as stop:
        return Done(stop.value)


def drive(search: Search[T, R], predicate: Callable[[tuple[T, ...]], Verdict]) -> R:
    """Run `search` to its end against `predicate` and return its result.

    Raises what the predicate or the search raises.
    """
    state = advance(search)
    while not isinstance(state, Done):
        state = advance(search, answer(state, predicate))
    return state.result


def with_found(search: Search[T, R], found: Sequence[tuple[T, ...]]) -> Search[T, R]:
    """Run `search` with `found` in each of its questions, so that a caller who stops there still has it."""
    state = advance(search)
    while not isinstance(state, Done):
        state = advance(search, (yield replace(state, found=tuple(found))))
    return state.result
