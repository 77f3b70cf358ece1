"""The HTTP surface."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel

from backend import audit, rules
from backend.money import Money
from backend.orchestrator import decide

router = APIRouter()


class RefundIn(BaseModel):
    order: str
    amount: str
    days_since_purchase: int = 0


class EventIn(BaseModel):
    kind: str
    order: str


@router.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}


@router.get("/limits")
async def limits() -> dict[str, Any]:
    return {"auto_limit": str(rules.AUTO_LIMIT), "last_day": rules.LAST_DAY}


@router.post("/refunds")
async def post_refund(refund: RefundIn) -> dict[str, str]:
    try:
        amount = Money.parse(refund.amount)
    except ValueError as error:
        raise HTTPException(status_code=400, detail=str(error)) from error
    request = rules.RefundRequest(refund.order, amount, refund.days_since_purchase)
    return {"order": refund.order, "outcome": await decide(request)}


@router.post("/events", status_code=202)
async def post_event(event: EventIn) -> dict[str, bool]:
    """Take note of what a parcel service tells us. It is thanked whether or not the trail is up."""
    await audit.safe_emit({"kind": event.kind, "order": event.order})
    return {"accepted": True}
