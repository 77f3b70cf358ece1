"""Keeps secrets out of the store and of every report. Pure: text in, text out.

Two ways of finding a secret work together. *By value*: `secrets_in` lists what an environment holds under a name
such as API_TOKEN, or as the password of a URL, and `redact_text` hides those values wherever they turn up. *By
shape*: a password inside a URL, `password=...`, a bearer header, a key with a well-known prefix is hidden even
when nobody told of it.

Every function here is idempotent, so that text may pass through it on its way into the store and again on its
way out, and a finding keeps its id on the second pass. Node ids and paths are never altered: they are what a
reader copies.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from bisect_loop.model import Change, Finding, RunReport, Service, Signature

HIDDEN = "***"

Pair = tuple[str, str]

_SECRET_WORD = re.compile(
    r"(?:^|[_\-.])(?:PASS|PASSWD|PASSWORD|PASSPHRASE|PWD|PW|TOKENS?|SECRETS?|KEYS?|APIKEY|CREDENTIALS?|CREDS?"
    r"|PRIVATE|COOKIE|DSN|SALT)(?=$|[_\-.\d])|PASSWORD|SECRET|APIKEY|ACCESSKEY|AUTHTOKEN",
    re.IGNORECASE,
)
# The shell's own names end like a secret and hold a directory.
_NOT_SECRET = frozenset({"PWD", "OLDPWD"})

# What looks like a secret whatever its name is.
_TOKEN = re.compile(
    r"\b(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{16,}|glpat-[\w\-]{16,}|xox[abeprs]-[\w\-]{8,}|npm_[A-Za-z0-9]{20,}"
    r"|pypi-[\w\-]{16,}|[rs]k_(?:live|test)_[A-Za-z0-9]{8,}|sk-[\w\-]{16,}|A(?:KI|SI)A[0-9A-Z]{16}|AIza[\w\-]{30,}"
    r"|eyJ[\w\-]{8,}\.[\w\-]{4,}\.[\w\-]*)"
)
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_BEARER = re.compile(
    r"(\bbearer +|\bauthorization['\"]?\s*[:=]\s*['\"]?(?:basic|digest|token) +)(?=[^\s'\"]*\d)[\w.~+/=\-]{8,}",
    re.IGNORECASE,
)
_ASSIGNED = re.compile(
    r"\b((?:\w+[_\-])?(?:password|passwd|pwd|secret|token|api_?key))(\s*(?:=(?!=)|:(?=\s*['\"]))\s*|['\"]:\s*)"
    r"('[^'\n]*'|\"[^\"\n]*\"|[^\s,;)&'\"\]}]+)",
    re.IGNORECASE,
)
_URL = re.compile(r"\b([A-Za-z][A-Za-z0-9+.\-]*://)([^\s'\"<>`]+)")
# A password with blanks or quotes in it, which the pattern above would cut: from the colon to an "@" on the same line.
# In the middle of a text HOST:PORT is none; where a text begins with the URL, all up to the last "@" is.
_PORT_ONLY = r"(?!\d{1,5}(?:[/?#,;.)\]\s'\"<>`]|$))"
_TO_COLON = r"[A-Za-z][A-Za-z0-9+.\-]*://[^\s'\"<>`/?#@:]*:"
_CUT = r"[^\n@/?#]*[\s'\"<>`][^\n]*"
_ODD_WHOLE = re.compile(rf"\A({_TO_COLON}){_CUT}@(?=[\w\[*])")
_ODD = re.compile(rf"\b({_TO_COLON})(?:(?<=://:)|{_PORT_ONLY}){_CUT}?@(?=[\w\[*])")
_QUERY = re.compile(r"([?&;#])([^=&;#\s]+)=([^&;#\s]*)")
_SHELL_WORD = re.compile(r"(?:'[^']*'|\"(?:\\.|[^\"\\])*\"|\\.|[^\s'\"\\])+", re.DOTALL)
_SHELL_VALUE = re.compile(r"(-{0,2}[A-Za-z_][\w\-]*)=.")
_OPTION = re.compile(r"^(--?[A-Za-z][\w\-]*)=(.+)$", re.DOTALL)

# Passwords of development images: hiding the word "postgres" in every text would spoil paths and sentences.
_WELL_KNOWN = re.compile(
    r"admin|changeme|default|example|localhost|mysecretpassword|password|postgres|postgresql|rabbitmq|secret|testing"
    r"|true|false",
    re.IGNORECASE,
)
_SHORTEST = 6
# A Python name that ends in KEY is that of a secret only where it says a key to what: SORT_KEY and CACHE_KEYS are not.
_ORDINARY_KEY = re.compile(
    r"(?:(?<=^)|(?<=_))(?<!API_)(?<!SECRET_)(?<!ACCESS_)(?<!PRIVATE_)(?<!AUTH_)(?<!ENCRYPTION_)(?<!SIGNING_)"
    r"(?<!MASTER_)(?<!HMAC_)(?<!JWT_)KEYS?(?![A-Z])",
    re.IGNORECASE,
)
_ITEM = re.compile(r"(?:\[[^\[\]]*\])+\Z")
# A string in a text for people, which may be cut in the middle.
_QUOTED = re.compile(r"(['\"])((?:\\.|(?!\1)[^\\])*)(\1|\Z|\\\Z)", re.DOTALL)
_SHORTEST_QUOTED = 4
_MOST_PASSES = 8


def is_secret_name(name: str) -> bool:
    """Tell whether a variable or option called `name` holds a secret, judged by the words in it."""
    return name.upper() not in _NOT_SECRET and _SECRET_WORD.search(name) is not None


def redact_env(pairs: Iterable[Pair]) -> tuple[Pair, ...]:
    """Return `pairs` of name and value, in order, with secret values hidden: wholly, or the secret of a URL."""
    return tuple((name, _redact_value(name, value)) for name, value in pairs)


def redact_args(args: Sequence[str]) -> tuple[str, ...]:
    """Return command-line arguments with the values of secret options (`--api-token=...`) hidden."""
    hidden: list[str] = []
    for before, arg in zip(("", *args), args, strict=False):
        option = _OPTION.match(arg)
        if option and is_secret_name(option[1]):
            hidden.append(f"{option[1]}={HIDDEN}")
        elif before.startswith("--") and "=" not in before and is_secret_name(before) and not arg.startswith("-"):
            hidden.append(HIDDEN)
        else:
            hidden.append(_by_shape(arg))
    return tuple(hidden)


def redact_url(url: str) -> str:
    """Return `url` with its password and the secrets of its query hidden; scheme, user, host, port and path stay.

    A user that is itself a token (`https://<token>@host`) is hidden as well. Text that is no URL is unchanged.
    """
    return _URL.sub(_redact_url_match, _ODD.sub(rf"\1{HIDDEN}@", _ODD_WHOLE.sub(rf"\1{HIDDEN}@", url)))


def redact_text(text: str, secrets: Iterable[str] = ()) -> str:
    """Return `text` with every one of `secrets` hidden, and what has the shape of a secret."""
    return _settled(text, lambda one: _by_value(_by_shape(one), secrets))


def _settled(text: str, hide: Callable[[str], str]) -> str:
    """`hide` until nothing changes: behind a value that went, "...token=x" may have the shape of a secret now."""
    for _ in range(_MOST_PASSES):
        before, text = text, hide(text)
        if text == before:
            break
    return text


def _by_value(text: str, secrets: Iterable[str]) -> str:
    for secret in sorted(set(secrets), key=lambda value: (-len(value), value)):
        if secret and secret not in HIDDEN:
            text = text.replace(secret, HIDDEN)
    return text


def redact_command(command: str, secrets: Iterable[str] = ()) -> str:
    """Return a shell command with secret values hidden: of `NAME=value` and `--name=value` words, in URLs, known.

    Goes by shell words, so that quoting stays whole and a node id such as `test[token=1]` is not touched.
    """

    def hide(match: re.Match[str]) -> str:
        word = match[0]
        assigned = _SHELL_VALUE.match(word)
        if assigned and is_secret_name(assigned[1]) and not _holds_password(word):
            return f"{assigned[1]}='{HIDDEN}'"
        return _TOKEN.sub(HIDDEN, redact_url(word))

    return _settled(command, lambda one: _by_value(_SHELL_WORD.sub(hide, one), secrets))


def secrets_in(pairs: Iterable[Pair]) -> tuple[str, ...]:
    """Return the secret values of an environment, for `redact_text`, longest first.

    Left out are values too short or too common to be searched for in free text ("postgres"): those are hidden
    where they stand under their name or in a URL, and nowhere else.
    """
    found: set[str] = set()
    for name, value in pairs:
        if is_secret_name(name) and not _holds_password(value):
            found.add(value)
            found.update(line.strip() for line in value.splitlines())
        for url in _URL.finditer(value):
            found.update((_password(url[2]), unquote(_password(url[2]))))
    kept = {value for value in found if len(value) >= _SHORTEST and not _WELL_KNOWN.fullmatch(value)}
    return tuple(sorted(kept, key=lambda value: (-len(value), value)))


def redact_service(service: Service) -> Service:
    """Return `service` with the password of its URL hidden."""
    return replace(service, url=redact_url(service.url) if service.url else service.url)


def redact_signature(signature: Signature, secrets: Sequence[str] = ()) -> Signature:
    """Return `signature` with its texts redacted. Compare a stored signature with a redacted one only."""
    return replace(
        signature,
        message=redact_text(signature.message, secrets),
        chain=tuple(redact_text(text, secrets) for text in signature.chain),
    )


def redact_finding(finding: Finding, secrets: Sequence[str] = ()) -> Finding:
    """Return `finding` with its texts redacted. Its id may differ from before, and never does from then on."""
    return replace(
        finding,
        signature=redact_signature(finding.signature, secrets),
        fixes=tuple(
            replace(
                fix,
                diff=None if fix.diff is None else redact_text(fix.diff, secrets),
                note=redact_text(fix.note, secrets),
            )
            for fix in finding.fixes
        ),
        replay=replace(finding.replay, command=redact_command(finding.replay.command, secrets)),
        note=redact_text(finding.note, secrets),
        leaks=tuple(redact_text(said, secrets) for said in finding.leaks),
        changes=tuple(_redact_change(change, secrets) for change in finding.changes),
    )


def redact_trace(lines: Iterable[str], secrets: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the events of a traced trial (each a JSON object) with every text in them redacted."""
    return tuple(json.dumps(_redact_data(json.loads(line), secrets)) for line in lines)


