"""What earlier runs found and did, in `.bisect-loop/history.db` at the rootdir. Never needed for correctness.

`History` is the store, `Run` one run in it: it records each trial as it ends and hands back those that the same
command recorded before it was killed. A store that cannot be opened is a HistoryError, one sentence with its
mend; after that `History.in_memory()` serves in its place. A store that fails later stops storing, says so in
`History.trouble`, and raises nothing.
"""

from __future__ import annotations

from bisect_loop.history.fingerprint import fingerprint
from bisect_loop.history.opening import FOLDER, HistoryError
from bisect_loop.history.records import FindingContext, OrderSeen, StopReason, StoredFinding
from bisect_loop.history.run import Run
from bisect_loop.history.store import History

__all__ = [
    "FOLDER",
    "FindingContext",
    "History",
    "HistoryError",
    "OrderSeen",
    "Run",
    "StopReason",
    "StoredFinding",
    "fingerprint",
]
