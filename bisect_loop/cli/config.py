"""Options out of [tool.bisect-loop] in pyproject.toml, as defaults of the command line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from bisect_loop.cli import Failed

# Key of the file -> parameter of the command, where the two differ.
_PARAMETERS = {"order": "order_file"}


class Configured(click.Command):
    """A command whose defaults come from the project's file. What the file gives as `args` goes to ctx.obj."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        directory = _directory(args)
        config = _read(directory)
        known = {parameter.name for parameter in self.params}
        ctx.default_map = {name: value for name, value in config.items() if name in known}
        if not ctx.obj and config.get("args"):
            ctx.obj = tuple(config["args"])
        return super().parse_args(ctx, args)


def _directory(args: Sequence[str]) -> Path:
    """Where the command runs: what -C says, before the options are parsed."""
    for index, word in enumerate(args):
        if word == "-C" and index + 1 < len(args):
            return Path(args[index + 1]).absolute()
        if word.startswith("-C") and len(word) > 2:
            return Path(word[2:]).absolute()
    return Path().absolute()


def _read(directory: Path) -> dict[str, Any]:
    """What the nearest pyproject.toml at or above `directory` sets. Raises Failed."""
    root = next((path for path in (directory, *directory.parents) if (path / "pyproject.toml").is_file()), None)
    if root is None or "bisect-loop" not in (root / "pyproject.toml").read_text(encoding="utf-8", errors="replace"):
        return {}  # most projects: nothing to parse, nothing to import
    from bisect_loop.conditions.project import ConfigError, read_config

    try:
        config = read_config(root)
    except ConfigError as error:
        raise Failed(str(error), 4) from error
    values: dict[str, Any] = {}
    for name in config.__dataclass_fields__:
        value = getattr(config, name)
        if value is None or name == "path":
            continue
        if name == "env":
            value = [f"{variable}={text}" for variable, text in value]
        elif name == "orders":
            value = ",".join(value)
        elif name == "ci" and value is False:
            name, value = "no_ci", True
        values[_PARAMETERS.get(name, name)] = value
    return values
