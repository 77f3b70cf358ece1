"""The page."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

from statuspage.probe import Service, State, probe

_WORST_FIRST: tuple[State, ...] = ("down", "degraded", "unknown", "up")


def overall(states: Sequence[State]) -> State:
    """The worst of `states`."""
    return min(states, key=_WORST_FIRST.index, default="unknown")


def rows(states: Mapping[str, State]) -> list[str]:
    return [f'<li class="{state}">{html.escape(name)}</li>' for name, state in sorted(states.items())]


async def render(services: Sequence[Service]) -> str:
    """The page for `services`, as they are now."""
    states = {service.name: await probe(service) for service in services}
    lines = [f'<h1 class="{overall(list(states.values()))}">Status</h1>', "<ul>", *rows(states), "</ul>"]
    return "\n".join(lines)
