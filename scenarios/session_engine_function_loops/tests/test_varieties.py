from orchard.trees import kinds


async def test_kinds_are_sorted(engine):
    assert await kinds(engine) == ["apple", "plum"]
