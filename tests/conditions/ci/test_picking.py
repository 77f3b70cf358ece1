"""Finding the files, choosing the job and its variant, and what is said when that fails."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bisect_loop.conditions.ci import CiError, choose, choose_variant, discover, read, split_target
from bisect_loop.conditions.ci.features import features_of

from .build import all_jobs, project, workflow

JOB = "  {name}:\n    runs-on: ubuntu-latest\n{more}    steps:\n      - run: {run}\n"


def jobs_of(*jobs: tuple[str, str, str]) -> str:
    return "on: push\njobs:\n" + "".join(JOB.format(name=name, run=run, more=more) for name, run, more in jobs)


def test_files_are_found_from_anywhere_in_the_repository(tmp_path: Path) -> None:
    """Workflows, GitLab's file and compose files, from the root of the repository and from a directory in it."""
    project(
        tmp_path,
        {
            ".github/workflows/b.yaml": "x",
            ".github/workflows/a.yml": "x",
            ".github/workflows/run.sh": "x",
            ".gitlab-ci.yml": "x",
            "backend/docker-compose.yml": "x",
            "compose.yaml": "x",
        },
    )
    found = [(file.shown, file.kind) for file in discover(tmp_path / "backend")]
    assert found == [
        (".github/workflows/a.yml", "github"),
        (".github/workflows/b.yaml", "github"),
        (".gitlab-ci.yml", "gitlab"),
        ("backend/docker-compose.yml", "compose"),
        ("compose.yaml", "compose"),
    ]
    assert [file.shown for file in discover(tmp_path)][-1] == "compose.yaml"


def test_a_project_in_another_repository_has_workflows_of_its_own(tmp_path: Path) -> None:
    """An example or a subtree is tested as its own workflows say, from any folder of it; its neighbour as the top's."""
    own, top = "examples/shop/.github/workflows/ci.yml", ".github/workflows/ci.yml"
    project(
        tmp_path, {own: "on: push\njobs: {test: {steps: [{run: pytest}]}}", top: "x", "examples/shop/tests/a.py": ""}
    )
    project(tmp_path, {"examples/other/a.py": ""})
    assert [file.path for file in discover(tmp_path / "examples/shop/tests")] == [tmp_path / own]
    assert [file.path for file in discover(tmp_path / "examples/other")] == [tmp_path / top]
    (job,) = read(tmp_path / own)
    assert str(job.source) == ".github/workflows/ci.yml:2"


def test_the_job_with_services_is_taken(tmp_path: Path) -> None:
    """Of several that run pytest, the one with services; the sentence names it, its place, the reason, the others."""
    services = "    services: {redis: {image: redis}}\n"
    text = jobs_of(("lint", "ruff", ""), ("test-docs", "pytest docs", ""), ("unit", "pytest", services))
    choice = choose(workflow(tmp_path, text))
    assert choice.job.name == "unit"
    assert choice.why == (
        'job "unit" at .github/workflows/ci.yml:11, because it has services (redis); '
        '"test-docs" at .github/workflows/ci.yml:7 could be taken as well.'
    )


@pytest.mark.parametrize(
    ("jobs", "chosen"),
    [
        ([("build", "pytest", ""), ("tests", "pytest", "")], "tests"),
        ([("litestar", "pytest", ""), ("unit-tests", "pytest", "")], "unit-tests"),
        ([("a", "pytest", ""), ("b", "pytest", "")], "a"),
        ([("a", "pytest $(x)", ""), ("b", "pytest", "")], "b"),
        ([("test", "pytest", "    if: github.ref == 'x'\n"), ("test2", "pytest", "")], "test2"),
        ([("docs", "invoke test", ""), ("b", "echo", "")], "docs"),
    ],
)
def test_the_choice_is_the_same_each_time(tmp_path: Path, jobs: list[tuple[str, str, str]], chosen: str) -> None:
    """A command that can be run, then services, then a name with test in it, then the order of the file."""
    read_jobs = workflow(tmp_path, jobs_of(*jobs))
    assert choose(read_jobs).job.name == chosen
    assert choose(list(reversed(read_jobs))).job.name == chosen


def test_a_wanted_job_and_a_name_that_is_not_there(tmp_path: Path) -> None:
    """By name or by title; a wrong name is answered with the nearest."""
    jobs = workflow(tmp_path, jobs_of(("lint", "ruff", ""), ("tests", "pytest", "    name: All tests\n")))
    assert choose(jobs, "lint").job.name == "lint"
    assert choose(jobs, "All tests").job.name == "tests"
    with pytest.raises(CiError, match=r"there is no job 'test' here; did you mean 'tests'\?"):
        choose(jobs, "test")
    with pytest.raises(CiError, match="take one of 'lint', 'tests'"):
        read(tmp_path / ".github/workflows/ci.yml", "nothing-like-it")


def test_nothing_that_tests_is_said(tmp_path: Path) -> None:
    """The error names the files that were read and both ways on."""
    with pytest.raises(CiError, match=r"No job in \.github/workflows/ci\.yml runs pytest: name one with --ci"):
        choose(workflow(tmp_path, jobs_of(("lint", "ruff", ""))))


