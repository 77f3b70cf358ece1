"""Tells at the end of a session which files its modules came from: was the copy imported, or the original?"""

from __future__ import annotations

import os
import sys

import pytest

_LIBRARIES = (os.sep + "site-packages" + os.sep, os.sep + "dist-packages" + os.sep)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    recorder = session.config.pluginmanager.get_plugin("_bisect_loop_recorder")
    if recorder is None:
        return
    standard = os.path.dirname(os.__file__) + os.sep
    named = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    files = [file for file in named if isinstance(file, str) and not file.startswith(standard)]
    kept = sorted(file for file in files if not any(part in file for part in _LIBRARIES))
    recorder.emit(k="trace", what="imported", files=kept)
