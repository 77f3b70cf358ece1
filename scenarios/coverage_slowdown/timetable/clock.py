from __future__ import annotations


def minutes(text: str) -> int:
    """The minute of the day of "HH:MM"; trams of the night count on behind 24:00."""
    hours, _, rest = text.partition(":")
    if len(rest) != 2 or not (hours + rest).isdigit() or int(rest) > 59:
        raise ValueError(text)
    return int(hours) * 60 + int(rest)


def shown(minute: int) -> str:
    return f"{minute // 60 % 24:02}:{minute % 60:02}"
