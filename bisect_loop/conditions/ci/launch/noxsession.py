"""The body of a nox session as commands: `session.run("pytest", *session.posargs, env={...})` and its kin."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from bisect_loop.conditions.ci.facts import Source
from bisect_loop.conditions.ci.holes import hole
from bisect_loop.conditions.ci.holes import known as is_known
from bisect_loop.conditions.ci.launch.call import Call, Step

_DEPTH = 6
_Known = dict[str, ast.expr]  # local names whose value is an expression that was written down


class SessionReader:
    """Reads sessions of one noxfile. What a session computes at run time becomes a hole."""

    def __init__(self, module: ast.Module, path: str, call: Call, posargs: tuple[str, ...]) -> None:
        self._path, self._call, self._posargs = path, call, posargs
        self._functions = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}
        self._globals: _Known = {}
        for node in module.body:
            self._assign(node, self._globals)
        self._steps: list[Step] = []
        self._cwd: str | None = None
        self._env: list[tuple[str, str, Source]] = []

    def steps(self, function: ast.FunctionDef) -> list[Step]:
        """Return what `function` runs, in order."""
        session = function.args.args[0].arg if function.args.args else "session"
        self._block(function.body, dict(self._globals), session, "", 0)
        return self._steps

    def _block(self, body: Iterable[ast.stmt], known: _Known, session: str, condition: str, depth: int) -> None:
        for node in body:
            self._assign(node, known)
            if isinstance(node, ast.If):
                self._if(node, known, session, condition, depth)
            elif isinstance(node, (ast.For, ast.While, ast.With, ast.Try)):
                where = "" if isinstance(node, (ast.With, ast.Try)) else ast.unparse(node).splitlines()[0]
                self._block(node.body, known, session, _both(condition, where), depth)
            elif isinstance(node, (ast.Expr, ast.Assign, ast.Return)) and isinstance(node.value, ast.Call):
                self._called(node.value, known, session, condition, depth)

    def _if(self, node: ast.If, known: _Known, session: str, condition: str, depth: int) -> None:
        holds = self._truth(node.test, known, session)
        text = ast.unparse(node.test)
        if holds is not False:
            inner = known if holds else dict(known)
            self._block(node.body, inner, session, condition if holds else _both(condition, f"if {text}"), depth)
        if holds is not True:
            inner = known if holds is False else dict(known)
            away = condition if holds is False else _both(condition, f"if not ({text})")
            self._block(node.orelse, inner, session, away, depth)
        if holds is None:
            for name in _assigned([*node.body, *node.orelse]):
                known[name] = ast.Name(id=f"{name} (set under `if {text}`)")

    def _assign(self, node: ast.stmt, known: _Known) -> None:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            known[node.target.id] = node.value
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            known[node.targets[0].id] = node.value
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            before = known.get(node.target.id, ast.Name(id=node.target.id))
            known[node.target.id] = ast.BinOp(left=before, op=node.op, right=node.value)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            target = node.targets[0]
            if ast.unparse(target.value).endswith(".env") and isinstance(target.slice, ast.Constant):
                value = "".join(self._words(node.value, known, "session"))
                self._env.append((str(target.slice.value), value, Source(self._path, node.lineno)))

    def _called(self, call: ast.Call, known: _Known, session: str, condition: str, depth: int) -> None:
        target = call.func
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == session:
            if target.attr in ("run", "run_always"):
                self._run(call, known, session, condition)
            elif target.attr in ("chdir", "cd") and call.args:
                self._cwd = self._call.path("".join(self._words(call.args[0], known, session)))
        elif isinstance(target, ast.Name) and target.id in self._functions and depth < _DEPTH:
            function = self._functions[target.id]
            bound, inner = self._bound(function, call, known, session)
            self._block(function.body, bound, inner, condition, depth + 1)

    def _bound(self, function: ast.FunctionDef, call: ast.Call, known: _Known, session: str) -> tuple[_Known, str]:
        """Return the helper's names with the caller's arguments, and what it calls the session."""
        names = [argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)]
        bound: _Known = dict(self._globals)
        defaults = function.args.defaults
        bound.update(
            zip(
                [a.arg for a in function.args.args][len(function.args.args) - len(defaults) :],
                defaults,
                strict=True,
            )
        )
        for keyword_only, default in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True):
            if default is not None:
                bound[keyword_only.arg] = default
        given = [*zip(names, call.args, strict=False), *((k.arg or "", k.value) for k in call.keywords)]
        inner = session
        for name, value in given:
            if isinstance(value, ast.Name) and value.id == session:
                inner = name
            else:
                bound[name] = known.get(value.id, value) if isinstance(value, ast.Name) else value
        return bound, inner

    def _run(self, call: ast.Call, known: _Known, session: str, condition: str) -> None:
        argv = tuple(word for argument in call.args for word in self._words(argument, known, session))
        source = Source(self._path, call.lineno)
        env = list(self._env)
        for keyword in call.keywords:
            table = known.get(keyword.value.id) if isinstance(keyword.value, ast.Name) else keyword.value
            if keyword.arg == "env" and isinstance(table, ast.Dict):
                for key, value in zip(table.keys, table.values, strict=True):
                    if isinstance(key, ast.Constant):
                        env.append((str(key.value), "".join(self._words(value, known, session)), source))
        if argv:
            self._steps.append(Step(source, argv=argv, env=tuple(env), cwd=self._cwd, condition=condition))

    def _words(self, node: ast.expr, known: _Known, session: str, depth: int = 0) -> list[str]:
        """Return the words that an expression gives: a text is one, a list as many as it has."""
        if depth > 20:
            return [hole(ast.unparse(node))]
        inner = depth + 1
        if isinstance(node, ast.Starred):
            return self._words(node.value, known, session, inner)
        if isinstance(node, ast.Constant):
            return [str(node.value)] if node.value is not None else []
        if isinstance(node, (ast.List, ast.Tuple)):
            return [word for item in node.elts for word in self._words(item, known, session, inner)]
        if isinstance(node, ast.Name) and node.id in known:
            return self._words(known[node.id], {k: v for k, v in known.items() if k != node.id}, session, inner)
        if isinstance(node, ast.Attribute) and node.attr == "posargs":
            return list(self._posargs)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left = self._words(node.left, known, session, inner)
            return left + self._words(node.right, known, session, inner)
        if isinstance(node, ast.BoolOp):
            return self._either(node, known, session, inner)
        if isinstance(node, ast.IfExp) and (holds := self._truth(node.test, known, session)) is not None:
            return self._words(node.body if holds else node.orelse, known, session, inner)
        if isinstance(node, ast.JoinedStr):
            return ["".join(self._part(part, known, session, inner) for part in node.values)]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "split":
            return " ".join(self._words(node.func.value, known, session, inner)).split()
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("list", "tuple", "str"):
            return [word for argument in node.args for word in self._words(argument, known, session, inner)]
        return [hole(ast.unparse(node))]

    def _part(self, part: ast.expr, known: _Known, session: str, depth: int) -> str:
        """Return one part of an f-string."""
        if not isinstance(part, ast.FormattedValue):
            return "".join(self._words(part, known, session, depth))
        text = "".join(self._words(part.value, known, session, depth))
        return text if is_known(text) else hole("{" + ast.unparse(part.value) + "}")

    def _either(self, node: ast.BoolOp, known: _Known, session: str, depth: int) -> list[str]:
        for value in node.values[:-1]:
            holds = self._truth(value, known, session)
            if holds is None:
                return [hole(ast.unparse(node))]
            if holds is isinstance(node.op, ast.Or):
                return self._words(value, known, session, depth)
        return self._words(node.values[-1], known, session, depth)

    def _truth(self, node: ast.expr, known: _Known, session: str, depth: int = 0) -> bool | None:
        if depth > 20:
            return None
        if isinstance(node, ast.Name) and node.id in known:
            return self._truth(known[node.id], {k: v for k, v in known.items() if k != node.id}, session, depth + 1)
        if isinstance(node, ast.Attribute) and node.attr == "posargs":
            return bool(self._posargs)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            inner = self._truth(node.operand, known, session, depth + 1)
            return None if inner is None else not inner
        if (platform := _platform(node)) is not None:
            return platform
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], (ast.Eq, ast.NotEq)):
            sides = [self._words(side, known, session, depth + 1) for side in (node.left, node.comparators[0])]
            if all(len(side) == 1 and is_known(side[0]) for side in sides):
                return (sides[0] == sides[1]) is isinstance(node.ops[0], ast.Eq)
            return None
        try:
            return bool(ast.literal_eval(node))
        except (ValueError, TypeError, SyntaxError):
            return None


def _platform(node: ast.expr) -> bool | None:
    """Decide the usual questions after the platform, for a Linux runner; None for any other expression."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "sys.platform.startswith" and node.args:
        start = node.args[0]
        return "linux".startswith(str(start.value)) if isinstance(start, ast.Constant) else None
    if not isinstance(node, ast.Compare) or len(node.ops) != 1 or not isinstance(node.comparators[0], ast.Constant):
        return None
    other = node.comparators[0]
    ours = {"sys.platform": "linux", "os.name": "posix", "platform.system()": "Linux"}.get(ast.unparse(node.left))
    if ours is None or not isinstance(other, ast.Constant) or not isinstance(node.ops[0], (ast.Eq, ast.NotEq)):
        return None
    return (ours == other.value) is isinstance(node.ops[0], ast.Eq)


def _assigned(body: Iterable[ast.stmt]) -> set[str]:
    """Return the names that the statements may set."""
    nodes = [inner for statement in body for inner in ast.walk(statement)]
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def _both(first: str, second: str) -> str:
    return " and ".join(filter(None, (first, second)))
