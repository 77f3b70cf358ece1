"""Words for the suites to be made of, no word twice in one suite."""

from __future__ import annotations

import random


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


NOUNS = _words(
    """
    account address agenda alert archive asset badge balance basket batch booking branch budget bundle calendar
    campaign cargo catalog channel charge claim client column contact coupon course credit currency customer deal
    delivery deposit device discount document draft event export family feature folder forecast gallery gateway
    group harbour header holiday index invoice item journal keyword language layout ledger lesson letter licence
    location manager market member merchant metric mirror notice number offer outlet packet page parcel partner
    patient payment period permit picture pipeline planet playlist policy portal postage prefix price profile
    project quota quote rating receipt refund region reminder rental report reserve result review reward route
    rule salary sample schedule season section segment seller sensor shipment snapshot source station statement
    stock storage store student subject supplier survey symbol table target task tax template tenant ticket
    timeline title token topic tour track trader transfer trip unit user vendor venue version visit voucher wallet
    warehouse window worker zone
    """
)

VERBS = _words(
    """
    accepts adds applies builds calculates checks closes collects combines compares converts copies counts creates
    deletes describes detects edits encodes exports fetches fills filters finds formats groups handles hides
    imports joins keeps lists loads locks logs maps matches merges moves normalises notes opens orders parses
    prints queries ranks reads refuses rejects removes renames renders replaces reports resets restores returns
    rounds saves searches selects sends shows sorts splits starts stops stores sums tags trims updates uses
    validates warns writes
    """
)

PACKAGES = _words("shop crm fleet ledgerly helpdesk clinic academy freight tickets bakery observatory library")


class Names:
    """Gives out names; equal `rng` states give equal names."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.package = rng.choice(PACKAGES)
        self._nouns = rng.sample(NOUNS, len(NOUNS))
        self._phrases: set[str] = set()
        self._modules: dict[str, int] = {}

    def word(self) -> str:
        """A noun that nothing else in the suite is called."""
        return self._nouns.pop()

    def phrase(self) -> str:
        """The name of a test without "test_", e.g. "parses_invoice"."""
        while True:
            phrase = f"{self.rng.choice(VERBS)}_{self.rng.choice(NOUNS)}"
            if phrase not in self._phrases:
                self._phrases.add(phrase)
                return phrase

    def camel(self) -> str:
        """The name of a class without "Test", e.g. "ParsesInvoice"."""
        return self.phrase().title().replace("_", "")

    def module(self, base: str) -> str:
        """`base`, numbered from its second use on, for a module of the suite's own package."""
        self._modules[base] = self._modules.get(base, 0) + 1
        count = self._modules[base]
        return base if count == 1 else f"{base}_{count}"
