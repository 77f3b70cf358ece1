"""Coverage as CI turns it on: pytest-cov's arguments, or `coverage run` around pytest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bisect_loop.model import Condition

_WITH_VALUE = ("--cov", "--cov-report", "--cov-config", "--cov-fail-under", "--cov-context", "--cov-precision")


class CoverageError(Exception):
    """Coverage was asked for and cannot be had. One sentence with the mend."""


def split(args: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return (`args` without those of pytest-cov, those of pytest-cov)."""
    rest: list[str] = []
    words: list[str] = []
    pending = list(args)
    while pending:
        arg = pending.pop(0)
        if arg == "--":
            rest += [arg, *pending]
            break
        if arg in ("--cov", "--no-cov", "--no-cov-on-fail") or arg.startswith(("--cov=", "--cov-")):
            words.append(arg)
            # "--cov" takes the next word where that is no option: argparse's nargs="?".
            if arg in _WITH_VALUE and pending and not pending[0].startswith("-"):
                words.append(pending.pop(0))
        else:
            rest.append(arg)
    return tuple(rest), tuple(words)


def with_coverage(
    condition: Condition, wanted: bool | None, ci_words: Sequence[str], has: Callable[[str], bool]
) -> tuple[Condition, str]:
    """Return `condition` with coverage on or off, and a note for the reader, or "".

    `wanted` None takes what the arguments say, else `ci_words`, what CI does. `has` says whether the tests'
    interpreter has a module; it is asked only where that decides. Raises CoverageError.
    """
    args, own = split(condition.args)
    note = ""
    words = own or tuple(ci_words)
    if wanted is False:
        words = ()
    elif wanted and not words:
        if has("pytest_cov"):
            words = ("--cov", "--cov-report=")
        elif has("coverage"):
            words = ("coverage", "run")
        else:
            raise CoverageError("--coverage needs pytest-cov or coverage beside the tests' pytest: install one there.")
    elif words and not own:
        module = "coverage" if words[0] == "coverage" else "pytest_cov"
        if not has(module):
            words, note = (), f"trials run without CI's coverage: {module.replace('_', '-')} is not installed here"
    if words[-1:] == ("--cov",):
        words += ("--cov-report=",)  # else it takes the node id behind it for what it is to measure
    return replace(condition, args=args, coverage=bool(words), coverage_words=words), note
