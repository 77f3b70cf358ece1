"""pytest itself, python -m, and coverage run."""

from __future__ import annotations

import re

from bisect_loop.conditions.ci.holes import known, show
from bisect_loop.conditions.ci.launch.call import Call, Follow, Launcher, Outcome, Pytest, Refused, Step

_PYTHON = re.compile(r"(?:python|pypy)(?:\d+(?:\.\d+)*t?)?w?")
_PYTEST = re.compile(r"(?:pytest|py\.test)(?:-\d+(?:\.\d+)?)?")
_WITH_VALUE = ("-W", "-X", "--check-hash-based-pycs")
_RUN_WITH_VALUE = frozenset(
    {
        "--rcfile",
        "--source",
        "--include",
        "--omit",
        "--concurrency",
        "--context",
        "--data-file",
        "--debug",
        "--core",
    }
)
_LAUNCHED_AS_MODULE = {"tox", "nox", "hatch", "poetry", "pdm", "pipenv", "uv", "invoke", "coverage", "poethepoet"}
_OTHER_RUNNERS = {"unittest": "unittest", "nose": "nose", "nose2": "nose2", "trial": "Twisted's trial"}


def plain(name: str) -> str:
    """Return "python" and "pytest" for their versioned names, any other name as it is."""
    if _PYTHON.fullmatch(name):
        return "python"
    return "pytest" if _PYTEST.fullmatch(name) else name


def _pytest(call: Call) -> Outcome:
    return Pytest(call.args)


def _python(call: Call) -> Outcome:
    words = list(call.args)
    while words:
        word = words.pop(0)
        if not known(word):
            about_tests = any("test" in show(each) for each in call.args)
            return Refused("python's options are not known from the files") if about_tests else None
        if word in _WITH_VALUE:
            del words[:1]
        elif word == "-c":
            return None
        elif re.fullmatch(r"-[A-Za-z]*m", word):  # -m, and -Im as one word
            return _module(call, words)
        elif word.startswith("-m") and len(word) > 2:
            return _module(call, [word[2:], *words])
        elif not word.startswith("-"):
            return _file(word, words)
    return None


def _module(call: Call, words: list[str]) -> Outcome:
    if not words:
        return None
    name, args = words[0], tuple(words[1:])
    if name in ("pytest", "py.test"):
        return Pytest(args, as_module=True)
    if name in _OTHER_RUNNERS:
        return Refused(f"it runs {_OTHER_RUNNERS[name]}, not pytest")
    if name in _LAUNCHED_AS_MODULE:
        program = "poe" if name == "poethepoet" else name
        return Follow("", (Step(call.source, argv=(program, *args)),))
    if not known(name) or "test" in name.split(".")[-1]:
        return Refused(f"what `python -m {name}` runs is Python code, which is not read")
    return None


def _file(name: str, args: list[str]) -> Outcome:
    if _PYTEST.fullmatch(name.rsplit("/", 1)[-1]):
        return Pytest(tuple(args))
    if name in ("setup.py", "manage.py") and args[:1] == ["test"]:
        return Refused(f"`{name} test` is a runner of its own, not pytest")
    if "test" in name.lower():
        return Refused(f"{name} is Python code, which is not read")
    return None


def _coverage(call: Call) -> Outcome:
    if call.args[:1] != ("run",):
        return None
    options: list[str] = []
    words = list(call.args[1:])
    while words:
        word = words.pop(0)
        if word in ("-m", "--module"):
            inner = _module(call, words)
            return _covered(inner, tuple(options))
        if word == "--" or not word.startswith("-"):
            target = word if word != "--" else (words.pop(0) if words else "")
            return _covered(_file(target, words), tuple(options))
        options.append(word)
        if word in _RUN_WITH_VALUE and words:
            options.append(words.pop(0))
    return None


def _covered(inner: Outcome, options: tuple[str, ...]) -> Outcome:
    """coverage run puts the working directory on sys.path, as python -m does."""
    if isinstance(inner, Pytest):
        return Pytest(inner.args, as_module=True, coverage_run=options)
    return inner


LAUNCHERS: dict[str, Launcher] = {
    "pytest": _pytest,
    "python": _python,
    "coverage": _coverage,
    "coverage3": _coverage,
}
