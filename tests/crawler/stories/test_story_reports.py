"""What the store tells of stories and outlets: lists, one story with what each changed, profiles. On SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crawler.model.article import PublishedFrom
from crawler.model.outlet import Outlet
from crawler.store import stories
from crawler.store.database import Database
from crawler.store.outlet_profiles import OutletProfile, outlet_profiles
from crawler.store.outlets import write_outlets
from crawler.store.story_lists import StoryFilter, StorySort, find_story_ids, list_story_rows
from crawler.store.story_view import StoryView, view_story
from crawler.stories.joining import join_story

DAY = 24 * 60


@pytest.fixture
def file(database: Database, store: Any) -> Any:
    """Store articles and join their stories, each in a transaction; returns the id of the last one's story."""

    def run(*articles: Any) -> str | None:
        story_id = None
        for one in articles:
            with database.write() as connection:
                story_id = join_story(connection, store(connection, one)).story_id
        return story_id

    return run


@pytest.fixture
def listed(database: Database) -> Callable[..., list[str]]:
    """Titles of the stories that fit, in order."""

    def run(sort: StorySort = StorySort.NEWEST, limit: int = 50, **wanted: Any) -> list[str]:
        with database.read() as connection:
            return [one.title for one in list_story_rows(connection, StoryFilter(**wanted), sort, limit)]

    return run


@pytest.fixture
def three_stories(file: Any, article: Any, sentences: Any, credit: Any) -> None:
    """A (3 articles of 3 outlets, pap, first day), B (2, second day), C (1, third day)."""
    a, b, c = (sentences(seed, 12) for seed in (1, 2, 3))
    file(
        article(a, "pap-site", 0, title="A", attributions=(credit("pap"),)),
        article(a, "kurier", 30, title="A w Kurierze"),
        article(a[:8], "kresy", 90, title="A w Kresach"),
        article(b, "kurier", DAY, title="B"),
        article(b, "kresy", DAY + 10, title="B w Kresach"),
        article(c, "kresy", 2 * DAY, title="C"),
    )


def test_stories_are_listed_by_time_size_agency_and_outlet(three_stories: None, listed: Any, start: datetime) -> None:
    assert listed() == ["B", "A"]
    assert listed(min_members=1) == ["C", "B", "A"]
    assert listed(StorySort.LARGEST) == ["A", "B"]
    assert listed(StorySort.CHANGED, min_members=1) == ["C", "B", "A"]
    assert listed(limit=1) == ["B"]
    assert listed(agency="pap") == ["A"] and listed(agency="reuters") == []
    assert listed(outlet="pap-site") == ["A"] and listed(outlet="kresy", min_members=1) == ["C", "B", "A"]
    assert listed(since=start + timedelta(hours=1)) == ["B"]
    assert listed(until=start + timedelta(days=1)) == ["A"]


def test_a_row_of_the_list_counts_articles_and_outlets_and_knows_the_span(
    three_stories: None, database: Database, start: datetime
) -> None:
    with database.read() as connection:
        (row,) = list_story_rows(connection, StoryFilter(agency="pap"))
        found = find_story_ids(connection, row.id[:6])
    assert (row.members, row.outlets, row.origin_outlet, row.title) == (3, 3, "pap-site", "A")
    assert (row.first_at, row.last_at) == (start, start + timedelta(minutes=90))
    assert row.first_at.tzinfo is not None and row.last_at.tzinfo is not None
    assert found == [row.id]


def viewed(database: Database, story_id: str | None) -> StoryView:
    with database.read() as connection:
        story = stories.get_story(connection, story_id or "")
        assert story is not None
        return view_story(connection, story)


