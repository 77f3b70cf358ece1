"""`--dry-run`: what the trials would run under, and where each part of it was read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bisect_loop.model import Service
from bisect_loop.redact import redact_args, redact_env, redact_text, redact_url, secrets_in
from bisect_loop.session import Settings

_WHERE = 34  # the column of the places, unless a value reaches further


def render(settings: Settings, orders: Sequence[str], environ: Mapping[str, str]) -> str:
    """Return the conditions as a table, secrets hidden: what, value, file and line."""
    rows = list(_rows(settings, orders))
    secrets = secrets_in((*environ.items(), *settings.env))
    first = max(len(name) for name, _, _ in rows)
    second = max([_WHERE, *(len(value) for _, value, place in rows if place and len(value) < 60)])
    lines = [f"{name:<{first}}  {value:<{second}}  {place}".rstrip() for name, value, place in rows]
    return redact_text("\n".join([*lines, "", "Nothing was run."]), secrets) + "\n"


def _rows(settings: Settings, orders: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    places = dict(settings.places)
    own = (*settings.paths, *settings.pytest_args)
    words = [*settings.invocation.split(), *redact_args(own or settings.ci_args)]
    yield "directory", str(settings.cwd), ""
    yield "command", " ".join(words), "command line" if own else places.get("command", "")
    yield "interpreter", settings.python, ""
    yield "orders", ", ".join(orders), ""
    for (name, _), (_, shown) in zip(settings.env, redact_env(settings.env), strict=True):
        yield name, shown, places.get(name, "command line")
    for service in settings.services:
        yield f"service {service.name}", _how(service), "command line"
    for service in settings.ci_services:
        yield f"service {service.name}", _how(service), places.get(f"service {service.name}", "")
    if settings.coverage is not None:
        yield "coverage", "on" if settings.coverage else "off", "command line"
    elif settings.ci_coverage:
        yield "coverage", " ".join(settings.ci_coverage), places.get("command", "")
    if settings.workers > 1:
        yield "workers", f"{settings.workers} ({settings.dist})", ""
    for note in settings.notes:
        yield "note", note, ""


def _how(service: Service) -> str:
    if service.url is not None:
        return redact_url(service.url)
    return " ".join(part for part in ("" if service.kind == "auto" else service.kind, service.image) if part) or "any"
