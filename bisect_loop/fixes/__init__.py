"""Finds a mend for a finding, tries it on a copy of the tree, and writes a chosen one into the tree.

model        an edit of one file, and a candidate: several edits that are one mend
ground       what candidates are made from: the finding, why it fails, the sources
candidates   which mends apply to a finding, and in which order they are tried
guard, resets, closing, calls, loops, scopes, own_loop, restore, leaks    one kind of mend each
python, fixture, options    writers: Python (formatting and comments kept), a fixture of a conftest, pytest's options
holders      a holder as Python that a fixture can run
mending      for each finding: candidates, trials, what is reported
patch        unified diffs: made, applied strictly, taken back
tree         copies a tree, so that nothing is tried in the user's own
trial        runs a mend: the minimal order, reversed, the victim alone, the polluters alone
apply        writes a stored diff into the tree

A mask (retry, swallow, sleep, rerun) is never made. What fails its own runs is never offered.
"""

from __future__ import annotations
