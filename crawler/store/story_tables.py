"""The tables of stories as a whole: carried from one store to another, row by row where they differ. For `stories rebuild`.

Not here: what belongs into a story (`crawler.stories`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crawler.model.story import LinkKind
from crawler.store.rows import in_batches, insert, upsert
from crawler.store.schema import article, metadata, story, story_alias, story_link, story_member

Row = dict[str, Any]

COMPARED = (story, story_alias, story_member, story_link)
"""Written only where they differ."""
REPLACED = tuple(one for one in metadata.sorted_tables if one.name in ("story_leader", "story_posting", "fingerprint_day"))
"""The window of the last two weeks: emptied and written anew."""
_BATCH = 1000
_NO_TEXT: Row = {"title": "-", "text": "-", "lead": None, "authors": [], "tags": [], "byline": "", "credits": "", "section": None}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a walk in order of first sight stands."""

    seen_at: datetime
    article_id: str


def placed_ids(connection: sa.Connection, after: Place | None, limit: int) -> list[Place]:
    """The next articles that belong into stories, in order of first sight. A removed one does as long as it is in a story."""
    member = sa.select(sa.literal(1)).where(story_member.c.article_id == article.c.id).exists()
    chosen = sa.select(article.c.first_seen_at, article.c.id).where(sa.or_(article.c.removed_at.is_(None), member))
    if after is not None:
        later = sa.and_(article.c.first_seen_at == after.seen_at, article.c.id > after.article_id)
        chosen = chosen.where(article.c.first_seen_at >= after.seen_at, sa.or_(article.c.first_seen_at > after.seen_at, later))
    rows = connection.execute(chosen.order_by(article.c.first_seen_at, article.c.id).limit(limit))
    return [Place(row.first_seen_at, row.id) for row in rows]


def copy_articles(source: sa.Connection, target: sa.Connection, ids: Sequence[str]) -> None:
    """Rows of articles without their texts, which stories do not look at."""
    for batch in in_batches(list(ids)):
        rows = [{**row._mapping, **_NO_TEXT} for row in source.execute(sa.select(article).where(article.c.id.in_(batch)))]
        upsert(target, article, rows)


def drop_articles(target: sa.Connection, ids: Sequence[str]) -> None:
    """Forget the copies of articles that belong into no story any more."""
    for batch in in_batches(list(ids)):
        target.execute(article.delete().where(article.c.id.in_(batch)))


def differing(source: sa.Connection, target: sa.Connection) -> tuple[list[str], list[str]]:
    """(articles to be placed anew, articles to be taken out) for `target` to know what `source` knows now."""
    changed: list[str] = []
    gone: list[str] = []
    member = sa.select(sa.literal(1)).where(story_member.c.article_id == article.c.id).exists()
    belongs = sa.or_(article.c.removed_at.is_(None), member)
    facts = (article.c.id, article.c.content_sha256, article.c.published_at, article.c.normalizer_version)
    now = sa.select(*facts).where(belongs)
    for one, known in _side_by_side(_walk(source, now, [article.c.id]), _walk(target, sa.select(*facts), [article.c.id]), 1):
        if one is None and known is not None:
            gone.append(known[0])
        elif one is not None and one != known:
            changed.append(one[0])
    return changed, gone


def changed_documents(source: sa.Connection, target: sa.Connection) -> Iterator[str]:
    """Articles whose document says something else of their story in the two stores."""
    states = sa.select(
        story_member.c.article_id, story.c.id, story_member.c.role, story.c.size, story.c.agency, story.c.origin_article_id
    ).select_from(story_member.join(story, story.c.id == story_member.c.story_id))
    key = [story_member.c.article_id]
    for one, other in _side_by_side(_walk(source, states, key), _walk(target, states, key), 1):
        if one != other:
            yield (one or other or ("",))[0]


def carry_over(source: sa.Connection, known: sa.Connection, target: sa.Connection) -> None:
    """Make the tables of stories in `target` what they are in `source`. `known`: a further connection that reads the target."""
    for table in COMPARED:
        keys = list(table.primary_key)
        fresh: list[Row] = []
        stale: list[tuple[Any, ...]] = []
        columns = [*keys, *(one for one in table.c if not one.primary_key)]
        chosen = sa.select(*columns)
        for one, other in _side_by_side(_walk(source, chosen, keys), _walk(known, chosen, keys), len(keys)):
            if one is None and other is not None:
                stale.append(other[: len(keys)])
            elif one is not None and one != other:
                fresh.append(dict(zip((column.name for column in columns), one, strict=True)))
            if len(fresh) + len(stale) >= _BATCH:
                _write(target, table, fresh, stale)
                fresh, stale = [], []
        _write(target, table, fresh, stale)
    for table in reversed(REPLACED):
        target.execute(table.delete())
    for table in REPLACED:
        for rows in source.execute(sa.select(table).execution_options(yield_per=_BATCH)).mappings().partitions():
            target.execute(table.insert(), [dict(row) for row in rows])
    if target.dialect.name == "postgresql":  # the numbers were given elsewhere
        newest = sa.select(sa.func.coalesce(sa.func.max(metadata.tables["story_leader"].c.number), 0) + 1).scalar_subquery()
        sequence = sa.func.pg_get_serial_sequence("story_leader", "number")
        target.execute(sa.select(sa.func.setval(sequence, newest, False)))


