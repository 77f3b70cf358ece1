"""The command line, one command a file, imported when called. Only this package reads argv and os.environ."""

from __future__ import annotations

import importlib
import sys
from typing import NoReturn

import click

from bisect_loop import __version__
from bisect_loop.cli import interrupts

_COMMANDS = ("run", "replay", "hunt", "scan", "report", "init", "with")


class _Commands(click.Group):
    """Finds a command in the module of its name, so that one command pays for no other's imports."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        name = "with_" if cmd_name == "with" else cmd_name
        command: click.Command = importlib.import_module(f"bisect_loop.cli.{name}").command
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="bisect-loop")
def cli() -> None:
    """Reproduce a test that fails only in CI, and name the test that breaks it.

    \b
    bisect-loop run tests/            try orders, narrow what fails, confirm it
    bisect-loop replay FINDING        does it still fail?
    bisect-loop hunt --budget 30m     look for what nobody has seen yet
    """


def main(argv: list[str] | None = None) -> NoReturn:
    """Run the command line and exit: 0, 1, 2 interrupted, 3 internal error, 4 usage error, 5 no tests."""
    args = list(sys.argv[1:] if argv is None else argv)
    # What stands behind "--" is another program's: pytest's arguments, or the command of `with`.
    rest: tuple[str, ...] = ()
    if "--" in args:
        cut = args.index("--")
        args, rest = args[:cut], tuple(args[cut + 1 :])
    interrupts.install()
    debug = "--debug" in args
    try:
        code = cli.main(args, prog_name="bisect-loop", standalone_mode=False, obj=rest)
    except click.exceptions.Exit as stop:
        code = stop.exit_code
    except click.ClickException as error:
        click.echo(f"bisect-loop: {error.format_message()}", err=True)
        code = error.code if isinstance(error, Failed) else 4
    except (click.Abort, KeyboardInterrupt):
        interrupts.hold()
        click.echo("bisect-loop: interrupted", err=True)
        code = 2
    except BrokenPipeError:
        code = 0
    except Exception as error:
        if debug:
            raise
        click.echo(
            f"bisect-loop: internal error, please report it: {type(error).__name__}: {error}"
            " (--debug shows where it arose)",
            err=True,
        )
        code = 3
    sys.exit(code or 0)


class Failed(click.ClickException):
    """Ends a command with one sentence and an exit code of its own."""

    def __init__(self, sentence: str, code: int) -> None:
        super().__init__(sentence)
        self.code = code
