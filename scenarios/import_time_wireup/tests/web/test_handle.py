import pytest

from quotes.main import handle


@pytest.mark.parametrize(("path", "body"), [("/list/M6/1", "0.12"), ("/list/M8/10/", "1.80"), ("list/M6/100", "10.20")])
def test_price_list(path, body):
    assert handle(path) == (200, body)


@pytest.mark.parametrize("path", ["/", "/list", "/list/M6", "/quote/M6/1", "/list/M5/1"])
def test_not_found(path):
    assert handle(path)[0] == 404


@pytest.mark.parametrize("count", ["0", "-1", "x", "1.5"])
def test_how_many(count):
    assert handle(f"/list/M6/{count}") == (400, "how many?")
