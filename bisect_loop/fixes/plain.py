"""A plain value as a line of a fixture that has `monkeypatch`: set for one test, and gone with it."""

from __future__ import annotations

import ast
import re

from bisect_loop.fixes.ground import Ground
from bisect_loop.fixes.holders import located, python_path

_VARIABLE = re.compile(r"os\.environ\[(['\"])(\w+)\1\]")
_ITEM = re.compile(r"(.*)\[(.*)\]$")


def setting(ground: Ground, what: str, value: str) -> tuple[str, str] | None:
    """(module of the application, "" for none, the line that gives `what` this value, "" for what is not there).

    None for what is no plain value, or is held by nothing of the application.
    """
    if value and not _is_plain(value):
        return None
    variable = _VARIABLE.fullmatch(what)
    if variable is not None:
        name = variable[2]
        if not value:
            return "", f'monkeypatch.delenv("{name}", raising=False)'
        return "", f'monkeypatch.setenv("{name}", {value})'
    held = located(ground, what)
    path = None if held is None else python_path(what)
    if held is None or path is None:
        return None
    module = held.holder[: -len(held.name) - 1]
    rest = path[len(module) + 1 :]
    item = _ITEM.fullmatch(rest)
    if item is not None:
        place = f"{{{module}}}.{item[1]}, {item[2]}"
        changed = f"setitem({place}, {value})" if value else f"delitem({place}, raising=False)"
    else:
        owner, _, name = f"{{{module}}}.{rest}".rpartition(".")
        place = f'{owner}, "{name}"'
        changed = f"setattr({place}, {value}, raising=False)" if value else f"delattr({place}, raising=False)"
    return module, f"monkeypatch.{changed}"


def _is_plain(text: str) -> bool:
    """Whether a short text for people is a whole value that code can hold."""
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError):
        return False
    return "..." not in text and "…" not in text