def keep_replacements(source: sa.Connection, target: sa.Connection) -> None:
    """Links between articles that replaced one another at an address: filing made them, no text tells them."""
    chosen = sa.select(story_link).where(story_link.c.kind == LinkKind.REPLACES.value).execution_options(yield_per=_BATCH)
    for rows in source.execute(chosen).mappings().partitions():
        target.execute(insert(target, story_link).on_conflict_do_nothing(), [dict(row) for row in rows])


def keep_lost_ids(source: sa.Connection, target: sa.Connection, now: datetime) -> int:
    """Ids of stories in `source` that `target` does not know lead, there, to the story of their first leader; how many did."""
    leader = (
        sa.select(story_member.c.article_id).where(story_member.c.story_id == story.c.id)
        .order_by(sa.func.coalesce(story_member.c.leader_ordinal, 1 << 30), story_member.c.article_id).limit(1).scalar_subquery()
    )  # fmt: skip
    own = sa.select(story.c.id.label("old_id"), leader.label("leader"))
    merged = sa.select(story_alias.c.old_id, leader.label("leader")).select_from(
        story_alias.join(story, story.c.id == story_alias.c.story_id)
    )
    lost = 0
    for chosen in (own, merged):
        for rows in source.execute(chosen.execution_options(yield_per=500)).partitions():
            leaders = {row.old_id: row.leader for row in rows}
            known = set(target.execute(sa.select(story.c.id).where(story.c.id.in_(leaders))).scalars())
            known |= set(target.execute(sa.select(story_alias.c.old_id).where(story_alias.c.old_id.in_(leaders))).scalars())
            missing = {one: leaders[one] for one in leaders if one not in known}
            if missing:
                lost += _add_aliases(target, missing, now)
    return lost


def count_stories(connection: sa.Connection) -> int:
    """Number of stories, those of one article included."""
    return connection.execute(sa.select(sa.func.count()).select_from(story)).scalar_one()


def _add_aliases(target: sa.Connection, leaders: dict[str, str], now: datetime) -> int:
    joined = sa.select(story_member.c.article_id, story_member.c.story_id).where(
        story_member.c.article_id.in_(sorted({one for one in leaders.values() if one}))
    )
    places = {row.article_id: row.story_id for row in target.execute(joined)}
    rows = [{"old_id": one, "story_id": places[leader], "merged_at": now} for one, leader in leaders.items() if leader in places]
    if rows:
        target.execute(insert(target, story_alias).on_conflict_do_nothing(), rows)
    return len(rows)


def _write(target: sa.Connection, table: sa.Table, fresh: list[Row], stale: Sequence[tuple[Any, ...]]) -> None:
    if stale:
        keys = list(table.primary_key)
        chosen = table.delete().where(*(column == sa.bindparam(f"key_{column.name}") for column in keys))
        target.execute(chosen, [{f"key_{column.name}": value for column, value in zip(keys, one, strict=True)} for one in stale])
    upsert(target, table, fresh)


def _walk(connection: sa.Connection, chosen: sa.Select[Any], keys: Iterable[sa.Column[Any]]) -> Iterator[tuple[Any, ...]]:
    """Rows in order of their keys (letters by code, whatever the database's language), read as they are wanted."""
    by_code = [sa.collate(one, "C") if connection.dialect.name == "postgresql" else one for one in keys]
    ordered = chosen.order_by(*by_code).execution_options(yield_per=_BATCH)
    return (tuple(row) for row in connection.execute(ordered))


def _side_by_side(
    left: Iterator[tuple[Any, ...]], right: Iterator[tuple[Any, ...]], keys: int
) -> Iterator[tuple[tuple[Any, ...] | None, tuple[Any, ...] | None]]:
    """Rows of both walks that begin with the same keys together, a row that only one has beside None."""
    one, other = next(left, None), next(right, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one[:keys] < other[:keys]):
            yield one, None
            one = next(left, None)
        elif one is None or one[:keys] > other[:keys]:
            yield None, other
            other = next(right, None)
        else:
            yield one, other
            one, other = next(left, None), next(right, None)
