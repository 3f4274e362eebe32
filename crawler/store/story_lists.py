"""Lists of stories by time, agency, outlet and size, a few queries whatever their number. Not here: one story whole (`story_view`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from crawler.store.rows import in_batches
from crawler.store.schema import article, story, story_member


class StorySort(StrEnum):
    """Orders of a list."""

    NEWEST = "newest"
    """First published last."""
    LARGEST = "largest"
    """Most articles."""
    CHANGED = "changed"
    """Last joined or described anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryFilter:
    """Which stories. None: any."""

    since: datetime | None = None
    """First published (or first seen, where nothing tells) then or later."""
    until: datetime | None = None
    """The same, before."""
    agency: str | None = None
    outlet: str | None = None
    """A member is of this outlet."""
    min_members: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryRow:
    """A story in a list."""

    id: str
    members: int
    outlets: int
    agency: str | None
    agency_confidence: float
    first_at: datetime
    """First published; first seen where nothing tells."""
    last_at: datetime
    """The latest publication time of a member."""
    origin_article_id: str | None
    origin_outlet: str | None
    title: str
    """The origin's."""
    url: str
    updated_at: datetime


_FIRST = sa.func.coalesce(story.c.first_published_at, story.c.first_seen_at)
_ORDERS = {
    StorySort.NEWEST: (_FIRST.desc(), story.c.id),
    StorySort.LARGEST: (story.c.size.desc(), _FIRST.desc(), story.c.id),
    StorySort.CHANGED: (story.c.updated_at.desc(), story.c.id),
}


def list_story_rows(
    connection: sa.Connection, wanted: StoryFilter, sort: StorySort = StorySort.NEWEST, limit: int = 50
) -> list[StoryRow]:
    """Stories that fit, in order, at most `limit`."""
    chosen = (
        sa.select(story, article.c.outlet.label("origin_outlet"), article.c.title, article.c.url)
        .select_from(story.outerjoin(article, article.c.id == story.c.origin_article_id))
        .where(story.c.size >= wanted.min_members)
    )
    if wanted.since is not None:
        chosen = chosen.where(wanted.since <= _FIRST)
    if wanted.until is not None:
        chosen = chosen.where(wanted.until > _FIRST)
    if wanted.agency is not None:
        chosen = chosen.where(story.c.agency == wanted.agency)
    if wanted.outlet is not None:
        own = sa.select(story_member.c.story_id).join(article, article.c.id == story_member.c.article_id)
        chosen = chosen.where(story.c.id.in_(own.where(article.c.outlet == wanted.outlet)))
    rows = connection.execute(chosen.order_by(*_ORDERS[sort]).limit(limit)).all()
    spans = _spans(connection, [row.id for row in rows])
    found = []
    for row in rows:
        outlets, last_at = spans.get(row.id, (0, None))
        first_at = row.first_published_at or row.first_seen_at or row.updated_at
        found.append(
            StoryRow(
                id=row.id, members=row.size, outlets=outlets, agency=row.agency, agency_confidence=row.agency_confidence,
                first_at=first_at, last_at=last_at or first_at, origin_article_id=row.origin_article_id,
                origin_outlet=row.origin_outlet, title=row.title or "", url=row.url or "", updated_at=row.updated_at,
            )
        )  # fmt: skip
    return found


def find_story_ids(connection: sa.Connection, prefix: str, limit: int = 5) -> list[str]:
    """Ids of stories that begin with `prefix` (people type eight letters of an id)."""
    chosen = sa.select(story.c.id).where(story.c.id >= prefix, story.c.id < prefix + "g").order_by(story.c.id).limit(limit)
    return list(connection.execute(chosen).scalars())


def _spans(connection: sa.Connection, ids: Sequence[str]) -> dict[str, tuple[int, datetime | None]]:
    """Story -> number of its outlets and its latest publication time."""
    found: dict[str, tuple[int, datetime | None]] = {}
    joined = story_member.join(article, article.c.id == story_member.c.article_id)
    latest = sa.func.max(article.c.published_at, type_=article.c.published_at.type)
    counted = sa.select(story_member.c.story_id, sa.func.count(article.c.outlet.distinct()), latest).select_from(joined)
    for batch in in_batches(list(ids)):
        for one, outlets, last_at in connection.execute(
            counted.where(story_member.c.story_id.in_(batch)).group_by(story_member.c.story_id)
        ):
            found[one] = (outlets, last_at)
    return found
