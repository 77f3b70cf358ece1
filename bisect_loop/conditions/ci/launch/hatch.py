"""hatch: `hatch run env:script`, `hatch test`, from pyproject.toml's [tool.hatch] or hatch.toml."""

from __future__ import annotations

import re
import shlex
from typing import Any

from bisect_loop.conditions.ci.facts import Source
from bisect_loop.conditions.ci.holes import hole
from bisect_loop.conditions.ci.launch.call import Call, Follow, Outcome, Step, split_options

# hatch 1.18, env/internal/test.py and cli/test: what `hatch test` runs when nothing is configured.
_TEST_SCRIPTS = {
    "run": "pytest{env:HATCH_TEST_ARGS:} {args}",
    "run-cov": "coverage run -m pytest{env:HATCH_TEST_ARGS:} {args}",
}
_GLOBAL = frozenset({"-e", "--env", "-p", "--project", "--data-dir", "--cache-dir", "--config"})
_FIELD = re.compile(r"\{(args|env|root|home|matrix|verbosity|/|env_name)(?::((?:[^{}]|\{[^{}]*\})*))?\}")
_TEST_VALUES = frozenset(
    {"--retries", "--retry-delay", "-py", "--python", "-i", "--include", "-x", "--exclude"},
)
_TEST_FLAGS = frozenset(
    {"-a", "--all", "-c", "--cover", "--cover-quiet", "-p", "--parallel", "-r", "--randomize", "-s", "--show"}
)


class _Settings:
    def __init__(self, call: Call) -> None:
        self.call = call
        pyproject, own = call.path("pyproject.toml"), call.path("hatch.toml")
        project = call.files.toml(pyproject).get("tool", {}).get("hatch", {})
        hatch = call.files.toml(own)
        self.path = (own if hatch.get("envs") else pyproject) or "pyproject.toml"
        self.envs: dict[str, Any] = {**project.get("envs", {}), **hatch.get("envs", {})}

    def get(self, env: str, key: str) -> Any:
        """Return a setting of `env`; what is a table is inherited key by key from its template."""
        own = self.envs.get(env, {})
        template = own.get("template", "default")
        inherited = None
        if env not in ("default", "hatch-test") and template != env and not own.get("detached"):
            inherited = self.get(template, key) if template in self.envs else None
        value = own.get(key)
        if isinstance(value, dict) and isinstance(inherited, dict):
            return {**inherited, **value}
        return inherited if value is None else value

    def source(self, wanted: str) -> Source:
        text = self.call.files.text(self.path) or ""
        match = re.search(rf"^[ \t]*(?:[\w.-]+\.)?[\"']?{re.escape(wanted)}[\"']?[ \t]*=", text, re.MULTILINE)
        return Source(self.path, text.count("\n", 0, match.start()) + 1 if match else 1)


def resolve(call: Call) -> Outcome:
    """Follow `hatch run ...`, `hatch -e env run ...`, `hatch env run ...` and `hatch test ...`."""
    options, words = split_options(call.args, _GLOBAL)
    env = next((value for name, value in options if name in ("-e", "--env")), call.env.get("HATCH_ENV", "default"))
    if words[:2] == ("env", "run"):
        inner, words = split_options(words[2:], frozenset({"-e", "--env", "-i", "-x", "-f"}))
        env = next((value for name, value in inner if name in ("-e", "--env")), env)
        return _run(call, env, words)
    if words[:1] == ("run",):
        rest = words[1:]
        while rest and re.match(r"[+-]\w[\w-]*=", rest[0]):  # `+py=3.12` chooses from the env's matrix
            rest = rest[1:]
        return _run(call, env, rest)
    if words[:1] == ("test",):
        return _test(call, words[1:])
    return None


