import pytest

from backup.tool import main


def test_files_are_saved(tmp_path):
    file = tmp_path / "letter.txt"
    file.write_text("Dear Ms Ames,")
    assert main([str(file)]) == 0


def test_no_file_is_named():
    assert main([]) == 1


@pytest.mark.parametrize("count", [0, 1, 3])
def test_names_are_counted_before_they_are_read(count, monkeypatch):
    counted = []

    def fake(work):
        work.close()
        counted.append(count)
        return count

    monkeypatch.setattr("backup.tool.asyncio.run", fake)
    assert main(["x"] * count) == (0 if count else 1)
    assert counted == ([count] if count else [])
