"""Puts blocks into files: a draft collects what a kind asks for, adds innocents and lays it all out as a suite."""

from __future__ import annotations

import itertools
import random
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from . import innocents
from .leaks import Leak, LeakMaker
from .model import Plot, Test
from .names import Names
from .text import Block, write
from .truth import Truth, derive

TEXTS = '''
"""Small helpers that half of the suite uses."""


def slug(text):
    return "-".join(text.lower().split())
'''

WORKSPACE = """
import pytest


@pytest.fixture(scope="session")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("workspace")
    (folder / "readme.txt").write_text("hello")
    return folder
"""

ODD_FOLDERS = ("unit tests", "größe", "a[b]c", "it's")
ODD_STEMS = ("test_with spaces", "test_naïve", "test_{x}", "test_a+b", "test_50%", "test_$HOME")


@dataclass(frozen=True)
class World:
    """One suite: its files (paths relative to the root) and the truth about it."""

    kind: str
    seed: int
    files: Mapping[str, str]
    truth: Truth

    def write(self, path: Path) -> Truth:
        """Write the suite below `path`, which is made, and return the truth about it."""
        for name, text in self.files.items():
            file = path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return self.truth


@dataclass
class Draft:
    """What one kind asks for. `roles` are in the default order that the kind wants; innocents come in between."""

    kind: str
    seed: int
    rng: random.Random = field(init=False)
    names: Names = field(init=False)
    roles: list[Block] = field(default_factory=list)
    support: dict[str, str] = field(default_factory=dict)
    conftest: list[str] = field(default_factory=list)
    ini: dict[str, str] = field(default_factory=dict)
    scoped: dict[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    orders: str = ""
    tree_changes: tuple[str, ...] = ()
    innocents: Sequence[innocents.Innocent] = innocents.ALL
    most_tests: int = 60
    odd_paths: bool = False

    def __post_init__(self) -> None:
        self.rng = random.Random(f"{self.kind}:{self.seed}")
        self.names = Names(self.rng)

    def leak(self, makers: Sequence[LeakMaker]) -> Leak:
        """Make one of `makers`' leaks, with everything that it needs in the package and the conftest."""
        return self.leaks(makers, 1)[0]

    def leaks(self, makers: Sequence[LeakMaker], count: int) -> list[Leak]:
        """Make `count` leaks of different makers."""
        made = [maker(self.names) for maker in self.rng.sample(list(makers), count)]
        for leak in made:
            self.support.update(leak.support)
            if leak.conftest:
                self.conftest.append(leak.conftest)
            self.tree_changes += leak.tree_changes
            if leak.hostile:
                self.innocents = innocents.SAFE_AT_ROOT
        return made

    def polluter(self, leak: Leak, role: str = "polluter") -> Block:
        return write(self.names, *leak.polluting(), role, leak.styles)

    def victim(self, leak: Leak) -> Block:
        return write(self.names, *leak.checking(), "victim")

    def place(self, *blocks: Block, shuffled: bool = False) -> None:
        """Add blocks that play a part, in this default order or in any."""
        chosen = list(blocks)
        if shuffled:
            self.rng.shuffle(chosen)
        self.roles += chosen

    def finish(self) -> World:
        files, tests, import_facts = self._lay_out()
        plot = Plot(tuple(tests), import_facts, self.scoped)
        default, reverse = plot.order, plot.order[::-1]
        suspects = [one for one in derive(plot, []) if one.depends_on_order]
        victims = [(one.victim, one.error) for one in suspects]

        def shows(order: tuple[str, ...]) -> bool:
            seen = plot.simulate(order)
            return any(nodeid in seen and seen[nodeid].error == error for nodeid, error in victims)

        failing = next((order for order in (default, reverse) if shows(order)), None)
        hand_over = bool(suspects) and (failing is None or self.rng.random() < 0.2)
        while suspects and failing is None:
            order = tuple(self.rng.sample(default, len(default)))
            failing = order if shows(order) else None
        tried = [failing] if hand_over and failing else [default, reverse]
        truth = Truth(
            kind=self.kind,
            plot=plot,
            expected=derive(plot, tried),
            failing_order=failing,
            hand_over=hand_over,
            orders=self.orders,
            options=self.options,
            tree_changes=self.tree_changes,
        )
        return World(self.kind, self.seed, files, truth)

    def _lay_out(self) -> tuple[dict[str, str], list[Test], dict[str, frozenset[str]]]:
        chapters = self._chapters()
        files: dict[str, str] = {}
        tests: list[Test] = []
        import_facts: dict[str, frozenset[str]] = {}
        for path, blocks in zip(self._paths(chapters), chapters, strict=True):
            files[path] = blocks[0].text if blocks[0].raw else module_text(blocks)
            for block in blocks:
                tests += [Test(path + case.suffix, path, case.behaviour, case.role) for case in block.cases]
                self.scoped.update({fact: path + suffix for fact, suffix in block.scope.items()})
                if block.import_facts:
                    import_facts[path] = import_facts.get(path, frozenset()) | block.import_facts
        files.update(self._around(files))
        return files, tests, import_facts

    def _chapters(self) -> list[list[Block]]:
        """Mix innocents among the roles and cut the whole into files."""
        target = self.rng.choice((self.rng.randint(10, 20), self.rng.randint(12, 40), self.rng.randint(20, 60)))
        padding: list[Block] = []
        count = sum(len(block.cases) for block in self.roles)
        while count < min(target, self.most_tests) or len(padding) < 4:
            block = self.rng.choice(list(self.innocents))(self.names)
            padding.append(block)
            count += len(block.cases)
        slots = sorted(self.rng.sample(range(len(padding) + len(self.roles)), len(self.roles)))
        roles, quiet = iter(self.roles), iter(padding)
        sequence = [next(roles if place in slots else quiet) for place in range(len(padding) + len(self.roles))]
        cuts = set()
        for position, block in enumerate(sequence):
            if block.alone or block.raw:
                cuts |= {position, position + 1}
        wanted = self.rng.randint(2, 6)
        free = [position for position in range(1, len(sequence)) if position not in cuts]
        cuts |= set(self.rng.sample(free, max(0, min(len(free), wanted - 1 - len(cuts)))))
        cuts -= {0, len(sequence)}
        if not cuts:
            cuts.add(len(sequence) // 2)
        edges = [0, *sorted(cuts), len(sequence)]
        return [sequence[start:end] for start, end in itertools.pairwise(edges)]

    def _paths(self, chapters: Sequence[Sequence[Block]]) -> list[str]:
        """Paths for the chapters which pytest collects in this order: by name, folder by folder."""
        folders = self.rng.choice((["tests"], ["tests"], ["tests", "tests/api", "tests/unit"], ["."]))
        extensions = sorted({blocks[0].raw or ".py" for blocks in chapters})
        if len(extensions) > 1:
            folders = folders[:1]
        stems = [f"test_{self.names.word()}" for _ in chapters]
        if self.odd_paths:
            folders = ["tests", *(f"tests/{folder}" for folder in self.rng.sample(ODD_FOLDERS, 2))]
            stems[: len(ODD_STEMS)] = self.rng.sample(ODD_STEMS, min(len(stems), len(ODD_STEMS)))
        paths = [stem if folder == "." else f"{folder}/{stem}" for stem, folder in self._spread(stems, folders)]
        paths.sort(key=lambda path: f"{path}.".split("/"))
        return [path + (blocks[0].raw or ".py") for path, blocks in zip(paths, chapters, strict=True)]

    def _spread(self, stems: Iterable[str], folders: Sequence[str]) -> list[tuple[str, str]]:
        return [(stem, self.rng.choice(list(folders))) for stem in stems]

    def _around(self, tests: Iterable[str]) -> dict[str, str]:
        package = self.names.package
        files = {f"{package}/__init__.py": "", f"{package}/texts.py": TEXTS.lstrip()}
        for name, text in self.support.items():
            path = name if "/" in name else f"{package}/{name}.py"
            files[path] = textwrap.dedent(text).lstrip("\n")
        files["conftest.py"] = "\n\n".join(textwrap.dedent(part).strip() + "\n" for part in (*self.conftest, WORKSPACE))
        folders = {"/".join(path.split("/")[:depth]) for path in tests for depth in range(1, path.count("/") + 1)}
        if folders - {"tests"} and not self.odd_paths and self.rng.random() < 0.7:
            files.update({f"{folder}/__init__.py": "" for folder in folders})
        files.update(self._configuration(has_folder=bool(folders)))
        return files

    def _configuration(self, has_folder: bool) -> dict[str, str]:
        options = dict(self.ini)
        if has_folder:
            options["testpaths"] = "tests"
        name = self.rng.choice(("pytest.ini", "pyproject.toml", "setup.cfg", "tox.ini"))
        head = {"pyproject.toml": "[tool.pytest.ini_options]", "setup.cfg": "[tool:pytest]"}.get(name, "[pytest]")
        quote = '"' if name == "pyproject.toml" else ""
        lines = [f"{option} = {quote}{value}{quote}" for option, value in options.items()]
        return {name: "\n".join([head, *lines]) + "\n"}


def module_text(blocks: Sequence[Block]) -> str:
    """One test module with the imports that its blocks need, each once."""
    lines = {line for block in blocks for line in block.imports}
    imports = sorted(lines, key=lambda line: (line.startswith("from"), line))
    parts = ["\n".join(imports)] if imports else []
    return "\n\n\n".join([*parts, *(block.text for block in blocks)]) + "\n"
