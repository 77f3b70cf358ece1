"""What is said about a wire-up: holders, gates, guards, and who gets there."""

from __future__ import annotations

from pathlib import Path

import pytest

from bisect_loop.scan import WireUp

from .writing import scanned

BUS = """
class Bus:
    def __init__(self, client):
        self.client = client

_BUS = None

def bind(bus):
    global _BUS
    _BUS = bus

def current():
    return _BUS
"""
APP = """
import os
from redis.asyncio import from_url
import events

def create_app():
    if url := os.environ.get("REDIS_URL"):
        events.bind(events.Bus(from_url(url)))
"""
TEST = """
import pytest
from app import create_app

@pytest.fixture
def app():
    return create_app()

def test_through_fixture(app): ...

def test_directly():
    create_app()

def test_something_else(): ...
"""


def only(root: Path, files: dict[str, str], **options: object) -> WireUp:
    (wire_up,) = scanned(root, dict(files), **options).wire_ups
    return wire_up


def test_a_setter_in_another_module(tmp_path: Path) -> None:
    """The holder is the variable behind the setter, the wire-up is the call that passes the resource."""
    wire_up = only(tmp_path, {"events.py": BUS, "app.py": APP, "test_app.py": TEST})
    assert wire_up.resource == "redis.asyncio client"
    assert wire_up.holder == "events._BUS.client"
    assert (str(wire_up.stored_at), str(wire_up.made_at)) == ("app.py:7", "app.py:7")
    assert (wire_up.function, wire_up.at_import) == ("create_app", False)
    assert [gate.name for gate in wire_up.gates] == ["REDIS_URL"]
    assert wire_up.guards == ()
    assert wire_up.reach.tests == 2
    assert wire_up.reach.examples == ("test_app.py::test_directly", "test_app.py::test_through_fixture")


def test_a_stale_holder_is_named(tmp_path: Path) -> None:
    """A fixture that resets one holder and leaves the other is no guard, and the message says which is left."""
    emitter = """
    import events

    class Emitter:
        def __init__(self):
            self.bus = None

        def emit(self):
            if self.bus is None:
                self.bus = events.current()

    EMITTER = Emitter()
    """
    conftest = """
    import pytest
    import audit, events

    @pytest.fixture(autouse=True)
    def no_bus():
        yield
        events.bind(None)
    """
    files = {"events.py": BUS, "app.py": APP, "audit.py": emitter, "conftest.py": conftest, "test_app.py": TEST}
    report = scanned(tmp_path, dict(files))
    (finding,) = report.findings
    assert finding.wire_up is not None
    assert finding.wire_up.also_held_by == ("audit.EMITTER.bus.client",)
    assert "but not what audit.EMITTER.bus.client holds (conftest.py:7)" in finding.message
    del files["audit.py"]
    files["conftest.py"] = conftest.replace("audit, ", "")
    (tmp_path / "audit.py").unlink()
    assert scanned(tmp_path, dict(files)).findings == ()


@pytest.mark.parametrize(
    ("ci_env", "says"),
    [
        (None, "only with REDIS_URL;"),
        ({}, "only with REDIS_URL (which CI does not set);"),
        ({"REDIS_URL": ".github/workflows/ci.yml:14"}, "only with REDIS_URL (set in .github/workflows/ci.yml:14);"),
    ],
)
def test_whether_ci_sets_the_gate(tmp_path: Path, ci_env: dict[str, str] | None, says: str) -> None:
    """What is known of CI is said, and nothing where nothing is known."""
    report = scanned(tmp_path, {"events.py": BUS, "app.py": APP, "test_app.py": TEST}, ci_env=ci_env)
    assert says in report.findings[0].message


