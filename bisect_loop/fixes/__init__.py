"""Finds a mend for a finding, tries it on a copy of the tree, and writes a chosen one into the tree.

model        an edit of one file, and a candidate: several edits that are one mend
ground       what candidates are made from: the finding, why it fails, the sources
candidates   which mends apply to a finding, and in which order they are tried
guard, resets, closing, calls, loops, scopes, own_loop, per_loop, tasks, overrides    one kind of mend each, for loops
restore, leaks, savepoint, brittle    the same for state and data
falls_short  what is commonly tried and is no mend
python, fixture, in_test_case, requesting, options    writers: Python (formatting and comments kept), a fixture of a
             conftest, a cleanup of a test case, one more request of a fixture, pytest's options
requested    which fixtures a test requests, as the sources say
holders, plain    a holder, and a plain value, as Python that a fixture can run
drivers      how the drivers of PostgreSQL are asked
mending      for each finding: candidates, trials, what is reported
patch        unified diffs: made, applied strictly, taken back
tree         copies a tree, so that nothing is tried in the user's own
trial        runs a mend: the minimal order, reversed, the victim alone, the polluters alone; what a brittle test needs
apply        writes a stored diff into the tree

A mask (retry, swallow, sleep, rerun) is never made. What fails its own runs is never offered.
"""

from __future__ import annotations
