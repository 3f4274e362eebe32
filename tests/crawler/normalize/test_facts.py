"""Structured data, addresses, section, tags, image, access, language, layouts, and the chain as a whole."""

from __future__ import annotations

import json as jsonlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.errors import ConfigError, NormalizeError
from crawler.model.article import Access, AddressKind
from crawler.model.feed import FeedEntry
from crawler.model.outlet import Layout
from crawler.model.page import Page
from crawler.normalize.access import tell_access
from crawler.normalize.chain import NORMALIZER_VERSION, STEPS, layout_of, normalize, read_draft
from crawler.normalize.draft import Draft, Setting
from crawler.normalize.language import tell_language
from crawler.normalize.parsing import parse_html
from crawler.normalize.placing import read_addresses, read_placing
from crawler.normalize.structured import read_facts

MakeDraft = Callable[..., Draft]
PageOf = Callable[..., Page]
ADDRESS = "https://echo.example/wiadomosci/most"
PROSE = "Rzecznik poinformował, że most będzie zamknięty do wiosny, a objazd poprowadzi przez centrum miasta. "


def ld(json: str) -> str:
    return f'<html><head><script type="application/ld+json">{json}</script></head><body><p>x</p></body></html>'


@pytest.mark.parametrize(
    "json",
    [
        '{"@type": "NewsArticle", "headline": "Most"}',
        '[{"@type": "Organization", "name": "Echo"}, {"@type": ["NewsArticle", "Article"], "headline": "Most"}]',
        '{"@graph": [{"@type": "WebPage", "name": "Echo"}, {"@type": "http://schema.org/NewsArticle", "headline": "Most"}]}',
        '{"@type": "WebPage", "mainEntity": {"@type": "Article", "headline": "Most"}}',
        '<!-- {"@type": "NewsArticle", "headline": "Most"} -->',
        '//<![CDATA[\n{"@type": "NewsArticle", "headline": "Most"}\n//]]>',
        '{"@type": "NewsArticle", "headline": "Most",}',
        '{"@type": "NewsArticle", "description": "line\nbreak", "headline": "Most"};',
        '{"@type": "Organization", "name": "Echo"}{"@type": "NewsArticle", "headline": "Most"}',
        "{&quot;@type&quot;: &quot;NewsArticle&quot;, &quot;headline&quot;: &quot;Most&quot;}",
    ],
)
def test_json_ld_is_read_leniently(json: str) -> None:
    assert read_facts(parse_html(ld(json)), ADDRESS).ld("headline") == "Most"


def test_the_article_of_the_page_is_chosen_among_teasers() -> None:
    nodes = '[{"@type": "NewsArticle", "url": "https://echo.example/inny", "headline": "Inny", "datePublished": "2026-01-01"}, {"@type": "NewsArticle", "mainEntityOfPage": {"@id": "%s"}, "headline": "Most"}]'
    assert read_facts(parse_html(ld(nodes % ADDRESS)), ADDRESS).ld("headline") == "Most"


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["@type", "@id", "@graph", "author", "name", "url", "image", "keywords"]), inner, max_size=4
            )
        ),
        max_leaves=12,
    )
)
@settings(deadline=None)
def test_no_shape_of_json_ld_ever_raises(value: object) -> None:
    facts = read_facts(parse_html(ld(jsonlib.dumps({"@type": "NewsArticle", "author": value, "@graph": value}))), ADDRESS)
    assert isinstance(facts.authors, tuple)


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("https://echo.example/wiadomosci/most-zamkniety", "https://echo.example/wiadomosci/most-zamkniety"),
        ("/wiadomosci/most-zamkniety?utm_source=x", "https://echo.example/wiadomosci/most-zamkniety"),
        ("https://m.echo.example/most", "https://m.echo.example/most"),
        ("https://attacker.example/most", ADDRESS),
        ("https://echo.example.attacker.example/", ADDRESS),
        ("https://echo.example/", ADDRESS),
        ("javascript:alert(1)", ADDRESS),
        ("http://127.0.0.1/", ADDRESS),
    ],
)
def test_a_canonical_address_is_believed_only_within_the_outlet_and_never_as_the_front_page(
    link: str, url: str, make_draft: MakeDraft, setting: Setting
) -> None:
    draft = make_draft(f'<html><head><link rel="canonical" href="{link}"></head><body><p>x</p></body></html>')
    read_addresses(draft, setting)
    assert draft.url == url


