import pytest

from turnstile.gate import minute, per_minute


async def test_so_many_pass(gate):
    assert [await gate.passes("ann", 1) for _ in range(5)] == [True, True, True, False, False]


async def test_everybody_for_himself(gate):
    for _ in range(4):
        await gate.passes("ann", 1)
    assert await gate.passes("ben", 1)


async def test_again_in_the_next_minute(gate):
    for _ in range(4):
        await gate.passes("ann", 1)
    assert await gate.passes("ann", 2)


def test_ten_where_nothing_is_said(monkeypatch):
    monkeypatch.delenv("TURNSTILE_PER_MINUTE", raising=False)
    assert per_minute() == 10


@pytest.mark.parametrize("text", ["1", "5", "600"])
def test_as_the_environment_says(monkeypatch, text):
    monkeypatch.setenv("TURNSTILE_PER_MINUTE", text)
    assert per_minute() == int(text)


@pytest.mark.parametrize("text", ["", "0", "many", "-1"])
def test_nonsense_is_refused(monkeypatch, text):
    monkeypatch.setenv("TURNSTILE_PER_MINUTE", text)
    with pytest.raises(ValueError, match="TURNSTILE_PER_MINUTE"):
        per_minute()


@pytest.mark.parametrize(("clock", "number"), [("00:00", 0), ("00:59", 59), ("12:30", 750), ("23:59", 1439)])
def test_minutes_of_the_day(clock, number):
    assert minute(clock) == number


@pytest.mark.parametrize("clock", ["24:00", "12:60", "12"])
def test_other_clocks_are_refused(clock):
    with pytest.raises(ValueError, match=clock):
        minute(clock)
