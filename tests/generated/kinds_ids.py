"""Kinds whose node ids break whoever splits them, quotes them badly, or hands them over as arguments."""

from __future__ import annotations

import json

from . import leaks
from .draft import Draft
from .leaks import Leak
from .model import Behaviour
from .text import Block, Body, Case, indent

IDS = (
    "two words",
    " leading and trailing ",
    "a::b",
    "tests/test_x.py::test_y",
    "[nested]",
    "left]right[",
    "it's",
    'say "hi"',
    "`id` $(id) $HOME",
    "back\\slash",
    "-k",
    "--help",
    "@file",
    "a/b/../c",
    "100%",
    "*?!#;&|",
    "naïve größe",
    "日本語",
    "🙂",
    "{x}",
    "x" * 300,
    "tab\there",
    "line\nbreak",
    "carriage\rreturn",
    "bell\a",
    "2024-01-31T00:00:00",
)

DISABLE_ESCAPING = "disable_test_id_escaping_and_forfeit_all_rights_to_community_support"


def escaped(text: str) -> str:
    """How pytest writes an id unless told not to."""
    return text.encode("unicode_escape").decode("ascii")


def unescaped(text: str) -> str:
    """How pytest writes an id when its escaping is disabled."""
    return text


def _with_ids(draft: Draft, body: Body, behaviour: Behaviour, role: str, ids: list[str], raw: bool) -> Block:
    """A parametrised test of which the one case with the first id does the deed."""
    show = unescaped if raw else escaped
    name = f"test_{draft.names.phrase()}"
    order = draft.rng.sample(range(len(ids)), len(ids))
    text = (
        f"@pytest.mark.parametrize('case', {order}, ids={[ids[i] for i in order]!r})\ndef {name}(case):\n"
        f"    if case == 0:\n{indent(body.lines, 2)}\n    assert case < {len(ids)}"
    )
    cases = tuple(
        Case(f"::{name}[{show(ids[i])}]", behaviour, role) if i == 0 else Case(f"::{name}[{show(ids[i])}]")
        for i in order
    )
    return Block(text, cases, ("import pytest", *body.imports))


def _nasty_pair(draft: Draft, raw: bool) -> None:
    leak = draft.leak(leaks.PLAIN)
    chosen = draft.rng.sample(IDS, 8)
    draft.place(
        _with_ids(draft, *leak.polluting(), "polluter", chosen[:4], raw),
        _with_ids(draft, *leak.checking(), "victim", chosen[4:], raw),
        shuffled=True,
    )


def escaped_ids(draft: Draft) -> None:
    """Ids with spaces, colons, brackets, quotes and non-ASCII text, escaped by pytest."""
    _nasty_pair(draft, raw=False)


def raw_ids(draft: Draft) -> None:
    """The same with pytest's escaping disabled: newlines and non-ASCII text stand in the node ids."""
    draft.ini[DISABLE_ESCAPING] = "true"
    _nasty_pair(draft, raw=True)


def lambda_ids(draft: Draft) -> None:
    """Ids made of functions, which are all called <lambda>."""
    leak = draft.leak(leaks.PLAIN)

    def with_lambdas(body: Body, behaviour: Behaviour, role: str) -> Block:
        name = f"test_{draft.names.phrase()}"
        text = (
            f"@pytest.mark.parametrize('deed', [lambda: True, str])\ndef {name}(deed):\n"
            f"    if deed is not str:\n{indent(body.lines, 2)}\n    assert callable(deed)"
        )
        cases = (Case(f"::{name}[<lambda>]", behaviour, role), Case(f"::{name}[str]"))
        return Block(text, cases, ("import pytest", *body.imports))

    draft.place(with_lambdas(*leak.polluting(), "polluter"), with_lambdas(*leak.checking(), "victim"), shuffled=True)


def odd_paths(draft: Draft) -> None:
    """Folders and files with spaces, brackets, quotes, dollar signs and non-ASCII letters."""
    leak = draft.leak(leaks.PLAIN)
    draft.odd_paths = True
    draft.place(draft.polluter(leak), draft.victim(leak), shuffled=True)


CASE_FILES = """
import json

import pytest

from {package} import steps


def pytest_collect_file(parent, file_path):
    if file_path.suffix == ".case":
        return CaseFile.from_parent(parent, path=file_path)
    return None


class CaseFile(pytest.File):
    def collect(self):
        for record in json.loads(self.path.read_text(encoding="utf-8")):
            yield CaseItem.from_parent(self, name=record["name"], step=record["step"])


class CaseItem(pytest.Item):
    def __init__(self, *, step, **kwargs):
        super().__init__(**kwargs)
        self.step = step

    def runtest(self):
        getattr(steps, self.step)()

    def reportinfo(self):
        return self.path, 0, self.name
"""


def _steps(leak: Leak) -> str:
    return "\n".join(
        [
            *sorted(set(leak.imports)),
            "",
            "",
            f"def pollute():\n{indent(leak.pollute)}",
            "",
            "",
            f"def check():\n{indent(leak.check)}",
            "",
            "",
            "def nothing():\n    assert True",
            "",
        ]
    )


def custom_items(draft: Draft) -> None:
    """Items of a conftest's own file type, whose names are sentences."""
    leak = draft.leak(leaks.PLAIN)
    draft.support["steps"] = _steps(leak)
    draft.conftest.append(CASE_FILES.format(package=draft.names.package))
    plan = [("pollute", leak.polluting()[1], "polluter"), ("check", leak.checking()[1], "victim")]
    draft.rng.shuffle(plan)
    together = draft.rng.random() < 0.5
    names = iter(draft.rng.sample(IDS, 8))
    records, cases = [], []
    for step, behaviour, role in plan:
        for do, act, part in ((step, behaviour, role), ("nothing", Behaviour(), "")):
            name = next(names)
            records.append({"name": name, "step": do})
            cases.append(Case(f"::{name}", act, part))
    if together:
        draft.place(Block(json.dumps(records), tuple(cases), raw=".case"))
        return
    for start in (0, 2):
        draft.place(Block(json.dumps(records[start : start + 2]), tuple(cases[start : start + 2]), raw=".case"))
