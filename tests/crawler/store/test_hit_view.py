"""What stands beside a page of hits: the earliest copies of each story, and whom a text names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from crawler.model.article import PublishedFrom
from crawler.model.attribution import Attribution, Evidence, EvidenceKind, NamedSourceKind, SourceRole
from crawler.store.articles import Visit, insert_article
from crawler.store.database import Database
from crawler.store.hit_view import COPIES_SHOWN, HitView, view_hits
from crawler.store.schema import story, story_member

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
PROOF = Evidence(kind=EvidenceKind.BYLINE, where="byline", quote="PAP", start=0, end=3)
PAP = Attribution(source="pap", source_kind=NamedSourceKind.AGENCY, role=SourceRole.ORIGIN, confidence=0.9, evidence=(PROOF,))


def file_story(connection: sa.Connection, story_id: str, articles: list[Any]) -> None:
    """A story whose first article is its origin."""
    for one in articles:
        insert_article(connection, one, Visit(at=NOON, source_updated_at=None, next_visit_at=None))
    connection.execute(
        story.insert(),
        [{"id": story_id, "origin_article_id": articles[0].id, "origin_reason": "", "agency": None, "agency_confidence": 0.0,
          "first_published_at": NOON, "first_seen_at": NOON, "size": len(articles), "updated_at": NOON}],
    )  # fmt: skip
    rows = [
        {"article_id": one.id, "story_id": story_id, "role": "original" if one is articles[0] else "edited", "similarity": 0.5,
         "containment": 0.5, "leader_containment": 0.5, "leader_ordinal": None}
        for one in articles
    ]  # fmt: skip
    connection.execute(story_member.insert(), rows)


def test_copies_stand_in_order_of_time_with_their_delay_and_no_more_than_a_page_shows(
    database: Database, make_article: Any
) -> None:
    many = [make_article(f"https://a.example/{number}", published_at=NOON + timedelta(minutes=number)) for number in range(20)]
    few = [
        make_article("https://b.example/1", published_at=NOON, title="Pierwszy"),
        make_article("https://b.example/2", published_at=NOON - timedelta(minutes=5), title="Drugi", outlet="goniec"),
        make_article("https://b.example/3", published_at=NOON + timedelta(minutes=9), published_from=PublishedFrom.FIRST_FETCH),
    ]
    with database.write() as connection:
        file_story(connection, "many", many)
        file_story(connection, "few", few)
    with database.read() as connection:
        found = view_hits(connection, [], ["few", "many", "unknown"])
    assert set(found.copies) == {"few", "many"}
    assert [one.article_id for one in found.copies["many"]] == [one.id for one in many[:COPIES_SHOWN]]
    assert [(one.title, one.outlet, one.role, one.delay_s, one.is_origin) for one in found.copies["few"]] == [
        ("Drugi", "goniec", "edited", -300.0, False),
        ("Pierwszy", "kresy", "original", None, True),
        ("Prezydent w Warszawie", "kresy", "edited", None, False),
    ]
    assert all(one.published_at.tzinfo is not None for one in found.copies["few"])


def test_attributions_of_the_hits_that_name_somebody(database: Database, make_article: Any) -> None:
    named, silent = make_article("https://a.example/1", attributions=(PAP,)), make_article("https://a.example/2")
    with database.write() as connection:
        for one in (named, silent):
            insert_article(connection, one, Visit(at=NOON, source_updated_at=None, next_visit_at=None))
    with database.read() as connection:
        assert view_hits(connection, [named.id, silent.id, "unknown"], []) == HitView(attributions={named.id: (PAP,)})
        assert view_hits(connection, [], []) == HitView()