GATED = {
    "early return": ("def f():\n    if not os.getenv('URL'):\n        return\n    {}", ["URL"]),
    "local variable": ("def f():\n    url = os.environ.get('URL')\n    if url is not None:\n        {}", ["URL"]),
    "module constant": ("URL = os.environ.get('URL', '')\ndef f():\n    if URL:\n        {}", ["URL"]),
    "a flag that is off by default": ("def f():\n    if os.getenv('FLAG', '0') == '1':\n        {}", ["FLAG"]),
    "a flag that is on by default": ("def f():\n    if os.getenv('FLAG', '1') == '1':\n        {}", []),
    "membership": ("def f():\n    if 'URL' in os.environ:\n        {}", ["URL"]),
    "a subscript": ("def f():\n    os.environ['URL']\n    {}", []),
    "two together": ("def f():\n    if os.getenv('A') and os.getenv('B'):\n        {}", ["A", "B"]),
    "either of two": ("def f():\n    if os.getenv('A') or os.getenv('B'):\n        {}", []),
    "the other branch": ("def f():\n    if os.getenv('OFF'):\n        pass\n    else:\n        {}", []),
    "a helper": ("def url():\n    return os.getenv('URL')\ndef f():\n    if url():\n        {}", ["URL"]),
    "the only caller": ("def f():\n    {}\ndef main():\n    if os.getenv('URL'):\n        f()", ["URL"]),
    "one of two callers": ("def f():\n    {}\ndef a():\n    if os.getenv('URL'):\n        f()\ndef b():\n    f()", []),
    "settings": (
        "class Settings(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix='APP_')\n"
        "    url: str | None = None\nsettings = Settings()\ndef f():\n    if settings.url:\n        {}",
        ["APP_URL"],
    ),
    "settings with a default": (
        "class Settings(BaseSettings):\n    url: str = 'redis://'\nsettings = Settings()\n"
        "def f():\n    if settings.url:\n        {}",
        [],
    ),
    "cached settings": (
        "class Settings(BaseSettings):\n    url: str = ''\n@lru_cache\ndef get_settings():\n    return Settings()\n"
        "def f():\n    settings = get_settings()\n    if settings.url:\n        {}",
        ["URL"],
    ),
    "a plain class": (
        "class Config:\n    def __init__(self):\n        self.url = os.getenv('URL')\nconfig = Config()\n"
        "def f():\n    if config.url:\n        {}",
        ["URL"],
    ),
}


@pytest.mark.parametrize("name", GATED)
def test_gates(tmp_path: Path, name: str) -> None:
    """A variable is a gate where nothing is made without it, however the code asks for it."""
    code, expected = GATED[name]
    head = (
        "import os\nfrom functools import lru_cache\nimport httpx\n"
        "from pydantic_settings import BaseSettings, SettingsConfigDict\nkept = {}\n"
    )
    wire_up = only(tmp_path, {"app.py": head + code.format("kept['a'] = httpx.AsyncClient()")})
    assert [gate.name for gate in wire_up.gates] == expected


def test_a_variable_that_the_constructor_needs(tmp_path: Path) -> None:
    """os.environ[...] in the constructor's arguments is a gate as well: without it there is a KeyError."""
    wire_up = only(tmp_path, {"app.py": "import os, redis.asyncio as r\nc = r.from_url(os.environ['URL'])\n"})
    assert [gate.name for gate in wire_up.gates] == ["URL"]


def test_two_sites_of_which_one_is_guarded(tmp_path: Path) -> None:
    """The unguarded one is reported, and the other is mentioned."""
    files = {
        "app.py": """
        import os
        import httpx

        CLIENT = None

        def first():
            global CLIENT
            if "PYTEST_CURRENT_TEST" not in os.environ:
                CLIENT = httpx.AsyncClient()

        def second():
            global CLIENT
            CLIENT = httpx.AsyncClient()
        """,
        "test_app.py": "import app\ndef test_both():\n    app.first()\n    app.second()\n",
    }
    report = scanned(tmp_path, dict(files))
    (finding,) = report.findings
    assert finding.place.line == 13
    assert "the wire-up at app.py:9 is guarded, but one without a guard is enough" in finding.message


def test_a_guard_that_comes_too_early(tmp_path: Path) -> None:
    """PYTEST_CURRENT_TEST is not set at collection; PYTEST_VERSION is."""
    code = """
    import os
    import httpx

    def create_app():
        if os.environ.get("{}"):
            return None
        create_app.client = httpx.AsyncClient()

    app = create_app()
    """
    files = {"app.py": code.format("PYTEST_CURRENT_TEST"), "test_app.py": "import app\ndef test_app(): ...\n"}
    (finding,) = scanned(tmp_path, dict(files)).findings
    assert "PYTEST_CURRENT_TEST is not set yet when the tests are collected" in finding.message
    files["app.py"] = code.format("PYTEST_VERSION")
    assert scanned(tmp_path, dict(files)).findings == ()


