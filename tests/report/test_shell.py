"""A command that is laid out over lines does what it did on one."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bisect_loop.report.shell import wrap


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A program that prints the variable A and its arguments, in a way that tells them apart."""
    program = tmp_path_factory.mktemp("bin") / "show"
    program.write_text('#!/bin/sh\nprintf \'<%s>\' "$A" "$@"\n')
    program.chmod(0o755)
    return shlex.quote(str(program))


def run(command: str, cwd: Path) -> bytes:
    done = subprocess.run(
        ["sh", "-c", command.encode("utf-8", "surrogateescape")], capture_output=True, cwd=cwd, check=True
    )
    assert done.stderr == b""
    return done.stdout


ARGUMENTS = [
    "tests/test_a.py::test_it[a b]",
    "tests/test_a.py::test_it['quoted' \"twice\" $HOME `ls` \\ back]",
    "tests/test_a.py::test_it[one\ntwo\n]",
    "tests/test_a.py::test_it[\x1b[31m\x07\t\r\x7f\x85\u202e]",
    "tests/test_a.py::test_it[\udcff]",
    "tests/test_ü.py::TestÄ::test_テスト[…\xa0\u3000]",
    "",
    "#no-comment",
    "-k",
    "not slow and (a or b)",
]

CHARS = st.characters(exclude_characters="\0", exclude_categories=("Cs",)) | st.sampled_from("'\"\\ \n\t$`#\x1b\udc80")
WORDS = st.lists(st.text(CHARS, max_size=12), max_size=6)


@pytest.mark.parametrize("width", [1, 30, 80])
def test_hard_words_reach_the_program_unchanged(show: str, tmp_path: Path, width: int) -> None:
    """Blanks, quotes, newlines, control characters, surrogates and non-ASCII text survive, environment too."""
    command = f"A={shlex.quote(ARGUMENTS[1])} {show} {shlex.join(ARGUMENTS)}"

    laid_out = wrap(command, width, "    ")

    assert run(laid_out, tmp_path) == run(command, tmp_path)
    assert all(char.isprintable() or char in "\n\xa0" for char in laid_out)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=WORDS, width=st.integers(1, 60), indent=st.integers(0, 20))
def test_any_words_reach_the_program_unchanged(
    show: str, tmp_path: Path, words: list[str], width: int, indent: int
) -> None:
    """sh does the same with the laid-out command as with the one line."""
    command = f"{show} {shlex.join(words)}"

    assert run(wrap(command, width, " " * indent), tmp_path) == run(command, tmp_path)


@pytest.mark.parametrize(
    "command",
    [
        'A="x  y" {show} "a  b" \'c  d\' e\\ \\ f "$A" "`printf "g  h"`" pre"mid  dle"post',
        "cd . && {show} a   b | cat > out; cat out",
        '{show} "${{A:-"i  j"}}" k',
        "{show} $(printf 'a b')  \"$(printf 'c  d')\"",
    ],
)
def test_other_quoting_is_kept(show: str, tmp_path: Path, command: str) -> None:
    """Double quotes, backslashes, substitutions and operators that others wrote stay in force."""
    command = command.format(show=show)

    assert run(wrap(command, 20, "  "), tmp_path) == run(command, tmp_path)


@pytest.mark.parametrize(
    "command",
    ["cat <<END\na\nEND", "pytest a # a remark", "echo 'open", 'echo "open', "a \\\n b", "a `b  c` d", ""],
)
def test_what_is_no_plain_command_is_left_as_it_is(command: str) -> None:
    """Where a break could change the meaning, none is made."""
    assert wrap(command, 3, " ") == command


def test_lines_fit_and_options_keep_their_values() -> None:
    """Lines are filled up to the width, the backslash included; `-p` is not parted from its plugin."""
    command = (
        "REDIS_URL=redis://127.0.0.1:1/0 pytest -p no:randomly tests/test_a.py::test_one tests/test_b.py::test_two"
    )

    assert wrap(command, 46, "    ").split("\n") == [
        "REDIS_URL=redis://127.0.0.1:1/0 pytest \\",
        "    -p no:randomly tests/test_a.py::test_one \\",
        "    tests/test_b.py::test_two",
    ]
    assert wrap(command, 1000) == command
