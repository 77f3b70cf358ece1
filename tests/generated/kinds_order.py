"""Kinds that differ in who needs whom, the state itself being plain."""

from __future__ import annotations

from . import leaks
from .draft import Draft
from .leaks import Leak
from .leaks_files import IN_FILES, SHARED_BY_TRIALS
from .leaks_process import IN_PROCESS
from .model import ALWAYS, Behaviour, Error, adding, having, lacking, removing
from .text import COMMON, Block, Body, Case, indent, write


def pair(draft: Draft) -> None:
    """One polluter, one victim."""
    leak = draft.leak(leaks.IN_MEMORY)
    draft.place(draft.polluter(leak), draft.victim(leak), shuffled=True)


def process_state(draft: Draft) -> None:
    """One polluter, one victim, and state of the operating system's or the standard library's."""
    leak = draft.leak(IN_PROCESS)
    draft.place(draft.polluter(leak), draft.victim(leak), shuffled=True)


def files(draft: Draft) -> None:
    """One polluter, one victim, and a file in a folder that each trial has for itself."""
    leak = draft.leak(IN_FILES)
    draft.place(draft.polluter(leak), draft.victim(leak), shuffled=True)


def shared_files(draft: Draft) -> None:
    """One polluter, one victim, and a file that trials see of one another unless each is fresh and alone."""
    leak = draft.leak(SHARED_BY_TRIALS)
    draft.place(draft.polluter(leak), draft.victim(leak), shuffled=True)


def _together(draft: Draft, count: int) -> None:
    chosen = draft.leaks(leaks.PLAIN, count)
    victim = _fails_with_all(draft, chosen)
    draft.place(*(draft.polluter(leak) for leak in chosen), victim, shuffled=True)


def _fails_with_all(draft: Draft, chosen: list[Leak]) -> Block:
    found = [f"{leak.dirty}" for leak in chosen]
    body = Body(
        lines=(
            f"left_behind = [bool(dirty) for dirty in ({', '.join(found)})]",
            "assert not all(left_behind)",
        ),
        imports=tuple(line for leak in chosen for line in leak.imports),
    )
    behaviour = Behaviour(fails=((having(*(leak.fact for leak in chosen)), Error("AssertionError")),))
    return write(draft.names, body, behaviour, "victim")


def two_together(draft: Draft) -> None:
    """Two polluters that are needed together."""
    _together(draft, 2)


def three_together(draft: Draft) -> None:
    """Three polluters that are needed together."""
    _together(draft, 3)


def either_or(draft: Draft) -> None:
    """Two polluters, each of which is enough."""
    leak = draft.leak(leaks.PLAIN)
    draft.place(draft.polluter(leak), draft.polluter(leak), draft.victim(leak), shuffled=draft.rng.random() < 0.3)


def either_pair_or_one(draft: Draft) -> None:
    """Two polluters needed together, or else a third alone."""
    first, second, alone = draft.leaks(leaks.PLAIN, 3)
    body = Body(
        lines=(
            f"both = bool({first.dirty}) and bool({second.dirty})",
            f"assert not (both or ({alone.dirty}))",
        ),
        imports=(*first.imports, *second.imports, *alone.imports),
    )
    error = Error("AssertionError")
    behaviour = Behaviour(fails=((having(first.fact, second.fact), error), (having(alone.fact), error)))
    polluters = [draft.polluter(leak) for leak in (first, second, alone)]
    draft.place(*polluters, write(draft.names, body, behaviour, "victim"), shuffled=draft.rng.random() < 0.3)


def chain(draft: Draft) -> None:
    """One test changes state so that a second pollutes; alone, neither does."""
    enabling, leak = draft.leaks(leaks.PLAIN, 2)
    body = Body(
        lines=(f"if {enabling.dirty}:", *(f"    {line}" for line in leak.pollute), "assert True"),
        imports=(*enabling.imports, *leak.imports),
    )
    second = write(draft.names, body, Behaviour(effects=(adding(leak.fact, when=having(enabling.fact)),)), "polluter")
    draft.place(draft.polluter(enabling), second, draft.victim(leak), shuffled=draft.rng.random() < 0.3)


def cleaner(draft: Draft) -> None:
    """A cleaner stands between the polluter and the victim in the default order."""
    leak = draft.leak(leaks.PLAIN)
    cleaners = [write(draft.names, *leak.cleaning(), "cleaner") for _ in range(draft.rng.randint(1, 2))]
    draft.place(draft.polluter(leak), *cleaners, draft.victim(leak))


def cleaner_amid_polluters(draft: Draft) -> None:
    """A polluter, a cleaner, another polluter, the victim: half of the prefix is not what it seems."""
    leak = draft.leak(leaks.PLAIN)
    cleaning = write(draft.names, *leak.cleaning(), "cleaner")
    draft.place(draft.polluter(leak), cleaning, draft.polluter(leak), draft.victim(leak))


