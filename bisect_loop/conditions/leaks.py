"""What tests leave in services: two snapshots compared, and said in words. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What services hold: for each key, and for each row of each table, a digest of its content.

    A row goes by its primary key ("id 7"), else by its text. `counters` are sequences and how far they are.
    """

    keys: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    counters: Mapping[str, str] = field(default_factory=dict)

    def __or__(self, other: Snapshot) -> Snapshot:
        return Snapshot({**self.keys, **other.keys}, {**self.rows, **other.rows}, {**self.counters, **other.counters})


# (what it lies in: "" for keys, else a table; its name; "left", "changed" or "removed"; its digest afterwards)
Change = tuple[str, str, str, str]


def changes(before: Snapshot, after: Snapshot) -> tuple[Change, ...]:
    """What is other in `after` than in `before`, keys first, in the order of their names."""
    found = list(_changes("", before.keys, after.keys))
    for table in sorted({*before.rows, *after.rows}):
        found += _changes(table, before.rows.get(table, {}), after.rows.get(table, {}))
    return tuple(found)


def _changes(place: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterable[Change]:
    for name in sorted({*before, *after}):
        if name not in before:
            yield place, name, "left", after[name]
        elif name not in after:
            yield place, name, "removed", ""
        elif before[name] != after[name]:
            yield place, name, "changed", after[name]


def leaked(before: Snapshot, after: Snapshot, alone: Snapshot) -> tuple[Change, ...]:
    """What a test did, without what the victim has as well when it runs alone: what fixtures of their own make.

    All that the test did where nothing else is left.
    """
    rows = {
        # A table that this test's fixtures made is expected to be as the victim's fixtures make it.
        table: dict(alone.rows.get(table, {}))
        if table not in before.rows
        else {**_both(alone.rows.get(table, {}), held), **before.rows[table]}
        for table, held in after.rows.items()
    }
    gone = {table: held for table, held in before.rows.items() if table not in after.rows}
    expected = Snapshot({**_both(alone.keys, after.keys), **before.keys}, {**rows, **gone})
    return changes(expected, after) or changes(before, after)


def _both(alone: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    return {name: digest for name, digest in alone.items() if name in after}


def sentence(test: str, found: Sequence[Change], before: Snapshot, after: Snapshot) -> str:
    """One sentence on what `test` did: "tests/a.py::test_x left 3 keys user:* and 2 rows in orders (id 7, id 8)".

    "" where it left everything as it was.
    """
    told: list[str] = []
    for verb in ("left", "changed", "removed"):
        things: list[str] = []
        for place in dict.fromkeys(change[0] for change in found):
            names = [change[1] for change in found if change[0] == place and change[2] == verb]
            if names:
                things.append(_rows(names, place) if place else _keys(names))
        if things:
            told.append(f"{verb} {_listed(things)}")
    if not told:
        moved = [
            f"{name} from {before.counters.get(name, 'its start')} to {value}"
            for name, value in sorted(after.counters.items())
            if before.counters.get(name) != value and name in before.counters
        ]
        told = [f"moved the sequence {_listed(moved)}"] if moved else []
    return f"{test} {_listed(told)}" if told else ""


def _keys(names: Sequence[str]) -> str:
    """The keys by name, or where there are many by what their names begin with."""
    if len(names) == 1:
        return f"the key {names[0]}"
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(pattern(name), []).append(name)
    parts = [
        f"the key {group[0]}" if len(group) == 1 else f"{len(group)} keys {shape}" for shape, group in groups.items()
    ]
    if len(parts) > _MOST_NAMED:
        return f"{len(names)} keys ({', '.join(names[:_MOST_NAMED])}, ...)"
    return _listed(parts)


def pattern(key: str) -> str:
    """What a key's name begins with: user:* of user:7."""
    begins = re.match(r".*[:/.|_\-]", key, re.DOTALL)
    return f"{begins[0]}*" if begins and begins[0] != key else "*"


def _rows(names: Sequence[str], table: str) -> str:
    shown = ", ".join(names[:_MOST_NAMED]) + (", ..." if len(names) > _MOST_NAMED else "")
    return f"{len(names)} {'row' if len(names) == 1 else 'rows'} in {table} ({shown})"


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
