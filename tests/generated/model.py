"""What a generated suite does, without its text: facts that tests add, remove and look at.

A suite's process-wide state is a set of facts ("the registry holds x"). A test may fail or be skipped depending on
the facts that hold when it starts, and may then add or remove some. That is enough for every kind of order
dependence that the generator knows, and it can be run in microseconds: `simulate` says what real pytest must show.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

CRASH = "Crash"
HANG = "Hang"


@dataclass(frozen=True)
class Error:
    """A failure: the last part of the exception's qualified name ("Crash" and "Hang" besides), and its phase.

    `family` is "cross-loop" where the exact exception may vary from one trial to another.
    """

    type: str
    phase: str = "call"
    family: str = ""

    @property
    def ends_process(self) -> bool:
        return self.type in (CRASH, HANG)

    def same_as(self, other: Error) -> bool:
        """Tell whether both are one failure for the tool: by family where there is one, exactly otherwise."""
        if self.family or other.family:
            return self.family == other.family
        return (self.type, self.phase) == (other.type, other.phase)


@dataclass(frozen=True)
class When:
    """A guard: all of `has` hold and none of `lacks` does."""

    has: frozenset[str] = frozenset()
    lacks: frozenset[str] = frozenset()

    def holds(self, facts: Collection[str]) -> bool:
        return all(fact in facts for fact in self.has) and not any(fact in facts for fact in self.lacks)


ALWAYS = When()


def having(*facts: str) -> When:
    return When(has=frozenset(facts))


def lacking(*facts: str) -> When:
    return When(lacks=frozenset(facts))


@dataclass(frozen=True)
class Effect:
    """What a test that is not skipped does to the facts, where its guard held when the test started."""

    adds: frozenset[str] = frozenset()
    removes: frozenset[str] = frozenset()
    when: When = ALWAYS


def adding(*facts: str, when: When = ALWAYS) -> Effect:
    return Effect(adds=frozenset(facts), when=when)


def removing(*facts: str, when: When = ALWAYS) -> Effect:
    return Effect(removes=frozenset(facts), when=when)


@dataclass(frozen=True)
class Behaviour:
    """What one test does. The first of `fails` whose guard holds is its failure; an innocent has nothing here."""

    fails: tuple[tuple[When, Error], ...] = ()
    skips: tuple[When, ...] = ()
    effects: tuple[Effect, ...] = ()

    @property
    def inert(self) -> bool:
        """True when the test neither sees nor changes any fact."""
        return not (self.fails or self.skips or self.effects)


INNOCENT = Behaviour()
SKIPPED = Behaviour(skips=(ALWAYS,))


@dataclass(frozen=True)
class Test:
    """One test with its node id, the file it is collected from, and the part it plays ("" for an innocent)."""

    __test__ = False  # not for pytest

    nodeid: str
    file: str
    behaviour: Behaviour = INNOCENT
    role: str = ""


@dataclass(frozen=True)
class Seen:
    """What a test shows in one order. `error` is set exactly when `result` is "failed"."""

    result: str
    error: Error | None = None


@dataclass(frozen=True)
class Plot:
    """All tests of a suite in pytest's default order, and what else bears on the facts.

    `import_facts` maps a file to the facts that its import adds. `scoped` maps a fact to the node id prefix
    outside of which it cannot live: a module's or a class's fixture ends when the next test is not of its own.
    """

    tests: tuple[Test, ...]
    import_facts: Mapping[str, frozenset[str]] = field(default_factory=dict)
    scoped: Mapping[str, str] = field(default_factory=dict)

    @property
    def order(self) -> tuple[str, ...]:
        return tuple(test.nodeid for test in self.tests)

    def test(self, nodeid: str) -> Test:
        return self._by_id[nodeid]

    @property
    def _by_id(self) -> Mapping[str, Test]:
        cached: Mapping[str, Test] | None = self.__dict__.get("_index")
        if cached is None:
            cached = {test.nodeid: test for test in self.tests}
            object.__setattr__(self, "_index", cached)
        return cached

    def files_of(self, nodeids: Iterable[str]) -> frozenset[str]:
        return frozenset(self.test(nodeid).file for nodeid in nodeids)

    def simulate(self, order: Sequence[str], collected: Collection[str] | None = None) -> dict[str, Seen]:
        """Return what each test of `order` shows, in that order; tests after a crash or a hang are absent.

        `collected` holds the files that are imported, None for all of them.
        """
        facts = {
            fact
            for file, added in self.import_facts.items()
            if collected is None or file in collected
            for fact in added
        }
        seen: dict[str, Seen] = {}
        for nodeid in order:
            behaviour = self.test(nodeid).behaviour
            for fact, prefix in self.scoped.items():
                if not nodeid.startswith(prefix):
                    facts.discard(fact)
            if any(guard.holds(facts) for guard in behaviour.skips):
                seen[nodeid] = Seen("skipped")
                continue
            error = next((error for guard, error in behaviour.fails if guard.holds(facts)), None)
            seen[nodeid] = Seen("failed", error) if error else Seen("passed")
            if error and error.ends_process:
                break
            happening = [effect for effect in behaviour.effects if effect.when.holds(facts)]
            for effect in happening:
                facts -= effect.removes
                facts |= effect.adds
        return seen

    def error_of(self, victim: str, order: Sequence[str], collected: Collection[str] | None = None) -> Error | None:
        """Return the failure of `victim` in `order`, None where it does not fail there."""
        seen = self.simulate(order, collected).get(victim)
        return seen.error if seen else None
