"""nox: what a session of noxfile.py runs, read from its syntax tree and never executed."""

from __future__ import annotations

import ast

from bisect_loop.conditions.ci.holes import known
from bisect_loop.conditions.ci.launch.call import Call, Follow, Outcome, Refused, Step, split_options
from bisect_loop.conditions.ci.launch.noxsession import SessionReader

_WITH_VALUE = frozenset({"-f", "--noxfile", "-t", "--tags", "-k", "--keywords", "-db", "-P", "--envdir", "--report"})
_MANY = ("-s", "-e", "--session", "--sessions", "-p", "--pythons", "--python")


def resolve(call: Call) -> Outcome:
    """Follow `nox`, `nox -s tests-3.11 -- args`, `nox -s lint tests`."""
    own = call.args[: call.args.index("--")] if "--" in call.args else call.args
    posargs = call.args[len(own) + 1 :]
    options, _ = split_options(tuple(word for word in own if word not in _MANY), _WITH_VALUE, until=False)
    path = call.path(next((value for name, value in options if name in ("-f", "--noxfile")), "noxfile.py"))
    text = call.files.text(path)
    if path is None or text is None:
        return Refused("no noxfile.py is in the repository where it runs")
    try:
        module = ast.parse(text)
    except SyntaxError as error:
        return Refused(f"{path}:{error.lineno} is not valid Python")
    sessions = _sessions(module)
    asked = _asked(own)
    if not all(map(known, asked)):
        return Refused("which nox sessions run is not known from the files")
    chosen: list[ast.FunctionDef] = []
    for name in asked or _default(module, sessions):
        function = sessions.get(name) or sessions.get(name.split("(")[0]) or sessions.get(name.rpartition("-")[0])
        if function is None:
            return Refused(f"{path} has no session {name!r}")
        chosen.append(function)
    if any(name in ("-t", "--tags", "-k", "--keywords") for name, _ in options) and not asked:
        return Refused("which sessions a tag or keyword chooses is not read")
    steps: list[Step] = []
    for function in dict.fromkeys(chosen):
        steps += SessionReader(module, path, call, posargs).steps(function)
    return Follow(f"nox -s {' '.join(asked) or '(default)'} ({path})", tuple(steps))


def _asked(words: tuple[str, ...]) -> list[str]:
    """Return the sessions that the command line names; -s takes all words up to the next option."""
    found: list[str] = []
    taking = False
    for word in words:
        if word.startswith("-"):
            name, equals, value = word.partition("=")
            taking = name in ("-s", "-e", "--session", "--sessions") and not equals
            if name in ("-s", "-e", "--session", "--sessions") and equals:
                found.append(value)
        elif taking:
            found.append(word)
    return found


def _sessions(module: ast.Module) -> dict[str, ast.FunctionDef]:
    found: dict[str, ast.FunctionDef] = {}
    for node in module.body:
        if not isinstance(node, ast.FunctionDef):
            continue
        for decorator in node.decorator_list:
            call = decorator if isinstance(decorator, ast.Call) else None
            target = call.func if call else decorator
            if (target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")) != "session":
                continue
            names = [keyword.value for keyword in (call.keywords if call else []) if keyword.arg == "name"]
            named = [value.value for value in names if isinstance(value, ast.Constant)]
            found[str(named[0]) if named else node.name] = node
            found.setdefault(node.name.replace("_", "-"), node)
    return found


def _default(module: ast.Module, sessions: dict[str, ast.FunctionDef]) -> list[str]:
    """Return nox.options.sessions where it is a plain list, else every session."""
    for node in module.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).endswith("options.sessions"):
            try:
                listed = ast.literal_eval(node.value)
            except ValueError:
                continue
            return [str(name) for name in listed]
    return list(sessions)
