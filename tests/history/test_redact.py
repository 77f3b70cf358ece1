"""Secrets stay out of texts, and everything else stays in."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bisect_loop.model import Change, Finding, Replay, Service, Signature
from bisect_loop.redact import (
    is_secret_name,
    redact_args,
    redact_command,
    redact_env,
    redact_finding,
    redact_service,
    redact_text,
    redact_url,
    secrets_in,
)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "PASSWORD",
            "DB_PASSWORD",
            "PGPASSWORD",
            "DB_PWD",
            "API_TOKEN",
            "GITHUB_TOKEN",
            "SECRET_KEY",
            "STRIPE_KEY",
        ),
        *("AWS_SECRET_ACCESS_KEY", "APIKEY", "apiKey", "GOOGLE_APPLICATION_CREDENTIALS", "SENTRY_DSN", "KEY_1"),
        "--auth-token",
    ],
)
def test_names_of_secrets(name: str) -> None:
    """These names hold a secret."""
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *("PWD", "OLDPWD", "PATH", "HOME", "REDIS_URL", "TOKENIZERS_PARALLELISM", "KEYBOARD", "MONKEY"),
        *("PYTHONHASHSEED", "CI", "BYPASS_CACHE", "COMPASS", "--keyword"),
    ],
)
def test_names_of_other_things(name: str) -> None:
    """These do not, whatever letters they share with those that do."""
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"),
        ("redis://:hunter2@cache:6379/0", "redis://:***@cache:6379/0"),
        ("postgresql+asyncpg://ci:s3cr3t@db:5432/app?ssl=on", "postgresql+asyncpg://ci:***@db:5432/app?ssl=on"),
        ("https://u:p%40ss@host/x", "https://u:***@host/x"),
        ("https://u:p@ss@host/x", "https://u:***@host/x"),
        ("https://u:pa/ss@host/x", "https://u:***@host/x"),
        ("https://host/path@2x.png", "https://host/path@2x.png"),
        ("https://host:8080/path@2x.png", "https://host:8080/path@2x.png"),
        ("https://me@host/x", "https://me@host/x"),
        ("https://0123456789abcdef0123456789abcdef@sentry.example/2", "https://***@sentry.example/2"),
        ("https://host/x?user=me&token=abc#access_token=def", "https://host/x?user=me&token=***#access_token=***"),
        ("redis://:a1b2c3@h1,redis://:d4e5f6@h2", "redis://:***@h1,redis://:***@h2"),
        ("no url: at all @ here", "no url: at all @ here"),
        ("redis://:pa ss'wo\"rd@h:1/0", "redis://:***@h:1/0"),
        ("postgresql://u:12 34@h/db", "postgresql://u:***@h/db"),
        ("cannot reach redis://:1 2@h or amqp://u:p<q>`@h2/x", "cannot reach redis://:***@h or amqp://u:***@h2/x"),
        ("redis://u:a b@c d@h", "redis://u:***@h"),
        ("ask http://localhost:8000/x or me@example.org", "ask http://localhost:8000/x or me@example.org"),
        ("is http://localhost:8000 up? me@example.org", "is http://localhost:8000 up? me@example.org"),
    ],
)
def test_urls(url: str, shown: str) -> None:
    """The password and the secrets of the query go; scheme, user, host, port and path stay."""
    assert redact_url(url) == shown
    assert redact_url(shown) == shown


def test_env() -> None:
    """Values of secret names go wholly, those of URLs in part, all others stay, in their order."""
    pairs = (
        ("CI", "true"),
        ("API_TOKEN", "abc"),
        ("REDIS_URL", "redis://u:pw@h/0"),
        ("DATABASE_SECRET", "postgres://u:pw@h/0"),
        ("EMPTY_KEY", ""),
        ("HEADER", "ghp_0123456789abcdefABCDEF"),
    )

    assert redact_env(pairs) == (
        ("CI", "true"),
        ("API_TOKEN", "***"),
        ("REDIS_URL", "redis://u:***@h/0"),
        ("DATABASE_SECRET", "postgres://u:***@h/0"),
        ("EMPTY_KEY", ""),
        ("HEADER", "***"),
    )
    assert redact_env(redact_env(pairs)) == redact_env(pairs)


def test_args() -> None:
    """Options that hold a secret lose it, and -k keeps its expression."""
    given_args = (
        "--api-token=abc",
        "--db-password",
        "pw12",
        "-k",
        "key and token",
        "--keyword=x",
        "tests/test_a.py",
    )

    assert redact_args(given_args) == (
        *("--api-token=***", "--db-password", "***"),
        *("-k", "key and token", "--keyword=x", "tests/test_a.py"),
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("refused: redis://:hunter2@h:1/0 (111)", "refused: redis://:***@h:1/0 (111)"),
        ("connect(host='x', password='pw')", "connect(host='x', password=***)"),
        ('{"api_key": "abc", "n": 1}', '{"api_key": ***, "n": 1}'),
        ("host=x password=pw port=1", "host=x password=*** port=1"),
        ("Authorization: Bearer abcdefghij0123456789", "Authorization: Bearer ***"),
        ("Authorization: Basic dXNlcjpwYXNz1=", "Authorization: Basic ***"),
        ("a key eyJhbGciOiJI.eyJzdWIiOiIx.c2ln here", "a key *** here"),
        ("x -----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY----- y", "x *** y"),
        ("assert token == 'abc'", "assert token == 'abc'"),
        ("assert sorted(x, key=len) == ['password']", "assert sorted(x, key=len) == ['password']"),
        ("tests/test_secret.py::test_password[token]", "tests/test_secret.py::test_password[token]"),
        ("unexpected token at tests/test_basic1.py", "unexpected token at tests/test_basic1.py"),
    ],
)
def test_texts_by_shape(text: str, shown: str) -> None:
    """What looks like a secret goes even when nobody told of it; what merely talks of one stays."""
    assert redact_text(text) == shown
    assert redact_text(shown) == shown


def test_texts_by_value() -> None:
    """A known value goes wherever it turns up, the password of a URL both as written and as it is decoded."""
    secrets = secrets_in((("API_TOKEN", "swordfish"), ("REDIS_URL", "redis://u:p%40ssword1@h")))

    assert redact_text("swordfish p@ssword1 p%40ssword1", secrets) == "*** *** ***"


def test_well_known_and_short_values_are_not_searched_for() -> None:
    """The password "postgres" does not blank out tests/postgres/, nor "1" every digit."""
    assert secrets_in((("PGPASSWORD", "postgres"), ("A_KEY", "1"), ("B_TOKEN", "true"), ("DB", "x://a:ab@h"))) == ()


def test_commands() -> None:
    """Secret assignments go, quoted or not, and the words around them stay as they were."""
    command = "API_KEY='a b' CI=1 REDIS_URL=redis://:pw@h/0 pytest 'tests/test_a.py::test[key=1]' -k key"

    assert (
        redact_command(command)
        == "API_KEY='***' CI=1 REDIS_URL=redis://:***@h/0 pytest 'tests/test_a.py::test[key=1]' -k key"
    )


def test_services() -> None:
    """A service keeps where it is and loses its password; one that is not started has nothing to lose."""
    assert redact_service(Service("redis", url="redis://:pw@h:1/0")).url == "redis://:***@h:1/0"
    assert redact_service(Service("redis")).url is None


def test_a_finding_keeps_its_id_on_the_second_pass() -> None:
    """What the terminal printed is what the store knows, though both redact."""
    signature = Signature(
        "ConnectionError", "a.py:1", "cannot reach redis://:hunter2@h and swordfish", "call", ("swordfish",)
    )
    replay = Replay("API_TOKEN=swordfish pytest a.py::t", True)
    once = redact_finding(Finding("victim", "a.py::t", signature, ("a.py::t",), replay=replay), ("swordfish",))
    twice = redact_finding(once, ())

    assert twice == once
    assert twice.id == once.id
    assert "swordfish" not in repr(once)
    assert "hunter2" not in repr(once)


PIECES = st.lists(
    st.sampled_from(
        [*"=:'\" @/?&,;", "://", "redis", "u", "token", "password", "Bearer ", "abc123def456", "***", "\n", "KEY"]
    ),
    max_size=12,
).map("".join)


@given(PIECES)
@example("abc123def456token=:")
@example("token=''=")
def test_redaction_is_idempotent(text: str) -> None:
    """A second pass, without the known secrets, changes nothing."""
    once = redact_text(text, ("abc123def456",))

    assert redact_text(once) == once
    assert redact_command(redact_command(text)) == redact_command(text)


FINDING = Finding(
    "victim", "a.py::t", Signature("ValueError", "a.py:1", "", "call"), ("a.py::t",), replay=Replay("", True)
)
SETTINGS = st.sampled_from(
    ["app.SORT_KEY", "app.API_KEY", "os.environ['API_KEY']", "app.tokens[0]", "app.conf['password']"]
)


@given(SETTINGS, PIECES)
@example("app.API_KEY", '\'a "quote" that is cut in the mid ...')
def test_redaction_of_changes_is_idempotent(what: str, text: str) -> None:
    """What changed passes through it on its way into the store and out again."""
    once = redact_finding(replace(FINDING, changes=(Change(what, text, "", "p"),)), ("abc123def456",))
    assert redact_finding(once) == once


@pytest.mark.parametrize(
    ("what", "text", "shown"),
    [
        ("app.SORT_KEY", "'by price'", "'by price'"),
        ("app.CACHE_KEYS", "['front-page']", "['front-page']"),
        ("app.Model._all_key_set", "frozenset({'name'})", "frozenset({'name'})"),
        ("app.API_KEY", "'by price'", "'***'"),
        ("app.SECRET_KEYS", "['first one', 3, 'it\\'s so ...", "['***', 3, '***"),
        ("app.password", "None", "None"),
        ("app.password", "b'hunter2'", "b'***'"),
        ("app.TOKENS", "dict of 3", "dict of 3"),
        ("app.TOKENS[0]", "'hunter2'", "'***'"),
        ("app.TOKENS['user']", "'hunter2'", "'***'"),
        ("app.conf['signing_key']", "'hunter2'", "'***'"),
        ("os.environ['SORT_KEY']", "'1'", "***"),
    ],
)
def test_of_a_change_only_a_secret_is_hidden(what: str, text: str, shown: str) -> None:
    """A variable of the environment by its name alone; elsewhere strings, under a name that is certainly a secret's."""
    changed = redact_finding(replace(FINDING, changes=(Change(what, text, "", "p", "list", True),)))
    assert changed.changes == (Change(what, shown, "", "p", "list", True),)
