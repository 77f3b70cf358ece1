"""One finding, or several victims of one polluter, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bisect_loop.model import NEVER_SEEN, Finding
from bisect_loop.redact import HIDDEN
from bisect_loop.report.spans import Line, Row, Span, SpanKind, gap, span, text
from bisect_loop.report.why import why
from bisect_loop.report.words import count, listed, percent, told

_MOST_SETS = 5
_MOST_VICTIMS = 20
_MOST_CLEANERS = 8
_MOST_CHANGES = 5
NOT_THERE, GONE = "(not there)", "(gone)"
_MOST_OF_LANE = 6
_WIDE = "     "
_PLAIN = "fresh processes, plain pytest"


@dataclass(frozen=True, slots=True)
class Entry:
    """`subject` `claim` `objects`: "test_v" "fails after" ("test_p",). `command` is what reproduces it, or "".

    `together` is said after several objects: that all are needed. `accuses` is false where nobody is accused.
    """

    label: str
    id: str
    subject: Line
    claim: str
    objects: tuple[Line, ...]
    together: str
    rows: tuple[Row, ...]
    command: str
    accuses: bool


def entries_of(findings: Sequence[Finding]) -> tuple[Entry, ...]:
    """Return an entry for each group of findings that share their polluters, in the order in which they came."""
    groups: dict[object, list[Finding]] = {}
    for finding in findings:
        guilty = (finding.polluters, finding.import_polluters, finding.setters)
        alone = not finding.confirmed or not any(guilty)
        groups.setdefault(finding.id if alone else (finding.kind, guilty), []).append(finding)
    accusing_first = sorted(groups.values(), key=lambda group: not _accuses(group[0]))
    return tuple(_entry(group) for group in accusing_first)


def reproduced(finding: Finding) -> bool:
    """Tell whether the failure was seen at all, rather than only told of."""
    return finding.confirmed or finding.signature.type != NEVER_SEEN


def _accuses(finding: Finding) -> bool:
    return finding.confirmed and finding.kind not in ("always-fails", "nondeterministic")


def _entry(group: Sequence[Finding]) -> Entry:
    first = group[0]
    label, claim = _claim(first, several=len(group) > 1)
    objects = _objects(first)
    rows = (
        _victims(group),
        _incidental(first),
        _also_collected(first),
        _suspected(first),
        _error(first),
        why(first.cause),
        Row("leaves", tuple((text(said),) for said in first.leaks)),
        _changed(first),
        _needs(first),
        _checked(first),
        _chance(first),
        _cleaners(first),
        _other_sets(first),
        _lanes(first),
        _fixes(first),
        Row("seen in", (gap(span("plain", name) for name in first.seen_in),) if first.seen_in else ()),
        Row("note", tuple((text(note),) for note in _notes(first))),
    )
    return Entry(
        label=label,
        id=first.id,
        subject=(span("strong", count(len(group), "test")) if len(group) > 1 else span("id", first.victim),),
        claim=claim,
        objects=objects,
        together=_together(first, len(objects)),
        rows=tuple(row for row in rows if row.lines),
        command=first.replay.command if first.replay.ran else "",
        accuses=_accuses(first),
    )


def _claim(finding: Finding, *, several: bool) -> tuple[str, str]:
    """Return what stands before the id, and the verb."""
    fail, passes = ("fail", "pass") if several else ("fails", "passes")
    if finding.kind == "always-fails" and finding.worker is not None:
        return "FAILURE", f"{fail} as worker {finding.worker.id}, whatever ran before: nobody is accused"
    if finding.kind == "always-fails":
        return "FAILURE", "fails in every order and alone: an ordinary failure, nobody is accused"
    if finding.kind == "nondeterministic":
        return "BY CHANCE", f"fails {_rate(finding)}, whatever ran before: nobody is accused"
    if not reproduced(finding):
        return "NOT REPRODUCED", "did not fail here: nobody is accused"
    if not finding.confirmed:
        return "SUSPECTED", "fails in some orders, and what breaks it was not confirmed: nobody is accused"
    if finding.kind == "cross-process":
        if not finding.polluters:
            return "FINDING", f"{fail} only while other workers run, in no order of one process"
        return "FINDING", f"{fail} in no order of one process, only while another worker runs"
    if finding.kind == "brittle":
        return "FINDING", f"{fail} alone, {passes} after"
    if finding.kind == "import-time":
        return "FINDING", f"{fail} when pytest collects"
    return "FINDING", f"{fail} after"


def _rate(finding: Finding) -> str:
    """Say how often a test of chance fails; both arms count, since what ran before does not matter."""
    failed, in_order = finding.confirmation.minimal_failed
    passed, alone = finding.confirmation.victim_alone_passed
    runs = in_order + alone
    if runs:
        return f"{failed + alone - passed} of {runs} times"
    return f"in about {percent(finding.failure_rate)} of its runs" if finding.failure_rate > 0 else "now and then"


def _objects(finding: Finding) -> tuple[Line, ...]:
    if not _accuses(finding):
        return ()
    if finding.kind == "brittle":
        names: Sequence[str] = finding.setters
    elif finding.kind == "import-time":
        names = finding.import_polluters
    else:
        names = finding.polluters
    return tuple((span("id", name),) for name in names)


def _incidental(finding: Finding) -> Row:
    """Who is needed and not to blame: tests of two other modules did in their place, as what ends a module's does."""
    tried = text(" could be any test of another module: those of two were tried in its place")
    lines = tuple((span("id", name), tried) for name in finding.incidental)
    return Row("incidental", lines if _accuses(finding) else ())


