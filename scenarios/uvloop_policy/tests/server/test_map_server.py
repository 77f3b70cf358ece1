import pytest

from geocoder.server import MapServer, serve, server


async def test_served_region_is_asked(map_url):
    serve("centre", map_url)
    assert await server("centre").find("abbey road") == (51.5, -0.2)


@pytest.fixture
async def maps(map_url):
    maps = MapServer(map_url)
    yield maps
    await maps.close()


@pytest.mark.parametrize(("name", "place"), [("mill street", (52.3, 4.9)), ("mill", None)])
async def test_find(maps, name, place):
    assert await maps.find(name) == place


@pytest.mark.parametrize("region", ["", "north"])
def test_region_that_is_not_served(region):
    assert server(region) is None
