from backend import audit
from backend.money import Money
from backend.orchestrator import decide
from backend.rules import RefundRequest


class Unwritable:
    async def publish(self, channel, event):
        raise OSError("disk full")


async def test_large_refund_needs_decision():
    outcome = await decide(RefundRequest("C-1", Money(950_00)))
    assert outcome == "needs_decision"


async def test_small_refund_is_approved(trail):
    assert await decide(RefundRequest("C-2", Money(20_00))) == "approved"
    assert trail.published[0][1]["verdict"] == "approved"


async def test_late_refund_is_rejected(trail):
    assert await decide(RefundRequest("C-3", Money(20_00), 31)) == "rejected"
    assert trail.published[0][1]["order"] == "C-3"


class TestBrokenTrail:
    async def test_nothing_is_put_before_a_person(self, monkeypatch):
        monkeypatch.setattr(audit, "EMITTER", audit.AuditEmitter(Unwritable()))
        assert await decide(RefundRequest("C-4", Money(950_00))) == "system_error"

    async def test_small_refund_goes_through(self, monkeypatch):
        monkeypatch.setattr(audit, "EMITTER", audit.AuditEmitter(Unwritable()))
        assert await decide(RefundRequest("C-5", Money(20_00))) == "approved"
