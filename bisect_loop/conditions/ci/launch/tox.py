"""tox: the environments that a command line asks for, from tox.ini, setup.cfg, pyproject.toml or tox.toml."""

from __future__ import annotations

import re
import shlex
from configparser import ConfigParser

from bisect_loop.conditions.ci.facts import Source
from bisect_loop.conditions.ci.holes import known
from bisect_loop.conditions.ci.launch.call import Call, Follow, Outcome, Refused, Step, split_options
from bisect_loop.conditions.ci.launch.toxfactors import env_names, factors_of, generated, lines_for
from bisect_loop.conditions.ci.launch.toxsubst import DEFAULT_PASS, Substitution
from bisect_loop.conditions.ci.launch.toxtoml import TomlTox

_OTHER_VERBS = ("list", "l", "config", "c", "devenv", "d", "quickstart", "q", "schema", "depends", "de", "man")
_WITH_VALUE = frozenset(
    {"-e", "-c", "--conf", "-f", "-m", "--root", "--workdir", "-x", "--override", "-o"}
    | {
        "--skip-env",
        "--result-json",
        "--hashseed",
        "--force-dep",
        "--parallel-no-spinner",
        "--discover",
        "--colored",
    }
)
_SECTION_KEY = re.compile(r"^[ \t]*\{\[([^\]]*)\]([^{}:]+)\}[ \t]*$", re.MULTILINE)
_ALIASES = {"change_dir": "changedir", "set_env": "setenv", "pass_env": "passenv", "env_list": "envlist"}
_LIMIT = 60  # environments of one call


class IniTox:
    """tox's settings in their ini form; `path` is the file, relative to the repository's root."""

    def __init__(self, call: Call, path: str, parser: ConfigParser, core: str) -> None:
        self._call, self._path, self._parser, self._core = call, path, parser, core
        self._text = call.files.text(path) or ""
        self._sections: dict[str, str] = {}
        for section in parser.sections():
            prefix, colon, names = section.partition(":")
            if prefix == "testenv" and colon:
                for name in generated(names):
                    self._sections.setdefault(name, section)

    def envs(self) -> list[str]:
        for key in ("env_list", "envlist"):
            if self._parser.has_option(self._core, key):
                return env_names(self._parser.get(self._core, key) or "")
        return []

    def defines(self, name: str) -> bool:
        """Tell whether tox would know `name`: by its own section, the env_list, or factors of either."""
        if name in self._sections or name in self.envs():
            return True
        factors = {factor for env in (*self.envs(), *self._sections) for factor in env.split("-")}
        values = (value or "" for section in ("testenv", *self._sections.values()) for _, value in self._items(section))
        factors |= {factor for value in values for factor in factors_of(value)}
        return all(part in factors or re.fullmatch(r"(py|pypy)?\d*(\.\d+)*t?|py", part) for part in name.split("-"))

    def _items(self, section: str) -> list[tuple[str, str]]:
        return self._parser.items(section) if self._parser.has_section(section) else []

    def steps(self, name: str, posargs: tuple[str, ...] | None) -> list[Step]:
        root = self._path.rpartition("/")[0] or "."
        fill = Substitution(self._call, name, posargs, lambda section, key: self._setting(name, section, key), root)
        env = [
            (key.strip(), value.strip(), raw)
            for content, raw in lines_for(self._text_of(name, "set_env"), name)
            for key, equals, value in [content.partition("=")]
            if equals
        ]
        fill.set_env.update((key, value) for key, value, _ in env)
        settings = tuple((key, fill.variable(key, ""), self._source(name, raw)) for key, _, raw in env)
        passed = " ".join(content for content, _ in lines_for(self._text_of(name, "pass_env"), name))
        keeps = (*DEFAULT_PASS, *re.split(r"[\s,]+", fill.fill(passed)))
        directory = self._get(name, "change_dir")
        cwd = self._call.files.join(root, fill.fill(directory.strip())) if directory else root
        found = []
        for content, raw in lines_for(self._text_of(name, "commands"), name):
            argv = _words(fill.fill(content).lstrip("-!@ "), str(self._call.files.root / root), cwd == root)
            if argv:
                found.append(Step(self._source(name, raw), argv=argv, env=settings, keeps=keeps, cwd=cwd))
        return found

    def _text_of(self, env: str, key: str) -> str:
        """Return a setting of several lines; a line that is only `{[section]key}` stands for those of that key."""
        text = self._get(env, key) or ""
        for _ in range(10):
            filled = _SECTION_KEY.sub(lambda match: self._raw(match), text)
            if filled == text:
                break
            text = filled
        return text

    def _raw(self, match: re.Match[str]) -> str:
        section, key = match[1], match[2]
        for name in (key, _ALIASES.get(key, key)):
            if self._parser.has_option(section, name):
                return self._parser.get(section, name) or ""
        return match[0]

    def _get(self, env: str, key: str, seen: tuple[str, ...] = ()) -> str | None:
        section = env if self._parser.has_section(env) else self._sections.get(env.removeprefix("testenv:"), "")
        if seen and not section:
            return None
        for name in (key, _ALIASES.get(key, key)):
            if section and self._parser.has_option(section, name):
                return self._parser.get(section, name) or ""
        bases = "testenv" if env != "testenv" else ""
        if section and self._parser.has_option(section, "base"):
            bases = self._parser.get(section, "base") or ""
        for base in re.split(r"[\s,]+", bases):
            if base and base not in seen and (found := self._get(base, key, (*seen, env, base))) is not None:
                return found
        return None

    def _setting(self, env: str, section: str, key: str) -> str | None:
        if not section:
            found = self._get(env, key)
        elif self._parser.has_option(section, key):
            found = self._parser.get(section, key)
        else:
            return None
        return None if found is None else "\n".join(content for content, _ in lines_for(found, env))

    def _source(self, env: str, raw: str) -> Source:
        header = self._text.find(f"[{self._sections.get(env, 'testenv')}]")
        at = self._text.find(raw, max(header, 0))
        at = at if at >= 0 else self._text.find(raw)
        return Source(self._path, self._text.count("\n", 0, max(at, 0)) + 1)