def test_every_address_under_which_a_page_was_met_is_kept(make_draft: MakeDraft, setting: Setting) -> None:
    html = '<html><head><link rel="canonical" href="https://echo.example/most"><link rel="amphtml" href="https://echo.example/most/amp"></head><body><p>x</p></body></html>'
    entry = FeedEntry(url="https://echo.example/rss/most?utm_source=rss")
    draft = make_draft(
        html, entry=entry, requested_url="https://echo.example/rss/most?utm_source=rss", final_url="https://echo.example/pl/most"
    )
    read_addresses(draft, setting)
    assert [(item.url.removeprefix("https://echo.example"), item.kind) for item in draft.addresses] == [
        ("/rss/most", AddressKind.ENTRY), ("/pl/most", AddressKind.REDIRECT), ("/most/amp", AddressKind.AMP), ("/most", AddressKind.CANONICAL),
    ]  # fmt: skip


def test_an_amp_page_is_the_article_it_stands_for(make_draft: MakeDraft, setting: Setting) -> None:
    draft = make_draft("<html amp><body><p>x</p></body></html>", requested_url=f"{ADDRESS}/amp", final_url=f"{ADDRESS}/amp")
    read_addresses(draft, setting)
    assert draft.url == ADDRESS
    assert [item.kind for item in draft.addresses] == [AddressKind.AMP, AddressKind.CANONICAL]


def test_section_tags_and_image_come_from_what_the_page_states(make_draft: MakeDraft, setting: Setting) -> None:
    draft = make_draft(
        ld(
            '{"@type": "NewsArticle", "articleSection": "Drogi", "keywords": "most, Warta, most", "image": [{"url": "/img/most.jpg"}]}'
        ).replace("<body>", '<body><a rel="tag">inny</a>')
    )
    read_placing(draft, setting)
    assert (draft.section, draft.tags, draft.image_url) == ("Drogi", ("most", "Warta"), "https://echo.example/img/most.jpg")


@pytest.mark.parametrize(
    ("html", "access"),
    [
        (ld('{"@type": "NewsArticle", "isAccessibleForFree": true}'), Access.FREE),
        (ld('{"@type": "NewsArticle", "isAccessibleForFree": "False"}'), Access.PAID),
        (
            ld(
                '{"@type": "NewsArticle", "isAccessibleForFree": "http://schema.org/True", "hasPart": {"isAccessibleForFree": false}}'
            ),
            Access.METERED,
        ),
        ('<html><head><meta property="article:content_tier" content="locked"></head><body><p>x</p></body></html>', Access.PAID),
        (
            '<html><head><meta property="article:content_tier" content="metered"></head><body><p>x</p></body></html>',
            Access.METERED,
        ),
        ('<html><body><div class="paywall">Kup dostęp</div><p>x</p></body></html>', Access.METERED),
        ("<html><body><p>x</p></body></html>", Access.UNKNOWN),
    ],
)
def test_access_is_told_with_its_reason(html: str, access: Access, make_draft: MakeDraft, setting: Setting) -> None:
    draft = make_draft(html)
    tell_access(draft, setting)
    assert draft.access is access
    assert bool(draft.access_reason) is (access is not Access.UNKNOWN)


