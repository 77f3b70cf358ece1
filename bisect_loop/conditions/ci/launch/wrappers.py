"""Programs that run the command that follows them: `env`, `sudo`, `uv run`, `poetry run`, `timeout`."""

from __future__ import annotations

import re
from collections.abc import Callable

from bisect_loop.conditions.ci.holes import show
from bisect_loop.conditions.ci.launch import tasks
from bisect_loop.conditions.ci.launch.call import Call, Follow, Launcher, Outcome, Refused, Step, split_options
from bisect_loop.conditions.ci.launch.python import plain

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)


def _wrapper(name: str, *with_value: str, positional: int = 0) -> Launcher:
    """A program whose options end before the command; `positional` words of its own come first (`timeout 10m`)."""
    values = frozenset(with_value)

    def resolve(call: Call) -> Outcome:
        _, rest = split_options(call.args, values)
        return _followed(call, name, rest[positional:])

    return resolve


def _followed(call: Call, through: str, words: tuple[str, ...], cwd: str | None = None) -> Outcome:
    return Follow(through, (Step(call.source, argv=words, cwd=cwd),)) if words else None


def _env(call: Call) -> Outcome:
    options, rest = split_options(call.args, frozenset({"-u", "--unset", "-C", "--chdir", "-S"}))
    env = []
    words = list(rest)
    while words and (match := _ASSIGNMENT.fullmatch(words[0])):
        env.append((match[1], match[2], call.source))
        del words[0]
    names = [name for name, _ in options]
    keeps = ("PATH",) if "-i" in names or "-" in names else None
    directory = next((call.path(value) for name, value in options if name in ("-C", "--chdir")), None)
    step = Step(call.source, argv=tuple(words), env=tuple(env), keeps=keeps, cwd=directory)
    return Follow("env", (step,)) if words else None


def _under(name: str, verb: str, *with_value: str, directory: tuple[str, ...] = (), lookup: bool = True) -> Launcher:
    """`uv run`, `poetry run`: options before and after the verb, then a project's script name or a command."""
    values = frozenset({*with_value, *directory})

    def resolve(call: Call) -> Outcome:
        before, rest = split_options(call.args, values)
        if rest[:1] != (verb,):
            return None
        after, words = split_options(rest[1:], values)
        options = [*before, *after]
        cwd = next((call.path(value) or call.cwd for option, value in options if option in directory), call.cwd)
        if any(option in ("-m", "--module") for option, _ in options):
            module = next((value for option, value in options if option in ("-m", "--module")), "")
            words = ("python", "-m", module, *words) if module else ("python", "-m", *words)
        found = tasks.resolve(name, words, cwd, call) if lookup and words else None
        if found is None and words and _unknown_test_task(words[0]):
            return Refused(f"what {words[0]!r} is to {name} is not in the project's files")
        return found or _followed(call, f"{name} {verb}", words, cwd)

    return resolve


def _unknown_test_task(word: str) -> bool:
    return bool(re.fullmatch(r"[\w:-]*test[\w:-]*", word)) and plain(word) != "pytest"


def _conda(name: str) -> Launcher:
    return _under(name, "run", "-n", "--name", "-p", "--prefix", "--cwd", lookup=False)


def _container(call: Call) -> Outcome:
    """docker and podman: what runs inside is the image's business; only that it runs tests can be said."""
    if any(re.search(r"pytest|\btox\b|\bnox\b|test", show(word)) for word in call.args):
        runs = {"run", "exec"} & set(call.args)
        return Refused("it runs inside a container") if runs else None
    return None


def _xargs(call: Call) -> Outcome:
    return Refused("its arguments come through a pipe") if "pytest" in call.args else None


def _poe(call: Call) -> Outcome:
    options, words = split_options(call.args, frozenset({"-C", "--directory", "--root", "-e", "--executor"}))
    directories = [value for name, value in options if name in ("-C", "--directory", "--root")]
    cwd = (call.path(directories[-1]) if directories else None) or call.cwd
    return tasks.resolve("poe", words, cwd, call) or Refused("the task is not in pyproject.toml") if words else None


_UV_VALUES = (
    *(
        "--with",
        "--with-requirements",
        "--with-editable",
        "--extra",
        "--group",
        "--only-group",
        "--no-group",
        "-p",
    ),
    *("--python", "--env-file", "--package", "--index", "--index-url", "--default-index", "--extra-index-url"),
    *("--resolution", "--prerelease", "--refresh-package", "--no-extra", "--cache-dir", "--config-file", "-w"),
    *("-P", "--upgrade-package", "--no-binary-package", "--no-build-package", "-f", "--find-links", "--color"),
    *("-C", "--config-setting", "--link-mode", "--python-platform", "--exclude-newer", "--reinstall-package"),
)


def _uv(call: Call) -> Outcome:
    """`uv run -m pytest` and `uvx --with x pytest` besides the plain `uv run pytest`."""
    if call.args[:2] in (("tool", "run"), ("x",)) or call.words[0].endswith("uvx"):
        skipped = 0 if call.words[0].endswith("uvx") else 2
        _, words = split_options(call.args[skipped:], frozenset({*_UV_VALUES, "--from"}))
        return _followed(call, "uvx", words)
    return _uv_run(call)


_uv_run = _under("uv", "run", *_UV_VALUES, directory=("--directory", "--project"), lookup=False)

_Factory = Callable[..., Launcher]

LAUNCHERS: dict[str, Launcher] = {
    "env": _env,
    "sudo": _wrapper("sudo", "-u", "-g", "-h", "-p", "-C", "--user", "--group"),
    "time": _wrapper("time", "-f", "-o"),
    "nice": _wrapper("nice", "-n"),
    "ionice": _wrapper("ionice", "-c", "-n"),
    "nohup": _wrapper("nohup"),
    "exec": _wrapper("exec", "-a"),
    "command": _wrapper("command"),
    "stdbuf": _wrapper("stdbuf", "-i", "-o", "-e"),
    "timeout": _wrapper("timeout", "-s", "--signal", "-k", "--kill-after", positional=1),
    "taskset": _wrapper("taskset", positional=1),
    "catchsegv": _wrapper("catchsegv"),
    "xvfb-run": _wrapper("xvfb-run", "-s", "--server-args", "-n", "--server-num", "-e", "-f", "-p", "-w"),
    "dbus-run-session": _wrapper("dbus-run-session"),
    "ddtrace-run": _wrapper("ddtrace-run"),
    "opentelemetry-instrument": _wrapper("opentelemetry-instrument", "--traces_exporter", "--metrics_exporter"),
    "uv": _uv,
    "uvx": _uv,
    "poetry": _under("poetry", "run", "-C", "-P", directory=("--directory", "--project")),
    "pdm": _under("pdm", "run", "--venv", "-s", directory=("-p", "--project")),
    "pipenv": _under("pipenv", "run", "--python"),
    "rye": _under("rye", "run", "--pyproject"),
    "pixi": _under("pixi", "run", "-e", "--environment", "--manifest-path"),
    "poe": _poe,
    "conda": _conda("conda"),
    "mamba": _conda("mamba"),
    "micromamba": _conda("micromamba"),
    "docker": _container,
    "docker-compose": _container,
    "podman": _container,
    "xargs": _xargs,
}
