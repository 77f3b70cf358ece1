import pytest

from alarms import pager
from alarms.service import create_service


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://pager.example"])
def test_tests_page_nobody(url, monkeypatch):
    monkeypatch.setattr(pager, "PAGER", None)
    assert create_service(url) == "log"
    assert pager.PAGER is None
