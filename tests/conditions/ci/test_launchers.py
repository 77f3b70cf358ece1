"""From what a script writes to the pytest command behind it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from .build import argvs, env_of, project, run_step


@pytest.mark.parametrize(
    ("script", "argv"),
    [
        ("pytest", "pytest"),
        ("py.test -x", "pytest -x"),
        ("python -m pytest -k 'a and b'", "python -m pytest -k a and b"),
        ("python3.12 -bb -W error -Im pytest t", "python -m pytest t"),
        ("./.venv/bin/python -mpytest", "python -m pytest"),
        (".venv/bin/pytest t", "pytest t"),
        ("FOO=1 pytest", "pytest"),
        ("env -u X FOO=1 pytest", "pytest"),
        ("sudo -E timeout -k 5 10m pytest", "pytest"),
        ("xvfb-run -a --server-args='-screen 0 1x1x8' pytest", "pytest"),
        ("time pytest", "pytest"),
        ("uv run pytest", "pytest"),
        ("uv run --with x --extra a --python 3.12 -- pytest -x", "pytest -x"),
        ("uv run -m pytest t", "python -m pytest t"),
        ("uv run --frozen coverage run -m pytest", "python -m pytest"),
        ("uvx --with pytest-cov pytest", "pytest"),
        ("uv tool run --from pytest pytest -x", "pytest -x"),
        ("poetry run pytest", "pytest"),
        ("poetry -C sub run python -m pytest", "python -m pytest"),
        ("pdm run -v pytest", "pytest"),
        ("pipenv run pytest t", "pytest t"),
        ("rye run pytest", "pytest"),
        ("hatch run pytest t", "pytest t"),
        ("conda run -n env --no-capture-output pytest", "pytest"),
        ("coverage run --source pkg -m pytest -q", "python -m pytest -q"),
        ("python -m coverage run -p -m pytest", "python -m pytest"),
        ("coverage run $(which pytest) -q", "python -m pytest -q"),
        ("bash -lc 'pytest -x'", "pytest -x"),
        ("pip install -e . && cd . && pytest", "pytest"),
        ("pytest || exit 1", "pytest"),
        ("set -o pipefail; pytest 2>&1 | tee log", "pytest"),
        ("pytest \\\n  -x \\\n  tests", "pytest -x tests"),
        ("if ! pytest; then exit 1; fi", "pytest"),
        ("for d in a b; do\n  true\ndone\npytest $d", "pytest b"),
        ("cat <<EOF > cfg\nit's [x\nEOF\npytest", "pytest"),
        ("ddtrace-run pytest", "pytest"),
        ("dbus-run-session -- pytest", "pytest"),
        ("exec pytest", "pytest"),
        ("pytest --ignore={a,b}", "pytest --ignore=a --ignore=b"),
        ("args=(-x -v)\npytest t", "pytest t"),
    ],
)
def test_pytest_is_found_behind_wrappers(tmp_path: Path, script: str, argv: str) -> None:
    """Whatever runs the command that follows it is looked through."""
    variant = run_step(tmp_path, script)
    assert argvs(variant) == [argv]
    assert not variant.unresolved
    assert not variant.commands[0].unresolved


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("invoke tests", "its tasks are Python code in tasks.py, which is not read"),
        ("just test", "its recipes in the justfile are not read"),
        ("docker compose run web pytest", "it runs inside a container"),
        ("docker run -v .:/x image pytest", "it runs inside a container"),
        ("python setup.py test", "`setup.py test` is a runner of its own, not pytest"),
        ("python manage.py test", "`manage.py test` is a runner of its own, not pytest"),
        ("python run_tests.py", "run_tests.py is Python code, which is not read"),
        ("./run_tests.sh", "the script ./run_tests.sh is not in the repository"),
        ("make test", "no Makefile is in the repository where it runs"),
        ("tox -e py311", "no tox settings are in the repository where it runs"),
        ("nox -s tests", "no noxfile.py is in the repository where it runs"),
        ("pdm run test", "what 'test' is to pdm is not in the project's files"),
        ("find . | xargs pytest", "its arguments come through a pipe"),
        ("$RUNNER_TOOL test", "which program runs is not known from the files"),
        ("nosetests", "it is no program whose way to pytest is known"),
        ("if pytest", "the script cannot be read: 'then' is missing"),
        ("pytest 'tests", "the script cannot be read: a single quote is never closed"),
    ],
)
def test_what_cannot_be_followed_says_why(tmp_path: Path, script: str, reason: str) -> None:
    """A command that may run the tests is shown with the reason, never dropped and never guessed."""
    variant = run_step(tmp_path, script)
    assert not variant.commands
    assert [unresolved.reason for unresolved in variant.unresolved] == [reason]
    assert str(variant.unresolved[0].source) == ".github/workflows/ci.yml:8"


@pytest.mark.parametrize(
    "script", ["pip install pytest", "echo pytest", "apt-get install -y x", "coverage xml", "tox -l"]
)
def test_what_runs_no_test_is_no_finding(tmp_path: Path, script: str) -> None:
    """A mention of pytest is not a run of it."""
    variant = run_step(tmp_path, script)
    assert not variant.commands
    assert not variant.unresolved


def test_parts_of_a_command_that_stay_open(tmp_path: Path) -> None:
    """An argument from a command's output or the runner is shown as written, and the command marked."""
    variant = run_step(tmp_path, 'pytest -n $(nproc) "$HOME/x" ${{ inputs.more }} $UNSET')
    (command,) = variant.commands
    assert command.argv == ("pytest", "-n", "$(nproc)", "$HOME/x", "${{ inputs.more }}")
    assert command.unresolved == ("$(nproc)", "$HOME", "${{ inputs.more }}")
    assert command.notes == ("UNSET is set in no file: taken as unset",)


