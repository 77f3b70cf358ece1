"""`[tool.bisect-loop]` in pyproject.toml."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bisect_loop.conditions.project import Config, ConfigError, read_config

EVERYTHING = """
[project]
name = "x"

[tool.bisect-loop]
paths = ["tests", "more tests"]
args = "-p no:cacheprovider -k 'a and b'"
services = ["redis", "postgres=docker:postgres:16"]
ci = "ci.yml:test"
reset-external = ["redis"]
coverage = true
workers = 2
orders = "default, reverse,shuffle:8"
order = "order.txt"
victim = "tests/a.py::test_x"
from-log = "job.log"
jobs = 4
timeout = "1m30s"
budget = 600
most-orders = 50
confirm = 5
python = ".venv/bin/python"
runner = "fresh"
roles = false
fixes = false
all-fixes = true
json = "a.json"
html = "a.html"
junit = "a.xml"
sarif = "a.sarif"
markdown = "a.md"
dry_run = false
debug = false

[tool.bisect-loop.env]
REDIS_URL = "redis://localhost"
"""


def config(tmp_path: Path, text: str) -> Config:
    (tmp_path / "pyproject.toml").write_text(dedent(text).lstrip("\n"), encoding="utf-8")
    return read_config(tmp_path)


def test_every_key(tmp_path: Path) -> None:
    """Each option has its key, and each key ends in a value of the option's type."""
    found = config(tmp_path, EVERYTHING)
    assert found == Config(
        path=tmp_path / "pyproject.toml",
        paths=("tests", "more tests"),
        args=("-p", "no:cacheprovider", "-k", "a and b"),
        env=(("REDIS_URL", "redis://localhost"),),
        services=("redis", "postgres=docker:postgres:16"),
        ci="ci.yml:test",
        reset_external=("redis",),
        coverage=True,
        workers=2,
        orders=("default", "reverse", "shuffle:8"),
        order="order.txt",
        victim="tests/a.py::test_x",
        from_log="job.log",
        jobs=4,
        timeout=90.0,
        budget=600.0,
        most_orders=50,
        confirm=5,
        python=".venv/bin/python",
        runner="fresh",
        roles=False,
        fixes=False,
        all_fixes=True,
        json="a.json",
        html="a.html",
        junit="a.xml",
        sarif="a.sarif",
        markdown="a.md",
        dry_run=False,
        debug=False,
    )
    assert not [field.name for field in fields(Config) if getattr(found, field.name) is None]


def test_nothing_set(tmp_path: Path) -> None:
    """No file, no table, an empty table: nothing is set."""
    assert read_config(tmp_path) == Config()
    assert config(tmp_path, '[project]\nname = "x"\n') == Config()
    assert config(tmp_path, "[tool.bisect-loop]\n") == Config(path=tmp_path / "pyproject.toml")


def test_other_ways_to_write(tmp_path: Path) -> None:
    """Underscores, a list for a text, a table of services, dotted keys, `ci = false`, a BOM."""
    text = """
    \ufeff[tool]
    bisect-loop.reset_external = "redis"
    bisect-loop.args = ["-x"]
    bisect-loop.ci = false
    bisect-loop.services = { redis = "embedded", postgres = "" }
    bisect-loop.env.A = "1"
    bisect-loop.timeout = 2.5
    """
    found = config(tmp_path, text)
    assert (found.reset_external, found.args, found.ci, found.timeout) == (("redis",), ("-x",), False, 2.5)
    assert found.services == ("redis=embedded", "postgres")
    assert found.env == (("A", "1"),)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("time-out = 3", ":3: [tool.bisect-loop] has no key 'time-out'; did you mean 'timeout'?"),
        ("resetexternal = 3", ":3: [tool.bisect-loop] has no key 'resetexternal'; did you mean 'reset-external'?"),
        ("zzz = 3", ":3: [tool.bisect-loop] has no key 'zzz'; the keys are all-fixes, args, budget, ci, "),
        ('jobs = "4"', ':3: `jobs` must be a whole number of at least 1, without quotes, not "4".'),
        ("jobs = 0", ":3: `jobs` must be a whole number of at least 1, without quotes, not 0."),
        ("jobs = true", ":3: `jobs` must be a whole number of at least 1, without quotes, not true."),
        ('coverage = "yes"', ':3: `coverage` must be true or false, not "yes".'),
        ('timeout = "soon"', ':3: `timeout` must be seconds, or a text like "90s", "10m", "1h30m", not "soon".'),
        ("budget = -1", ":3: `budget` must be seconds, "),
        ("timeout = inf", ":3: `timeout` must be seconds, "),
        ("paths = [1]", ":3: `paths` must be a list of texts, not a list."),
        ('args = "-k \'a"', ":3: `args` must be a list of texts, or one text with its quotes closed"),
        ('env = "A=1"', ":3: `env` must be a table of variables"),
        ("env = { A = 1 }", ":3: `env` must be a table of texts: put the value of A in quotes"),
        ("ci = true", ":3: `ci` must be a file with or without a job"),
        ('runner = "spoon"', ':3: `runner` must be one of "auto", "fork", "fresh", not "spoon".'),
        ('python = ""', ':3: `python` must be text in quotes, not "".'),
        ("services = 3", ":3: `services` must be a list like"),
        ("jobs = 4\nworkers = [", ":5: not valid TOML: "),
        ("jobs = = 4", ":3: not valid TOML: "),
        ("most_orders = 4\nmost-orders = 5", ":4: 'most-orders' is set twice"),
    ],
)
def test_mistakes_are_one_sentence_with_line_and_mend(tmp_path: Path, line: str, said: str) -> None:
    """Each message names the file, the line, the key and what to write."""
    with pytest.raises(ConfigError) as caught:
        config(tmp_path, f"[tool.bisect-loop]\n# a comment = 1\n{line}\n")
    message = str(caught.value)
    assert message.startswith(f"pyproject.toml{said}")
    assert "\n" not in message
    assert message[-1] in ".?"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[tool]\nbisect-loop = 3\n", 2),
        ("[tool]\nx = 1\nbisect-loop = { jobs = 1, oops = 2 }\n", 3),
        ("[tool.other]\noops = 1\n[tool.bisect-loop]\njobs = 1\n\n[tool.bisect-loop.oops]\na = 1\n", 6),
        ("[tool.bisect-loop]\njobs = 1\n[tool]\n'bisect-loop'.x = 1\n", 4),
        ('[tool."bisect-loop"]\n"oops" = 1\n', 2),
        ("tool.bisect-loop.oops = 1\n", 1),
    ],
)
def test_the_line_is_found_however_it_is_written(tmp_path: Path, text: str, line: int) -> None:
    """Headers, inline tables, dotted and quoted keys."""
    with pytest.raises(ConfigError, match=rf"^pyproject\.toml:{line}: "):
        config(tmp_path, text)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Whatever stands in the file, the end is a Config or one sentence."""
    place = tmp_path_factory.getbasetemp() / "any"
    place.mkdir(exist_ok=True)
    try:
        (place / "pyproject.toml").write_text("[tool.bisect-loop]\n" + text, encoding="utf-8")
    except UnicodeEncodeError:
        return
    try:
        assert isinstance(read_config(place), Config)
    except ConfigError as error:
        assert str(error).startswith("pyproject.toml")
