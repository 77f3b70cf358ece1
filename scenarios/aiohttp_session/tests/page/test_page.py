import pytest

from statuspage.page import overall, render, rows
from statuspage.probe import Service


async def test_page_lists_every_service(base_url):
    page = await render([Service("mail", f"{base_url}/200"), Service("wiki", f"{base_url}/200")])
    assert page.count("<li") == 2


async def test_page_without_services():
    assert await render([]) == '<h1 class="unknown">Status</h1>\n<ul>\n</ul>'


@pytest.mark.parametrize(
    ("states", "worst"),
    [
        ([], "unknown"),
        (["up"], "up"),
        (["up", "degraded"], "degraded"),
        (["degraded", "down", "up"], "down"),
        (["up", "unknown"], "unknown"),
    ],
)
def test_overall_is_the_worst(states, worst):
    assert overall(states) == worst


def test_rows_are_sorted_by_name():
    assert rows({"wiki": "up", "mail": "down"}) == ['<li class="down">mail</li>', '<li class="up">wiki</li>']


def test_names_are_escaped():
    assert rows({"R&D": "up"}) == ['<li class="up">R&amp;D</li>']
