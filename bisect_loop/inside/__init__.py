"""What runs in the process of the user's tests.

A copy of this folder travels to the target interpreter under the name `_bisect_loop_inside`, so bisect-loop need
not be installed there, and a package called bisect_loop in the user's project is never hidden. Stdlib and pytest
only, CPython 3.8 and later. It leaves no trace: no file descriptor, thread, environment variable or sys.path
entry of ours is there while a test runs, and nothing but `_bisect_loop_inside.*` is added to sys.modules.
"""

EVENTS = "_BISECT_LOOP_EVENTS"  # the variable that tells observe.py where to write
