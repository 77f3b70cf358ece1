"""The other roles around a confirmed finding: cleaners, further polluting sets, and what or who does not matter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bisect_loop.asking import Asking, Failure
from bisect_loop.model import Finding, NodeId, Trial, TrialResult, Verdict
from bisect_loop.runner.dispatch import OutOfBudget
from bisect_loop.search import judge
from bisect_loop.search.alternatives import alternatives
from bisect_loop.search.cleaners import cleaners
from bisect_loop.search.incidental import incidental
from bisect_loop.search.question import Question
from bisect_loop.surroundings import surroundings


def with_roles(plan: Asking, finding: Finding, failure: Failure, others: tuple[tuple[str, ...], ...]) -> Finding:
    """Add cleaners, further polluting sets, and who is there by chance. What the budget cuts off costs only them.

    Of each further order that showed the failure with none of those sets before the victim, one set is added.
    """
    victim, signature = finding.victim, finding.signature

    def fails(result: TrialResult) -> Verdict:
        return judge.verdict(result, victim, signature)

    def trial_of(chosen: tuple[str, ...]) -> Trial:
        return plan.trial((*chosen, victim), signature)

    def hear(question: Question[str]) -> None:
        """Roles are not narrowing: nothing to tell."""

    try:
        by_chance = incidental(finding.polluters, stand_ins(plan.suite.nodeids, finding))
        finding = replace(finding, incidental=plan.search(by_chance, trial_of, fails, hear))
        search = alternatives(failure.before, [finding.polluters], known=others, limit=plan.options.most_sets)
        sets = plan.search(search, trial_of, fails, hear).sets
        for before in failure.elsewhere:
            if not replace(finding, other_polluting_sets=sets).explains(before):
                sets += plan.search(alternatives(before, [], limit=1), trial_of, fails, hear).sets
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
                    return with_roles(plan, finding, failure, ())
        finding = replace(finding, other_polluting_sets=sets, cleaners=clean)
        minimal = plan.trial(finding.minimal_order, signature)
        needs = surroundings(plan.dispatch, minimal, fails, plan.suite.plugins, finding.needs)
        finding = replace(finding, needs=needs)
    except OutOfBudget:
        return replace(finding, note="the budget ended before cleaners and further polluters were looked for")
    return finding


def stand_ins(suite: Sequence[NodeId], finding: Finding) -> dict[NodeId, tuple[NodeId, ...]]:
    """Tests to try in the place of each polluter: of two modules that none of the finding's tests is in.

    Where several are needed, one may only be what ends the module of another one, and with it what that module's
    fixtures keep.
    """
    if len(finding.polluters) < 2:
        return {}
    taken = {nodeid.partition("::")[0] for nodeid in finding.minimal_order}
    others = [nodeid for nodeid in suite if nodeid.partition("::")[0] not in taken]
    chosen = (
        others[:1] + [nodeid for nodeid in others if nodeid.partition("::")[0] != others[0].partition("::")[0]][-1:]
    )
    return dict.fromkeys(finding.polluters, tuple(chosen))
