"""`bisect-loop scan`: find without running what poisons event loops across tests."""

from __future__ import annotations

import os
from pathlib import Path

import click

from bisect_loop.cli import Failed
from bisect_loop.scan import ScanConfig, SettingsError, read_scan_config, scan
from bisect_loop.scan.ci import ci_environment
from bisect_loop.scan.render import FORMATS, render

_ROOT_FILES = (
    "pytest.toml",
    ".pytest.toml",
    "pytest.ini",
    ".pytest.ini",
    "pyproject.toml",
    "tox.ini",
    "setup.cfg",
)


@click.command("scan")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("-C", "directory", type=click.Path(path_type=Path), help="Run as if started in this directory.")
@click.option("--format", "style", type=click.Choice(list(FORMATS)), default="text", show_default=True)
@click.option("--select", multiple=True, metavar="CODES", help="Rules to run, or prefixes: BL001,BL1.")
@click.option("--ignore", multiple=True, metavar="CODES", help="Rules to leave out.")
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Paths to leave out, besides the usual.")
@click.option("--ci", "ci", metavar="FILE[:JOB]", help="Look here for the variables that CI sets.")
@click.option("--no-ci", is_flag=True, help="Say nothing about what CI sets.")
@click.option("--debug", is_flag=True, help="Show tracebacks of this tool.")
def command(
    paths: tuple[Path, ...],
    directory: Path | None,
    style: str,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    exclude: tuple[str, ...],
    ci: str | None,
    no_ci: bool,
    debug: bool,
) -> int:
    """Find wire-ups that leak event loops from test to test, without running anything.

    Looks at PATHS (default: the working directory), and reads the whole project around them to tell which tests
    get where. Exits with 1 where there are findings.
    """
    del debug
    if directory is not None and not directory.is_dir():
        raise Failed(f"{directory}: no such directory", 4)
    here = (directory or Path()).absolute()
    wanted = [here / path for path in paths] or [here]
    try:
        root = find_root(wanted)
        given = read_scan_config(root)
        config = ScanConfig(
            select=_codes(select) or given.select,
            ignore=(*given.ignore, *_codes(ignore)),
            exclude=(*given.exclude, *exclude),
        )
        ci_env = None if no_ci else ci_environment(root, str(here / ci) if ci else None)
        report = scan(wanted, root, config=config, ci_env=ci_env)
    except SettingsError as error:
        raise Failed(str(error), 4) from error
    way = Path(os.path.relpath(root, here)).as_posix()
    text: str = render(report, style, "" if way == "." else f"{way}/")
    # A path may hold bytes that are no text.
    click.echo(text.encode("utf-8", "backslashreplace"), nl=False)
    return report.exit_code


def find_root(paths: list[Path]) -> Path:
    """Return the nearest directory at or above all `paths` that configures pytest, as pytest looks for its rootdir.

    Where there is none, it is the directory that they share.
    """
    common = Path(os.path.commonpath([path if path.is_dir() else path.parent for path in paths]))
    for folder in (common, *common.parents):
        if any((folder / name).is_file() for name in _ROOT_FILES):
            return folder.resolve()
    return common.resolve()


def _codes(given: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(code.strip() for each in given for code in each.split(",") if code.strip())
