"""Names of streets, as couriers write them."""

from __future__ import annotations

import re

_SHORT = {"st": "street", "rd": "road", "ave": "avenue", "sq": "square"}


def normal(name: str) -> str:
    """`name` in small letters, without dots and doubled blanks, its last word in full."""
    words = re.sub(r"[.,]", " ", name.lower()).split()
    if words:
        words[-1] = _SHORT.get(words[-1], words[-1])
    return " ".join(words)


def alike(one: str, other: str) -> bool:
    return normal(one) == normal(other)