def _together(finding: Finding, number: int) -> str:
    if number < 2:
        return ""
    every = "both" if number == 2 else f"all {number}"
    return f"({every} are needed{'' if finding.kind in ('import-time', 'cross-process') else ', in this order'})"


def _victims(group: Sequence[Finding]) -> Row:
    if len(group) < 2:
        return Row("victims", ())
    lines: list[Line] = [
        (span("dim", finding.id), text("  "), span("id", finding.victim)) for finding in group[:_MOST_VICTIMS]
    ]
    lines[0] = (*lines[0], text("  (shown here)"))
    lines += _more(len(group) - _MOST_VICTIMS)
    return Row("victims", tuple(lines))


def _also_collected(finding: Finding) -> Row:
    if finding.kind == "import-time" or not _accuses(finding):
        return Row("collected", ())
    lines = tuple((span("id", path), text("  (must be collected, not run)")) for path in finding.import_polluters)
    return Row("collected", lines)


def _suspected(finding: Finding) -> Row:
    if finding.confirmed or finding.kind in ("always-fails", "nondeterministic"):
        return Row("suspected", ())
    suspects = (*finding.polluters, *finding.import_polluters, *finding.setters)
    return Row("suspected", tuple((span("id", name),) for name in suspects))


def _error(finding: Finding) -> Row:
    signature = finding.signature
    if not reproduced(finding):
        return Row("error", ())
    place = f"at {signature.where}" if signature.where else ""
    if signature.phase != "call":
        place = f"in {signature.phase}, {place}" if place else f"in {signature.phase}"
    return Row("error", ((span("message", signature.headline),), *(((span("dim", place),),) if place else ())))


def _changed(finding: Finding) -> Row:
    """What the accused left changed, at most a handful of lines."""
    if not _accuses(finding):
        return Row("changed", ())
    accused = finding.setters if finding.kind == "brittle" else finding.polluters
    lines: list[Line] = []
    for change in finding.changes[:_MOST_CHANGES]:
        line = [
            span("code", change.what),
            text(f": {told(change.before) or NOT_THERE} -> {told(change.after) or GONE}"),
        ]
        if len(accused) > 1:
            line += [text("  (by "), span("id", change.by), text(")")]
        lines.append(tuple(line))
    lines += _more(len(finding.changes) - _MOST_CHANGES)
    if finding.compared and not finding.changes and not finding.leaks and finding.cause is None:
        lines.append((text("nothing that bisect-loop looks at"),))
    return Row("changed", tuple(lines))


def _needs(finding: Finding) -> Row:
    needs = finding.needs
    names = [*needs.env, *needs.services]
    if needs.coverage:
        names.append("coverage")
    names += [f"pytest-{name}" for name in needs.plugins]
    if needs.hash_seed:
        names.append("the hash seed")
    if finding.worker is not None:
        names.append(f"the identity of worker {finding.worker.id} of {finding.worker.count} (pytest-xdist)")
    elif needs.workers > 1:
        names.append(count(needs.workers, "worker"))
    lines = [(text(listed(names)),)] if names else []
    if finding.confirmed and needs.spared:
        verb = "does" if len(needs.spared) == 1 else "do"
        above = "modules" if finding.kind == "import-time" else "tests"
        nothing = "" if names else f"nothing but the {above} above: "
        lines.append((text(f"{nothing}{listed(needs.spared)} {verb} not matter"),))
    return Row("needs", tuple(lines))


