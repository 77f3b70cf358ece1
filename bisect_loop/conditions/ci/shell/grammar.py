"""A shell script read into a tree: as much of the shell's grammar as CI files use."""

from __future__ import annotations

import re

from bisect_loop.conditions.ci.shell.lexer import ShellError, Token, is_document, tokens
from bisect_loop.conditions.ci.shell.tree import AndOr, Case, Function, Group, If, Loop, Node, Pipe, Script, Simple

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)(\+?)=(.*)", re.DOTALL)
_RESERVED = frozenset({"if", "then", "elif", "else", "fi", "for", "while", "until", "do", "done", "case", "esac"})
_DEPTH = 60  # of nesting; deeper is no CI script


def parse(text: str) -> Script:
    """Read `text`. ShellError where it is no script."""
    parser = _Parser(tokens(text))
    script = parser.script()
    parser.done()
    return script


class _Parser:
    def __init__(self, found: list[Token]) -> None:
        self._tokens, self._at, self._depth = found, 0, 0

    def done(self) -> None:
        if self._at < len(self._tokens):
            raise ShellError(f"unexpected {self._tokens[self._at].text!r}")

    def _peek(self) -> Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _is(self, *texts: str) -> bool:
        token = self._peek()
        return token is not None and token.kind in ("word", "op") and token.text in texts

    def _take(self, *texts: str) -> bool:
        if self._is(*texts):
            self._at += 1
            return True
        return False

    def _need(self, text: str) -> None:
        self._newlines()
        if not self._take(text):
            token = self._peek()
            raise ShellError(f"{text!r} is missing before {token.text!r}" if token else f"{text!r} is missing")

    def _newlines(self) -> None:
        while (token := self._peek()) and (token.kind == "newline" or token.text == ";"):
            self._at += 1

    def _word(self) -> Token:
        token = self._peek()
        if token is None or token.kind != "word":
            raise ShellError("a word is missing")
        self._at += 1
        return token

    def script(self, *ends: str) -> Script:
        """Read commands up to one of `ends`, which stays."""
        self._depth += 1
        if self._depth > _DEPTH:
            raise ShellError("nested too deeply")
        nodes: list[Node] = []
        self._newlines()
        while self._peek() is not None and not self._is(*ends):
            nodes.append(self._and_or())
            if not self._take("&"):
                token = self._peek()
                if token and not self._is(*ends) and token.kind != "newline" and token.text != ";":
                    raise ShellError(f"unexpected {token.text!r}")
            self._newlines()
        self._depth -= 1
        return tuple(nodes)

    def _and_or(self) -> Node:
        first = self._pipe()
        rest: list[tuple[str, Node]] = []
        while self._is("&&", "||"):
            operator = self._tokens[self._at].text
            self._at += 1
            self._newlines()
            rest.append((operator, self._pipe()))
        return AndOr(first, tuple(rest)) if rest else first

    def _pipe(self) -> Node:
        negated = False
        while self._take("!"):
            negated = not negated
        nodes = [self._command()]
        while self._take("|", "|&"):
            self._newlines()
            nodes.append(self._command())
        return Pipe(tuple(nodes), negated) if negated or len(nodes) > 1 else nodes[0]

    def _command(self) -> Node:
        node = self._compound()
        if node is None:
            return self._simple()
        persists = False
        while (token := self._peek()) and token.kind == "redirect":
            self._at += 1
            persists = "GITHUB_ENV" in self._word().text or persists
        return Group((node,), persists=True) if persists else node

    def _compound(self) -> Node | None:
        start = self._at
        if self._take("if"):
            return self._if(start)
        if self._take("for"):
            return self._for(start)
        if self._take("while", "until"):
            head = self.script("do")
            return Loop("", (), head, self._do(), self._shown(start))
        if self._take("case"):
            return self._case(start)
        if self._take("{"):
            body = self.script("}")
            self._need("}")
            return Group(body)
        if self._is("(("):
            return self._arithmetic()
        if self._take("("):
            body = self.script(")")
            self._need(")")
            return Group(body, subshell=True)
        return self._function()

    def _shown(self, start: int) -> str:
        """The line that opens a compound command, for people."""
        line = self._tokens[start].line
        words = [token.text for token in self._tokens[start:] if token.line == line and token.kind != "newline"]
        return " ".join(words).removesuffix(" ; then").removesuffix(" ; do").replace(" ;", ";")

    def _if(self, start: int) -> Node:
        arms: list[tuple[Script, Script]] = []
        other: Script = ()
        while True:
            head = self.script("then")
            self._need("then")
            arms.append((head, self.script("elif", "else", "fi")))
            if self._take("elif"):
                continue
            if self._take("else"):
                other = self.script("fi")
            self._need("fi")
            return If(tuple(arms), other, self._shown(start))

    def _for(self, start: int) -> Node:
        if self._is("(("):
            self._arithmetic()
            return Loop("", (), (), self._do(), self._shown(start))
        name = self._word().text
        words: list[str] = []
        self._newlines()
        if self._take("in"):
            while (token := self._peek()) and token.kind == "word":
                words.append(self._word().text)
        else:
            words = ['"$@"']
        return Loop(name, tuple(words), (), self._do(), self._shown(start))

    def _do(self) -> Script:
        self._need("do")
        body = self.script("done")
        self._need("done")
        return body

    def _case(self, start: int) -> Node:
        word = self._word().text
        self._need("in")
        arms: list[tuple[tuple[str, ...], Script]] = []
        self._newlines()
        while not self._take("esac"):
            self._take("(")
            patterns = [self._word().text]
            while self._take("|"):
                patterns.append(self._word().text)
            self._need(")")
            arms.append((tuple(patterns), self.script(";;", ";&", ";;&", "esac")))
            self._take(";;", ";&", ";;&")
            self._newlines()
            if self._peek() is None:
                raise ShellError("'esac' is missing")
        return Case(word, tuple(arms), self._shown(start))

    def _function(self) -> Node | None:
        token = self._peek()
        if token is None or token.kind != "word":
            return None
        keyword = token.text == "function"
        at = self._at + keyword
        if at >= len(self._tokens) or self._tokens[at].kind != "word":
            return None
        brackets = [after.text for after in self._tokens[at + 1 : at + 3]] == ["(", ")"]
        if not keyword and not brackets:
            return None
        self._at = at + (3 if brackets else 1)
        self._newlines()
        return Function(self._tokens[at].text, self._command())

    def _arithmetic(self) -> Node:
        depth, line = 0, self._tokens[self._at].line
        while (token := self._peek()) is not None:
            self._at += 1
            depth += {"((": 2, "(": 1, ")": -1}.get(token.text, 0) if token.kind == "op" else 0
            if depth == 0:
                return Simple(("((",), (), (), line)
        raise ShellError("'))' is missing")

    def _simple(self) -> Node:
        token = self._peek()
        if token is None or (token.kind == "op") or (token.kind == "word" and token.text in _RESERVED):
            raise ShellError(f"unexpected {token.text!r}" if token else "a command is missing")
        line, words = token.line, list[str]()
        assignments: list[tuple[str, str, bool]] = []
        redirects: list[tuple[str, str]] = []
        while (token := self._peek()) is not None:
            if token.kind == "redirect":
                self._at += 1
                # The lexer has taken a here-document's delimiter already.
                target = "" if is_document(token.text) else self._word().text
                redirects.append((token.text, target))
            elif token.kind == "word" and token.text == "[[" and not words:
                words = self._test()
            elif token.kind == "word":
                match = _ASSIGNMENT.fullmatch(token.text) if not words else None
                if match:
                    assignments.append((match[1], match[3], bool(match[2])))
                else:
                    words.append(token.text)
                self._at += 1
            else:
                break
        return Simple(tuple(words), tuple(assignments), tuple(redirects), line)

    def _test(self) -> list[str]:
        """Inside `[[ ]]` the operators are words."""
        words: list[str] = []
        while (token := self._peek()) is not None:
            self._at += 1
            if token.kind != "newline":
                words.append(token.text)
            if token.text == "]]":
                return words
        raise ShellError("']]' is missing")
