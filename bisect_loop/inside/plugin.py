"""The pytest plugin: records what happens, and (in a trial of ours) keeps and orders items.

`Recorder` only watches, so that a run of plain pytest can be judged; `Ends` leaves the tests to the recorders of
workers. `Conductor` also takes over the order, last of all plugins, and turns off what would write into the user's
tree or end a trial early; everything else of the user's set-up stays as it is.
"""

from __future__ import annotations

import os
import sys
import types
from typing import Any, Generator, Iterable

import pytest

from . import record, signature

# Option -> value, where the option exists, so that a run of ours leaves the user's files alone.
_WRITES_NOTHING: dict[str, Any] = {
    "xmlpath": None,
    "htmlpath": None,
    "report_log": None,
    "json_report": False,
    "allure_report_dir": None,
    "log_file": os.devnull,  # None would let the file in the ini options through
    "basetemp": None,  # the user's is emptied at every start
}
# The same for a trial: a stop at the first failure would hide the victim, and the order is ours.
_NEUTRAL: dict[str, Any] = {
    "maxfail": 0,
    "tbstyle": "no",
    "durations": None,
    "usepdb": False,
    "lf": False,
    "failedfirst": False,
    "newfirst": False,
    "stepwise": False,
    "randomly_reorganize": False,
    "random_order_bucket": None,
    "numprocesses": None,
    "maxprocesses": None,
    "dist": "no",
    "tx": [],
    "looponfail": False,
    "cov_fail_under": None,
}


def choose(items: Iterable[pytest.Item], wanted: Iterable[str]) -> tuple[list[pytest.Item], list[str]]:
    """Return (the items named by `wanted`, in that order; the ids that no item has).

    An id that several items share stands for the first of them that is not taken yet.
    """
    by_id: dict[str, list[pytest.Item]] = {}
    for item in items:
        by_id.setdefault(item.nodeid, []).append(item)
    for twins in by_id.values():
        twins.reverse()
    chosen: list[pytest.Item] = []
    missing: list[str] = []
    for nodeid in wanted:
        same = by_id.get(nodeid)
        if same:
            chosen.append(same.pop())
        else:
            missing.append(nodeid)
    return chosen, missing


def _set(config: pytest.Config, options: dict[str, Any], kept: Iterable[str]) -> None:
    for name, value in options.items():
        if name not in kept and hasattr(config.option, name):
            setattr(config.option, name, value)


def write_nothing(config: pytest.Config, kept: Iterable[str] = ()) -> None:
    """Turn off what would write into the user's tree, the options called `kept` apart."""
    _set(config, _WRITES_NOTHING, kept)
    # pytest-cov has read its options long before, and keeps them in three places.
    coverage = config.pluginmanager.getplugin("_cov")
    for keeper in (config.option, getattr(coverage, "options", None), getattr(coverage, "cov_controller", None)):
        if getattr(keeper, "cov_report", None):
            setattr(keeper, "cov_report", {})  # noqa: B010 - any of them may be None


def neutralise(config: pytest.Config, kept: Iterable[str] = ()) -> None:
    """Set the options of a trial, those called `kept` apart."""
    write_nothing(config, kept)
    _set(config, _NEUTRAL, kept)
    coverage = getattr(config.pluginmanager.getplugin("_cov"), "options", None)
    if coverage is not None:
        coverage.cov_fail_under = None


class Ends:
    """Writes an event for what ends a session, early or not."""

    def __init__(self, events: str) -> None:
        self.events = events
        self.owner = record.process()

    def emit(self, **event: Any) -> None:
        # A test may fork and let the child run on through the rest of the suite: that one's outcomes are nobody's.
        if record.process() == self.owner:
            record.append(self.events, event)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.emit(k="collection-error", id=report.nodeid, text=str(report.longrepr)[-4000:])
        elif report.result and not isinstance(report.result[0], pytest.Item):
            self.emit(k="collecting")

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        frame = excinfo.traceback[-1] if excinfo.traceback else None
        where = "" if frame is None else " (%s:%d)" % (frame.path, frame.lineno + 1)
        self.emit(k="internal-error", text=signature.headline(excinfo.value) + where)

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        self.emit(k="stopped", text=excinfo.exconly()[-500:])

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        self.emit(k="finish", status=int(exitstatus))

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        self.emit(k="end")


