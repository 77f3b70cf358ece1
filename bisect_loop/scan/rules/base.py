"""What a rule is, and what it is given to look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bisect_loop.scan.flow import Flow
from bisect_loop.scan.model import HolderKind, Place, ResourceKind, ScanFinding, WireUp
from bisect_loop.scan.project import Project
from bisect_loop.scan.reach import Reachability
from bisect_loop.scan.suite import Suite
from bisect_loop.scan.wireups import Site


@dataclass(frozen=True, slots=True)
class View:
    """The project as the rules see it."""

    project: Project
    suite: Suite
    flow: Flow
    reach: Reachability
    sites: list[Site]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `name` is its slug; `title` says in one sentence what it finds. docs/rules/ has a page for each."""

    code: str
    name: str
    title: str
    check: Callable[[View], Iterator[ScanFinding]]


def wired(code: str, kind: ResourceKind, *holders: HolderKind) -> Callable[[View], Iterator[ScanFinding]]:
    """Return the check that reports unguarded wire-ups of one kind in holders of these kinds (any, if none)."""

    def check(view: View) -> Iterator[ScanFinding]:
        for site in view.sites:
            wire_up = site.wire_up
            if wire_up.kind != kind or (holders and wire_up.holder_kind not in holders):
                continue
            if site.reachable and not wire_up.guarded:
                yield ScanFinding(code, describe(wire_up, view.sites), site.place, site.end_line, wire_up)

    return check


_HELD = {
    "global": "in the module global {}",
    "class": "in the class attribute {}",
    "state": "on the application's state, {}",
    "container": "in the container {}",
    "cache": "by the cache of {}",
    "default": "in a default argument of {}",
}


def describe(wire_up: WireUp, sites: list[Site]) -> str:
    """One line on a wire-up: what, where it is kept, what it takes, what is missing, who gets there."""
    text = f"{wire_up.resource} kept {_HELD[wire_up.holder_kind].format(wire_up.holder)}"
    if wire_up.also_held_by:
        text += f" (also {', '.join(wire_up.also_held_by)})"
    if str(wire_up.made_at) != str(wire_up.stored_at):
        text += f", made at {wire_up.made_at}"
    text += f", in {wire_up.function}()" if wire_up.function else ", at import"
    parts = [text]
    for gate in wire_up.gates:
        in_ci = f" (set in {gate.set_by_ci})" if gate.set_by_ci else " (which CI does not set)"
        parts.append(f"only with {gate.name}{'' if gate.set_by_ci is None else in_ci}")
    short = [f"{guard.text} ({guard.where})" for guard in wire_up.guards]
    parts.append(short[0] if short else "no guard")
    other = next(
        (
            site.wire_up
            for site in sites
            if site.wire_up.guarded and site.wire_up.holder == wire_up.holder and site.wire_up is not wire_up
        ),
        None,
    )
    if other is not None:
        parts.append(f"the wire-up at {other.stored_at} is guarded, but one without a guard is enough")
    parts.append(_reached(wire_up))
    return "; ".join(parts)


def _reached(wire_up: WireUp) -> str:
    reach = wire_up.reach
    if reach.tests:
        at_least = "" if reach.complete else "at least "
        noun = "test" if reach.tests == 1 else "tests"
        how = "" if wire_up.function else " by import"
        return f"reached{how} from {at_least}{reach.tests} {noun}, e.g. {reach.examples[0]}"
    if reach.importers:
        noun = "test file imports" if reach.importers == 1 else "test files import"
        return f"no test calls it by name, {reach.importers} {noun} it"
    return "no test among the scanned files"


def finding(code: str, message: str, place: Place, end_line: int = 0) -> ScanFinding:
    """A finding that is no wire-up."""
    return ScanFinding(code, message, place, end_line or place.line)


def with_article(noun: str) -> str:
    """Return "a motor client" or "an asyncpg pool"."""
    return f"an {noun}" if noun[:1].lower() in "aeiou" or noun.startswith("httpx") else f"a {noun}"


def plural(count: int, noun: str) -> str:
    """Return "1 test" or "3 tests"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
