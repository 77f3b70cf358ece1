"""`# noqa` comments, read from the raw line as ruff and flake8 do."""

from __future__ import annotations

import re
from collections.abc import Sequence

_NOQA = re.compile(
    r"#\s*noqa\b(?P<colon>\s*:\s*(?P<codes>[A-Z]+[0-9]+(?:(?:\s*,\s*|\s+)[A-Z]+[0-9]+)*)?)?", re.IGNORECASE
)


def suppresses(line: str, code: str) -> bool:
    """Tell whether a comment on this line silences `code`: bare `# noqa`, or one that lists it.

    `# noqa:` with no code behind the colon silences nothing: it is a typing error, not a wish for everything.
    """
    for match in _NOQA.finditer(line):
        if match["colon"] is None:
            return True
        if match["codes"] and code.upper() in re.split(r"[\s,]+", match["codes"].upper()):
            return True
    return False


def is_suppressed(lines: Sequence[str], first: int, last: int, code: str) -> bool:
    """Tell whether the first or the last line (counted from 1) of a statement silences `code`."""
    return any(suppresses(lines[number - 1], code) for number in {first, last} if 0 < number <= len(lines))
