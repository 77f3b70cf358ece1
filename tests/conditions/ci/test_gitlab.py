"""GitLab CI files."""

from __future__ import annotations

from pathlib import Path

import pytest

from bisect_loop.conditions.ci import CiError, Job, read

from .build import argvs, env_of, project


def pipeline(root: Path, text: str, files: dict[str, str] | None = None) -> dict[str, Job]:
    project(root, {".gitlab-ci.yml": text, **(files or {})})
    return {job.name: job for job in read(root / ".gitlab-ci.yml")}


FULL = """
image: python:3.12
include:
  - local: /ci/base.yml
  - template: Auto-DevOps.gitlab-ci.yml
stages: [test]
variables:
  POSTGRES_DB: app
  DATABASE_URL: "postgresql://postgres:$POSTGRES_PASSWORD@postgres/$POSTGRES_DB"
  DEPTH: {value: "5", description: "how deep"}
  RAW: {value: "a$POSTGRES_DB", expand: false}
default:
  before_script:
    - export STAGE=default
.redis: &redis
  services: [redis:7-alpine]
  variables: {REDIS_URL: redis://redis:6379/0}
lint:
  script: ruff check
unit:
  extends: [.base, .redis]
  services:
    - postgres:16
    - name: registry.example.com/group/redis:7
      alias: cache, store
      command: [redis-server, --save, ""]
      variables: {REDIS_ARGS: "-x"}
  variables:
    POSTGRES_PASSWORD: word
    TOKEN_COPY: $PROJECT_TOKEN
  parallel:
    matrix:
      - PY: ["3.11", 3.12]
        DB: pg
      - PY: [pypy]
  before_script:
    - !reference [.base, before_script]
    - cd backend
  script:
    - &run poetry run pytest -n 2 --db=$DB
    - |
      if [ "$PY" = pypy ]; then
        pytest -m pypy
      fi
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
merged:
  <<: *redis
  inherit: {variables: [POSTGRES_DB], default: false}
  secrets:
    VAULTED: {vault: a/b}
  script: *run
"""
BASE = """
variables: {DEPTH: "1", FROM_BASE: "yes"}
.base:
  before_script:
    - export STAGE=base
  variables: {LEVEL: base}
"""


def test_extends_references_anchors_and_includes(tmp_path: Path) -> None:
    """A job is what its parents, the included file, the defaults and the anchors make of it."""
    jobs = pipeline(tmp_path, FULL, {"ci/base.yml": BASE})
    assert list(jobs) == ["lint", "unit", "merged"]
    unit = jobs["unit"]
    assert str(unit.source) == ".gitlab-ci.yml:19"
    assert unit.condition == 'if: $CI_PIPELINE_SOURCE == "merge_request_event"'
    assert [variant.label for variant in unit.variants] == ["PY=3.11, DB=pg", "PY=3.12, DB=pg", "PY=pypy"]
    (command,) = unit.variants[0].commands
    assert command.argv == ("pytest", "-n", "2", "--db=pg")
    assert (command.working_directory, command.through, command.line) == ("backend", ("poetry run",), 39)
    assert argvs(unit.variants[2]) == ["pytest -n 2 --db=", "pytest -m pypy"]
    environment = env_of(command)
    assert environment == {
        "POSTGRES_DB": "app",
        "DATABASE_URL": "postgresql://postgres:word@postgres/app",
        "DEPTH": "5",
        "RAW": "a$POSTGRES_DB",
        "FROM_BASE": "yes",
        "LEVEL": "base",
        "REDIS_URL": "redis://redis:6379/0",
        "POSTGRES_PASSWORD": "word",
        "TOKEN_COPY": None,
        "PY": "3.11",
        "DB": "pg",
        "STAGE": "base",
    }
    levels = {entry.name: (entry.level, str(entry.source)) for entry in command.env}
    assert levels["POSTGRES_DB"] == ("workflow", ".gitlab-ci.yml:7")
    assert levels["FROM_BASE"] == ("workflow", "ci/base.yml:1")
    assert levels["POSTGRES_PASSWORD"][0] == "job"
    assert levels["PY"][0] == "matrix"
    assert levels["STAGE"] == ("shell", "ci/base.yml:4")
    assert levels["CI"][0] == "default"
    (open_one,) = [entry for entry in command.env if entry.value is None]
    assert (open_one.name, open_one.shown) == ("TOKEN_COPY", "$PROJECT_TOKEN")
    assert [unresolved.text for unresolved in unit.unresolved] == ["include: template"]


def test_services_by_alias(tmp_path: Path) -> None:
    """A service is reached by its alias or its image's name; the job's variables are its own as well."""
    jobs = pipeline(tmp_path, FULL, {"ci/base.yml": BASE})
    postgres, cache = jobs["unit"].services
    assert (postgres.name, postgres.image, postgres.ports) == ("postgres", "postgres:16", ())
    assert {entry.name: entry.value for entry in postgres.env}["POSTGRES_DB"] == "app"
    assert (cache.name, cache.aliases[:3]) == ("cache", ("cache", "store", "group__redis"))
    assert cache.command == ("redis-server", "--save", "")
    assert {entry.name: entry.value for entry in cache.env}["REDIS_ARGS"] == "-x"
    assert jobs["unit"].variants[0].container == "python:3.12"
    merged = jobs["merged"]
    assert [service.image for service in merged.services] == ["redis:7-alpine"]
    assert merged.variants[0].container is None
    assert set(env_of(merged.variants[0])) == {"POSTGRES_DB", "REDIS_URL", "VAULTED"}
    assert merged.needs_secrets == ("VAULTED",)
    assert argvs(merged) == ["pytest -n 2 --db="]


def test_images_give_their_host_names(tmp_path: Path) -> None:
    """The tag goes, a slash becomes two underscores or a hyphen."""
    (job,) = pipeline(tmp_path, "t:\n  services: [mdillon/postgis:latest]\n  script: pytest\n").values()
    assert job.services[0].aliases == ("mdillon__postgis", "mdillon-postgis")
    assert job.services[0].name == "postgis"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a:\n  extends: .b\n  script: x\n", "`extends: .b` names no job"),
        ("a:\n  extends: a\n  script: x\n", "break the circle"),
        ("a:\n  script: [!reference [.x, y]]\n", "names nothing"),
        ("a:\n  stage: test\n", "no `script:`"),
        ("stages: [a]\n", "no job is in it"),
        ("- a\n", "it is a list"),
        ("variables: [a]\nb:\n  script: x\n", "`variables` is a list where a mapping is needed"),
    ],
)
def test_bad_files_are_one_sentence(tmp_path: Path, text: str, message: str) -> None:
    """Each error names the place and the mend."""
    with pytest.raises(CiError) as caught:
        pipeline(tmp_path, text)
    assert message in str(caught.value)
    assert str(caught.value).startswith(".gitlab-ci.yml:")


def test_includes_in_a_circle_end(tmp_path: Path) -> None:
    """Two files that include each other are read once each."""
    jobs = pipeline(
        tmp_path, "include: /b.yml\na:\n  script: pytest\n", {"b.yml": "include: .gitlab-ci.yml\nb:\n  script: x\n"}
    )
    assert set(jobs) == {"a", "b"}
