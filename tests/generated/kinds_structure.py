"""Kinds that differ in where state lives and when tests touch it: classes, fixtures, unittest, skips, imports."""

from __future__ import annotations

from . import leaks
from .draft import Draft
from .model import Behaviour, Error, adding, having, lacking, removing
from .text import COMMON, Block, Body, Case, in_teardown, indent, write

ASSERTION = Error("AssertionError")


def _two(draft: Draft, one: str, other: str) -> tuple[str, str]:
    """Both texts in an order that luck decides."""
    return (one, other) if draft.rng.random() < 0.5 else (other, one)


def shared_class_attribute(draft: Draft) -> None:
    """Methods of one class over a list that belongs to the class."""
    owner, noisy, strict = (
        f"Test{draft.names.camel()}",
        f"test_{draft.names.phrase()}",
        f"test_{draft.names.phrase()}",
    )
    fact = f"{owner} has rows"
    methods = {
        noisy: f"    def {noisy}(self):\n        self.rows.append('x')\n        assert 'x' in self.rows",
        strict: f"    def {strict}(self):\n        assert self.rows == []",
    }
    behaviours = {
        noisy: Case(f"::{owner}::{noisy}", Behaviour(effects=(adding(fact),)), "polluter"),
        strict: Case(f"::{owner}::{strict}", Behaviour(fails=((having(fact), ASSERTION),)), "victim"),
    }
    order = _two(draft, noisy, strict)
    text = f"class {owner}:\n    rows = []\n\n" + "\n\n".join(methods[name] for name in order)
    draft.place(Block(text, tuple(behaviours[name] for name in order)))


def _through_fixture(draft: Draft, scope: str) -> tuple[str, str, list[str], list[Case]]:
    """A fixture of the wide `scope` that one test changes and another expects untouched."""
    fixture, noisy, strict = draft.names.word(), f"test_{draft.names.phrase()}", f"test_{draft.names.phrase()}"
    fact = f"{fixture} was changed"
    functions = {
        noisy: f"def {noisy}({{self}}{fixture}):\n    {fixture}['x'] = 1\n    assert {fixture}['x'] == 1",
        strict: f"def {strict}({{self}}{fixture}):\n    assert {fixture} == {{{{}}}}",
    }
    cases = {
        noisy: Case(f"::{noisy}", Behaviour(effects=(adding(fact),)), "polluter"),
        strict: Case(f"::{strict}", Behaviour(fails=((having(fact), ASSERTION),)), "victim"),
    }
    order = _two(draft, noisy, strict)
    definition = f"@pytest.fixture(scope='{scope}')\ndef {fixture}():\n    return {{}}"
    return fact, definition, [functions[name] for name in order], [cases[name] for name in order]


def module_fixture(draft: Draft) -> None:
    """A module-scoped fixture is changed; any test of another file in between has it made anew."""
    fact, definition, functions, cases = _through_fixture(draft, "module")
    text = "\n\n\n".join([definition, *(one.format(self="") for one in functions)])
    draft.place(Block(text, tuple(cases), ("import pytest",), scope={fact: "::"}))


def class_fixture(draft: Draft) -> None:
    """A class-scoped fixture is changed; any test outside the class in between has it made anew."""
    fact, definition, functions, cases = _through_fixture(draft, "class")
    owner = f"Test{draft.names.camel()}"
    methods = "\n\n".join(indent(one.format(self="self, ").splitlines()) for one in functions)
    moved = tuple(Case(f"::{owner}{case.suffix}", case.behaviour, case.role) for case in cases)
    text = f"{definition}\n\n\nclass {owner}:\n{methods}"
    draft.place(Block(text, moved, ("import pytest",), scope={fact: f"::{owner}::"}))


def session_fixture(draft: Draft) -> None:
    """A session-scoped fixture of the conftest is changed by a test of one file and met by one of another."""
    fact, definition, functions, cases = _through_fixture(draft, "session")
    del fact
    draft.conftest.append(f"import pytest\n\n\n{definition}")
    for one, case in zip(functions, cases, strict=True):
        draft.place(Block(one.format(self=""), (case,)))


def parametrised_session_fixture(draft: Draft) -> None:
    """A parametrised session fixture sets what is in use, and nobody puts the default back."""
    module, fixture = draft.names.module("backend"), draft.names.word()
    draft.support[module] = "CURRENT = 'memory'\n\n\ndef use(name):\n    global CURRENT\n    CURRENT = name\n"
    draft.conftest.append(
        f"import pytest\n\nfrom {draft.names.package} import {module}\n\n\n"
        f"@pytest.fixture(scope='session', params=['memory', 'disk'])\ndef {fixture}(request):\n"
        f"    {module}.use(request.param)\n    return request.param"
    )
    fact = f"{module} is disk"
    tests = [f"test_{draft.names.phrase()}" for _ in range(draft.rng.randint(2, 3))]
    functions = [f"def {name}({fixture}):\n    assert {fixture} in ('memory', 'disk')" for name in tests]
    cases = [
        *(Case(f"::{name}[memory]", Behaviour(effects=(removing(fact),)), "cleaner") for name in tests),
        *(Case(f"::{name}[disk]", Behaviour(effects=(adding(fact),)), "polluter") for name in tests),
    ]
    users = Block("\n\n\n".join(functions), tuple(cases))
    body = Body((f"assert {module}.CURRENT == 'memory'",), (f"from {draft.names.package} import {module}",))
    victim = write(draft.names, body, Behaviour(fails=((having(fact), ASSERTION),)), "victim")
    draft.place(users, victim, shuffled=True)


