"""The state of the process that is no module's: each as (kind, name, token)."""

from __future__ import annotations

import builtins
import gc
import locale
import logging
import os
import random
import signal
import socket
import sys
import tempfile
import threading
import time
import warnings
from typing import Any, Callable, Dict, Iterator, List, Tuple

from .values import Token

Entry = Tuple[str, str, Token]

_SKIPPED = {".git", "__pycache__", ".bisect-loop", "node_modules", ".venv", "venv", ".tox", ".nox", ".mypy_cache"}
_SKIPPED |= {".pytest_cache", ".hypothesis", ".ruff_cache", "site-packages"}
_MOST_FILES = 4000
_NEW_LOGGER: Dict[str, Any] = {"level": "NOTSET", "disabled": False, "propagate": True, "handlers": []}
_OURS = ("PYTEST_CURRENT_TEST", "PYTEST_VERSION", "COVERAGE_FILE")


def entries(root: str, own: Callable[[Any], bool]) -> Iterator[Entry]:
    """Everything that is looked at. `own` tells the user's modules."""
    yield from _environment()
    yield from _interpreter()
    yield from _logging()
    yield from _chance()
    for name, module in list(sys.modules.items()):
        if own(module):
            yield "module", "sys.modules[%r]" % name, Token(module)
    for path, stamp in _files(root, ""):
        yield "file", path, stamp
    temporary = tempfile.gettempdir()
    for path, stamp in _files(temporary, "<tmp>/"):
        yield "file", path, stamp


def _plain(kind: str, name: str, value: Any) -> Entry:
    return kind, name, Token(value)


def _environment() -> Iterator[Entry]:
    for name, value in list(os.environ.items()):
        if name not in _OURS and not name.startswith("_BISECT_LOOP"):
            yield _plain("env", "os.environ[%r]" % name, value)


def _interpreter() -> Iterator[Entry]:
    yield _plain("cwd", "the working directory", _cwd())
    yield _plain("path", "sys.path", [str(path) for path in sys.path][:50])
    yield _plain("argv", "sys.argv", [str(word) for word in sys.argv][:20])
    yield _plain("limit", "sys.getrecursionlimit()", sys.getrecursionlimit())
    yield _plain("limit", "socket.getdefaulttimeout()", socket.getdefaulttimeout())
    yield _plain("gc", "gc.isenabled()", gc.isenabled())
    yield _plain("time", "time.tzname", list(time.tzname))
    if "decimal" in sys.modules:
        yield _plain("time", "decimal.getcontext()", repr(sys.modules["decimal"].getcontext()))
    yield _plain("locale", "locale.setlocale(LC_ALL)", locale.setlocale(locale.LC_ALL))
    yield "hook", "sys.excepthook", Token(sys.excepthook)
    for name, value in list(vars(builtins).items()):
        yield "hook", "builtins.%s" % name, Token(value)
    yield _plain("warnings", "warnings.filters", [_filter(one) for one in warnings.filters][:40])
    for number in range(1, signal.NSIG):
        try:
            handler = signal.getsignal(number)
        except (ValueError, OSError):
            continue
        if handler is not None:
            value = str(handler) if isinstance(handler, (int, signal.Handlers)) else handler
            yield "signal", "the handler of %s" % _signal(number), Token(value)
    names = sorted(t.name for t in threading.enumerate() if t is not threading.main_thread())
    yield _plain("thread", "threads", names[:20])


def _cwd() -> str:
    try:
        return os.getcwd()
    except OSError:
        return "(removed)"


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "signal %d" % number


def _filter(one: Any) -> str:
    action, message, category, module, line = one
    pattern = getattr(message, "pattern", message)
    return "%s:%s:%s:%s:%s" % (action, pattern or "", category.__name__, getattr(module, "pattern", module) or "", line)


def _logging() -> Iterator[Entry]:
    yield _plain("logging", "logging.root.manager.disable", logging.root.manager.disable)
    loggers: Dict[str, Any] = {"root": logging.root, **logging.Logger.manager.loggerDict}
    for name, logger in list(loggers.items()):
        if isinstance(logger, logging.Logger):
            where = "logging.getLogger(%s)" % ("" if logger is logging.root else repr(name))
            kinds = [type(handler) for handler in logger.handlers]
            told: Tuple[Tuple[str, Any], ...] = (
                ("level", logging.getLevelName(logger.level)),
                ("disabled", bool(logger.disabled)),
                ("propagate", bool(logger.propagate)),
                ("handlers", [kind.__name__ for kind in kinds if not str(kind.__module__).startswith("_pytest.")]),
            )
            for attribute, value in told:
                if value != _NEW_LOGGER[attribute]:  # loggers are made all the time
                    yield _plain("logging", "%s.%s" % (where, attribute), value)


def default_text(name: str) -> str:
    """What is said of a logger's attribute that was not looked at, as it is like that of any new logger."""
    default = _NEW_LOGGER.get(name.rpartition(".")[2])
    return "" if default is None else repr(default)


def logger_of(name: str) -> str:
    """The name of the logger in "logging.getLogger('app.pay').level", "" of the root."""
    return name[len("logging.getLogger('") : name.rfind("')")] if "'" in name else ""


def _chance() -> Iterator[Entry]:
    yield "random", "the state of random", Token(str(hash(random.getstate())))
    numpy = sys.modules.get("numpy.random")
    state = getattr(numpy, "get_state", None)
    if state is not None:
        yield "random", "the state of numpy.random", Token(str(hash(state()[1].tobytes())))


def _files(top: str, prefix: str) -> List[Tuple[str, Token]]:
    found: List[Tuple[str, Token]] = []
    for folder, folders, names in os.walk(top):
        folders[:] = [n for n in folders if n not in _SKIPPED and not n.startswith(("pytest-of-", ".venv"))]
        for name in names:
            if name.endswith((".pyc", ".coverage")) or len(found) >= _MOST_FILES:
                continue
            path = os.path.join(folder, name)
            try:
                seen = os.lstat(path)
            except OSError:
                continue
            relative = prefix + os.path.relpath(path, top).replace(os.sep, "/")
            token = Token("%d bytes" % seen.st_size)
            token.text = "%d bytes" % seen.st_size
            token.content += (seen.st_mtime_ns,)
            found.append((relative, token))
        if len(found) >= _MOST_FILES:
            break
    return found
