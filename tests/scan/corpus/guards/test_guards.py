import pairs
import wired


def test_guarded():
    wired.guarded_by_function()
    wired.guarded_by_current_test()
    wired.guarded_by_version()
    wired.guarded_by_module()
    wired.guarded_too_late()
    wired.only_under_pytest()
    wired.wrong_way_round()
    wired.startup()


def test_reset(fresh):
    wired.reset_by_fixture()
    wired.close_elsewhere()
    wired.reset_by_hook()
    wired.not_in_test_mode()
    wired.reset_for_some()


def test_not_reset():
    wired.reset_for_some()


async def test_loops():
    wired.client_of_this_loop()
    wired.client_by_key()
    wired.client_of_no_loop()
    wired.client_by_weak_key()
    await wired.closes_its_own()
    async with wired.lifespan(None), wired.with_pair(None):
        pass


async def test_pairs():
    async with pairs.DATABASE:
        pass
    await pairs.API.fetch()
    pairs.keep_twice()
