from __future__ import annotations

import socketserver
import threading

import pytest

PARCELS = {"123": "T", "224": "D"}


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(PARCELS.get(line.decode().strip(), "?").encode() + b"\n")


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="session")
def depot():
    """The address of a depot of our own."""
    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server.server_address
    server.shutdown()
    server.server_close()
    thread.join()