def _redact_data(data: Any, secrets: Sequence[str]) -> Any:
    if isinstance(data, str):
        return redact_text(data, secrets)
    if isinstance(data, list):
        return [_redact_data(item, secrets) for item in data]
    if not isinstance(data, dict):
        return data
    kept = {name: _redact_data(value, secrets) for name, value in data.items()}
    if isinstance(data.get("before"), str):
        kept.update({"container": data["container"]} if "container" in data else {})
        what = str(data.get("what", ""))
        kept.update({name: _hidden_of(what, kept[name]) for name in ("before", "after") if kept.get(name)})
    return kept


def _redact_change(change: Change, secrets: Sequence[str]) -> Change:
    before, after = (_hidden_of(change.what, redact_text(text, secrets)) for text in (change.before, change.after))
    return replace(change, before=before, after=after)


def _hidden_of(what: str, text: str) -> str:
    """`text`, which says what `what` was, with the secrets in it hidden where `what` is a secret's name.

    Of a variable of the environment that is the whole value. Elsewhere only strings are secrets: what is a number, or
    how many items there are, explains the failure.
    """
    if what.startswith("os.environ["):
        return text and HIDDEN if is_secret_name(_last_name(what)) else text
    names = _last_name(what), _last_name(_ITEM.sub("", what))
    is_secret = any(is_secret_name(_ORDINARY_KEY.sub("", name)) for name in names)
    return _QUOTED.sub(_hide_quoted, text) if is_secret else text


