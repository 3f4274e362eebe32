"""Which entries of a source are fetched: new ones, changed ones, and nothing twice."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from crawler.discovery.traps import MAX_PER_PATTERN
from crawler.filing import file_article
from crawler.model.article import AddressKind, Article, ArticleAddress, article_id
from crawler.model.feed import FeedEntry
from crawler.model.outlet import Outlet, Source, SourceKind
from crawler.model.page import Page
from crawler.model.run import Outcome
from crawler.spiders.choosing import Choosing
from crawler.store import articles, dead_letters, frontier
from crawler.store.database import Database
from crawler.store.dead_letters import DeadLetter, Stage
from crawler.store.frontier import FrontierReason

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
FEED = Source(kind=SourceKind.FEED, url="https://kurier.example/feed")
SECTION = Source(kind=SourceKind.SECTION, url="https://kurier.example/kraj/", section="Kraj")
KURIER = Outlet(
    slug="kurier", name="Kurier", homepage="https://kurier.example/", domains=("kurier.example",), country="PL", languages=("pl",),
    timezone="Europe/Warsaw", keep_query=("id",),
)  # fmt: skip


def entry(path: str, updated_at: datetime | None = None) -> FeedEntry:
    return FeedEntry(url=f"https://kurier.example/{path}", title=path, updated_at=updated_at)


def chosen(database: Database, *entries: FeedEntry, now: datetime = NOON, force: bool = False) -> dict[str, FrontierReason]:
    choosing = Choosing(KURIER, force=force)
    with database.write() as connection:
        items = choosing.choose(connection, choosing.sort_out(entries, FEED).met, now)
    return {item.url.removeprefix("https://kurier.example/"): item.reason for item in items}


@pytest.fixture
def known(sqlite_database: Database, make_article: Callable[..., Article]) -> Database:
    """A store with one article, fetched at noon, and no word of its feed about changes."""
    url = "https://kurier.example/most"
    page = Page(requested_url=url, final_url=url, status=200, body=b"<p>", fetched_at=NOON, outlet="kurier", entry=entry("most"))
    article = dataclasses.replace(
        make_article(url=url, outlet="kurier"), first_seen_at=NOON, addresses=(ArticleAddress(url=url, kind=AddressKind.ENTRY),)
    )
    with sqlite_database.write() as connection:
        assert file_article(connection, article, page) is Outcome.NEW
    return sqlite_database


def test_a_known_article_is_fetched_again_only_when_its_source_says_it_changed_since(known: Database) -> None:
    assert chosen(known, entry("most")) == {}
    assert chosen(known, entry("most", NOON - HOUR)) == {}, "the page that was fetched holds that change"
    assert chosen(known, entry("most", NOON + HOUR)) == {"most": FrontierReason.CHANGED}
    assert chosen(known, entry("most"), force=True) == {"most": FrontierReason.CHANGED}


def test_a_known_article_whose_change_could_not_be_read_is_not_asked_for_at_every_poll(known: Database) -> None:
    with known.write() as connection:
        one = articles.known_addresses(connection, ["https://kurier.example/most"])["https://kurier.example/most"]
        letter = DeadLetter(
            stage=Stage.NORMALIZE, key=one.id, outlet="kurier", url="https://kurier.example/most", reason="no text",
            detail={"outcome": Outcome.NO_TEXT.value}, created_at=NOON + 2 * HOUR, last_at=NOON + 2 * HOUR,
        )  # fmt: skip
        dead_letters.add_dead_letter(connection, letter)
    told = entry("most", NOON + HOUR)
    assert chosen(known, told, now=NOON + 3 * HOUR) == {}
    assert chosen(known, entry("most", NOON + 3 * HOUR), now=NOON + 4 * HOUR) == {"most": FrontierReason.CHANGED}


def test_a_known_article_whose_change_could_not_be_read_is_tried_a_day_later(known: Database) -> None:
    assert chosen(known, entry("most", NOON + HOUR), now=NOON + 27 * HOUR) == {"most": FrontierReason.CHANGED}


def test_entries_that_wait_or_stand_twice_in_a_feed_are_taken_once(sqlite_database: Database) -> None:
    assert chosen(sqlite_database, entry("a"), entry("a?utm_source=rss"), entry("a#top")) == {"a": FrontierReason.NEW}
    with sqlite_database.write() as connection:
        choosing = Choosing(KURIER, force=False)
        frontier.queue(connection, choosing.choose(connection, choosing.sort_out([entry("a")], FEED).met, NOON), NOON)
    assert chosen(sqlite_database, entry("a"), entry("b")) == {"b": FrontierReason.NEW}


def test_the_outlets_own_parameters_tell_articles_apart(sqlite_database: Database) -> None:
    assert set(chosen(sqlite_database, entry("news?id=1&ref=x"), entry("news?id=2"))) == {"news?id=1", "news?id=2"}


@pytest.mark.parametrize(("outcome", "again"), [(Outcome.NO_TEXT, 24 * HOUR), (Outcome.REFUSED, 24 * HOUR), (Outcome.GONE, HOUR)])
def test_an_entry_that_gave_no_article_is_left_alone_for_its_time(
    sqlite_database: Database, outcome: Outcome, again: timedelta
) -> None:
    url = "https://kurier.example/video"
    letter = DeadLetter(
        stage=Stage.NORMALIZE, key=article_id(url), outlet="kurier", url=url, reason="no text", created_at=NOON, last_at=NOON,
        detail={"outcome": outcome.value},
    )  # fmt: skip
    with sqlite_database.write() as connection:
        dead_letters.add_dead_letter(connection, letter)
    minute = timedelta(minutes=1)
    assert chosen(sqlite_database, entry("video"), now=NOON + again - minute) == {}
    assert chosen(sqlite_database, entry("video"), now=NOON + again) == {"video": FrontierReason.NEW}
    assert chosen(sqlite_database, entry("video", NOON + minute), now=NOON + 2 * minute) == {"video": FrontierReason.NEW}


def test_a19_addresses_of_one_shape_are_capped_and_traps_refused_on_section_pages_only() -> None:
    many = [entry(f"kraj/{number}") for number in range(MAX_PER_PATTERN + 7)]
    trap = entry("kraj/kalendarz/2026/11/24/")
    sorted_out = Choosing(KURIER, force=False).sort_out([*many, trap], SECTION)
    assert (len(sorted_out.met), sorted_out.refused, sorted_out.left_out) == (MAX_PER_PATTERN, 1, 7)
    assert sorted_out.count == MAX_PER_PATTERN + 8
    assert len(Choosing(KURIER, force=False).sort_out([*many, trap], FEED).met) == MAX_PER_PATTERN + 8


def test_a05_an_address_that_is_none_is_refused() -> None:
    odd = [
        FeedEntry(url=url) for url in ("javascript:alert(1)", "file:///etc/hostname", "", "https://", "ftp://kurier.example/a")
    ]
    sorted_out = Choosing(KURIER, force=False).sort_out(odd, FEED)
    assert (len(sorted_out.met), sorted_out.refused) == (0, len(odd))


def test_the_sources_section_is_given_to_its_entries() -> None:
    (one,) = Choosing(KURIER, force=False).sort_out([entry("kraj/a")], SECTION).met.values()
    assert one.section == "Kraj" and one.source == SECTION.url


def test_a_link_pattern_is_a_glob_over_the_path_as_people_write_it() -> None:
    source = dataclasses.replace(SECTION, link_pattern="/wiadomości/*")
    entries = [entry("wiadomo%C5%9Bci/kraj/most-na-sanie"), entry("wiadomości/a"), entry("sport/mecz-o-most"), entry("wiadomo")]
    sorted_out = Choosing(KURIER, force=False).sort_out(entries, source)
    assert sorted_out.count == 2 and len(sorted_out.met) == 2
