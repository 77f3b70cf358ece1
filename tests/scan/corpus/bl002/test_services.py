import dependencies
import pytest
from services import Api, Closing, Mongo, Newborn, Single, gateway, install, local_class


@pytest.fixture(autouse=True)
async def closing():
    yield
    await Closing.close()


async def test_services():
    Mongo.client.admin
    await Api.session()
    Api().share()
    Api().own()
    Single.get()
    install()
    gateway()
    Newborn().connect()
    local_class()
    await Closing.open()


@pytest.fixture(autouse=True)
def reset():
    yield
    dependencies.Reset.reset_singletons()


async def test_dependencies():
    dependencies.register()
    dependencies.singles()
