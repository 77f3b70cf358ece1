"""What a report says, in words and in order, before it is known how that is shown.

Terminal, Markdown and HTML tell the same story; the other formats take their sentences from here. All text of a
story is safe to show (`escape.visible`), save `Entry.command`, which is for the shell.
"""

from __future__ import annotations

from dataclasses import dataclass

from bisect_loop.model import Finding, OrderTried, RunReport
from bisect_loop.redact import redact_report
from bisect_loop.report.entry import Entry, entries_of, reproduced
from bisect_loop.report.spans import Line, Row, Span, gap, span, text
from bisect_loop.report.words import count, duration, listed

ORDER_DEPENDENT = ("victim", "brittle", "cross-process", "import-time")


@dataclass(frozen=True, slots=True)
class Story:
    """`headline` says what was looked at, `rows` how, `entries` what was found, `closing` what it comes to.

    Each line of `closing` is a sentence.
    """

    headline: Line
    rows: tuple[Row, ...]
    entries: tuple[Entry, ...]
    closing: tuple[Line, ...]


def tell(report: RunReport, *, stored: bool = True) -> Story:
    """Return the story of `report`. `stored` tells that its findings are in the history, for a replay.

    Secrets are hidden, those of the report's own environment and those of a known shape.
    """
    report = redact_report(report)
    rows = (
        _conditions(report),
        _orders(report.orders_tried),
        _work(report),
        Row("note", tuple((text(note),) for note in report.notes)),
    )
    return Story(
        headline=_headline(report),
        rows=tuple(row for row in rows if row.lines),
        entries=entries_of(report.findings),
        closing=_closing(report, stored),
    )


def _headline(report: RunReport) -> Line:
    suite = report.suite
    facts = [count(len(suite.nodeids), "test"), f"python {suite.python}", f"pytest {suite.pytest}"]
    return (text(" · ".join([*facts, ", ".join(suite.plugins)] if suite.plugins else facts)),)


def _conditions(report: RunReport) -> Row:
    facts: list[Span] = []
    for service in report.services:
        made_of = " ".join(part for part in (service.kind, service.image) if part)
        facts.append(span("plain", f"{' '.join((service.name, service.version)).strip()} ({made_of})"))
    if report.coverage:
        facts.append(span("plain", "coverage on"))
    if report.workers > 1:
        facts.append(span("plain", count(report.workers, "worker")))
    lines = [gap([span("plain", name) for name, _ in report.env]), gap(facts)]
    if any(lines) and report.sources:
        lines += [(span("dim", "from "), text(source)) for source in report.sources]
    return Row("conditions", tuple(line for line in lines if line))


def _orders(tried: tuple[OrderTried, ...]) -> Row:
    facts = []
    seen: set[str] = set()
    for order in tried:
        failed = set(order.failed)
        if not failed:
            verdict = "ok"
        else:
            verdict = count(len(failed), "failure")
            if failed <= seen:
                verdict += " (same victim)" if len(failed) == 1 else " (same victims)"
        seen |= failed
        if order.ending != "finished":
            verdict = order.ending if not failed else f"{verdict}, {order.ending}"
        facts.append(span("ok" if verdict == "ok" else "bad", f"{order.name} {verdict}"))
    return Row("orders", tuple(line for line in [gap(facts)] if line))


def _work(report: RunReport) -> Row:
    cost = report.cost
    trials = [
        f"{number:,} {kind}" for number, kind in ((cost.trials_fork, "forked"), (cost.trials_fresh, "fresh")) if number
    ]
    if not trials:
        return Row("trials", ())
    return Row("trials", ((text(f"{listed(trials)}; tests were run {cost.tests_executed:,} times"),),))


def found(report: RunReport) -> tuple[Finding, ...]:
    """Return the findings that accuse: order-dependent, and confirmed."""
    return tuple(finding for finding in report.findings if finding.confirmed and finding.kind in ORDER_DEPENDENT)


def tally(report: RunReport) -> str:
    """Return "2 findings, 1 suspicion and 1 ordinary failure"; "" where there is nothing at all."""
    accusing = len(found(report))
    kinds = [finding.kind for finding in report.findings]
    never_seen = sum(finding.kind in ORDER_DEPENDENT and not reproduced(finding) for finding in report.findings)
    suspected = sum(kind in ORDER_DEPENDENT for kind in kinds) - accusing - never_seen
    numbers = (
        (accusing, "finding", ""),
        (suspected, "suspicion", ""),
        (kinds.count("nondeterministic"), "test that fails by chance", "tests that fail by chance"),
        (kinds.count("always-fails"), "ordinary failure", ""),
        (never_seen, "failure that did not show here", "failures that did not show here"),
    )
    return listed([count(number, noun, plural) for number, noun, plural in numbers if number])


def verdict(report: RunReport) -> str:
    """Return the sentence that the whole run comes to."""
    orders = len(report.orders_tried)
    scope = f"{count(len(report.suite.nodeids), 'test')}, {duration(report.cost.seconds)}"
    scope = f"{count(orders, 'order')} of {scope}" if orders else scope
    numbers = tally(report)
    if report.stopped_because != "done":
        why = "Interrupted" if report.stopped_because == "interrupted" else "The budget ended the search"
        return f"{why}: best so far {numbers or 'no finding'} in {scope}{_left(report)}."
    if found(report):
        return f"{numbers} in {scope}."
    if not numbers:
        return f"Nothing order-dependent found in {scope}."
    confirmed = "confirmed" if "suspicion" in numbers else "found"
    return f"Nothing order-dependent {confirmed} in {scope}: {numbers}."


def _left(report: RunReport) -> str:
    """Return what a run that was cut short has seen fail and not said anything of, as the end of a sentence."""
    seen = {victim for order in report.orders_tried for victim in order.failed}
    left = len(seen - {finding.victim for finding in report.findings})
    return f"; {count(left, 'failing test')} not looked into" if left else ""


def _closing(report: RunReport, stored: bool) -> tuple[Line, ...]:
    lines: list[Line] = [(text(verdict(report)),)]
    accusing = found(report)
    if accusing and stored:
        again = "it" if len(accusing) == 1 else "the first"
        replay = span("command", f"bisect-loop replay {accusing[0].id}")
        lines.append((text("Stored in .bisect-loop; "), replay, text(f" checks {again} again.")))
    if report.stopped_because != "done" and stored:
        lines.append((text("The same command goes on from here."),))
    return tuple(lines)
