"""What is said of an error of ours that costs a part of the result, and not all of it."""

from __future__ import annotations

import traceback
from pathlib import Path

_HERE = Path(__file__).parent


def told(error: Exception) -> str:
    """Where the error arose in this tool: its message may hold what is the user's, and is left out."""
    ours = [
        f"{Path(frame.filename).relative_to(_HERE).as_posix()}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(_HERE)
    ]
    at = f" at {ours[-1]}" if ours else ""
    return f"internal error, please report it: {type(error).__name__}{at}"
