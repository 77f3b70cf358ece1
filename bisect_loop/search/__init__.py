"""What to ask next, and when to be sure: the searches, without a process, a clock or a file.

A search is a generator. It yields a `Question` (some candidates, each a tuple of items), is sent the verdicts,
and returns its result. It never learns what an item is: a test before a victim, an environment variable, a
plugin. It never learns how many candidates are run at once either, so its answer is the same at every width.
Who drives it may stop at any question and use what that question holds as best so far.

    question.py      Question, Search, drive(): the contract, and the simplest caller
    memory.py        remembering(): never asks twice, and starts from what is already known

    narrow.py        the composition that the tool uses: suspects -> chunks -> peel -> (ddmin) -> 1-minimality
      chunks.py      eight chunks at once; one polluter in about 1.15 n test executions and few rounds
      peel.py        shortest failing prefix, fix its last item, recurse; order kept
      ddmin.py       the reference, for what a peel does not cut
      minimal.py     takes single items away until none can be spared

    groups.py        finds many single items by asking for groups
      alternatives.py  further polluting sets
      cleaners.py      items that, run after the polluters, make the victim pass

    bayes.py         one polluter of a victim that fails only sometimes, the rate learned
    noisy.py         the same for several polluters that are needed together

    judge.py         TrialResult -> Verdict, and the sentence that says why a trial settled nothing
    rates.py         failure rates, intervals, and the confidence that the order matters
    orders.py        default, reverse, shuffles that are stable under subsetting, lanes, `--orders`

State-setters of a brittle test need no search of their own: judge with `judge.passes`, which calls a pass
REPRODUCES, and `narrow` returns the smallest set after which the test passes.

Three answers, not two: a candidate whose verdict is UNRESOLVED is neither kept as reproducing nor taken as
proof that something is needed. No search returns a set that was not itself seen to reproduce.
"""
