from alarms.jobs import drill


async def test_drill_reaches_somebody(pager_url):
    assert await drill(pager_url)
