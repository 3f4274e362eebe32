"""Filing, the one stateful step, on both kinds of store: new, unchanged, revised, removed, replaced, walls."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from crawler.filing import file_article, file_removal
from crawler.model.article import AddressKind, Article, ArticleAddress, PublishedFrom, article_id
from crawler.model.feed import FeedEntry
from crawler.model.page import Page
from crawler.model.run import Outcome
from crawler.store import articles, dead_letters, outbox, pages
from crawler.store.database import Database

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MakeArticle = Callable[..., Article]
TEXT = (
    "Prezydent Warszawy otworzył nowy most nad Wisłą. Budowa trwała cztery lata i kosztowała miliard złotych. Most ma dwie jezdnie, "
    "tory tramwajowe i drogę dla rowerów. Pierwsi przeszli po nim mieszkańcy Pragi, którzy czekali od świtu. Kierowcy wjadą na "
    "most w poniedziałek po południu, kiedy skończą się próby obciążenia."
)
OTHER = (
    "W Tatrach spadł pierwszy śnieg. Ratownicy ostrzegają przed lawinami i radzą zostać w schroniskach, bo widoczność jest słaba. "
    "Na Kasprowym Wierchu leży dwadzieścia centymetrów, a synoptycy zapowiadają dalsze opady przez całą noc oraz silny wiatr halny, "
    "który może łamać drzewa w dolinach i zrywać linie energetyczne."
)


def page(url: str = "https://kresy.example/1", at: datetime = NOON, entry: FeedEntry | None = None) -> Page:
    return Page(requested_url=url, final_url=url, status=200, body=b"<html>", fetched_at=at, outlet="kresy", entry=entry)


def test_a_new_article_is_filed_queued_and_its_page_kept(database: Database, make_article: MakeArticle) -> None:
    article = make_article(text=TEXT)
    with database.write() as connection:
        assert file_article(connection, article, page()) is Outcome.NEW
        assert articles.read_article(connection, article.id) == article
        assert [one.article_id for one in outbox.take_outbox(connection, 9, NOON)] == [article.id]
        assert pages.read_page(connection, article.id) is not None
        assert [one.number for one in articles.read_revisions(connection, article.id)] == [1]


def test_an_unchanged_article_queues_nothing_and_is_due_again_later(database: Database, make_article: MakeArticle) -> None:
    article = make_article(text=TEXT)
    with database.write() as connection:
        file_article(connection, article, page())
        outbox.acknowledge(connection, {article.id: 1})
        assert file_article(connection, article, page(at=NOON + timedelta(hours=2))) is Outcome.UNCHANGED
        assert outbox.count_outbox(connection) == 0
        known = articles.known_addresses(connection, [article.url])[article.url]
    assert known.next_visit_at == NOON + timedelta(hours=6)


@pytest.mark.parametrize("changes", [{"title": "Nowy most w Warszawie"}, {"text": TEXT.replace("cztery", "pięć")}])
def test_a_changed_title_or_text_is_a_revision_and_no_article(
    database: Database, make_article: MakeArticle, changes: dict[str, str]
) -> None:
    first = make_article(text=TEXT)
    with database.write() as connection:
        file_article(connection, first, page())
        later = make_article(**({"text": TEXT} | changes), first_seen_at=NOON + timedelta(hours=1))
        assert file_article(connection, later, page(at=NOON + timedelta(hours=1))) is Outcome.REVISED
        assert articles.count_articles(connection) == 1
        kept = articles.read_article(connection, first.id)
        assert kept is not None and (kept.index_version, kept.first_seen_at) == (2, NOON)
        assert [one.seen_at for one in articles.read_revisions(connection, first.id)] == [NOON, NOON + timedelta(hours=1)]
        assert [one.wanted_version for one in outbox.take_outbox(connection, 9, NOON + timedelta(hours=1))] == [2]


def test_a_picture_s_credit_is_kept_and_a_new_one_reaches_the_index(database: Database, make_article: MakeArticle) -> None:
    first = make_article(text=TEXT, image_credit="Fot. Ewa Lis/PAP")
    with database.write() as connection:
        file_article(connection, first, page())
        file_article(connection, dataclasses.replace(first, image_credit="Fot. Jan Kos"), page(at=NOON + timedelta(hours=1)))
        kept = articles.read_article(connection, first.id)
        assert kept is not None and (kept.image_credit, kept.index_version) == ("Fot. Jan Kos", 2)


def test_an_article_met_under_another_address_keeps_its_id(database: Database, make_article: MakeArticle) -> None:
    entry = ArticleAddress(url="https://kresy.example/amp/1", kind=AddressKind.AMP)
    first = make_article(text=TEXT, addresses=(entry, ArticleAddress(url="https://kresy.example/1", kind=AddressKind.CANONICAL)))
    moved = make_article("https://kresy.example/2026/most", TEXT, addresses=(entry,))
    with database.write() as connection:
        file_article(connection, first, page())
        assert file_article(connection, moved, page(at=NOON + timedelta(hours=1))) is Outcome.UNCHANGED
        assert articles.count_articles(connection) == 1


def test_a_date_from_a_weaker_source_does_not_replace_the_known_one(database: Database, make_article: MakeArticle) -> None:
    first = make_article(text=TEXT)
    weaker = make_article(text=TEXT, published_at=NOON + timedelta(days=1), published_from=PublishedFrom.FIRST_FETCH)
    with database.write() as connection:
        file_article(connection, first, page())
        assert file_article(connection, weaker, page(at=NOON + timedelta(days=1))) is Outcome.UNCHANGED
        kept = articles.read_article(connection, first.id)
    assert kept is not None and kept.published_at == NOON


def test_f33_a_page_that_is_gone_sets_removed_at_once_and_deletes_nothing(database: Database, make_article: MakeArticle) -> None:
    article = make_article(text=TEXT)
    with database.write() as connection:
        file_article(connection, article, page())
        assert file_removal(connection, article.id, page(at=NOON + timedelta(hours=1)))
        assert not file_removal(connection, article.id, page(at=NOON + timedelta(hours=2)))
        kept = articles.read_article(connection, article.id)
        assert kept is not None and kept.removed_at == NOON + timedelta(hours=1) and kept.text == TEXT
        assert outbox.take_outbox(connection, 9, NOON + timedelta(hours=2))[0].wanted_version == kept.index_version == 2


def test_f33_another_text_under_a_known_address_is_another_article_with_a_link(
    database: Database, make_article: MakeArticle
) -> None:
    first = make_article(text=TEXT)
    other = make_article(text=OTHER, title="Pierwszy śnieg w Tatrach")
    with database.write() as connection:
        file_article(connection, first, page())
        assert file_article(connection, other, page(at=NOON + timedelta(days=1))) is Outcome.NEW
        assert articles.count_articles(connection) == 2
        kept = articles.read_article(connection, first.id)
        assert kept is not None and kept.removed_at == NOON + timedelta(days=1)
        now_there = articles.find_id(connection, [first.url])
        assert now_there not in (None, first.id)
        # met again, the new text is the known one
        assert file_article(connection, other, page(at=NOON + timedelta(days=2))) is Outcome.UNCHANGED


def test_f31_one_text_at_three_addresses_in_a_day_is_a_wall_and_leaves_its_stories(
    database: Database, make_article: MakeArticle
) -> None:
    with database.write() as connection:
        outcomes = []
        for number in range(4):
            url = f"https://kresy.example/{number}"
            outcomes.append(file_article(connection, make_article(url, OTHER), page(url, NOON + timedelta(minutes=number))))
        assert outcomes == [Outcome.NEW, Outcome.NEW, Outcome.BLOCKED, Outcome.BLOCKED]
        for number in range(2):
            kept = articles.read_article(connection, article_id(f"https://kresy.example/{number}"))
            assert kept is not None and kept.removed_at is not None
        assert sorted(one.url[-1] for one in dead_letters.list_dead_letters(connection)) == ["0", "1", "2", "3"]
        assert pages.read_page(connection, article_id("https://kresy.example/2")) is not None


def test_f31_a_wall_is_a_wall_next_week_too_and_what_it_hid_is_found_by_the_revisits(
    database: Database, make_article: MakeArticle
) -> None:
    urls = [f"https://kresy.example/{number}" for number in range(3)]
    later = NOON + timedelta(days=6)
    with database.write() as connection:
        for url in urls:
            file_article(connection, make_article(url, OTHER), page(url))
        assert articles.known_addresses(connection, urls)[urls[0]].next_visit_at == NOON + timedelta(hours=1)
        assert file_article(connection, make_article(urls[2], OTHER), page(urls[2], later)) is Outcome.BLOCKED
        assert file_article(connection, make_article(urls[0], OTHER), page(urls[0], later)) is Outcome.BLOCKED
        real = make_article(urls[0], TEXT, title="Nowy most")
        assert file_article(connection, real, page(urls[0], later + timedelta(hours=1))) is Outcome.NEW
        # and a further sighting of the wall leaves the article alone that stands at an address of the wall now
        file_article(connection, make_article(urls[1], OTHER), page(urls[1], later + timedelta(hours=2)))
        kept = articles.read_article(connection, articles.find_id(connection, [urls[0]]) or "")
        assert kept is not None and kept.text == TEXT and kept.removed_at is None


def test_f31_a_wall_before_known_articles_replaces_none_of_them(database: Database, make_article: MakeArticle) -> None:
    urls = [f"https://kresy.example/{number}" for number in range(4)]
    texts = [f"{TEXT} Numer {number}." for number in range(4)]
    later, after = NOON + timedelta(hours=1), NOON + timedelta(hours=6)
    with database.write() as connection:
        for url, text in zip(urls, texts, strict=True):
            file_article(connection, make_article(url, text), page(url))
        outcomes = [
            file_article(connection, make_article(url, OTHER, title="Zgoda na ciastka"), page(url, later)) for url in urls
        ]
        assert outcomes[2:] == [Outcome.BLOCKED, Outcome.BLOCKED]
        assert pages.fetched_at(connection, article_id(urls[3])) == NOON, "the good page is kept"
        for url, text in zip(urls, texts, strict=True):
            assert file_article(connection, make_article(url, text), page(url, after)) is Outcome.UNCHANGED
            kept = articles.read_article(connection, article_id(url))
            assert kept is not None and kept.removed_at is None, "back under its own id"


def test_f33_a_text_that_comes_back_to_its_address_keeps_its_id(database: Database, make_article: MakeArticle) -> None:
    first, other = make_article(text=TEXT), make_article(text=OTHER, title="Pierwszy śnieg w Tatrach")
    with database.write() as connection:
        for day, one in enumerate((first, other, first, other, first)):
            file_article(connection, one, page(at=NOON + timedelta(days=day)))
        assert articles.count_articles(connection) == 2
        kept = articles.read_article(connection, first.id)
        assert kept is not None and kept.removed_at is None and kept.text == TEXT


def test_a_removed_article_that_comes_back_is_back(database: Database, make_article: MakeArticle) -> None:
    first = make_article(text=TEXT)
    with database.write() as connection:
        file_article(connection, first, page())
        file_removal(connection, first.id, page(at=NOON + timedelta(hours=1)))
        file_article(connection, first, page(at=NOON + timedelta(hours=2)))
        kept = articles.read_article(connection, first.id)
        assert kept is not None and kept.removed_at is None and kept.index_version == 3
        (wanted,) = outbox.take_outbox(connection, 9, NOON + timedelta(days=1))
        assert wanted.wanted_version == 3


def test_a_removal_answers_what_the_feed_said_and_is_not_asked_again(database: Database, make_article: MakeArticle) -> None:
    first, told = make_article(text=TEXT), NOON + timedelta(hours=1)
    gone = page(at=NOON + timedelta(hours=2), entry=FeedEntry(url=first.url, updated_at=told))
    with database.write() as connection:
        file_article(connection, first, page())
        file_removal(connection, first.id, gone)
        assert articles.known_addresses(connection, [first.url])[first.url].source_updated_at == told


def test_an_article_met_by_another_outlet_stays_with_the_first(database: Database, make_article: MakeArticle) -> None:
    first = make_article(text=TEXT)
    other = make_article(text=TEXT, outlet="goniec")
    with database.write() as connection:
        file_article(connection, first, page())
        outbox.acknowledge(connection, {first.id: 1})
        seen = dataclasses.replace(page(at=NOON + timedelta(hours=1)), outlet="goniec")
        assert file_article(connection, other, seen) is Outcome.UNCHANGED
        assert outbox.count_outbox(connection) == 0
        changed = make_article(text=TEXT.replace("cztery", "pięć"), outlet="goniec")
        assert file_article(connection, changed, seen) is Outcome.REVISED
        kept, kept_page = articles.read_article(connection, first.id), pages.read_page(connection, first.id)
        assert kept is not None and kept.outlet == "kresy" and kept_page is not None and kept_page.outlet == "kresy"


def test_a_failing_step_leaves_nothing_behind(database: Database, make_article: MakeArticle) -> None:
    with pytest.raises(RuntimeError), database.write() as connection:
        file_article(connection, make_article(text=TEXT), page())
        raise RuntimeError("the power failed here")
    with database.read() as connection:
        assert articles.count_articles(connection) == outbox.count_outbox(connection) == 0
        assert pages.page_keys(connection) == []
