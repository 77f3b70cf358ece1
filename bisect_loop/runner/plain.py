"""Runs the very text of a printed command, in a fresh process of plain pytest, and watches."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from bisect_loop.inside import EVENTS
from bisect_loop.model import TrialResult
from bisect_loop.runner.execute import execute
from bisect_loop.runner.target import Target
from bisect_loop.runner.workspace import STAGED_NAME, Workspace


class PlainRunner:
    """Runs command lines through sh. Nothing of ours orders or selects; a recorder comes by the environment.

    `plugins` are further modules of ours that come with it.
    """

    name = "fresh"

    def __init__(self, target: Target, workspace: Workspace, plugins: Sequence[str] = ()) -> None:
        self._target = target
        self._workspace = workspace
        self._plugins = plugins

    def run(self, text: str, timeout: float) -> TrialResult:
        """Run `text` in the target's directory; `timeout` is in seconds of silence.

        The text itself sets the variables and starts the services that it needs.
        """
        directory = self._workspace.directory()
        try:
            return execute(
                self._workspace,
                ["/bin/sh", "-c", text],
                self._environ(directory),
                self._target.cwd,
                directory / "events",
                directory / "output",
                timeout,
                self.name,
            )
        finally:
            self._workspace.discard(directory)

    def _environ(self, directory: Path) -> dict[str, str]:
        temporary = directory / "tmp"
        temporary.mkdir()
        env = dict(self._target.environ)
        for name in ("PYTHONPATH", "PYTEST_PLUGINS", "PYTEST_ADDOPTS"):
            if name in env:
                env[f"_BISECT_LOOP_{name}"] = env[name]
        stage = str(self._workspace.stage)
        env["PYTHONPATH"] = os.pathsep.join(filter(None, (stage, env.get("PYTHONPATH", ""))))
        plugins = (f"{STAGED_NAME}.observe", *self._plugins)
        env["PYTEST_PLUGINS"] = ",".join(filter(None, (env.get("PYTEST_PLUGINS", ""), *plugins)))
        cache = shlex.quote(f"cache_dir={directory / 'cache'}")
        env["PYTEST_ADDOPTS"] = f"{env.get('PYTEST_ADDOPTS', '')} -o {cache}".strip()
        env.update(
            {
                EVENTS: str(directory / "events"),
                "TMPDIR": str(temporary),
                "PYTHONDONTWRITEBYTECODE": "1",
                "COVERAGE_FILE": str(directory / "coverage"),
            }
        )
        return env
