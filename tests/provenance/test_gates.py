"""Which variables decide whether a line is run, read off the conditions around it."""

from __future__ import annotations

from pathlib import Path

from bisect_loop.provenance.gates import gates
from bisect_loop.provenance.record import Held, Site
from bisect_loop.provenance.source import Sources

APP = """\
import os
from app.client import CLIENT as ours, make
URL = os.environ.get("BROKER_URL")

def start():
    if url := os.getenv("REDIS_URL"):
        make(url)
    if "PYTEST_CURRENT_TEST" not in os.environ and URL:
        make(URL)

def stop():
    if not os.environ["KEEP"]:
        return
    make("always")

def plain():
    make("nothing asked")
"""


def sources(tmp_path: Path) -> Sources:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "start.py").write_text(APP)
    (tmp_path / "app" / "client.py").write_text("CLIENT = None\ndef make(url):\n    global CLIENT\n    CLIENT = url\n")
    return Sources(tmp_path)


def test_conditions_around_a_line(tmp_path: Path) -> None:
    """An `if` around the line, a name that holds a variable, an early return; pytest's own variables are no gates."""
    there = sources(tmp_path)
    found = {line: gates([Site(f"app/start.py:{line}", "f")], there) for line in (7, 9, 14, 17)}
    assert found == {7: ("REDIS_URL",), 9: ("BROKER_URL",), 14: ("KEEP",), 17: ()}
    assert gates([Site("app/gone.py:3", "f"), Site("", "")], there) == ()


def test_who_defines_a_name(tmp_path: Path) -> None:
    """A name goes by the module that gives it its value, and by each line that does."""
    there = sources(tmp_path)
    assert there.home("app.start", "app/start.py", "ours") == ("app.client", "CLIENT")
    assert not there.defines(Held("app.start.ours", "app/start.py", "ours"))
    stores = there.stores(Held("app.client.CLIENT", "app/client.py", "CLIENT"))
    assert [(store.line, store.function, store.clears) for store in stores] == [(1, "", True), (4, "make", False)]
