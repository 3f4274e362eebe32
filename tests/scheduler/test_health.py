"""Verdicts on outlets, from reports alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from crawler.model.run import Outcome, OutletReport, SourceReport, SourceStatus
from crawler.spiders.batch import ALREADY_RUNNING as SAID_BY_THE_CRAWLER
from crawler.store.database import Database
from crawler.store.health import OutletHealth, read_health, save_health
from scheduler.health import ALREADY_RUNNING, failed, judge

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def report(*statuses: SourceStatus, error: str | None = None, pages: int = 0, **outcomes: int) -> OutletReport:
    return OutletReport(
        outlet="kresy", pages_fetched=pages, error=error, outcomes={Outcome[name.upper()]: count for name, count in outcomes.items()},
        sources=tuple(SourceReport(url=f"https://kresy.example/{n}", status=status) for n, status in enumerate(statuses)),
    )  # fmt: skip


def test_one_source_that_answers_is_enough() -> None:
    assert failed(report(SourceStatus.UNREACHABLE, SourceStatus.NOT_MODIFIED)) is None
    assert failed(report(SourceStatus.UNREACHABLE)) is not None


def test_failures_are_counted_until_a_success_and_the_last_success_is_kept() -> None:
    first = judge(report(SourceStatus.OK, new=2), None, NOON)
    assert first is not None
    assert (first.verdict, first.last_success_at, first.last_new_article_at) == ("ok", NOON, NOON)
    second = judge(report(SourceStatus.UNREACHABLE), first, NOON + timedelta(hours=1))
    third = judge(report(SourceStatus.UNREACHABLE), second, NOON + timedelta(hours=2))
    assert third is not None
    assert (third.verdict, third.failures_in_a_row, third.last_success_at) == ("unreachable", 2, NOON)
    again = judge(report(SourceStatus.OK), third, NOON + timedelta(hours=3))
    assert again is not None
    assert (again.verdict, again.failures_in_a_row) == ("ok", 0)


def test_f16_a_page_of_html_instead_of_a_feed_is_a_verdict_of_its_own() -> None:
    one = judge(report(SourceStatus.UNREADABLE), None, NOON)
    assert one is not None
    assert one.verdict == "unreadable"


def test_f31_only_walls_is_blocked_though_the_sources_answer() -> None:
    one = judge(report(SourceStatus.OK, pages=4, blocked=4), None, NOON)
    assert one is not None
    assert one.verdict == "blocked"


def test_an_outlet_without_news_for_a_week_is_quiet() -> None:
    before = judge(report(SourceStatus.OK, new=1), None, NOON)
    later = judge(report(SourceStatus.NOT_MODIFIED), before, NOON + timedelta(days=8))
    assert later is not None
    assert later.verdict == "quiet"


def test_f12_a_skipped_crawl_says_nothing_about_the_outlet() -> None:
    assert SAID_BY_THE_CRAWLER.startswith(ALREADY_RUNNING)
    skipped = report(error=SAID_BY_THE_CRAWLER)
    assert failed(skipped) is None
    assert judge(skipped, None, NOON) is None


def test_verdicts_are_kept_and_read_back(database: Database) -> None:
    one = judge(report(SourceStatus.UNREACHABLE), None, NOON)
    assert isinstance(one, OutletHealth)
    with database.write() as connection:
        save_health(connection, [one])
        save_health(connection, [one])
        assert read_health(connection) == {"kresy": one}
