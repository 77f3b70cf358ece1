"""`python -m bisect_loop` is `bisect-loop`."""

from bisect_loop.cli import main

if __name__ == "__main__":
    main()
