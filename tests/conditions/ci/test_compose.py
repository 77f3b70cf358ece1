"""Compose files."""

from __future__ import annotations

from pathlib import Path

import pytest

from bisect_loop.conditions.ci import CiError, Port, read

from .build import argvs, env_of, project

COMPOSE = """
x-common: &common
  restart: always
services:
  redis:
    <<: *common
    image: redis:${REDIS_TAG:-7}-alpine
    ports: ["127.0.0.1:6380:6379", "16379"]
    command: redis-server --save ""
    healthcheck:
      test: ["CMD", "redis-cli", "ping"]
      interval: 1m30s
      timeout: 500ms
      retries: 5
      start_period: 2s
    networks: {back: {aliases: [cache]}}
  db:
    image: postgres:${PG_TAG}
    container_name: the-db
    environment:
      - POSTGRES_PASSWORD=word
      - POSTGRES_USER
      - PRICE=$$5
    ports:
      - {target: 5432, published: "5433", protocol: tcp}
    healthcheck: {test: pg_isready -U postgres}
  quiet:
    image: busybox
    healthcheck: {disable: true, test: x}
  web:
    build: .
    env_file: web.env
    environment: {REDIS_URL: "redis://redis:6379/0", DEBUG: 1}
    command: sh -c "coverage run -m pytest -x"
"""


def test_services_and_the_job_around_the_built_one(tmp_path: Path) -> None:
    """Images, ports in both forms, environment in both forms, health checks; what is built here is a job."""
    project(
        tmp_path, {"docker-compose.yml": COMPOSE, ".env": "PG_TAG=16\n# c\n", "web.env": "export MODE='ci'\nDEBUG=0\n"}
    )
    (job,) = read(tmp_path / "docker-compose.yml")
    redis, db, quiet = job.services
    assert (redis.image, redis.ports) == ("redis:7-alpine", (Port(6379, 6380), Port(16379, None)))
    assert redis.command == ("redis-server", "--save", "")
    assert redis.aliases == ("redis", "cache")
    assert redis.health is not None
    assert (redis.health.command, redis.health.interval, redis.health.timeout) == ("redis-cli ping", 90.0, 0.5)
    assert (redis.health.retries, redis.health.start_period) == (5, 2.0)
    assert (db.image, db.ports, db.aliases) == ("postgres:16", (Port(5432, 5433),), ("db", "the-db"))
    assert [(entry.name, entry.value) for entry in db.env] == [
        ("POSTGRES_PASSWORD", "word"),
        ("POSTGRES_USER", None),
        ("PRICE", "$5"),
    ]
    assert db.health is not None
    assert db.health.command == "pg_isready -U postgres"
    assert quiet.health is None
    assert (job.name, str(job.source)) == ("web", "docker-compose.yml:29")
    assert env_of(job.variants[0]) == {"MODE": "ci", "DEBUG": "1", "REDIS_URL": "redis://redis:6379/0"}
    assert argvs(job) == ["python -m pytest -x"]


def test_images_alone_are_one_job(tmp_path: Path) -> None:
    """A file of services only is one job without commands; an unset variable is shown."""
    project(tmp_path, {"compose.yaml": "services:\n  r:\n    image: redis:${TAG}\n"})
    (job,) = read(tmp_path / "compose.yaml")
    assert (job.name, job.commands) == ("services", ())
    assert (job.services[0].image, job.services[0].unresolved) == ("redis:${TAG}", ("${TAG}",))


@pytest.mark.parametrize("text", ["services: [a]\n", "version: '3'\n", "- x\n", "services:\n  a: redis\n"])
def test_what_is_no_compose_file_is_said(tmp_path: Path, text: str) -> None:
    """One sentence with the place."""
    project(tmp_path, {"compose.yml": text})
    with pytest.raises(CiError, match=r"^compose\.yml:\d+: "):
        read(tmp_path / "compose.yml")
