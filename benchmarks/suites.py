"""Suites for the benchmarks: many trivial tests in 20 files, one polluter, one victim."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FILES = 20

STATE = '"""State that the whole process shares."""\n\nSEEN = set()\n'

INNOCENT = "def test_{number:05}():\n    {work}\n"
POLLUTER = "def test_{number:05}_polluter():\n    {work}\n    state.SEEN.add('x')\n"
VICTIM = "def test_{number:05}_victim():\n    {work}\n    assert 'x' not in state.SEEN\n"

SLEEP = "time.sleep(0.001)"
BUSY = "spend(0.001)"

SPEND = '''

def spend(seconds):
    """Keep the processor busy for `seconds`."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass
'''

HEAVY = '''
"""Imports what a web service imports, and then as much again until IMPORT_SECONDS have gone by."""

import time

STARTED = time.perf_counter()

import fastapi
import fastapi.testclient
import sqlalchemy.ext.asyncio
import sqlalchemy.orm


class Base(sqlalchemy.orm.DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"

    id: sqlalchemy.orm.Mapped[int] = sqlalchemy.orm.mapped_column(primary_key=True)


APP = fastapi.FastAPI()

REAL_IMPORT_SECONDS = time.perf_counter() - STARTED
while time.perf_counter() - STARTED < {seconds}:
    pass
'''


@dataclass(frozen=True)
class Suite:
    """A suite on disk. `order` is the default order, in which the victim fails; it is the last test."""

    name: str
    path: Path
    order: tuple[str, ...]
    polluter: str
    victim: str

    @property
    def order_file(self) -> Path:
        return self.path.parent / f"{self.name}.order.txt"


def make(
    folder: Path, name: str, size: int, position: float, *, busy: bool = False, import_seconds: float = 0.0
) -> Suite:
    """Write a suite of `size` tests of 1 ms below `folder` and return it.

    `position` (0 to 1) is where in the order the polluter stands. With `import_seconds`, conftest.py imports
    FastAPI and SQLAlchemy and takes at least that long.
    """
    path = folder / name
    (path / "tests").mkdir(parents=True)
    (path / "pytest.ini").write_text("[pytest]\ntestpaths = tests\n")
    (path / "state.py").write_text(STATE)
    (path / "conftest.py").write_text(HEAVY.format(seconds=import_seconds).lstrip() if import_seconds else "")
    polluter_at = min(size - 2, int(position * size))
    work = BUSY if busy else SLEEP
    order: list[str] = []
    polluter = victim = ""
    for number in range(FILES):
        parts = ["import time\n\nimport state\n" + (SPEND if busy else "")]
        for i in range(number * size // FILES, (number + 1) * size // FILES):
            template = VICTIM if i == size - 1 else POLLUTER if i == polluter_at else INNOCENT
            parts.append(template.format(number=i, work=work))
            nodeid = f"tests/test_{number:02}.py::{parts[-1].split('(')[0].removeprefix('def ')}"
            order.append(nodeid)
            victim = nodeid if template is VICTIM else victim
            polluter = nodeid if template is POLLUTER else polluter
        (path / "tests" / f"test_{number:02}.py").write_text("\n\n".join(parts))
    suite = Suite(name, path, tuple(order), polluter, victim)
    suite.order_file.write_text("\n".join(order) + "\n")
    return suite
