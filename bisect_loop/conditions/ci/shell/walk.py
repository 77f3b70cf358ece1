"""A script walked through as a shell would run it when nothing fails, to see which pytest commands it comes to.

Nothing is executed. Where a condition cannot be decided both ways are walked, and what they leave different is
unknown afterwards. Launchers (`make test`, `tox`) are followed into the project's files.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from bisect_loop.conditions.ci.addopts import addopts_of, pytest_addopts
from bisect_loop.conditions.ci.facts import EnvEntry, PytestCommand, Source, Unresolved
from bisect_loop.conditions.ci.holes import hole, holes_in, known, show
from bisect_loop.conditions.ci.launch import Call, Follow, Outcome, Pytest, Refused, Step, resolve
from bisect_loop.conditions.ci.shell import builtin
from bisect_loop.conditions.ci.shell.conditional import holds
from bisect_loop.conditions.ci.shell.expand import Expander
from bisect_loop.conditions.ci.shell.grammar import parse
from bisect_loop.conditions.ci.shell.lexer import ShellError, is_document
from bisect_loop.conditions.ci.shell.state import State, merged
from bisect_loop.conditions.ci.shell.tree import (
    AndOr,
    Case,
    Group,
    If,
    Loop,
    Node,
    Pipe,
    Script,
    Simple,
    shown,
)

_DEPTH = 14  # launchers within launchers
_UNROLL = 64  # turns of a `for` over words that are known
_COMMANDS = 400  # found in one job; more is a circle


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a script stands. `source` is its first line; a `folded` script is one line, whatever it looks like."""

    source: Source
    folded: bool = False
    through: tuple[str, ...] = ()
    condition: str = ""
    persists: bool = False

    def at(self, line: int) -> Source:
        return self.source if self.folded else replace(self.source, line=self.source.line + line)

    def under(self, condition: str) -> Frame:
        return replace(self, condition=" and ".join(filter(None, (self.condition, condition))))


