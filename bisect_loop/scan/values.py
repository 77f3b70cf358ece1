"""What an expression may stand for, and what a scope was seen to do with it."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace

from bisect_loop.scan.model import HolderKind, Place
from bisect_loop.scan.resources import Resource
from bisect_loop.scan.scopes import Chain, Module, Scope

# Objects that wrap themselves, and functions that call each other, must not make these grow for ever.
_LONGEST_PATH = 4
_MOST_CONDS = 16


@dataclass(frozen=True, slots=True)
class Cond:
    """A test that must come out as `wanted` for the code behind it to run."""

    test: ast.expr
    wanted: bool
    scope: Scope


Conds = tuple[Cond, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """A resource, or an object that has one below the attributes of `path`.

    `identity` is equal for two expressions that stand for the same object. `fresh` says that evaluating the
    expression makes a new object; reading a variable does not. `managed` values come from a `with` statement,
    which closes them. `lazy` is the method that makes the resource, where constructing the object does not.
    """

    resource: Resource
    made_at: Place
    made_in: Scope
    call: ast.Call
    identity: Place
    path: Chain = ()
    conds: Conds = ()
    fresh: bool = True
    managed: bool = False
    lazy: Scope | None = None

    def below(self, *names: str) -> Value:
        """The object that has this one as an attribute."""
        return replace(self, path=_longer(names, self.path))

    def under(self, conds: Conds) -> Value:
        """This value, where it is had only under `conds`."""
        added = tuple(cond for cond in conds if cond not in self.conds)
        return replace(self, conds=(*added, *self.conds)[:_MOST_CONDS]) if added else self


@dataclass(frozen=True, slots=True)
class Param:
    """Whatever the caller passes for this parameter, or an object that has it below `path`."""

    name: str
    path: Chain = ()

    def below(self, *names: str) -> Param:
        return replace(self, path=_longer(names, self.path))


def _longer(names: Chain, path: Chain) -> Chain:
    return path if len(names) + len(path) > _LONGEST_PATH else (*names, *path)


@dataclass(frozen=True, slots=True)
class Instance:
    """An object of one of the project's own classes that holds no resource so far."""

    klass: Scope


Abstract = Value | Param | Instance


@dataclass(frozen=True, slots=True)
class Holder:
    """A place that lives as long as the process. `names` lead to it from `module`, where that is the project's."""

    kind: HolderKind
    dotted: str
    module: Module | None = None
    names: Chain = ()

    def below(self, path: Chain) -> Holder:
        """An attribute of what is held here."""
        if not path:
            return self
        return replace(self, dotted=".".join((self.dotted, *path)))


@dataclass(frozen=True, slots=True)
class Store:
    """`value` goes into `holder`, in `scope` at `node`, under `conds`.

    `per_loop` says that what is held is looked up by loop.
    """

    holder: Holder
    value: Value
    scope: Scope
    node: ast.AST
    conds: Conds = ()
    per_loop: bool = False

    @property
    def dotted(self) -> str:
        """The path to the resource itself."""
        return self.holder.below(self.value.path).dotted


@dataclass(frozen=True, slots=True)
class ParamStore:
    """The same for something that the caller passes."""

    holder: Holder
    param: Param
    conds: Conds = ()
    per_loop: bool = False


@dataclass(frozen=True, slots=True)
class CallSite:
    """A call of one of the project's own functions."""

    callee: Scope
    conds: Conds
    node: ast.Call


@dataclass(slots=True)
class Facts:
    """What one scope was seen to do."""

    stores: list[Store] = field(default_factory=list)
    param_stores: list[ParamStore] = field(default_factory=list)
    returns: list[Abstract] = field(default_factory=list)
    yields: list[Abstract] = field(default_factory=list)
    own: list[tuple[str, Value | Param]] = field(default_factory=list)
    env: dict[str, tuple[Abstract, ...]] = field(default_factory=dict)
    calls: list[CallSite] = field(default_factory=list)
    # Dicts for their order, which makes every scan of the same files say the same.
    handed: dict[Scope, None] = field(default_factory=dict)  # functions that are passed a resource
    forwarded: dict[Scope, None] = field(default_factory=dict)  # functions that are passed a parameter of this one

    def summary(self) -> tuple[object, ...]:
        """What other scopes can see of it: equal summaries mean that nothing has changed for them."""
        return (
            tuple((store.holder, store.value) for store in self.stores),
            tuple(self.param_stores),
            tuple(self.returns),
            tuple(self.own),
            tuple(sorted(self.env.items(), key=lambda item: item[0])),
        )
