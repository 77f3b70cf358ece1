"""Shell scripts of the project: `scripts/test`, `bash run.sh`, `sh -c "..."`, `source env.sh`."""

from __future__ import annotations

import re

from bisect_loop.conditions.ci.facts import Source
from bisect_loop.conditions.ci.holes import known, show
from bisect_loop.conditions.ci.launch.call import Call, Follow, Outcome, Refused, Step

_SHELLS = ("bash", "sh", "dash", "zsh", "ash", "ksh")
_SHEBANG = re.compile(r"#!\s*(?:\S*/)?(?:env\s+(?:-S\s+)?)?(?P<program>[\w.+-]+)")
_SHELL_WITH_VALUE = ("-o", "+o", "-O", "+O", "--rcfile", "--init-file")


def resolve(call: Call) -> Outcome:
    """Follow a shell or a script that the words name; None for any other program."""
    program = call.words[0]
    if program.rsplit("/", 1)[-1] in _SHELLS:
        return _shell(call)
    if program in ("source", "."):
        return _script(call, call.args[0], call.args[1:], same_shell=True) if call.args else None
    if "/" in program or program.endswith(".sh"):
        return _script(call, program, call.args)
    return None


def _shell(call: Call) -> Outcome:
    words = list(call.args)
    while words:
        word = words.pop(0)
        if word in _SHELL_WITH_VALUE:
            del words[:1]
        elif re.fullmatch(r"-[a-z]*c[a-z]*", word):  # -c, -lc, -ec
            if not words:
                return None
            step = Step(call.source, text=words[0], arguments=tuple(words[2:]))
            return Follow(f"{show(call.words[0])} {word}", (step,))
        elif not word.startswith(("-", "+")):
            return _script(call, word, tuple(words), certain=True)
    return None


def _script(
    call: Call, name: str, args: tuple[str, ...], *, same_shell: bool = False, certain: bool = False
) -> Outcome:
    path = call.path(name)
    text = call.files.text(path)
    if path is None or text is None:
        if not re.search(r"test|check", show(name)):
            return None
        reason = "is not in the repository" if known(name) else "is not known from the files"
        return Refused(f"the script {show(name)} {reason}")
    match = _SHEBANG.match(text)
    program = match["program"] if match else "sh"
    if not (certain or same_shell) and program not in _SHELLS:
        return Refused(f"{path} is a program for {program}, which is not read") if "test" in path else None
    step = Step(Source(path, 1), text=text, arguments=args)
    return Follow(path, (step,), same_shell=same_shell)
