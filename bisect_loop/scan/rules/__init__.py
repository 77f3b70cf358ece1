"""The rules, one module each. BL0xx: resources kept for the whole process. BL1xx: the loops of tests and fixtures."""

from __future__ import annotations

from bisect_loop.scan.rules import (
    bl001,
    bl002,
    bl003,
    bl004,
    bl005,
    bl006,
    bl007,
    bl101,
    bl102,
    bl103,
    bl104,
    bl105,
    bl106,
    bl107,
)
from bisect_loop.scan.rules.base import Rule, View

__all__ = ["RULES", "Rule", "View", "chosen"]

#: All rules, in the order of their codes.
RULES: tuple[Rule, ...] = (
    bl001.RULE,
    bl002.RULE,
    bl003.RULE,
    bl004.RULE,
    bl005.RULE,
    bl006.RULE,
    bl007.RULE,
    bl101.RULE,
    bl102.RULE,
    bl103.RULE,
    bl104.RULE,
    bl105.RULE,
    bl106.RULE,
    bl107.RULE,
)


def chosen(select: tuple[str, ...], ignore: tuple[str, ...]) -> tuple[Rule, ...]:
    """Return the rules to run. A code may be a prefix; the longest that matches a rule decides, as in ruff.

    Raises ValueError for a code that no rule begins with.
    """
    for code in (*select, *ignore):
        if code != "ALL" and not any(rule.code.startswith(code.upper()) for rule in RULES):
            raise ValueError(f"no rule begins with {code!r}; the rules are {', '.join(rule.code for rule in RULES)}")
    return tuple(rule for rule in RULES if _longest(rule.code, select or ("ALL",)) > _longest(rule.code, ignore))


def _longest(code: str, prefixes: tuple[str, ...]) -> int:
    """The length of the longest prefix that matches, 0 for ALL, -1 where none does."""
    lengths = [
        0 if prefix == "ALL" else len(prefix)
        for prefix in prefixes
        if prefix == "ALL" or code.startswith(prefix.upper())
    ]
    return max(lengths, default=-1)
