"""What a scan costs, in scopes looked at: the promise behind "seconds on 100,000 lines"."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from bisect_loop.scan.flow import Flow
from bisect_loop.scan.modules import Modules
from bisect_loop.scan.project import Project

from .writing import scanned


def project_of(files: dict[str, str]) -> Project:
    modules = Modules()
    for path, source in files.items():
        modules.add(path, source.encode(), frozenset())
    return Project(modules)


def test_code_without_resources_is_not_looked_into() -> None:
    """Only scopes that name a constructor, or something that turned out to hold a resource, are walked."""
    plain = "".join(f"class C{n}:\n    def get(self, x):\n        return helper{n}(x)\n" for n in range(300))
    app = "import httpx\ndef make():\n    return httpx.AsyncClient()\ndef use():\n    return make()\nkept = use()\n"
    project = project_of({"plain.py": plain, "app.py": app})
    flow = Flow(project)
    flow.run()
    assert {scope.dotted for scope in flow.known.facts} == {"app", "app.make", "app.use"}
    assert [store.dotted for store in flow.stores()] == ["app.kept"]


def test_each_scope_is_walked_a_bounded_number_of_times() -> None:
    """Functions that all feed one another, the worst case, are each walked at most six times."""
    code = "import httpx\n" + "".join(
        f"def f{n}(x=None):\n    return f{(n * 7 + 3) % 60}(f{(n * 5 + 1) % 60}(x)) or httpx.AsyncClient()\n"
        for n in range(60)
    )
    flow = Flow(project_of({"app.py": code}))
    flow.run()
    assert max(flow.walks.values()) <= 6


def test_a_search_that_hits_its_bound_says_so(tmp_path: Path) -> None:
    """A test that is too many calls away is not counted, and the report knows that its count is a lower bound."""
    chain = "".join(f"def step{n}():\n    step{n + 1}()\n" for n in range(20))
    files = {
        "app.py": f"import httpx\nkept = []\n{chain}def step20():\n    kept.append(httpx.AsyncClient())\n",
        "test_app.py": "import app\ndef test_near():\n    app.step18()\ndef test_far():\n    app.step0()\n",
    }
    (finding,) = scanned(tmp_path, dict(files)).findings
    assert finding.wire_up is not None
    assert not finding.wire_up.reach.complete
    assert "reached from at least 1 test, e.g. test_app.py::test_near" in finding.message


def test_two_scans_say_the_same() -> None:
    """The report does not hang on hashes or addresses."""
    project = Path(__file__).parent / "corpus" / "guards"
    outputs = set()
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-m", "bisect_loop", "scan", "--no-ci", "--format", "json", "-C", str(project)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=False,
        )
        assert done.returncode == 1, done.stderr
        outputs.add(done.stdout)
    assert len(outputs) == 1
