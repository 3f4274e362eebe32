"""The chain again over kept pages: dead letters get another chance, articles a revision, and nothing is fetched."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from crawler.filing import file_article, file_nothing, file_removal
from crawler.model.article import article_id
from crawler.model.feed import FeedEntry
from crawler.model.outlet import Outlet
from crawler.model.page import Page
from crawler.model.run import Outcome
from crawler.normalize.chain import normalize
from crawler.outlets.agencies import load_agencies
from crawler.renormalize import Renormalizing, renormalize
from crawler.store import articles, dead_letters, outbox, pages
from crawler.store.database import Database
from crawler.store.dead_letters import DeadLetter, Stage
from crawler.store.schema import article as article_table
from crawler.store.schema import revision as revision_table
from crawler.workers import PagePool

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
KURIER = Outlet(
    slug="kurier", name="Kurier", homepage="https://kurier.example/", domains=("kurier.example",), country="PL", languages=("pl",),
    timezone="Europe/Warsaw",
)  # fmt: skip
AGENCIES = load_agencies([KURIER])


@pytest.fixture(scope="module")
def pool() -> Iterator[PagePool]:
    with PagePool(1) as running:
        yield running


def page(name: str, body: str | None = None, outlet: str = "kurier") -> Page:
    paragraphs = "".join(
        f"<p>{name}: akapit {n} mówi o moście, o rzece i o ludziach, którzy czekali na jego otwarcie.</p>" for n in range(8)
    )
    html = (
        body
        or f"<html lang=pl><head><title>Most {name}</title></head><body><article><h1>Otwarto most {name}</h1>{paragraphs}</article>"
    )
    url = f"https://kurier.example/{name}"
    return Page(
        requested_url=url, final_url=url, status=200, headers=(("content-type", "text/html; charset=utf-8"),), body=html.encode(),
        fetched_at=NOON, outlet=outlet, entry=FeedEntry(url=url, title=f"Tytuł {name}"),
    )  # fmt: skip


def letter(one: Page, stage: Stage = Stage.NORMALIZE) -> DeadLetter:
    return DeadLetter(
        stage=stage, key=article_id(one.final_url), outlet=one.outlet, url=one.final_url, reason="no text", created_at=NOON,
        last_at=NOON, detail={"title": "Tytuł"},
    )  # fmt: skip


def run(database: Database, pool: PagePool, **more: Any) -> Any:
    return renormalize(database, pool, Renormalizing(outlets={"kurier": KURIER}, agencies=AGENCIES, now=NOON, **more))


def test_a_dead_letter_becomes_an_article_once_the_chain_can_read_it(sqlite_database: Database, pool: PagePool) -> None:
    readable, empty = page("nowy"), page("pusty", "<html><body></body></html>")
    with sqlite_database.write() as connection:
        for one in (readable, empty):
            file_nothing(connection, one, letter(one))
    done: list[tuple[int, int]] = []
    report = renormalize(
        sqlite_database, pool, Renormalizing(outlets={"kurier": KURIER}, agencies=AGENCIES, now=NOON, stage=Stage.NORMALIZE),
        lambda count, total: done.append((count, total)),
    )  # fmt: skip
    assert report.pages == 2 and report.outcomes == {Outcome.NEW: 1, Outcome.NO_TEXT: 1} and done[-1] == (2, 2)
    with sqlite_database.read() as connection:
        assert articles.read_article(connection, article_id(readable.final_url)) is not None
        (left,) = dead_letters.list_dead_letters(connection)
        assert left.url == empty.final_url and left.times == 2 and left.detail["title"] == "Tytuł"


def test_an_article_read_by_an_older_chain_is_read_anew_and_a_change_is_a_revision(
    sqlite_database: Database, pool: PagePool
) -> None:
    one = page("stary")
    with sqlite_database.write() as connection:
        file_article(connection, normalize(one, KURIER, AGENCIES, NOON), one)
        old = {"text": "stary tekst", "content_sha256": "0" * 64}
        connection.execute(article_table.update().values(old))
        connection.execute(revision_table.update().values(old))
    assert run(sqlite_database, pool).outcomes == {Outcome.REVISED: 1}
    assert run(sqlite_database, pool).outcomes == {Outcome.UNCHANGED: 1}, "safe to run again"
    with sqlite_database.read() as connection:
        assert len(articles.read_revisions(connection, article_id(one.final_url))) == 2


def test_an_article_whose_page_no_longer_reads_stays_as_it_is(sqlite_database: Database, pool: PagePool) -> None:
    one = page("dawny")
    with sqlite_database.write() as connection:
        file_article(connection, normalize(one, KURIER, AGENCIES, NOON), one)
        pages.keep_page(connection, article_id(one.final_url), page("dawny", "<html></html>"))
    assert run(sqlite_database, pool).outcomes == {Outcome.NO_TEXT: 1}
    with sqlite_database.read() as connection:
        assert articles.count_articles(connection) == 1 and dead_letters.list_dead_letters(connection) == []


def test_an_unchanged_store_queues_nothing_and_visits_stay_as_they_were(sqlite_database: Database, pool: PagePool) -> None:
    one = page("cichy")
    with sqlite_database.write() as connection:
        file_article(connection, normalize(one, KURIER, AGENCIES, NOON), one)
        outbox.acknowledge(connection, {article_id(one.final_url): 1})
        articles.put_off_visit(connection, article_id(one.final_url), None)
    for _ in range(2):
        assert run(sqlite_database, pool).outcomes == {Outcome.UNCHANGED: 1}
    with sqlite_database.read() as connection:
        assert outbox.count_outbox(connection) == 0
        assert articles.due_visits(connection, "kurier", NOON + timedelta(days=30)) == []


def test_f33_a_removed_and_a_replaced_article_stay_what_they_are(sqlite_database: Database, pool: PagePool) -> None:
    gone, old = page("znikly"), page("stary")
    words = "".join(
        f"<p>W Tatrach spadł śnieg numer {n}, ratownicy ostrzegają turystów przed lawinami i wiatrem.</p>" for n in range(8)
    )
    html = f"<html lang=pl><head><title>Zima</title></head><body><article><h1>Zima w górach</h1>{words}</article>"
    new = dataclasses.replace(page("stary", html), fetched_at=NOON + timedelta(hours=2))
    with sqlite_database.write() as connection:
        for one in (gone, old, new):
            assert file_article(connection, normalize(one, KURIER, AGENCIES, one.fetched_at), one) is Outcome.NEW
        file_removal(connection, article_id(gone.final_url), dataclasses.replace(gone, fetched_at=NOON + timedelta(hours=1)))
        ids = articles.article_ids(connection)
        before = articles.read_articles(connection, ids)
    assert run(sqlite_database, pool).outcomes == {Outcome.UNCHANGED: 3}
    with sqlite_database.read() as connection:
        assert articles.article_ids(connection) == ids
        assert articles.read_articles(connection, ids) == before


def test_a_newer_page_that_a_crawl_files_meanwhile_is_not_overwritten(sqlite_database: Database, pool: PagePool) -> None:
    one = page("zywy")
    newer = dataclasses.replace(
        page("zywy", one.body.decode().replace("o moście", "o tunelu")), fetched_at=NOON + timedelta(hours=1)
    )
    with sqlite_database.write() as connection:
        file_article(connection, normalize(one, KURIER, AGENCIES, NOON), one)

    class Crawling(PagePool):
        def submit(self, *work: Any) -> Any:
            with sqlite_database.write() as connection:
                file_article(connection, normalize(newer, KURIER, AGENCIES, newer.fetched_at), newer)
            return super().submit(*work)

    with Crawling(1) as crawling:
        assert run(sqlite_database, crawling).outcomes == {Outcome.SEEN: 1}
    with sqlite_database.read() as connection:
        kept = articles.read_article(connection, article_id(one.final_url))
        assert kept is not None and "o tunelu" in kept.text
        assert pages.fetched_at(connection, kept.id) == newer.fetched_at


def test_a_better_chain_is_noted_although_no_reader_sees_a_change(sqlite_database: Database, pool: PagePool) -> None:
    one = page("dawny")
    with sqlite_database.write() as connection:
        file_article(connection, normalize(one, KURIER, AGENCIES, NOON), one)
        outbox.acknowledge(connection, {article_id(one.final_url): 1})
        connection.execute(article_table.update().values(normalizer_version=0, fingerprint=b""))
    assert run(sqlite_database, pool).outcomes == {Outcome.UNCHANGED: 1}
    with sqlite_database.read() as connection:
        kept = articles.read_article(connection, article_id(one.final_url))
        assert kept is not None and kept.normalizer_version > 0 and kept.fingerprint.hashes
        assert outbox.count_outbox(connection) == 0


def test_pages_of_outlets_that_nobody_knows_any_more_are_left_alone(sqlite_database: Database, pool: PagePool) -> None:
    with sqlite_database.write() as connection:
        pages.keep_page(connection, "a" * 32, page("obcy", outlet="gone"))
    report = run(sqlite_database, pool)
    assert report.pages == report.unknown_outlet == 1 and not report.outcomes
    with sqlite_database.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(article_table)).scalar_one() == 0


def test_a_page_that_the_web_did_not_give_keeps_its_one_letter_and_is_fetched_not_read_again(
    sqlite_database: Database, pool: PagePool
) -> None:
    missing, broken = page("brak", "<html><body></body></html>"), page("pęka", "<html><body></body></html>")
    with sqlite_database.write() as connection:
        file_nothing(connection, missing, letter(missing, Stage.FETCH))
        file_nothing(connection, broken, letter(broken, Stage.FILE))
    assert run(sqlite_database, pool).outcomes == {Outcome.NO_TEXT: 2}
    with sqlite_database.read() as connection:
        left = {one.url: one.stage for one in dead_letters.list_dead_letters(connection)}
        assert dead_letters.count_dead_letters(connection) == {"fetch": 1, "normalize": 1}
    assert left == {missing.final_url: Stage.FETCH, broken.final_url: Stage.NORMALIZE}
