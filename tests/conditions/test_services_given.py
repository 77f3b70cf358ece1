"""A Redis that the user names by URL: checked, used, and left as it is."""

from __future__ import annotations

import contextlib
import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bisect_loop.conditions.services import Launch, Server, ServiceError, redis, redis_state, start
from bisect_loop.conditions.services.resp import Address, ErrorReply, Reply, ask
from bisect_loop.model import Service

PONG = b"+PONG\r\n"
INFO = b"$33\r\n# Server\r\nredis_version:99.1\r\nx:y\r\n\r\n"


@pytest.fixture
def theirs(tmp_path: Path) -> Iterator[Server]:
    """A real Redis that stands for the user's own."""
    binary = redis.embedded_binary() or shutil.which("redis-server") or "no redis-server on this machine"
    launch = Launch(tmp_path, {"PATH": str(Path(binary).parent)})
    server = start(Service("redis", "local"), launch)
    yield server
    server.stop()


def talk(url: str | None, *commands: tuple[str, ...]) -> list[Reply]:
    return ask(Address.parse(url or ""), *commands, timeout=5.0)


def given(url: str | None, tmp_path: Path, **changes) -> Server:
    return start(Service("redis", "url", url=url), Launch(tmp_path, {}, **changes))


def refusal(url: str, tmp_path: Path, **changes) -> str:
    with pytest.raises(ServiceError) as caught:
        given(url, tmp_path, **changes)
    return str(caught.value)


@contextlib.contextmanager
def answering(*answers: bytes, family: int = socket.AF_INET, address: object = ("127.0.0.1", 0)) -> Iterator[object]:
    """A server that gives the first connection the first answer, and so on; yields its address."""
    with socket.socket(family) as listener:
        listener.bind(address)
        listener.listen()

        def serve() -> None:
            for answer in answers:
                with contextlib.suppress(OSError):
                    connection, _ = listener.accept()
                    with connection:
                        connection.recv(4096)
                        connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()
        thread.join(10)
        assert not thread.is_alive()


def test_a_given_server_is_used_as_it_is(theirs: Server, tmp_path: Path) -> None:
    """The URL is passed on as it was given; reset flushes nothing and stop ends nothing."""
    url = f"{theirs.service.url}?socket_timeout=3"
    talk(url, ("SET", "precious", "1"))
    server = given(url, tmp_path)
    assert server.service == Service("redis", "url", version=theirs.service.version, url=url)
    assert (server.env(), server.pgid, server.alive()) == ({"REDIS_URL": url}, None, True)
    server.reset()
    server.stop()
    server.stop()
    assert talk(url, ("GET", "precious")) == ["1"]
    theirs.stop()
    assert not server.alive()


def test_a_given_server_is_flushed_only_with_leave(theirs: Server, tmp_path: Path) -> None:
    """With the user's leave a reset flushes the database that the URL names, and no other."""
    base = (theirs.service.url or "").removesuffix("/0")
    for db in (0, 5):
        talk(f"{base}/{db}", ("SET", "k", "v"))
    server = given(f"{base}/5", tmp_path, reset_external=True)
    server.reset()
    assert [talk(f"{base}/{db}", ("DBSIZE",)) for db in (0, 5)] == [[1], [0]]
    theirs.stop()
    with pytest.raises(ServiceError, match="Nothing listens"):
        server.reset()


def test_passwords(theirs: Server, tmp_path: Path) -> None:
    """A password is sent as the URL has it, quoted characters too; a wrong or a missing one is a sentence."""
    host = (theirs.service.url or "").removeprefix("redis://")
    talk(theirs.service.url, ("CONFIG", "SET", "requirepass", "p@ss/w:rd"))
    for url in (f"redis://:p%40ss%2Fw%3Ard@{host}", f"redis://default:p%40ss%2Fw%3Ard@{host}"):
        assert given(url, tmp_path).alive()
    assert given(f"redis://{host}?password=p%40ss%2Fw%3Ard", tmp_path).alive()
    wrong = refusal(f"redis://:hunter22@{host}", tmp_path)
    assert wrong == f"Redis refused the password in redis://:***@{host}: correct it."
    assert "asks for a password: write it into redis://" in refusal(f"redis://{host}", tmp_path)


def test_a_password_where_none_is_set(theirs: Server, tmp_path: Path) -> None:
    """A server without a password says so itself, and the password is not repeated."""
    host = (theirs.service.url or "").removeprefix("redis://")
    sentence = refusal(f"redis://:hunter22@{host}", tmp_path)
    assert "refuses: ERR AUTH" in sentence
    assert "hunter22" not in sentence


def test_a_database_that_is_not_there(theirs: Server, tmp_path: Path) -> None:
    """A database out of range is the server's own error."""
    assert "out of range" in refusal((theirs.service.url or "").removesuffix("0") + "999", tmp_path)


