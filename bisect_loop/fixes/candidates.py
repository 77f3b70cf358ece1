"""Which mends apply to a finding, in the order in which they are tried.

Those that cost least come first; what is known to fall short comes last, and one run shows that it does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bisect_loop.fixes import (
    brittle,
    calls,
    closing,
    falls_short,
    guard,
    leaks,
    loops,
    one_at_a_time,
    overrides,
    own_loop,
    per_loop,
    resets,
    restore,
    savepoint,
    scopes,
    tasks,
)
from bisect_loop.fixes.ground import Ground
from bisect_loop.fixes.model import Candidate
from bisect_loop.mishap import told

Maker = Callable[[Ground], Iterable[Candidate]]

_MAKERS: tuple[Maker, ...] = (
    scopes.candidates,
    own_loop.candidates,
    tasks.candidates,
    overrides.candidates,
    leaks.candidates,
    restore.candidates,
    resets.candidates,
    loops.candidates,
    savepoint.candidates,
    closing.candidates,
    calls.candidates,
    per_loop.candidates,
)
# Of these kinds nothing else is to blame.
_OWN: dict[str, tuple[Maker, ...]] = {
    "brittle": (brittle.candidates,),
    "cross-process": (one_at_a_time.candidates,),
}
MOST_LIKELY, MOST_UNLIKELY = 7, 2  # a run stops trying once enough of them work
_LAST = "session-fixture-loop"  # falls short of every loop: what falls short of this resource says more


def candidates(ground: Ground, say: Callable[[str], None] | None = None) -> list[Candidate]:
    """Return the mends to try for one finding, at most seven likely ones and two others; no two the same.

    A guard comes first where the wire-up depends on a variable anyway: a suite that is green without it does without
    the resource. Elsewhere it comes last.

    A maker that fails costs its own mends only, and `say` is told; without that its error is raised.
    """
    gated = ground.explanation is not None and bool(ground.explanation.gates)
    makers = (guard.candidates, *_MAKERS) if gated else (*_MAKERS, guard.candidates)
    makers = _OWN.get(ground.finding.kind, (falls_short.candidates, *makers))
    found: dict[object, Candidate] = {}
    for maker in makers:
        try:
            for one in maker(ground):
                changes = tuple(edit for edit in one.edits if edit.before != edit.after)
                if changes:
                    found.setdefault(changes, one)
        except Exception as error:
            if say is None:
                raise
            say(f"a fix of {ground.finding.id} could not be written ({told(error)})")
    likely = [one for one in found.values() if one.likely]
    unlikely = sorted((one for one in found.values() if not one.likely), key=lambda one: one.kind == _LAST)
    return [*likely[:MOST_LIKELY], *unlikely[:MOST_UNLIKELY]]
