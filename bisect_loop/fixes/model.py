"""A mend before it was tried."""

from __future__ import annotations

from dataclasses import dataclass

from bisect_loop.model import FAMILY_CROSS_LOOP, Finding


@dataclass(frozen=True, slots=True)
class Edit:
    """The file `path` (relative to the root) with another text; `before` is None where there is no such file yet."""

    path: str
    before: str | None
    after: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A mend that may apply. `kind` is a short name, `title` a phrase for people, `where` the line it is about.

    `likely` is False for what a reader may try first and what is known to fall short: one run shows that it does.
    """

    kind: str
    title: str
    where: str
    edits: tuple[Edit, ...]
    cost: str = ""
    note: str = ""
    likely: bool = True


def worth_mending(finding: Finding) -> bool:
    """Whether a mend can be made and tried: something is known of why it fails, and order alone makes it fail.

    Of a brittle test it is enough to know who sets the state; of tests that clash side by side, which those are. A test
    that always fails is nobody's victim, unless it is that of fixtures and tests whose event loops do not match.
    """
    if finding.kind == "always-fails":
        return finding.worker is None and (finding.signature.family == FAMILY_CROSS_LOOP or scopes_differ(finding))
    if finding.kind == "cross-process":
        return finding.confirmed and bool(finding.polluters)  # how often it fails is known, and asked for again
    if finding.kind == "brittle":
        known = bool(finding.setters)
    else:
        told = finding.changes or finding.leaks or finding.import_polluters
        known = finding.cause is not None or bool(told) or finding.signature.family == FAMILY_CROSS_LOOP
    plain = finding.kind in ("victim", "import-time", "brittle") and finding.worker is None
    return finding.confirmed and known and plain and finding.failure_rate >= 1


def scopes_differ(finding: Finding) -> bool:
    """Whether pytest refuses a fixture that is wider than the event loop which pytest-asyncio would give it."""
    said = finding.signature.message
    return said.startswith("ScopeMismatch") and ("_scoped_runner" in said or "event_loop" in said)
