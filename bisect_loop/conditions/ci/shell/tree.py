"""The tree that a shell script is read into. Words stay as written: what they mean depends on variables."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Simple:
    """A command with its words as written. `assignments` are (name, value, appends)."""

    words: tuple[str, ...]
    assignments: tuple[tuple[str, str, bool], ...]
    redirects: tuple[tuple[str, str], ...]
    line: int


@dataclass(frozen=True, slots=True)
class AndOr:
    """`first && then || other`: `rest` holds (operator, node)."""

    first: Node
    rest: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Pipe:
    nodes: tuple[Node, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class If:
    """`arms` are (condition, body); `shown` is the first condition as written."""

    arms: tuple[tuple[Script, Script], ...]
    other: Script
    shown: str


@dataclass(frozen=True, slots=True)
class Loop:
    """`for name in words` where `name` is set, else `while` and `until`."""

    name: str
    words: tuple[str, ...]
    head: Script
    body: Script
    shown: str


@dataclass(frozen=True, slots=True)
class Case:
    word: str
    arms: tuple[tuple[tuple[str, ...], Script], ...]
    shown: str


@dataclass(frozen=True, slots=True)
class Group:
    """`persists` says that what the group prints goes to $GITHUB_ENV."""

    body: Script
    subshell: bool = False
    persists: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    name: str
    body: Node


Node = Simple | AndOr | Pipe | If | Loop | Case | Group | Function
Script = tuple[Node, ...]


def shown(node: Node) -> str:
    """Return a node as a short text for people."""
    if isinstance(node, Simple):
        return " ".join((*(f"{name}={value}" for name, value, _ in node.assignments), *node.words))
    if isinstance(node, AndOr):
        return " ".join((shown(node.first), *(f"{operator} {shown(inner)}" for operator, inner in node.rest)))
    if isinstance(node, Pipe):
        return ("! " if node.negated else "") + " | ".join(map(shown, node.nodes))
    if isinstance(node, (If, Loop, Case)):
        return node.shown
    return f"{node.name}()" if isinstance(node, Function) else "; ".join(map(shown, node.body))
