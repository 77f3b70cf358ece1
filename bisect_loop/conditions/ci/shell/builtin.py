"""The shell's own commands, as far as they matter to what pytest sees."""

from __future__ import annotations

import re
from collections.abc import Callable

from bisect_loop.conditions.ci.facts import Source
from bisect_loop.conditions.ci.holes import hole, known
from bisect_loop.conditions.ci.shell.expand import Expander, braces
from bisect_loop.conditions.ci.shell.state import State
from bisect_loop.conditions.ci.shell.tree import Pipe, Simple

_DECLARATIONS = ("export", "declare", "typeset", "local", "readonly")
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)(\+?)=(.*)", re.DOTALL)
_SCRIPT_ITSELF = re.compile(r"dirname\s+(?:--\s+)?\"?(?:\$0|\$\{0\}|\$BASH_SOURCE|\$\{BASH_SOURCE(?:\[0\])?\})\"?")
_CD_PWD = re.compile(r"cd\s+(?:-P\s+)?(.+?)\s*(?:>\s*/dev/null(?:\s+2>&1)?\s*)?(?:&&|;)\s*pwd(?:\s+-P)?", re.DOTALL)


def is_declaration(name: str) -> bool:
    return name in _DECLARATIONS


def declare(node: Simple, state: State, expander: Expander, source: Source) -> bool:
    """`export A=b C`: what follows is assigned, not split."""
    export = node.words[0] == "export"
    for raw in (word for written in node.words[1:] for word in braces(written)):
        match = _ASSIGNMENT.fullmatch(raw)
        if match:
            before = state.value(match[1]) or "" if match[2] else ""
            state.assign(match[1], before + expander.one(match[3]), source, export=export)
        elif re.fullmatch(r"-[a-z]*x[a-z]*", raw):
            export = True
        elif export and raw in state.variables:
            state.assign(raw, state.variables[raw], source, export=True)
        elif export and not raw.startswith("-"):
            state.marked.add(raw)
    return True


def run(words: tuple[str, ...], state: State) -> tuple[bool, bool | None]:
    """Run a builtin on `state`. Returns whether it was one, and how it ended (None: not known)."""
    name, args = words[0], [word for word in words[1:] if word != "--"]
    if name in ("cd", "pushd"):
        target = next((arg for arg in args if not arg.startswith("-") or arg == "-"), hole("$HOME"))
        state.change_directory(str(state.files.root / state.before) if target == "-" else target)
    elif name == "popd":
        state.change_directory(str(state.files.root / state.before))
    elif name == "unset":
        for arg in args:
            state.unset(arg)
    elif name == "read":
        for arg in args:
            state.variables[arg] = hole(f"${arg}")
    elif name == "shift":
        count = int(args[0]) if args and args[0].isdigit() else 1
        state.arguments = state.arguments[count:]
    elif name == "set" and "--" in words:
        state.arguments = words[words.index("--") + 1 :]
    elif name in ("exit", "return"):
        state.ended = True
    elif name == "false":
        return True, False
    elif name in ("((", "let", "expr"):
        return True, None
    elif name not in (":", "true", "set", "echo", "printf", "trap", "wait", "shopt", "ulimit", "umask", "alias"):
        return False, True
    return True, True


def printed(words: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return the NAME=value lines that `echo` or `printf` prints, the value a hole where it cannot be known."""
    if words[0] not in ("echo", "printf"):
        return []
    rest = [word for word in words[1:] if not re.fullmatch(r"-[neE]+", word)]
    text = " ".join(rest) if words[0] == "echo" else "".join(rest[:1])
    found = []
    for line in text.replace("\\n", "\n").splitlines():
        match = re.match(r"([A-Za-z_]\w*)(<<|=)(.*)", line, re.DOTALL)
        if match and match[2] == "=" and (words[0] == "echo" or "%" not in match[3]):
            found.append((match[1], match[3]))
        elif match:
            found.append((match[1], hole(f"${match[1]}")))
    return found


def tees_to_env(node: Pipe) -> bool:
    """Tell whether the pipe ends in `tee -a $GITHUB_ENV`."""
    last = node.nodes[-1]
    return isinstance(last, Simple) and last.words[:1] == ("tee",) and any("GITHUB_ENV" in w for w in last.words)


def output(text: str, state: State, script: str, expand: Callable[[str], str]) -> str:
    """Return what `$(text)` gives for the few commands whose output the files settle, else a hole."""
    command = text.strip()
    if command in ("pwd", "pwd -P"):
        return state.directory
    if command == "git rev-parse --show-toplevel":
        return str(state.files.root)
    if _SCRIPT_ITSELF.fullmatch(command):
        return str((state.files.root / script).parent)
    if match := re.fullmatch(r"(?:which|command -v|type -p)\s+([\w./-]+)", command):
        return match[1]
    if match := _CD_PWD.fullmatch(command):
        target = expand(match[1])
        joined = state.files.join(state.cwd, target) if known(target) else None
        if joined is not None:
            return str(state.files.root / joined)
    return hole(f"$({text})")