def _checked(finding: Finding) -> Row:
    """What fresh processes showed, as k of n for each arm."""
    if finding.kind in ("always-fails", "nondeterministic") or not reproduced(finding):
        return Row("checked", ())
    failed, in_order = finding.confirmation.minimal_failed
    passed, alone = finding.confirmation.victim_alone_passed
    arms = []
    if finding.kind == "brittle":
        if alone:
            arms.append(f"victim alone {alone - passed}/{alone} fail")
        if in_order:
            arms.append(f"in order {in_order - failed}/{in_order} pass")
    else:
        if in_order:
            how = {"import-time": "with the module collected", "cross-process": "side by side"}
            arms.append(f"{how.get(finding.kind, 'in order')} {failed}/{in_order} fail")
        if alone:
            arms.append(f"victim alone {passed}/{alone} pass")
    if not arms:
        return Row(
            "checked", () if finding.confirmed else ((text("not yet in fresh processes, so nothing is shown"),),)
        )
    kind: SpanKind = "ok" if finding.confirmed else "plain"
    line: list[Span] = []
    for arm in arms:
        line += [text(" · "), span(kind, arm)] if line else [span(kind, arm)]
    label = "confirmed" if finding.confirmed else "checked"
    return Row(label, ((*line, Span(_WIDE, "gap"), span("dim", _PLAIN)),))


def _chance(finding: Finding) -> Row:
    if not _accuses(finding) or finding.failure_rate >= 1 or finding.kind == "brittle":
        return Row("chance", ())
    runs = "runs side by side" if finding.kind == "cross-process" else "runs of this order"
    words = f"fails in about {percent(finding.failure_rate)} of the {runs}"
    if finding.confidence:
        what = "it takes several workers" if finding.kind == "cross-process" else "the order matters"
        words += f"; {percent(finding.confidence)} sure that {what}"
    return Row("chance", ((text(words),),))


def _cleaners(finding: Finding) -> Row:
    names = finding.cleaners
    if len(names) == 1:
        return Row("cleaner", ((text("made harmless by "), span("id", names[0]), text(" in between")),))
    lines: list[Line] = [(span("id", name),) for name in names[:_MOST_CLEANERS]]
    lines += _more(len(names) - _MOST_CLEANERS)
    return Row("cleaners", ((text("made harmless, in between, by any of"),), *lines) if lines else ())


def _other_sets(finding: Finding) -> Row:
    if not _accuses(finding):
        return Row("also after", ())
    lines: list[Line] = []
    for names in finding.other_polluting_sets[:_MOST_SETS]:
        line: list[Span] = []
        for name in names:
            line += [text(" + "), span("id", name)] if line else [span("id", name)]
        lines.append(tuple(line))
    lines += _more(len(finding.other_polluting_sets) - _MOST_SETS)
    return Row("also after", tuple(lines))


def _lanes(finding: Finding) -> Row:
    """Which worker ran what, where the accused do not say it."""
    if not finding.confirmed or (finding.polluters and all(len(lane.order) == 1 for lane in finding.lanes)):
        return Row("workers", ())
    lines: list[Line] = []
    for lane in finding.lanes:
        shown = lane.order[-_MOST_OF_LANE:]
        lines.append((span("dim", lane.worker.id), text("  "), span("id", shown[0])))
        lines += [(text("     "), span("id", name)) for name in shown[1:]]
        lines += _more(len(lane.order) - len(shown))
    return Row("workers", tuple(lines))


def _more(number: int) -> list[Line]:
    return [(text(f"+{number:,} more (all in --json)"),)] if number > 0 else []


def _fixes(finding: Finding) -> Row:
    """What mends it and what that costs; then what was tried and does not."""
    lines: list[Line] = []
    for number, fix in enumerate(finding.fixes, 1):
        title = [text(fix.title)] if fix.title else [text(f"{fix.kind} at "), span("code", fix.where)]
        if fix.works and fix.verified is not None:
            tried: list[Span] = [span("ok", f"verified {fix.verified[0]}/{fix.verified[1]}")]
            if fix.diff is not None:
                which = finding.id if number == 1 else f"{finding.id}:{number}"
                tried += [Span("  ", "gap"), span("command", f"bisect-loop run --fix {which}")]
        else:
            known = "not tried" if fix.verified is None else f"rejected {fix.verified[0]}/{fix.verified[1]}"
            tried = [span("dim", known)]
        lines.append((*title, Span(_WIDE, "gap"), *tried))
        for label, words in (("it costs: ", fix.cost if fix.works else ""), ("", fix.note)):
            if words:
                lines.append((text(f"  {label}{words}"),))
    if not lines and finding.cause is not None:
        lines.append((text('none tried: "why" says what is to be mended'),))
    return Row("fix", tuple(lines))


def _notes(finding: Finding) -> list[str]:
    notes = [finding.note] if finding.note else []
    if finding.replay.ran and HIDDEN in finding.replay.command:
        notes.append(f"{HIDDEN} stands for a secret that is not shown: set it before you run the command.")
    return notes
