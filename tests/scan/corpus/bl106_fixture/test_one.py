async def test_one():
    pass
