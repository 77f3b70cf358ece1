"""Follows resources from where they are made to where they are kept, through the whole project.

A worklist to a fixed point: the scopes that name a constructor are walked first, then whatever uses a function,
class or variable whose summary changed. The rest of the project is never looked at twice.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator

from bisect_loop.scan.body import walk
from bisect_loop.scan.project import Project, class_around
from bisect_loop.scan.resources import LAST_NAMES, resource_called
from bisect_loop.scan.scopes import Scope
from bisect_loop.scan.summaries import Summaries
from bisect_loop.scan.values import Facts, Store, Value

_MOST_WALKS = 6  # of one scope
_MOST_CONTENTS = 4  # resources told apart in one holder


class Flow:
    """What every scope of interest does. After `run`, `known` holds the summaries and `walks` counts the cost."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.known = Summaries(project)
        self.walks: Counter[Scope] = Counter()
        self._waiting: deque[Scope] = deque()
        self._queued: set[Scope] = set()
        self._hot: set[Scope] = set()  # functions that are passed a resource by somebody

    def run(self) -> None:
        """Walk until nothing changes."""
        self._enqueue(self._seeds())
        self._drain()

    def facts(self, scope: Scope) -> Facts:
        """What `scope` does; walked now if it was of no interest before."""
        if scope not in self.known.facts:
            self.known.facts[scope] = walk(scope, self.known)
        return self.known.facts[scope]

    def stores(self) -> Iterator[Store]:
        """Everything that was put where it outlives a call."""
        for facts in self.known.facts.values():
            yield from facts.stores

    def _drain(self) -> None:
        while self._waiting:
            scope = self._waiting.popleft()
            self._queued.discard(scope)
            if self.walks[scope] >= _MOST_WALKS:
                continue
            self.walks[scope] += 1
            before = self.known.of(scope).summary()
            facts = walk(scope, self.known)
            self.known.facts[scope] = facts
            self._follow(scope, facts)
            filled = self._fill(facts.stores)
            if facts.summary() != before:
                self._enqueue(self._users(scope, facts))
            for name in sorted(filled):
                self._enqueue(self.project.mentions.get(name, ()))

    def _follow(self, scope: Scope, facts: Facts) -> None:
        """Look into the functions that a resource is passed to, and on from there."""
        given = facts.handed | facts.forwarded if scope in self._hot else facts.handed
        for callee in given:
            if callee in self._hot:
                continue
            self._hot.add(callee)
            if callee in self.known.facts:
                self._follow(callee, self.known.facts[callee])
            else:
                self._enqueue([callee])

    def _enqueue(self, scopes: Iterable[Scope]) -> None:
        for scope in scopes:
            if scope not in self._queued:
                self._queued.add(scope)
                self._waiting.append(scope)

    def _fill(self, stores: Iterable[Store]) -> set[str]:
        """Put what was stored into the holders; return the last names of those that hold something new."""
        changed: set[str] = set()
        for store in stores:
            base = store.holder.dotted
            if store.holder.kind == "cache":
                continue
            held = self.known.contents.setdefault(base, ())
            if len(held) < _MOST_CONTENTS and all(
                (value.identity, value.path) != (store.value.identity, store.value.path) for value in held
            ):
                self.known.contents[base] = (*held, store.value.under(store.conds))
                changed.add(base.rpartition(".")[2])
        return changed

    def _users(self, scope: Scope, facts: Facts) -> Iterator[Scope]:
        """The scopes that what `scope` does may matter to."""
        owner = class_around(scope)
        if any(isinstance(value, Value) for value in facts.returns):
            yield from self._mentioning(scope)
        elif facts.returns or facts.param_stores or facts.own:
            yield from (user for user in self._mentioning(scope) if user in self.known.facts)
        if owner is not None and facts.own:
            made = {name for name, value in facts.own if isinstance(value, Value)}
            for klass in (owner, *self._below(owner)):
                users = self._mentioning(klass)
                yield from users if made else (user for user in users if user in self.known.facts)
                for method in klass.children.values():
                    if method.kind != "function" or not made:
                        continue
                    if ("cls",) in method.refs or any(("self", name) in method.refs for name in made):
                        yield method
        if facts.env:
            yield from (child for child in scope.children.values() if child.kind == "function")

    def _below(self, klass: Scope) -> list[Scope]:
        return [
            each
            for each in self.project.subclasses.get(klass.name, ())
            if each is not klass and klass in self.project.ancestry(each)
        ]

    def _mentioning(self, scope: Scope) -> Iterator[Scope]:
        """The scopes that name this function or class."""
        sure, likely = self.project.users_of(scope)
        yield from sure
        # A method of who knows what: worth another look only where resources were seen already.
        yield from (user for user in likely if user in self.known.facts)

    def _seeds(self) -> Iterator[Scope]:
        """The scopes that call a constructor of the table, or a subclass of one."""
        for klass in self.project.scopes:
            if any(base[-1] in LAST_NAMES for base in klass.bases) and any(
                resource_called(base) for base in self.project.foreign_bases(klass)
            ):
                for each in (klass, *self._below(klass)):
                    yield from self._mentioning(each)
        for name in sorted(LAST_NAMES):
            for scope, chains in self.project.mentions.get(name, {}).items():
                if any(self._makes(scope, chain) for chain in chains):
                    yield scope
            for origin, alias in self.project.aliases.get(name, ()):
                for scope in origin.module.scopes:
                    if (alias,) in scope.refs and self._makes(scope, (alias,)):
                        yield scope

    def _makes(self, scope: Scope, chain: tuple[str, ...]) -> bool:
        if chain[-1] == "create_task":
            return True
        dotted = self.project.resolve(scope, chain)
        if dotted is None:
            return False
        return bool(resource_called(dotted) or resource_called(self.project.lookup(dotted, scope.module).dotted))
