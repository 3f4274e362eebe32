"""The window of the last days' leaders in the store: look up fingerprints, add leaders, count days, prune.

Implements `crawler.stories.window.Window` on a connection, in the caller's transaction. Not here: members, links, aliases
(`crawler.store.stories`). Hashes are unsigned outside and signed in the tables.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from crawler.model.story import StoryLeader, StoryState
from crawler.store.rows import in_batches, insert
from crawler.store.schema import article, fingerprint_day, story_leader, story_member, story_posting

_LOCK = 0x64657065737A61
"""Key of PostgreSQL's advisory lock: the letters of the project's name."""
PRUNED_AT_ONCE = 200
"""Leaders that one call of `prune` takes away: the work of pruning is spread over the filings."""


def lock_stories(connection: sa.Connection) -> None:
    """One decision on stories at a time, until the transaction ends; on SQLite the write lock does it already.

    Two processes that file copies of one text at once would each open a story. Reentrant. Take it before rows of articles
    are changed, or two filings may wait for one another.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


class StoreWindow:
    """See `crawler.stories.window.Window`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def days(self, hashes: Sequence[int]) -> Mapping[int, Collection[int]]:
        """See Window."""
        found: dict[int, set[int]] = {}
        for batch in in_batches([_signed(one) for one in hashes]):
            for one, day in self._connection.execute(_DAYS, {"some": batch}):
                found.setdefault(_unsigned(one), set()).add(day)
        return found

    def add_days(self, rows: Iterable[tuple[int, int]]) -> None:
        """See Window."""
        values = [{"hash": _signed(one), "day": day} for one, day in rows]
        if values:
            self._connection.execute(insert(self._connection, fingerprint_day).on_conflict_do_nothing(), values)

    def postings(self, hashes: Sequence[int], earliest: datetime, latest: datetime) -> Sequence[tuple[int, int, int]]:
        """See Window."""
        found: list[tuple[int, int, int]] = []
        for batch in in_batches([_signed(one) for one in hashes]):
            rows = self._connection.execute(_POSTINGS, {"some": batch, "earliest": earliest, "latest": latest})
            found += [(_unsigned(one), number, place) for one, number, place in rows]
        return found

    def leaders(self, numbers: Collection[int]) -> Mapping[int, StoryLeader]:
        """See Window."""
        found: dict[int, StoryLeader] = {}
        for batch in in_batches(sorted(numbers)):
            for row in self._connection.execute(_LEADERS, {"some": batch}):
                found[row.number] = StoryLeader(**row._mapping)
        return found

    def story(self, story_id: str, outlet: str) -> StoryState:
        """See Window."""
        joined = story_member.join(article, article.c.id == story_member.c.article_id)
        counted = sa.select(
            sa.func.count(), sa.func.count(story_member.c.leader_ordinal), sa.func.count().filter(article.c.outlet == outlet)
        ).select_from(joined)
        members, leaders, of_outlet = self._connection.execute(counted.where(story_member.c.story_id == story_id)).one()
        leads = sa.and_(story_member.c.story_id == story_id, story_member.c.leader_ordinal.is_not(None))
        first = sa.select(story_member.c.article_id).where(leads).order_by(story_member.c.leader_ordinal).limit(1)
        longest = sa.select(sa.func.max(story_leader.c.size)).where(story_leader.c.story_id == story_id)
        return StoryState(
            leaders=leaders, first_leader=self._connection.execute(first).scalar(),
            longest=self._connection.execute(longest).scalar() or 0, members=members, of_outlet=of_outlet,
        )  # fmt: skip

    def add_leader(self, leader: StoryLeader, postings: Sequence[tuple[int, int]]) -> int:
        """See Window."""
        values = {name: getattr(leader, name) for name in _LEADER_COLUMNS}
        key = self._connection.execute(story_leader.insert().values(values)).inserted_primary_key
        assert key is not None
        number: int = key[0]
        rows = [{"hash": _signed(one), "leader": number, "position": place} for one, place in postings]
        if rows:
            self._connection.execute(story_posting.insert(), rows)
        return number

    def drop_postings(self, hashes: Collection[int]) -> None:
        """See Window."""
        for batch in in_batches([_signed(one) for one in hashes]):
            self._connection.execute(story_posting.delete().where(story_posting.c.hash.in_(batch)))

    def remove_leader(self, article_id: str) -> None:
        """Take a leader and its places out (a revised or withdrawn article); nothing where it is none."""
        chosen = sa.select(story_leader.c.number).where(story_leader.c.article_id == article_id)
        self._remove(list(self._connection.execute(chosen).scalars()))

    def move_leaders(self, story_id: str, other_id: str) -> None:
        """The leaders of a story that merged into `story_id` lead there now."""
        chosen = story_leader.update().where(story_leader.c.story_id == other_id)
        self._connection.execute(chosen.values(story_id=story_id))

    def span(self) -> tuple[datetime, datetime] | None:
        """When the oldest and the newest leader were first seen (the newest is the window's clock); None when it is empty."""
        oldest, newest = self._connection.execute(_SPAN).one()
        return None if oldest is None or newest is None else (oldest, newest)

    def prune(self, now: datetime, kept: timedelta, day_memory: timedelta) -> int:
        """Take out up to PRUNED_AT_ONCE leaders first seen longer ago than `kept`, and old days; returns how many leaders."""
        chosen = (
            sa.select(story_leader.c.number).where(story_leader.c.seen_at < now - kept)
            .order_by(story_leader.c.seen_at).limit(PRUNED_AT_ONCE)
        )  # fmt: skip
        numbers = list(self._connection.execute(chosen).scalars())
        if numbers:
            self._remove(numbers)
            oldest = (now - day_memory).toordinal()
            self._connection.execute(fingerprint_day.delete().where(fingerprint_day.c.day < oldest))
        return len(numbers)

    def _remove(self, numbers: list[int]) -> None:
        for batch in in_batches(numbers):
            self._connection.execute(story_posting.delete().where(story_posting.c.leader.in_(batch)))
            self._connection.execute(story_leader.delete().where(story_leader.c.number.in_(batch)))


_SOME: sa.BindParameter[int] = sa.bindparam("some", expanding=True)
_DAYS = sa.select(fingerprint_day.c.hash, fingerprint_day.c.day).where(fingerprint_day.c.hash.in_(_SOME))
_POSTINGS = (
    sa.select(story_posting.c.hash, story_posting.c.leader, story_posting.c.position)
    .select_from(story_posting.join(story_leader, story_leader.c.number == story_posting.c.leader))
    .where(story_posting.c.hash.in_(_SOME), story_leader.c.at.between(sa.bindparam("earliest"), sa.bindparam("latest")))
)
_LEADERS = sa.select(story_leader).where(story_leader.c.number.in_(_SOME))
_SPAN = sa.select(
    sa.select(sa.func.min(story_leader.c.seen_at)).scalar_subquery(),
    sa.select(sa.func.max(story_leader.c.seen_at)).scalar_subquery(),
)
_LEADER_COLUMNS = ("article_id", "story_id", "outlet", "at", "seen_at", "live", "head", "head_words", "size")


def _signed(one: int) -> int:
    return one - (1 << 64) if one >> 63 else one


def _unsigned(one: int) -> int:
    return one + (1 << 64) if one < 0 else one
