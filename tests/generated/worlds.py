"""From a seed to a suite: `generate(seed)` gives the same files and the same truth for ever."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from . import kinds_async, kinds_endings, kinds_ids, kinds_order, kinds_structure
from .draft import Draft, World

Kind = Callable[[Draft], None]

_FUNCTIONS: tuple[Kind, ...] = (
    kinds_order.pair,
    kinds_order.two_together,
    kinds_order.three_together,
    kinds_order.either_or,
    kinds_order.either_pair_or_one,
    kinds_order.chain,
    kinds_order.cleaner,
    kinds_order.cleaner_amid_polluters,
    kinds_order.brittle,
    kinds_order.brittle_with_two_setters,
    kinds_order.mutual,
    kinds_order.healing,
    kinds_order.many_polluters,
    kinds_order.two_mechanisms,
    kinds_order.always_failing_besides,
    kinds_order.healthy,
    kinds_order.process_state,
    kinds_order.files,
    kinds_order.shared_files,
    kinds_structure.shared_class_attribute,
    kinds_structure.class_fixture,
    kinds_structure.module_fixture,
    kinds_structure.session_fixture,
    kinds_structure.parametrised_session_fixture,
    kinds_structure.set_up_class,
    kinds_structure.tear_down_class,
    kinds_structure.teardown_error,
    kinds_structure.polluter_that_skips,
    kinds_structure.victim_that_skips,
    kinds_structure.import_time,
    kinds_structure.import_and_test,
    kinds_async.pytest_asyncio,
    kinds_async.isolated_asyncio,
    kinds_async.asyncio_run,
    kinds_async.mutual_async,
    kinds_async.async_brittle,
    kinds_async.async_lock_left_held,
    kinds_async.no_current_loop,
    kinds_ids.escaped_ids,
    kinds_ids.raw_ids,
    kinds_ids.lambda_ids,
    kinds_ids.odd_paths,
    kinds_ids.custom_items,
    kinds_endings.exit_in_victim,
    kinds_endings.signal_in_victim,
    kinds_endings.lock_left_held,
    kinds_endings.never_exits,
    kinds_endings.thread_from_the_start,
)

KINDS: Mapping[str, Kind] = {function.__name__.replace("_", "-"): function for function in _FUNCTIONS}


def kind_of(seed: int) -> str:
    """The kind that `generate(seed)` makes: the kinds take turns."""
    return list(KINDS)[seed % len(KINDS)]


def generate(seed: int) -> World:
    """Make the suite of `seed`, a number from 0 on. Equal seeds give equal suites on every machine."""
    kind = kind_of(seed)
    draft = Draft(kind, seed)
    KINDS[kind](draft)
    return draft.finish()


def seeds(start: int, count: int, kinds: frozenset[str] = frozenset(KINDS)) -> Iterator[int]:
    """Yield the first `count` seeds from `start` on whose suites are of one of `kinds`.

    Raises ValueError for a kind that does not exist.
    """
    unknown = kinds.difference(KINDS)
    if unknown or not kinds:
        raise ValueError(f"no such kind: {', '.join(sorted(unknown)) or 'none given'}")
    seed = start
    while count > 0:
        if kind_of(seed) in kinds:
            yield seed
            count -= 1
        seed += 1
