import pytest

from stockroom.store import Store


@pytest.fixture
def store():
    opened = Store()
    yield opened
    opened.close()


@pytest.fixture
def batch(store, request):
    """A batch of the test's own, which is taken away again."""
    store.drop(request.node.name)
    yield request.node.name
    store.drop(request.node.name)