def test_an_undecided_condition_is_shown(tmp_path: Path) -> None:
    """Both ways of an `if` that only a run decides are read, each with its condition, and the certain one first."""
    variant = run_step(
        tmp_path,
        """
        if [ -f quick ]; then
          pytest -m quick
          export MODE=q
        else
          pytest -m slow
        fi
        pytest -m "$MODE"
        """,
    )
    assert [(command.argv[-1], command.condition) for command in variant.commands] == [
        ("$MODE", ""),
        ("quick", "if [ -f quick ]"),
        ("slow", "if not [ -f quick ]"),
    ]


def test_directories_and_exports(tmp_path: Path) -> None:
    """`cd`, `export`, a subshell and a prefix reach pytest as the shell would let them."""
    variant = run_step(
        tmp_path,
        """
        export A=1
        B=2
        (cd sub; C=3 pytest one)
        cd ./other/..
        pytest two --b=$B
        cd "$(dirname "$0")/away" && pytest three
        """,
        env={"A": "0", "J": "j"},
    )
    one, two, _ = variant.commands
    assert (one.working_directory, env_of(one)) == ("sub", {"A": "1", "J": "j", "C": "3"})
    assert (two.working_directory, env_of(two), two.argv[-1]) == (".", {"A": "1", "J": "j"}, "--b=2")
    levels = {entry.name: (entry.level, entry.source.line) for entry in one.env}
    assert levels["A"] == ("shell", 10)
    assert levels["C"] == ("shell", 12)
    assert levels["J"] == ("job", 6)


