"""Which items, run after the polluters, make the victim pass again?"""

from __future__ import annotations

from collections.abc import Sequence

from bisect_loop.model import Verdict
from bisect_loop.search.groups import singles
from bisect_loop.search.question import Search, T


def cleaners(polluters: Sequence[T], others: Sequence[T], *, limit: int = 8) -> Search[T, tuple[T, ...]]:
    """Return up to `limit` of `others` that clean up after `polluters`, each seen to do so on its own.

    `polluters` must have been seen to reproduce. A candidate is the polluters, then a group of the others (not
    the items' original order): DOES_NOT says that the group cleans, UNRESOLVED says nothing. Leave known
    polluters out of `others`: one that runs behind a cleaner hides it.
    """
    first = tuple(polluters)
    held = frozenset(first)
    grouped = yield from singles(
        [item for item in others if item not in held],
        does=Verdict.DOES_NOT,
        stage="cleaners",
        limit=limit,
        candidate=lambda group: first + group,
    )
    return grouped.singles
