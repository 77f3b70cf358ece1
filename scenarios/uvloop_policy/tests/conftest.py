from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
import uvloop

STREETS = {"mill street": "52.3 4.9", "abbey road": "51.5 -0.2"}


@pytest.fixture(scope="session")
def event_loop_policy():
    """The loops of production."""
    return uvloop.EventLoopPolicy()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        place = STREETS.get(parse_qs(urlsplit(self.path).query)["q"][0])
        body = (place or "").encode()
        self.send_response(404 if place is None else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="session")
def map_url():
    """A map server of our own."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()
