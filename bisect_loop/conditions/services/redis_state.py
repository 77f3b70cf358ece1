"""What a Redis server holds, whoever started it: asked, and emptied."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from urllib.parse import quote

from bisect_loop.conditions.leaks import Snapshot
from bisect_loop.conditions.services.pointing import Target
from bisect_loop.conditions.services.resp import Address, ErrorReply, NotRedis, Refused, Reply, ask
from bisect_loop.conditions.services.seam import ServiceError

PORT = 6379
_MOST_KEYS = 5000
ASK_TIMEOUT = 2.0
# A server that has not answered a flush by then is stuck in what a trial left there, and is replaced.
_RESET_TIMEOUT = 0.5

# What FLUSHALL leaves as it is although a test may have changed it.
_SETTINGS = (("CONFIG", "GET", "*"), ("ACL", "LIST"))
_EMPTY = (("FLUSHALL",), ("SCRIPT", "FLUSH"), ("FUNCTION", "FLUSH"))


def target(address: Address, path: str | None = None) -> Target:
    """Where a variable that names the server must point; a database of the server's own stays what it was."""
    user, password = quote(address.username, safe=""), quote(address.password, safe="")
    return Target(address.host, address.port, userinfo=f"{user}:{password}" if password else user, path=path)


def info(address: Address) -> dict[str, str] | str:
    """The section "server" of INFO, or the error that the server answered.

    Raises OSError, Refused or NotRedis as `ask` does.
    """
    ping, section = ask(address, ("PING",), ("INFO", "server"), timeout=ASK_TIMEOUT)
    if isinstance(ping, ErrorReply):
        return ping
    if ping != "PONG" or not isinstance(section, str):
        raise NotRedis
    if isinstance(section, ErrorReply):
        # A user whose rights (ACL) do not extend to INFO can use the server all the same.
        return {} if section.startswith("NOPERM") else section
    return dict(line.split(":", 1) for line in section.splitlines() if ":" in line)


Settings = tuple[frozenset[tuple[str, str]], tuple[str, ...]]


def settings_of(address: Address) -> Settings:
    """The server's settings and users, to be compared. Raises as `ask` does."""
    return _settings(ask(address, *_SETTINGS, timeout=ASK_TIMEOUT))


def keep_nothing_on_disk(address: Address) -> None:
    """Turn off what an image may save: a flush would write all of it at once. Raises as `ask` does."""
    ask(address, ("CONFIG", "SET", "save", ""), ("CONFIG", "SET", "appendonly", "no"), timeout=ASK_TIMEOUT)


def emptied(address: Address, settings: Settings | None) -> bool:
    """Empty all databases; tell whether that was done and the server's settings are still `settings`, if it has any."""
    try:
        if settings is None:
            return ask(address, ("FLUSHALL",), timeout=_RESET_TIMEOUT) == ["OK"]
        replies = ask(address, *_SETTINGS, *_EMPTY, timeout=_RESET_TIMEOUT)
    except (OSError, NotRedis, Refused):
        return False
    return _settings(replies[: len(_SETTINGS)]) == settings and all(map(_was_done, replies[len(_SETTINGS) :]))


def _settings(replies: list[Reply]) -> Settings:
    # Redis 7 lists its settings in another order after each start.
    flat, users = (list(map(str, reply)) if isinstance(reply, list) else [str(reply)] for reply in replies)
    return frozenset(zip(flat[::2], flat[1::2], strict=False)), tuple(users)


def snapshot(address: Address, *, known: bool = True) -> Snapshot:
    """All keys of all databases with a digest of each value, up to a few thousand. Raises ServiceError.

    With `known` False the server cannot say which databases it has: the first five are looked at.
    """
    keys: dict[str, str] = {}
    try:
        text = ask(address, ("INFO", "keyspace"), timeout=ASK_TIMEOUT)[0] if known else ""
        for db in re.findall(r"^db(\d+):", str(text), re.MULTILINE) if known else "01234":
            there = replace(address, db=int(db))
            names: list[str] = []
            cursor = "0"
            while len(names) < _MOST_KEYS:
                (page,) = ask(there, ("SCAN", cursor, "COUNT", "1000"), timeout=ASK_TIMEOUT)
                if not isinstance(page, list) or len(page) != 2 or not isinstance(page[1], list):
                    break
                cursor = str(page[0])
                names += [str(name) for name in page[1]]
                if cursor == "0":
                    break
            for start in range(0, len(names), 500):
                batch = names[start : start + 500]
                dumps = ask(there, *(("DUMP", name) for name in batch), timeout=ASK_TIMEOUT)
                for name, dump in zip(batch, dumps, strict=True):
                    shown = name if db == "0" else f"{name} (database {db})"
                    keys[shown] = hashlib.sha256(repr(dump).encode("utf-8", "replace")).hexdigest()[:16]
    except (OSError, NotRedis, Refused) as error:
        raise ServiceError(f"Redis does not say what it holds: {error}.") from error
    return Snapshot(keys=keys)


def _was_done(reply: Reply) -> bool:
    # Functions came with Redis 7; an older server has none to flush.
    return not isinstance(reply, ErrorReply) or "unknown command" in reply
