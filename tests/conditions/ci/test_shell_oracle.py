"""The shell reader against a real shell: what it says that a script runs is what bash runs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bisect_loop.conditions.ci.facts import EnvEntry, Source
from bisect_loop.conditions.ci.files import Files
from bisect_loop.conditions.ci.shell.state import State
from bisect_loop.conditions.ci.shell.walk import Frame, Walk

BASH = shutil.which("bash")
pytestmark = pytest.mark.skipif(BASH is None, reason="bash is the oracle, and it is not installed")

Seen = tuple[str, ...]

# The stand-in for pytest notes what reaches it: its arguments, the directory, two variables.
RECORDER = """#!/bin/sh
for word in "$#" "$@" "${PWD#$ROOT}" "${A-unset}" "${B-unset}"; do printf '%s\\0' "$word"; done >> "$ROOT/seen"
"""
NAMES = ["A", "B", "C"]
VALUES = ["", "x", "x y", "1", "a*b", "d1", "-v", "ü"]
WORDS = [
    *("t", "-x", "'a b'", '"q  r"', "\\$A", "a\\ b", "'$A'", "{t,u}.py", "$'p\\tq'", "--k='a b'", '"$@"', "*.py"),
    *(
        "$%n",
        '"$%n"',
        "x${%n}y",
        "${%n:-d e}",
        '"${%n:-d e}"',
        "${%n-z}",
        "${%n:+set}",
        '"${%n+s t}"',
        "$1",
        "pre'$%n'$%n",
    ),
]
TESTS = [
    *('[ -n "$%n" ]', '[ -z "$%n" ]', '[ "$%n" = "x" ]', "[[ $%n == x* ]]", '[[ "$%n" != "1" && -n "$%m" ]]'),
    *('! [ -n "$%n" ]', '[[ ! ( "$%n" == x || -z $%m ) ]]', 'test "$%n" != x', "true", "false", "! true"),
]
SIMPLE = [
    *(
        "pytest %w %w",
        "A=%w pytest %w %w",
        "A=%w B=$A pytest %w",
        "pytest \\\n  %w \\\n  %w",
        "export %n=%w",
        "%n=%w",
        "%n+=%w",
    ),
    *(
        "export %n",
        "unset %n",
        'cd "$ROOT/d1"',
        'cd ..; cd "$ROOT"',
        '(cd "$ROOT/d1" && pytest in)',
        'pytest "$@" $1',
        "pytest t | cat",
    ),
    *(":", 'env B="x $A" pytest %w', "sh -c 'pytest \"$1\" $A' - %w", "shift", "set -- %w %w", 'eval "pytest %w"'),
]
COMPOUND = [
    *(
        "if %t; then\n  %s\nfi",
        "if %t\nthen %s\nelif %t; then %s; else\n%s\nfi",
        "for C in %w %w; do\n%s\ndone",
        "%t && %s",
        "%t || %s",
    ),
    *(
        'case "$%n" in x|1) %s ;;\n x*)\n%s\n;; *) %s ;; esac',
        "( %s )",
        "{ %s; }",
        "{ f() {\n%s\n}\nf %w; }",
        "%s\n%s",
        "%s; %s",
        "%t && %s || %s",
    ),
]


@st.composite
def scripts(draw: Callable[..., object], depth: int = 3) -> str:
    """A script in which the templates' %w (word), %t (test), %s (script), %n and %m (names) are filled in."""

    def pick(options: list[str]) -> str:
        return str(draw(st.sampled_from(options)))

    def fill(template: str, left: int) -> str:
        def one(match: re.Match[str]) -> str:
            if match[0] in ("%n", "%m"):
                return pick(NAMES)
            if match[0] == "%s":
                return fill(pick(SIMPLE + COMPOUND if left else SIMPLE), left - 1)
            return fill(pick(WORDS if match[0] == "%w" else TESTS), left)

        return re.sub("%[wtsnm]", one, template)

    return fill(pick(COMPOUND), depth)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("oracle").resolve()
    (root / "bin").mkdir()
    (root / "d1").mkdir()
    (root / "d1/z.py").touch()
    (root / "m.py").touch()
    (root / "bin/pytest").write_text(RECORDER)
    (root / "bin/pytest").chmod(0o755)
    yield root


def as_bash_runs_it(root: Path, script: str, env: dict[str, str]) -> list[Seen]:
    seen = root / "seen"
    seen.write_bytes(b"")
    path = f"{root / 'bin'}{os.pathsep}{os.environ['PATH']}"
    command = [str(BASH), "-c", script, "script", "p1", "p 2"]
    variables = {"PATH": path, "ROOT": str(root), "LC_ALL": "C.UTF-8", **env}
    subprocess.run(command, cwd=root, env=variables, capture_output=True, timeout=30, check=False)
    fields = seen.read_bytes().decode().split("\0")[:-1]
    found = []
    while fields:
        size = int(fields[0]) + 4
        found.append((*fields[1 : size - 3], fields[size - 3].strip("/") or ".", *fields[size - 2 : size]))
        fields = fields[size:]
    return found


def as_it_is_read(root: Path, script: str, env: dict[str, str]) -> list[Seen]:
    source = Source("ci.yml", 1)
    entries = {name: EnvEntry(name, value, source, "job") for name, value in {"ROOT": str(root), **env}.items()}
    walk = Walk()
    walk.script(script, State(Files(root), entries, arguments=("p1", "p 2")), Frame(source))
    assert not walk.unresolved
    found = []
    for command in walk.commands:
        assert not command.unresolved, command
        values = {entry.name: entry.value for entry in command.env}
        variables = (values.get("A", "unset"), values.get("B", "unset"))
        found.append((*command.argv[1:], command.working_directory, *map(str, variables)))
    return found


@settings(max_examples=50, deadline=None)
@given(scripts(), st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VALUES)))
def test_reads_what_bash_runs(place: Path, script: str, env: dict[str, str]) -> None:
    """Commands, arguments, directory and environment are those that bash gives to pytest, repeats counted once."""
    expected = as_bash_runs_it(place, script, env)
    assert list(dict.fromkeys(as_it_is_read(place, script, env))) == list(dict.fromkeys(expected))