@pytest.mark.parametrize(
    "conftest",
    [
        "import os\nos.environ.pop('URL', None)\n",
        "import pytest\n@pytest.fixture(autouse=True)\ndef no_url(monkeypatch):\n    monkeypatch.delenv('URL')\n",
        "import os\ndef pytest_configure(config):\n    os.environ['URL'] = ''\n",
    ],
)
def test_a_gate_that_the_tests_close(tmp_path: Path, conftest: str) -> None:
    """A conftest that takes the variable away guards what it gates."""
    files = {
        "app.py": """
        import os, httpx
        kept = []
        def f():
            if os.getenv("URL"):
                kept.append(httpx.AsyncClient())
        """,
        "test_app.py": "import app\ndef test_f():\n    app.f()\n",
    }
    assert len(scanned(tmp_path, dict(files)).findings) == 1
    assert scanned(tmp_path, {**files, "conftest.py": conftest}).findings == ()


def test_what_no_test_imports_is_not_reported(tmp_path: Path) -> None:
    """A script beside the tests cannot poison them; it stays in the list of wire-ups."""
    files = {"script.py": "import httpx\nclient = httpx.AsyncClient()\n", "test_app.py": "def test_one(): ...\n"}
    report = scanned(tmp_path, dict(files))
    assert report.findings == ()
    assert len(report.wire_ups) == 1


@pytest.mark.parametrize(
    "reference",
    ["importlib.import_module('pkg.app')", "mock.patch('pkg.app.client')", "uvicorn.Config('pkg.app:client')"],
)
def test_modules_named_in_texts_are_imported(tmp_path: Path, reference: str) -> None:
    """A test reaches a module that it only names in a string."""
    files = {
        "pkg/__init__.py": "",
        "pkg/app.py": "import httpx\nclient = httpx.AsyncClient()\n",
        "tests/test_app.py": f"import importlib, mock, uvicorn\ndef test_one():\n    {reference}\n",
    }
    assert len(scanned(tmp_path, dict(files)).findings) == 1


@pytest.mark.parametrize("layout", ["", "src/"])
def test_layouts(tmp_path: Path, layout: str) -> None:
    """Flat and src layouts, packages with and without __init__.py, relative imports and re-exports are followed."""
    files = {
        f"{layout}pkg/__init__.py": "from .clients import make as make_client\n",
        f"{layout}pkg/clients.py": "import httpx\ndef make():\n    return httpx.AsyncClient()\n",
        f"{layout}space/app.py": "from pkg import make_client as build\nclient = build()\n",
        "tests/unit/test_app.py": "from space import app\ndef test_one(): ...\n",
    }
    wire_up = only(tmp_path, files)
    assert wire_up.holder == "space.app.client"
    assert str(wire_up.made_at).endswith("pkg/clients.py:3")
    assert wire_up.reach.importers == 1


def test_wrappers_that_wrap_themselves_end(tmp_path: Path) -> None:
    """Objects and functions that feed on each other come to a fixed point."""
    code = """
    import httpx

    class Node:
        def __init__(self, inner):
            self.inner = inner

        def deeper(self):
            self.inner = Node(self.inner)
            return Node(self)

    def ping(x):
        return pong(Node(x))

    def pong(x):
        return ping(Node(x)) if x else x

    NODE = ping(Node(httpx.AsyncClient()))
    NODE.deeper()
    LAST = pong(NODE)
    """
    report = scanned(tmp_path, {"app.py": code})
    assert report.findings
    assert {f.place.line for f in report.findings} <= {17, 19}


def test_methods_of_annotated_variables_are_reached(tmp_path: Path) -> None:
    """An annotation tells whose method is called, be its name as common as `start`."""
    files = {
        "relay.py": """
        import asyncio

        class Relay:
            def start(self):
                self.task = asyncio.create_task(self.run())

        class Other:
            def start(self): ...

        _relay: "Relay | None" = None

        def get_relay():
            global _relay
            if _relay is None:
                _relay = Relay()
                _relay.start()
            return _relay

        def again(relay: Relay):
            relay.start()
            get_relay()
        """,
        "test_relay.py": """
        import relay

        def test_get(): relay.get_relay()
        def test_again(): relay.again(None)
        def test_other(): relay.Other().start()
        """,
    }
    wire_up = only(tmp_path, files)
    assert wire_up.holder == "relay._relay.task"
    assert (wire_up.function, str(wire_up.made_at)) == ("Relay.start", "relay.py:5")
    assert wire_up.reach.examples == ("test_relay.py::test_again", "test_relay.py::test_get")
