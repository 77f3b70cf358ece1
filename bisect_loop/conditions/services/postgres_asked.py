"""What CI and the user say of a PostgreSQL: its superuser, the databases and roles that the tests expect. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from bisect_loop.conditions.services.pointing import logins, usual_places
from bisect_loop.conditions.services.postgres_data import PORT
from bisect_loop.model import Service

_USERS = ("POSTGRES_USER", "PGUSER", "DB_USER", "DATABASE_USER", "POSTGRESQL_USER")
_PASSWORDS = ("POSTGRES_PASSWORD", "PGPASSWORD", "DB_PASSWORD", "DATABASE_PASSWORD", "DB_PASS", "POSTGRESQL_PASSWORD")
_DATABASES = ("POSTGRES_DB", "PGDATABASE", "DB_NAME", "DATABASE_NAME", "POSTGRES_NAME", "POSTGRESQL_DATABASE")


@dataclass(frozen=True, slots=True)
class Asked:
    """`user` is the superuser; `databases` has the one to name first; `roles` are further users. "" is unsaid."""

    user: str
    password: str
    databases: tuple[str, ...]
    roles: tuple[str, ...] = ()


def asked(service: Service, variables: Mapping[str, str]) -> Asked:
    """What the container's own variables, else the URLs that point at it, else the tests' variables say."""
    own = dict(service.env)
    urls = logins(variables, service.places or usual_places(service.name, [PORT]))
    users = [unquote(login.user) for login in urls if login.user]
    passwords = [unquote(login.password) for login in urls if login.password]
    paths = [unquote(login.path.strip("/")) for login in urls if login.path.strip("/")]
    user = _first(own, ("POSTGRES_USER",)) or next(iter(users), "") or _first(variables, _USERS) or "postgres"
    password = _first(own, ("POSTGRES_PASSWORD",)) or next(iter(passwords), "") or _first(variables, _PASSWORDS)
    named = [_first(own, ("POSTGRES_DB",)), *paths, _first(variables, _DATABASES)]
    databases = tuple(dict.fromkeys(each for each in named if each)) or (user,)
    # The first that a variable names is the one that the tests use.
    databases = tuple(dict.fromkeys((*paths[:1], *databases)))
    roles = tuple(dict.fromkeys(each for each in users if each != user))
    return Asked(user, password, databases, roles)


def _first(variables: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((variables[name] for name in names if variables.get(name)), "")
