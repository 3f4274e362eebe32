"""What a page of search hits shows beside what the index knows: the copies of each story, and whom a text names. Two queries.

Not here: whole stories (`story_view`), searching (`indexer.search`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

import orjson
import sqlalchemy as sa

from crawler.model.article import PublishedFrom
from crawler.model.attribution import Attribution
from crawler.store.rows import from_json, with_offset
from crawler.store.schema import article, story, story_member

COPIES_SHOWN = 12
"""Members of one story that are read, the earliest first; who wants all of them opens the story."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyRow:
    """A member of a story, as a list of copies shows it."""

    article_id: str
    outlet: str
    """Slug."""
    title: str
    role: str
    """A value of MemberRole."""
    similarity: float
    published_at: datetime
    delay_s: float | None
    """Seconds after the origin; None for the origin itself, or where a date is not told."""
    is_origin: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HitView:
    """What belongs to the hits of one page."""

    copies: Mapping[str, tuple[CopyRow, ...]] = field(default_factory=dict)
    """Story id -> its earliest members, at most COPIES_SHOWN."""
    attributions: Mapping[str, tuple[Attribution, ...]] = field(default_factory=dict)
    """Article id -> what it says of its sources; articles that say nothing are left out."""


def view_hits(connection: sa.Connection, article_ids: Collection[str], story_ids: Collection[str]) -> HitView:
    """Look beside the hits of a page. Ids that the store does not know (an index that is behind) are left out."""
    return HitView(
        copies=_copies(connection, story_ids) if story_ids else {},
        attributions=_attributions(connection, article_ids) if article_ids else {},
    )


def _copies(connection: sa.Connection, story_ids: Collection[str]) -> dict[str, tuple[CopyRow, ...]]:
    found: dict[str, list[CopyRow]] = {}
    for row in connection.execute(_copies_statement(connection.dialect.name), {"ids": _ids(connection, story_ids)}):
        found.setdefault(row.story_id, []).append(_copy(row))
    return {one: tuple(rows) for one, rows in found.items()}


@cache
def _copies_statement(dialect: str) -> sa.Select[Any]:
    """Built once: to put it together costs more than to run it."""
    place = sa.func.row_number().over(
        partition_by=story_member.c.story_id, order_by=(article.c.published_at, article.c.first_seen_at, article.c.id)
    )
    members = (
        sa.select(
            story_member.c.story_id, story_member.c.article_id, story_member.c.role, story_member.c.similarity,
            article.c.outlet, article.c.title, article.c.published_at, article.c.published_offset_s, article.c.published_from,
            place.label("place"),
        )
        .select_from(story_member.join(article, article.c.id == story_member.c.article_id))
        .where(_among(dialect, story_member.c.story_id)).subquery()
    )  # fmt: skip
    origin = article.alias("origin")
    return (
        sa.select(
            members, story.c.origin_article_id, origin.c.published_at.label("origin_at"), origin.c.published_from.label("origin_from")
        )
        .select_from(
            members.join(story, story.c.id == members.c.story_id).outerjoin(origin, origin.c.id == story.c.origin_article_id)
        )
        .where(members.c.place <= COPIES_SHOWN).order_by(members.c.story_id, members.c.place)
    )  # fmt: skip


def _copy(row: Any) -> CopyRow:
    is_origin = row.article_id == row.origin_article_id
    untold = PublishedFrom.FIRST_FETCH.value
    told = row.origin_at is not None and untold not in (row.published_from, row.origin_from)
    published_at = with_offset(row.published_at, row.published_offset_s)
    assert published_at is not None
    return CopyRow(
        article_id=row.article_id, outlet=row.outlet, title=row.title, role=row.role, similarity=row.similarity,
        published_at=published_at, is_origin=is_origin,
        delay_s=(row.published_at - row.origin_at).total_seconds() if told and not is_origin else None,
    )  # fmt: skip


def _attributions(connection: sa.Connection, article_ids: Collection[str]) -> dict[str, tuple[Attribution, ...]]:
    rows = connection.execute(_attributions_statement(connection.dialect.name), {"ids": _ids(connection, article_ids)})
    return {row.id: from_json(row.attributions, tuple[Attribution, ...]) for row in rows if row.attributions}


@cache
def _attributions_statement(dialect: str) -> sa.Select[Any]:
    return sa.select(article.c.id, article.c.attributions).where(_among(dialect, article.c.id))


def _among(dialect: str, column: sa.Column[Any]) -> Any:
    """`crawler.store.rows.among`, with the values to be bound as "ids"."""
    if dialect == "postgresql":
        return column == sa.any_(sa.bindparam("ids", type_=sa.ARRAY(column.type)))
    listed = sa.func.json_each(sa.bindparam("ids", type_=sa.Text())).table_valued("value")
    return column.in_(sa.select(listed.c.value))


def _ids(connection: sa.Connection, ids: Collection[str]) -> Any:
    return list(ids) if connection.dialect.name == "postgresql" else orjson.dumps(list(ids)).decode()
