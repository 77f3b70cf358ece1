"""What code can see of itself is the same under the tracer: warnings, debug output, loaders, loops of its own."""

from __future__ import annotations

import sys
import types
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from bisect_loop.inside.loops.makers import MAKERS
from bisect_loop.inside.loops.tracer import Tracer
from bisect_loop.inside.signature import Locator


@pytest.fixture
def tracer() -> Iterator[Tracer]:
    made = Tracer("tests/test_a.py::test_a", lambda **_: None, Locator("/nowhere"))
    yield made
    made.restore()


def test_a_warning_of_a_constructor_points_at_its_caller(tracer: Tracer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Filters name the module that a warning is about: one with `stacklevel=2` is about whoever calls."""

    class Client:
        def __init__(self) -> None:
            warnings.warn("old", DeprecationWarning, stacklevel=2)

    module: Any = types.ModuleType("oldclient")
    module.Client = Client
    monkeypatch.setitem(sys.modules, "oldclient", module)
    monkeypatch.setitem(MAKERS, "oldclient", ("Client",))
    plain = Client.__init__
    tracer.install()
    assert Client.__init__ is not plain
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Client()
    assert [warning.filename for warning in caught] == [__file__]
