"""From the words of one command to pytest: which program stands there, and what it starts in turn.

A launcher (tox, make, `uv run`) is a function from a `Call` to an `Outcome`; it reads the project's files and runs
nothing. `resolve` finds the launcher by the program's name.
"""

from __future__ import annotations

import posixpath

from bisect_loop.conditions.ci.holes import known, show, split_hole
from bisect_loop.conditions.ci.launch import hatch, make, nox, programs, python, scripts, tox, wrappers
from bisect_loop.conditions.ci.launch.call import Call, Follow, Launcher, Outcome, Pytest, Refused, Step

_LAUNCHERS: dict[str, Launcher] = {
    **python.LAUNCHERS,
    **wrappers.LAUNCHERS,
    **programs.LAUNCHERS,
    "tox": tox.resolve,
    "nox": nox.resolve,
    "make": make.resolve,
    "gmake": make.resolve,
    "hatch": hatch.resolve,
}


def resolve(call: Call) -> Outcome:
    """Return what `call` comes to: a pytest command, more commands to follow, a refusal with its reason, or None.

    None means that the command has, by what it is, nothing to do with tests.
    """
    program = call.words[0]
    prefix, rest = split_hole(program)
    if prefix and (not rest or not known(rest)):
        return Refused("which program runs is not known from the files") if _about_tests(call) else None
    # `${PREFIX}pytest`: the hole only chooses the interpreter's directory.
    launcher = _LAUNCHERS.get(program_name(rest or program))
    if launcher is not None:
        return launcher(call)
    outcome = scripts.resolve(call)
    if outcome is None and "test" in program_name(program) and "/" not in program:
        return Refused("it is no program whose way to pytest is known")
    return outcome


def program_name(program: str) -> str:
    """Return the name by which a launcher is known: "python" for ".venv/bin/python3.11"."""
    name = posixpath.basename(program.replace("\\", "/"))
    name = name.removesuffix(".exe")
    return python.plain(name)


def _about_tests(call: Call) -> bool:
    return "test" in " ".join(map(show, call.words)).lower()


__all__ = ["Call", "Follow", "Outcome", "Pytest", "Refused", "Step", "program_name", "resolve"]
