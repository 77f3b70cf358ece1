import loops


async def test_loops():
    loops.keep()
    loops.connect("memory://")
    await loops.Scheduler.start()
    loops.ask_first()
    loops.compare()
    loops.of_this_loop()
    loops.own()
    loops.start_heart()
    await loops.CALLER.run()
    loops.CALLER.submit(print)
    loops.THREAD.submit(print)
    loops.Worker().later(print)
