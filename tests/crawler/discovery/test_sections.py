"""`crawler.discovery.sections`: links of a section page that lead to articles."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.discovery.reading import UnreadableSource
from crawler.discovery.sections import looks_like_article, matches_pattern, read_section
from crawler.model.outlet import Source, SourceKind

URL = "https://gazeta.example/kraj/"
PAGE = """<html><head><base href="/"></head><body>
<a href="kraj/12345-zima-wraca"><img src="x.jpg"></a>
<a href="/kraj/12345-zima-wraca?utm_source=front#c">Zima wraca do Polski, będzie ślisko</a>
<a href="/kraj/12346-nowy-most">Nowy most na Wiśle otwarty po remoncie</a>
<a href="/tag/zima">Zima</a> <a href="/kraj/">Kraj</a> <a href="https://inny.example/kraj/99999-obcy-tekst-o-czyms">Obcy</a>
<a href="javascript:alert(1)">x</a> <a href="file:///kraj/12347-a">x</a> <a>bez adresu</a>
<a href="/sport/55555-mecz">Mecz bez bramek w ostatniej kolejce</a>
</body></html>"""


def source(pattern: str | None = None) -> Source:
    return Source(kind=SourceKind.SECTION, url=URL, link_pattern=pattern, section="Kraj")


def test_the_links_that_match_the_pattern_are_the_entries_once_each() -> None:
    reading = read_section(PAGE, URL, source("/kraj/[0-9]*"), ["gazeta.example"])
    assert [entry.url for entry in reading.entries] == [
        "https://gazeta.example/kraj/12345-zima-wraca",
        "https://gazeta.example/kraj/12346-nowy-most",
    ]
    assert [entry.title for entry in reading.entries] == [
        "Zima wraca do Polski, będzie ślisko",
        "Nowy most na Wiśle otwarty po remoncie",
    ]
    assert reading.entries[0].section == "Kraj"
    assert reading.entries[0].source == URL
    assert reading.kind == "section"


def test_without_a_pattern_the_form_of_the_address_decides() -> None:
    reading = read_section(PAGE, URL, source(), ["gazeta.example"])
    assert [entry.url.rpartition("/")[2] for entry in reading.entries] == ["12345-zima-wraca", "12346-nowy-most", "55555-mecz"]


def test_a_page_without_a_matching_link_gives_a_warning() -> None:
    reading = read_section(PAGE, URL, source("/swiat/*"), ["gazeta.example"])
    assert (reading.entries, reading.warnings) == ((), ("no link on the page matches /swiat/*",))


def test_f16_an_empty_section_page_is_unreadable() -> None:
    with pytest.raises(UnreadableSource):
        read_section("  ", URL, source(), ["gazeta.example"])


def test_a05_links_to_other_schemes_and_sites_are_left_out() -> None:
    urls = [entry.url for entry in read_section(PAGE, URL, source("*"), ["gazeta.example"]).entries]
    assert urls
    assert all(url.startswith("https://gazeta.example/") for url in urls)


@pytest.mark.parametrize(
    ("path", "is_article"),
    [
        ("/kraj/zima-wraca-do-polski", True),
        ("/wiadomosci/7,114884,30000001,tytul.html", True),
        ("/2026/11/24/most", True),
        ("/news/2026-11-24/most", True),
        ("/kraj", False),
        ("/", False),
        ("/tag/zima-wraca-do-polski", False),
        ("/autor/jan-maria-kowalski-nowak", False),
        ("/files/raport-za-rok-2026-pelny.pdf", False),
    ],
)
def test_an_article_is_told_by_the_form_of_its_address(path: str, is_article: bool) -> None:
    assert looks_like_article(f"https://gazeta.example{path}") is is_article


def test_a_pattern_is_a_glob_over_the_whole_path() -> None:
    assert matches_pattern("https://gazeta.example/kraj/a/b?x=1", "/kraj/*")
    assert matches_pattern("https://gazeta.example/%C5%82%C3%B3d%C5%BA/x", "/łódź/*")
    assert not matches_pattern("https://gazeta.example/en/kraj/a", "/kraj/*")
    assert matches_pattern("https://gazeta.example/", None)


def test_a16_a_pattern_of_many_stars_and_a_long_path_do_not_hang() -> None:
    before = time.process_time()
    matches_pattern("https://gazeta.example/" + "a" * 2000, "/*a*a*a*a*a*a*a*a*a*a*a*b")
    assert time.process_time() - before < 1


def test_f20_a_section_page_of_a_million_tags_costs_seconds_at_most() -> None:
    before = time.process_time()
    read_section("<div>" * 500_000 + "<a href='/x-y-z-w'>t</a>" * 50_000, URL, source(), ["gazeta.example"])
    assert time.process_time() - before < 10


def test_f20_links_behind_hundreds_of_nested_elements_are_found() -> None:
    page = f"<body>{'<div>' * 500}{'</div>' * 500}<a href='/kraj/most-zamkniety-do-wiosny'>Most zamknięty do wiosny</a></body>"
    assert read_section(page, URL, source(), ["gazeta.example"])


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(["<a href=", "'//x'", ">", "</a>", "<base href='", "\x00", "\ud800", "<?xml encoding='x'?>"])
        | st.text(max_size=6),
        max_size=15,
    )
)
def test_a_section_page_never_breaks_the_reader(parts: list[str]) -> None:
    try:
        read_section("".join(parts), URL, source("*"), ["gazeta.example"])
    except UnreadableSource:
        pass