class Recorder(Ends):
    """Also writes an event for each test that starts and ends."""

    def __init__(self, events: str) -> None:
        super().__init__(events)
        self.locator = signature.Locator(os.getcwd())
        self.probe: int | None = None
        self._began = 0.0
        self._pending: dict[str, dict[str, Any]] = {}
        self._failures: list[dict[str, Any]] = []
        self._skipped = False

    def name(self, nodeid: str) -> str:
        """The id that the tool knows a test by."""
        return nodeid

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        self.locator = signature.Locator(config.rootpath)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._began = record.now()
        self._pending, self._failures, self._skipped = {}, [], False
        if self.probe is None:
            self.emit(k="start", id=self.name(nodeid), at=round(self._began, 6))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        report = yield
        # Not sooner: the exception of a unittest.TestCase is put into `call` by a hook of this name.
        if call.excinfo is not None:
            error = call.excinfo
            self._pending[call.when] = signature.of_exception(
                error.type, error.value, error.tb, call.when, self.locator
            )
        return report

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if str(report.outcome) == "rerun":
            self._failures = []
        elif report.failed:
            raised = self._pending.pop(str(report.when), None)
            self._failures.append(raised or signature.of_report(report))
        elif report.skipped and report.when != "teardown":
            self._skipped = True

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        result = "failed" if self._failures else "skipped" if self._skipped else "passed"
        taken = round(record.now() - self._began, 6)
        event: dict[str, Any] = {"k": "done", "id": self.name(nodeid), "r": result, "t": taken}
        if self._failures:
            event["sig"] = self._failures
        if self.probe is not None:
            event.update(k="probe", at=self.probe)
        self.emit(**event)


class Conductor(Recorder):
    """Also keeps and orders items: `wanted` is a list of node ids, or None for all as the user orders them."""

    def __init__(self, control: dict[str, Any]) -> None:
        super().__init__(control["events"])
        self.control = control
        self.wanted: list[str] | None = control.get("order")
        self.undoing: list[str] = []  # options that take back what would disturb a plain run of given ids
        self._ordered: list[pytest.Item] | None = None

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_cmdline_main(self, config: pytest.Config) -> Generator[None, Any, Any]:
        # A wrapper, because xdist reads its options in a tryfirst hook of the same name.
        option = config.option
        wanted = {"-n0": getattr(option, "numprocesses", None), "--maxfail=0": getattr(option, "maxfail", 0)}
        self.undoing = [word for word, value in wanted.items() if value]
        neutralise(config, kept=("basetemp",) if self.control.get("worker") else ())
        if hasattr(config.option, "randomly_seed"):
            config.option.randomly_seed = self.control["random_seed"]
        return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> Generator[None, Any, Any]:
        result = yield
        if self.wanted is not None:
            self._ordered, missing = choose(items, self.wanted)
            items[:] = self._ordered
            if missing:
                self.emit(k="missing", ids=missing)
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, Any, Any]:
        if self._ordered is not None:
            session.items[:] = self._ordered
        self.emit(k="collected", n=len(session.items))
        return (yield)


def measures_coverage(config: pytest.Config) -> bool:
    """Whether pytest-cov is at work, be it by the project's own addopts."""
    return getattr(config.pluginmanager.getplugin("_cov"), "cov_controller", None) is not None


_ASYNC = 0x80 | 0x200  # inspect.CO_COROUTINE, CO_ASYNC_GENERATOR


def uses_loops(config: pytest.Config) -> bool:
    """Whether the user's own modules have to do with event loops; that a plugin has imported asyncio says nothing."""
    root = str(config.rootpath) + os.sep
    for module in list(sys.modules.values()):
        file = vars(module).get("__file__") if issubclass(type(module), types.ModuleType) else None
        own = isinstance(file, str) and file.startswith(root) and "site-packages" not in file
        if own and any(_asynchronous(value) for value in list(vars(module).values())):
            return True
    return False


def _asynchronous(value: Any) -> bool:
    # By the type alone: a proxy may do anything when it is asked for an attribute.
    if type(value) is types.ModuleType:
        return value.__name__ in ("asyncio", "anyio", "uvloop")
    if type(value) is types.FunctionType:
        return bool(value.__code__.co_flags & _ASYNC)
    if issubclass(type(value), type):
        methods = [method for method in list(vars(value).values()) if type(method) is types.FunctionType]
        return any(method.__code__.co_flags & _ASYNC for method in methods)
    return False


def describe(config: pytest.Config, session: pytest.Session) -> dict[str, Any]:
    """What collection showed, for the tool."""
    plugins = sorted(
        {dist.project_name.replace("pytest-", "") for _, dist in config.pluginmanager.list_plugin_distinfo()}
    )
    return {
        "root": str(config.rootpath),
        "inipath": str(config.inipath) if config.inipath else None,
        "python": "%d.%d.%d" % sys.version_info[:3],
        "pytest": pytest.__version__,
        "plugins": plugins,
        "paths": [str(path) for path in getattr(config.option, "file_or_dir", None) or ()],
        "ids": [item.nodeid for item in session.items],
        "cwd": os.getcwd(),
        "loops": "asyncio" in sys.modules and uses_loops(config),
        "coverage": measures_coverage(config),
    }
