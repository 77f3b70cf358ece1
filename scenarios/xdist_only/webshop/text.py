from __future__ import annotations


def shown(cents: int) -> str:
    return f"{cents // 100},{cents % 100:02} €"


def pieces(count: int) -> str:
    return "1 piece" if count == 1 else f"{count} pieces"
