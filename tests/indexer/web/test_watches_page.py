"""A reader saves a search as a watch, tests it, pauses it and removes it, with and without JavaScript; a real webhook hears the test."""

from __future__ import annotations

import httpx
import pytest

from crawler.store.watches import read_watches
from indexer.desk import Desk
from tests.indexer.watches.webhook import serving

from .conftest import OpenPage


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without"])
def test_a_search_becomes_a_watch_that_is_tested_paused_and_removed(open_page: OpenPage, desk: Desk, scripts: bool) -> None:
    with serving() as webhook:
        page = open_page("/?q=most", java_script_enabled=scripts)
        page.get_by_role("link", name="Watch", exact=True).click()
        page.get_by_label("Name").fill("Bridges")
        page.get_by_label("Send to").fill(webhook.url)
        page.get_by_role("button", name="Watch", exact=True).click()
        assert "was added" in page.get_by_role("status").inner_text()
        [row] = page.locator("section.watch:not(.new)").all()
        assert "Bridges" in row.inner_text() and "most" in row.inner_text() and "secret=" not in page.content()
        page.get_by_role("button", name="Send a test").click()
        assert page.get_by_role("status").inner_text() == "A test was sent." and [body["is_test"] for body in webhook.bodies] == [
            True
        ]
        page.get_by_role("button", name="Pause").click()
        assert "paused" in page.locator("section.watch:not(.new)").inner_text()
        page.get_by_role("button", name="Resume").click()
        page.get_by_role("button", name="Remove").click()
        assert page.get_by_text("Nothing is watched yet.").is_visible()
    with desk.database.read() as connection:
        assert read_watches(connection) == []


def test_what_cannot_be_meant_is_said_and_the_form_keeps_what_was_typed(open_page: OpenPage, address: str) -> None:
    fields = {"do": "add", "name": "x", "query": '"open', "to": "https://example.org/hook"}
    answer = httpx.post(f"{address}/watches", data=fields, headers={"Accept": "text/html", "Origin": address})
    assert answer.status_code == 400 and "never closed" in answer.text and "https://example.org/hook" in answer.text


def test_a10_a_form_of_another_site_changes_nothing(address: str, desk: Desk) -> None:
    fields = {"do": "add", "name": "x", "query": "most", "to": "https://example.org/hook"}
    answer = httpx.post(f"{address}/watches", data=fields, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    with desk.database.read() as connection:
        assert read_watches(connection) == []
