"""`# noqa` comments."""

from __future__ import annotations

from pathlib import Path

import pytest

from bisect_loop.scan.noqa import suppresses

from .writing import found, scanned


@pytest.mark.parametrize(
    "comment",
    ["# noqa", "#noqa", "# NOQA", "# noqa: BL001", "# noqa:bl001", "# noqa: E501,BL001", "# noqa: E501 BL001",
     "# noqa : BL001", "# type: ignore  # noqa: BL001", "# noqa: BL001 because the CLI needs it", "# noqa - see above"],
)  # fmt: skip
def test_comment_silences(comment: str) -> None:
    """A bare comment and one that lists the code silence it, in any spelling that ruff takes."""
    assert suppresses(f"x = 1  {comment}", "BL001")


@pytest.mark.parametrize(
    "comment",
    ["", "# noqa: E501", "# noqa: BLE001", "# noqa: BL0011", "# noqa: BL002", "# flake8: noqa", "# noqas", "# noqa:"],
)
def test_comment_does_not_silence(comment: str) -> None:
    """Another code, a file-wide comment of another tool and a word that only begins like it silence nothing."""
    assert not suppresses(f"x = 1  {comment}", "BL001")


def test_first_and_last_line_of_a_statement_count(tmp_path: Path) -> None:
    """A comment behind the opening or the closing bracket speaks for the whole statement, one inside does not."""
    report = scanned(
        tmp_path,
        {
            "app.py": """
            import httpx

            first = httpx.AsyncClient(  # noqa: BL001
                timeout=1,
            )
            last = httpx.AsyncClient(
                timeout=1,
            )  # noqa
            inside = httpx.AsyncClient(
                timeout=1,  # noqa: BL001
            )
            """,
        },
    )
    assert found(report) == [("app.py", 9, "BL001")]


def test_configuration_lines_can_be_silenced(tmp_path: Path) -> None:
    """A finding in pyproject.toml listens to the comment on its line."""
    option = '[tool.pytest.ini_options]\nasyncio_mode = "auto"\nasyncio_default_fixture_loop_scope = "session"'
    test = "import pytest\n@pytest.fixture\nasync def a(): ...\nasync def test_one(a): ...\n"
    assert found(scanned(tmp_path / "a", {"pyproject.toml": f"{option}\n", "test_a.py": test})) != []
    assert found(scanned(tmp_path / "b", {"pyproject.toml": f"{option}  # noqa: BL106\n", "test_a.py": test})) == []
