"""Orders made from ids: the same for the same seed everywhere, and stable under subsetting.

A shuffle sorts by a hash of seed and id, as pytest-randomly does, so two tests keep their relative order
whatever else is taken away. (`random.shuffle` does not: there, a subset of the failing order is another order.)
An id that stands twice in an order is two items; none is lost.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from bisect_loop.model import Dist, NamedOrder, NodeId

OrderKind = Literal["default", "reverse", "shuffle", "shuffle-modules", "xdist"]
LaneKind = Literal["contiguous", "round-robin", "file"]


@dataclass(frozen=True, slots=True)
class OrderSpec:
    """One entry of `--orders`. `number` is how many shuffles, or how many xdist workers; else 1.

    `dist` is how xdist deals tests out to its workers.
    """

    kind: OrderKind
    number: int = 1
    dist: Dist = "load"

    @property
    def name(self) -> str:
        """The entry as one would write it."""
        numbered = self.kind if self.kind in ("default", "reverse") else f"{self.kind}:{self.number}"
        return numbered if self.dist == "load" else f"{numbered}:{self.dist}"


def parse_orders(text: str) -> list[OrderSpec]:
    """Read "default,reverse,shuffle:8,xdist:2,xdist:4:loadfile".

    `shuffle` alone means one, `xdist` alone two workers. Raises ValueError with one sentence for people.
    """
    specs: list[OrderSpec] = []
    for entry in (part.strip() for part in text.split(",")):
        kind = next((known for known in get_args(OrderKind) if known == entry.partition(":")[0]), None)
        if kind is None:
            raise ValueError(f"{entry!r} is not an order: use {', '.join(get_args(OrderKind))}, with commas between.")
        counted = kind in ("shuffle", "shuffle-modules", "xdist")
        match = re.fullmatch(r"[a-z-]+(?::0*([1-9][0-9]{0,5})(?::([a-z]+))?)?", entry)
        dist = next((mode for mode in get_args(Dist) if match and mode == match[2]), None)
        if match is None or (match[1] and not counted) or (match[2] and (kind != "xdist" or dist is None)):
            how = f"{kind}:N with N of 1 or more" if counted else f"{kind} without a number"
            if kind == "xdist":
                how += f", or xdist:N:MODE with one of {', '.join(get_args(Dist))}"
            raise ValueError(f"{entry!r} is not an order: write {how}.")
        spec = OrderSpec(kind, int(match[1]) if match[1] else 2 if kind == "xdist" else 1, dist or "load")
        if any(spec == other or (kind == other.kind and kind != "xdist") for other in specs):
            raise ValueError(f"{kind!r} stands twice among the orders: name it once.")
        specs.append(spec)
    return specs


def named_orders(specs: Sequence[OrderSpec], ids: Sequence[NodeId], *, first_seed: int = 1) -> list[NamedOrder]:
    """The orders of one process that `specs` ask for, shuffles numbered by seed from `first_seed`.

    An xdist entry gives none: what its workers run is recorded from a real run, never simulated.
    """
    orders: list[NamedOrder] = []
    for spec in specs:
        if spec.kind == "default":
            orders.append(NamedOrder("default", default(ids)))
        elif spec.kind == "reverse":
            orders.append(NamedOrder("reverse", reverse(ids)))
        elif spec.kind in ("shuffle", "shuffle-modules"):
            mix = shuffle if spec.kind == "shuffle" else shuffle_modules
            seeds = range(first_seed, first_seed + spec.number)
            orders += [NamedOrder(f"{spec.kind}:{seed}", mix(ids, seed), seed) for seed in seeds]
    return orders


def default(ids: Sequence[NodeId]) -> tuple[NodeId, ...]:
    """The order as it is collected."""
    return tuple(ids)


def reverse(ids: Sequence[NodeId]) -> tuple[NodeId, ...]:
    """The order as it is collected, from its end."""
    return tuple(reversed(ids))


def shuffle(ids: Sequence[NodeId], seed: int) -> tuple[NodeId, ...]:
    """Every test anywhere: also the orders that no plugin gives, where tests of many modules interleave."""
    seen: Counter[NodeId] = Counter()
    keyed: list[tuple[bytes, NodeId]] = []
    for nodeid in ids:
        keyed.append((_key(seed, nodeid, str(seen[nodeid])), nodeid))
        seen[nodeid] += 1
    return tuple(nodeid for _, nodeid in sorted(keyed))


def shuffle_modules(ids: Sequence[NodeId], seed: int) -> tuple[NodeId, ...]:
    """Modules shuffled, classes shuffled in their module, tests in their class.

    The shape that pytest-randomly gives, though not its hash: its own orders come from running it.
    """

    def key(nodeid: NodeId) -> tuple[bytes, bytes, bytes]:
        module, classes = scope(nodeid)
        return _key(seed, module), _key(seed, module, classes), _key(seed, nodeid)

    return tuple(sorted(ids, key=key))


def xdist_like(ids: Sequence[NodeId], workers: int, kind: LaneKind = "round-robin") -> tuple[tuple[NodeId, ...], ...]:
    """Deal `ids` out to the lanes of `workers` workers; every id is in one lane, in its order.

    Lanes that a run with xdist might have, for looking around: what xdist deals out depends on how long tests
    take, so a lane that failed is recorded, not made here. "contiguous" gives each worker one run of the order,
    "round-robin" one test in turn, "file" whole files, each to the worker with the fewest tests so far.
    Raises ValueError for fewer than one worker.
    """
    if workers < 1:
        raise ValueError(f"{workers} workers cannot run tests: use 1 or more.")
    if kind == "contiguous":
        marks = [lane * len(ids) // workers for lane in range(workers + 1)]
        return tuple(tuple(ids[marks[lane] : marks[lane + 1]]) for lane in range(workers))
    if kind == "round-robin":
        return tuple(tuple(ids[lane::workers]) for lane in range(workers))
    files: dict[str, list[NodeId]] = {}
    for nodeid in ids:
        files.setdefault(scope(nodeid)[0], []).append(nodeid)
    lanes: list[list[NodeId]] = [[] for _ in range(workers)]
    for group in files.values():
        min(lanes, key=len).extend(group)
    return tuple(tuple(lane) for lane in lanes)


def scope(nodeid: NodeId) -> tuple[str, str]:
    """The file of a node id, and its classes ("" for a function of the module).

    Parameters may hold anything, "::" included, so what stands in brackets is not looked into.
    """
    module, _, rest = nodeid.partition("::")
    classes, _, _ = rest.partition("[")[0].rpartition("::")
    return module, classes


def _key(seed: int, *parts: str) -> bytes:
    # Node ids may hold lone surrogates: file names that are not UTF-8.
    text = "\0".join((str(seed), *parts))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
