"""`bisect-loop scan` as a command: exit codes, options, and where paths are seen from."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from bisect_loop.cli import main
from bisect_loop.cli import scan as command

from .writing import write

CLIENT = "import httpx\nclient = httpx.AsyncClient()\n"


def run(*arguments: str | Path) -> int:
    """Run the command line and return its exit code."""
    with pytest.raises(SystemExit) as stop:
        main(["scan", *map(str, arguments)])
    code = stop.value.code
    assert isinstance(code, int)
    return code


def test_findings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Findings give exit code 1; -C is where paths are seen from."""
    write(tmp_path, {"pkg/app.py": CLIENT, "pyproject.toml": ""})
    assert run("-C", tmp_path) == 1
    assert capsys.readouterr().out.startswith("pkg/app.py:2:1: BL001 ")
    assert run("-C", tmp_path / "pkg", "app.py") == 1
    assert capsys.readouterr().out.startswith("../pkg/app.py:2:1: BL001 ")


def test_nothing_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A clean project gives exit code 0."""
    write(tmp_path, {"app.py": CLIENT})
    assert run("-C", tmp_path, "--ignore", "BL001,BL002") == 0
    assert capsys.readouterr().out == "0 findings in 1 file, 2 lines\n"


def test_options_add_to_the_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--select takes the place of the table's, --ignore and --exclude add to it."""
    config = "[tool.bisect-loop.scan]\nselect = ['BL1']\nexclude = ['old']\n"
    write(tmp_path, {"app.py": CLIENT, "old/app.py": CLIENT, "new/app.py": CLIENT, "pyproject.toml": config})
    assert run("-C", tmp_path) == 0
    assert run("-C", tmp_path, "--select", "BL001", "--exclude", "new", "--format", "json") == 1
    data = json.loads(capsys.readouterr().out.partition("\n")[2])
    assert [finding["path"] for finding in data["findings"]] == ["app.py"]


def test_what_ci_sets_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The project's workflow is read, unless --no-ci says otherwise."""
    workflow = "on: push\njobs:\n  t:\n    runs-on: x\n    env: {URL: a}\n    steps:\n      - run: pytest\n"
    app = "import os, httpx\nif os.getenv('URL'):\n    client = httpx.AsyncClient()\n"
    write(tmp_path, {"app.py": app, ".github/workflows/ci.yml": workflow, ".git/HEAD": ""})
    assert run("-C", tmp_path) == 1
    assert "only with URL (set in .github/workflows/ci.yml:5);" in capsys.readouterr().out
    assert run("-C", tmp_path, "--no-ci") == 1
    assert "only with URL;" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [["nowhere"], ["--select", "BL9"], ["--format", "xml"], ["--nonsense"], ["--ci", "nowhere.yml"], ["-C", "app.py"]],
)
def test_usage_errors(tmp_path: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be meant gives exit code 4 and one sentence."""
    assert run("-C", tmp_path, *arguments) == 4
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("bisect-loop: ")


def test_an_interrupt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interrupted scan gives exit code 2."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "scan", interrupted)
    assert run("-C", tmp_path) == 2


def test_paths_that_are_no_text(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """A file name of undecodable bytes is shown escaped."""
    folder = os.fsencode(tmp_path)
    with open(folder + b"/bad\xff.py", "wb") as file:  # noqa: PTH123
        file.write(CLIENT.encode())
    assert run("-C", tmp_path) == 1
    assert b"bad\\udcff.py:2:1: BL001" in capfdbinary.readouterr().out
