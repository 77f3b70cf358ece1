"""The databases of a PostgreSQL server: how it is spoken with, and how a database is made again from its template."""

from __future__ import annotations

import contextlib
import importlib
import ssl
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from bisect_loop.conditions.leaks import Snapshot
from bisect_loop.conditions.services.seam import ServiceError, Unavailable

PORT = 5432
# Where our own connection sits, so that any other database can be dropped.
OURS = "bisect_loop"
ASK_TIMEOUT = 30.0

_MOST_ROWS = 5000
_NOT_READY = ("57P03", "57P01", "57P02")


class NotReady(Exception):
    """The server does not take connections, or not any longer: the text says why."""


class Denied(Exception):
    """The server answered, and does not let us in: the text is a sentence without secrets."""


@dataclass(frozen=True, slots=True)
class Login:
    """Who enters which database of which server."""

    host: str
    port: int
    user: str = "postgres"
    password: str = ""
    database: str = "postgres"
    tls: bool = False

    @classmethod
    def parse(cls, url: str) -> Login:
        """Read a URL, with the driver of SQLAlchemy's notation or without. Raises ValueError, free of secrets."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise ValueError("its host or port cannot be read") from None
        if parts.scheme.partition("+")[0] not in ("postgres", "postgresql"):
            raise ValueError("it must begin with postgresql://")
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        user = unquote(parts.username or "") or query.get("user", "postgres")
        return cls(
            host=unquote(parts.hostname or query.get("host", "localhost")),
            port=port or int(query.get("port", PORT)),
            user=user,
            password=unquote(parts.password or "") or query.get("password", ""),
            database=unquote(parts.path.strip("/")) or query.get("dbname", user),
            tls=query.get("sslmode", query.get("ssl", "")) in ("require", "verify-ca", "verify-full", "true"),
        )

    @property
    def userinfo(self) -> str:
        """User and password as a URL has them."""
        password = f":{quote(self.password, safe='')}" if self.password else ""
        return f"{quote(self.user, safe='')}{password}"

    @property
    def url(self) -> str:
        return f"postgresql://{self.userinfo}@{self.host}:{self.port}/{quote(self.database, safe='')}"


def connect(login: Login, timeout: float = ASK_TIMEOUT) -> Any:
    """A connection, each statement of which is a transaction of its own; close it.

    Raises NotReady, Denied, or Unavailable where the library is missing.
    """
    try:
        native = importlib.import_module("pg8000.native")
    except ImportError:
        raise Unavailable(
            "PostgreSQL needs a library to be spoken with: pip install 'bisect-loop[services]'."
        ) from None
    context: ssl.SSLContext | None = None
    if login.tls:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    try:
        return native.Connection(
            login.user,
            host=login.host,
            port=login.port,
            database=login.database,
            password=login.password or None,
            timeout=timeout,
            ssl_context=context,
            application_name="bisect-loop",
        )
    except native.DatabaseError as error:
        told = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
        code, message = told.get("C", ""), str(told.get("M", error)).rstrip(".")
        if code in _NOT_READY:
            raise NotReady(message) from None
        if code in ("28P01", "28000") and "password" in message:
            raise Denied(f"PostgreSQL refused the password of {login.user}: correct it") from None
        raise Denied(f"PostgreSQL refuses: {message}") from None
    except native.InterfaceError as error:
        raise (Denied if "password" in str(error) else NotReady)(_cause(error)) from None
    except OSError as error:
        raise NotReady(error.strerror or str(error)) from None


def _cause(error: BaseException) -> str:
    inner = error.__cause__ or error.__context__
    if isinstance(inner, OSError):
        return inner.strerror or str(inner)
    text = str(error).rstrip(".")
    return "it asks for a password: write it into the URL" if "password" in text else text


def version_of(login: Login) -> str:
    """The server's version. Raises as `connect` does."""
    with session(login) as db:
        return str(db.run("SHOW server_version")[0][0]).split(" ")[0]


@contextlib.contextmanager
def session(login: Login) -> Iterator[Any]:
    """A connection for the block."""
    db = connect(login)
    try:
        yield db
    finally:
        with contextlib.suppress(OSError, importlib.import_module("pg8000.native").Error):
            db.close()


