"""The audit trail: every decision leaves an entry."""

from __future__ import annotations

import logging
from typing import Any

from backend import live_events

log = logging.getLogger(__name__)


class AuditEmitter:
    """Writes entries to the live bus, which it looks up with the first entry and then keeps."""

    def __init__(self, bus: live_events.Bus | None = None) -> None:
        self.bus = bus

    async def emit(self, entry: dict[str, Any]) -> None:
        if self.bus is None:
            self.bus = live_events.current_bus()
        if self.bus is None:
            log.info("audit: %s", entry)
        else:
            await self.bus.publish("audit", entry)


EMITTER = AuditEmitter()


async def safe_emit(entry: dict[str, Any]) -> bool:
    """Write `entry` and tell whether that went well. A broken trail never breaks its caller."""
    try:
        await EMITTER.emit(entry)
    except Exception:
        log.warning("audit entry %r was not written", entry.get("kind"))
        return False
    return True
