"""Who breaks whom, where it is more than one pair."""

from __future__ import annotations

from tests.wild.harness import CHEAP, Wild, accused, confirmed_pair, finding, short


def test_two_tests_pollute_each_other(wild: Wild) -> None:
    """Mutual pollution is two findings."""
    wild.write(
        test_a="""
        STATE = set()
        def test_one():
            STATE.add(1)
            assert 2 not in STATE
        def test_innocent():
            pass
        def test_two():
            STATE.add(2)
            assert 1 not in STATE
        """
    )
    done = wild.run("--orders", "default,reverse", "--confirm", "1")
    assert accused(done.result) == {"test_one": {"test_two"}, "test_two": {"test_one"}}, done.out
    assert all(found["confirmed"] for found in done.result["findings"])
    assert done.code == 1


def test_287_polluters(wild: Wild) -> None:
    """A victim that nearly every test breaks costs few trials, and no innocent is named."""
    wild.write(
        test_a="""
        import pytest
        STATE = []
        def test_victim():
            assert not STATE
        @pytest.mark.parametrize("n", range(30))
        def test_innocent(n):
            pass
        @pytest.mark.parametrize("n", range(287))
        def test_polluter(n):
            STATE.append(n)
        @pytest.mark.parametrize("n", range(30))
        def test_more(n):
            pass
        """
    )
    done = wild.run("--orders", "reverse", "--confirm", "1")
    (found,) = done.result["findings"]
    assert (found["kind"], found["confirmed"], len(found["polluters"])) == ("victim", True, 1)
    blamed = accused(done.result)["test_victim"]
    assert all(name.startswith("test_polluter[") for name in blamed)
    assert len(blamed) > 5
    assert len(done.out.splitlines()) < 60
    assert done.result["cost"]["trials_fork"] < 250


def test_two_mechanisms(wild: Wild) -> None:
    """One victim that half of its polluters break in one way, half in another: each error keeps its own polluters."""
    wild.write(
        test_a="""
        import pytest
        STATE = []
        def test_victim():
            if STATE[-1:] == ["loop"]:
                raise RuntimeError("Event loop is closed")
            if STATE:
                raise ValueError("no such row")
        def test_innocent():
            pass
        @pytest.mark.parametrize("n", range(4))
        def test_closes_the_loop(n):
            STATE.append("loop")
        @pytest.mark.parametrize("n", range(4))
        def test_deletes_the_row(n):
            STATE.append("row")
        """
    )
    done = wild.run("--orders", "reverse,shuffle:3", "--confirm", "1")
    seen = set()
    for found in done.result["findings"]:
        assert (short(found["victim"]), found["confirmed"]) == ("test_victim", True), done.out
        wanted = "test_closes_the_loop" if found["error"]["type"] == "RuntimeError" else "test_deletes_the_row"
        sets = [found["polluters"], *found["other_polluting_sets"]]
        # A set may hold one of the other half in front: only the last of them decides.
        assert all(short(group[-1]).startswith(wanted) for group in sets), found
        assert short(found["polluters"][0]).startswith(wanted)
        seen.add(wanted)
    assert seen == {"test_closes_the_loop", "test_deletes_the_row"}, done.out


CLEANED = """
    STATE = []
    def test_polluter():
        STATE.append(1)
    def test_innocent():
        pass
    def test_cleaner():
        STATE.clear()
    def test_another():
        pass
    def test_victim():
        assert not STATE
"""


def test_a_cleaner_stands_between(wild: Wild) -> None:
    """A pair that a cleaner hides in the default order is found in shuffled ones, and the cleaner is named."""
    wild.write(test_a=CLEANED)
    done = wild.run("--orders", "default,reverse,shuffle:6", "--confirm", "1")
    found = confirmed_pair(done, "test_polluter", "test_victim")
    assert [short(name) for name in found["cleaners"]] == ["test_cleaner"]


def test_a_cleaner_stands_between_in_the_given_order(wild: Wild) -> None:
    """Given the healed order and the victim, the pair is found all the same: "everything before" is no test of it."""
    wild.write(test_a=CLEANED)
    order = wild.scratch / "order.txt"
    names = ("polluter", "innocent", "cleaner", "another", "victim")
    order.write_text("".join(f"tests/test_a.py::test_{name}\n" for name in names))
    done = wild.run("--order", str(order), "--victim", "tests/test_a.py::test_victim", "--confirm", "1", "--no-roles")
    confirmed_pair(done, "test_polluter", "test_victim")


def test_polluters_that_fail_themselves(wild: Wild) -> None:
    """A polluter that fails, alone as well, is an ordinary failure and a polluter."""
    wild.write(
        test_a="""
        STATE = []
        def test_victim():
            assert not STATE
        def test_innocent():
            pass
        def test_polluter():
            STATE.append(1)
            assert False
        """
    )
    wild.ini = "addopts = -x"
    wild.write()
    done = wild.run(*CHEAP)
    confirmed_pair(done, "test_polluter", "test_victim")
    assert finding(done.result, "test_polluter")["kind"] == "always-fails"


def test_three_together(wild: Wild) -> None:
    """A victim that needs three polluters names all three, in their order, and none besides."""
    wild.write(
        test_a="""
        import pytest
        STATE = []
        def test_victim():
            assert STATE != ["a", "b", "c"]
        @pytest.mark.parametrize("n", range(10))
        def test_innocent(n):
            pass
        def test_c():
            STATE.append("c")
        @pytest.mark.parametrize("n", range(10))
        def test_more(n):
            pass
        def test_b():
            STATE.append("b")
        def test_a():
            STATE.append("a")
        """
    )
    done = wild.run("--orders", "reverse", "--confirm", "1")
    found = finding(done.result, "test_victim")
    assert [short(name) for name in found["polluters"]] == ["test_a", "test_b", "test_c"]
    assert (found["confirmed"], found["other_polluting_sets"]) == (True, [])


def test_who_only_ends_a_module_is_not_to_blame(wild: Wild) -> None:
    """A module's fixture leaves something when it ends: whichever test of another module ends it is innocent."""
    wild.write(
        app="REGISTERED = []\n",
        test_a="""
        import pytest
        import app

        @pytest.fixture(scope="module", autouse=True)
        def registered():
            yield
            app.REGISTERED.append(1)

        def test_first(): ...

        def test_victim():
            assert not app.REGISTERED
        """,
        **{f"test_{name}": "def test_one(): ...\ndef test_two(): ...\n" for name in "bcd"},
    )
    ids = ["test_a.py::test_first", "test_c.py::test_one", "test_a.py::test_victim"]
    order = wild.root / "order.txt"
    order.write_text("".join(f"tests/{nodeid}\n" for nodeid in ids))
    done = wild.run("--order", str(order), "--victim", f"tests/{ids[-1]}", "--confirm", "1")
    (found,) = done.result["findings"]
    assert [short(name) for name in found["polluters"]] == ["test_first", "test_one"]
    assert found["incidental"] == ["tests/test_c.py::test_one"], done.out
    assert "could be any test of another module" in " ".join(done.out.split())
