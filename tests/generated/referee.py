"""Compares the tool's JSON result with the truth about a suite. Pure: a result and a truth in, complaints out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .truth import Expected, Truth

Json = Mapping[str, Any]

BAD_KINDS = ("nondeterministic", "cross-process")
"""Every suite here is deterministic and runs in one process."""


def complaints(truth: Truth, result: Json) -> list[str]:
    """Return one sentence for each way in which `result` (the JSON result) is not right; empty when it is."""
    findings = list(result["findings"])
    found = list(_about_orders(truth, result))
    for finding in findings:
        found += _about_finding(truth, finding)
    for one in truth.expected:
        if one.required and not any(_explains(one, finding) for finding in findings):
            found.append(f"not found: {one.victim} ({one.error.type}, {'/'.join(sorted(one.kinds))})")
    return found


def false_accusations(truth: Truth, result: Json) -> list[str]:
    """Return the innocents that a finding names in any role but that of a cleaner."""
    named = {nodeid for finding in result["findings"] for nodeid in _accused(finding)}
    return sorted(named & truth.innocents)


def missed_roles(truth: Truth, result: Json) -> list[str]:
    """Return what the right findings leave unsaid: further polluting sets, and cleaners. Not a fault by itself."""
    notes = []
    for finding in result["findings"]:
        for one in truth.expected:
            if not _explains(one, finding):
                continue
            named = {frozenset(finding["polluters"]), *map(frozenset, finding["other_polluting_sets"])}
            missed = len(one.polluting_sets - named)
            if missed:
                notes.append(f"{missed} of {len(one.polluting_sets)} polluting sets not named")
            if one.cleaners and not finding["cleaners"]:
                notes.append(f"none of {len(one.cleaners)} cleaners named")
    return notes


def _accused(finding: Json) -> set[str]:
    others = {nodeid for one in finding["other_polluting_sets"] for nodeid in one}
    return {finding["victim"], *finding["polluters"], *finding["setters"], *others}


def _about_orders(truth: Truth, result: Json) -> Iterable[str]:
    """Compare the orders whose sequence is known with what the model shows in them."""
    known = {"default": truth.plot.order, "reverse": truth.plot.order[::-1]}
    if truth.hand_over and truth.failing_order is not None:
        known["file"] = truth.failing_order
    for tried in result["orders_tried"]:
        if tried["name"] in known:
            shown = truth.plot.simulate(known[tried["name"]])
            right = {nodeid for nodeid, seen in shown.items() if seen.error}
            if set(tried["failed"]) != right:
                yield f"order {tried['name']}: {sorted(tried['failed'])} failed there instead of {sorted(right)}"
        known_victims = {one.victim for one in truth.expected}
        strangers = set(tried["failed"]) - known_victims
        if strangers:
            yield f"order {tried['name']}: {sorted(strangers)} failed, which never do"
        unexplained = set(tried["failed"]) - {finding["victim"] for finding in result["findings"]}
        if unexplained:
            yield f"order {tried['name']}: no finding for {sorted(unexplained)}"
    if result["suite"]["tests"] != len(truth.plot.tests):
        yield f"{result['suite']['tests']} tests counted instead of {len(truth.plot.tests)}"
    if result["stopped_because"] != "done":
        yield f"stopped because of {result['stopped_because']}"


def _about_finding(truth: Truth, finding: Json) -> Iterable[str]:
    name = f"finding {finding['id']} ({finding['kind']}, {finding['victim']})"
    candidates = [one for one in truth.expected if one.victim == finding["victim"]]
    innocents = _accused(finding) & truth.innocents
    if innocents:
        yield f"{name}: FALSE ACCUSATION of {sorted(innocents)}"
    if finding["kind"] in BAD_KINDS:
        yield f"{name}: no suite here has one of this kind"
        return
    matching = [one for one in candidates if _explains(one, finding, even_unconfirmed=True)]
    if not matching:
        polluters = finding["polluters"] or finding["setters"] or finding["import_polluters"]
        yield f"{name}: {finding['error']['type']} in {finding['error']['phase']} by {polluters} is not so"
        return
    one = matching[0]
    wrong = set(finding["cleaners"]) - one.cleaners
    if wrong:
        yield f"{name}: {sorted(wrong)} do not clean"
    wrong_sets = [named for named in finding["other_polluting_sets"] if frozenset(named) not in one.polluting_sets]
    if wrong_sets:
        yield f"{name}: other polluting sets {wrong_sets} are not so"
    if one.depends_on_order and not (one.alone == "skipped" and not finding["confirmed"]):
        yield from (f"{name}: {complaint}" for complaint in _about_evidence(truth, one, finding))


def _about_evidence(truth: Truth, one: Expected, finding: Json) -> Iterable[str]:
    if not finding["confirmed"]:
        yield "not confirmed"
        return
    k, n = finding["confirmation"]["minimal_failed"]
    k2, n2 = finding["confirmation"]["victim_alone_passed"]
    if one.alone == "passed" and not (k == n > 0 and k2 == n2 > 0):
        yield f"confirmed with {k}/{n} and {k2}/{n2}"
    if not (finding["replay"]["ran"] and finding["replay"]["command"].strip()):
        yield "the command to replay it was not run"
    order = finding["minimal_order"]
    if not order or order[-1] != finding["victim"]:
        yield f"the minimal order {order} does not end with the victim"
        return
    if "import-time" in one.kinds:
        files = frozenset(finding["import_polluters"]) | truth.plot.files_of(order)
        error = truth.plot.error_of(one.victim, order, files)
    else:
        error = truth.plot.error_of(one.victim, order)
    right = error is None if "brittle" in one.kinds else error is not None and error.same_as(one.error)
    if not right:
        yield f"the minimal order {order} gives {error}"


def _explains(one: Expected, finding: Json, even_unconfirmed: bool = False) -> bool:
    """Tell whether `finding` says of this failure what is so."""
    error = finding["error"]
    if one.victim != finding["victim"] or finding["kind"] not in one.kinds:
        return False
    if not one.error.family and error["type"].rsplit(".", 1)[-1] != one.error.type:
        return False
    if not (one.error.family or one.error.ends_process) and error["phase"] != one.error.phase:
        return False
    accused = finding["polluters"] or finding["setters"] or finding["import_polluters"]
    if not one.depends_on_order:
        return not accused
    if one.alone == "skipped" and not finding["confirmed"]:
        # A victim that is skipped when it runs alone does not pass there: to withhold the accusation is right.
        return not accused or frozenset(finding["polluters"]) in one.polluting_sets
    if not (finding["confirmed"] or even_unconfirmed):
        return False
    if one.import_sets and any(one.import_sets) and frozenset(finding["import_polluters"]) not in one.import_sets:
        return False
    if "brittle" in one.kinds:
        named, passing = set(finding["setters"]), frozenset(finding["minimal_order"][:-1])
        return passing in one.setter_sets and passing <= named <= set().union(*one.setter_sets)
    if not one.polluting_sets:
        return not finding["polluters"]
    return frozenset(finding["polluters"]) in one.polluting_sets
