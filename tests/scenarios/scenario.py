"""A scenario: a small project whose tests depend on their order, and the truth about it in expected.toml."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from bisect_loop.conditions.toml import loads
from tests.cli.conftest import command_line, environ

SCENARIOS = Path(__file__).parents[2] / "scenarios"
TRUTH = "expected.toml"


@dataclass(frozen=True)
class Finding:
    """What is true of one victim. `polluting_sets` are all that break it: any of them may be named."""

    told: dict[str, Any]

    @property
    def victim(self) -> str:
        return str(self.told["victim"])

    @property
    def polluters(self) -> list[str]:
        return list(self.told.get("polluters", []))

    @property
    def polluting_sets(self) -> list[list[str]]:
        return [self.polluters, *self.told.get("other_polluting_sets", [])]

    @property
    def cause(self) -> dict[str, str]:
        return dict(self.told.get("cause", {}))

    @property
    def fixes(self) -> list[dict[str, Any]]:
        """Those that are written down as edits, so that they can be tried."""
        return [fix for fix in self.told.get("fix", []) if "edit" in fix]


@dataclass(frozen=True)
class Scenario:
    """`root` is the project's folder: the one in the repository, or a copy of it."""

    root: Path

    @property
    def name(self) -> str:
        return self.root.name

    @cached_property
    def truth(self) -> dict[str, Any]:
        return dict(loads((self.root / TRUTH).read_text(encoding="utf-8")))

    @property
    def findings(self) -> list[Finding]:
        return [Finding(told) for told in self.truth.get("finding", [])]

    @property
    def conditions(self) -> dict[str, Any]:
        return dict(self.truth.get("conditions", {}))

    @property
    def also(self) -> frozenset[str]:
        """Further victims, which only other orders show than the one that is run."""
        return frozenset(self.truth.get("orders", {}).get("also", []))

    @property
    def options(self) -> list[str]:
        """What `bisect-loop run` is told of the conditions; what CI's own file sets it is to find itself."""
        services = [word for name in self.conditions.get("services", []) for word in ("--service", name)]
        values = self.conditions.get("set", {}).items()
        return [*services, *(word for name, value in values for word in ("--env", f"{name}={value}"))]

    @property
    def in_plain_run(self) -> bool:
        """Whether it is worth its seconds in each run of the tests; `python -m tests.scenarios` runs every one."""
        return bool(self.truth.get("cost", {}).get("plain_run", True))

    @property
    def fits(self) -> bool:
        """Whether it shows on this interpreter."""
        below = self.conditions.get("python_below", "4")
        return sys.version_info[:2] < tuple(int(part) for part in below.split("."))

    def copy(self, to: Path) -> Scenario:
        """A copy in the folder `to`: nothing is written into the project's own tree."""
        ignored = shutil.ignore_patterns(".bisect-loop", "__pycache__", ".pytest_cache", ".ruff_cache")
        shutil.copytree(self.root, to / self.name, ignore=ignored)
        return Scenario(to / self.name)

    def run(self, *args: str, plugins: bool = True) -> tuple[int, dict[str, Any], str]:
        """(exit code, JSON result, what was printed) of `bisect-loop run`."""
        out = self.root.parent / f"{self.name}.json"
        words = command_line("run", "-C", str(self.root), "--json", str(out), *args)
        done = subprocess.run(words, capture_output=True, text=True, env=environ(plugins=plugins))
        assert "Traceback" not in done.stderr, done.stderr
        assert out.exists(), done.stderr
        return done.returncode, json.loads(out.read_text()), done.stdout

    def shell(self, command: str, *, plugins: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a printed command as its reader would."""
        env = environ(plugins=plugins)
        return subprocess.run(command, shell=True, cwd=self.root, env=env, capture_output=True, text=True)

    def pytest(self, *args: str, conditions: bool = True) -> subprocess.CompletedProcess[str]:
        """Run plain pytest, with the plugins that the project asks for; services are those of the environment."""
        env = {**environ(plugins=False), "PYTHONDONTWRITEBYTECODE": "1"}
        if conditions:
            env |= {**self.conditions.get("ci", {}), **self.conditions.get("set", {})}
            args = (*args, "--cov", "--cov-report=") if self.conditions.get("coverage") else args
        else:
            for name in self.conditions.get("env", []):
                env.pop(name, None)
        words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *args]
        return subprocess.run(words, cwd=self.root, env=env, capture_output=True, text=True)


def scenarios(*names: str) -> list[Scenario]:
    """All of them that show on this interpreter, or those that are named."""
    found = [Scenario(path.parent) for path in sorted(SCENARIOS.glob(f"*/{TRUTH}"))]
    return [scenario for scenario in found if (scenario.name in names if names else scenario.fits)]
