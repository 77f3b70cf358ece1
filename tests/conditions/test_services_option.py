"""`--service NAME[=HOW]` as text."""

from __future__ import annotations

import pytest

from bisect_loop.conditions.services import (
    Launch,
    ServiceError,
    Unavailable,
    option_of,
    parse_service_option,
    start,
)
from bisect_loop.model import Service

DIGEST = "sha256:" + "0a" * 32


@pytest.mark.parametrize(
    ("text", "service"),
    [
        ("redis", Service("redis", "auto")),
        ("redis=auto", Service("redis", "auto")),
        ("redis=embedded", Service("redis", "embedded")),
        ("redis=local", Service("redis", "local")),
        ("redis=docker", Service("redis", "docker")),
        ("redis=docker:redis:7-alpine", Service("redis", "docker", image="redis:7-alpine")),
        ("redis=redis:7", Service("redis", "docker", image="redis:7")),
        ("db=postgres", Service("db", "docker", image="postgres")),
        (
            "cache=ghcr.io:5000/team/my__redis:7.2",
            Service("cache", "docker", image="ghcr.io:5000/team/my__redis:7.2"),
        ),
        (f"redis=redis@{DIGEST}", Service("redis", "docker", image=f"redis@{DIGEST}")),
        ("redis=redis://h:1/0?a=b", Service("redis", "url", url="redis://h:1/0?a=b")),
        ("redis=unix:///run/redis.sock", Service("redis", "url", url="unix:///run/redis.sock")),
    ],
)
def test_what_an_option_asks_for(text: str, service: Service) -> None:
    """Each way of writing the option becomes the service it asks for, with nothing started."""
    assert parse_service_option(text) == service


@pytest.mark.parametrize("text", ["", "=redis", "redis=", "redis=docker:", "redis=no such", "re dis", "7=x", "redis:7"])
def test_an_option_that_says_nothing(text: str) -> None:
    """Text that names no service is refused with an example of what to write."""
    with pytest.raises(ServiceError, match="write"):
        parse_service_option(text)


def test_a_url_without_a_name_shows_no_password() -> None:
    """A forgotten name is pointed out, and the password of the URL is not printed with it."""
    with pytest.raises(ServiceError, match="does not begin with a name") as caught:
        parse_service_option("redis://:hunter22@localhost:6379/0")
    assert "hunter22" not in str(caught.value)


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        (
            {"DOCKER_HOST": "unix:///no/such/socket"},
            r"No Docker engine answers at unix:///no/such/socket \(No such file",
        ),
        ({"DOCKER_HOST": "tcp://build.example:2375"}, r"tcp://build.example:2375 is not on this machine"),
    ],
)
def test_no_engine(tmp_path, environ: dict[str, str], sentence: str) -> None:
    """Without an engine on this machine a forced container is one sentence, and any other way is taken for "auto"."""
    with pytest.raises(Unavailable, match=sentence):
        start(Service("redis", "docker", image="redis:7-alpine"), Launch(tmp_path, environ))


@pytest.mark.parametrize(
    "text",
    [
        *("redis=embedded", "redis=docker:redis:7-alpine", "db=docker:ghcr.io/team/postgres:16", "redis=docker"),
        "postgres=embedded,POSTGRES_DB=app,prepare=alembic upgrade head",
        "mq=docker:rabbitmq:3,RABBITMQ_DEFAULT_USER=a\\,b,health=rabbitmq-diagnostics ping,command=x 'y z'",
    ],
)
def test_what_was_started_can_be_asked_for_again(text: str) -> None:
    """The printed command asks for the same service."""
    service = parse_service_option(text)
    assert option_of(service, service) == text


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        (Service("kafka"), r"kafka is not one that is known by its name .*kafka=docker:IMAGE"),
        (Service("q", "embedded", image="rabbitmq:3"), "q cannot be had as 'embedded': take docker"),
        (Service("postgres", "emulated"), "postgres cannot be had as 'emulated': take docker, local, embedded, url"),
    ],
)
def test_what_nobody_provides(service: Service, sentence: str, tmp_path) -> None:
    """A service or a kind without a provider is refused with what there is."""
    with pytest.raises(ServiceError, match=sentence):
        start(service, Launch(tmp_path, {}))
