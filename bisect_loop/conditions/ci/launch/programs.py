"""Task runners whose files are programs or grammars of their own: they are named, not read."""

from __future__ import annotations

from bisect_loop.conditions.ci.holes import show
from bisect_loop.conditions.ci.launch.call import Call, Launcher, Outcome, Refused

_RUNNERS = {
    "invoke": "its tasks are Python code in tasks.py, which is not read",
    "inv": "its tasks are Python code in tasks.py, which is not read",
    "doit": "its tasks are Python code in dodo.py, which is not read",
    "just": "its recipes in the justfile are not read",
    "task": "its tasks in Taskfile.yml are not read",
    "bazel": "its targets are not read",
    "pants": "its targets are not read",
    "earthly": "its targets in the Earthfile are not read",
    "dagger": "its pipeline is code, which is not read",
    "act": "it runs another workflow",
    "spin": "its commands are not read",
    "pre-commit": "its hooks are not read",
}


def _named(reason: str) -> Launcher:
    def resolve(call: Call) -> Outcome:
        return Refused(reason) if any("test" in show(word).lower() for word in call.args) else None

    return resolve


LAUNCHERS: dict[str, Launcher] = {name: _named(reason) for name, reason in _RUNNERS.items()}