def _run(call: Call, env: str, words: tuple[str, ...]) -> Outcome:
    if not words:
        return None
    settings = _Settings(call)
    name, colon, script = words[0].partition(":")
    if colon and (name in settings.envs or name in ("", "default")):
        env, words = name or env, (script, *words[1:])
    steps = _script(settings, env, words, ())
    return Follow(f"hatch run {env}:{words[0]} ({settings.source(words[0])})" if steps else "hatch run", steps) or None


def _script(settings: _Settings, env: str, words: tuple[str, ...], seen: tuple[str, ...]) -> tuple[Step, ...]:
    """Return the commands of the script `words[0]`, or `words` as they are where it is none."""
    scripts = settings.get(env, "scripts") or {}
    if env == "hatch-test":
        scripts = {**_TEST_SCRIPTS, **scripts}
    variables = settings.get(env, "env-vars") or {}
    pairs = tuple((str(k), _fill(str(v), (), settings.call), settings.source(str(k))) for k, v in variables.items())
    if words[0] not in scripts or words[0] in seen:
        source = settings.source(seen[-1]) if seen else settings.call.source
        return (Step(source, argv=words, env=pairs),)
    entry = scripts[words[0]]
    steps: tuple[Step, ...] = ()
    for line in entry if isinstance(entry, list) else [entry]:
        text = _fill(str(line).lstrip("- "), words[1:], settings.call)
        first = text.split(maxsplit=1)[:1]
        if first and first[0] in scripts and first[0] != words[0]:
            steps += _script(settings, env, tuple(_split(text)), (*seen, words[0]))
        else:
            steps += (Step(settings.source(words[0]), text=text, env=pairs),)
    return steps


def _test(call: Call, words: tuple[str, ...]) -> Outcome:
    settings = _Settings(call)
    names: set[str] = set()
    given: dict[str, str] = {}
    args: list[str] = []
    pending = list(words)
    while pending:
        word = pending.pop(0)
        name, equals, value = word.partition("=")
        if word == "--":
            args += pending
            break
        if name in _TEST_VALUES:
            given[name] = value if equals or not pending else pending.pop(0)
        elif name in _TEST_FLAGS:
            names.add(name)
        else:
            args.append(word)  # hatch hands on what it does not know to pytest
    extra = [str(arg) for arg in settings.get("hatch-test", "extra-args") or []]
    if not settings.get("hatch-test", "randomize") and not names & {"-r", "--randomize"}:
        extra += ["-p", "no:randomly"]
    if settings.get("hatch-test", "parallel") or names & {"-p", "--parallel"}:
        extra += ["-n", "logical"]
    retries = settings.get("hatch-test", "retries")
    retries = given.get("--retries", retries)
    if retries is not None:
        extra += ["-r", "aR", "--reruns", str(retries)]
    default = settings.get("hatch-test", "default-args")
    args = args or (default if default is not None else ["tests"])
    script = "run-cov" if names & {"-c", "--cover", "--cover-quiet"} else "run"
    call = Call(call.words, call.cwd, {**call.env, "HATCH_TEST_ARGS": _flags(extra)}, call.files, call.source)
    settings.call = call
    steps = _script(settings, "hatch-test", (script, *map(str, args)), ())
    return Follow("hatch test", steps)


def _flags(words: list[str]) -> str:
    return " " + " ".join(map(shlex.quote, words)) if words else ""


def _fill(text: str, args: tuple[str, ...], call: Call) -> str:
    def one(match: re.Match[str]) -> str:
        name, rest = match[1], match[2]
        if name == "args":
            return " ".join(map(shlex.quote, args)) or _fill(rest or "", (), call)
        if name == "env":
            key, _, default = (rest or "").partition(":")
            value = call.variable(key)
            return default if value is None else value
        if name == "root":
            return str(call.files.root / call.cwd)
        return "/" if name == "/" else hole(match[0])

    filled = _FIELD.sub(one, text)
    return filled if "{args" in text or not args else f"{filled} {' '.join(map(shlex.quote, args))}"


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()
