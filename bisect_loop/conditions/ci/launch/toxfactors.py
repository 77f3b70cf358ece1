"""tox's factors: `py3{11,12}-{redis,pg}` and lines that hold for some environments only."""

from __future__ import annotations

import re
from itertools import product

_GROUP = re.compile(r"\{([^{}]*)\}")
_FACTOR_LINE = re.compile(r"([!\w.{},\- ]+?):(?:\s+(.*))?", re.DOTALL)
_PLATFORM = "linux"  # the runners that this tool can stand in for


def env_names(text: str) -> list[str]:
    """Return the environments that an env_list names, in order."""
    names = [name for part in _split(text.replace("\n", ",")) for name in generated(part)]
    return list(dict.fromkeys(name for name in names if name))


def generated(text: str) -> list[str]:
    """Return the names that a pattern with `{a,b}` and `{9-12}` stands for."""
    pieces: list[list[str]] = []
    at = 0
    for match in _GROUP.finditer(text):
        pieces += [[text[at : match.start()]], _choices(match[1])]
        at = match.end()
    pieces.append([text[at:]])
    return [re.sub(r"\s", "", "".join(chosen)) for chosen in product(*pieces)]


def lines_for(value: str, env: str) -> list[tuple[str, str]]:
    """Return the lines of `value` that hold for `env`, as (content, raw line); continuations are joined."""
    factors = {*env.split("-"), env, _PLATFORM}
    kept: list[tuple[str, str]] = []
    pending, raw_first = "", ""
    for raw in value.splitlines():
        line = re.sub(r"(^|\s)(?<!\\)#.*", "", raw).rstrip()
        if pending:
            line = pending + line.lstrip()
        elif line.strip():
            raw_first = raw.strip()
        if line.endswith("\\"):
            pending = line[:-1]
            continue
        pending = ""
        content = _applies(line.strip(), factors)
        if content:
            kept.append((content.replace("\\#", "#"), raw_first))
    return kept


def factors_of(value: str) -> set[str]:
    """Return the factors that conditions in `value` name: tox knows an environment made of them."""
    found: set[str] = set()
    for line in value.splitlines():
        match = _FACTOR_LINE.fullmatch(line.strip())
        for alternative in _split(match[1]) if match and "=" not in match[1] else ():
            found |= {factor.lstrip("!") for name in generated(alternative) for factor in name.split("-")}
    return found


def _applies(line: str, factors: set[str]) -> str | None:
    match = _FACTOR_LINE.fullmatch(line)
    if match is None or "=" in match[1]:
        return line
    for alternative in _split(match[1]):
        for name in generated(alternative):
            if all((part.lstrip("!") in factors) is not part.startswith("!") for part in name.split("-")):
                return match[2] or ""
    return None


def _choices(text: str) -> list[str]:
    found: list[str] = []
    for choice in text.split(","):
        bounds = re.fullmatch(r"\s*(\d+)-(\d+)\s*", choice)
        if bounds:
            found += [str(number) for number in range(int(bounds[1]), min(int(bounds[2]), int(bounds[1]) + 50) + 1)]
        else:
            found.append(choice.strip())
    return found


def _split(text: str) -> list[str]:
    """Split at commas outside braces."""
    return [part.strip() for part in re.split(r",(?![^{]*\})", text) if part.strip()]
