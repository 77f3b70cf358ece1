"""tox's `{...}` in strings, for the ini and the TOML form alike."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field

from bisect_loop.conditions.ci.holes import hole
from bisect_loop.conditions.ci.launch.call import Call

# What tox 4 lets through by itself on POSIX (tox_env/api.py, tox_env/python/virtual_env/api.py of tox 4.67).
DEFAULT_PASS = (
    *(
        "https_proxy",
        "http_proxy",
        "no_proxy",
        "LANG",
        "LANGUAGE",
        "CURL_CA_BUNDLE",
        "SSL_CERT_FILE",
        "CC",
        "CFLAGS",
    ),
    *("CCSHARED", "CXX", "CPPFLAGS", "LD_LIBRARY_PATH", "LDFLAGS", "HOME", "FORCE_COLOR", "NO_COLOR", "NETRC"),
    *("PYTHON_GIL", "TMPDIR", "NIX_LD", "NIX_LD_LIBRARY_PATH", "SSH_AGENT_PID", "SSH_AUTH_SOCK"),
    *("PIP_*", "VIRTUALENV_*", "REQUESTS_CA_BUNDLE", "PKG_CONFIG*", "PATH"),
)
_INNERMOST = re.compile(r"(?<!\\)\{([^{}]*)\}")
_ROUNDS = 100


@dataclass
class Substitution:
    """Fills in `{...}` for one environment. `setting` reads a key: ("section" or "", key) -> text, None if absent.

    `set_env` holds the environment's own variables, unfilled: they see one another and then the outside.
    """

    call: Call
    env_name: str
    posargs: tuple[str, ...] | None
    setting: Callable[[str, str], str | None]
    root: str
    set_env: dict[str, str] = field(default_factory=dict)
    _open: set[str] = field(default_factory=set)

    def fill(self, text: str) -> str:
        for _ in range(_ROUNDS):
            filled = _INNERMOST.sub(lambda match: self._one(match[1]), text)
            if filled == text:
                break
            text = filled
        return text.replace("\\{", "{").replace("\\}", "}")

    def variable(self, name: str, default: str) -> str:
        if name in self.set_env and name not in self._open:
            self._open.add(name)
            try:
                return self.fill(self.set_env[name])
            finally:
                self._open.discard(name)
        value = self.call.variable(name)
        return default if value is None else value

    def _one(self, inside: str) -> str:
        name, colon, default = inside.partition(":")
        if inside in ("/", ":"):
            return inside
        if name == "posargs":
            return default if self.posargs is None else " ".join(map(shlex.quote, self.posargs))
        if name == "env":
            key, _, fallback = default.partition(":")
            return self.variable(key, fallback)
        if name in ("tox_root", "toxinidir", "toxworkdir/..") and not colon:
            return str(self.call.files.root / self.root)
        if name in ("env_name", "envname"):
            return self.env_name
        if name in ("env_python", "envpython"):
            return "python"
        section = re.fullmatch(r"\[([^\]]*)\](.+)", inside)
        found = self.setting(section[1], section[2]) if section else self.setting("", inside)
        return hole("{" + inside + "}") if found is None else found
