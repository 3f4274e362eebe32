"""`crawler.discovery.sitemap`: sitemaps, news sitemaps, indexes; gzip; hostile XML."""

from __future__ import annotations

import gzip
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.discovery.reading import MAX_ENTRIES, SitemapReading, UnreadableSource
from crawler.discovery.sitemap import fresh_children, read_sitemap

NOW = datetime(2026, 11, 24, 12, tzinfo=ZoneInfo("Europe/Warsaw"))
URL = "https://gazeta.example/sitemap.xml"
SPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
NEWS = (
    f'<urlset {SPACE} xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" '
    'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">{}</urlset>'
)


def read(text: str | bytes) -> SitemapReading:
    return read_sitemap(text if isinstance(text, bytes) else text.encode(), URL, NOW)


def urlset(rows: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><urlset {SPACE}>{rows}</urlset>'


def row(path: object, lastmod: str = "") -> str:
    return f"<url><loc>https://gazeta.example/{path}</loc>{f'<lastmod>{lastmod}</lastmod>' if lastmod else ''}</url>"


def index(*children: tuple[str, str | None]) -> str:
    rows = "".join(
        f"<sitemap><loc>https://gazeta.example/{name}</loc>{f'<lastmod>{at}</lastmod>' if at else ''}</sitemap>"
        for name, at in children
    )
    return f"<sitemapindex {SPACE}>{rows}</sitemapindex>"


def test_a_news_sitemap_gives_titles_and_publication_times() -> None:
    reading = read(
        NEWS.replace(
            "{}",
            "<url><loc> https://gazeta.example/kraj/snieg </loc><lastmod>2026-11-24T09:00:00+01:00</lastmod><news:news><news:publication>"
            "<news:name>Gazeta</news:name></news:publication><news:publication_date>2026-11-24T08:00:00+01:00</news:publication_date>"
            "<news:title>Śnieg &amp;amp; mróz</news:title></news:news><image:image><image:loc>https://gazeta.example/x.jpg</image:loc>"
            "<image:title>Zdjęcie</image:title></image:image></url>",
        )
    )
    entry = reading.entries[0]
    assert (reading.kind, entry.url, entry.title) == ("news sitemap", "https://gazeta.example/kraj/snieg", "Śnieg & mróz")
    assert entry.published_at is not None
    assert entry.published_at.isoformat() == "2026-11-24T08:00:00+01:00"
    assert entry.updated_at == datetime(2026, 11, 24, 8, tzinfo=UTC)


def test_lastmod_is_an_update_and_no_publication() -> None:
    entry = read(urlset(row("a", "2026-11-24"))).entries[0]
    assert entry.published_at is None
    assert entry.updated_at is not None
    assert entry.updated_at.isoformat() == "2026-11-24T00:00:00+01:00"


def test_an_index_gives_its_sitemaps_with_their_times() -> None:
    reading = read(index(("a.xml.gz", "2026-11-24T10:00:00Z"), ("b.xml", None)))
    assert (reading.kind, reading.entries) == ("sitemap index", ())
    assert reading.children == (
        ("https://gazeta.example/a.xml.gz", datetime(2026, 11, 24, 10, tzinfo=UTC)),
        ("https://gazeta.example/b.xml", None),
    )


def test_a_gzip_sitemap_and_one_without_namespace_are_read() -> None:
    assert len(read(gzip.compress(urlset(row("a")).encode())).entries) == 1
    assert len(read("<urlset><url><loc>https://gazeta.example/a</loc></url></urlset>").entries) == 1
    assert len(read(urlset(row("a")).replace("UTF-8", "UTF-16").encode("utf-16")).entries) == 1


def test_one_lastmod_for_all_is_the_time_of_writing() -> None:
    assert all(entry.updated_at is None for entry in read(urlset("".join(row(n, "2026-11-24") for n in range(20)))).entries)


def test_the_newest_of_many_addresses_are_kept() -> None:
    rows = "".join(row(n, f"{NOW - timedelta(minutes=5000 - n):%Y-%m-%dT%H:%M:%S+01:00}") for n in range(5000))
    reading = read(urlset(rows))
    assert reading.truncated
    assert len(reading.entries) == MAX_ENTRIES
    assert reading.entries[-1].url == "https://gazeta.example/4999"
    assert reading.entries[0].url == "https://gazeta.example/3000"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "an empty answer"),
        (b"<!doctype html><html><body>no</body></html>", "an HTML page instead of a sitemap"),
        (b"<rss version='2.0'><channel/></rss>", "a feed, not a sitemap"),
        (b"<x/>", "XML, but no sitemap"),
        (b"nothing", "no XML"),
        (b"\x1f\x8b\x08\x00zzz", "a broken gzip file"),
    ],
)
def test_f16_what_is_no_sitemap_is_unreadable_with_the_reason(body: bytes, reason: str) -> None:
    with pytest.raises(UnreadableSource) as caught:
        read(body)
    assert caught.value.reason == reason