def test_tox_ini(tmp_path: Path) -> None:
    """Factors, substitution, set_env, pass_env and change_dir as `tox config` shows them (checked with tox 4.67)."""
    files = {
        "tox.ini": """
        [tox]
        env_list =
            lint
            py3{11,12}-{redis,pg}-cov
            docs, py{9-10}

        [base]
        args = -q
            -ra
        flags = --strict  # inline comment

        [testenv]
        pass_env =
            TEST_*
            redis: REDIS_URL
        set_env =
            A = 1
            redis: B={env:A}-{env:OUT:dflt}
            pg,docs: C={[base]flags}
            !cov: D=no
            py311-redis: E=both
            Q = a b # comment
            H = x\\#y
        change_dir = {tox_root}/tests
        commands_pre = pip list
        commands =
            redis: pytest {[base]args} -k "a and b" {posargs:default {env:A}} \\
                --long {env_name}
            !redis: python -m pytest {posargs}
            cov: - coverage report
            pytest --x={env:NOPE:{env:A}} {envpython} {/}

        [testenv:lint]
        base =
        commands = ruff check

        [testenv:special]
        base = testenv:lint
        commands = pytest {posargs:special}

        [testenv:py{9-10}]
        commands = pytest range {env:A}
        """
    }
    script = "tox run -e py311-redis-cov,docs -e special -- -x 'y z'\ntox -epy9\ntox -e lint"
    variant = run_step(tmp_path, script, files, env={"REDIS_URL": "r", "OTHER": "o", "TEST_X": "t"})
    assert argvs(variant) == [
        "pytest -q -ra -k a and b -x y z --long py311-redis-cov",
        "pytest --x=1 python /",
        "python -m pytest -x y z",
        "pytest --x=1 python /",
        "pytest -x y z",
        "pytest range 1",
    ]
    first, _, docs = variant.commands[:3]
    common = {"A": "1", "Q": "a b", "H": "x#y", "TEST_X": "t"}
    assert env_of(first) == {**common, "B": "1-dflt", "E": "both", "REDIS_URL": "r"}
    assert env_of(docs) == {**common, "C": "--strict", "D": "no"}
    assert first.working_directory == "tests"
    assert first.through == ("tox -e py311-redis-cov,docs,special, without OTHER",)
    assert str(first.source) == "tox.ini:27"
    assert not variant.unresolved


def test_tox_in_pyproject(tmp_path: Path) -> None:
    """The TOML form with its `replace` tables, and the ini form inside of pyproject.toml."""
    native = """
    [tool.tox]
    env_list = ["3.11", "cov"]
    [tool.tox.env_run_base]
    pass_env = ["PG*"]
    set_env = { A = "1", B = "{env:A}-{env:NO:d}" }
    commands = [["pytest", { replace = "posargs", default = ["tests", "-x"], extend = true }]]
    change_dir = "sub"
    [tool.tox.env.cov]
    set_env = { C = { replace = "env", name = "ZZ", default = "zz" } }
    commands = [
      { replace = "ref", of = ["tool", "tox", "env_run_base", "commands"], extend = true },
      ["coverage", "run", "-m", "pytest", "--e={env_name}"],
    ]
    """
    variant = run_step(tmp_path / "native", "tox -e 3.11\ntox -e cov -- one", {"pyproject.toml": native})
    assert argvs(variant) == ["pytest tests -x", "pytest one", "python -m pytest --e=cov"]
    assert env_of(variant.commands[0]) == {"A": "1", "B": "1-d"}
    assert env_of(variant.commands[2]) == {"C": "zz"}
    assert variant.commands[0].working_directory == "sub"
    legacy = '[tool.tox]\nlegacy_tox_ini = """\n[tox]\nenvlist = py\n[testenv]\ncommands = pytest {posargs}\n"""\n'
    variant = run_step(tmp_path / "legacy", "tox -- -x", {"pyproject.toml": legacy})
    assert argvs(variant) == ["pytest -x"]


def test_nox_sessions(tmp_path: Path) -> None:
    """Names with versions, defaults from options, posargs, lists, chdir; what is computed stays open."""
    files = {
        "noxfile.py": """
        import sys
        import nox
        nox.options.sessions = ["tests"]
        COMMON = ["-ra", "--strict-markers"]

        @nox.session(python=["3.11", "3.12"], name="tests")
        def run_the_tests(session):
            session.install("-e", ".")
            args = session.posargs or ["--cov"]
            if sys.platform.startswith("win"):
                args = args + ["--windows"]
            session.run("pytest", *COMMON, *args, env={"X": "1"})

        @nox.session
        def integration_tests(session: nox.Session) -> None:
            session.chdir("integration")
            if session.interactive:
                session.run("pytest", "-s")
            session.run(*"python -m pytest t".split(), "--version=" + session.python, external=True)
        """
    }
    variant = run_step(tmp_path, "nox\nnox -s tests-3.12 -- -k 'x y'\nnox --session=integration-tests", files)
    assert [argv.replace("  ", " ") for argv in argvs(variant)] == [
        "pytest -ra --strict-markers --cov",
        "pytest -ra --strict-markers -k x y",
        "python -m pytest t --version= session.python",
        "pytest -s",
    ]
    first, _, computed, interactive = variant.commands
    assert (env_of(first), str(first.source)) == ({"X": "1"}, "noxfile.py:12")
    assert (computed.unresolved, computed.working_directory) == (("session.python",), "integration")
    assert interactive.condition == "if session.interactive"
    assert run_step(tmp_path, "nox -s nothing").unresolved[0].reason == "noxfile.py has no session 'nothing'"


