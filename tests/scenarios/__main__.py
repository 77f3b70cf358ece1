"""`python -m tests.scenarios [--truth] [NAME...]`: every scenario with the tool's default options and every fix.

With --truth the truth itself is checked instead, with plain pytest; services are those of the environment.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.scenarios.compare import COLUMNS, compare
from tests.scenarios.scenario import Scenario, scenarios
from tests.scenarios.truth import wrongs


def main(args: list[str]) -> int:
    names = [arg for arg in args if not arg.startswith("-")]
    chosen = scenarios(*names)
    return check(chosen) if "--truth" in args else show(chosen)


def check(chosen: list[Scenario]) -> int:
    bad = 0
    for scenario in chosen:
        with tempfile.TemporaryDirectory() as folder:
            found = list(wrongs(scenario.copy(Path(folder))))
        bad += bool(found)
        print(scenario.name, "wrong" if found else "right", flush=True)
        for line in found:
            print("   ", line)
    return int(bad > 0)


def show(chosen: list[Scenario]) -> int:
    table = Table("scenario", "victim", *COLUMNS, "seconds")
    bad = 0
    for scenario in chosen:
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            code, result, _ = scenario.copy(Path(folder)).run("--all-fixes", *scenario.options)
        seconds = f"{time.monotonic() - began:.1f}"
        rows = compare(scenario, code, result, fixes=True)
        for index, row in enumerate(rows):
            cells = [{True: "yes", False: "NO", None: ""}[row.answers.get(column)] for column in COLUMNS]
            table.add_row(scenario.name if not index else "", row.victim, *cells, "" if index else seconds)
        bad += sum(not row.right for row in rows)
        for line in [line for row in rows for line in row.wrong]:
            print("   ", line, file=sys.stderr)
        print(scenario.name, seconds, file=sys.stderr, flush=True)
    Console(width=200).print(table)
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
