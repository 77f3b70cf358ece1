"""Service containers of a GitHub job, and the container options that all CI systems share."""

from __future__ import annotations

import re
import shlex

from bisect_loop.conditions.ci.expressions import Context, interpolate
from bisect_loop.conditions.ci.facts import EnvEntry, Health, Port, Service
from bisect_loop.conditions.ci.holes import holes_in, show
from bisect_loop.conditions.ci.workflowenv import read_env
from bisect_loop.conditions.ci.yamltree import Scalar, Table, scalars

_UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ns|us|ms|s|m|h))+")


def containers(tree: Table | None, context: Context) -> tuple[Service, ...]:
    """Return the services of a job. One whose image is empty is left out, as GitHub leaves it out."""
    found = []
    for name, entry in tree or ():
        source = tree.line_of(name) if tree else entry.source
        if isinstance(entry, Scalar):
            entry = Table({"image": entry}, entry.source)
        if not isinstance(entry, Table):
            continue
        image = interpolate(entry.text("image"), context)
        if not image:
            continue
        env: dict[str, EnvEntry] = {}
        read_env(entry.get("env"), "service", context, env)
        options = interpolate(entry.text("options"), context)
        written = [interpolate(port.text, context) for port in scalars(entry.get("ports"))]
        found.append(
            Service(
                name=name,
                image=show(image),
                source=source,
                ports=ports(written),
                env=tuple(env.values()),
                health=health_of_options(options),
                options=" ".join(show(options).split()),
                unresolved=tuple(dict.fromkeys(h for text in (image, options, *written) for h in holes_in(text))),
            )
        )
    return tuple(found)


def ports(written: list[str]) -> tuple[Port, ...]:
    """Return the ports that Docker's notation names: "6379", "6380:6379", "127.0.0.1:6380:6379/tcp", ranges."""
    found: list[Port] = []
    for text in written:
        address, _, protocol = text.strip().partition("/")
        host, _, container = address.rpartition(":")
        inside, outside = _range(container), _range(host.rpartition(":")[2])
        for at, port in enumerate(inside):
            found.append(Port(port, outside[at] if at < len(outside) else None, protocol or "tcp"))
    return tuple(found)


def _range(text: str) -> list[int]:
    match = re.fullmatch(r"(\d+)(?:-(\d+))?", text)
    if match is None:
        return []
    first = int(match[1])
    return list(range(first, min(int(match[2] or first), first + 100) + 1))


def health_of_options(options: str) -> Health | None:
    """Return the health check among `docker create` options, None without one."""
    try:
        words = shlex.split(options)
    except ValueError:
        words = options.split()
    found: dict[str, str] = {}
    while words:
        name, equals, value = words.pop(0).partition("=")
        if name.startswith("--health-"):
            found[name] = value if equals or not words else words.pop(0)
    command = found.get("--health-cmd")
    if command is None:
        return None
    retries = found.get("--health-retries", "")
    return Health(
        show(command),
        seconds(found.get("--health-interval", "")),
        seconds(found.get("--health-timeout", "")),
        int(retries) if retries.isdigit() else None,
        seconds(found.get("--health-start-period", "")),
    )


def seconds(text: str) -> float | None:
    """Return Go's duration notation ("1m30s", "500ms") in seconds, None where it is none."""
    if not _DURATION.fullmatch(text.strip()):
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in re.findall(r"([\d.]+)(ns|us|ms|s|m|h)", text))
