import pytest

from backup.tool import human


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (1, "1 B"),
        (1023, "1023 B"),
        (1024, "1 KiB"),
        (1536, "1 KiB"),
        (1024**2, "1 MiB"),
        (5 * 1024**2, "5 MiB"),
        (1024**3, "1 GiB"),
        (3 * 1024**4, "3072 GiB"),
    ],
)
def test_human(size, text):
    assert human(size) == text
