"""Fixtures wider than a function are set up and torn down as in a real run, whatever is kept of the suite."""

from __future__ import annotations

from tests.wild.harness import Wild, accused, finding

# Each test says which of the wider fixtures may be alive: its own, and no other's.
CONFTEST = """
    import pytest
    ALIVE = []

    def alive(name):
        ALIVE.append(name)
        yield name
        assert ALIVE.pop() == name, "torn down in the wrong order"

    @pytest.fixture(scope="session", autouse=True)
    def whole():
        yield from alive("session")

    @pytest.fixture(scope="package", autouse=True)
    def package():
        yield from alive("package")

    @pytest.fixture(scope="module")
    def module(request):
        yield from alive(request.module.__name__)

    @pytest.fixture(scope="class")
    def klass(request):
        yield from alive(request.cls.__name__)

    @pytest.fixture(scope="module", params=["p", "q"])
    def backend(request):
        yield from alive(f"{request.module.__name__}[{request.param}]")
"""
MODULE = """
    from conftest import ALIVE
    BASE = ["session", "package"]

    def test_plain():
        assert ALIVE == BASE or ALIVE == [*BASE, __name__], ALIVE

    def test_module(module):
        assert ALIVE == [*BASE, __name__], ALIVE

    class TestOne:
        def test_a(self, klass):
            assert ALIVE[-1] == "TestOne" and set(ALIVE) <= {*BASE, __name__, "TestOne"}, ALIVE
        def test_b(self, klass):
            assert ALIVE[-1] == "TestOne" and set(ALIVE) <= {*BASE, __name__, "TestOne"}, ALIVE

    class TestTwo:
        def test_a(self, klass):
            assert ALIVE[-1] == "TestTwo" and set(ALIVE) <= {*BASE, __name__, "TestTwo"}, ALIVE
"""
BACKENDS = """
    from conftest import ALIVE

    def test_first(backend):
        assert ALIVE == ["session", "package", f"{__name__}[{backend[-2]}]"], ALIVE
    def test_second(backend):
        assert ALIVE == ["session", "package", f"{__name__}[{backend[-2]}]"], ALIVE
"""


def test_wide_fixtures_of_subsets(wild: Wild) -> None:
    """A suite that checks its own fixtures is green in every order, and a fixture that leaks is pinned to its test."""
    wild.write(
        conftest=CONFTEST,
        test_a=MODULE,
        test_b=MODULE,
        test_c=BACKENDS,
        test_d="""
        import pytest
        CACHE = {}
        @pytest.fixture(scope="class")
        def filled():
            CACHE["filled"] = 1
            yield  # and never emptied again
        class TestFills:
            def test_it(self, filled):
                pass
        class TestVictim:
            def test_it(self):
                assert not CACHE
        """,
    )
    done = wild.run("--orders", "default,reverse,shuffle:3", "--confirm", "1", "--no-roles")
    assert accused(done.result) == {"TestVictim::test_it": {"TestFills::test_it"}}, done.out
    assert len(done.result["findings"]) == 1
    assert finding(done.result, "TestVictim::test_it")["confirmed"]
