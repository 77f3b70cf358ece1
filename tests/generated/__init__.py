"""Real pytest suites made from a seed, with the truth about them known beforehand.

`python -m tests.generated --count 300` runs the tool on as many suites and compares what it says with the truth.
The parts, in the order in which to read them: `model` (what a suite does, without its text), `truth` (who pollutes
whom, worked out from the model by trying everything), `names`, `text`, `leaks*` and `innocents` (the pieces of
text), `draft` (pieces to files), `kinds_*` (one function for each kind of trouble), `worlds` (seed to suite),
`oracle` and `foretold` (plain pytest, to check the model), `referee` (the tool's JSON against the truth), `drive`
(many at once).
"""
