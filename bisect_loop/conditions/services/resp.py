"""Just enough of Redis' protocol, RESP2, to ask a server a few questions over a socket of our own.

The protocol is described at https://redis.io/docs/latest/develop/reference/protocol-spec/.
"""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Union
from urllib.parse import parse_qs, unquote, urlsplit

Reply = Union[str, int, None, "list[Reply]"]


class ErrorReply(str):
    """An error that the server answered, e.g. "NOAUTH Authentication required."."""

    __slots__ = ()


class Refused(Exception):
    """The server did not let us in: the text is its error."""


class NotRedis(Exception):
    """What answers does not speak RESP."""


@dataclass(frozen=True, slots=True)
class Address:
    """A server as a URL names it: redis://, rediss:// (TLS) or unix://."""

    host: str = "127.0.0.1"
    port: int = 6379
    path: str = ""  # of a Unix socket; it then counts instead of host and port
    username: str = ""
    password: str = ""
    db: int = 0
    tls: bool = False
    tls_verify: bool = True
    tls_check_hostname: bool = True
    tls_ca: str | None = None

    @classmethod
    def parse(cls, url: str) -> Address:
        """Read `url` as redis-py does. Raises ValueError, its text free of secrets, where it is no such URL."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise ValueError("its host or port cannot be read") from None
        if parts.scheme not in ("redis", "rediss", "unix"):
            raise ValueError("it must begin with redis://, rediss:// or unix://")
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        path = unquote(parts.path) if parts.scheme == "unix" else ""
        db = query.get("db") or ("" if path else parts.path.strip("/")) or "0"
        if not db.isdecimal():
            raise ValueError("its database must be a number")
        tls_ca = query.get("ssl_ca_certs")
        if tls_ca and not Path(tls_ca).is_file():
            raise ValueError("its ssl_ca_certs names no file")
        return cls(
            host=unquote(parts.hostname or "localhost"),
            port=port or 6379,
            path=path,
            username=unquote(parts.username or "") or query.get("username", ""),
            password=unquote(parts.password or "") or query.get("password", ""),
            db=int(db),
            tls=parts.scheme == "rediss",
            tls_verify=query.get("ssl_cert_reqs") != "none",
            tls_check_hostname=query.get("ssl_check_hostname", "true").lower() not in ("false", "0", "no"),
            tls_ca=tls_ca,
        )


def ask(address: Address, *commands: tuple[str, ...], timeout: float) -> list[Reply]:
    """Send `commands` at once over a new connection and return a reply for each; an error is an ErrorReply.

    `timeout` holds for the connection and for each read, in seconds. Raises OSError where the server cannot be
    reached or hangs up, Refused where it does not let us in, NotRedis where it is something else.
    """
    opening = _opening(address)
    with _connect(address, timeout) as connection, connection.makefile("rb") as stream:
        connection.sendall(b"".join(_encode(command) for command in (*opening, *commands)))
        for _ in opening:
            if isinstance(reply := _read(stream), ErrorReply):
                raise Refused(reply)
        replies: list[Reply] = []
        try:
            replies.extend(_read(stream) for _ in commands)
        except ConnectionResetError:
            # A server in protected mode says why, and hangs up without reading what was asked.
            if replies and isinstance(replies[-1], ErrorReply):
                raise Refused(replies[-1]) from None
            raise
        return replies


def _opening(address: Address) -> list[tuple[str, ...]]:
    commands: list[tuple[str, ...]] = []
    if address.password:
        user = (address.username,) if address.username else ()
        commands.append(("AUTH", *user, address.password))
    if address.db:
        commands.append(("SELECT", str(address.db)))
    return commands


def _connect(address: Address, timeout: float) -> socket.socket:
    if address.path:
        unix = socket.socket(socket.AF_UNIX)
        try:
            unix.settimeout(timeout)
            unix.connect(address.path)
        except BaseException:
            unix.close()
            raise
        return unix
    try:
        plain = socket.create_connection((address.host, address.port), timeout)
    except UnicodeError:  # no host can have such a name
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known") from None
    try:
        # Where nobody listens on a port of the ephemeral range, the kernel may pick that very port as our own
        # end, and the connection is one with itself.
        if plain.getsockname() == plain.getpeername():
            raise ConnectionRefusedError("connected to itself")
        return _secured(plain, address) if address.tls else plain
    except BaseException:
        plain.close()
        raise


def _secured(plain: socket.socket, address: Address) -> socket.socket:
    context = ssl.create_default_context(cafile=address.tls_ca)
    context.check_hostname = address.tls_verify and address.tls_check_hostname
    if not address.tls_verify:
        context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(plain, server_hostname=address.host)


def _encode(command: tuple[str, ...]) -> bytes:
    words = [word.encode() for word in command]
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


def _read(stream: BinaryIO) -> Reply:
    line = stream.readline(65536)
    if not line:
        raise ConnectionResetError("the server hung up")
    if not line.endswith(b"\r\n"):
        raise NotRedis
    mark, text = line[:1], line[1:-2].decode("utf-8", "replace")
    if mark == b"+":
        return text
    if mark == b"-":
        return ErrorReply(text)
    if mark not in b":$*" or not text.removeprefix("-").isdecimal():
        raise NotRedis
    number = int(text)
    if mark == b":":
        return number
    if number < 0:
        return None
    if mark == b"*":
        return [_read(stream) for _ in range(number)]
    body = stream.read(number + 2)
    if len(body) < number + 2:
        raise ConnectionResetError("the server hung up")
    return body[:-2].decode("utf-8", "replace")
