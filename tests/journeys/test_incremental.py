"""Crawling again: what did not change is not fetched again, and what changed is noticed, with and without a word in the feed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.model.run import Outcome, RunReport
from crawler.store import articles, outbox
from scheduler.demo.server import DemoServer
from tests.journeys.newsroom import Newsroom

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with DemoServer() as running:
        yield running


def outcomes(report: RunReport) -> dict[Outcome, int]:
    total: dict[Outcome, int] = {}
    for outlet in report.outlets:
        for outcome, count in outlet.outcomes.items():
            total[outcome] = total.get(outcome, 0) + count
    return total


def test_a_second_crawl_of_unchanged_outlets_fetches_no_page_and_queues_nothing(server: DemoServer, tmp_path: Path) -> None:
    newsroom = Newsroom(server, tmp_path)
    newsroom.with_revisits("1h", "24h")
    first = newsroom.crawl()
    assert first.finished
    assert newsroom.start_push().wait(timeout=120) == 0
    since = len(server.log)
    second = newsroom.crawl()
    pages = set(server.article_urls(behind_robots=True))
    assert [one for one in server.log[since:] if server.origins[one.outlet] + one.path in pages] == []
    assert any(one.status == 304 for one in server.log[since:])
    assert newsroom.count("outbox") == 0
    assert set(outcomes(second)) <= {Outcome.SEEN, Outcome.REFUSED}
    for report in (first, second):
        for outlet in report.outlets:
            assert sum(outlet.outcomes.values()) == outlet.entries + outlet.revisits + outlet.carried, outlet.outlet


def test_changes_are_revisions_whether_the_feed_tells_them_or_a_revisit_finds_them(server: DemoServer, tmp_path: Path) -> None:
    newsroom = Newsroom(server, tmp_path)
    newsroom.with_revisits("1s", "24h")
    newsroom.crawl()
    before = newsroom.count("article")
    server.advance()
    time.sleep(1.2)
    second = newsroom.crawl()
    changed = [
        (server.origins[outlet.slug] + article.path, article.later.announced)
        for outlet in server.outlets
        for article in outlet.articles
        if article.later
    ]
    assert {announced for _, announced in changed} == {True, False}
    late = len(server.article_urls(second=True)) - len(server.article_urls())
    assert newsroom.count("article") == before + late
    assert outcomes(second)[Outcome.REVISED] == len(changed)
    with newsroom.open().read() as connection:
        for url, _ in changed:
            one = articles.find_id(connection, [url])
            assert one is not None
            assert len(articles.read_revisions(connection, one)) == 2
        assert outbox.count_outbox(connection) >= len(changed)
