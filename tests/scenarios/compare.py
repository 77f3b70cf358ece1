"""Compares what the tool says of a scenario with the truth."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.scenarios.scenario import Finding, Scenario

PAIR, CONFIRMED, EVIDENCE, RESOURCE, HOLDER, LINE, FIXES, NON_FIX = COLUMNS = (
    "pair",
    "confirmed",
    "polluter by evidence",
    "resource",
    "holder",
    "wire-up line",
    "fixes",
    "non-fix",
)


@dataclass
class Row:
    """What is right about one finding, by column; None where there is nothing to be right about."""

    victim: str
    answers: dict[str, bool | None] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    @property
    def right(self) -> bool:
        return not self.wrong

    def same(self, column: str, told: Any, truly: Any) -> None:
        """`told` by the tool against what is `truly` so."""
        self._note(column, told == truly, f"{told!r}, not {truly!r}")

    def one_of(self, column: str, told: Any, truly: list[Any]) -> None:
        self._note(column, told in truly, f"{told!r}, none of {truly!r}")

    def true(self, column: str, good: bool, wrong: str) -> None:
        self._note(column, good, wrong)

    def _note(self, column: str, good: bool, wrong: str) -> None:
        self.answers[column] = good and self.answers.get(column) is not False
        if not good:
            self.wrong.append(f"{column}: {wrong}")


def compare(scenario: Scenario, code: int, result: dict[str, Any], *, fixes: bool = False) -> list[Row]:
    """A row for every finding, of the truth or of the tool, and one for a suite without any.

    With `fixes` every fix was to be tried.
    """
    truly = {finding.victim: finding for finding in scenario.findings}
    told = {finding["victim"]: finding for finding in result["findings"]}
    rows = [
        _also(scenario.findings[0], told[victim], victim)
        if victim in scenario.also and victim in told
        else _row(truly.get(victim), told.get(victim), victim)
        for victim in sorted({*truly, *told})
    ] or [Row("")]
    for row in rows if fixes else ():
        if row.victim in truly and row.victim in told:
            _fixes(row, truly[row.victim], told[row.victim])
    rows[0].same(PAIR, code, int(any(finding.told["kind"] != "always-fails" for finding in truly.values())))
    return rows


def _row(truly: Finding | None, told: dict[str, Any] | None, victim: str) -> Row:
    row = Row(victim)
    if truly is None or told is None:
        row.same(PAIR, "found" if told else "not found", "found" if truly else "not found")
        return row
    row.same(PAIR, told["kind"], truly.told["kind"])
    row.one_of(PAIR, told["polluters"], truly.polluting_sets)
    row.same(PAIR, told["import_polluters"], truly.told.get("import_polluters", []))
    if truly.told["kind"] == "victim":
        row.same(PAIR, told["minimal_order"], [*told["polluters"], victim])
    row.same(PAIR, told["error"]["type"], truly.told["error"]["type"])
    row.same(PAIR, told["error"]["phase"], truly.told["error"]["phase"])
    row.same(CONFIRMED, told["confirmed"], truly.told["kind"] != "always-fails")
    if truly.cause:
        _cause(row, truly, told)
    elif "cause" in truly.told.get("none", []):
        row.same(RESOURCE, told["cause"], None)
    return row


def _also(truly: Finding, told: dict[str, Any], victim: str) -> Row:
    """A victim of another order than the truth's, of the same cause as `truly`."""
    row = Row(victim)
    row.same(PAIR, told["kind"], "victim")
    row.same(PAIR, told["minimal_order"], [*told["polluters"], victim])
    row.same(CONFIRMED, told["confirmed"], True)
    _cause(row, truly, told)
    return row


def _cause(row: Row, truly: Finding, told: dict[str, Any]) -> None:
    cause = told["cause"] or {}
    named = [truly.cause["bound_by"]] if told["polluters"] == truly.polluters else told["polluters"]
    row.one_of(EVIDENCE, cause.get("bound_by"), named)
    row.same(RESOURCE, cause.get("resource"), truly.cause["resource"])
    row.same(HOLDER, cause.get("holder"), truly.cause["holder"])
    row.same(LINE, cause.get("bound_at"), truly.cause["wire_up"])


def _fixes(row: Row, truly: Finding, told: dict[str, Any]) -> None:
    """A fix is verified for each finding that order or other workers give, or has one.

    What is truly one is never rejected; what is truly none is never verified, and where the tool is known to try some
    of that, its own run rejects it.
    """
    by_order = told["confirmed"] and told["kind"] in ("victim", "import-time", "brittle", "cross-process")
    if not by_order and not truly.told.get("fix"):
        return
    works = {fix["kind"]: fix["works"] for fix in told["fixes"] if fix["verified"] is not None}
    row.true(FIXES, any(works.values()), f"none of {sorted(works)} is verified")
    tried = [fix["kind"] for fix in truly.told.get("fix", []) if fix.get("tried")]
    if tried:
        rejected = [kind for kind in tried if works.get(kind) is False]
        row.true(NON_FIX, bool(rejected), f"none of {tried} is rejected")
    for fix in truly.told.get("fix", []):
        if fix["kind"] in works:
            column, wrong = (FIXES, "rejected") if fix["works"] else (NON_FIX, "verified")
            row.true(column, works[fix["kind"]] is fix["works"], f"{fix['kind']} is {wrong}")
