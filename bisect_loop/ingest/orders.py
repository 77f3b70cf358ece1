"""Reads a file that holds an order: one node id a line, JSON strings for ids with line feeds."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from bisect_loop.model import NodeId


class OrderError(Exception):
    """The order cannot be run. The text is one sentence with the mend."""


def read_order(path: Path) -> list[tuple[int, NodeId]]:
    """Return (line number, node id) for each line of `path` that is not blank. Raises OrderError."""
    try:
        text = path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise OrderError(f"{path} cannot be read ({error.strerror}): check the path.") from error
    order = []
    for number, line in enumerate(text.split("\n"), 1):
        nodeid = line.rstrip("\r")
        if not nodeid.strip():
            continue
        if nodeid.lstrip().startswith('"'):
            try:
                nodeid = json.loads(nodeid)
            except ValueError as error:
                raise OrderError(f"{path}:{number} is not a JSON string ({error}).") from error
        order.append((number, nodeid))
    if not order:
        raise OrderError(f"{path} holds no node id: write one a line.")
    return order


def checked_order(path: Path, collected: Sequence[NodeId]) -> tuple[NodeId, ...]:
    """Return the order in `path`, each id of which must be in `collected`. Raises OrderError."""
    order = read_order(path)
    places = Counter(collected)
    used: Counter[NodeId] = Counter()
    for number, nodeid in order:
        used[nodeid] += 1
        if not places[nodeid]:
            raise OrderError(f"{path}:{number}: {nodeid} is not collected{suggestion(nodeid, collected)}.")
        if used[nodeid] > places[nodeid]:
            raise OrderError(f"{path}:{number}: {nodeid} stands in the order twice: a test runs once in a process.")
    return tuple(nodeid for _, nodeid in order)


def suggestion(nodeid: NodeId, collected: Sequence[NodeId]) -> str:
    """ "; did you mean ...?" where a collected id is near, else a hint at how to see them."""
    near = get_close_matches(nodeid, collected, n=1, cutoff=0.6) if len(collected) <= 20000 else []
    return f"; did you mean {near[0]}" if near else ": `pytest --collect-only -q` lists what is"
