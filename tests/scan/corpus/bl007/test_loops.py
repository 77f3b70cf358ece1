import loops


async def test_loops():
    loops.keep()
    loops.connect("memory://")
    await loops.Scheduler.start()
    loops.ask_first()
    loops.compare()
    loops.of_this_loop()
    loops.own()
    loops.Worker().later(print)
