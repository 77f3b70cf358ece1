"""The other roles around a confirmed finding: cleaners, further polluting sets, and what does not matter."""

from __future__ import annotations

from dataclasses import replace

from bisect_loop.asking import Asking
from bisect_loop.model import Finding, NodeId, Trial, TrialResult, Verdict
from bisect_loop.runner.dispatch import OutOfBudget
from bisect_loop.search import judge
from bisect_loop.search.alternatives import alternatives
from bisect_loop.search.cleaners import cleaners
from bisect_loop.search.question import Question
from bisect_loop.surroundings import surroundings


def with_roles(
    plan: Asking, finding: Finding, before: tuple[NodeId, ...], others: tuple[tuple[str, ...], ...]
) -> Finding:
    """Add cleaners and further polluting sets. What the budget cuts off here costs only them."""
    victim, signature = finding.victim, finding.signature

    def fails(result: TrialResult) -> Verdict:
        return judge.verdict(result, victim, signature)

    def trial_of(chosen: tuple[str, ...]) -> Trial:
        return plan.trial((*chosen, victim), signature)

    def hear(question: Question[str]) -> None:
        """Roles are not narrowing: nothing to tell."""

    try:
        search = alternatives(before, [finding.polluters], known=others, limit=plan.options.most_sets)
        sets = plan.search(search, trial_of, fails, hear).sets
        guilty = {item for one in (finding.polluters, *sets) for item in one}
        rest = [nodeid for nodeid in plan.suite.nodeids if nodeid not in guilty and nodeid != victim]
        cleaning = cleaners(finding.polluters, rest, limit=plan.options.most_cleaners)
        clean = plan.search(cleaning, trial_of, fails, hear)
        # Trials that ran side by side can lie: what is named counts when it stands alone.
        if plan.dispatch.width > 1 or plan.dispatch.fresh_width > 1:
            failing = [(one, Verdict.REPRODUCES) for one in sets]
            passing = [((*finding.polluters, one), Verdict.DOES_NOT) for one in clean]
            for chosen, verdict in (*failing, *passing):
                if fails(plan.dispatch.run(trial_of(chosen))) is not verdict:
                    plan.dispatch.disturbed()
                    return with_roles(plan, finding, before, ())
        finding = replace(finding, other_polluting_sets=sets, cleaners=clean)
        minimal = plan.trial(finding.minimal_order, signature)
        needs = surroundings(plan.dispatch, minimal, fails, plan.suite.plugins, finding.needs)
        finding = replace(finding, needs=needs)
    except OutOfBudget:
        return replace(finding, note="the budget ended before cleaners and further polluters were looked for")
    return finding
