"""docker-compose.yml: its services, and the environment of those that are built here.

The rules are the Compose Specification's: `${X:-default}` is filled in from `.env` beside the file; where neither
that nor the file settles a value, it stays open.
"""

from __future__ import annotations

import re
import shlex

from bisect_loop.conditions.ci.facts import CiError, EnvEntry, Health, Job, Level, Port, Service, Source, Variant
from bisect_loop.conditions.ci.files import Files
from bisect_loop.conditions.ci.holes import hole, holes_in, show
from bisect_loop.conditions.ci.services import ports, seconds
from bisect_loop.conditions.ci.shell.state import State
from bisect_loop.conditions.ci.shell.walk import Frame, Walk
from bisect_loop.conditions.ci.yamltree import Items, Scalar, Table, Tree, kind_of, load, scalars

_VARIABLE = re.compile(r"\$\$|\$\{([A-Za-z_]\w*)(?:(:?[-?+])([^{}]*))?\}|\$([A-Za-z_]\w*)")
_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*")


def read_compose(files: Files, path: str) -> list[Job]:
    """Return a job for each service that is built here, with its environment and the other services around it.

    Where all are images the one job is named "services". CiError where the file is no compose file.
    """
    text = files.text(path)
    if text is None:
        raise CiError(f"{path}: there is no such file in the repository; name one that is there.")
    tree = load(text, path)
    if not isinstance(tree, Table) or not isinstance(tree.get("services"), Table):
        raise CiError(f"{tree.source}: this is not a compose file: it has no `services:` with services in it.")
    directory = path.rpartition("/")[0] or "."
    reader = _Reader(files, directory, _env_file(files.text(files.join(directory, ".env"))))
    services, built = [], []
    table = tree.table("services") or Table({}, tree.source)
    for name, entry in table:
        if not isinstance(entry, Table):
            raise CiError(f"{entry.source}: the service `{name}` is {kind_of(entry)}; indent its keys.")
        if "build" in entry.entries:
            built.append((name, entry))
        elif entry.text("image"):
            services.append(reader.service(name, entry, table.line_of(name)))
    around = tuple(services)
    jobs = [reader.job(name, entry, table.line_of(name), around) for name, entry in built]
    source = tree.line_of("services")
    return jobs or [Job("services", "services", source, "compose", (Variant(services=around),))]


class _Reader:
    def __init__(self, files: Files, directory: str, variables: dict[str, str]) -> None:
        self._files, self._directory, self._variables = files, directory, variables

    def service(self, name: str, entry: Table, source: Source) -> Service:
        image = self._fill(entry.text("image"))
        health, command = entry.get("healthcheck"), entry.get("command")
        written = [self._fill(port.text) for port in scalars(entry.get("ports"))]
        hosts = [name, entry.text("container_name"), entry.text("hostname")]
        networks = entry.get("networks")
        for _, network in networks if isinstance(networks, Table) else ():
            if isinstance(network, Table):
                hosts += [alias.as_text for alias in scalars(network.get("aliases"))]
        return Service(
            name=name,
            image=show(image),
            source=source,
            ports=ports(written) + self._long_ports(entry.get("ports")),
            env=tuple(self._environment(entry, "service").values()),
            health=_health(health) if isinstance(health, Table) else None,
            command=self._command(command),
            aliases=tuple(dict.fromkeys(host for host in hosts if host)),
            unresolved=tuple(dict.fromkeys(found for text in (image, *written) for found in holes_in(text))),
        )

    def job(self, name: str, entry: Table, source: Source, services: tuple[Service, ...]) -> Job:
        env = self._environment(entry, "job")
        walk = Walk()
        command = self._command(entry.get("command"))
        if command:
            place = entry.line_of("command")
            frame = Frame(place, folded=True, through=(f"docker compose run {name}",))
            walk.words(command, State(self._files, env, self._directory), frame, place)
        variant = Variant(
            container=name,
            job_env=tuple(env.values()),
            services=services,
            commands=tuple(walk.commands),
            unresolved=tuple(walk.unresolved),
        )
        return Job(name, name, source, "compose", (variant,))

    def _fill(self, text: str) -> str:
        def one(match: re.Match[str]) -> str:
            name = match[1] or match[4]
            if name is None:
                return "$"
            value, operator = self._variables.get(name), match[2] or ""
            present = value is not None and (value != "" or not operator.startswith(":"))
            if operator.endswith("+"):
                return match[3] if present else ""
            if present:
                return value or ""
            return match[3] if operator.endswith("-") else hole(match[0])

        return _VARIABLE.sub(one, text)

    def _environment(self, entry: Table, level: Level) -> dict[str, EnvEntry]:
        env: dict[str, EnvEntry] = {}
        for named in scalars(entry.get("env_file")):
            path = self._files.join(self._directory, named.text)
            for name, text in _env_file(self._files.text(path)).items():
                source = Source(path or named.text, self._files.line_of(path or "", f"{name}="))
                env[name] = EnvEntry(name, text, source, level)
        tree = entry.get("environment")
        for name, value, source in _pairs(tree):
            text = hole(f"${name}") if value is None else self._fill(value)
            env[name] = EnvEntry(name, text, source, level)
        return env

    def _command(self, tree: Tree | None) -> tuple[str, ...]:
        if isinstance(tree, Items):
            return tuple(self._fill(scalar.as_text) for scalar in scalars(tree))
        if not isinstance(tree, Scalar):
            return ()
        try:
            return tuple(shlex.split(self._fill(tree.as_text)))
        except ValueError:
            return tuple(self._fill(tree.as_text).split())

    def _long_ports(self, tree: Tree | None) -> tuple[Port, ...]:
        found: tuple[Port, ...] = ()
        for entry in tree.values if isinstance(tree, Items) else ():
            if isinstance(entry, Table):
                published = self._fill(entry.text("published"))
                text = f"{published}:{entry.text('target')}" if published else entry.text("target")
                found += ports([f"{text}/{entry.text('protocol') or 'tcp'}"])
        return found


def _pairs(tree: Tree | None) -> list[tuple[str, str | None, Source]]:
    """Return the variables of both forms; None for one that is passed on from outside."""
    if isinstance(tree, Table):
        pairs = [(name, value, tree.line_of(name)) for name, value in tree if isinstance(value, Scalar)]
        return [(name, None if value.value is None else value.as_text, source) for name, value, source in pairs]
    found: list[tuple[str, str | None, Source]] = []
    for scalar in scalars(tree):
        name, equals, value = scalar.text.partition("=")
        found.append((name, value if equals else None, scalar.source))
    return found


def _env_file(text: str | None) -> dict[str, str]:
    found = {}
    for line in (text or "").splitlines():
        if not line.lstrip().startswith("#") and (match := _LINE.fullmatch(line)):
            found[match[1]] = match[2].strip("'\"")
    return found


def _health(table: Table) -> Health | None:
    test = table.get("test")
    words = [scalar.as_text for scalar in scalars(test)]
    if not words or words[0] == "NONE" or table.text("disable") == "true":
        return None
    if isinstance(test, Items):
        words = words[1:] if words[0] in ("CMD", "CMD-SHELL") else words
    command = words[0] if len(words) == 1 else shlex.join(words)
    retries = table.text("retries")
    return Health(
        command,
        seconds(table.text("interval")),
        seconds(table.text("timeout")),
        int(retries) if retries.isdigit() else None,
        seconds(table.text("start_period")),
    )
