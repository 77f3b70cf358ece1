from __future__ import annotations

import pytest

from backend import audit, live_events


@pytest.fixture(autouse=True)
def no_live_bus():
    """The bus of one test is not for the next one: its client belongs to that test's event loop."""
    yield
    live_events.bind(None)


@pytest.fixture
def trail(monkeypatch):
    """An audit trail of this test's own; gives the bus that it is written to."""
    bus = live_events.MemoryBus()
    monkeypatch.setattr(audit, "EMITTER", audit.AuditEmitter(bus))
    return bus
