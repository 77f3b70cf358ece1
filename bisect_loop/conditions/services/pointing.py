"""Which of CI's variables point at a service, and their values when it is somewhere else. Pure: text in, text out.

CI reaches a service as `redis:6379` from a container and as `localhost:6379` from the machine itself. A variable
may hold that in a URL, as HOST:PORT, as a DSN ("host=db port=5432"), or as a host and a port of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bisect_loop.model import Place

# What a URL without a port means.
DEFAULT_PORTS = {
    "redis": 6379,
    "rediss": 6379,
    "postgres": 5432,
    "postgresql": 5432,
    "mysql": 3306,
    "mariadb": 3306,
    "mongodb": 27017,
    "amqp": 5672,
    "http": 80,
}
_LOCAL = ("localhost", "127.0.0.1", "0.0.0.0", "[::1]", "::1", "host.docker.internal")
_WELL_KNOWN_PORTS = frozenset(DEFAULT_PORTS.values()) - {80}

_URL = re.compile(
    r"(?P<scheme>[A-Za-z][\w+.\-]*)://(?:(?P<userinfo>[^/?#\s]*)@)?(?P<host>\[[^\]\s]*\]|[^:/?#,;@\s\[\]]*)"
    r"(?::(?P<port>\d+))?(?P<path>/[^?#\s]*)?(?P<rest>[?#]\S*)?"
)
_DSN_WORD = re.compile(r"(?:^|(?<=\s))(host|port|user|password|dbname)=('(?:\\.|[^'])*'|\S*)")
_HOST_NAME = re.compile(r"^(?P<stem>.*?)_?(?:HOST|HOSTNAME|SERVER)$", re.IGNORECASE)
_PORT_NAME = re.compile(r"^(?P<stem>.*?)_?PORT$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Target:
    """Where variables are to point instead.

    `userinfo` ("user:password", quoted as in a URL) replaces what a URL has there, None leaves that; `password` is put
    in where a URL names a user at most; `path` replaces the URL's, None leaves it.
    """

    host: str
    port: int
    userinfo: str | None = None
    password: str | None = None
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Login:
    """What a variable says besides the place: "" where it says nothing. Quotes of the URL are left in."""

    user: str = ""
    password: str = ""
    path: str = ""


def usual_places(name: str, ports: Iterable[int], *, local: bool = True) -> tuple[Place, ...]:
    """Where a service called `name` is looked for where nothing else is said: `name`, and (with `local`) localhost."""
    hosts = (name, *_LOCAL) if local else (name,)
    return tuple(Place(host, port, port) for port in ports for host in hosts)


def places_of(name: str, published: Iterable[tuple[int, int | None]]) -> tuple[Place, ...]:
    """Where CI reaches a service whose ports are `published` as (container's, host's): by name, and on its host."""
    found: list[Place] = []
    for inside, host in published:
        found.append(Place(name, inside, inside))
        found += [Place(local, host, inside) for local in _LOCAL if host is not None]
    return tuple(found)


def led(variables: Mapping[str, str], places: Sequence[Place], targets: Mapping[int, Target]) -> dict[str, str]:
    """Return those of `variables` that point at one of `places`, as they must be for the service to be found.

    `targets` has, for a service's own port, where that is now. Other variables are not in the answer.
    """
    there = {(place.host.lower(), place.port): targets[place.inside] for place in places if place.inside in targets}
    found: dict[str, str] = {}
    for name, value in variables.items():
        changed = _whole(name, value, variables, there)
        if changed is None:
            changed = _within(value, there)
        if changed is not None:
            found[name] = changed
            host_name = _HOST_NAME.match(name)
            # What has a host of its own and no port means the usual one, which it no longer is.
            if host_name and _sibling(variables, host_name["stem"], _PORT_NAME) is None:
                ports = [target.port for (host, _), target in there.items() if host == value.lower()]
                if ports:
                    found[re.sub(r"(?i)(?:HOSTNAME|HOST|SERVER)$", "PORT", name)] = str(ports[0])
    return found


def logins(variables: Mapping[str, str], places: Sequence[Place]) -> list[Login]:
    """What URLs and DSNs that point at one of `places` say of user, password and path."""
    there = {(place.host.lower(), place.port) for place in places}
    found: list[Login] = []
    for value in variables.values():
        for url in _URL.finditer(value):
            if _place_of(url) in there:
                user, _, password = (url["userinfo"] or "").partition(":")
                found.append(Login(user, password, url["path"] or ""))
        words = _dsn(value)
        if words is not None and (words.get("host", "").lower(), int(words.get("port", "5432"))) in there:
            found.append(
                Login(
                    words.get("user", ""), words.get("password", ""), f"/{words['dbname']}" if "dbname" in words else ""
                )
            )
    return found


def without_password(value: str) -> str:
    """Return `value` with the passwords of its URLs left out: whoever starts the service puts them in again."""

    def bare(url: re.Match[str]) -> str:
        user = (url["userinfo"] or "").partition(":")[0]
        return _written(url, f"{user}@" if user else "", url["host"], url["port"], url["path"] or "")

    return _URL.sub(bare, value)


def _place_of(url: re.Match[str]) -> tuple[str, int]:
    default = DEFAULT_PORTS.get(url["scheme"].lower().partition("+")[0], 0)
    return url["host"].lower(), int(url["port"] or default)


def _written(url: re.Match[str], userinfo: str, host: str, port: str | int | None, path: str) -> str:
    at = f"{host}:{port}" if port else host
    return f"{url['scheme']}://{userinfo}{at}{path}{url['rest'] or ''}"


def _within(value: str, there: Mapping[tuple[str, int], Target]) -> str | None:
    """`value` with each URL, DSN or HOST:PORT that is one of `there` led elsewhere; None where there is none."""
    hits = 0

    def of_url(url: re.Match[str]) -> str:
        nonlocal hits
        target = there.get(_place_of(url))
        if target is None:
            return url[0]
        hits += 1
        user, colon, password = (url["userinfo"] or "").partition(":")
        userinfo = f"{user}{colon}{password}"
        if target.userinfo is not None:
            userinfo = target.userinfo
        elif target.password is not None and not password:
            userinfo = f"{user}:{target.password}"
        path = url["path"] or "" if target.path is None else target.path
        return _written(url, f"{userinfo}@" if userinfo else "", target.host, target.port, path)

    changed = _URL.sub(of_url, value)
    # What a URL has become is not looked at again: its new port may be another place's.
    if hits == 0:
        changed, hits = _bare(value, there)
    if hits == 0:
        changed, hits = _in_dsn(value, there)
    return changed if hits else None


def _bare(value: str, there: Mapping[tuple[str, int], Target]) -> tuple[str, int]:
    """HOST:PORT that stands by itself, or in a list."""
    hosts = "|".join(sorted({re.escape(host) for host, _ in there}, key=len, reverse=True))
    if not hosts:
        return value, 0
    hits = 0

    def replaced(match: re.Match[str]) -> str:
        nonlocal hits
        target = there.get((match[1].lower(), int(match[2])))
        if target is None:
            return match[0]
        hits += 1
        return f"{target.host}:{target.port}"

    return re.sub(rf"(?<![\w.\-])({hosts}):(\d+)(?!\d)", replaced, value, flags=re.IGNORECASE), hits


def _dsn(value: str) -> dict[str, str] | None:
    """The words of a libpq DSN; None where `value` is none."""
    words = {match[1]: match[2].strip("'") for match in _DSN_WORD.finditer(value)}
    return words if "host" in words and words.get("port", "5432").isdecimal() else None


def _in_dsn(value: str, there: Mapping[tuple[str, int], Target]) -> tuple[str, int]:
    words = _dsn(value)
    target = there.get((words["host"].lower(), int(words.get("port", "5432")))) if words else None
    if words is None or target is None:
        return value, 0
    new = {"host": target.host, "port": str(target.port)}
    if target.path is not None:
        new["dbname"] = target.path.strip("/")
    changed = _DSN_WORD.sub(lambda match: f"{match[1]}={new.get(match[1], match[2])}", value)
    return (changed if "port" in words else f"{changed} port={target.port}"), 1


def _whole(name: str, value: str, variables: Mapping[str, str], there: Mapping[tuple[str, int], Target]) -> str | None:
    """The new value of a variable that is a host or a port of its own, None where it is neither."""
    host_name, port_name = _HOST_NAME.match(name), _PORT_NAME.match(name)
    if host_name and value:
        port = _sibling(variables, host_name["stem"], _PORT_NAME)
        for (host, at), target in there.items():
            if host != value.lower() or (port is not None and port != str(at)):
                continue
            if port is None and host in _LOCAL and not _speaks_of(host_name["stem"], at):
                continue
            return target.host
    if port_name and value.isdecimal():
        beside = _sibling(variables, port_name["stem"], _HOST_NAME)
        for (candidate, at), target in there.items():
            if str(at) != value or (beside is not None and beside.lower() != candidate):
                continue
            if beside is None and at not in _WELL_KNOWN_PORTS and not _speaks_of(port_name["stem"], at):
                continue
            return str(target.port)
    return None


def _sibling(variables: Mapping[str, str], stem: str, pattern: re.Pattern[str]) -> str | None:
    """The value of the variable with this stem that is a host (or a port), None where there is none."""
    for name, value in variables.items():
        match = pattern.match(name)
        if match and match["stem"].upper() == stem.upper() and value:
            return value
    return None


def _speaks_of(stem: str, port: int) -> bool:
    """Whether a name such as PG or REDIS_CACHE says what listens on `port`."""
    words = {6379: ("REDIS", "CACHE", "VALKEY"), 5432: ("PG", "POSTGRES", "POSTGRESQL", "DB", "DATABASE", "SQL")}
    return any(word in re.split(r"[_\d]+", stem.upper()) for word in words.get(port, ()))
