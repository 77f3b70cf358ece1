"""The sentence that says why a confirmed order fails."""

from __future__ import annotations

from bisect_loop.model import CURRENT_LOOP, LOOP, Cause, is_module
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
    importing = is_module(cause.loop_made_by)
    if cause.resource == LOOP and cause.holder and cause.loop_made_by:
        return _loop_kept(cause, importing=importing)
    named = with_article(cause.resource)
    line = [text(f"{named}, held by "), span("code", cause.holder)] if cause.holder else [text(named)]
    line += _also(cause)
    # Its loop is that of a test: it was bound to it later.
    bound_later = cause.at_import and bool(cause.bound_at) and bool(cause.loop_made_by) and not importing
    if cause.bound_at:
        line += [text(", was made at "), *_place(cause)]
        line += [text(" at import")] if bound_later else []
    if cause.taken_by:
        return [*line, *_kept(cause)]
    others = bool(cause.bound_by) and cause.bound_by != cause.loop_made_by
    if others:
        line += [text(", was bound by "), span("id", cause.bound_by)]
    if bound_later:
        line += [text(" to" if others else ", and bound to"), text(" the event loop of ")]
        line += [span("id", cause.loop_made_by)]
    elif cause.loop_made_by:
        comma = "," if cause.holder else ""
        line += [text(" on" if cause.bound_at else f"{comma} belongs to"), text(" the event loop of ")]
        line += [text("the import of " if importing else ""), span("id", cause.loop_made_by)]
    return [*line, *_closed(cause, importing=importing), *_used(cause)]


def _also(cause: Cause) -> list[Span]:
    line: list[Span] = []
    for index, holder in enumerate(cause.also_held_by[:_MOST_HOLDERS]):
        line += [text(", " if index else " (also "), span("code", holder)]
    return [*line, text(")")] if line else []


def _place(cause: Cause) -> list[Span]:
    """The wire-up line, and the function around it."""
    line = [span("code", cause.bound_at)]
    return [*line, text(" in "), span("code", f"{cause.function}()")] if cause.function else line


def _loop_kept(cause: Cause, *, importing: bool) -> list[Span]:
    """An object of the user's keeps a loop itself."""
    line = [text(f"the event loop of {'the import of ' if importing else ''}"), span("id", cause.loop_made_by)]
    closed = _closed(cause, importing=importing)
    line += [*closed, text(", is")] if closed else [text(" is")]
    line += [text(" kept by "), span("code", cause.holder), *_also(cause)]
    line += [text(" since "), *_place(cause)] if cause.bound_at else []
    return [*line, *_used(cause)]


def _closed(cause: Cause, *, importing: bool) -> list[Span]:
    """When the loop was closed."""
    if cause.loop_closed_after and cause.loop_closed_after == cause.loop_made_by:
        return [text(f", which closed with that {'import' if importing else 'test'}")]
    if cause.loop_closed_after:
        return [text(", which closed after "), span("id", cause.loop_closed_after)]
    return []


def _used(cause: Cause) -> list[Span]:
    """Who used it then, and where."""
    line: list[Span] = []
    if cause.used_by:
        line += [text("; "), span("id", cause.used_by), text(" used it")]
        line += [text(" at "), span("code", cause.used_at)] if cause.used_at else []
        line.append(text(" on another loop, and may have left it in the middle of that"))
    elif cause.used_at:
        line += [text("; the victim used it at "), span("code", cause.used_at), text(" on another loop")]
    elif cause.loop_open and cause.resource.startswith("asyncio task"):
        line.append(text("; it still runs when the victim begins"))
    return line


def _kept(cause: Cause) -> list[Span]:
    """A lock was taken and not given back."""
    line = [text("; "), span("id", cause.taken_by), text(" took it")]
    line += [text(" at "), span("code", cause.taken_at)] if cause.taken_at else []
    line.append(text(" and did not give it back"))
    if cause.used_at:
        line += [text("; the victim waits for it at "), span("code", cause.used_at)]
    return line