def test_tls_where_there_is_none(theirs: Server, tmp_path: Path, monkeypatch) -> None:
    """rediss:// to a server without TLS is one sentence that says which scheme to try."""
    monkeypatch.setattr(redis_state, "ASK_TIMEOUT", 0.2)
    url = (theirs.service.url or "").replace("redis://", "rediss://")
    assert "(redis:// is without)" in refusal(url, tmp_path)


def test_nobody_listens(tmp_path: Path) -> None:
    """A port where nobody listens, and a socket file that is not there, are one sentence each."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        sentence = refusal(f"redis://127.0.0.1:{bound.getsockname()[1]}/0", tmp_path)
    assert "Nothing listens at" in sentence
    assert "--service redis" in sentence
    assert "Nothing listens at" in refusal(f"unix://{tmp_path}/none.sock", tmp_path)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b"])
def test_an_unknown_host(host: str, tmp_path: Path) -> None:
    """A host that nobody knows is named."""
    assert f"The host '{host}'" in refusal(f"redis://:hunter22@{host}:6379/0", tmp_path)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://h/", "must begin with redis://"),
        ("redis://h:http/0", "host or port cannot be read"),
        ("redis://h:99999/0", "host or port cannot be read"),
        ("redis://[::1/0", "host or port cannot be read"),
        ("redis://h/first", "database must be a number"),
        ("rediss://h?ssl_ca_certs=/no/such/file", "ssl_ca_certs names no file"),
    ],
)
def test_a_url_of_something_else(url: str, why: str, tmp_path: Path) -> None:
    """A URL that cannot be a Redis is refused for what is wrong with it."""
    assert why in refusal(url, tmp_path)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "is not Redis"),
        (b"+HELLO\r\n$2\r\nok\r\n", "is not Redis"),
        (b"x" * 70000, "is not Redis"),
        (b":many\r\n", "is not Redis"),
        (b"", "hung up before it answered"),
        (PONG + b"$100\r\nshort", "hung up before it answered"),
        (
            b"-DENIED Redis is running in protected mode.\r\n",
            "refuses: DENIED Redis is running in protected mode.",
        ),
        (b"-LOADING Redis is loading the dataset in memory\r\n" * 2, "still loading its data"),
    ],
)
def test_strange_answers(answer: bytes, sentence: str, tmp_path: Path) -> None:
    """Whatever answers at the URL, the user reads one sentence."""
    with answering(answer) as (host, port):
        assert sentence in refusal(f"redis://{host}:{port}/0", tmp_path, ready_within=0)


def test_silence(tmp_path: Path, monkeypatch) -> None:
    """A server that takes the connection and says nothing is not waited for without end."""
    monkeypatch.setattr(redis_state, "ASK_TIMEOUT", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sentence = refusal(f"redis://127.0.0.1:{listener.getsockname()[1]}/0", tmp_path)
    assert "Nothing answered" in sentence


def test_a_server_that_loads_is_waited_for(tmp_path: Path) -> None:
    """A server that is still loading its data is asked again until it is ready."""
    loading = b"-LOADING Redis is loading the dataset in memory\r\n" * 2
    with answering(loading, loading, PONG + INFO) as (host, port):
        assert given(f"redis://{host}:{port}/0", tmp_path).service.version == "99.1"


def test_a_user_without_the_right_to_ask_for_info(tmp_path: Path) -> None:
    """Rights that do not extend to INFO do not stand in the way; the version is then not known."""
    with answering(PONG + b"-NOPERM this user has no permissions to run the 'info' command\r\n") as (host, port):
        assert given(f"redis://{host}:{port}/0", tmp_path).service.version == ""


def test_a_unix_socket(tmp_path: Path, tmp_path_factory) -> None:
    """A URL may name a Unix socket, the database in its query."""
    path = str(tmp_path_factory.mktemp("s") / "r")
    with answering(b"+OK\r\n" + PONG + INFO, family=socket.AF_UNIX, address=path):
        assert given(f"unix://{path}?db=2", tmp_path).service.version == "99.1"


def test_replies_of_every_type() -> None:
    """Each type of RESP2 is read, nested arrays and nulls too, and an error stays apart from text."""
    answer = b"+OK\r\n:-7\r\n$-1\r\n*-1\r\n*2\r\n$4\r\na\r\nb\r\n*1\r\n:1\r\n-ERR no\r\n"
    with answering(answer) as (host, port):
        replies = ask(Address(host, port), *[("X",)] * 6, timeout=5)
    assert replies == ["OK", -7, None, None, ["a\r\nb", [1]], "ERR no"]
    assert [type(reply) for reply in replies][-1] is ErrorReply


def test_a_connection_with_itself_is_refused(monkeypatch) -> None:
    """A socket that the kernel connected with itself is no server."""
    with socket.socket() as selfish:
        selfish.bind(("127.0.0.1", 0))
        selfish.connect(selfish.getsockname())
        monkeypatch.setattr(socket, "create_connection", lambda *_: selfish)
        with pytest.raises(ConnectionRefusedError):
            ask(Address(), ("PING",), timeout=1)
