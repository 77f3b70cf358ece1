"""The lines of a fixture that put one thing back: what the interpreter keeps, and names of modules."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace

from bisect_loop.model import Change

_VARIABLE = re.compile(r"os\.environ\[(['\"])(\w+)\1\]")
_LEVEL = re.compile(r"(logging\.getLogger\((?:'[\w.]*')?\))\.(level|disabled|propagate)")
# A change of many loggers at once: a configuration disables all that it does not name.
EVERY_LOGGER = "whether each logger is disabled"
_DEFAULTS = ".__defaults__"
_SIGNAL = re.compile(r"the handler of (SIG\w+)")
_HANDLERS = re.compile(r"(logging\.getLogger\((?:'[\w.]*')?\))\.handlers")
_IN_MODULES = re.compile(r"sys\.modules\['([\w.]+)'\]")
_KINDS = {
    "list": re.compile(r"\[|list of \d+"),
    "dict": re.compile(r"\{\}|\{[^{}]*?:|dict of \d+"),
    "set": re.compile(r"set\(\)|\{|set of \d+"),
}
# How the content of a container is kept, and the lines that give it back: the container stays the same object.
_CONTENT = {
    "list": ("list", ("{whole}[:] = {before}",)),
    "bytearray": ("bytes", ("{whole}[:] = {before}",)),
    "deque": ("list", ("{whole}.clear()", "{whole}.extend({before})")),
}
_BY_KEYS = ("dict", ("{whole}.clear()", "{whole}.update({before})"))
_CONTENT |= dict.fromkeys(("dict", "OrderedDict", "defaultdict", "Counter"), _BY_KEYS)
_CONTENT["set"] = ("set", _BY_KEYS[1])
CONTAINERS = frozenset(_CONTENT)
# What the interpreter keeps: how it is read, how it is given back, and the module that does both.
_PROCESS = {
    "the working directory": ("os.getcwd()", "os.chdir({})", "os"),
    "sys.path": ("list(sys.path)", "sys.path[:] = {}", "sys"),
    "sys.argv": ("list(sys.argv)", "sys.argv[:] = {}", "sys"),
    "sys.excepthook": ("sys.excepthook", "sys.excepthook = {}", "sys"),
    "sys.getrecursionlimit()": ("sys.getrecursionlimit()", "sys.setrecursionlimit({})", "sys"),
    "socket.getdefaulttimeout()": ("socket.getdefaulttimeout()", "socket.setdefaulttimeout({})", "socket"),
    "gc.isenabled()": ("gc.isenabled()", "gc.enable() if {} else gc.disable()", "gc"),
    "decimal.getcontext()": ("decimal.getcontext().copy()", "decimal.setcontext({})", "decimal"),
    "logging.root.manager.disable": ("logging.root.manager.disable", "logging.disable({})", "logging"),
    "locale.setlocale(LC_ALL)": (
        "locale.setlocale(locale.LC_ALL)",
        "locale.setlocale(locale.LC_ALL, {})",
        "locale",
    ),
    "the state of random": ("random.getstate()", "random.setstate({})", "random"),
    "the state of numpy.random": ("numpy.random.get_state()", "numpy.random.set_state({})", "numpy"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """`setup` and `teardown` are lines, in which {module} stands for `module`, a module of the application.

    `imports` is another module that the lines need. `rebinds` is the global of the fixture's own module that is
    assigned. `inner` is the rest of the change's name where a container around what changed is put back.
    """

    setup: tuple[str, ...]
    teardown: tuple[str, ...]
    module: str = ""
    imports: str = ""
    rebinds: str = ""
    inner: str = ""

    @property
    def done(self) -> tuple[str, ...]:
        """What is given back: two changes of one container are put back by one part."""
        return tuple(re.sub(r"\bbefore_\d+", "before", line) for line in self.teardown)


def of_process(what: str, before: str) -> Part | None:
    """Put back `what` the process or the standard library keeps; `before` is a free name."""
    if what == EVERY_LOGGER:
        enabled = "[one for one in logging.root.manager.loggerDict.values() if not getattr(one, 'disabled', True)]"
        restored = f"for logger in {before}:", "    logger.disabled = False"
        return Part((f"{before} = {enabled}",), restored, imports="logging")
    variable = _VARIABLE.fullmatch(what)
    if variable is not None:
        name = variable[2]
        return Part(
            (f'{before} = os.environ.get("{name}")',),
            (
                f"if {before} is None:",
                f'    os.environ.pop("{name}", None)',
                "else:",
                f'    os.environ["{name}"] = {before}',
            ),
            imports="os",
        )
    level = _LEVEL.fullmatch(what)
    if level is not None:
        logger, attribute = level.groups()
        put = f"{logger}.setLevel({before})" if attribute == "level" else f"{what} = {before}"
        return Part((f"{before} = {what}",), (put,), imports="logging")
    handlers = _HANDLERS.fullmatch(what)
    if handlers is not None:
        return Part((f"{before} = list({what})",), (f"{what}[:] = {before}",), imports="logging")
    handled = _SIGNAL.fullmatch(what)
    if handled is not None:
        number = f"signal.{handled[1]}"
        return Part(
            (f"{before} = signal.getsignal({number})",), (f"signal.signal({number}, {before})",), imports="signal"
        )
    known = _PROCESS.get(what)
    if known is None:
        return None
    read, put, module = known
    return Part((f"{before} = {read}",), (put.format(before),), imports=module)


def of_module(change: Change, before: str) -> Part | None:
    """Put back a module that another took the place of. One that is imported for the first time may stay."""
    replaced = _IN_MODULES.fullmatch(change.what)
    if replaced is None or not change.before:
        return None
    name = f'"{replaced[1]}"'
    return Part((f"{before} = sys.modules[{name}]",), (f"sys.modules[{name}] = {before}",), imports="sys")


def of_name(rest: str, change: Change, before: str, module: str = "") -> Part | None:
    """Put back `rest`, a path in `module`, in the fixture's own where none is named; `before` is a free name.

    A container that was changed in place keeps its identity. Everything else is assigned: were the content of another
    object written to, that other object would be the next one to be wrong.
    """
    node = ast.parse(rest, mode="eval").body
    prefix = f"{{{module}}}." if module else ""
    within, defaults, _ = rest.partition(_DEFAULTS)
    if defaults:  # a tuple: what it holds is copied with it
        whole = f"{prefix}{within}{_DEFAULTS}"
        lines = (f"{before} = {_copied(whole)}",), (f"{whole} = {before}",)
        return Part(*lines, module=module, imports="copy", inner=rest.removeprefix(within + _DEFAULTS))
    if isinstance(node, ast.Subscript):
        inner = ast.unparse(node)[len(ast.unparse(node.value)) :]
        # The item may hold the container that was changed, and then a copy of the outer one alone is none.
        deep = _holds_container(change.before, 0)
        target = ast.unparse(node.value)
        kind = change.container or ("dict" if _is_text(node.slice) else "list")
    elif isinstance(node, ast.Name | ast.Attribute):
        if not change.before:
            return _gone(f"{prefix}{rest}", before, module)
        inner, target = "", rest
        deep = _holds_container(change.before, 1)
        kind = change.container or _kind(change)
    else:
        return None
    whole = f"{prefix}{target}"
    if kind in _CONTENT and not (change.container and not change.same):
        part = _in_place(kind, whole, before, deep=deep)
    else:
        rebinds = "" if "." in whole or "[" in whole else whole
        part = Part((f"{before} = {_copied(whole) if deep else whole}",), (f"{whole} = {before}",), rebinds=rebinds)
    return replace(part, module=module, imports="copy" if deep else "", inner=inner)


def _kind(change: Change) -> str:
    """The container that both texts for people show; "" for none."""
    return next(
        (kind for kind, known in _KINDS.items() if known.match(change.before) and known.match(change.after)), ""
    )


def _is_text(key: ast.expr) -> bool:
    return isinstance(key, ast.Constant) and isinstance(key.value, str)


def _holds_container(text: str, depth: int) -> bool:
    """Whether the text of a plain value shows a list, dict or set as the value itself (depth 0) or in it (depth 1)."""
    try:
        value: object = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):  # it was cut, or holds what is no literal
        return text[:1] in tuple("[{(") and len(re.findall(r"[\[{(]", text)) > depth
    if depth == 0 or isinstance(value, tuple):
        return _has_container(value)
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list | set) else ()
    return any(map(_has_container, items))


def _has_container(value: object) -> bool:
    return isinstance(value, list | dict | set) or (isinstance(value, tuple) and any(map(_has_container, value)))


def _copied(whole: str) -> str:
    return f"copy.deepcopy({whole})"


def _in_place(kind: str, whole: str, before: str, *, deep: bool) -> Part:
    read, back = content(kind, whole, before)
    return Part((f"{before} = {_copied(whole) if deep else read}",), back)


def content(kind: str, whole: str, before: str) -> tuple[str, tuple[str, ...]]:
    """How the content of a container is copied, and the lines that give it back to the same object.

    `kind` is one of CONTAINERS, `whole` the expression that is the container, `before` the name of the copy.
    """
    copied, back = _CONTENT[kind]
    return f"{copied}({whole})", tuple(line.format(whole=whole, before=before) for line in back)


def _gone(whole: str, before: str, module: str) -> Part:
    """What was not there goes again. A class may have a default of that name: what is asked is who keeps it."""
    parent, _, name = whole.rpartition(".")
    if not parent:
        there, forget = f'"{name}" in globals()', f'globals().pop("{name}", None)'
        return Part((f"had_{before} = {there}",), (f"if not had_{before}:", f"    {forget}"))
    there = f'"{name}" in vars({parent})'
    return Part((f"had_{before} = {there}",), (f"if not had_{before} and {there}:", f"    del {whole}"), module)
