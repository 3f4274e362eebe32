"""`crawler.discovery.finding`: sources of an unknown site, and its draft."""

from __future__ import annotations

import pytest

from crawler.discovery.finding import COMMON_FEEDS, common_sources, draft_outlet, find_sources
from crawler.errors import ConfigError
from crawler.model.outlet import Source, SourceKind
from crawler.outlets.checking import problems_of
from crawler.outlets.opml import Locale

URL = "https://www.gazeta-testowa.pl/"
PAGE = """<!doctype html><html lang="pl-PL"><head><title>Wiadomości z kraju i ze świata - Gazeta Testowa</title>
<link rel="alternate" type="application/rss+xml" title="Gazeta" href="/feed/">
<link rel="alternate" type="application/rss+xml" title="Gazeta: komentarze" href="/comments/feed/">
<link rel="alternate" type="application/feed+json" href="https://feeds.example/gazeta.json">
<link rel="alternate" hreflang="en" href="/en/"><link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">
</head><body><a href="/sport/rss.xml">RSS</a><a href="/feed/">RSS</a><a href="https://inny.example/rss">x</a></body></html>"""
ROBOTS = "User-agent: *\nSitemap: https://www.gazeta-testowa.pl/sitemap.xml\nsitemap:https://www.gazeta-testowa.pl/news.xml\nSitemap: file:///etc\n"


def test_declared_feeds_linked_feeds_and_sitemaps_are_found() -> None:
    found = [(source.kind, source.url) for source in find_sources(PAGE, URL, ROBOTS)]
    assert found == [
        (SourceKind.FEED, "https://www.gazeta-testowa.pl/feed/"),
        (SourceKind.FEED, "https://feeds.example/gazeta.json"),
        (SourceKind.FEED, "https://www.gazeta-testowa.pl/sport/rss.xml"),
        (SourceKind.NEWS_SITEMAP, "https://www.gazeta-testowa.pl/news.xml"),
        (SourceKind.SITEMAP, "https://www.gazeta-testowa.pl/sitemap.xml"),
    ]


def test_a_site_that_declares_nothing_gives_nothing_but_common_places_to_try() -> None:
    assert find_sources("", URL, None) == ()
    assert find_sources("<p>x", "no address", None) == ()
    assert common_sources(URL)[0].url == URL + "feed/"
    assert len(common_sources(URL)) > len(COMMON_FEEDS)
    assert common_sources("no address") == ()


def test_the_draft_of_an_outlet_is_a_sound_outlet() -> None:
    outlet = draft_outlet(PAGE, URL, find_sources(PAGE, URL, ROBOTS), "2026-11")
    assert (outlet.slug, outlet.name, outlet.domains) == ("gazeta-testowa", "Gazeta Testowa", ("gazeta-testowa.pl",))
    assert (outlet.country, outlet.languages, outlet.timezone, outlet.unverified) == ("PL", ("pl",), "Europe/Warsaw", "2026-11")
    assert list(problems_of(outlet)) == []


def test_a_site_that_does_not_tell_its_country_asks_for_it() -> None:
    with pytest.raises(ConfigError, match="--country"):
        draft_outlet(PAGE, "https://gazeta.example/", (), "2026-11")
    with pytest.raises(ConfigError, match="no web address"):
        draft_outlet(PAGE, "file:///x", (), "2026-11")


def test_a_site_on_this_machine_is_told_by_its_port() -> None:
    url = "http://127.0.0.1:8080/"
    source = Source(kind=SourceKind.FEED, url=url + "rss")
    outlet = draft_outlet("", url, (source,), "2026-11", Locale(country="PL", language="pl", timezone="Europe/Warsaw"))
    assert outlet.domains == ("127.0.0.1:8080",)
    assert list(problems_of(outlet)) == []
