"""How one crawl went, from its report alone."""

from __future__ import annotations

from crawler.model.run import Outcome, OutletReport, SourceReport, SourceStatus
from crawler.spiders.batch import ALREADY_RUNNING as SAID_BY_THE_CRAWLER
from scheduler.health import ALREADY_RUNNING, answered, asked_nothing, failed, is_skipped


def report(*statuses: SourceStatus, error: str | None = None, pages: int = 0, **outcomes: int) -> OutletReport:
    return OutletReport(
        outlet="kresy", pages_fetched=pages, error=error, outcomes={Outcome[name.upper()]: count for name, count in outcomes.items()},
        sources=tuple(SourceReport(url=f"https://kresy.example/{n}", status=status) for n, status in enumerate(statuses)),
    )  # fmt: skip


def test_one_source_that_answers_is_enough() -> None:
    assert failed(report(SourceStatus.UNREACHABLE, SourceStatus.NOT_MODIFIED)) is None
    assert failed(report(SourceStatus.UNREACHABLE)) is not None
    assert answered(report(SourceStatus.UNREACHABLE, SourceStatus.EMPTY))


def test_f12_a_skipped_crawl_says_nothing_about_the_outlet() -> None:
    assert SAID_BY_THE_CRAWLER.startswith(ALREADY_RUNNING)
    skipped = report(error=SAID_BY_THE_CRAWLER)
    assert failed(skipped) is None
    assert is_skipped(skipped)


def test_a_crawl_whose_sources_all_rest_asked_nothing() -> None:
    assert asked_nothing(report())
    assert not asked_nothing(report(pages=1))
    assert not asked_nothing(report(error="TypeError: x"))
