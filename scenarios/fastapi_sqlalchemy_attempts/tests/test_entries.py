async def test_guest_signs(guest):
    response = await guest.post("/entries", json={"name": " Ada  Lovelace "})
    assert response.status_code == 201
    assert response.json() == {"name": "Ada Lovelace"}


async def test_new_guestbook_is_empty(guest):
    assert (await guest.get("/entries/count")).json() == 0
