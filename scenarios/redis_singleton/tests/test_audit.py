import logging

from backend import audit, live_events
from backend.api.main import create_app


class BrokenBus:
    async def publish(self, channel, event):
        raise ConnectionError("gone")


async def test_entry_goes_to_the_bus(trail):
    assert await audit.safe_emit({"kind": "refund"})
    assert trail.published == [("audit", {"kind": "refund"})]


async def test_entries_keep_their_order(trail):
    for number in range(3):
        await audit.safe_emit({"kind": "refund", "number": number})
    assert [entry["number"] for _, entry in trail.published] == [0, 1, 2]


async def test_without_a_bus_the_entry_is_logged(caplog):
    caplog.set_level(logging.INFO, logger="backend.audit")
    await audit.AuditEmitter().emit({"kind": "refund"})
    assert "refund" in caplog.text


async def test_broken_bus_is_survived(monkeypatch, caplog):
    monkeypatch.setattr(audit, "EMITTER", audit.AuditEmitter(BrokenBus()))
    assert not await audit.safe_emit({"kind": "refund"})
    assert "was not written" in caplog.text


async def test_emitter_finds_the_live_bus():
    bus = live_events.MemoryBus()
    live_events.bind(bus)
    await audit.AuditEmitter().emit({"kind": "refund"})
    assert bus.published == [("audit", {"kind": "refund"})]


async def test_emitter_of_a_running_app(monkeypatch):
    create_app()
    monkeypatch.setattr(audit, "EMITTER", audit.AuditEmitter())
    assert await audit.safe_emit({"kind": "refund"})
