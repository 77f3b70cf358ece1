from statuspage.http import Http
from statuspage.probe import Service, probe


async def test_open_session_is_used(base_url):
    await Http.open()
    assert await probe(Service("mail", f"{base_url}/200")) == "up"


async def test_closing_twice_is_fine(monkeypatch):
    monkeypatch.setattr(Http, "session", None)
    await Http.open()
    await Http.close()
    await Http.close()
    assert Http.session is None
