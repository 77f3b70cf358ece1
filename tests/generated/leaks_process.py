"""Leaks outside the suite's own modules: what the operating system and the standard library hold for a process."""

from __future__ import annotations

from collections.abc import Sequence

from .leaks import ASSERTION, Leak, LeakMaker
from .model import Error
from .names import Names


def environment(names: Names) -> Leak:
    """An environment variable that stays set."""
    variable = names.word().upper() + "_URL"
    return Leak(
        fact=f"{variable} is set",
        imports=("import os",),
        pollute=(f"os.environ['{variable}'] = 'http://127.0.0.1:1'", f"assert '{variable}' in os.environ"),
        clean=(f"os.environ.pop('{variable}', None)",),
        dirty=f"'{variable}' in os.environ",
        check=(f"assert os.environ.get('{variable}', 'unset') == 'unset'",),
        error=ASSERTION,
    )


def environment_cleared(names: Names) -> Leak:
    """The whole environment taken away by a patch that is not stopped."""
    variable = names.word().upper() + "_REGION"
    return Leak(
        fact="the environment is cleared",
        imports=("import os", "from unittest import mock"),
        conftest=f"import os\n\nos.environ.setdefault('{variable}', 'eu')",
        pollute=("mock.patch.dict(os.environ, clear=True).start()", f"assert '{variable}' not in os.environ"),
        clean=("mock.patch.stopall()",),
        dirty=f"'{variable}' not in os.environ",
        check=(f"assert os.environ['{variable}'] == 'eu'",),
        error=Error("KeyError"),
        teardown_safe=False,  # pytest pops PYTEST_CURRENT_TEST after the teardown, and finds it gone
    )


def working_directory(names: Names) -> Leak:
    """A chdir that is not undone, into a folder that stays."""
    stem = names.word()
    root = names.module("paths")
    return Leak(
        fact="the working directory is elsewhere",
        support={
            root: "from pathlib import Path\n\nROOT = Path(__file__).resolve().parent.parent\n",
            f"data/{stem}.txt": "ten\ntwenty\n",
        },
        imports=(
            "import os",
            "import tempfile",
            "from pathlib import Path",
            f"from {names.package} import {root}",
        ),
        pollute=("os.chdir(tempfile.mkdtemp())", f"assert not Path('data/{stem}.txt').exists()"),
        clean=(f"os.chdir({root}.ROOT)", f"assert Path('data/{stem}.txt').exists()"),
        dirty=f"not Path('data/{stem}.txt').exists()",
        check=(f"assert Path('data/{stem}.txt').read_text().split() == ['ten', 'twenty']",),
        error=Error("FileNotFoundError"),
    )


def vanished_directory(names: Names) -> Leak:
    """A chdir that is not undone, into a folder that is then removed."""
    root = names.module("paths")
    return Leak(
        fact="there is no working directory",
        support={root: "from pathlib import Path\n\nROOT = Path(__file__).resolve().parent.parent\n"},
        imports=("import os", "import tempfile", f"from {names.package} import {root}"),
        pollute=("folder = tempfile.mkdtemp()", "os.chdir(folder)", "os.rmdir(folder)"),
        clean=(f"os.chdir({root}.ROOT)",),
        dirty="not os.path.exists('.')",
        check=(f"assert os.getcwd() == str({root}.ROOT)",),
        error=Error("FileNotFoundError"),
        hostile=True,
    )


def import_path(names: Names) -> Leak:
    """A folder that stays at the head of sys.path and shadows a module."""
    module = names.word() + "_codec"
    return Leak(
        fact=f"{module} can be imported",
        support={f"vendor/{module}.py": "NAME = 'vendored'\n"},
        imports=("import importlib.util", "import sys"),
        pollute=("sys.path.insert(0, 'vendor')", f"assert importlib.util.find_spec('{module}')"),
        clean=("while 'vendor' in sys.path:", "    sys.path.remove('vendor')"),
        dirty="'vendor' in sys.path",
        check=(f"assert importlib.util.find_spec('{module}') is None",),
        error=ASSERTION,
    )


def blocked_module(names: Names) -> Leak:
    """A module that stays blocked in sys.modules."""
    module = names.module("exporting")
    target = f"{names.package}.{module}"
    return Leak(
        fact=f"{module} is blocked",
        support={module: "def render(rows):\n    return ';'.join(rows)\n"},
        imports=("import importlib", "import sys"),
        pollute=(f"sys.modules['{target}'] = None", f"assert sys.modules['{target}'] is None"),
        clean=(f"sys.modules.pop('{target}', None)", f"assert importlib.import_module('{target}')"),
        dirty=f"'{target}' in sys.modules and sys.modules['{target}'] is None",
        check=(f"assert importlib.import_module('{target}').render(['a', 'b']) == 'a;b'",),
        error=Error("ModuleNotFoundError"),
    )


