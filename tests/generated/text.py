"""Pieces of test modules: what a test does (`Body`), and the ways in which people write tests (the styles)."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from .model import INNOCENT, Behaviour, Error
from .names import Names


@dataclass(frozen=True)
class Body:
    """Statements of one test. `args` are fixtures that it takes, so that a unittest method cannot hold it."""

    lines: tuple[str, ...]
    imports: tuple[str, ...] = ()
    args: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    """One collected test of a block: its node id without the file, and what it does."""

    suffix: str
    behaviour: Behaviour = INNOCENT
    role: str = ""


@dataclass(frozen=True)
class Block:
    """A run of module text with the tests it holds, in pytest's order.

    `alone` gives the block a file of its own; `raw` is the extension of a file that is not Python and holds only
    this text. `import_facts` are what the import of its file adds; `scope` maps a fact to the suffix prefix it
    cannot outlive ("::" for the file itself).
    """

    text: str
    cases: tuple[Case, ...]
    imports: tuple[str, ...] = ()
    alone: bool = False
    raw: str = ""
    import_facts: frozenset[str] = frozenset()
    scope: dict[str, str] = field(default_factory=dict)


def indent(lines: Iterable[str], depth: int = 1) -> str:
    return textwrap.indent("\n".join(lines), "    " * depth)


def join(*blocks: Block) -> Block:
    """One block that holds `blocks` in this order, so that they stay in one file."""
    return Block(
        text="\n\n\n".join(block.text for block in blocks),
        cases=tuple(case for block in blocks for case in block.cases),
        imports=tuple(line for block in blocks for line in block.imports),
        alone=any(block.alone for block in blocks),
        import_facts=frozenset().union(*(block.import_facts for block in blocks)),
        scope={fact: prefix for block in blocks for fact, prefix in block.scope.items()},
    )


def in_phase(behaviour: Behaviour, phase: str) -> Behaviour:
    """The same behaviour with its failures in `phase`."""
    fails = tuple((guard, Error(error.type, phase, error.family)) for guard, error in behaviour.fails)
    return replace(behaviour, fails=fails)


Style = Callable[[Names, Body, Behaviour, str], Block]


def function(names: Names, body: Body, behaviour: Behaviour, role: str) -> Block:
    name = f"test_{names.phrase()}"
    text = f"def {name}({', '.join(body.args)}):\n{indent(body.lines)}"
    return Block(text, (Case(f"::{name}", behaviour, role),), body.imports)


def method(names: Names, body: Body, behaviour: Behaviour, role: str) -> Block:
    """A method of a plain class, with an innocent one at its side."""
    owner, name, other = f"Test{names.camel()}", f"test_{names.phrase()}", f"test_{names.phrase()}"
    quiet = f"def {other}(self):\n    assert self.__class__.__name__ == '{owner}'"
    loud = f"def {name}({', '.join(('self', *body.args))}):\n{indent(body.lines)}"
    pair = [(quiet, Case(f"::{owner}::{other}")), (loud, Case(f"::{owner}::{name}", behaviour, role))]
    names.rng.shuffle(pair)
    methods = "\n\n".join(textwrap.indent(text, "    ") for text, _ in pair)
    return Block(f"class {owner}:\n{methods}", tuple(case for _, case in pair), body.imports)


def unittest_method(names: Names, body: Body, behaviour: Behaviour, role: str) -> Block:
    if body.args:
        return function(names, body, behaviour, role)
    owner, name = f"{names.camel()}Test", f"test_{names.phrase()}"
    text = f"class {owner}(unittest.TestCase):\n    def {name}(self):\n{indent(body.lines, 2)}"
    return Block(text, (Case(f"::{owner}::{name}", behaviour, role),), ("import unittest", *body.imports))


def parametrised(names: Names, body: Body, behaviour: Behaviour, role: str) -> Block:
    """A parametrised function of which one value does the deed."""
    name, argument = f"test_{names.phrase()}", names.word()
    count = names.rng.randint(2, 4)
    chosen = names.rng.randrange(count)
    signature = ", ".join((argument, *body.args))
    text = (
        f"@pytest.mark.parametrize('{argument}', {list(range(count))})\n"
        f"def {name}({signature}):\n"
        f"    if {argument} == {chosen}:\n{indent(body.lines, 2)}\n"
        f"    assert {argument} < {count}"
    )
    cases = tuple(
        Case(f"::{name}[{i}]", behaviour, role) if i == chosen else Case(f"::{name}[{i}]") for i in range(count)
    )
    return Block(text, cases, ("import pytest", *body.imports))


def in_setup(names: Names, body: Body, behaviour: Behaviour, role: str) -> Block:
    """The deed is done in the setup of a fixture."""
    fixture, name = names.word(), f"test_{names.phrase()}"
    text = (
        f"@pytest.fixture\ndef {fixture}({', '.join(body.args)}):\n{indent(body.lines)}\n"
        f"    return '{fixture}'\n\n\n"
        f"def {name}({fixture}):\n    assert {fixture}.islower()"
    )
    return Block(text, (Case(f"::{name}", in_phase(behaviour, "setup"), role),), ("import pytest", *body.imports))


def in_teardown(names: Names, body: Body, behaviour: Behaviour, role: str) -> Block:
    """The deed is done in the teardown of a fixture, after the test itself has passed."""
    fixture, name = names.word(), f"test_{names.phrase()}"
    text = (
        f"@pytest.fixture\ndef {fixture}({', '.join(body.args)}):\n"
        f"    yield '{fixture}'\n{indent(body.lines)}\n\n\n"
        f"def {name}({fixture}):\n    assert {fixture}.islower()"
    )
    return Block(text, (Case(f"::{name}", in_phase(behaviour, "teardown"), role),), ("import pytest", *body.imports))


COMMON: Sequence[Style] = (function, function, method, unittest_method, parametrised)
STYLES: Sequence[Style] = (*COMMON, in_setup, in_teardown)


def write(names: Names, body: Body, behaviour: Behaviour, role: str, styles: Sequence[Style] = STYLES) -> Block:
    """Write one test in a style that the generator's luck chooses from `styles`."""
    return names.rng.choice(styles)(names, body, behaviour, role)
