"""Watches what tests leave in the services that the tool has started, test by test."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path

from bisect_loop.conditions.leaks import Snapshot, leaked, sentence
from bisect_loop.conditions.services import Server, ServiceError
from bisect_loop.model import Condition, Finding, NodeId, Trial, TrialResult, Worker
from bisect_loop.runner.fresh import FreshRunner
from bisect_loop.runner.target import Slot, Slots, Target
from bisect_loop.runner.workspace import Workspace

_POLL = 0.002


@dataclass(frozen=True, slots=True)
class Watch:
    """Runs confirmed orders once more, and says what each polluter does to the data. `servers` are those of a slot."""

    target: Target
    workspace: Workspace
    slots: Slots
    servers: Mapping[int, Sequence[Server]]
    paths: frozenset[str]
    root: Path
    timeout: float
    count: Callable[[TrialResult], None]  # hears of each run, for the cost

    def leaks(self, finding: Finding, condition: Condition) -> tuple[str, ...]:
        """One sentence for each polluter that leaves data behind; none where the failure needs no service of ours."""
        needed = set(finding.needs.services) & {
            server.service.name for servers in self.servers.values() for server in servers
        }
        if not (finding.confirmed and finding.polluters and needed) or finding.lanes:
            return ()
        seen = self._seen(finding.minimal_order, condition, finding.worker)
        alone = self._seen((finding.victim,), condition, finding.worker)
        expected = alone.get((0, "call"), Snapshot())
        told = []
        for index, test in enumerate(finding.minimal_order[:-1]):
            before, after = seen.get((index, "setup")), seen.get((index + 1, "setup"))
            if before is not None and after is not None and test in finding.polluters:
                told.append(sentence(test, leaked(before, after, expected), before, after))
        return tuple(said for said in told if said)

    def _seen(
        self, order: tuple[NodeId, ...], condition: Condition, worker: Worker | None
    ) -> dict[tuple[int, str], Snapshot]:
        """What the services hold before the setup and before the call of each test of `order`."""
        seen: dict[tuple[int, str], Snapshot] = {}
        with self.slots.taken() as slot:
            folder = self.workspace.directory()
            runner = FreshRunner(
                self.target,
                self.workspace,
                Slots([replace(slot, reset=_as_it_is)]),
                self.paths,
                self.root,
                more={"pauses": str(folder)},
            )
            trial = Trial(order, condition, timeout=self.timeout, worker=worker)
            results: list[TrialResult] = []
            thread = threading.Thread(target=lambda: results.append(runner.run(trial)), daemon=True)
            thread.start()
            steps = [(index, where) for index in range(len(order)) for where in ("setup", "call")]
            while thread.is_alive():
                for index, where in steps:
                    path = folder / f"{index}-{where}"
                    if (index, where) not in seen and path.exists():
                        seen[index, where] = self._snapshot(slot)
                        path.with_name(f"{path.name}.go").touch()
                time.sleep(_POLL)
            for result in results:
                self.count(result)
        return seen

    def _snapshot(self, slot: Slot) -> Snapshot:
        found = []
        for server in self.servers.get(slot.index, ()):
            try:
                found.append(server.snapshot())
            except ServiceError:  # a test may have ended it, or locked all of it
                found.append(Snapshot())
        return reduce(lambda one, other: one | other, found, Snapshot())


def _as_it_is() -> None:
    """The slot was reset when it was taken."""
