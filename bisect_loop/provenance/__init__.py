"""Reads what a traced trial recorded: whose loop, which holder, which line.

record      the events as values
resources   what kind of thing an object is, by the name of its type
suspects    which earlier tests the evidence points at: it ranks, only trials accuse
source      the user's source: what defines a name, what a scan says of it
gates       which environment variables decide whether a line is run
changes     what the polluters left changed besides loops
rivals      which plain changes may be the reason although a loop was touched
explain     from a record to an Explanation, which knows more than the Cause that is shown
"""

from __future__ import annotations
