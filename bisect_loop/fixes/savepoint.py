"""What a test writes through SQLAlchemy is rolled back: all sessions in one transaction, each commit a savepoint."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from bisect_loop.fixes.fixture import Body, Written, with_fixture
from bisect_loop.fixes.ground import Ground
from bisect_loop.fixes.holders import module_of_file
from bisect_loop.fixes.loops import FIXTURES, TESTS
from bisect_loop.fixes.model import Candidate, Edit
from bisect_loop.fixes.options import configuration, with_options
from bisect_loop.fixes.python import Import
from bisect_loop.fixes.requested import Requested, parsed, requested
from bisect_loop.fixes.requesting import with_parameter

_DOC = "What a test writes is rolled back: within it a commit ends a savepoint."
_NAME = "rolled_back"
_MAKERS = {"async_sessionmaker": True, "sessionmaker": False}
_ENGINES = ("create_async_engine", "create_engine")


@dataclass(frozen=True, slots=True)
class _Global:
    """A global of the application that a call of `called` makes."""

    module: str
    name: str
    called: str

    @property
    def path(self) -> str:
        return f"{{{self.module}}}.{self.name}"


@dataclass(frozen=True, slots=True)
class _Provider:
    """A function that yields a session and that FastAPI injects, and the application that does."""

    module: str
    name: str
    app: _Global


def candidates(ground: Ground) -> Iterator[Candidate]:
    """For a SQLAlchemy engine whose rows stay (and whose loop has to be one for all tests), and for rows alone.

    The sessions come from a sessionmaker of the project, else from a dependency of its FastAPI application.
    """
    found = ground.explanation
    if found is None and not any(" in " in said and "row" in said for said in ground.finding.leaks):
        return
    if found is not None and not found.resource.startswith("SQLAlchemy"):
        return
    engine, body = _body(ground)
    if engine is None or body is None:
        return
    user = _shared(ground)
    written = with_fixture(ground, _NAME, _DOC, body, autouse=user is None)
    edits = None if written is None else _edits(ground, written, user)
    if written is None or edits is None:
        return
    title = f"roll back what each test writes, in {written.edit.path}"
    if found is not None and body.asynchronous and ground.runs_on == "pytest-asyncio":
        where = configuration(ground.read)
        after, _ = with_options(where, {FIXTURES: "session", TESTS: "session"})
        edits = (*edits, Edit(where.path, where.text, after))
        title += f", and run everything on one loop ({where.path})"
    yield Candidate(
        "rollback",
        title,
        written.where,
        edits,
        cost="no commit is one any more: what only shows after a commit (a deferred constraint, another connection) "
        "is not tested" + ("; each test opens a connection" if user is None else ""),
    )


def _body(ground: Ground) -> tuple[_Global | None, Body | None]:
    makers = list(_globals(ground, tuple(_MAKERS)))
    engines = list(_globals(ground, _ENGINES))
    if len(engines) != 1:
        return None, None
    (engine,) = engines
    asynchronous = engine.called == _ENGINES[0]
    maker = next((one for one in makers if _MAKERS[one.called] is asynchronous), None)
    if maker is not None:
        return engine, _through_maker(ground, engine, maker, asynchronous=asynchronous)
    provider = _provider(ground)
    if provider is not None and asynchronous:
        return engine, _through_app(ground, engine, provider)
    return None, None


def _connected(ground: Ground, engine: _Global, inner: list[str], *, asynchronous: bool) -> tuple[list[str], str]:
    word = "async with" if asynchronous else "with"
    wait = "await " if asynchronous else ""
    unless = f'"{ground.urls["postgres"]}" not in os.environ' if "postgres" in ground.urls else ""
    lines = [
        f"{word} {engine.path}.connect() as connection:",
        f"    transaction = {wait}connection.begin()",
        *(f"    {line}" for line in inner),
        f"    {wait}transaction.rollback()",
    ]
    return lines, unless


def _through_maker(ground: Ground, engine: _Global, maker: _Global, *, asynchronous: bool) -> Body:
    inner = [
        f'{maker.path}.configure(bind=connection, join_transaction_mode="create_savepoint")',
        "yield",
        f"{maker.path}.kw.clear()",
        f"{maker.path}.kw.update(before)",
    ]
    lines, unless = _connected(ground, engine, inner, asynchronous=asynchronous)
    imports = (Import("os"),) if unless else ()
    return Body(
        (f"before = dict({maker.path}.kw)",),
        (),
        tuple(dict.fromkeys((engine.module, maker.module))),
        imports,
        asynchronous=asynchronous,
        unless=unless,
        around=tuple(lines),
    )


def _through_app(ground: Ground, engine: _Global, provider: _Provider) -> Body:
    given = f"{{{provider.module}}}.{provider.name}"
    overrides = f"{provider.app.path}.dependency_overrides"
    inner = [
        "",
        "async def opened():",
        '    async with AsyncSession(connection, join_transaction_mode="create_savepoint") as session:',
        "        yield session",
        "",
        f"{overrides}[{given}] = opened",
        "yield",
        f"{overrides}.pop({given}, None)",
    ]
    lines, unless = _connected(ground, engine, inner, asynchronous=True)
    imports = (Import("sqlalchemy.ext.asyncio", "AsyncSession"), *((Import("os"),) if unless else ()))
    return Body(
        (),
        (),
        tuple(dict.fromkeys((engine.module, provider.module, provider.app.module))),
        imports,
        asynchronous=True,
        unless=unless,
        around=tuple(lines),
    )


def _shared(ground: Ground) -> Requested | None:
    """The fixture nearest to the tests that every one of them requests and that is made for each test.

    It gets the rollback before it does anything itself, and tests that do not touch the database pay nothing.
    """
    seen = [{one.name: one for one in requested(ground, test)} for test in ground.tests]
    first, *others = seen
    shared = [one for name, one in first.items() if all(other.get(name) == one for other in others)]
    return next((one for one in shared if one.scope == "function" and not one.autouse), None)


def _edits(ground: Ground, written: Written, user: Requested | None) -> tuple[Edit, ...] | None:
    if user is None:
        return (written.edit,)
    same = user.path == written.edit.path
    text = written.edit.after if same else ground.read(user.path)
    line = user.line
    if same and text is not None:  # imports may have moved it
        defined = [node for node in ast.walk(ast.parse(text)) if isinstance(node, type(user.node))]
        line = next((node.lineno for node in defined if node.name == user.node.name), 0)
    after = None if text is None else with_parameter(text, line, written.name)
    if after is None:
        return None
    if same:
        return (Edit(user.path, written.edit.before, after),)
    return (written.edit, Edit(user.path, ground.read(user.path), after))


def _globals(ground: Ground, called: tuple[str, ...]) -> Iterator[_Global]:
    """The globals of the application, tests left out, that a call of one of these names makes at import."""
    for path in ground.files.paths():
        module = module_of_file(path)
        text = ground.read(path) or ""
        tree = parsed(ground, path) if module is not None and any(name in text for name in called) else None
        for node in tree.body if tree is not None else ():
            value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
            name = ast.unparse(value.func).rpartition(".")[2].partition("[")[0] if isinstance(value, ast.Call) else ""
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            if name in called and module is not None and isinstance(targets[0], ast.Name):
                yield _Global(module, targets[0].id, name)


def _provider(ground: Ground) -> _Provider | None:
    app = next(_globals(ground, ("FastAPI",)), None)
    if app is None:
        return None
    injected = {
        ast.unparse(node.args[0]).rpartition(".")[2]
        for path in ground.files.paths()
        if "Depends(" in (ground.read(path) or "")
        for node in ast.walk(parsed(ground, path) or ast.Module([], []))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Depends") and node.args
    }
    for path in ground.files.paths():
        module = module_of_file(path)
        tree = parsed(ground, path) if module is not None and "AsyncSession" in (ground.read(path) or "") else None
        for one in tree.body if tree is not None else ():
            if not isinstance(one, ast.AsyncFunctionDef) or one.name not in injected or module is None:
                continue
            if any(isinstance(node, ast.Yield) for node in ast.walk(one)):
                return _Provider(module, one.name, app)
    return None