def resolve(call: Call) -> Outcome:
    """Follow `tox`, `tox run -e x -- args`, `tox -e a,b`."""
    words = call.args
    posargs = words[words.index("--") + 1 :] if "--" in words else None
    options, rest = split_options(words[: words.index("--")] if "--" in words else words, _WITH_VALUE, until=False)
    # `-epy311` carries its value; `-e py311 -e lint` and `-e py311,lint` say the same.
    asked = [value for name, value in options if name == "-e"] + [
        name[2:] for name, _ in options if name.startswith("-e") and len(name) > 2
    ]
    names_only = {"--notest", "-n", "-l", "--listenvs", "-a", "--listenvs-all", "--version", "-h", "--help"}
    if any(word in _OTHER_VERBS for word in rest[:1]) or any(name in names_only for name, _ in options):
        return None
    config = _config(call, next((value for name, value in options if name in ("-c", "--conf")), None))
    if config is None:
        return Refused("no tox settings are in the repository where it runs")
    names = env_names(",".join(asked) or call.env.get("TOXENV", "")) or config.envs()
    if not all(map(known, names)):
        return Refused("which tox environments run is not known from the files")
    if names == ["ALL"]:
        names = config.envs()
    steps: list[Step] = []
    for name in names[:_LIMIT]:
        if not config.defines(name):
            return Refused(f"tox has no environment {name!r} in its settings")
        steps += config.steps(name, posargs)
    return Follow(f"tox -e {','.join(names[:3])}{',...' if len(names) > 3 else ''}", tuple(steps))


def _config(call: Call, named: str | None) -> IniTox | TomlTox | None:
    for file in (named,) if named else ("tox.ini", "setup.cfg", "pyproject.toml", "tox.toml"):
        path = call.path(file)
        if path is None or call.files.text(path) is None:
            continue
        if path.endswith(".toml"):
            data = call.files.toml(path)
            table = data if not path.endswith("pyproject.toml") else data.get("tool", {}).get("tox", {})
            legacy = table.get("legacy_tox_ini")
            if isinstance(legacy, str):
                parser = call.files.ini(None)
                parser.read_string(legacy)
                return IniTox(call, path, parser, "tox")
            if table:
                return TomlTox(call, path, table)
            continue
        parser = call.files.ini(path)
        core = "tox:tox" if path.endswith("setup.cfg") else "tox"
        if parser.has_section(core) or parser.has_section("testenv"):
            return IniTox(call, path, parser, core)
    return None


def _words(text: str, root: str, at_root: bool) -> tuple[str, ...]:
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    # In tox's own directory an absolute path is the same as a relative one, and that one can be shown.
    return tuple(word.replace(root + "/", "") if at_root else word for word in words)
