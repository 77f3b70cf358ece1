"""Small repositories for these tests, and short ways to look at what was read from them."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from bisect_loop.conditions.ci import Job, PytestCommand, Variant, discover, read


def project(root: Path, files: dict[str, str]) -> Path:
    """Write `files` under `root`, which becomes a repository's root; indentation of the texts is taken off."""
    (root / ".git").mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
        if text.lstrip().startswith("#!"):
            path.chmod(0o755)
    return root


def workflow(root: Path, text: str, files: dict[str, str] | None = None) -> list[Job]:
    """Return the jobs of a workflow `ci.yml` with `text`, in a repository that has `files` besides."""
    project(root, {".github/workflows/ci.yml": text, **(files or {})})
    return read(root / ".github/workflows/ci.yml")


def run_step(
    root: Path, script: str, files: dict[str, str] | None = None, env: dict[str, str] | None = None
) -> Variant:
    """Return the variant of a job with one step that runs `script` under the job's `env`."""
    body = "\n".join(" " * 12 + line for line in dedent(script).strip("\n").splitlines())
    variables = "".join(f"\n      {name}: '{value}'" for name, value in (env or {}).items())
    head = f"on: push\njobs:\n  test:\n    env:{variables or ' {}'}\n    runs-on: ubuntu-latest\n"
    text = f"{head}    steps:\n      - run: |\n{body}\n"
    return workflow(root, text, files)[0].variants[0]


def all_jobs(root: Path) -> list[Job]:
    return [job for file in discover(root) for job in read(file.path)]


def env_of(command: PytestCommand | Variant, *levels: str) -> dict[str, str | None]:
    """Return name -> value, the CI system's own defaults left out; only those of `levels` where some are given."""
    return {
        entry.name: entry.value
        for entry in command.env
        if (entry.level in levels if levels else entry.level != "default")
    }


def argvs(variant: Variant | Job) -> list[str]:
    return [" ".join(command.argv) for command in variant.commands]