def _needing(draft: Draft, leak: Leak) -> Block:
    """A test that fails unless the leak is there."""
    reason = draft.names.word()
    error, lines = draft.rng.choice(
        (
            (Error("AssertionError"), (f"assert {leak.dirty}",)),
            (Error("LookupError"), (f"if not ({leak.dirty}):", f"    raise LookupError('no {reason} yet')")),
        )
    )
    behaviour = Behaviour(fails=((lacking(leak.fact), error),))
    return write(draft.names, Body(lines, leak.imports), behaviour, "victim")


def brittle(draft: Draft) -> None:
    """A test that fails unless one other ran before it."""
    leak = draft.leak(leaks.PLAIN)
    draft.place(draft.polluter(leak, "setter"), _needing(draft, leak), shuffled=draft.rng.random() < 0.3)


def brittle_with_two_setters(draft: Draft) -> None:
    """A test that fails unless one of two others ran before it."""
    leak = draft.leak(leaks.PLAIN)
    draft.place(draft.polluter(leak, "setter"), draft.polluter(leak, "setter"), _needing(draft, leak))


def mutual(draft: Draft) -> None:
    """Two tests that pollute each other: whichever comes second fails."""
    leak = draft.leak((leaks.registry, leaks.context_variable, leaks.class_attribute))
    lines = (f"dirty = bool({leak.dirty})", *leak.pollute, "assert not dirty")
    behaviour = Behaviour(fails=((having(leak.fact), Error("AssertionError")),), effects=(adding(leak.fact),))
    for _ in range(2):
        draft.place(write(draft.names, Body(lines, leak.imports), behaviour, "victim polluter", COMMON))


def healing(draft: Draft) -> None:
    """Equal tests over one singleton, where a failing one heals it: .F.F.F"""
    module = draft.names.module("connection")
    draft.support[module] = """
    class StaleConnection(RuntimeError):
        pass


    CURRENT = None


    def use():
        global CURRENT
        if CURRENT is not None:
            CURRENT = None
            raise StaleConnection("the connection was closed by its owner")
        CURRENT = object()
        return "used"
    """
    fact = f"{module} is stale"
    behaviour = Behaviour(
        fails=((having(fact), Error("StaleConnection")),),
        effects=(adding(fact, when=lacking(fact)), removing(fact, when=having(fact))),
    )
    imports = (f"from {draft.names.package} import {module}",)
    count = draft.rng.randint(4, 8)
    body = Body((f"assert {module}.use() == 'used'",), imports)
    draft.place(*(write(draft.names, body, behaviour, "victim polluter", COMMON) for _ in range(count)))


def many_polluters(draft: Draft) -> None:
    """Dozens of polluters, each of which is enough."""
    leak = draft.leak((leaks.registry, leaks.database_row, leaks.closed_stream, leaks.emptied_pool))
    count, name = draft.rng.randint(10, 15), f"test_{draft.names.phrase()}"
    behaviour = leak.polluting()[1]
    text = f"@pytest.mark.parametrize('step', range({count}))\ndef {name}(step):\n{indent(leak.pollute)}"
    cases = tuple(Case(f"::{name}[{i}]", behaviour, "polluter") for i in range(count))
    listed = Block(text, cases, ("import pytest", *leak.imports))
    draft.place(listed, *(draft.polluter(leak) for _ in range(count)), draft.victim(leak))


def two_mechanisms(draft: Draft) -> None:
    """Half of the polluters give the victim one error, half another."""
    first, second = draft.leaks((leaks.class_attribute, leaks.closed_stream, leaks.database_row), 2)
    imports = (*first.imports, *second.imports)
    behaviour = Behaviour(fails=((having(first.fact), first.error), (having(second.fact), second.error)))
    victim = write(draft.names, Body((*first.check, *second.check), imports), behaviour, "victim")
    polluters = [draft.polluter(leak) for leak in (first, second, first, second)]
    draft.place(*polluters, victim, shuffled=draft.rng.random() < 0.5)


def always_failing_besides(draft: Draft) -> None:
    """A pair, and a test that fails whatever is done."""
    lines = draft.rng.choice((("assert sorted([2, 1]) == [2, 1]",), ("raise NotImplementedError('later')",)))
    error = Error("AssertionError" if "assert" in lines[0] else "NotImplementedError")
    always = write(draft.names, Body(lines), Behaviour(fails=((ALWAYS, error),)), "victim")
    leak = draft.leak(leaks.PLAIN)
    draft.place(always, draft.polluter(leak), draft.victim(leak), shuffled=True)


def healthy(draft: Draft) -> None:
    """Nothing depends on the order; what is left behind is looked at by nobody, or put back before."""
    leak = draft.leak((leaks.registry, leaks.context_variable, leaks.class_attribute))
    careful = Body((*leak.clean, *leak.check), leak.imports)
    draft.place(
        draft.polluter(leak, "careless"),
        write(draft.names, careful, Behaviour(effects=(removing(leak.fact),)), "careful"),
        shuffled=True,
    )