def name(identifier: str) -> str:
    """`identifier` as SQL has it."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


class Databases:
    """The databases of a server of ours. `names` are made again from their templates at each `reset`."""

    def __init__(self, login: Login, names: Sequence[str], roles: Sequence[str] = ()) -> None:
        """Make what is not there yet. Raises NotReady or Denied."""
        self.login = login
        self.names = tuple(dict.fromkeys(names))
        self._lock = threading.RLock()
        self._admin: Any = None
        with session(login) as db:
            there = _databases(db)
            # A template of its own, so that copies of it meet no connection of anybody.
            for missing in (OURS, *self.names):
                if missing not in there:
                    db.run(f"CREATE DATABASE {name(missing)} TEMPLATE template0")
            users = {row[0] for row in db.run("SELECT rolname FROM pg_roles")}
            for role in roles:
                if role not in users:
                    db.run(f"CREATE ROLE {name(role)} SUPERUSER LOGIN PASSWORD {literal(login.password)}")
        self._kept = False
        self._others: set[str] = set()
        self._roles: set[str] = set()

    @property
    def _db(self) -> Any:
        if self._admin is None:
            self._admin = connect(replace(self.login, database=OURS))
        return self._admin

    def _run(self, statement: str) -> list[list[Any]]:
        rows = self._db.run(statement)
        return list(rows or [])

    def keep(self) -> None:
        """Take what the databases hold now as the state before each trial."""
        with self._lock:
            for each in self.names:
                if self._kept:
                    self._run(f"DROP DATABASE {name(_template(each))}")
                self._disconnect(each)
                self._run(f"ALTER DATABASE {name(each)} RENAME TO {name(_template(each))}")
                self._run(f"ALTER DATABASE {name(_template(each))} ALLOW_CONNECTIONS false")
            self._kept = True
            self._others = _databases(self._db)
            self._roles = self._all_roles()
            self.reset()

    def reset(self) -> None:
        """Make the databases again from their templates, and drop what a trial made besides.

        Raises ServiceError.
        """
        with self._lock:
            try:
                self._reset()
            except (_errors(), NotReady, OSError):
                # A trial may have ended our connection; the second time it is trouble.
                self._close()
                try:
                    self._reset()
                except (_errors(), NotReady, Denied, OSError) as error:
                    told = error.args[0] if error.args else error
                    said = told.get("M", told) if isinstance(told, dict) else told
                    raise ServiceError(f"The PostgreSQL of this run cannot be reset: {said}.") from error

    def _reset(self) -> None:
        if not self._kept:
            return
        for each in _databases(self._db) - self._others:
            self._drop(each)
        for each in self.names:
            self._run(f"CREATE DATABASE {name(each)} TEMPLATE {name(_template(each))}")
        for role in self._all_roles() - self._roles:
            self._run(f"DROP ROLE {name(role)}")

    def snapshot(self) -> Snapshot:
        """All rows of all tables of all databases, each with a digest, up to a few thousand a table.

        Raises ServiceError.
        """
        found = Snapshot()
        try:
            for each in self.names:
                with session(replace(self.login, database=each)) as db:
                    # What a test has left locked is not waited for.
                    db.run("SET lock_timeout = '500ms'")
                    found |= _contents(db, "" if len(self.names) == 1 else f"{each}.")
        except (_errors(), NotReady, Denied, OSError) as error:
            raise ServiceError(f"PostgreSQL does not say what it holds: {error}.") from error
        return found

    def _all_roles(self) -> set[str]:
        return {row[0] for row in self._run("SELECT rolname FROM pg_roles")}

    def _disconnect(self, database: str) -> None:
        self._run(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            f" WHERE datname = {literal(database)} AND pid <> pg_backend_pid()"
            if self._number() >= 140000
            else "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            f" WHERE datname = {literal(database)} AND pid <> pg_backend_pid()"
        )

    def _drop(self, database: str) -> None:
        """Drop a database, whoever is connected: the connections of a killed child may not be gone yet."""
        if self._number() >= 130000:
            self._run(f"DROP DATABASE {name(database)} WITH (FORCE)")
            return
        self._disconnect(database)
        self._run(f"DROP DATABASE {name(database)}")

    def _number(self) -> int:
        return int(self._run("SHOW server_version_num")[0][0])

    def _close(self) -> None:
        if self._admin is not None:
            with contextlib.suppress(OSError, _errors()):
                self._admin.close()
            self._admin = None

    def close(self) -> None:
        """End our own connection. Safe to call twice."""
        with self._lock:
            self._close()


def _contents(db: Any, prefix: str) -> Snapshot:
    rows: dict[str, dict[str, str]] = {}
    tables = db.run(
        "SELECT n.nspname, c.relname, c.oid, (SELECT array_agg(a.attname ORDER BY a.attnum) FROM pg_index i"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey) WHERE i.indrelid = c.oid"
        " AND i.indisprimary) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r'"
        " AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' ORDER BY 1, 2"
    )
    for schema, table, _, primary in tables or ():
        columns = ", ".join(f"{literal(column + ' ')} || {name(column)}::text" for column in primary or ())
        shown = f"concat_ws(' ', {columns})" if columns else "left(t::text, 60)"
        held: dict[str, str] = {}
        for row, digest in db.run(
            f"SELECT {shown}, md5(t::text) FROM {name(schema)}.{name(table)} t ORDER BY 1 LIMIT {_MOST_ROWS}"
        ):
            times = 1
            while (label := row if times == 1 else f"{row}, copy {times}") in held:
                times += 1
            held[label] = digest
        rows[f"{prefix}{table if schema == 'public' else f'{schema}.{table}'}"] = held
    try:
        sequences = db.run("SELECT sequencename, coalesce(last_value::text, 'its start') FROM pg_sequences")
    except _errors():  # PostgreSQL 9 has no such view
        sequences = []
    return Snapshot(rows=rows, counters={f"{prefix}{sequence}": value for sequence, value in sequences or ()})


def _errors() -> Any:
    return importlib.import_module("pg8000.native").Error


def _databases(db: Any) -> set[str]:
    return {row[0] for row in db.run("SELECT datname FROM pg_database WHERE NOT datistemplate") or ()}


def _template(database: str) -> str:
    return f"{OURS} template of {database}"[:63]