@dataclass
class Walk:
    """Collects what the scripts of one job come to. `persisted` is what was written to $GITHUB_ENV."""

    commands: list[PytestCommand] = field(default_factory=list)
    unresolved: list[Unresolved] = field(default_factory=list)
    persisted: dict[str, EnvEntry] = field(default_factory=dict)

    def script(self, text: str, state: State, frame: Frame) -> None:
        """Walk the script `text`, which changes `state`."""
        try:
            nodes = parse(text)
            self._nodes(nodes, state, frame)
        except ShellError as error:
            if "test" in show(text):
                first = next((line.strip() for line in show(text).splitlines() if "test" in line), "")
                self._refuse(first, f"the script cannot be read: {error}", frame.source)

    def words(self, words: tuple[str, ...], state: State, frame: Frame, source: Source) -> None:
        """Walk one command whose words are final."""
        env = {name: entry.text for name, entry in state.env.items()}
        call = Call(words, state.cwd, env, state.files, source)
        self._outcome(resolve(call), call, state, frame)

    def _refuse(self, text: str, reason: str, source: Source) -> None:
        entry = Unresolved(show(text), show(reason), source)
        if entry not in self.unresolved:
            self.unresolved.append(entry)

    # -- control flow ------------------------------------------------------------------------------------------

    def _nodes(self, nodes: Script, state: State, frame: Frame) -> bool | None:
        status: bool | None = True
        for node in nodes:
            if state.ended or len(self.commands) > _COMMANDS:
                break
            status = self._node(node, state, frame)
        return status

    def _node(self, node: Node, state: State, frame: Frame) -> bool | None:
        """Walk `node` and return how it ends: True for success, None where that cannot be known."""
        if isinstance(node, Simple):
            return self._simple(node, state, frame)
        if isinstance(node, AndOr):
            return self._and_or(node, state, frame)
        if isinstance(node, Pipe):
            return self._pipe(node, state, frame)
        if isinstance(node, If):
            return self._if(node.arms, node, state, frame)
        if isinstance(node, Loop):
            return self._loop(node, state, frame)
        if isinstance(node, Case):
            return self._case(node, state, frame)
        if isinstance(node, Group):
            inner = state.copy() if node.subshell else state
            return self._nodes(node.body, inner, replace(frame, persists=frame.persists or node.persists))
        state.functions[node.name] = node.body
        return True

    def _maybe(self, body: Callable[[State, Frame], object], condition: str, state: State, frame: Frame) -> None:
        """Walk `body` as something that may or may not happen."""
        taken = state.copy()
        body(taken, frame.under(condition))
        state.become(merged(taken, state.copy()))

    def _and_or(self, node: AndOr, state: State, frame: Frame) -> bool | None:
        status = self._node(node.first, state, frame)
        condition = shown(node.first)
        for operator, inner in node.rest:
            if state.ended:
                break
            if status is None:
                text = condition if operator == "&&" else f"! {condition}"
                self._maybe(lambda s, f, inner=inner: self._node(inner, s, f), text, state, frame)  # type: ignore[misc]
            elif status is (operator == "&&"):
                status = self._node(inner, state, frame)
            condition = f"{condition} {operator} {shown(inner)}"
        return status

    def _pipe(self, node: Pipe, state: State, frame: Frame) -> bool | None:
        if builtin.tees_to_env(node):
            frame = replace(frame, persists=True)
        status: bool | None = True
        for inner in node.nodes:
            # Each side of a pipe is a shell of its own; a lone `! x` is not.
            status = self._node(inner, state.copy() if len(node.nodes) > 1 else state, frame)
        return status if not node.negated or status is None else not status

    def _if(self, arms: tuple[tuple[Script, Script], ...], node: If, state: State, frame: Frame) -> bool | None:
        if not arms:
            return self._nodes(node.other, state, frame)
        head, body = arms[0]
        status = self._nodes(head, state, frame)
        if status is True:
            return self._nodes(body, state, frame)
        if status is False:
            return self._if(arms[1:], node, state, frame)
        condition = "; ".join(map(shown, head))
        taken, other = state.copy(), state.copy()
        self._nodes(body, taken, frame.under(f"if {condition}"))
        self._if(arms[1:], node, other, frame.under(f"if not {condition}"))
        state.become(merged(taken, other))
        return True

    def _loop(self, node: Loop, state: State, frame: Frame) -> bool | None:
        if not node.name:
            self._maybe(lambda s, f: self._nodes(node.head + node.body, s, f), node.shown, state, frame)
            return True
        expander = self._expander(state, frame)
        words = [word for raw in node.words for word in expander.words(raw)]
        if not all(map(known, words)) or len(words) > _UNROLL:
            state.variables[node.name] = hole(f"${node.name}")
            self._maybe(lambda s, f: self._nodes(node.body, s, f), node.shown, state, frame)
            return True
        for word in words:
            state.assign(node.name, word, frame.source, export=False)
            self._nodes(node.body, state, frame)
        return True

    def _case(self, node: Case, state: State, frame: Frame) -> bool | None:
        expander = self._expander(state, frame)
        word = expander.one(node.word)
        ways: list[State] = []
        for patterns, body in node.arms:
            choices = [expander.one(pattern) for pattern in patterns]
            if not known(word) or not all(map(known, choices)):
                way = state.copy()
                self._nodes(body, way, frame.under(f"case {show(word)} in {'|'.join(map(show, choices))}"))
                ways.append(way)
            elif any(fnmatchcase(word, choice) for choice in choices):
                self._nodes(body, state, frame)
                return True
        for way in ways:
            state.become(merged(way, state.copy()))
        return True

    # -- commands ----------------------------------------------------------------------------------------------

    def _expander(self, state: State, frame: Frame) -> Expander:
        def command(text: str) -> str:
            return builtin.output(text, state, frame.source.file, lambda raw: self._expander(state, frame).one(raw))

        return Expander(state.value, command, state.arguments, lambda pattern: state.files.glob(state.cwd, pattern))

    def _simple(self, node: Simple, state: State, frame: Frame) -> bool | None:
        expander = self._expander(state, frame)
        source = frame.at(node.line)
        if not node.words:
            self._assign(node, state, frame, source, export=False)
            return True
        if node.words[0] in ("[", "[[", "test"):
            end = -1 if node.words[0] != "test" else None
            return holds(node.words[1:end], expander)
        if builtin.is_declaration(node.words[0]):
            return builtin.declare(node, state, expander, source)
        words = tuple(word for raw in node.words for word in expander.words(raw))
        if not words:
            return True
        if any("GITHUB_ENV" in target for _, target in node.redirects) or frame.persists:
            self._persist(words, frame, source, node)
        if words[0] in state.functions:
            return self._function(words, state, frame)
        done, status = builtin.run(words, state)
        if done:
            return status
        inner = state
        if node.assignments:
            inner = state.copy()
            self._assign(node, inner, frame, source, export=True)
        if words[0] == "eval":
            self.script(" ".join(words[1:]), inner, replace(frame, source=source, folded=True))
        else:
            self.words(words, inner, frame, source)
        if words[0] == "exec" and len(words) > 1:
            state.ended = True
        return True

    def _assign(self, node: Simple, state: State, frame: Frame, source: Source, *, export: bool) -> None:
        """Do the assignments in order: a later one sees what an earlier one set."""
        for name, raw, appends in node.assignments:
            before = state.value(name) or "" if appends else ""
            state.assign(name, before + self._expander(state, frame).one(raw), source, export=export)

    def _function(self, words: tuple[str, ...], state: State, frame: Frame) -> bool | None:
        if len(frame.through) > _DEPTH:
            return True
        outer = state.arguments
        body, state.arguments = state.functions[words[0]], words[1:]
        status = self._node(body, state, replace(frame, through=(*frame.through, f"{words[0]}()")))
        state.arguments, state.ended = outer, False
        return status

    def _persist(self, words: tuple[str, ...], frame: Frame, source: Source, node: Simple) -> None:
        if any(is_document(operator) for operator, _ in node.redirects):
            self._refuse(shown(node), "a here-document writes to $GITHUB_ENV, which is not read", source)
        for name, text in builtin.printed(words):
            # What a step may have written, depending on a condition, is not known later.
            value = hole(f"${name}") if frame.condition else text
            self.persisted[name] = EnvEntry(name, value, source, "step")

    def _outcome(self, outcome: Outcome, call: Call, state: State, frame: Frame) -> None:
        if isinstance(outcome, Refused):
            self._refuse(call.shown, outcome.reason, call.source)
        elif isinstance(outcome, Pytest):
            self._found(outcome, call, state, frame)
        elif isinstance(outcome, Follow):
            if len(frame.through) > _DEPTH:
                self._refuse(call.shown, "it leads in a circle", call.source)
                return
            through = (*frame.through, outcome.through) if outcome.through else frame.through
            inner = replace(frame, through=through, persists=False)
            for step in outcome.steps:
                self._step(step, state, inner, outcome)

    def _step(self, step: Step, state: State, frame: Frame, outcome: Follow) -> None:
        inner = state if outcome.same_shell else state.child(step.arguments)
        frame = replace(frame, source=step.source, folded=bool(step.argv) or step.source.line != 1)
        if step.condition:
            frame = frame.under(step.condition)
        if step.keeps is not None:
            dropped = [name for name in inner.keep_only(step.keeps) if state.env[name].level != "default"]
            if dropped:
                frame = replace(
                    frame, through=(*frame.through[:-1], f"{outcome.through}, without {', '.join(dropped)}")
                )
        for name, text, source in step.env:
            # `env A=1 pytest` in the script itself is the shell's, whoever does it.
            inner.env[name] = EnvEntry(name, text, source, "shell" if outcome.through == "env" else "launcher")
        if step.cwd is not None:
            inner.cwd = step.cwd
        if step.argv:
            self.words(step.argv, inner, frame, step.source)
            return
        outer = state.arguments
        if outcome.same_shell and step.arguments:
            state.arguments = step.arguments
        self.script(step.text, inner, frame)
        if outcome.same_shell:
            state.arguments, state.ended = outer, False

    def _found(self, outcome: Pytest, call: Call, state: State, frame: Frame) -> None:
        start = ("python", "-m", "pytest") if outcome.as_module else ("pytest",)
        options = outcome.coverage_run
        texts = (*outcome.args, *(options or ()))
        unresolved = tuple(dict.fromkeys(part for text in texts for part in holes_in(text)))
        env = tuple(state.env.values())
        notes = tuple(f"{name} is set in no file: taken as unset" for name in sorted(state.assumed))
        command = PytestCommand(
            argv=(*start, *map(show, outcome.args)),
            working_directory=show(state.cwd),
            source=call.source,
            through=frame.through,
            env=env,
            coverage_run=None if options is None else tuple(map(show, options)),
            addopts=(*addopts_of(state.files, state.cwd, outcome.args), *pytest_addopts(env)),
            unresolved=unresolved + holes_in(state.cwd),
            condition=frame.condition,
            notes=notes,
        )
        if not any(_same(command, other) for other in self.commands):
            self.commands.append(command)


def _same(command: PytestCommand, other: PytestCommand) -> bool:
    """tox's py310 and py311 often run the very same command."""
    return replace(command, source=other.source, through=other.through, env=()) == replace(other, env=()) and [
        (entry.name, entry.text) for entry in command.env
    ] == [(entry.name, entry.text) for entry in other.env]