def set_up_class(draft: Draft) -> None:
    """A setUpClass changes state and no tearDownClass puts it back: each test of the class is a polluter."""
    leak = draft.leak(leaks.PLAIN)
    owner = f"{draft.names.camel()}Test"
    tests = sorted(f"test_{draft.names.phrase()}" for _ in range(draft.rng.randint(1, 3)))
    methods = "\n\n".join(f"    def {name}(self):\n        self.assertTrue(callable(self.{name}))" for name in tests)
    text = (
        f"class {owner}(unittest.TestCase):\n    @classmethod\n    def setUpClass(cls):\n"
        f"{indent(leak.pollute, 2)}\n\n{methods}"
    )
    behaviour = leak.polluting()[1]
    cases = tuple(Case(f"::{owner}::{name}", behaviour, "polluter") for name in tests)
    draft.place(Block(text, cases, ("import unittest", *leak.imports)), draft.victim(leak), shuffled=True)


def tear_down_class(draft: Draft) -> None:
    """A brittle test that passes, and whose tearDownClass then errors unless another test ran before."""
    module = draft.names.module("sessions")
    draft.support[module] = "OPEN = {}\n\n\ndef start(name):\n    OPEN[name] = True\n"
    imports = (f"from {draft.names.package} import {module}",)
    key, owner, name = draft.names.word(), f"{draft.names.camel()}Test", f"test_{draft.names.phrase()}"
    fact = f"{module} has {key}"
    text = (
        f"class {owner}(unittest.TestCase):\n"
        f"    def {name}(self):\n        self.assertEqual({module}.OPEN.get('other'), None)\n\n"
        f"    @classmethod\n    def tearDownClass(cls):\n        assert {module}.OPEN['{key}']"
    )
    behaviour = Behaviour(fails=((lacking(fact), Error("KeyError", "teardown")),))
    victim = Block(text, (Case(f"::{owner}::{name}", behaviour, "victim"),), ("import unittest", *imports))
    setter = write(
        draft.names,
        Body((f"{module}.start('{key}')", f"assert {module}.OPEN['{key}']"), imports),
        Behaviour(effects=(adding(fact),)),
        "setter",
    )
    draft.place(setter, victim, shuffled=True)


def teardown_error(draft: Draft) -> None:
    """The victim passes, and its fixture's teardown errors."""
    leak = draft.leak(leaks.PLAIN)
    victim = in_teardown(draft.names, *leak.checking(), "victim")
    draft.place(draft.polluter(leak), victim, shuffled=True)


def _skipping_unless(dirty: str, lines: tuple[str, ...], imports: tuple[str, ...]) -> Body:
    guard = (f"if not ({dirty}):", "    pytest.skip('nothing to do yet')")
    return Body((*guard, *lines), ("import pytest", *imports))


def polluter_that_skips(draft: Draft) -> None:
    """A polluter that is skipped unless another test ran before it."""
    enabling, leak = draft.leaks(leaks.PLAIN, 2)
    body = _skipping_unless(enabling.dirty, leak.pollute, (*enabling.imports, *leak.imports))
    behaviour = Behaviour(skips=(lacking(enabling.fact),), effects=(adding(leak.fact),))
    polluter = write(draft.names, body, behaviour, "polluter", COMMON)
    draft.place(draft.polluter(enabling), polluter, draft.victim(leak), shuffled=draft.rng.random() < 0.3)


def victim_that_skips(draft: Draft) -> None:
    """A victim that is skipped when alone, and fails when one test enables it and another pollutes."""
    enabling, leak = draft.leaks(leaks.PLAIN, 2)
    body = _skipping_unless(enabling.dirty, leak.check, (*enabling.imports, *leak.imports))
    behaviour = Behaviour(skips=(lacking(enabling.fact),), fails=((having(leak.fact), leak.error),))
    victim = write(draft.names, body, behaviour, "victim", COMMON)
    draft.place(draft.polluter(enabling), draft.polluter(leak), victim, shuffled=draft.rng.random() < 0.3)


def import_time(draft: Draft) -> None:
    """A module whose import pollutes: the victim fails in every order of the whole suite, and passes alone."""
    leak = draft.leak(leaks.PLAIN)
    name = f"test_{draft.names.phrase()}"
    text = "\n".join([*leak.pollute, "", "", f"def {name}():", "    assert True"])
    module = Block(text, (Case(f"::{name}"),), leak.imports, alone=True, import_facts=frozenset({leak.fact}))
    draft.place(module, draft.victim(leak), shuffled=True)


def import_and_test(draft: Draft) -> None:
    """A test pollutes, but only where a module that nobody runs was collected as well."""
    imported, leak = draft.leaks(leaks.PLAIN, 2)
    name = f"test_{draft.names.phrase()}"
    text = "\n".join([*imported.pollute, "", "", f"def {name}():", "    assert True"])
    module = Block(text, (Case(f"::{name}"),), imported.imports, alone=True, import_facts=frozenset({imported.fact}))
    body = Body(
        (f"if {imported.dirty}:", *(f"    {line}" for line in leak.pollute), "assert True"),
        (*imported.imports, *leak.imports),
    )
    behaviour = Behaviour(effects=(adding(leak.fact, when=having(imported.fact)),))
    polluter = write(draft.names, body, behaviour, "polluter", COMMON)
    draft.place(module, polluter, draft.victim(leak), shuffled=True)
