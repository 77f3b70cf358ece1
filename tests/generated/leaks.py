"""State that a test can leave behind in its process: how to leave it, how to meet it, how to put it back.

Each function makes one leak, with a module of the suite's own package to hold the state where that is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from .model import ALWAYS, Behaviour, Effect, Error, When, adding, having, removing
from .names import Names
from .text import COMMON, STYLES, Body, Style


@dataclass(frozen=True)
class Leak:
    """One leak. All statements rely on `imports` alone.

    `check` raises `error` where the leak is there, and has no lasting effect else but `check_effects`. `dirty` is
    an expression that is true where the leak is there, with no effect at all. `pollute_when` guards the pollution:
    a cache that is warm already cannot be filled with the wrong value. `support` maps a module of the package, or
    a path with a slash in it, to its text; `conftest` goes to the root conftest. `teardown_safe` is false where
    pytest itself breaks when a fixture's teardown does it; `hostile` is true where some innocents would break as
    well. `tree_changes` names what is written below the root.
    """

    fact: str
    pollute: tuple[str, ...]
    clean: tuple[str, ...]
    dirty: str
    check: tuple[str, ...]
    error: Error
    imports: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    support: Mapping[str, str] = field(default_factory=dict)
    pollute_when: When = ALWAYS
    check_effects: tuple[Effect, ...] = ()
    clean_effects: tuple[Effect, ...] = ()
    conftest: str = ""
    teardown_safe: bool = True
    hostile: bool = False
    tree_changes: tuple[str, ...] = ()

    @property
    def styles(self) -> Sequence[Style]:
        """The styles that a polluter may be written in."""
        return STYLES if self.teardown_safe else COMMON

    def polluting(self) -> tuple[Body, Behaviour]:
        """A test that leaves the state behind."""
        return Body(self.pollute, self.imports, self.args), Behaviour(
            effects=(adding(self.fact, when=self.pollute_when),)
        )

    def checking(self) -> tuple[Body, Behaviour]:
        """A test that fails where the state was left behind."""
        behaviour = Behaviour(fails=((having(self.fact), self.error),), effects=self.check_effects)
        return Body(self.check, self.imports, self.args), behaviour

    def cleaning(self) -> tuple[Body, Behaviour]:
        """A test that puts the state back."""
        return Body(self.clean, self.imports, self.args), Behaviour(effects=(removing(self.fact), *self.clean_effects))


LeakMaker = Callable[[Names], Leak]

ASSERTION = Error("AssertionError")


def registry(names: Names) -> Leak:
    """A handler that stays registered."""
    module, key = names.module("registry"), names.word()
    return Leak(
        fact=f"{module} holds {key}",
        support={module: "HANDLERS = {}\n\n\ndef register(name, handler):\n    HANDLERS[name] = handler\n"},
        imports=(f"from {names.package} import {module}",),
        pollute=(f"{module}.register('{key}', str.upper)", f"assert '{key}' in {module}.HANDLERS"),
        clean=(f"{module}.HANDLERS.pop('{key}', None)", f"assert '{key}' not in {module}.HANDLERS"),
        dirty=f"'{key}' in {module}.HANDLERS",
        check=(f"assert '{key}' not in {module}.HANDLERS",),
        error=ASSERTION,
    )


def class_attribute(names: Names) -> Leak:
    """A class attribute that is set on the class, so that every instance has it."""
    module = names.module("pricing")
    code = """
    class UnknownCurrency(Exception):
        pass


    class Price:
        currency = "EUR"

        def __init__(self, amount):
            self.amount = amount

        def label(self):
            if self.currency not in ("EUR", "USD"):
                raise UnknownCurrency(self.currency)
            return f"{self.amount} {self.currency}"
    """
    return Leak(
        fact=f"{module} has a strange currency",
        support={module: code},
        imports=(f"from {names.package} import {module}",),
        pollute=(f"{module}.Price.currency = 'XTS'", f"assert {module}.Price(3).currency == 'XTS'"),
        clean=(f"{module}.Price.currency = 'EUR'", f"assert {module}.Price(1).label() == '1 EUR'"),
        dirty=f"{module}.Price.currency == 'XTS'",
        check=(f"assert {module}.Price(7).label() == '7 EUR'",),
        error=Error("UnknownCurrency"),
    )


def cached_settings(names: Names) -> Leak:
    """A cache that keeps whatever its first caller saw."""
    module = names.module("settings")
    code = """
    import functools
    import os


    @functools.lru_cache(maxsize=None)
    def load():
        return {"mode": os.environ.get("SERVICE_MODE", "production")}
    """
    stale, fresh = f"{module} cached the wrong mode", f"{module} cached the right mode"
    return Leak(
        fact=stale,
        support={module: code},
        imports=("import os", "from unittest import mock", f"from {names.package} import {module}"),
        pollute=(
            "with mock.patch.dict(os.environ, {'SERVICE_MODE': 'demo'}):",
            f"    assert {module}.load()['mode']",
        ),
        clean=(f"{module}.load.cache_clear()", f"assert {module}.load.cache_info().currsize == 0"),
        dirty=f"{module}.load.cache_info().currsize and {module}.load()['mode'] == 'demo'",
        check=(f"assert {module}.load()['mode'] == 'production'",),
        error=ASSERTION,
        pollute_when=When(lacks=frozenset({fresh})),
        check_effects=(Effect(adds=frozenset({fresh}), when=When(lacks=frozenset({stale}))),),
        clean_effects=(removing(fresh),),
    )


def patch_not_stopped(names: Names) -> Leak:
    """A mock.patch that is started and never stopped."""
    module = names.module("rates")
    code = "def lookup(code):\n    return {'EUR': 100, 'USD': 92}[code]\n\n\nORIGINAL = lookup\n"
    return Leak(
        fact=f"{module} is mocked",
        support={module: code},
        imports=("from unittest import mock", f"from {names.package} import {module}"),
        pollute=(
            f"mock.patch.object({module}, 'lookup', return_value='n/a').start()",
            f"assert {module}.lookup('EUR') == 'n/a'",
        ),
        clean=(f"{module}.lookup = {module}.ORIGINAL", f"assert {module}.lookup('USD') == 92"),
        dirty=f"isinstance({module}.lookup, mock.Mock)",
        check=(f"total = 1 + {module}.lookup('EUR')", "assert total == 101"),
        error=Error("TypeError"),
    )


def monkeypatch_not_undone(names: Names) -> Leak:
    """A MonkeyPatch made by hand, without its undo."""
    module = names.module("mailer")
    code = """
    class MailError(RuntimeError):
        pass


    def send(address):
        return f"sent to {address}"


    def refuse(address):
        raise MailError(f"no mail to {address} from here")


    ORIGINAL = send
    """
    return Leak(
        fact=f"{module} refuses",
        support={module: code},
        imports=("import pytest", f"from {names.package} import {module}"),
        pollute=(
            "patcher = pytest.MonkeyPatch()",
            f"patcher.setattr({module}, 'send', {module}.refuse)",
            f"assert {module}.send is {module}.refuse",
        ),
        clean=(f"{module}.send = {module}.ORIGINAL", f"assert {module}.send('a') == 'sent to a'"),
        dirty=f"{module}.send is {module}.refuse",
        check=(f"assert {module}.send('ann') == 'sent to ann'",),
        error=Error("MailError"),
    )


def database_row(names: Names) -> Leak:
    """A row that stays in a database that the whole process shares."""
    module, key = names.module("database"), names.word()
    code = """
    import sqlite3

    DB = sqlite3.connect(":memory:", check_same_thread=False)
    DB.execute("CREATE TABLE entries (name TEXT PRIMARY KEY)")
    DB.commit()


    def add(name):
        DB.execute("INSERT INTO entries VALUES (?)", (name,))


    def names():
        return [row[0] for row in DB.execute("SELECT name FROM entries ORDER BY name")]
    """
    return Leak(
        fact=f"{module} has a row for {key}",
        support={module: code},
        imports=(f"from {names.package} import {module}",),
        pollute=(
            f"{module}.DB.execute('INSERT OR REPLACE INTO entries VALUES (?)', ('{key}',))",
            f"{module}.DB.commit()",
            f"assert '{key}' in {module}.names()",
        ),
        clean=(f"{module}.DB.execute('DELETE FROM entries')", f"{module}.DB.commit()"),
        dirty=f"'{key}' in {module}.names()",
        check=(
            f"{module}.add('{key}')",
            f"assert '{key}' in {module}.names()",
            f"{module}.DB.rollback()",
        ),
        error=Error("IntegrityError"),
    )


def emptied_pool(names: Names) -> Leak:
    """A pool from which one test takes everything and gives nothing back."""
    module = names.module("pool")
    code = "SIZE = 2\nFREE = ['one', 'two']\n\n\ndef take():\n    return FREE.pop()\n"
    return Leak(
        fact=f"{module} is empty",
        support={module: code},
        imports=(f"from {names.package} import {module}",),
        pollute=(f"while {module}.FREE:", f"    assert {module}.take() in ('one', 'two')"),
        clean=(f"{module}.FREE[:] = ['one', 'two']", f"assert len({module}.FREE) == {module}.SIZE"),
        dirty=f"not {module}.FREE",
        check=(f"taken = {module}.take()", f"{module}.FREE.append(taken)", "assert taken in ('one', 'two')"),
        error=Error("IndexError"),
    )


def closed_stream(names: Names) -> Leak:
    """A shared stream that one test closes."""
    module = names.module("audit")
    code = """
    import io

    STREAM = io.StringIO()


    def note(text):
        return STREAM.write(text)


    def reopen():
        global STREAM
        STREAM = io.StringIO()
    """
    return Leak(
        fact=f"{module} is closed",
        support={module: code},
        imports=(f"from {names.package} import {module}",),
        pollute=(f"{module}.STREAM.close()", f"assert {module}.STREAM.closed"),
        clean=(f"{module}.reopen()", f"assert {module}.note('ok') == 2"),
        dirty=f"{module}.STREAM.closed",
        check=(f"assert {module}.note('paid') == 4",),
        error=Error("ValueError"),
    )


def context_variable(names: Names) -> Leak:
    """A ContextVar that a sync test sets and does not reset."""
    module = names.module("tenancy")
    code = "from contextvars import ContextVar\n\nTENANT = ContextVar('TENANT', default='none')\n"
    return Leak(
        fact=f"{module} has a tenant",
        support={module: code},
        imports=(f"from {names.package} import {module}",),
        pollute=(f"{module}.TENANT.set('acme')", f"assert {module}.TENANT.get() == 'acme'"),
        clean=(f"{module}.TENANT.set('none')", f"assert {module}.TENANT.get() == 'none'"),
        dirty=f"{module}.TENANT.get() == 'acme'",
        check=(f"assert {module}.TENANT.get() == 'none'",),
        error=ASSERTION,
    )


PLAIN: Sequence[LeakMaker] = (
    registry,
    class_attribute,
    patch_not_stopped,
    monkeypatch_not_undone,
    database_row,
    emptied_pool,
    closed_stream,
    context_variable,
)
"""Leaks that may be mixed freely: each look at them is without effect."""

IN_MEMORY: Sequence[LeakMaker] = (*PLAIN, cached_settings)