MAKEFILE = """
PYTEST ?= python -m pytest
ARGS := -q
ARGS += --durations=3
COMMA = a,b
export DB = sqlite://$(NAME)
NAME = x
all: test

deps:
\tpip install -e .

.PHONY: test
test: deps lint ## run the tests
\t@echo testing
\t-$(PYTEST) $(ARGS) \\
\t    -k "$(COMMA)" $$EXTRA
\tcd sub && pytest $@

lint: ; ruff check
sub: ; $(MAKE) -C inner test X=2
ifeq ($(CI),true)
MODE = ci
endif
mode:
\tpytest --mode=$(MODE) $(shell date)
"""


def test_make_targets(tmp_path: Path) -> None:
    """Prerequisites, variables of all kinds, `$$`, continuations, another directory and what make computes."""
    files = {"Makefile": MAKEFILE, "inner/Makefile": "X = 1\ntest:\n\tpytest --x=$(X)\n"}
    script = "make test\nmake PYTEST='pytest -s' test\nEXTRA=more make\nmake sub\nmake mode"
    variant = run_step(tmp_path, script, files)
    assert argvs(variant) == [
        "python -m pytest -q --durations=3 -k a,b",
        "pytest test",
        "pytest -s -q --durations=3 -k a,b",
        "pytest test",
        "python -m pytest -q --durations=3 -k a,b more",
        "pytest test",
        "pytest --x=2",
        "pytest --mode=$(MODE) $(shell date)",
    ]
    first, second = variant.commands[:2]
    assert (str(first.source), first.through) == ("Makefile:15", ("make test (Makefile:13)",))
    assert (second.working_directory, str(second.source)) == ("sub", "Makefile:17")
    assert env_of(first, "launcher") == {"DB": "sqlite://x"}
    assert variant.commands[6].working_directory == "inner"
    assert variant.commands[7].unresolved == ("$(MODE)", "$(shell date)")


@pytest.mark.skipif(shutil.which("make") is None, reason="make is the oracle, and it is not installed")
def test_make_agrees_with_make(tmp_path: Path) -> None:
    """The recipe lines are those that `make -n` prints."""
    project(tmp_path, {"Makefile": MAKEFILE.replace("$$EXTRA", "")})
    printed = subprocess.run(
        ["make", "-n", "test"], cwd=tmp_path, capture_output=True, text=True, check=True, env={"PATH": "/usr/bin:/bin"}
    ).stdout
    printed = printed.replace("\\\n", " ").replace('"', "")
    for argv in argvs(run_step(tmp_path, "make test")):
        assert argv in " ".join(printed.split(" ")).replace("     ", " ").replace("  ", " ")


