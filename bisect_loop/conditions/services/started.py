"""A service as it runs."""

from __future__ import annotations

from dataclasses import replace

from bisect_loop.model import Service


def started(service: Service, kind: str, version: str) -> Service:
    """`service` as it runs, without what it was asked for: that may hold passwords."""
    return replace(service, kind=kind, version=version, env=(), command=(), health=None, places=(), prepare="")
