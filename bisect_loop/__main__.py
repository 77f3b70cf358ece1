"""`python -m bisect_loop` is `bisect-loop`."""

import os
import signal

if __name__ == "__main__":
    # While the command line is loaded there is nothing to end in good order, and a traceback would say nothing.
    for _number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(_number) is not signal.SIG_IGN:
            signal.signal(_number, lambda *_: os._exit(2))

    from bisect_loop.cli import main

    main()
