"""Which of CI's conditions a failure needs: the minimal order is held, and conditions are taken away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from bisect_loop.model import Condition, Needs


@dataclass(frozen=True, slots=True)
class Item:
    """One condition that can be taken away: an environment variable, a service, or coverage."""

    kind: str  # "env", "service", "coverage"
    name: str


def items_of(condition: Condition) -> tuple[Item, ...]:
    """Everything in `condition` that can be taken away."""
    items = [Item("env", name) for name, _ in condition.env]
    items += [Item("service", name) for name in condition.services]
    items += [Item("coverage", "coverage")] if condition.coverage else []
    return tuple(items)


def with_only(condition: Condition, kept: Iterable[Item]) -> Condition:
    """`condition` without the items that are not in `kept`."""
    names = {(item.kind, item.name) for item in kept}
    if condition.coverage and ("coverage", "coverage") not in names:
        condition = condition.without_coverage()
    return replace(
        condition,
        env=tuple((name, value) for name, value in condition.env if ("env", name) in names),
        services=tuple(name for name in condition.services if ("service", name) in names),
    )


def described(condition: Condition, kept: Iterable[Item], variables: Mapping[str, Iterable[str]]) -> Needs:
    """What is needed and what is not; `variables` are those that each service sets."""
    chosen = tuple(kept)
    services = tuple(item.name for item in chosen if item.kind == "service")
    env = [item.name for item in chosen if item.kind == "env"]
    env += [variable for name in services for variable in variables.get(name, ()) if variable not in env]
    return Needs(
        env=tuple(env),
        services=services,
        coverage=any(item.kind == "coverage" for item in chosen),
        spared=tuple(item.name for item in items_of(condition) if item not in chosen),
    )
