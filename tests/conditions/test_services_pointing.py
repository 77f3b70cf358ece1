"""Variables that point at a service are led to where it is; all others are left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bisect_loop.conditions.services.pointing import (
    Login,
    Target,
    led,
    logins,
    places_of,
    usual_places,
    without_password,
)

PLACES = (*places_of("cache", [(6379, 6379)]), *places_of("db", [(5432, 5433)]))
THERE = {6379: Target("127.0.0.1", 40001, userinfo=""), 5432: Target("127.0.0.1", 40002, password="pw")}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("redis://cache:6379/1", "redis://127.0.0.1:40001/1"),
        ("redis://:x@localhost/2?a=b", "redis://127.0.0.1:40001/2?a=b"),
        ("postgresql+asyncpg://me:p%40@localhost:5433/app", "postgresql+asyncpg://me:p%40@127.0.0.1:40002/app"),
        ("postgresql://me@db/app?sslmode=disable", "postgresql://me:pw@127.0.0.1:40002/app?sslmode=disable"),
        ("cache:6379,other:6379", "127.0.0.1:40001,other:6379"),
        ("redis://cache:6379/0 redis://cache:6379/1", "redis://127.0.0.1:40001/0 redis://127.0.0.1:40001/1"),
        ("host=localhost port=5433 dbname=app", "host=127.0.0.1 port=40002 dbname=app"),
        ("host=db dbname=app", "host=127.0.0.1 dbname=app port=40002"),
        *(
            (same, None)
            for same in (
                *("redis://elsewhere:6379/0", "redis://localhost:6380/0", "mycache:6379", "cache:63790", "5433"),
                *("https://localhost/", "", "host=elsewhere", "postgresql://me@localhost:5432/app"),
            )
        ),
    ],
)
def test_one_value(value: str, expected: str | None) -> None:
    """What points at a place of CI's points at the service, its user and path kept; what does not is not named."""
    assert led({"X": value}, PLACES, THERE) == ({} if expected is None else {"X": expected})


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"PGHOST": "localhost", "PGPORT": "5433"}, {"PGHOST": "127.0.0.1", "PGPORT": "40002"}),
        ({"REDIS_HOST": "cache", "REDIS_PORT": "6379"}, {"REDIS_HOST": "127.0.0.1", "REDIS_PORT": "40001"}),
        ({"DB_HOST": "db"}, {"DB_HOST": "127.0.0.1", "DB_PORT": "40002"}),
        ({"CACHE_PORT": "6379"}, {"CACHE_PORT": "40001"}),
        ({"APP_HOST": "localhost", "APP_PORT": "8000"}, {}),
        ({"APP_HOST": "localhost"}, {}),
        ({"APP_PORT": "5433"}, {}),
        ({"WEB_HOST": "elsewhere", "WEB_PORT": "6379"}, {}),
    ],
)
def test_host_and_port_apart(variables: dict[str, str], expected: dict[str, str]) -> None:
    """A host and a port in variables of their own go together, and a port that is not said is said."""
    assert led(variables, PLACES, THERE) == expected


@given(st.dictionaries(st.text("ABC_", min_size=1), st.text("redis:/@cach6379 localhost.=,", max_size=40)))
def test_once_led_always_led(variables: dict[str, str]) -> None:
    """Nothing is led twice, and only what was there is named."""
    first = led(variables, PLACES, THERE)
    assert {name for name in first if not name.endswith("PORT")} <= set(variables)
    assert led(first, PLACES, THERE) == {}


def test_a_service_of_the_users_own_is_named_whole() -> None:
    """The user's URL goes before CI's user and database."""
    target = {5432: Target("prod.example", 5432, userinfo="me:mine", path="/scratch")}
    led_to = led({"X": "postgresql+asyncpg://postgres:postgres@db:5432/app?a=1"}, PLACES, target)
    assert led_to == {"X": "postgresql+asyncpg://me:mine@prod.example:5432/scratch?a=1"}


def test_what_urls_say_besides() -> None:
    """User, password and database are read from what points there; a command does not hold the password."""
    variables = {"A": "postgresql://me:s3@localhost/app", "B": "postgresql://me:s3@elsewhere/app"}
    assert logins(variables, usual_places("db", [5432])) == [Login("me", "s3", "/app")]
    assert without_password(variables["A"]) == "postgresql://me@localhost/app"
