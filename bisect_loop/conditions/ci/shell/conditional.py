"""`test`, `[` and `[[`, decided as far as the variables are known."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from fnmatch import fnmatchcase

from bisect_loop.conditions.ci.holes import known
from bisect_loop.conditions.ci.shell.expand import Expander

_NUMERIC = {
    "-eq": operator.eq,
    "-ne": operator.ne,
    "-lt": operator.lt,
    "-le": operator.le,
    "-gt": operator.gt,
    "-ge": operator.ge,
}


def holds(words: tuple[str, ...], expander: Expander) -> bool | None:
    """Tell whether the test holds. `words` are as written, brackets left out; None where a run must say.

    Whether a file is there is for a run to say: the runner's disk is not this one.
    """
    return _Test(words, expander).either()


class _Test:
    def __init__(self, words: tuple[str, ...], expander: Expander) -> None:
        self._words, self._expander, self._at = words, expander, 0

    def _take(self, *texts: str) -> bool:
        if self._at < len(self._words) and self._words[self._at] in texts:
            self._at += 1
            return True
        return False

    def either(self) -> bool | None:
        result = self._both()
        while self._take("||", "-o"):
            other = self._both()
            result = True if True in (result, other) else None if None in (result, other) else False
        return result

    def _both(self) -> bool | None:
        result = self._one()
        while self._take("&&", "-a"):
            other = self._one()
            result = False if False in (result, other) else None if None in (result, other) else True
        return result

    def _one(self) -> bool | None:
        if self._take("!"):
            result = self._one()
            return None if result is None else not result
        if self._take("("):
            result = self.either()
            return result if self._take(")") else None
        rest = self._words[self._at :]
        if len(rest) >= 3 and (rest[1] in ("=", "==", "!=", "=~", "<", ">") or rest[1] in _NUMERIC):
            self._at += 3
            return self._binary(*rest[:3])
        if len(rest) >= 2 and re.fullmatch(r"-[a-zA-Z]", rest[0]):
            self._at += 2
            return self._unary(*rest[:2])
        self._at += 1
        return self._truth(rest[0], bool) if rest else False

    def _truth(self, raw: str, decide: Callable[[str], bool]) -> bool | None:
        value = self._expander.one(raw)
        return decide(value) if known(value) else None

    def _unary(self, op: str, raw: str) -> bool | None:
        if op == "-n":
            return self._truth(raw, bool)
        return self._truth(raw, lambda value: not value) if op == "-z" else None

    def _binary(self, left: str, op: str, right: str) -> bool | None:
        a, b = self._expander.one(left), self._expander.one(right)
        if not known(a) or not known(b):
            return None
        if op in _NUMERIC:
            try:
                return bool(_NUMERIC[op](int(a), int(b)))
            except ValueError:
                return None
        if op in ("=", "==", "!="):
            pattern = re.search(r"[*?\[]", right) and not re.search(r"['\"]", right)
            same = fnmatchcase(a, b) if pattern else a == b
            return same is (op != "!=")
        return None