def _last_name(what: str) -> str:
    """The last name in "os.environ['API_TOKEN']" or "app.settings.password"."""
    names: list[str] = re.findall(r"\w+", what)
    return names[-1] if names else ""


def _hide_quoted(match: re.Match[str]) -> str:
    quote, inner, end = match.groups()
    return f"{quote}{HIDDEN}{end}" if len(inner) >= _SHORTEST_QUOTED else match[0]


def redact_report(report: RunReport, secrets: Sequence[str] = ()) -> RunReport:
    """Return `report` with the secrets of its own conditions, and `secrets` besides, hidden everywhere."""
    urls = tuple((service.name, service.url) for service in report.services if service.url)
    known = tuple({*secrets, *secrets_in(report.env), *secrets_in(urls)})
    return replace(
        report,
        env=redact_env(report.env),
        services=tuple(redact_service(service) for service in report.services),
        findings=tuple(redact_finding(finding, known) for finding in report.findings),
        sources=tuple(redact_text(source, known) for source in report.sources),
        notes=tuple(redact_text(note, known) for note in report.notes),
    )


def _redact_value(name: str, value: str) -> str:
    if value and is_secret_name(name) and not _holds_password(value):
        return HIDDEN
    return _by_shape(value)


def _holds_password(value: str) -> bool:
    return any(_password(url[2]) for url in _URL.finditer(value))


def _by_shape(text: str) -> str:
    return _settled(text, _by_shape_once)


def _by_shape_once(text: str) -> str:
    text = _PRIVATE_KEY.sub(HIDDEN, text)
    text = redact_url(text)
    text = _TOKEN.sub(HIDDEN, text)
    text = _BEARER.sub(rf"\1{HIDDEN}", text)
    return _ASSIGNED.sub(rf"\1\2{HIDDEN}", text)


def _userinfo_end(rest: str) -> int:
    """Return where the "@" after the user and password stands in what follows "://"; -1 where there is none."""
    slash = min((at for mark in "/?#" if (at := rest.find(mark)) >= 0), default=len(rest))
    at = rest.rfind("@", 0, slash)
    if at >= 0:
        return at
    # A later "@" belongs to the path, unless a password holds an unquoted slash: then no port stands before that.
    colon = rest.find(":", 0, slash)
    return rest.rfind("@") if colon >= 0 and not rest[colon + 1 : slash].isdigit() else -1


def _password(rest: str) -> str:
    return rest[: max(_userinfo_end(rest), 0)].partition(":")[2]


def _redact_url_match(url: re.Match[str]) -> str:
    scheme, rest = url[1], url[2]
    at = _userinfo_end(rest)
    userinfo, host_on = rest[: max(at, 0)], rest[at + 1 :]
    # Several URLs with no blank between them are one match.
    host_on = redact_url(host_on)
    host_on = _QUERY.sub(lambda part: f"{part[1]}{part[2]}={HIDDEN}" if is_secret_name(part[2]) else part[0], host_on)
    if at < 0:
        return scheme + host_on
    user, _, password = userinfo.partition(":")
    if password:
        return f"{scheme}{user}:{HIDDEN}@{host_on}"
    is_token = len(user) >= 20 or _TOKEN.fullmatch(user)
    return f"{scheme}{HIDDEN if is_token else userinfo}@{host_on}"
