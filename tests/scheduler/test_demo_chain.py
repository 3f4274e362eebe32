"""The sample's pages through the real chain: what each outlet wrote comes out, its furniture does not."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from crawler.discovery.feeds import read_feed
from crawler.model.article import Article
from crawler.model.attribution import NamedSourceKind, SourceRole
from crawler.model.feed import FeedEntry
from crawler.model.page import Page
from crawler.normalize.chain import normalize
from crawler.outlets.agencies import load_agencies
from crawler.outlets.catalogue import load_catalogue
from scheduler.demo.outlets import write_outlets
from scheduler.demo.pages import published
from scheduler.demo.site import Resource, build_site
from scheduler.demo.texts import DemoArticle, DemoOutlet, sample_outlets

STARTED = datetime(2026, 11, 24, 18, 0, 30, tzinfo=UTC)
ORIGINS = {outlet.slug: f"http://127.0.0.{number + 2}:8000" for number, outlet in enumerate(sample_outlets())}
CASES = [(outlet, article) for outlet in sample_outlets() for article in outlet.articles if not article.behind_robots]
FURNITURE = (
    "Przeczytaj:", "Zobacz także", "Czytaj także", "CZYTAJ TEŻ", "READ MORE", "Read also", "See also", "Lesen Sie auch",
    "Читайте також", "odpowiedź", "Nie krępuj się", "Leave a Reply", "ciasteczek", "cookie", "newsletter", "Udostępnij",
)  # fmt: skip


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Article]:
    folder: Path = tmp_path_factory.mktemp("outlets")
    write_outlets(folder, ORIGINS)
    catalogue = load_catalogue([folder])
    agencies = load_agencies(catalogue.values())
    found = {}
    for outlet in sample_outlets():
        site = build_site(outlet, ORIGINS[outlet.slug], STARTED, STARTED)
        entries = entries_of(outlet, site)
        for article in outlet.articles:
            url = ORIGINS[outlet.slug] + article.path
            resource = site[article.path]
            page = Page(
                requested_url=url,
                final_url=url,
                status=200,
                headers=(("content-type", resource.content_type),),
                body=resource.body,
                fetched_at=STARTED,
                outlet=outlet.slug,
                entry=entries.get(url),
            )
            found[url] = normalize(page, catalogue[outlet.slug], agencies, STARTED)
    return found


def entries_of(outlet: DemoOutlet, site: dict[str, Resource]) -> dict[str, FeedEntry]:
    """Address -> what the outlet's feed says of it."""
    found = {}
    for feed in outlet.feeds:
        if feed.kind in ("rss", "rdf", "atom", "json"):
            answer = site[feed.path]
            now = STARTED.astimezone(ZoneInfo(outlet.timezone))
            reading = read_feed(answer.body, ORIGINS[outlet.slug] + feed.path, answer.content_type, [outlet.language], now)
            found.update({entry.url: entry for entry in reading.entries})
    return found


@pytest.mark.parametrize(("outlet", "written"), CASES, ids=[f"{outlet.slug}-{article.minutes_ago}" for outlet, article in CASES])
def test_a_page_of_the_sample_is_read_as_it_was_written(
    outlet: DemoOutlet, written: DemoArticle, read: dict[str, Article]
) -> None:
    article = read[ORIGINS[outlet.slug] + written.path]
    final = written.at(second=True)
    assert final is not None
    paragraphs = article.text.split("\n\n")
    assert article.title == final.title
    assert [part for part in final.paragraphs if part not in paragraphs] == []
    assert [word for word in FURNITURE if word in article.text] == []
    extra = [part for part in paragraphs if part not in final.paragraphs]
    assert sum(map(len, extra)) <= 0.03 * len(article.text), extra
    assert article.published_at == published(final, outlet, STARTED)
    assert article.language == outlet.language
    assert article.authors == ((written.author,) if written.author else ())
    assert not article.encoding_suspect


def test_every_copy_names_its_agency_and_no_own_article_names_one(read: dict[str, Article]) -> None:
    expected = {"tramwaje": "pap", "kable": "pap", "docks": "reuters"}
    for outlet, written in CASES:
        article = read[ORIGINS[outlet.slug] + written.path]
        origins = [one.source for one in article.attributions if one.role is SourceRole.ORIGIN]
        if written.dispatch:
            assert expected[written.dispatch] in origins, (outlet.slug, written.path)
        else:
            assert origins == (["pap"] if outlet.slug == "depesze-pap" else []), (outlet.slug, written.path)


def test_the_chain_of_the_founding_sample_keeps_its_order_and_kinds(read: dict[str, Article]) -> None:
    article = next(one for one in read.values() if one.credits.startswith("Reuters / PAP"))
    named = sorted((one for one in article.attributions if one.role is not SourceRole.CITED), key=lambda one: one.position)
    assert [re.sub(r"\W", "-", one.source.lower()) for one in named][:3] == ["reuters", "pap", "tvp-info"]
    agency, outlet = NamedSourceKind.AGENCY, NamedSourceKind.OUTLET
    assert [one.source_kind for one in named] == [agency, agency, outlet, NamedSourceKind.INSTITUTION, outlet]
    assert [one.role for one in named][-1] is SourceRole.OWN
    assert all(one.evidence for one in article.attributions)


def test_the_agency_named_in_a_sentence_of_that_article_is_only_cited(read: dict[str, Article]) -> None:
    article = next(one for one in read.values() if one.credits.startswith("Reuters / PAP"))
    cited = [one for one in article.attributions if one.role is SourceRole.CITED]
    assert "reuters" in [one.source for one in cited]
    assert any(
        "Jak podaje agencja Reutera" in article.text[max(0, quote.start - 20) : quote.end + 20]
        for one in cited
        for quote in one.evidence
    )
