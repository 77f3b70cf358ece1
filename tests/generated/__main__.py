"""`python -m tests.generated`: the tool on many generated suites, each compared with the truth about it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .drive import DEFAULT_ORDERS, Result, run_many
from .foretold import check_seed
from .worlds import KINDS, generate, kind_of, seeds


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.generated",
        description="Generate suites whose truth is known, run bisect-loop on each, and compare.",
        epilog="What follows -- goes to `bisect-loop run`.",
    )
    parser.add_argument("--count", type=int, default=300, help="how many suites (default 300)")
    parser.add_argument("--seed", type=int, default=0, help="the first seed (default 0)")
    parser.add_argument("--jobs", type=int, default=2, help="suites at a time (default 2)")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, metavar="KIND", help=f"of {', '.join(KINDS)}")
    parser.add_argument("--orders", default=DEFAULT_ORDERS, help=f"default {DEFAULT_ORDERS}")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep each suite and the tool's output here")
    parser.add_argument("--write-only", action="store_true", help="write the suites to --keep and run nothing")
    parser.add_argument("--plain", action="store_true", help="check the generator itself against plain pytest")
    parser.add_argument("extra", nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.write_only and options.keep is None:
        parser.error("--write-only needs --keep DIR")
    return options


def main(arguments: Sequence[str]) -> int:
    options = parse(arguments)
    chosen = list(seeds(options.seed, options.count, frozenset(options.kinds or KINDS)))
    if options.write_only:
        for seed in chosen:
            world = generate(seed)
            world.write(options.keep / f"{seed}-{world.kind}" / "suite")
        return 0
    if options.plain:
        return check_generator(chosen, options.jobs)
    results = []
    with ThreadPoolExecutor(options.jobs) as executor:
        for result in run_many(chosen, executor, orders=options.orders, extra=options.extra, keep=options.keep):
            results.append(result)
            print(progress(result), flush=True)
    print()
    print(table(results))
    failed = [result for result in results if result.complaints]
    for result in failed:
        print(f"\n{result.kind}, seed {result.seed}: {len(result.complaints)} complaints")
        print("\n".join(f"    {complaint}" for complaint in result.complaints))
        print(f"    python -m tests.generated --count 1 --seed {result.seed} --keep DIR")
    print(f"\n{len(results) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


def check_generator(chosen: Sequence[int], jobs: int) -> int:
    """Compare plain pytest with the model of each suite; return 1 where they disagree."""
    failed = 0
    with ThreadPoolExecutor(jobs) as executor:
        for seed, wrong in zip(chosen, executor.map(check_seed, chosen), strict=True):
            failed += bool(wrong)
            print("\n    ".join([f"{seed:5} {kind_of(seed):30} {'FAILED' if wrong else 'ok'}", *wrong]), flush=True)
    print(f"\n{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed else 0


def progress(result: Result) -> str:
    mark = "FAILED" if result.complaints else "ok"
    return f"{result.seed:5} {result.kind:30} {result.seconds:6.1f} s  {mark}"


def table(results: Iterable[Result]) -> str:
    """A Markdown table with a row for each kind."""
    by_kind: dict[str, list[Result]] = {}
    for result in results:
        by_kind.setdefault(result.kind, []).append(result)
    lines = [
        "| kind | suites | right | false accusations | mean seconds | roles left unsaid |",
        "|---|---|---|---|---|---|",
    ]
    for kind, group in sorted(by_kind.items()):
        right = sum(not result.complaints for result in group)
        accused = sum(len(result.accused) for result in group)
        seconds = sum(result.seconds for result in group) / len(group)
        notes = sum(len(result.notes) for result in group)
        lines.append(f"| {kind} | {len(group)} | {right} | {accused} | {seconds:.1f} | {notes} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