@pytest.mark.parametrize(
    ("declared", "text", "language"),
    [
        ("pl-PL", PROSE * 4, "pl"),
        ("en", PROSE * 4, "pl"),
        (
            "pl",
            "The spokesman said that the bridge would stay closed until spring and that drivers should expect delays in the centre. "
            * 3,
            "en",
        ),
        (
            "uk",
            "Речниця повідомила, що міст буде закритий до весни, а об'їзд проляже через центр міста й займе кілька хвилин. " * 3,
            "uk",
        ),
        (
            "",
            "Mluvčí řekl, že most bude uzavřen do jara a objížďka povede středem města, což řidiče zdrží o několik minut. " * 3,
            "cs",
        ),
        ("de", "Kurz.", "de"),
    ],
)
def test_the_text_decides_about_a_language_and_the_declaration_where_there_is_little_text(
    declared: str, text: str, language: str, make_draft: MakeDraft, setting: Setting
) -> None:
    draft = make_draft(f'<html lang="{declared}"><body><p>x</p></body></html>')
    draft.text = text
    tell_language(draft, setting)
    assert draft.language == language


def test_the_layout_of_the_pages_day_is_used() -> None:
    old, new = Layout(valid_until=date(2026, 1, 31), body=".old"), Layout(body=".new")
    assert layout_of((old, new), date(2026, 1, 31)) is old
    assert layout_of((old, new), date(2026, 2, 1)) is new
    assert layout_of((old,), date(2026, 2, 1)) is None


def test_a_layout_that_finds_nothing_gives_way_to_general_extraction(setting: Setting, page_of: PageOf) -> None:
    outlet = replace(
        setting.outlet, layouts=(Layout(body=".gone", title=".gone", lead=".gone", byline=".gone", published=".gone"),)
    )
    draft = read_draft(
        page_of(f"<html><body><h1>Most zamknięty</h1><article><p>{PROSE}</p><p>{PROSE}</p></article></body></html>"),
        Setting(outlet, setting.agencies, setting.now),
    )
    assert draft.title == "Most zamknięty"
    assert PROSE.strip() in draft.text


def test_a_page_class_without_a_module_is_a_mistake_of_the_outlets_entry(setting: Setting, page_of: PageOf) -> None:
    outlet = replace(setting.outlet, page_class="no_such_module")
    with pytest.raises(ConfigError, match="no_such_module"):
        read_draft(page_of(f"<html><body><p>{PROSE}</p></body></html>"), Setting(outlet, setting.agencies, setting.now))


def test_the_chain_is_pure(setting: Setting, page_of: PageOf) -> None:
    page = page_of(
        f"<html><head><title>Most zamknięty</title></head><body><h1>Most zamknięty</h1><article><p>{PROSE * 3}</p></article></body></html>"
    )
    one, two = (normalize(page, setting.outlet, setting.agencies, setting.now) for _ in range(2))
    assert one == two
    assert one.normalizer_version == NORMALIZER_VERSION
    assert one.fingerprint.words > 0
    assert len({step.__name__ for step in STEPS}) == len(STEPS)


def test_a_page_without_a_web_address_is_refused(setting: Setting, page_of: PageOf) -> None:
    with pytest.raises(NormalizeError, match="no web address"):
        read_draft(page_of(f"<html><body><p>{PROSE}</p></body></html>", requested_url="mailto:x", final_url="mailto:x"), setting)


@given(
    st.text(max_size=60),
    st.lists(
        st.sampled_from(
            [
                "<p>",
                "</p>",
                "<div class=byline>",
                "<h1>",
                "<table>",
                "<td>",
                "<ul><li>",
                "<time datetime=",
                "<script>",
                "<!--",
                "&#0;",
                "<title>",
                "]]>",
            ]
        ),
        max_size=12,
    ),
)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_html_ever_raises_anything_but_a_normalize_error(
    setting: Setting, page_of: PageOf, text: str, tags: list[str]
) -> None:
    with suppress(NormalizeError):
        read_draft(page_of(text.join(tags) + text + PROSE), setting)
