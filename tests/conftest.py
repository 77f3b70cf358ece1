"""What holds for all tests: they may send interrupts to what they start."""

from __future__ import annotations

import signal


def pytest_configure() -> None:
    """Take interrupts as usual: a shell starts background jobs with SIGINT ignored, and children inherit that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
