"""Tests that nobody may accuse, in the styles that real suites are full of.

Some look suspicious: they set environment variables, patch, change folders and keep module state, and undo it all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .model import SKIPPED
from .names import Names
from .text import Block, Case

Innocent = Callable[[Names], Block]


def arithmetic(names: Names) -> Block:
    name = f"test_{names.phrase()}"
    a, b = names.rng.randint(1, 99), names.rng.randint(1, 99)
    return Block(f"def {name}():\n    assert {a} + {b} == {a + b}", (Case(f"::{name}"),))


def of_the_package(names: Names) -> Block:
    name, word = f"test_{names.phrase()}", names.rng.choice(("Alpha Beta", "one two three", "Zed"))
    slug = word.lower().replace(" ", "-")
    text = f"def {name}():\n    assert texts.slug('{word}') == '{slug}'"
    return Block(text, (Case(f"::{name}"),), (f"from {names.package} import texts",))


def with_parameters(names: Names) -> Block:
    name = f"test_{names.phrase()}"
    values = names.rng.sample(range(100), names.rng.randint(2, 5))
    text = (
        f"@pytest.mark.parametrize('number', {values})\n"
        f"def {name}(number):\n    assert texts.slug(str(number)) == str(number)"
    )
    cases = tuple(Case(f"::{name}[{value}]") for value in values)
    return Block(text, cases, ("import pytest", f"from {names.package} import texts"))


def class_with_setup(names: Names) -> Block:
    owner, first, second = f"Test{names.camel()}", f"test_{names.phrase()}", f"test_{names.phrase()}"
    text = (
        f"class {owner}:\n"
        "    def setup_method(self):\n        self.items = ['a']\n\n"
        f"    def {first}(self):\n        self.items.append('b')\n        assert self.items == ['a', 'b']\n\n"
        f"    def {second}(self):\n        assert self.items == ['a']"
    )
    return Block(text, (Case(f"::{owner}::{first}"), Case(f"::{owner}::{second}")))


def nested_class(names: Names) -> Block:
    outer, inner, name = f"Test{names.camel()}", f"Test{names.camel()}", f"test_{names.phrase()}"
    text = f"class {outer}:\n    class {inner}:\n        def {name}(self):\n            assert max('abc') == 'c'"
    return Block(text, (Case(f"::{outer}::{inner}::{name}"),))


def inherited(names: Names) -> Block:
    base, first, second = f"{names.camel()}Base", f"Test{names.camel()}", f"Test{names.camel()}"
    name = f"test_{names.phrase()}"
    text = (
        f"class {base}:\n    size = 0\n\n    def {name}(self):\n        assert self.size in (3, 5)\n\n\n"
        f"class {first}({base}):\n    size = 3\n\n\nclass {second}({base}):\n    size = 5"
    )
    return Block(text, (Case(f"::{first}::{name}"), Case(f"::{second}::{name}")))


def unittest_class(names: Names) -> Block:
    owner = f"{names.camel()}Test"
    first, second = sorted((f"test_{names.phrase()}", f"test_{names.phrase()}"))
    text = (
        f"class {owner}(unittest.TestCase):\n"
        "    @classmethod\n    def setUpClass(cls):\n        cls.rows = [1, 2, 3]\n\n"
        "    @classmethod\n    def tearDownClass(cls):\n        del cls.rows\n\n"
        f"    def {first}(self):\n        self.assertEqual(sum(self.rows), 6)\n\n"
        f"    def {second}(self):\n        self.assertIn(2, self.rows)"
    )
    return Block(text, (Case(f"::{owner}::{first}"), Case(f"::{owner}::{second}")), ("import unittest",))


def isolated_asyncio(names: Names) -> Block:
    owner, name = f"{names.camel()}Test", f"test_{names.phrase()}"
    text = (
        f"class {owner}(unittest.IsolatedAsyncioTestCase):\n"
        f"    async def {name}(self):\n"
        "        queue = asyncio.Queue()\n        await queue.put('x')\n        await asyncio.sleep(0)\n"
        "        self.assertEqual(await queue.get(), 'x')"
    )
    return Block(text, (Case(f"::{owner}::{name}"),), ("import asyncio", "import unittest"))


def function_fixture(names: Names) -> Block:
    fixture, name = names.word(), f"test_{names.phrase()}"
    text = (
        f"@pytest.fixture\ndef {fixture}():\n    opened = ['open']\n    yield opened\n    opened.clear()\n\n\n"
        f"def {name}({fixture}):\n    assert {fixture} == ['open']"
    )
    return Block(text, (Case(f"::{name}"),), ("import pytest",))


def module_fixture(names: Names) -> Block:
    fixture, first, second = names.word(), f"test_{names.phrase()}", f"test_{names.phrase()}"
    text = (
        f"@pytest.fixture(scope='module')\ndef {fixture}():\n    return {{'size': 3}}\n\n\n"
        f"def {first}({fixture}):\n    assert {fixture}['size'] == 3\n\n\n"
        f"def {second}({fixture}):\n    assert len({fixture}) == 1"
    )
    return Block(text, (Case(f"::{first}"), Case(f"::{second}")), ("import pytest",))


def session_fixture(names: Names) -> Block:
    name = f"test_{names.phrase()}"
    text = f"def {name}(workspace):\n    assert (workspace / 'readme.txt').read_text() == 'hello'"
    return Block(text, (Case(f"::{name}"),))


def writes_below_tmp_path(names: Names) -> Block:
    name = f"test_{names.phrase()}"
    text = (
        f"def {name}(tmp_path):\n    (tmp_path / 'out.txt').write_text('x')\n"
        "    assert [path.name for path in tmp_path.iterdir()] == ['out.txt']"
    )
    return Block(text, (Case(f"::{name}"),))


def prints(names: Names) -> Block:
    name = f"test_{names.phrase()}"
    text = f"def {name}(capsys):\n    print('some output')\n    assert capsys.readouterr().out == 'some output\\n'"
    return Block(text, (Case(f"::{name}"),))


def talks_a_lot(names: Names) -> Block:
    name = f"test_{names.phrase()}"
    text = f"def {name}():\n    for line in range(300):\n        print(line, 'of the output that nobody reads')"
    return Block(text, (Case(f"::{name}"),))


def patches_and_undoes(names: Names) -> Block:
    name, variable = f"test_{names.phrase()}", names.word().upper()
    text = (
        f"def {name}(monkeypatch, tmp_path):\n    monkeypatch.setenv('{variable}', '1')\n"
        "    monkeypatch.chdir(tmp_path)\n    monkeypatch.setattr(texts, 'slug', str.upper)\n"
        "    assert texts.slug('a') == 'A'"
    )
    return Block(text, (Case(f"::{name}"),), (f"from {names.package} import texts",))


def mocks_in_a_block(names: Names) -> Block:
    name = f"test_{names.phrase()}"
    text = (
        f"def {name}():\n    with mock.patch.object(texts, 'slug', return_value='mocked') as slug:\n"
        "        assert texts.slug('b') == 'mocked'\n    slug.assert_called_once_with('b')"
    )
    return Block(text, (Case(f"::{name}"),), ("from unittest import mock", f"from {names.package} import texts"))


def keeps_module_state(names: Names) -> Block:
    """A module-level list that grows with each test, and that no test minds."""
    first, second, seen = f"test_{names.phrase()}", f"test_{names.phrase()}", names.word().upper()
    text = (
        f"{seen} = []\n\n\n"
        f"def {first}():\n    {seen}.append('first')\n    assert 'first' in {seen}\n\n\n"
        f"def {second}():\n    {seen}.append('second')\n    assert 'second' in {seen}"
    )
    return Block(text, (Case(f"::{first}"), Case(f"::{second}")))


def raises(names: Names) -> Block:
    name = f"test_{names.phrase()}"
    text = f"def {name}():\n    with pytest.raises(ZeroDivisionError):\n        1 / 0"
    return Block(text, (Case(f"::{name}"),), ("import pytest",))


def marked_skip(names: Names) -> Block:
    name = f"test_{names.phrase()}"
    text = f"@pytest.mark.skip(reason='not on this platform')\ndef {name}():\n    raise AssertionError"
    return Block(text, (Case(f"::{name}", SKIPPED),), ("import pytest",))


def skips_in_setup(names: Names) -> Block:
    fixture, name = names.word(), f"test_{names.phrase()}"
    text = (
        f"@pytest.fixture\ndef {fixture}():\n    pytest.skip('no server here')\n\n\n"
        f"def {name}({fixture}):\n    raise AssertionError"
    )
    return Block(text, (Case(f"::{name}", SKIPPED),), ("import pytest",))


def expected_to_fail(names: Names) -> Block:
    name = f"test_{names.phrase()}"
    text = f"@pytest.mark.xfail(reason='known')\ndef {name}():\n    assert [] == [1]"
    return Block(text, (Case(f"::{name}", SKIPPED),), ("import pytest",))


def warns(names: Names) -> Block:
    name = f"test_{names.phrase()}"
    text = f"def {name}():\n    warnings.warn('soon gone', DeprecationWarning, stacklevel=1)"
    return Block(text, (Case(f"::{name}"),), ("import warnings",))


def logs(names: Names) -> Block:
    name = f"test_{names.phrase()}"
    text = f"def {name}(caplog):\n    logging.getLogger('elsewhere').warning('hot')\n    assert 'hot' in caplog.text"
    return Block(text, (Case(f"::{name}"),), ("import logging",))


def generated_ids(names: Names) -> Block:
    name = f"test_{names.phrase()}"
    text = (
        f"@pytest.mark.parametrize('left, right', [pytest.param(1, 1, id='same'), (2, 2.0)])\n"
        f"def {name}(left, right):\n    assert left == right"
    )
    return Block(text, (Case(f"::{name}[same]"), Case(f"::{name}[2-2.0]")), ("import pytest",))


ALL: Sequence[Innocent] = (
    arithmetic,
    of_the_package,
    with_parameters,
    class_with_setup,
    nested_class,
    inherited,
    unittest_class,
    isolated_asyncio,
    function_fixture,
    module_fixture,
    session_fixture,
    writes_below_tmp_path,
    prints,
    talks_a_lot,
    patches_and_undoes,
    mocks_in_a_block,
    keeps_module_state,
    raises,
    marked_skip,
    skips_in_setup,
    expected_to_fail,
    warns,
    logs,
    generated_ids,
)

SAFE_WITHOUT_LOOP: Sequence[Innocent] = tuple(one for one in ALL if one is not isolated_asyncio)
"""For suites whose trouble is the main thread's event loop: IsolatedAsyncioTestCase takes it away, too."""

SAFE_AT_ROOT: Sequence[Innocent] = tuple(
    one for one in ALL if one not in (patches_and_undoes, writes_below_tmp_path, isolated_asyncio, mocks_in_a_block)
)
"""For suites that leave the process in a state in which the others would not run."""