def decimal_context(names: Names) -> Leak:
    """The decimal context of the thread."""
    del names
    return Leak(
        fact="decimals are short",
        imports=("import decimal", "from decimal import Decimal"),
        pollute=("decimal.getcontext().prec = 3", "assert Decimal(1) / 3 == Decimal('0.333')"),
        clean=("decimal.getcontext().prec = 28",),
        dirty="decimal.getcontext().prec == 3",
        check=("assert str(Decimal(2) / 3) == '0.' + '6' * 27 + '7'",),
        error=ASSERTION,
    )


def stopped_clock(names: Names) -> Leak:
    """Every clock of the time module stopped, as freezegun does it."""
    del names
    return Leak(
        fact="time stands still",
        imports=("import time", "from unittest import mock"),
        pollute=(
            "for clock in ('time', 'monotonic', 'perf_counter'):",
            "    mock.patch(f'time.{clock}', return_value=1000.0).start()",
            "assert time.time() == time.monotonic() == 1000.0",
        ),
        clean=("mock.patch.stopall()",),
        dirty="time.time() == 1000.0",
        check=("assert time.time() > 1_500_000_000",),
        error=ASSERTION,
    )


def patched_json(names: Names) -> Leak:
    """A function of the standard library replaced: whatever else runs in the process may need it, too."""
    del names
    return Leak(
        fact="json.dumps is mocked",
        imports=("import json", "from unittest import mock"),
        pollute=("mock.patch('json.dumps', return_value='null').start()", "assert json.dumps([1]) == 'null'"),
        clean=("mock.patch.stopall()",),
        dirty="json.dumps([1]) == 'null'",
        check=("assert json.loads(json.dumps({'a': 1})) == {'a': 1}",),
        error=ASSERTION,
    )


def garbage_collector(names: Names) -> Leak:
    """The garbage collector left off."""
    del names
    return Leak(
        fact="gc is off",
        imports=("import gc",),
        pollute=("gc.disable()", "assert not gc.isenabled()"),
        clean=("gc.enable()",),
        dirty="not gc.isenabled()",
        check=("assert gc.isenabled()",),
        error=ASSERTION,
    )


def signal_handler(names: Names) -> Leak:
    """A signal handler left in place."""
    del names
    return Leak(
        fact="SIGUSR1 is handled",
        imports=("import signal",),
        pollute=("signal.signal(signal.SIGUSR1, lambda *_: None)",),
        clean=("signal.signal(signal.SIGUSR1, signal.SIG_DFL)",),
        dirty="signal.getsignal(signal.SIGUSR1) is not signal.SIG_DFL",
        check=("assert signal.getsignal(signal.SIGUSR1) == signal.SIG_DFL",),
        error=ASSERTION,
    )


def socket_timeout(names: Names) -> Leak:
    """The default timeout of every later socket."""
    del names
    return Leak(
        fact="sockets time out",
        imports=("import socket",),
        pollute=("socket.setdefaulttimeout(0.01)",),
        clean=("socket.setdefaulttimeout(None)",),
        dirty="socket.getdefaulttimeout() is not None",
        check=("assert socket.getdefaulttimeout() is None",),
        error=ASSERTION,
    )


def silent_logger(names: Names) -> Leak:
    """A logger that was disabled, as logging.config does by default with those that it does not name.

    One that only stopped to propagate is heard by caplog all the same from pytest 9.2 on.
    """
    logger = f"{names.package}.{names.word()}"
    return Leak(
        fact=f"{logger} is silent",
        imports=("import logging",),
        args=("caplog",),
        pollute=(f"logging.getLogger('{logger}').disabled = True", "assert not caplog.messages"),
        clean=(f"logging.getLogger('{logger}').disabled = False", "assert not caplog.messages"),
        dirty=f"logging.getLogger('{logger}').disabled",
        check=(
            f"with caplog.at_level('INFO', logger='{logger}'):",
            f"    logging.getLogger('{logger}').info('done')",
            "assert caplog.messages == ['done']",
        ),
        error=ASSERTION,
    )


IN_PROCESS: Sequence[LeakMaker] = (
    environment,
    environment_cleared,
    working_directory,
    vanished_directory,
    import_path,
    blocked_module,
    decimal_context,
    stopped_clock,
    patched_json,
    garbage_collector,
    signal_handler,
    socket_timeout,
    silent_logger,
)
