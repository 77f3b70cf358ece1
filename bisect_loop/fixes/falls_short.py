"""What is commonly tried and is no mend: one run of each shows that, so that nobody has to try it again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import libcst as cst

from bisect_loop.fixes.fixture import Body, with_fixture
from bisect_loop.fixes.ground import Ground
from bisect_loop.fixes.holders import module_of, path_on
from bisect_loop.fixes.model import Candidate, Edit
from bisect_loop.fixes.own_loop import places as places_of_loop
from bisect_loop.fixes.python import Import, Source, added_argument
from bisect_loop.fixes.requested import fixtures_in, places
from bisect_loop.provenance.explain import Explanation

_DOC = "No test finds what another one queued."


def candidates(ground: Ground) -> Iterator[Candidate]:
    """By the resource at hand. Each is as unlikely to work as the others of its kind."""
    yield from _ask_the_policy(ground)
    found = ground.explanation
    if found is None:
        return
    if found.resource.startswith(("asyncio.Queue", "asyncio.LifoQueue", "asyncio.PriorityQueue", "asyncio task")):
        yield from _empty_queue(ground, found)
    if found.resource.startswith("asyncpg pool"):
        yield from _smaller_pool(ground, found)
    if ground.runs_on == "anyio":
        yield from _wider_backend(ground)
    if found.loop is not None and found.loop.kind.startswith("uvloop"):
        yield from _asyncio_loops(ground)


def _edited(kind: str, title: str, path: str, line: int, before: str, after: str | None) -> Iterator[Candidate]:
    if after is not None and after != before:
        yield Candidate(kind, f"{title} at {path}:{line}", f"{path}:{line}", (Edit(path, before, after),), likely=False)


def _empty_queue(ground: Ground, found: Explanation) -> Iterator[Candidate]:
    """Taking everything out of a queue after each test: it is as bound, or as waited for, empty as it was full."""
    placed = _queue(ground, found)
    if placed is None:
        return
    module, queue = placed
    lines = (f"while not {queue}.empty():", f"    {queue}.get_nowait()")
    written = with_fixture(ground, "queue_emptied", _DOC, Body((), lines, (module,)))
    if written is not None:
        name = queue.replace("{", "").replace("}", "")
        yield Candidate(
            "empty-the-queue",
            f"empty {name} after each test, in {written.edit.path}",
            written.where,
            (written.edit,),
            likely=False,
        )


def _queue(ground: Ground, found: Explanation) -> tuple[str, str] | None:
    """(module, expression) of the queue: what the way leads to, else the holder whose module makes a queue of it."""
    if found.way is not None and found.holders:
        for end in range(found.way.head, len(found.way.steps)):
            if found.way.steps[end].type.startswith("asyncio.queues."):
                placed = path_on(found.way, found.holders, end)
                if placed is not None:
                    return placed[0], f"{{{placed[0]}}}{placed[1][len(placed[0]) :]}"
    for held in found.holders:
        placed = module_of(held)
        text = ground.read(held.file) or ""
        made = re.search(rf"^{re.escape(held.name)}\b[^\n]*=[^\n]*Queue\(", text, re.MULTILINE)
        if placed is not None and made is not None and placed[1] == held.name:
            return placed[0], f"{{{placed[0]}}}.{held.name}"
    return None


def _lines(ground: Ground, found: Explanation) -> list[str]:
    """The lines that are known of the resource, then those of the modules of its holders."""
    sites = [found.site, found.stored, *(found.made.sites if found.made is not None else ())]
    lines = [site.at for site in sites if site is not None]
    for held in found.holders:
        text = ground.read(held.file) or ""
        lines += [f"{held.file}:{number}" for number, line in enumerate(text.splitlines(), 1) if "(" in line]
    return lines


def _called(
    ground: Ground, lines: Sequence[str], wanted: Callable[[str], bool]
) -> Iterator[tuple[str, Source, cst.Call]]:
    """The calls of a name at some lines."""
    for place in dict.fromkeys(lines):
        path, _, line = place.rpartition(":")
        try:
            source = Source(ground.read(path) or "")
        except ValueError:
            continue
        for call in source.calls(int(line)):
            if wanted(source.code(call.func)):
                yield path, source, call


def _smaller_pool(ground: Ground, found: Explanation) -> Iterator[Candidate]:
    """A pool of one connection: that one is of a closed loop as well."""
    for path, source, call in _called(
        ground, _lines(ground, found), lambda name: name.rpartition(".")[2] == "create_pool"
    ):
        if any(arg.star for arg in call.args):
            return
        small = call
        for name in ("min_size", "max_size"):
            small = _with_one(small, name)
        after = source.replaced(call, small)
        title = "make a pool of one connection"
        yield from _edited("smaller-pool", title, path, source.line(call), source.module.code, after)
        return


def _with_one(call: cst.Call, name: str) -> cst.Call:
    one = cst.Integer("1")
    if not any(arg.keyword is not None and arg.keyword.value == name for arg in call.args):
        return added_argument(call, name, "1")
    named = (arg.keyword is not None and arg.keyword.value == name for arg in call.args)
    return call.with_changes(
        args=[arg.with_changes(value=one) if it else arg for arg, it in zip(call.args, named, strict=True)]
    )


def _argument(name: str, value: str) -> cst.Arg:
    bare = cst.SimpleWhitespace("")
    return cst.Arg(cst.parse_expression(value), cst.Name(name), cst.AssignEqual(bare, bare))


def _ask_the_policy(ground: Ground) -> Iterator[Candidate]:
    """Asking the policy for the loop: that is what get_event_loop() does."""
    names = ("asyncio.get_event_loop", "get_event_loop")
    for path, source, call in _called(ground, places_of_loop(ground), lambda name: name in names):
        asked = cst.parse_expression("asyncio.get_event_loop_policy().get_event_loop()")
        after = source.replaced(call, asked, [Import("asyncio")])
        title = "ask the policy for the loop"
        yield from _edited("ask-the-policy", title, path, source.line(call), source.module.code, after)
        return


def _wider_backend(ground: Ground) -> Iterator[Candidate]:
    """A wider anyio_backend: that keeps no loop, only an async fixture as wide does."""
    for test in ground.tests:
        for path in places(test):
            for one in fixtures_in(ground, path):
                before = ground.read(path)
                if one.name == "anyio_backend" and one.scope == "function" and before is not None:
                    after = widened(before, one.line)
                    title = "make anyio_backend once for the session"
                    yield from _edited("wider-backend", title, path, one.line, before, after)
                    return


def widened(text: str, line: int) -> str | None:
    """`text` with the fixture at `line` of session scope."""
    try:
        source = Source(text)
    except ValueError:
        return None
    function = source.function(line)
    for decorator in function.decorators if function is not None else ():
        own = decorator.decorator
        call = own if isinstance(own, cst.Call) else cst.Call(own)
        if source.code(call.func if isinstance(own, cst.Call) else own).rpartition(".")[2] == "fixture":
            kept: Sequence[cst.Arg] = [arg for arg in call.args if arg.keyword is None or arg.keyword.value != "scope"]
            return source.replaced(own, call.with_changes(args=[*kept, _argument("scope", '"session"')]))
    return None


def _asyncio_loops(ground: Ground) -> Iterator[Candidate]:
    """asyncio's own loops instead of uvloop's: those close as well."""
    for path in ground.files.paths():
        before = ground.read(path) or ""
        for number, line in enumerate(before.splitlines() if "EventLoopPolicy" in before else (), 1):
            if "uvloop.EventLoopPolicy()" not in line:
                continue
            try:
                source = Source(before)
            except ValueError:
                break
            for call in source.calls(number):
                if source.code(call) == "uvloop.EventLoopPolicy()":
                    default = cst.parse_expression("asyncio.DefaultEventLoopPolicy()")
                    after = source.replaced(call, default, [Import("asyncio")])
                    yield from _edited("asyncio-loops", "use asyncio's own loops", path, number, before, after)
                    return
