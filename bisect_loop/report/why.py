"""The sentence that says why a confirmed order fails."""

from __future__ import annotations

from bisect_loop.model import CURRENT_LOOP, Cause, is_module
from bisect_loop.report.spans import Line, Row, Span, span, text
from bisect_loop.report.words import listed, with_article

_MOST_HOLDERS = 3


def why(cause: Cause | None) -> Row:
    """Say whose loop it is, who holds what belongs to it, and where that was made and used."""
    if cause is None:
        return Row("why", ())
    line = _taken_away(cause) if cause.resource == CURRENT_LOOP else _held(cause)
    lines: list[Line] = [(*line, text(f" ({cause.confidence})"))]
    if cause.gates:
        verb = "is" if len(cause.gates) == 1 else "are"
        lines.append((text(f"it is made only where {listed(list(cause.gates))} {verb} set"),))
    return Row("why", tuple(lines))


def _taken_away(cause: Cause) -> list[Span]:
    """The policy had a current loop, and an earlier test unset it."""
    line = [text(f"{CURRENT_LOOP} of the main thread was taken away")]
    if cause.bound_at:
        line += [text(" at "), span("code", cause.bound_at)]
        if cause.function:
            line += [text(" in "), span("code", f"{cause.function}()")]
    if cause.bound_by:
        line += [text(" by "), span("id", cause.bound_by)]
    if cause.used_at:
        line += [text("; the victim asks for it at "), span("code", cause.used_at)]
    return line


def _held(cause: Cause) -> list[Span]:
    named = with_article(cause.resource)
    line = [text(f"{named}, held by "), span("code", cause.holder)] if cause.holder else [text(named)]
    for index, holder in enumerate(cause.also_held_by[:_MOST_HOLDERS]):
        line += [text(", " if index else " (also "), span("code", holder)]
    if cause.also_held_by:
        line.append(text(")"))
    if cause.bound_at:
        line += [text(", was made at "), span("code", cause.bound_at)]
        if cause.function:
            line += [text(" in "), span("code", f"{cause.function}()")]
    if cause.bound_by and cause.bound_by != cause.loop_made_by:
        line += [text(", was bound by "), span("id", cause.bound_by)]
    importing = is_module(cause.loop_made_by)
    if cause.loop_made_by:
        line += [text(" on" if cause.bound_at else " belongs to"), text(" the event loop of ")]
        line += [text("the import of " if importing else ""), span("id", cause.loop_made_by)]
    if cause.loop_closed_after and cause.loop_closed_after == cause.loop_made_by:
        line.append(text(f", which closed with that {'import' if importing else 'test'}"))
    elif cause.loop_closed_after:
        line += [text(", which closed after "), span("id", cause.loop_closed_after)]
    if cause.used_by:
        line += [text("; "), span("id", cause.used_by), text(" used it")]
        line += [text(" at "), span("code", cause.used_at)] if cause.used_at else []
        line.append(text(" on another loop, and may have left it in the middle of that"))
    elif cause.used_at:
        line += [text("; the victim used it at "), span("code", cause.used_at), text(" on another loop")]
    elif cause.loop_open and cause.resource.startswith("asyncio task"):
        line.append(text("; it still runs when the victim begins"))
    return line
