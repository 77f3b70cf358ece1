from __future__ import annotations

from datetime import date, timedelta

from lending import outbox
from lending.fees import Fees

WEEKS = {"book": 4, "magazine": 1, "film": 2}


class Refused(Exception):
    pass


class Desk:
    def __init__(self, fees: Fees) -> None:
        self.fees = fees
        self.lent: dict[str, tuple[str, date]] = {}

    def lend(self, item: str, kind: str, member: str, today: date) -> date:
        """Lend `item` to `member`; return the day it is due."""
        if item in self.lent:
            raise Refused(f"{item} is lent")
        if kind not in WEEKS:
            raise Refused(f"{kind} stays here")
        due = today + timedelta(weeks=WEEKS[kind])
        self.lent[item] = (member, due)
        return due

    async def take_back(self, item: str, today: date) -> int:
        """Take `item` back; return what its member has to pay, in cents."""
        if item not in self.lent:
            raise Refused(f"{item} is not lent")
        member, due = self.lent.pop(item)
        fee = self.fees.of((today - due).days)
        if fee:
            outbox.post({"member": member, "item": item, "fee": fee})
        return fee
