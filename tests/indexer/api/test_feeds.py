"""Feeds and OPML, read by the parsers that readers use."""

from __future__ import annotations

from typing import Any

import feedparser
import httpx
import listparser
import pytest

from .newsroom import Room


@pytest.mark.parametrize(("kind", "version"), [("atom", "atom10"), ("rss", "rss20")])
def test_a_search_is_a_feed_that_readers_read(client: httpx.Client, room: Room, kind: str, version: str) -> None:
    answer = client.get(f"/feed.{kind}", params={"q": "prezydent", "fold": "false"})
    assert answer.headers["content-type"].startswith(f"application/{kind}+xml")
    feed: Any = feedparser.parse(answer.content)
    assert (feed.bozo, feed.version) == (False, version)
    assert feed.feed.title == "Depesza: prezydent"
    assert feed.feed.link == f"{client.base_url}/?q=prezydent"
    assert {link.rel: link.href for link in feed.feed.links}["self"] == str(answer.url)
    assert [one.link for one in feed.entries] == [room.late.url, room.copy.url, room.origin.url]
    assert feed.entries[0].id == f"urn:depesza:article:{room.late.id}"
    assert feed.entries[0].published_parsed[:5] == (2026, 11, 24, 11, 30)
    assert "Polska Agencja Prasowa" in feed.entries[0].summary


def test_a_search_is_a_json_feed(client: httpx.Client, room: Room) -> None:
    answer = client.get("/feed.json", params={"q": "prezydent"})
    feed = answer.json()
    assert (answer.headers["content-type"], feed["version"]) == ("application/feed+json", "https://jsonfeed.org/version/1.1")
    assert [one["url"] for one in feed["items"]] == [room.late.url], "copies are folded"
    assert feed["items"][0]["date_published"] == "2026-11-24T11:30:00+00:00"


def test_an_empty_feed_is_one_too_and_has_a_lasting_tag(client: httpx.Client) -> None:
    for kind in ("atom", "rss", "json"):
        first, again = (client.get(f"/feed.{kind}", params={"q": "nieistniejące"}) for _ in range(2))
        assert first.headers["etag"] == again.headers["etag"], kind
    assert not feedparser.parse(client.get("/feed.atom?q=nieistniejące").content).entries


def test_the_outlets_are_a_list_that_readers_import(client: httpx.Client, room: Room) -> None:
    found = listparser.parse(client.get("/opml").text)
    assert not found.get("bozo")
    addresses = {one.title: one.url for one in found.feeds}
    assert addresses["Goniec"] == f"{client.base_url}/feed.atom?q=outlet%3Agoniec"
    assert [one.link for one in feedparser.parse(client.get(addresses["Goniec"]).content).entries] == [room.late.url]


def test_a_query_that_is_refused_is_a_problem_and_no_feed(client: httpx.Client) -> None:
    answer = client.get("/feed.atom", params={"q": "(" * 30})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
