"""A look at a site (`outlets add`, `outlets check`): what it finds, and that it leaves no trace in a store."""

from __future__ import annotations

from typing import Any

import pytest

from crawler.model.outlet import Source, SourceKind
from crawler.model.run import ProbeReport, SourceStatus


@pytest.fixture(scope="module")
def reports(server: Any, hostile: Any, texts: Any, crawls: Any) -> dict[str, ProbeReport]:
    answer = hostile.Answer
    for number in range(5):
        server.serve(f"/p/{number}", answer(texts.article(f"probe {number}")))
    entries = [(server.url(f"/p/{number}"), f"Tytuł {number}") for number in range(5)]
    server.serve("/feed/", answer(texts.rss(entries), type="application/rss+xml"))
    server.serve("/broken.xml", answer("<html><p>Error"))
    head = '<link rel="alternate" type="application/rss+xml" href="/feed/"><meta property="og:site_name" content="Kurier Nadwiślański">'
    server.serve("/", answer(f"<html lang=pl><head><title>Kurier</title>{head}</head><body><p>Front</p></body></html>"))
    server.serve("/robots.txt", answer("User-agent: *\nCrawl-delay: 0.01\nSitemap: /sitemap.xml", type="text/plain"))
    crawls.outlet("good")
    crawls.outlet("configured", sources=(Source(kind=SourceKind.FEED, url=server.url("/broken.xml")),))
    crawls.outlet("dead", domains=("127.0.0.9:9",))
    import dataclasses

    crawls.outlets["dead"] = dataclasses.replace(crawls.outlets["dead"], homepage="http://127.0.0.9:9/")
    plan = crawls.plan(probe=True)
    report = crawls.end(plan, crawls.start(plan))
    assert report.finished
    return {one.outlet: one for one in report.probes}


def test_a_site_tells_its_feeds_and_three_articles_are_read(reports: dict[str, ProbeReport], server: Any) -> None:
    good = reports["good"]
    assert good.status == 200 and good.robots == "open" and good.crawl_delay_s == 0.01
    feed = next(one for one in good.sources if one.source.url == server.url("/feed/"))
    assert feed.status is SourceStatus.OK and feed.entries == 5 and not feed.configured
    assert len(good.articles) == 3 and all(one.error is None and one.words > 50 for one in good.articles)
    assert good.articles[0].language == "pl" and good.languages == ("pl",)


def test_a_configured_source_that_is_broken_is_said_so_beside_what_was_found(reports: dict[str, ProbeReport]) -> None:
    by_path = {one.source.url.rpartition("/")[2]: one for one in reports["configured"].sources}
    assert by_path["broken.xml"].configured and by_path["broken.xml"].status is SourceStatus.UNREADABLE
    assert by_path["broken.xml"].error


def test_a_dead_site_is_a_report_and_no_failure(reports: dict[str, ProbeReport]) -> None:
    dead = reports["dead"]
    assert dead.status is None and dead.error and dead.articles == ()


def test_nothing_is_filed(reports: dict[str, ProbeReport], crawls: Any) -> None:
    assert not (crawls.folder / "depesza.sqlite").exists()