def test_the_variant_like_this_machine(tmp_path: Path) -> None:
    """The system first, then the Python; the first one where nothing tells them apart."""
    text = """
    on: push
    jobs:
      test:
        strategy:
          matrix:
            os: [windows-latest, ubuntu-latest]
            py: [py310, '3.11', py312-redis]
        runs-on: ${{ matrix.os }}
        steps: [{run: pytest}]
    """
    (job,) = workflow(tmp_path, text)
    assert choose_variant(job, "3.12", "linux")[0].label == "os=ubuntu-latest, py=py312-redis"
    assert choose_variant(job, "3.11", "win32")[0].label == "os=windows-latest, py=3.11"
    variant, why = choose_variant(job, "3.9", "linux")
    assert variant.label == "os=ubuntu-latest, py=py310"
    assert why == "variant os=ubuntu-latest, py=py310 of 6: it has this machine's system."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("on: push\n", "it has no `jobs:`"),
        ("jobs: []\n", "it has no `jobs:`"),
        ("- a\n", "not a GitHub workflow"),
        ("jobs:\n  a: b\n", "job `a` is a single value where a mapping is needed"),
        ("jobs:\n  a:\n    steps: pytest\n", "`steps` is a single value where a list is needed"),
        ("jobs:\n  a:\n    env: x\n    steps: []\n", "`env` is a single value where a mapping is needed"),
        ("jobs:\n  a:\n    strategy: [x]\n    steps: []\n", "`strategy` is a list where a mapping is needed"),
        ("jobs:\n  a:\n   steps: [\n", "not valid YAML"),
    ],
)
def test_bad_workflows_are_one_sentence(tmp_path: Path, text: str, message: str) -> None:
    """File, line, what is wrong, and what to do, without a traceback."""
    with pytest.raises(CiError) as caught:
        workflow(tmp_path, text)
    said = str(caught.value)
    assert message in said
    assert said.startswith(".github/workflows/ci.yml:")
    assert said.endswith(".")
    assert "\n" not in said


def test_missing_and_binary_files(tmp_path: Path) -> None:
    """A file that is not there, and one that is no text."""
    with pytest.raises(CiError, match="there is no such file"):
        read(tmp_path / "ci.yml")
    (tmp_path / "ci.yml").write_bytes(b"\0\1")
    with pytest.raises(CiError, match="not a text file"):
        read(tmp_path / "ci.yml")


def test_file_and_job_in_one_word(tmp_path: Path) -> None:
    """--ci FILE[:JOB]: job names may hold colons and blanks, file names colons."""
    file = tmp_path / "a.yml"
    file.touch()
    assert split_target(str(file)) == (file, None)
    assert split_target(f"{file}:unit tests: 3.11") == (file, "unit tests: 3.11")
    assert split_target("ci.yml") == (Path("ci.yml"), None)
    odd = tmp_path / "b:c.yml"
    odd.touch()
    assert split_target(str(odd)) == (odd, None)
    assert split_target(f"{odd}:x") == (odd, "x")


def test_a_broken_neighbour_does_not_hide_the_good_file(tmp_path: Path) -> None:
    """Files are read one by one: the caller decides what a broken one means."""
    project(tmp_path, {".github/workflows/a.yml": "[", ".github/workflows/b.yml": jobs_of(("test", "pytest", ""))})
    with pytest.raises(CiError):
        all_jobs(tmp_path)
    assert choose(read(tmp_path / ".github/workflows/b.yml")).job.name == "test"


@pytest.mark.parametrize(
    ("args", "addopts", "coverage", "workers", "dist"),
    [
        ("-n4", "", (), "4", "load"),
        ("-n auto --dist=loadfile", "", (), "auto", "loadfile"),
        ("--numprocesses 2 --dist worksteal", "", (), "2", "worksteal"),
        ("-n0", "-n 8", (), None, None),
        ("--dist no", "-n 8", (), None, None),
        ("--tx 3*popen --dist load", "", (), "3", "load"),
        ("-d --tx popen --tx popen", "", (), "2", "load"),
        ("--cov", "", ("--cov",), None, None),
        ("--cov src tests", "", ("--cov", "src"), None, None),
        (
            "--cov=src --cov-report term --cov-branch t",
            "",
            ("--cov=src", "--cov-report", "term", "--cov-branch"),
            None,
            None,
        ),
        ("--cov-report=xml", "", (), None, None),
        ("--no-cov", "--cov=src", (), None, None),
        ("", "--cov=src -n 2", ("--cov=src",), "2", "load"),
        ("-- -n 3", "", (), None, None),
        ("-nauto --dist loadgroup", "", (), "auto", "loadgroup"),
    ],
)
def test_features(args: str, addopts: str, coverage: tuple[str, ...], workers: str | None, dist: str | None) -> None:
    """Coverage, workers and distribution, from the command line over the configuration."""
    features = features_of(args.split(), addopts.split())
    assert (features.coverage, features.workers, features.dist) == (coverage, workers, dist)


OPTIONS = [
    "-n",
    "-n2",
    "--dist",
    "--dist=load",
    "--cov",
    "--cov=x",
    "--cov-report",
    "--no-cov",
    "--tx",
    "-d",
    "a",
    "-",
    "--",
    "2*popen",
]


@given(st.lists(st.sampled_from(OPTIONS)), st.lists(st.sampled_from(OPTIONS)))
def test_features_survive_any_arguments(args: list[str], addopts: list[str]) -> None:
    """Nonsense gives an answer, never an exception."""
    features = features_of(args, addopts)
    assert (features.workers is None) == (features.dist is None)
