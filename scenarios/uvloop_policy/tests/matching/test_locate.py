import pytest

from geocoder.locate import KNOWN, locate


async def test_street_that_few_know(map_url):
    assert await locate("Mill St.") in (None, (52.3, 4.9))


@pytest.mark.parametrize("name", ["Market Square", "market sq.", "HARBOUR RD"])
async def test_street_that_everybody_knows(name):
    assert await locate(name) in KNOWN.values()


@pytest.mark.parametrize("region", ["north", "south"])
async def test_region_without_a_server(region):
    assert await locate("Mill Street", region) is None
