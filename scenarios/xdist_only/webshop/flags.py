"""Switches for what is being tried out."""

from __future__ import annotations

_DEFAULTS = {"coupons_add_up": False, "gift_wrap": True, "express": False}
_chosen: dict[str, bool] = {}


def on(name: str) -> bool:
    return _chosen.get(name, _DEFAULTS[name])


def choose(name: str, value: bool) -> None:
    if name not in _DEFAULTS:
        raise KeyError(name)
    _chosen[name] = value


def forget() -> None:
    _chosen.clear()
