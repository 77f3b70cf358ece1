"""Tries mends on a copy of the tree, in fresh processes of plain pytest.

A mend works where the minimal order passes with it, every time, and the reversed order, the victim alone and the
polluters alone pass as well. Of a brittle test: where that passes alone every time, and before and after its setter. Of
tests that clash side by side: where those pass side by side so often that the failure, at its rate, would have come,
and in one process. Besides, no other test of the same files may fail that passes without the mend. Before any is tried
the copy, as it is, must show the failure: a copy that does not can prove nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bisect_loop.confirm import PlainConfirmer, prepared, ran_as_asked
from bisect_loop.fixes.arms import (
    AFTER_SETTER,
    IN_ONE_PROCESS,
    IN_ORDER,
    NEIGHBOURS,
    POLLUTER,
    REVERSED,
    SIDE_BY_SIDE,
    VICTIM,
    Arm,
    why,
)
from bisect_loop.fixes.model import Candidate
from bisect_loop.fixes.patch import diff_of
from bisect_loop.fixes.tree import Copy, CopyError, copied
from bisect_loop.model import Condition, Ending, Finding, Fix, Json, NodeId, TrialResult, Verdict
from bisect_loop.runner.command import Commander
from bisect_loop.runner.dispatch import Dispatch, OutOfBudget
from bisect_loop.runner.plain import PlainRunner
from bisect_loop.runner.target import Slots, Target
from bisect_loop.runner.workspace import STAGED_NAME, Workspace
from bisect_loop.search import judge, rates

_REPORTER = f"{STAGED_NAME}.imported"
# How often tests are run side by side before it is said that a copy does not show the failure, and at most for a mend.
_TRIES, _MOST = 8, 24
_MOST_NEIGHBOURS = 500  # tests: a run of more would cost more than it tells
_NOT_SHOWN = "a copy of the tree does not show the failure"
_LIST_PATH = "import json, sys; print(json.dumps([sys.prefix, sys.base_prefix, *sys.path]))"


class CannotTry(Exception):
    """No mend of this finding can be tried. The text says why, without a full stop."""


@dataclass(slots=True)
class FixTrials:
    """Runs mends for findings of one suite. The copy is made once, and every edit is taken back.

    `times` is how often the minimal order must pass, `timeout` the silence of a run, in seconds, that is a hang.
    """

    target: Target
    commander: Commander
    confirmer: PlainConfirmer
    condition: Condition
    dispatch: Dispatch
    workspace: Workspace
    slots: Slots
    times: int
    timeout: float
    _copy: Copy | None = None
    _first: tuple[Path, ...] = ()
    _without: dict[tuple[NodeId, ...], TrialResult] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        return Path(self.commander.suite.root).resolve()

    def arms(self, finding: Finding) -> Sequence[Arm]:
        """What is run for each mend of a finding, once the copy has shown the failure.

        Raises CannotTry, OutOfBudget.
        """
        if finding.kind == "cross-process":
            return self._arms_of_lanes(finding)
        arms = self._arms(finding)
        control = self._run([arms[0].text], "")[0]
        if not ran_as_asked(control, arms[0].order):
            arms = self._arms(finding, by_plugin=True)
            control = self._run([arms[0].text], "")[0]
        if judge.verdict(control, finding.victim, finding.signature) is not Verdict.REPRODUCES:
            raise CannotTry(_NOT_SHOWN)
        return arms

    def _arms_of_lanes(self, finding: Finding) -> Sequence[Arm]:
        others = self._commands([(IN_ONE_PROCESS, finding.minimal_order, ()), (VICTIM, (finding.victim,), ())])
        commander, condition = self._there()
        for options in self.confirmer.orderly():
            lanes = [lane.order for lane in finding.lanes]
            text = prepared(commander.by_lanes(condition, lanes, name="fix", options=options), commander)
            for tries in range(1, max(_TRIES, rates.runs_needed(finding.failure_rate)) + 1):
                (result,) = self._run([text], "")
                if judge.verdict(result, finding.victim, finding.signature) is Verdict.REPRODUCES:
                    failed, runs = finding.confirmation.minimal_failed
                    times = rates.silent_runs(failed + 1, runs + tries)
                    if times > _MOST:
                        raise CannotTry(f"{finding.victim} fails too seldom to tell a mend from chance")
                    return [Arm(SIDE_BY_SIDE, finding.minimal_order, text, max(self.times, times)), *others]
        raise CannotTry(_NOT_SHOWN)

    def tried(self, finding: Finding, candidate: Candidate, arms: Sequence[Arm]) -> Fix:
        """Try one mend and say what was seen. Raises OutOfBudget."""
        diff = diff_of(candidate.edits)
        mark = hashlib.sha256(diff.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        copy = self._copied()
        copy.write(self.root, candidate.edits)
        try:
            return self._judged(finding, candidate, arms, Fix(candidate.kind, candidate.where, diff), mark)
        finally:
            copy.take_back(self.root, candidate.edits)

    def _judged(self, finding: Finding, candidate: Candidate, arms: Sequence[Arm], fix: Fix, mark: str) -> Fix:
        fix = replace(fix, title=candidate.title, cost=candidate.cost, note=candidate.note)
        order = arms[0]
        first = self._run([order.text], mark)[0]
        if edited := self.from_original(candidate, first):
            return replace(fix, note=f"not tried: the tests import {edited} from elsewhere than their own tree")
        if not self._fine(first, order):
            return replace(
                fix, verified=(0, 1), runs=((order.name, 0, 1),), note=why(first, order, arms, finding, candidate.edits)
            )
        others, times = arms[1:], order.times
        # Nothing else may run beside tests that clash.
        results = self._results([*others, *[order] * (times - 1)], mark, together=not order.side_by_side)
        passed = 1 + sum(self._fine(result, order) for result in results[len(others) :])
        runs = [(order.name, passed, times)]
        note = fix.note
        for arm, result in zip(others, results, strict=False):
            fine = self._fine(result, arm)
            runs.append((arm.name, int(fine), 1))
            if not fine:
                note = why(result, arm, arms, finding, candidate.edits)
        verified = (passed, times)
        if passed == times and any(k < n for _, k, n in runs):
            verified = (sum(k for _, k, _ in runs), sum(n for _, _, n in runs))
        elif passed < times:
            what = {IN_ORDER: "the minimal order", SIDE_BY_SIDE: "the tests side by side"}
            note = f"{what.get(order.name, 'the test alone')} passed with it in {passed} of {times} runs"
        fix = replace(fix, verified=verified, runs=tuple(runs), note=note)
        return self._among_neighbours(finding, candidate, arms, fix, mark) if fix.works else fix

    def _among_neighbours(
        self, finding: Finding, candidate: Candidate, arms: Sequence[Arm], fix: Fix, mark: str
    ) -> Fix:
        """A mend that works, once all tests of the same files were run with it: what cures one may break another.

        Where the budget ends before, that is left out.
        """
        if finding.kind == "cross-process":
            return fix
        files = {test.partition("::")[0] for test in finding.minimal_order}
        order = tuple(test for test in self.commander.suite.nodeids if test.partition("::")[0] in files)
        if set(order) <= set(finding.minimal_order) or len(order) > _MOST_NEIGHBOURS:
            return fix
        (arm,) = self._commands([(NEIGHBOURS, order, finding.import_polluters)])
        try:
            # A test that fails by chance fails seldom twice.
            broken = self._broken(arm, mark) and self._broken(arm, mark)
        except OutOfBudget:
            return fix
        runs = (*fix.runs, (arm.name, int(broken is None), 1))
        if broken is None:
            return replace(fix, runs=runs)
        verified = (sum(k for _, k, _ in runs), sum(n for _, _, n in runs))
        return replace(fix, verified=verified, runs=runs, note=why(broken, arm, arms, finding, candidate.edits))

    def _broken(self, arm: Arm, mark: str) -> TrialResult | None:
        """The run of an arm, with those outcomes only that are worse than without any mend; None where none is."""
        result = self._run([arm.text], mark)[0]
        finished = result.ending is Ending.FINISHED
        if finished and not result.failed:
            return None
        without = self._seen_without(arm)
        if without.ending is not Ending.FINISHED:
            return None  # without the mend it is no better
        known = {outcome.nodeid for outcome in without.failed}
        worse = tuple(outcome for outcome in result.failed if outcome.nodeid not in known)
        return replace(result, outcomes=worse) if worse or not finished else None

    # Running.

    def _results(self, arms: Sequence[Arm], mark: str, *, together: bool) -> list[TrialResult]:
        """What each arm shows. That one of several at once does not pass counts only where it does not pass alone."""
        if not together:
            return [self._run([arm.text], mark)[0] for arm in arms]
        results = self._run([arm.text for arm in arms], mark)
        if self.dispatch.fresh_width == 1:
            return results
        alone = {
            index: self._run([arm.text], mark)[0]
            for index, arm in enumerate(arms)
            if not self._fine(results[index], arm)
        }
        if any(self._fine(result, arms[index]) for index, result in alone.items()):
            self.dispatch.disturbed()
            alone |= {i: self._run([arm.text], mark)[0] for i, arm in enumerate(arms) if i not in alone}
        return [alone.get(index, result) for index, result in enumerate(results)]

    def _run(self, texts: Sequence[str], mark: str) -> list[TrialResult]:
        """Run texts in the copy. The mark tells the trials of one state of the copy from those of another."""
        copy = self._copied()
        environ = copy.environ(self.target.environ, self._first)
        cwd = copy.place(self.target.cwd.resolve())

        def run(text: str) -> TrialResult:
            with self.slots.taken() as slot:
                variables = slot.environ(self.condition.services)
                target = replace(self.target, cwd=cwd, environ={**environ, **variables})
                return PlainRunner(target, self.workspace, plugins=(_REPORTER,)).run(text, self.timeout)

        return self.dispatch.plain([f"{text}  # fix {mark or 'none'}" for text in texts], self.condition, run)

    def _fine(self, result: TrialResult, arm: Arm) -> bool:
        """Whether all tests of an arm ran and passed, those apart that fail without any mend as well."""
        if result.ending is not Ending.FINISHED or len(result.outcomes) != len(arm.order):
            return False
        failed = {outcome.nodeid for outcome in result.failed}
        if not arm.ordered:
            return not failed and {outcome.nodeid for outcome in result.outcomes} == set(arm.order)
        if not ran_as_asked(result, arm.order):
            return False
        return not failed or (arm.may_fail_anyway and failed <= self._fail_anyway(arm))

    def _fail_anyway(self, arm: Arm) -> frozenset[NodeId]:
        """The tests of an arm that fail in the user's own tree, where nothing was edited."""
        return frozenset(outcome.nodeid for outcome in self._seen_without(arm).failed)

    def _seen_without(self, arm: Arm) -> TrialResult:
        """What an arm shows in the user's own tree."""
        if arm.order not in self._without:
            _, self._without[arm.order] = self.confirmer.once(arm.order, "fix")
        return self._without[arm.order]

    def _arms(self, finding: Finding, *, by_plugin: bool = False) -> list[Arm]:
        victim = finding.minimal_order[-1]
        polluters = finding.minimal_order[:-1]
        imports = finding.import_polluters
        orders: list[tuple[str, tuple[NodeId, ...], tuple[str, ...]]]
        if finding.kind == "brittle":
            orders = [(VICTIM, (victim,), ()), (AFTER_SETTER, finding.minimal_order, ())]
            orders += [(REVERSED, (victim, *polluters), ())]
        else:
            orders = [(IN_ORDER, finding.minimal_order, imports)]
            orders += [(REVERSED, (victim, *polluters), imports)] if polluters else []
            orders += [(VICTIM, (victim,), ())] if polluters or imports else []
            alone = POLLUTER if len(polluters) == 1 else "polluters alone"
            orders += [(alone, polluters, imports)] if polluters else []
        return self._commands(orders, by_plugin=by_plugin)

    def _commands(
        self, orders: Sequence[tuple[str, tuple[NodeId, ...], tuple[str, ...]]], *, by_plugin: bool = False
    ) -> list[Arm]:
        """An arm for each (name, order, files that must be collected for it)."""
        commander, condition = self._there()
        texts = [
            self.confirmer.command_of(order, commander, condition, imports=collected, by_plugin=by_plugin)
            for _, order, collected in orders
        ]
        return [
            Arm(name, order, text, 1 if index else self.times)
            for index, ((name, order, _), text) in enumerate(zip(orders, texts, strict=True))
        ]

    def _there(self) -> tuple[Commander, Condition]:
        """Who words commands for the copy, and the conditions as they are there."""
        copy = self._copied()
        suite = replace(self.commander.suite, root=str(copy.place(self.root)))
        condition = replace(
            self.condition,
            args=tuple(copy.text(arg) for arg in self.condition.args),
            env=tuple((name, copy.text(value)) for name, value in self.condition.env),
        )
        commander = replace(
            self.commander,
            target=replace(self.target, cwd=copy.place(self.target.cwd.resolve())),
            suite=suite,
            paths=frozenset(copy.text(path) for path in self.commander.paths),
            store=copy.place(self.root) / ".bisect-loop" / "replay",
            # The slot's own are emptied before each run, which is quicker than starting new ones; their variables are
            # in the environment already.
            started={},
            given={},
        )
        return commander, condition

    # The copy.

    def _copied(self) -> Copy:
        if self._copy is None:
            here = Path(os.path.commonpath([self.root, self.target.cwd.resolve()]))
            if here in (Path("/"), Path.home()) and here != self.root:
                raise CannotTry(f"{here} is no folder to copy")
            directory = self.workspace.directory()
            try:
                self._copy = copied(here, directory / here.name)
            except CopyError as error:
                self.workspace.discard(directory)
                raise CannotTry(str(error)) from error
            self._first = tuple(self._copy.place(path) for path in self._own_path())
        return self._copy

    def _own_path(self) -> list[str]:
        """The folders of the tree that the interpreter itself puts on sys.path: a project installed for editing."""
        command = [self.target.python, "-c", _LIST_PATH]
        done = subprocess.run(command, cwd="/", env=dict(self.target.environ), capture_output=True, text=True)
        if done.returncode:
            return []
        prefix, base, *path = map(Path, json.loads(done.stdout.strip().splitlines()[-1]))
        assert self._copy is not None
        here = self._copy.here
        # An environment inside of the tree; but all of the tree may lie below /usr, the prefix of many a container.
        inner = [folder for folder in (prefix, base) if folder != here and folder.is_relative_to(here)]
        return [
            str(folder)
            for folder in path
            if folder.is_relative_to(here) and not any(folder.is_relative_to(prefix) for prefix in inner)
        ]

    def from_original(self, candidate: Candidate, result: TrialResult) -> str:
        """The edited module that did not come from the copy; "" where each did."""
        files = {os.path.realpath(file) for line in result.trace for file in _imported(line)}
        for edit in candidate.edits:
            if edit.before is not None and os.path.realpath(self.root / edit.path) in files:
                return edit.path
        return ""


def _imported(line: str) -> list[str]:
    event: Json = json.loads(line)
    return [str(file) for file in event.get("files", ())] if event.get("what") == "imported" else []
