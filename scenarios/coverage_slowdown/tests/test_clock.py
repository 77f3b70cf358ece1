import pytest

from timetable.clock import minutes, shown


@pytest.mark.parametrize(("text", "minute"), [("0:00", 0), ("07:05", 425), ("23:59", 1439), ("24:30", 1470)])
def test_read(text, minute):
    assert minutes(text) == minute


@pytest.mark.parametrize("text", ["", "7", "7:5", "07:60", "ab:cd", "-1:00", "7:055"])
def test_other_texts_are_refused(text):
    with pytest.raises(ValueError):
        minutes(text)


@pytest.mark.parametrize(("minute", "text"), [(0, "00:00"), (425, "07:05"), (1470, "00:30")])
def test_shown(minute, text):
    assert shown(minute) == text
