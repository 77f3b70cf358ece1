"""make: the recipe of a target, its prerequisites first, with the Makefile's variables filled in."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bisect_loop.conditions.ci.facts import Source
from bisect_loop.conditions.ci.holes import hole, known
from bisect_loop.conditions.ci.launch.call import Call, Follow, Outcome, Refused, Step, split_options

_NAMES = ("GNUmakefile", "makefile", "Makefile")
_VARIABLE = re.compile(
    r"(?:export\s+|override\s+)*([A-Za-z_][\w.-]*)\s*(\?=|:=|::=|\+=|=)\s*(.*)",
)
_RULE = re.compile(r"([^\s:#=][^:#=]*?)\s*::?(?!=)([^;]*)(?:;(.*))?$")
_WITH_VALUE = frozenset({"-C", "--directory", "-f", "--file", "--makefile", "-I", "-o", "-W", "-l"})
_DEPTH = 20


@dataclass
class _Target:
    needs: list[str] = field(default_factory=list)
    recipe: list[tuple[str, int, str]] = field(default_factory=list)  # text, line, the `ifeq` around it
    line: int = 1


@dataclass
class _Makefile:
    targets: dict[str, _Target] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    exported: set[str] = field(default_factory=set)
    default: str = ""


def resolve(call: Call) -> Outcome:
    """Follow `make test`, `make -C dir test X=1`."""
    options, rest = split_options(call.args, _WITH_VALUE, until=False)
    cwd = call.cwd
    for name, value in options:
        if name in ("-C", "--directory"):
            cwd = call.files.join(cwd, value) or cwd
    named = [value for name, value in options if name in ("-f", "--file", "--makefile")]
    paths = [call.files.join(cwd, name) for name in (named or _NAMES)]
    path = next((path for path in paths if path and call.files.text(path) is not None), None)
    targets = [word for word in rest if "=" not in word]
    if path is None:
        wanted = [target for target in targets if "test" in target]
        return Refused("no Makefile is in the repository where it runs") if wanted else None
    given = {name: value for word in rest for name, equals, value in [word.partition("=")] if equals}
    given = {name.rstrip(":?+"): value for name, value in given.items()}
    makefile = _parse(call.files.text(path) or "", given)
    steps: list[Step] = []
    for target in targets or [makefile.default]:
        if not known(target):
            return Refused("which target is made is not known from the files")
        if target not in makefile.targets:
            return Refused(f"{path} has no target {target!r}") if "test" in target else None
        steps += _steps(call, makefile, target, path, cwd, given, ())
    first = (targets or [makefile.default])[0]
    return Follow(f"make {first} ({path}:{makefile.targets[first].line})", tuple(steps))


def _parse(text: str, given: dict[str, str]) -> _Makefile:
    makefile = _Makefile()
    current: list[_Target] = []
    inside: list[str] = []
    for number, line in _logical_lines(text):
        word = line.split(maxsplit=1)[0] if line.strip() else ""
        if line.startswith("\t") and current:
            for target in current:
                target.recipe.append((line.strip(), number, " and ".join(inside)))
        elif word in ("ifeq", "ifneq", "ifdef", "ifndef"):
            inside.append(line.strip())
        elif word == "else" and inside:
            inside[-1] = f"not ({inside[-1]})"
        elif word == "endif":
            del inside[-1:]
        elif match := _VARIABLE.fullmatch(line.strip()):
            _assign(makefile, match, line, bool(inside), given)
            current = []
        elif word == "export":
            makefile.exported.update(line.split()[1:])
        elif match := _RULE.match(line.strip()):
            current = _rule(makefile, match, number)
    return makefile


def _logical_lines(text: str) -> list[tuple[int, str]]:
    """Return (first line, text); in a recipe the shell joins continued lines, elsewhere make does."""
    found: list[tuple[int, str]] = []
    pending, start = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if not pending:
            start = number
            line = line if line.startswith("\t") else re.sub(r"(^|\s)#.*", "", line)
        pending += line.lstrip() if pending else line
        if pending.endswith("\\"):
            pending = pending[:-1] + " "
            continue
        found.append((start, pending))
        pending = ""
    return [*found, (start, pending)] if pending else found


def _assign(makefile: _Makefile, match: re.Match[str], line: str, doubtful: bool, given: dict[str, str]) -> None:
    name, operator, value = match[1], match[2], match[3].strip()
    if line.strip().startswith("export"):
        makefile.exported.add(name)
    if name in given:
        return
    if doubtful and makefile.variables.get(name) != value:
        makefile.variables[name] = hole(f"$({name})")
    elif operator == "+=":
        makefile.variables[name] = f"{makefile.variables.get(name, '')} {value}".strip()
    elif operator == "?=":
        # The environment wins; that is decided where the variable is used.
        makefile.variables.setdefault(f"?{name}", value)
    elif operator in (":=", "::="):
        makefile.variables[name] = value.replace(f"$({name})", makefile.variables.get(name, ""))
    else:
        makefile.variables[name] = value


def _rule(makefile: _Makefile, match: re.Match[str], number: int) -> list[_Target]:
    names = match[1].split()
    needs = [name for name in match[2].replace("|", " ").split() if "%" not in name and "=" not in name]
    found = []
    for name in names:
        target = makefile.targets.setdefault(name, _Target(line=number))
        target.needs += needs
        if match[3]:
            target.recipe.append((match[3].strip(), number, ""))
        if not makefile.default and not name.startswith("."):
            makefile.default = name
        target.line = number if not target.recipe else target.line
        found.append(target)
    return found


def _steps(
    call: Call, makefile: _Makefile, name: str, path: str, cwd: str, given: dict[str, str], seen: tuple[str, ...]
) -> list[Step]:
    target = makefile.targets.get(name)
    if target is None or name in seen or len(seen) > _DEPTH:
        return []
    steps: list[Step] = []
    for needed in target.needs:
        steps += _steps(call, makefile, needed, path, cwd, given, (*seen, name))
    env = tuple(
        (variable, _fill(f"$({variable})", makefile, call, given, name), Source(path, target.line))
        for variable in sorted({*makefile.exported, *given})
    )
    for text, line, condition in target.recipe:
        filled = _fill(text.lstrip("@-+ \t"), makefile, call, given, name)
        steps.append(Step(Source(path, line), text=filled, env=env, cwd=cwd, condition=condition))
    return steps


def _fill(text: str, makefile: _Makefile, call: Call, given: dict[str, str], target: str, depth: int = 0) -> str:
    """Replace `$(X)`, `${X}`, `$@` and `$$`; a function of make, like $(shell ...), is a hole."""

    def one(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        name = match[1] or match[2] or match[3]
        if name == "@":
            return target
        if name == "MAKE":
            return "make"
        if name == "CURDIR":
            return "."
        for value in (given.get(name), makefile.variables.get(name), call.variable(name)):
            if value is not None and depth < _DEPTH:
                return _fill(value, makefile, call, given, target, depth + 1)
        fallback = makefile.variables.get(f"?{name}")
        if fallback is not None and depth < _DEPTH:
            return _fill(fallback, makefile, call, given, target, depth + 1)
        return "" if re.fullmatch(r"[\w.-]+", name) else hole(match[0])

    return re.sub(r"\$\$|\$\(([^()]*(?:\([^()]*\)[^()]*)*)\)|\$\{([^{}]*)\}|\$(\S)", one, text)