def test_hatch(tmp_path: Path) -> None:
    """Scripts that call scripts, environments that inherit, `{args}` with a default, and `hatch test` by itself."""
    files = {
        "pyproject.toml": """
        [tool.hatch.envs.default]
        env-vars = { BASE = "1" }
        [tool.hatch.envs.default.scripts]
        test = "pytest {args:tests}"
        cov = ["test --cov {args}", "coverage report"]
        [tool.hatch.envs.slow]
        env-vars = { SLOW = "2" }
        [tool.hatch.envs.slow.scripts]
        run-slow = "python -m pytest -m slow {args}"
        [tool.hatch.envs.hatch-test]
        extra-args = ["-vv"]
        """
    }
    script = """
        hatch run test
        hatch run cov -x
        hatch run slow:run-slow 'a b'
        hatch run +py=3.12 slow:test
        hatch -e slow run pytest direct
        hatch test
        hatch test --cover -p tests/unit -k 'x y'
        """
    variant = run_step(tmp_path, script, files)
    assert argvs(variant) == [
        "pytest tests",
        "pytest --cov -x",
        "python -m pytest -m slow a b",
        "pytest tests",
        "pytest direct",
        "pytest -vv -p no:randomly tests",
        "python -m pytest -vv -p no:randomly -n logical tests/unit -k x y",
    ]
    assert env_of(variant.commands[2]) == {"BASE": "1", "SLOW": "2"}
    assert variant.commands[-1].coverage_run == ()
    assert variant.commands[-1].features.workers == "logical"
    assert variant.commands[2].through == ("hatch run slow:run-slow (pyproject.toml:9)",)


def test_scripts_by_name(tmp_path: Path) -> None:
    """pdm, pipenv, poe, rye and pixi keep commands under names, with their own ways to chain and to set env."""
    files = {
        "pyproject.toml": """
        [tool.pdm.scripts]
        _.env = {P = "1"}
        test = "pytest -x"
        cov = {cmd = ["pytest", "--cov"], env = {C = "2"}}
        all = {composite = ["lint", "test {args:t}", "cov"]}
        lint = "ruff check"
        shelly = {shell = "cd sub && pytest"}
        [tool.poe.tasks]
        unit.cmd = "pytest unit"
        unit.env = {U = "3"}
        check = ["lint", "unit"]
        lint = "ruff ."
        [tool.rye.scripts]
        t = { chain = ["a", "b"] }
        a = ["pytest", "a"]
        b = { cmd = "pytest b", env = { B = "4" } }
        """,
        "Pipfile": '[scripts]\ntests = "python -m pytest"\n',
        "pixi.toml": '[feature.test.tasks]\ntest = { cmd = "pytest px", depends-on = ["prep"] }\nprep = "echo"\n',
    }
    script = """
        pdm run test -v
        pdm run all
        pdm run shelly
        poe check
        poetry run poe unit --x
        rye run t
        pipenv run tests -q
        pixi run -e dev test
        """
    variant = run_step(tmp_path, script, files)
    assert argvs(variant) == [
        "pytest -x -v",
        "pytest -x t",
        "pytest --cov",
        "pytest",
        "pytest unit",
        "pytest unit --x",
        "pytest a",
        "pytest b",
        "python -m pytest -q",
        "pytest px",
    ]
    assert env_of(variant.commands[2]) == {"P": "1", "C": "2"}
    assert env_of(variant.commands[4]) == {"U": "3"}
    assert variant.commands[0].through == ("pdm test (pyproject.toml:3)",)


def test_circles_end(tmp_path: Path) -> None:
    """A script that calls itself, a Makefile that calls the script: reading stops and says so."""
    files = {"run-tests.sh": "#!/bin/sh\n./run-tests.sh\nmake test\n", "Makefile": "test:\n\t./run-tests.sh\n"}
    variant = run_step(tmp_path, "./run-tests.sh\nf() { f; }; f\npytest", files)
    assert argvs(variant) == ["pytest"]
    assert {unresolved.reason for unresolved in variant.unresolved} == {"it leads in a circle"}


def test_files_outside_of_the_repository_are_not_read(tmp_path: Path) -> None:
    """A path that leaves the repository, or a link out of it, is as if it were not there."""
    (tmp_path / "outside-test.sh").write_text("pytest outside")
    inside = project(tmp_path / "repo", {"x": ""})
    (inside / "link-test.sh").symlink_to(tmp_path / "outside-test.sh")
    variant = run_step(inside, "bash ../outside-test.sh\nbash link-test.sh\nbash /etc/test")
    assert not variant.commands
    assert len(variant.unresolved) == 3
