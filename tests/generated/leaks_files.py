"""Leaks that lie in files. Each trial that shares a folder with another sees what the other left there."""

from __future__ import annotations

from collections.abc import Sequence

from .leaks import ASSERTION, Leak, LeakMaker
from .model import Error
from .names import Names


def temporary_file(names: Names) -> Leak:
    """A file of a fixed name in the system's temporary folder, which a trial must have for itself."""
    stem = f"{names.package}-{names.word()}-{names.rng.getrandbits(40):x}"
    path = f"Path(tempfile.gettempdir(), '{stem}.lock')"
    return Leak(
        fact="the lock file is there",
        imports=("import tempfile", "from pathlib import Path"),
        pollute=(f"{path}.write_text('busy')",),
        clean=(f"lock = {path}", "if lock.exists():", "    lock.unlink()"),
        dirty=f"{path}.exists()",
        check=(f"assert not {path}.exists()",),
        error=ASSERTION,
    )


def base_temp(names: Names) -> Leak:
    """A file in pytest's own base folder, above the folders of the single tests."""
    name = names.word() + ".json"
    path = f"(tmp_path_factory.getbasetemp() / '{name}')"
    return Leak(
        fact=f"{name} is there",
        args=("tmp_path_factory",),
        pollute=(f"{path}.write_text('[]')",),
        clean=(f"if {path}.exists():", f"    {path}.unlink()"),
        dirty="False",  # cannot be told without the fixture
        check=(f"{path}.touch(exist_ok=False)", f"{path}.unlink()"),
        error=Error("FileExistsError"),
    )


def folder_made_at_import(names: Names) -> Leak:
    """A folder that is made when a module is imported: processes forked after that all share it."""
    module = names.module("spool")
    code = """
    import tempfile
    from pathlib import Path

    FOLDER = tempfile.TemporaryDirectory(prefix="spool-")


    def jobs():
        return sorted(path.name for path in Path(FOLDER.name).iterdir())


    def submit(name):
        Path(FOLDER.name, name).write_text("")


    def drain():
        for path in Path(FOLDER.name).iterdir():
            path.unlink()
    """
    return Leak(
        fact="the spool has a job",
        support={module: code},
        imports=(f"from {names.package} import {module}",),
        pollute=(f"{module}.submit('letter')", f"assert 'letter' in {module}.jobs()"),
        clean=(f"{module}.drain()",),
        dirty=f"bool({module}.jobs())",
        check=(f"assert {module}.jobs() == []",),
        error=ASSERTION,
    )


def written_checkout(names: Names) -> Leak:
    """A file below the root, which pytest's session start removes: trials at one time see each other's."""
    module = names.module("state_file")
    code = """
    from pathlib import Path

    FOLDER = Path(__file__).resolve().parent.parent / "var"


    def path():
        FOLDER.mkdir(exist_ok=True)
        return FOLDER / "last-run.txt"
    """
    conftest = f"""
    import shutil

    from {names.package} import {module}


    def pytest_sessionstart():
        shutil.rmtree({module}.FOLDER, ignore_errors=True)
    """
    return Leak(
        fact="the state file is there",
        support={module: code},
        conftest=conftest,
        imports=(f"from {names.package} import {module}",),
        pollute=(f"{module}.path().write_text('41')",),
        clean=(f"if {module}.path().exists():", f"    {module}.path().unlink()"),
        dirty=f"{module}.path().exists()",
        check=(f"assert not {module}.path().exists()",),
        error=ASSERTION,
        tree_changes=("var",),
    )


IN_FILES: Sequence[LeakMaker] = (temporary_file, base_temp)
SHARED_BY_TRIALS: Sequence[LeakMaker] = (folder_made_at_import, written_checkout)
