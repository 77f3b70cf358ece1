"""A search that never asks for what is already known."""

from __future__ import annotations

from dataclasses import replace

from bisect_loop.model import Verdict
from bisect_loop.search.question import Done, Question, R, Search, T, advance, heard


def remembering(search: Search[T, R], memory: dict[tuple[T, ...], Verdict]) -> Search[T, R]:
    """Pass the questions of `search` on, less the candidates whose verdict `memory` holds.

    `memory` is added to, so it serves several searches one after another, and its growth is the number of
    verdicts that were asked for. Start it with what is known: `{(): DOES_NOT}` where the victim alone passes.
    Not for searches that ask for one candidate several times on purpose (bayes.py, noisy.py).
    """
    state = advance(search)
    while not isinstance(state, Done):
        wanted = _unknown(state, memory)
        if wanted:
            question = replace(state, candidates=wanted)
            memory.update(zip(wanted, heard(question, (yield question)), strict=False))
        state = advance(search, _recalled(state, memory))
    return state.result


def _unknown(question: Question[T], memory: dict[tuple[T, ...], Verdict]) -> tuple[tuple[T, ...], ...]:
    """The candidates to be run: none twice, and none behind one that is known to be the first."""
    wanted: dict[tuple[T, ...], None] = {}
    for candidate in question.candidates:
        known = memory.get(candidate)
        if known is None:
            wanted[candidate] = None
        elif known is Verdict.REPRODUCES and question.want == "first":
            break
    return tuple(wanted)


def _recalled(question: Question[T], memory: dict[tuple[T, ...], Verdict]) -> list[Verdict]:
    verdicts: list[Verdict] = []
    for candidate in question.candidates:
        verdicts.append(memory[candidate])
        if question.want == "first" and verdicts[-1] is Verdict.REPRODUCES:
            break
    return verdicts
