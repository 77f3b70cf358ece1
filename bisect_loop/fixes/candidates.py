"""Which mends apply to a finding, in the order in which they are tried.

Those that cost least come first; what is known to fall short comes last, and one run shows that it does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bisect_loop.fixes import guard
from bisect_loop.fixes.ground import Ground
from bisect_loop.fixes.model import Candidate

_MAKERS: tuple[Callable[[Ground], Iterable[Candidate]], ...] = (guard.candidates,)
MOST_LIKELY, MOST_UNLIKELY = 4, 2


def candidates(ground: Ground) -> list[Candidate]:
    """Return the mends to try for one finding, at most four likely ones and two others; no two the same."""
    found: dict[object, Candidate] = {}
    for maker in _MAKERS:
        for one in maker(ground):
            changes = tuple(edit for edit in one.edits if edit.before != edit.after)
            if changes:
                found.setdefault(changes, one)
    likely = [one for one in found.values() if one.likely]
    unlikely = [one for one in found.values() if not one.likely]
    return [*likely[:MOST_LIKELY], *unlikely[:MOST_UNLIKELY]]