def test_a_view_tells_what_each_member_changed_beside_the_origin(
    database: Database, file: Any, article: Any, sentences: Any, credit: Any
) -> None:
    text = [*sentences(5, 10), "Ewakuowano 120 osób."]
    other = [one.replace("120", "210") for one in text]
    late = {"published_from": PublishedFrom.FIRST_FETCH}
    view = viewed(
        database,
        file(
            article(text, "pap-site", 0, title="Pożar", attributions=(credit("pap"),)),
            article(other, "kurier", 14, title="Pożar hali"),
            article(text[:8], "kresy", 50, title="Pożar", **late),
        ),
    )
    first, second, third = view.members
    assert view.title == "Pożar"
    assert (first.headline_changed, first.kept, first.numbers) == (False, 0, ())
    assert second.headline_changed and second.cut == second.added == 1 and second.after_s == 14 * 60
    assert [(one.before, one.after) for one in second.numbers] == [("120", "210")]
    assert (third.headline_changed, third.added, third.date_is_told, third.after_s) == (False, 0, False, None)
    assert third.cut > 3 and third.outlet_name == "kresy"


def profiles(database: Database, **wanted: Any) -> dict[str, OutletProfile]:
    with database.read() as connection:
        return {one.outlet: one for one in outlet_profiles(connection, **wanted)}


def make_outlet(slug: str, **changes: Any) -> Outlet:
    return Outlet(
        slug=slug, name=slug.title(), homepage=f"https://{slug}.example/", domains=(f"{slug}.example",), country="PL",
        languages=("pl",), timezone="Europe/Warsaw", **changes,
    )  # fmt: skip


def test_a_profile_parts_agency_copy_copies_of_others_and_own_reporting(
    database: Database, file: Any, article: Any, sentences: Any, credit: Any
) -> None:
    a, b, c, d = (sentences(seed, 12) for seed in (1, 2, 3, 4))
    with database.write() as connection:
        write_outlets(connection, [make_outlet("agencja", agency="pap"), make_outlet("kurier")], datetime(2026, 3, 1, tzinfo=UTC))
    file(
        article(a, "agencja", 0, attributions=(credit("pap"),)),
        article(a, "kurier", 10, attributions=(credit("pap"),)),
        article(b, "kresy", DAY),
        article(b, "kurier", DAY + 30),
        article(c, "kurier", DAY + 60),
        article(d, "kurier", DAY + 90, attributions=(credit("reuters"),)),
    )
    found = profiles(database)
    assert list(found) == ["kurier", "agencja", "kresy"]
    kurier = found["kurier"]
    assert (kurier.name, kurier.articles, kurier.agency_copy, kurier.other_copy, kurier.own) == ("Kurier", 4, 2, 1, 1)
    assert kurier.agencies == (("pap", 1), ("reuters", 1))
    assert (kurier.first, kurier.later, kurier.median_delay_s) == (0, 2, 20 * 60)
    assert (found["agencja"].own, found["agencja"].agency_copy, found["agencja"].first) == (1, 0, 1)
    assert (found["kresy"].own, found["kresy"].first, found["kresy"].median_delay_s) == (1, 1, None)


def test_the_typical_delay_is_a_median_and_counts_told_dates_of_several_outlets_only(
    database: Database, file: Any, article: Any, sentences: Any
) -> None:
    for seed, minutes in enumerate((10, 20, 600)):
        text = sentences(seed, 12)
        file(article(text, "kresy", seed * DAY), article(text, "kurier", seed * DAY + minutes))
    lone = sentences(50, 12)
    file(article(lone, "kurier", 4 * DAY), article(lone, "kurier", 4 * DAY + 100, url="https://kurier.example/again"))
    late = sentences(51, 12)
    file(article(late, "kresy", 5 * DAY), article(late, "kurier", 5 * DAY + 7, published_from=PublishedFrom.FIRST_FETCH))
    found = profiles(database)["kurier"]
    assert (found.first, found.later, found.median_delay_s) == (0, 3, 20 * 60)
    assert found.articles == 6


def test_a_profile_of_a_period_and_of_one_outlet(three_stories: None, database: Database, start: datetime) -> None:
    assert {one: row.articles for one, row in profiles(database, since=start + timedelta(days=1)).items()} == {
        "kurier": 1,
        "kresy": 2,
    }
    assert {one: row.articles for one, row in profiles(database, until=start + timedelta(days=1)).items()} == {
        "pap-site": 1, "kurier": 1, "kresy": 1,
    }  # fmt: skip
    assert list(profiles(database, slug="kresy")) == ["kresy"]
    assert profiles(database, slug="nobody") == {}
