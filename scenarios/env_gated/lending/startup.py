from __future__ import annotations

import os

from lending import outbox
from lending.desk import Desk
from lending.fees import Fees


async def open_desk() -> Desk:
    """The desk as it runs in the library."""
    if url := os.environ.get("OUTBOX_URL"):
        outbox.connect(url)
    return Desk(Fees(per_day=20, most=1000))
