"""Takes a refund request through the rules and the audit trail."""

from __future__ import annotations

from typing import Literal

from backend import audit, rules

Outcome = Literal["approved", "rejected", "needs_decision", "system_error"]


async def decide(request: rules.RefundRequest) -> Outcome:
    """Return what becomes of `request`. Nobody is asked to decide what the trail does not show."""
    verdict = rules.assess(request)
    written = await audit.safe_emit({"kind": "refund", "order": request.order, "verdict": verdict})
    if verdict == "needs_decision" and not written:
        return "system_error"
    return verdict
