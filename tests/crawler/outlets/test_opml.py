"""`crawler.outlets.opml` and `writing`: lists of feeds in and out, files that read back the same."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from crawler.errors import ConfigError
from crawler.model.outlet import Layout, Outlet, Politeness, Schedule, Source, SourceKind
from crawler.outlets.catalogue import load_catalogue, read_outlet
from crawler.outlets.opml import Locale, outlets_of, read_opml, slug_of, write_opml
from crawler.outlets.writing import outlet_toml

POLISH = Locale(country="PL", language="pl", timezone="Europe/Warsaw")


def opml(rows: str, doctype: str = "") -> bytes:
    return f'<?xml version="1.0" encoding="utf-8"?>{doctype}<opml version="2.0"><body>{rows}</body></opml>'.encode()


def row(url: str, title: str = "Gazeta") -> str:
    return f'<outline type="rss" text="{title}" xmlUrl="{url}" htmlUrl="https://gazeta.pl.example/"/>'


def test_feeds_of_one_site_become_one_outlet_with_its_group() -> None:
    rows = (
        f'<outline text="Prasa krajowa">{row("https://a.gazeta.pl/1", "Gazeta – kraj")}{row("https://b.gazeta.pl/2")}</outline>'
    )
    rows = rows.replace("gazeta.pl.example", "gazeta.pl")
    (outlet,) = outlets_of(read_opml(opml(rows)), None, "2026-11")
    assert (outlet.slug, outlet.name, outlet.country, outlet.group) == ("gazeta", "Gazeta", "PL", "prasa-krajowa")
    assert [source.url for source in outlet.sources] == ["https://a.gazeta.pl/1", "https://b.gazeta.pl/2"]
    assert outlet.unverified == "2026-11"


def test_what_is_exported_can_be_imported() -> None:
    outlets = [outlet for outlet in load_catalogue().enabled() if any(one.kind is SourceKind.FEED for one in outlet.sources)]
    feeds = read_opml(write_opml(outlets).encode())
    exported = {source.url for outlet in outlets for source in outlet.sources if source.kind is SourceKind.FEED}
    assert {feed.feed_url for feed in feeds} == exported


def test_a_list_with_markup_in_its_names_stays_well_formed() -> None:
    outlet = Outlet(
        slug="x", name='<b>"A" & B</b>', homepage="https://x.example/?a=1&b='2'", domains=("x.example",), country="PL", languages=("pl",),
        timezone="Europe/Warsaw", sources=(Source(kind=SourceKind.FEED, url="https://x.example/rss?a=1&b=2"),), group="a<b",
    )  # fmt: skip
    text = write_opml([outlet], title="A & B <x>")
    root = etree.fromstring(text.encode())
    assert root.findtext(".//title") == "A & B <x>"
    assert read_opml(text.encode())[0].feed_url == "https://x.example/rss?a=1&b=2"


@pytest.mark.parametrize("body", [b"", b"<html/>", b"<opml", b"nothing", b"\x00\xff", b"<opml/>" + b" " * (11 << 20)])
def test_what_is_no_opml_is_a_message(body: bytes) -> None:
    with pytest.raises(ConfigError):
        read_opml(body)


def test_a01_an_external_entity_in_a_list_is_not_resolved() -> None:
    doctype = '<!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    try:
        feeds = read_opml(opml(row("https://gazeta.pl/rss", "-&x;-"), doctype))
    except ConfigError:
        return
    assert all(feed.title in ("--", "-&x;-") for feed in feeds)


def test_a02_a_billion_laughs_in_a_list_cost_less_than_a_second() -> None:
    entities = '<!ENTITY l0 "lol">' + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    before = time.process_time()
    try:
        feeds = read_opml(opml(row("https://gazeta.pl/rss", "&l9;"), f"<!DOCTYPE opml [{entities}]>"))
    except ConfigError:
        feeds = ()
    assert time.process_time() - before < 1
    assert all(len(feed.title) < 10_000 for feed in feeds)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "file:///etc/passwd", "data:text/xml,x", "ftp://gazeta.pl/rss", "", "rss"]
)
def test_a05_a_feed_at_no_web_address_is_left_out(url: str) -> None:
    assert read_opml(opml(row(url))) == ()


@pytest.mark.parametrize("domain", ["kresy.pl", "www.example.co.uk", "żółw.pl", "127.0.0.1", "x--y.pl", "../etc", ""])
def test_a11_a_slug_made_of_a_domain_is_always_a_slug(domain: str) -> None:
    from crawler.outlets.checking import is_slug

    assert is_slug(slug_of(domain))


def test_a_site_without_a_country_asks_for_one() -> None:
    feeds = read_opml(opml(row("https://gazeta.example/rss").replace("https://gazeta.pl.example/", "https://gazeta.example/")))
    with pytest.raises(ConfigError, match="--country"):
        outlets_of(feeds, None, "2026-11")
    assert outlets_of(feeds, POLISH, "2026-11")[0].country == "PL"


def test_an_outlet_with_everything_set_reads_back_the_same(tmp_path: Path) -> None:
    outlet = Outlet(
        slug="gazeta", name='Gazeta "Nowa" \\ ł\x7f\t', homepage="https://gazeta.pl/", domains=("gazeta.pl",), country="PL", languages=("pl", "en"),
        timezone="Europe/Warsaw", sources=(Source(kind=SourceKind.SECTION, url="https://gazeta.pl/kraj", link_pattern="/kraj/*", section="Kraj"),),
        schedule=Schedule(cron="*/10 * * * *"), politeness=Politeness(delay_s=0.5, obey_robots=False, offsite_domains=("cdn.pl",)),
        layouts=(Layout(valid_until=date(2026, 1, 1), body="div.old"), Layout(body="article", remove=("aside", ".ad"))), keep_query=("id",),
        revisit=(), note="dwa\nwiersze",
    )  # fmt: skip
    path = tmp_path / "gazeta.toml"
    path.write_text(outlet_toml(outlet), encoding="utf-8")
    assert read_outlet(path) == outlet


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=30).filter(str.strip))
def test_any_name_reads_back_the_same(name: str) -> None:
    import tomllib

    outlet = Outlet(
        slug="x",
        name=name,
        homepage="https://x.pl/",
        domains=("x.pl",),
        country="PL",
        languages=("pl",),
        timezone="Europe/Warsaw",
        note=name,
    )
    assert tomllib.loads(outlet_toml(outlet))["name"] == name
