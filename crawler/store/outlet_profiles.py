"""What outlets print: how much of it is an agency's, how much their own, how late they are. Counted in the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crawler.model.article import PublishedFrom
from crawler.store.outlets import read_outlets
from crawler.store.schema import article, outlet, story, story_member


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletProfile:
    """One outlet in a period, by publication time. agency_copy + other_copy + own == articles."""

    outlet: str
    name: str
    articles: int
    agency_copy: int
    """Members of a story that an agency is known to have written, another than the outlet itself."""
    other_copy: int
    """Copies of an article of another outlet, no agency being known."""
    own: int
    first: int
    """Articles with which it was the first of several outlets to carry a story ..."""
    later: int
    """... and with which it was later than another one; only articles that tell their date."""
    median_delay_s: float | None
    """Of the later ones, behind the story's first; None without any."""
    agencies: tuple[tuple[str, int], ...]
    """(agency, its copies), the most frequent first."""


_origin = article.alias("origin")
_AGENCY_COPY = sa.and_(story.c.agency.is_not(None), story.c.agency != sa.func.coalesce(outlet.c.agency, ""))
_OTHER_COPY = sa.and_(story.c.agency.is_(None), _origin.c.outlet != article.c.outlet)
_JOINED = (
    article.outerjoin(outlet, outlet.c.slug == article.c.outlet)
    .outerjoin(story_member, story_member.c.article_id == article.c.id)
    .outerjoin(story, story.c.id == story_member.c.story_id)
)


def outlet_profiles(
    connection: sa.Connection, *, since: datetime | None = None, until: datetime | None = None, slug: str | None = None
) -> list[OutletProfile]:
    """The profiles of outlets with an article in the period, those with the most first. Three queries, whatever their number."""
    period = [
        *([article.c.published_at >= since] if since else []),
        *([article.c.published_at < until] if until else []),
        *([article.c.outlet == slug] if slug else []),
    ]
    names = {one: row.name for one, row in read_outlets(connection).items()}
    agencies = _agencies(connection, period)
    delays = _delays(connection, period)
    counted = (
        sa.select(
            article.c.outlet, sa.func.count(), sa.func.count().filter(_AGENCY_COPY), sa.func.count().filter(_OTHER_COPY),
        )
        .select_from(_JOINED.outerjoin(_origin, _origin.c.id == story.c.origin_article_id))
        .where(*period).group_by(article.c.outlet).order_by(sa.func.count().desc(), article.c.outlet)
    )  # fmt: skip
    found = []
    for one, count, agency_copy, other_copy in connection.execute(counted):
        first, later, median_s = delays.get(one, (0, 0, None))
        found.append(
            OutletProfile(
                outlet=one, name=names.get(one, one), articles=count, agency_copy=agency_copy, other_copy=other_copy,
                own=count - agency_copy - other_copy, first=first, later=later, median_delay_s=median_s,
                agencies=tuple(agencies.get(one, ())),
            )
        )  # fmt: skip
    return found


def _agencies(connection: sa.Connection, period: list[Any]) -> dict[str, list[tuple[str, int]]]:
    chosen = (
        sa.select(article.c.outlet, story.c.agency, sa.func.count().label("copies"))
        .select_from(_JOINED).where(_AGENCY_COPY, *period)
        .group_by(article.c.outlet, story.c.agency).order_by(sa.text("copies DESC"), story.c.agency)
    )  # fmt: skip
    found: dict[str, list[tuple[str, int]]] = {}
    for one, agency, copies in connection.execute(chosen):
        found.setdefault(one, []).append((agency, copies))
    return found


def _delays(connection: sa.Connection, period: list[Any]) -> dict[str, tuple[int, int, float | None]]:
    """Outlet -> (times first, times later, median of the delays of the latter)."""
    sibling, its_article = story_member.alias("sibling"), article.alias("its_article")
    elsewhere = (
        sa.select(sa.literal(1)).select_from(sibling.join(its_article, its_article.c.id == sibling.c.article_id))
        .where(sibling.c.story_id == story.c.id, its_article.c.outlet != article.c.outlet).exists()
    )  # fmt: skip
    late_s = _seconds(connection, article.c.published_at, story.c.first_published_at)
    behind = (
        sa.select(article.c.outlet, late_s.label("late_s"))
        .select_from(_JOINED)
        .where(story.c.size > 1, article.c.published_from != PublishedFrom.FIRST_FETCH.value, elsewhere, *period)
        .subquery()
    )
    outlet_, late = behind.c.outlet, behind.c.late_s
    ranked = (
        sa.select(
            outlet_, late, sa.func.row_number().over(partition_by=outlet_, order_by=late).label("place"),
            sa.func.count().over(partition_by=outlet_).label("count"),
        ).where(late > 0).subquery()
    )  # fmt: skip
    middle = sa.or_(
        ranked.c.place * 2 == ranked.c.count, ranked.c.place * 2 == ranked.c.count + 1, ranked.c.place * 2 == ranked.c.count + 2
    )
    even = sa.or_(ranked.c.count % 2 == 0, ranked.c.place * 2 == ranked.c.count + 1)
    medians = sa.select(ranked.c.outlet, sa.func.avg(ranked.c.late_s)).where(middle, even).group_by(ranked.c.outlet)
    median_s = {one: float(value) for one, value in connection.execute(medians)}
    counted = sa.select(outlet_, sa.func.count().filter(late <= 0), sa.func.count().filter(late > 0)).group_by(outlet_)
    return {
        one: (first, later, round(median_s[one]) if one in median_s else None)
        for one, first, later in connection.execute(counted)
    }


def _seconds(connection: sa.Connection, later: sa.Column[Any], earlier: sa.Column[Any]) -> sa.ColumnElement[float]:
    """Whole seconds between two instants."""
    if connection.dialect.name == "postgresql":
        return sa.func.round(sa.extract("epoch", later - earlier))
    return sa.func.round((sa.func.julianday(later) - sa.func.julianday(earlier)) * 86400.0)
