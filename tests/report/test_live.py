"""Progress displays."""

from __future__ import annotations

import io
import re
import threading

import pytest
from rich.console import Console

from bisect_loop.model import OrderTried
from bisect_loop.report.live import BoardListener, Listener, PlainListener, SilentListener
from tests.report.values import ALWAYS_FAILS, EVIL_FINDING, LONG, POLLUTER, SUITE, SUSPECTED, VICTIM, VICTIM_OF_ONE


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def board(width: int = 60) -> tuple[BoardListener, io.StringIO]:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=width, color_system=None, legacy_windows=False)
    return BoardListener(console), stream


def tell_all(listener: Listener) -> None:
    listener.started(SUITE)
    listener.order_finished(OrderTried("default", None, ()))
    listener.order_finished(OrderTried("shuffle:1", 1, (VICTIM,), "timeout"))
    listener.note("width lowered: redis://:hunter2@h differs [bold] \x1b[31m")
    for left, trials in ((231, 0), (30, 8), (1, 9)):
        listener.narrowing(VICTIM, left, 231, trials)
    listener.confirming(VICTIM)
    listener.finding(VICTIM_OF_ONE)
    listener.finding(EVIL_FINDING)
    listener.close()
    listener.close()


def test_plain_lines_one_for_each_stage(clock: Clock) -> None:
    """A log gets a line a stage, of narrowing the last word only, and no control characters."""
    lines: list[str] = []
    tell_all(PlainListener(lines.append, clock=clock))

    assert lines[:-1] == [
        "412 tests, python 3.11.7, pytest 9.2.0, xdist, randomly, asyncio",
        "order         default ok",
        "order         shuffle:1 1 failure, timeout",
        "note          width lowered: redis://:***@h differs [bold] \\x1b[31m",
        f"looking into  {VICTIM}",
        "narrowing     1 of 231 tests left, 9 trials, 0.0 s",
        f"confirming    {VICTIM} in fresh processes",
        f"finding       {VICTIM_OF_ONE.id} {VICTIM} fails after {POLLUTER}",
    ]
    assert all(line.isprintable() for line in lines)


def test_a_long_stage_gives_signs_of_life(clock: Clock) -> None:
    """Every half minute a log hears how far a long narrowing is."""
    lines: list[str] = []
    listener = PlainListener(lines.append, clock=clock)
    for trials in range(100):
        listener.narrowing(VICTIM, 500, 1000, trials)
        clock.now += 1.0
    listener.close()

    assert lines == [
        f"looking into  {VICTIM}",
        "narrowing     500 of 1,000 tests left, 30 trials, 30.0 s",
        "narrowing     500 of 1,000 tests left, 60 trials, 60.0 s",
        "narrowing     500 of 1,000 tests left, 90 trials, 90.0 s",
        "narrowing     500 of 1,000 tests left, 99 trials, 99.0 s",
    ]


@pytest.mark.parametrize(
    ("found", "words"),
    [(SUSPECTED, "suspected"), (ALWAYS_FAILS, "failure")],
)
def test_what_accuses_nobody_names_nobody(found: object, words: str) -> None:
    """A suspicion goes by without the names of the suspects."""
    lines: list[str] = []
    PlainListener(lines.append).finding(found)  # type: ignore[arg-type]

    assert lines[0].startswith(words)
    assert "nobody is accused" in lines[0]
    assert POLLUTER not in lines[0]


def test_the_silent_one_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    """Nothing comes out."""
    with SilentListener() as listener:
        tell_all(listener)

    assert capfd.readouterr() == ("", "")


def test_the_board_keeps_ids_whole_and_leaves_the_terminal_as_it_was() -> None:
    """Lines that stay are not cut or marked up, the cursor is shown again, and rich's thread is gone."""
    before = set(threading.enumerate())
    listener, stream = board()
    tell_all(listener)
    text = stream.getvalue()

    assert f"finding       {VICTIM_OF_ONE.id} {VICTIM} fails after {POLLUTER}\n" in text
    assert f"fails after {LONG}\n" in text
    assert "[bold] \\x1b[31m" in text
    assert "hunter2" not in text
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")
    for thread in set(threading.enumerate()) - before:
        thread.join(30)  # rich tells its thread to end and does not wait for it
        assert not thread.is_alive()


def test_the_board_shows_the_best_so_far() -> None:
    """While it narrows, the moving part says what is left and whose failure it is, in full."""
    listener, stream = board(width=40)
    with listener:
        listener.narrowing(VICTIM, 231, 231, 0)
        listener.narrowing(VICTIM, 30, 231, 8)
    # The moving part is folded at the terminal's edge, never cut.
    text = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", stream.getvalue()).replace("\n", "").replace("\r", "").replace(" ", "")

    assert "narrowing30of231testsleft,8trials" in text
    assert f"bestsofar{VICTIM},brokenby30ofthe231testsbeforeit" in text
    assert "…" not in text


def test_several_threads_may_talk_at_once() -> None:
    """Calls from many threads while the board redraws itself end, and no line is torn."""
    listener, stream = board(width=200)
    start = threading.Barrier(4)

    def talk(number: int) -> None:
        start.wait()
        for trial in range(50):
            listener.narrowing(f"test_{number}", 50 - trial, 50, trial)
            listener.note(f"thread {number} trial {trial}.")

    threads = [threading.Thread(target=talk, args=(number,), daemon=True) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    listener.close()

    assert not any(thread.is_alive() for thread in threads)
    said = re.findall(r"note {10}thread (\d) trial (\d+)\.", stream.getvalue())
    assert len(set(said)) == 200


def test_an_interrupt_leaves_the_terminal_as_it_was() -> None:
    """Ctrl-C inside the block shows the cursor again."""
    listener, stream = board()
    with pytest.raises(KeyboardInterrupt), listener:
        listener.narrowing(VICTIM, 1, 2, 3)
        raise KeyboardInterrupt

    assert stream.getvalue().rindex("\x1b[?25h") > stream.getvalue().rindex("\x1b[?25l")
