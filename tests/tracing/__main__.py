"""`python -m tests.tracing FOLDER... [-- PYTEST_ARGS]`: does tracing change an outcome of these suites?

Each suite is run in its default order and reversed; the last test is the victim, and one in the middle. Without a
folder these are the scenarios; services are those of the environment. Exits with 1 where an outcome differs.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bisect_loop.runner.fork import StartFailure
from tests.scenarios.scenario import scenarios
from tests.tracing.compare import compared, opened, told


def main(argv: list[str]) -> int:
    args = argv[argv.index("--") + 1 :] if "--" in argv else []
    parser = argparse.ArgumentParser(prog="python -m tests.tracing", description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--fresh", action="store_true", help="a new process for each run")
    parser.add_argument("--orders", default="default,reverse")
    options = parser.parse_args(argv[: argv.index("--")] if "--" in argv else argv)
    different = 0
    for folder in options.folders or [scenario.root for scenario in scenarios()]:
        with opened(folder, ["-p", "no:randomly", *args], options.python, fresh=options.fresh) as (runner, nodeids):
            for name in options.orders.split(","):
                order = nodeids[::-1] if name == "reverse" else nodeids
                found = compared(runner, order, ["-p", "no:randomly", *args], [order[len(order) // 2], order[-1]])
                different += len(found.changed)
                plain, traced = found.seconds
                numbers = f"{found.failed} fail, {len(found.unstable)} unstable, {len(found.changed)} differ"
                print(f"{folder.name} {name} ({runner.name}): {found.tests} tests, {numbers}, {plain:.1f} s", end="")
                print(f", {traced:.1f} s traced", flush=True)
                for record in found.records:
                    print(f"    {told(record)}", flush=True)
                for nodeid, how in found.changed.items():
                    print(f"    DIFFERS {nodeid}: {how}", flush=True)
    return int(different > 0)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except StartFailure as failure:
        sys.exit(str(failure))
