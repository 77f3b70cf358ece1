"""tox's settings in their TOML form (tox.toml, or [tool.tox] in pyproject.toml)."""

from __future__ import annotations

from typing import Any

from bisect_loop.conditions.ci.facts import Source
from bisect_loop.conditions.ci.holes import hole
from bisect_loop.conditions.ci.launch.call import Call, Step
from bisect_loop.conditions.ci.launch.toxfactors import env_names
from bisect_loop.conditions.ci.launch.toxsubst import DEFAULT_PASS, Substitution


class TomlTox:
    """`table` is the file's tox table; `path` the file, relative to the repository's root."""

    def __init__(self, call: Call, path: str, table: dict[str, Any]) -> None:
        self._call, self._path, self._table = call, path, table

    def envs(self) -> list[str]:
        listed = self._table.get("env_list", [])
        return [name for entry in listed if isinstance(entry, str) for name in env_names(entry)]

    def defines(self, name: str) -> bool:
        known = {*self.envs(), *self._table.get("env", {})}
        factors = {factor for env in known for factor in env.split("-")}
        return name in known or all(part in factors or part[:2] in ("py", "3.") for part in name.split("-"))

    def steps(self, name: str, posargs: tuple[str, ...] | None) -> list[Step]:
        root = self._path.rpartition("/")[0] or "."
        fill = Substitution(self._call, name, posargs, lambda _, key: self._plain(name, key), root)
        table = self._get(name, "set_env")
        raw = {str(key): value for key, value in table.items()} if isinstance(table, dict) else {}
        # Text stays unfilled here: the variables see one another.
        texts = {k: v if isinstance(v, str) else "".join(self._strings(v, fill)) for k, v in raw.items()}
        fill.set_env.update({name: text for name, text in texts.items() if name != "file"})
        env = tuple((key, fill.variable(key, ""), self._source(key)) for key in fill.set_env)
        passed = self._strings(self._get(name, "pass_env"), fill)
        directory = self._strings(self._get(name, "change_dir"), fill)
        cwd = self._call.files.join(root, directory[0]) if directory else root
        found = []
        for command in self._commands(self._get(name, "commands")):
            argv = tuple(self._strings(command, fill))
            while argv and argv[0] in ("-", "!"):
                argv = argv[1:]
            if argv:
                source = self._source(argv[0])
                found.append(Step(source, argv=argv, env=env, keeps=(*DEFAULT_PASS, *passed), cwd=cwd))
        return found

    def _get(self, name: str, key: str) -> Any:
        own = self._table.get("env", {}).get(name, {})
        bases = own.get("base", ["env_run_base"]) if isinstance(own, dict) else ["env_run_base"]
        tables = [own, *(self._table.get(base, self._table.get("env", {}).get(base, {})) for base in bases)]
        return next((table[key] for table in tables if isinstance(table, dict) and key in table), None)

    def _commands(self, listed: Any, depth: int = 0) -> list[Any]:
        """Return the commands; a `ref` with `extend` stands for those of another environment."""
        found: list[Any] = []
        for command in listed if isinstance(listed, list) and depth < 10 else []:
            is_ref = isinstance(command, dict) and command.get("replace") == "ref"
            found += self._commands(self._referred(command), depth + 1) if is_ref else [command]
        return found

    def _plain(self, name: str, key: str) -> str | None:
        value = self._get(name, key)
        return value if isinstance(value, str) else None

    def _strings(self, value: Any, fill: Substitution, depth: int = 0) -> list[str]:
        """Return `value` as words, its `replace` tables applied."""
        if depth > 20 or value is None:
            return []
        if isinstance(value, list):
            return [word for entry in value for word in self._strings(entry, fill, depth + 1)]
        if not isinstance(value, dict):
            return [fill.fill(str(value))]
        kind = value.get("replace")
        if kind == "posargs":
            if fill.posargs is not None:
                return list(fill.posargs)
            return self._strings(value.get("default"), fill, depth + 1)
        if kind == "env":
            return [fill.variable(str(value.get("name")), str(value.get("default", "")))]
        if kind == "ref":
            return self._strings(self._referred(value), fill, depth + 1)
        return [hole(str(value.get("value", value)))] if kind else []

    def _referred(self, value: dict[str, Any]) -> Any:
        found: Any = self._table
        path = value.get("of") or ["env", value.get("env"), value.get("key")]
        path = path[2:] if path[:2] == ["tool", "tox"] else path
        for key in path:
            found = found.get(key) if isinstance(found, dict) else None
        return found

    def _source(self, wanted: str) -> Source:
        return Source(self._path, self._call.files.line_of(self._path, wanted))
