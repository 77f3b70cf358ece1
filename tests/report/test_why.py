"""The sentence of each kind of cause."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bisect_loop.model import CURRENT_LOOP, LOOP, Cause
from bisect_loop.report.why import why
from bisect_loop.report.words import told

P, V = "tests/test_p.py::test_p", "tests/test_v.py::test_v"
CLIENT = Cause("httpx.AsyncClient", "app.web.CLIENT", "app/web.py:8", P, P, P, "app/web.py:12", "proved", "wire")


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (
            CLIENT,
            f"an httpx.AsyncClient, held by app.web.CLIENT, was made at app/web.py:8 in wire() on the event loop of"
            f" {P}, which closed with that test; the victim used it at app/web.py:12 on another loop (proved)",
        ),
        (
            replace(
                CLIENT, bound_by="tests/test_p.py", loop_made_by="tests/test_p.py", loop_closed_after="tests/test_p.py"
            ),
            "an httpx.AsyncClient, held by app.web.CLIENT, was made at app/web.py:8 in wire() on the event loop of the"
            " import of tests/test_p.py, which closed with that import; the victim used it at app/web.py:12 on another"
            " loop (proved)",
        ),
        (
            replace(CLIENT, loop_closed_after="", used_by=P, loop_open=True, confidence="likely"),
            f"an httpx.AsyncClient, held by app.web.CLIENT, was made at app/web.py:8 in wire() on the event loop of"
            f" {P}; {P} used it at app/web.py:12 on another loop, and may have left it in the middle of that (likely)",
        ),
        (
            Cause("asyncio task cook()", "app.INBOX", "app.py:3", P, P, "", "", "likely", "start", loop_open=True),
            f"an asyncio task cook(), held by app.INBOX, was made at app.py:3 in start() on the event loop of {P}; it"
            " still runs when the victim begins (likely)",
        ),
        (
            Cause(CURRENT_LOOP, "asyncio's event loop policy", "app.py:3", P, "", "", "app.py:9", "proved", "main"),
            f"the current event loop of the main thread was taken away at app.py:3 in main() by {P}; the victim asks"
            " for it at app.py:9 (proved)",
        ),
        (
            Cause("something of asyncpg", "", "", P, P, P, "app.py:9", "proved"),
            f"something of asyncpg belongs to the event loop of {P}, which closed with that test; the victim used it at"
            " app.py:9 on another loop (proved)",
        ),
        (
            replace(CLIENT, at_import=True, function=""),
            f"an httpx.AsyncClient, held by app.web.CLIENT, was made at app/web.py:8 at import, and bound to the event"
            f" loop of {P}, which closed with that test; the victim used it at app/web.py:12 on another loop (proved)",
        ),
        (
            replace(CLIENT, at_import=True, bound_by=V, function=""),
            f"an httpx.AsyncClient, held by app.web.CLIENT, was made at app/web.py:8 at import, was bound by {V} to the"
            f" event loop of {P}, which closed with that test; the victim used it at app/web.py:12 on another loop"
            " (proved)",
        ),
        (
            Cause(LOOP, "app.POOL", "app.py:9", P, P, P, "app.py:13", "proved", "Pool.__init__", ("app.ALSO",)),
            f"the event loop of {P}, which closed with that test, is kept by app.POOL (also app.ALSO) since app.py:9 in"
            " Pool.__init__(); the victim used it at app.py:13 on another loop (proved)",
        ),
        (
            Cause(LOOP, "app.POOL", "", "", P, "", "", "likely", loop_open=True),
            f"the event loop of {P} is kept by app.POOL (likely)",
        ),
        (
            Cause(
                "asyncio.Lock", "app.L", "app.py:3", P, "", "", "app.py:9", "proved", taken_by=P, taken_at="app.py:5"
            ),
            f"an asyncio.Lock, held by app.L, was made at app.py:3; {P} took it at app.py:5 and did not give it back;"
            " the victim waits for it at app.py:9 (proved)",
        ),
        (
            Cause("asyncio future", "app.L", "", P, P, P, "", "likely"),
            f"an asyncio future, held by app.L, belongs to the event loop of {P}, which closed with that test (likely)",
        ),
    ],
    ids=[
        *("dead loop", "import", "misused", "task", "no current loop", "no holder", "made at import"),
        *("bound by another", "a loop kept", "a loop kept somewhere", "a lock kept", "no line"),
    ],
)
def test_a_cause_is_one_sentence(cause: Cause, said: str) -> None:
    """Who holds it, where it was made, whose loop that was, who used it then: in the field's words."""
    assert ["".join(span.text for span in line) for line in why(cause).lines] == [said]


@pytest.mark.parametrize(
    ("recorded", "shown"),
    [("a Engine", "an Engine"), ("a Bus", "a Bus"), ("a User", "a User"), ("a ellipsis", "..."), ("'a e'", "'a e'")],
)
def test_a_value_has_its_article(recorded: str, shown: str) -> None:
    """Only the types of objects have one."""
    assert told(recorded) == shown