def test_f19_a_sitemap_that_is_a_bomb_is_cut(memory_peak: Any) -> None:
    bomb = gzip.compress(urlset(row("a") + " " * 300_000_000).encode(), 1)
    with memory_peak() as peak:
        reading = read(bomb)
    assert reading.truncated
    assert len(reading.entries) == 1
    assert peak.mb < 200


def test_f17_a_sitemap_that_ends_early_gives_what_came() -> None:
    whole = gzip.compress(urlset("".join(row(n * 7919 % 10007) for n in range(3000))).encode())
    assert len(read(urlset(row(1) + row(2))[:-20]).entries) >= 1
    assert 0 < len(read(whole[: len(whole) // 2]).entries) < 3000


def test_a01_an_external_entity_in_a_sitemap_is_not_resolved() -> None:
    with open("/etc/hostname") as file:  # noqa: PTH123 - the very file of the attack
        secret = file.read().strip()
    for target in ("file:///etc/hostname", "http://127.0.0.1:9/x"):
        text = f'<!DOCTYPE urlset [<!ENTITY x SYSTEM "{target}">]>' + f"<urlset>{row('a&x;b')}{row('c')}</urlset>"
        reading = read(text)
        assert not any(secret and secret in entry.url for entry in reading.entries)
        assert reading.entries[-1].url == "https://gazeta.example/c"


def test_a02_a_billion_laughs_in_a_sitemap_cost_less_than_a_second() -> None:
    entities = '<!ENTITY l0 "lol">' + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    before = time.process_time()
    reading = read(f"<!DOCTYPE urlset [{entities}]><urlset>{row('&l9;')}{row('c')}</urlset>")
    assert time.process_time() - before < 1
    assert all(len(entry.url) < 200 for entry in reading.entries)


def test_a02_a_sitemap_of_50_mib_costs_bounded_memory(memory_peak: Any) -> None:
    filler = f"<note>{'x' * 150}</note>" * 20  # what makes a tree heavy is its elements: kept, these would be 120 MB
    text = urlset("".join(row(n).replace("</url>", f"{filler}</url>") for n in range(15_000))).encode()
    assert len(text) > 40_000_000
    with memory_peak() as peak:
        assert len(read(text).entries) == MAX_ENTRIES
    assert peak.mb < 50


@pytest.mark.parametrize("loc", ["javascript:alert(1)", "file:///etc/passwd", "gopher://x/", ""])
def test_a05_a_loc_that_is_no_web_address_is_dropped(loc: str) -> None:
    assert [entry.url for entry in read(f"<urlset><url><loc>{loc}</loc></url>{row('a')}</urlset>").entries] == [
        "https://gazeta.example/a"
    ]
    assert read(f"<sitemapindex><sitemap><loc>{loc}</loc></sitemap></sitemapindex>").children == ()


def test_the_fresh_sitemaps_of_an_index_come_first() -> None:
    def chosen(*children: tuple[str, str | None]) -> list[str]:
        return [address.rpartition("/")[2] for address in fresh_children(read(index(*children)), NOW)]

    assert chosen(("old.xml", "2020-01-01"), ("posts.xml", "2026-11-24"), ("sitemap-news.xml", None))[:2] == [
        "sitemap-news.xml",
        "posts.xml",
    ]
    assert chosen(*((f"sitemap-2026-{month:02}.xml", None) for month in range(1, 13))) == ["sitemap-2026-11.xml"]
    assert chosen(*((f"sitemap{number}.xml", None) for number in range(12))) == ["sitemap11.xml", "sitemap0.xml"]
    assert chosen(("image-sitemap.xml", "2026-11-24"), ("tags.xml", None), ("a.xml", None)) == ["a.xml"]
    assert chosen(("old.xml", "2020-01-01")) == ["old.xml"]
    assert chosen() == []
    assert len(chosen(*((f"news-{number}.xml", None) for number in range(40)))) == 5


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.lists(
            st.sampled_from(
                [
                    "<urlset>",
                    "<url>",
                    "<loc>",
                    "https://a.pl/x",
                    "</loc>",
                    "</url>",
                    "</urlset>",
                    "<sitemapindex>",
                    "<sitemap>",
                    "&x;",
                ]
            )
            | st.text(max_size=5),
            max_size=20,
        ).map(lambda parts: "".join(parts).encode("utf-8", "surrogatepass")),
    )
)
def test_a_sitemap_gives_addresses_or_a_reason_and_nothing_else(body: bytes) -> None:
    try:
        reading = read(body)
    except UnreadableSource as error:
        assert error.reason
    else:
        assert all(entry.url.startswith(("http://", "https://")) for entry in reading.entries)
        fresh_children(reading, NOW)
