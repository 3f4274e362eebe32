"""The window of the last days' leaders in the store: look up fingerprints, add leaders, count days, prune.

Implements `crawler.stories.window.Window` on a connection, in the caller's transaction: what is looked up is remembered, what is
added or taken away is written by `flush`, so that a batch of articles costs few statements. Not here: members, links, aliases
(`story_shelf`). Hashes are unsigned outside and signed in the tables.
"""

from __future__ import annotations

import dataclasses
import struct
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa

from crawler.model.story import StoryLeader, StoryState
from crawler.store.rows import among, read_among, write_rows
from crawler.store.schema import fingerprint_day, story_leader, story_posting
from crawler.store.story_shelf import Shelf

_LOCK = 0x64657065737A61
"""Key of PostgreSQL's advisory lock: the letters of the project's name."""
_PLACE_BITS = 20
_PLACE_MASK = (1 << _PLACE_BITS) - 1
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
    """See `crawler.stories.window.Window`. Nobody else may write to the window between its first look-up and `flush`
    (`lock_stories`)."""

    def __init__(self, connection: sa.Connection, shelf: Shelf, never_live: int, tied: float) -> None:
        """`never_live`: a fingerprint recorded on so many days is no text's own, whatever the text's day; its places are not read.
        `tied`: the score from which two leaders are of one cluster."""
        self._connection, self._shelf, self._never_live, self._tied = connection, shelf, never_live, tied
        self._days: dict[int, set[int]] = {}
        self._places: dict[int, tuple[int, ...]] = {}
        """Hash -> leader and position in one number (`_packed`), for every hash that was looked up."""
        self._leaders: dict[int, StoryLeader] = {}
        self._gone: set[int] = set()
        """Leaders taken out: their places may still be remembered."""
        self._clusters: dict[int, set[int]] = {}
        """Cluster -> its leaders, for every cluster that was looked up."""
        self._moved: dict[str, str] = {}
        """Story -> the one it merged into, since the last flush."""
        self._next: int | None = None
        self._span: tuple[datetime, datetime] | None = None
        self._forget_changes()

    def _forget_changes(self) -> None:
        self._new_days: dict[tuple[int, int], None] = {}
        self._new_leaders: dict[int, Sequence[tuple[int, int]]] = {}
        self._dropped: dict[int, int] = {}
        """Hash -> the number from which on leaders have it again."""
        self._removed: set[int] = set()
        self._parted: set[int] = set()
        """Leaders that went to another story alone."""
        self._joined: dict[int, int] = {}
        """Cluster -> the one that it is a part of now."""

    # -- looking up --------------------------------------------------------------------------------------------------
    def expect(self, hashes: Iterable[int]) -> None:
        """Look up at once what texts with these hashes are going to ask for."""
        missing = list(set(hashes).difference(self._places))
        if not missing:
            return
        asked = _all_signed(missing)
        for one, day in read_among(self._connection, _DAYS, asked):
            self._days.setdefault(_unsigned(one), set()).add(day)
        places, days = self._places, self._days
        places.update(dict.fromkeys(missing, ()))
        dead = {_signed(one) for one in missing if one in days and len(days[one]) >= self._never_live}
        living = [one for one in asked if one not in dead] if dead else asked
        numbers = set()
        for one, number, place in read_among(self._connection, _POSTINGS, living):
            places[_unsigned(one)] += (_packed(number, place),)
            numbers.add(number)
        self._read_leaders(numbers)

    def _read_leaders(self, numbers: Collection[int]) -> None:
        missing = [one for one in numbers if one not in self._leaders and one not in self._gone]
        if missing:
            chosen = sa.select(story_leader).where(among(self._connection, story_leader.c.number, sorted(missing)))
            self._remember(self._connection.execute(chosen))

    def _remember(self, rows: Iterable[Sequence[Any]]) -> None:
        known, gone, moved = self._leaders, self._gone, self._moved
        for number, article_id, story_id, outlet, at, seen_at, live, grams, ties, cluster in rows:
            if number not in known and number not in gone:
                known[number] = StoryLeader(
                    number=number, article_id=article_id, story_id=moved.get(story_id, story_id), outlet=outlet, at=at,
                    seen_at=seen_at, live=live, grams=grams, ties=_unpack_ties(ties), cluster=cluster,
                )  # fmt: skip

    def days(self, hashes: Sequence[int]) -> Mapping[int, Collection[int]]:
        """See Window."""
        self.expect(hashes)
        return {one: self._days[one] for one in hashes if one in self._days}

    def add_days(self, rows: Iterable[tuple[int, int]]) -> None:
        """See Window."""
        for one, day in rows:
            known = self._days.setdefault(one, set())
            if day not in known:
                known.add(day)
                self._new_days[one, day] = None

    def postings(self, hashes: Sequence[int], earliest: datetime, latest: datetime) -> Sequence[tuple[int, int, int]]:
        """See Window."""
        self.expect(hashes)
        within: dict[int, bool] = {}
        found: list[tuple[int, int, int]] = []
        places = self._places
        for one in hashes:
            for packed in places[one]:
                number = packed >> _PLACE_BITS
                if number not in within:
                    within[number] = number not in self._gone and earliest <= self._leaders[number].at <= latest
                if within[number]:
                    found.append((one, number, packed & _PLACE_MASK))
        return found

    def leaders(self, numbers: Collection[int]) -> Mapping[int, StoryLeader]:
        """See Window."""
        self._read_leaders(numbers)
        return {one: self._leaders[one] for one in numbers if one in self._leaders}

    def story(self, story_id: str, outlet: str) -> StoryState:
        """See Window."""
        card = self._shelf.card(story_id)
        of_outlet = sum(one.outlet == outlet for one in card.members.values())
        return StoryState(leaders=len(card.leading), members=len(card.members), of_outlet=of_outlet)

    def cluster(self, numbers: Collection[int]) -> Mapping[int, StoryLeader]:
        """See Window."""
        wanted = {self._leaders[number].cluster for number in numbers}
        missing = sorted(wanted - self._clusters.keys())
        if missing:
            self._clusters.update((one, set()) for one in missing)
            chosen = sa.select(story_leader).where(among(self._connection, story_leader.c.cluster, missing))
            rows = self._connection.execute(chosen).all()
            self._remember(rows)
            for row in rows:
                if row.number in self._leaders:
                    self._clusters[row.cluster].add(row.number)
        return {number: self._leaders[number] for one in sorted(wanted) for number in sorted(self._clusters[one])}

    def span(self) -> tuple[datetime, datetime] | None:
        """When the oldest and the newest leader were first seen (the newest is the window's clock); None when it is empty."""
        if self._next is None:
            oldest, newest, number = self._connection.execute(_SPAN).one()
            self._next = (number or 0) + 1
            self._span = None if oldest is None or newest is None else (oldest, newest)
        return self._span

    # -- changing ----------------------------------------------------------------------------------------------------
    def add_leader(self, leader: StoryLeader, postings: Sequence[tuple[int, int]]) -> int:
        """See Window."""
        self.expect([one for one, _ in postings])
        span = self.span()
        assert self._next is not None
        number, self._next = self._next, self._next + 1
        self._leaders[number] = dataclasses.replace(leader, number=number, cluster=self._tie(number, leader.ties))
        self._new_leaders[number] = postings
        places = self._places
        for one, place in postings:
            places[one] += (_packed(number, place),)
        self._shelf.card(leader.story_id).leading.add(leader.article_id)
        seen = leader.seen_at
        self._span = (min(span[0], seen), max(span[1], seen)) if span else (seen, seen)
        return number

    def _tie(self, number: int, ties: Iterable[tuple[int, float]]) -> int:
        """The cluster of a new leader: those of the leaders it may be a copy of are one from now on."""
        others = [other for other, score in ties if score >= self._tied and other in self._leaders]
        self.cluster(others)
        clusters = {self._leaders[other].cluster for other in others}
        home = max(clusters, key=lambda one: (len(self._clusters[one]), -one), default=number)
        together = self._clusters.setdefault(home, set())
        for one in clusters - {home}:
            self._joined = {old: home if now == one else now for old, now in self._joined.items()} | {one: home}
            for moved in self._clusters.pop(one):
                self._leaders[moved] = dataclasses.replace(self._leaders[moved], cluster=home)
                together.add(moved)
        together.add(number)
        return home

    def drop_postings(self, hashes: Collection[int]) -> None:
        """See Window."""
        gone = set(hashes)
        for one in gone:
            self._places[one] = ()
        self.span()
        self._dropped.update(dict.fromkeys(gone, self._next or 0))

    def remove_leader(self, article_id: str) -> None:
        """Take a leader and its places out (a revised or withdrawn article); nothing where it is none."""
        chosen = sa.select(story_leader.c.number).where(story_leader.c.article_id == article_id)
        numbers = {number for number in self._new_leaders if self._leaders[number].article_id == article_id}
        numbers |= set(self._connection.execute(chosen).scalars()) - self._removed
        for number in numbers:
            if self._new_leaders.pop(number, None) is None:
                self._removed.add(number)
            self._forget_leader(number)
        self._gone |= numbers

    def _forget_leader(self, number: int) -> None:
        leader = self._leaders.pop(number, None)
        self._parted.discard(number)
        if leader is not None and leader.cluster in self._clusters:
            self._clusters[leader.cluster].discard(number)

    def move_leader(self, article_id: str, story_id: str) -> None:
        """A leader of a cluster that was looked up leads in another story now."""
        number = next(number for number, leader in self._leaders.items() if leader.article_id == article_id)
        self._leaders[number] = dataclasses.replace(self._leaders[number], story_id=story_id)
        self._parted.add(number)

    def move_leaders(self, story_id: str, other_id: str) -> None:
        """The leaders of a story that merged into `story_id` lead there now."""
        for number, leader in self._leaders.items():
            if leader.story_id == other_id:
                self._leaders[number] = dataclasses.replace(leader, story_id=story_id)
        self._moved = {old: story_id if now == other_id else now for old, now in self._moved.items()} | {other_id: story_id}

    def prune(self, now: datetime, kept: timedelta, day_memory: timedelta) -> int:
        """Take out up to PRUNED_AT_ONCE leaders first seen longer ago than `kept`, and old days; returns how many leaders.

        Written at once, unlike other changes; leaders of this transaction that are as old go with a later call.
        """
        chosen = (
            sa.select(story_leader.c.number, story_leader.c.article_id, story_leader.c.story_id)
            .where(story_leader.c.seen_at < now - kept).order_by(story_leader.c.seen_at).limit(PRUNED_AT_ONCE)
        )  # fmt: skip
        rows = self._connection.execute(chosen).all()
        numbers = [row.number for row in rows]
        if not numbers:
            return 0
        self._remove(numbers)
        oldest = (now - day_memory).toordinal()
        self._connection.execute(fingerprint_day.delete().where(fingerprint_day.c.day < oldest))
        for number in numbers:
            self._forget_leader(number)
        self._gone.update(numbers)
        self._shelf.forget_leaders(row.article_id for row in rows)
        (left,) = self._connection.execute(_OLDEST).one()
        if self._span:
            self._span = (min(filter(None, (left, *self._new_times()))), self._span[1])
        return len(numbers)

    def _new_times(self) -> list[datetime]:
        assert self._span is not None
        return [self._leaders[number].seen_at for number in self._new_leaders] or [self._span[1]]

    # -- writing -----------------------------------------------------------------------------------------------------
    def flush(self) -> None:
        """Write what was changed."""
        if self._removed:
            self._remove(sorted(self._removed))
        for other, story_id in self._moved.items():
            self._connection.execute(story_leader.update().where(story_leader.c.story_id == other).values(story_id=story_id))
        for number in sorted(self._parted - self._new_leaders.keys()):
            values = {"story_id": self._leaders[number].story_id}
            self._connection.execute(story_leader.update().where(story_leader.c.number == number).values(values))
        for other_cluster, cluster in self._joined.items():
            moved = story_leader.update().where(story_leader.c.cluster == other_cluster)
            self._connection.execute(moved.values(cluster=cluster))
        if self._dropped:
            gone = among(self._connection, story_posting.c.hash, [_signed(one) for one in self._dropped])
            self._connection.execute(story_posting.delete().where(gone))
        if self._new_days:
            write_rows(self._connection, fingerprint_day, [(_signed(one), day) for one, day in self._new_days])
        if self._new_leaders:
            added = [self._leaders[number] for number in self._new_leaders]
            self._connection.execute(
                story_leader.insert(),
                [{name: getattr(one, name) for name in _LEADER_COLUMNS} | {"ties": _pack_ties(one.ties)} for one in added],
            )
            dropped = self._dropped
            postings = [
                (one, number, place)
                for number, places in self._new_leaders.items()
                for one, place in places
                if one not in dropped or dropped[one] <= number
            ]
            hashes = np.array([one for one, _, _ in postings], dtype=np.uint64).view(np.int64)
            order, signed = (
                hashes.argsort(kind="stable").tolist(),
                hashes.tolist(),
            )  # in the order of the table: neighbours are written together
            write_rows(self._connection, story_posting, [(signed[one], *postings[one][1:]) for one in order])
        self._moved = {}
        self._forget_changes()

    def _remove(self, numbers: list[int]) -> None:
        for table, column in ((story_posting, story_posting.c.leader), (story_leader, story_leader.c.number)):
            self._connection.execute(table.delete().where(among(self._connection, column, numbers)))


_DAYS = "SELECT hash, day FROM fingerprint_day WHERE hash AMONG"
_POSTINGS = "SELECT hash, leader, position FROM story_posting WHERE hash AMONG"
_OLDEST = sa.select(sa.func.min(story_leader.c.seen_at))
_SPAN = sa.select(
    sa.select(sa.func.min(story_leader.c.seen_at)).scalar_subquery(),
    sa.select(sa.func.max(story_leader.c.seen_at)).scalar_subquery(),
    sa.select(sa.func.max(story_leader.c.number)).scalar_subquery(),
)
_LEADER_COLUMNS = ("number", "article_id", "story_id", "outlet", "at", "seen_at", "live", "grams", "cluster")


def _pack_ties(ties: Sequence[tuple[int, float]]) -> bytes:
    """Little-endian: a number (i64) and a score (f64) for each."""
    return b"".join(struct.pack("<qd", number, score) for number, score in ties)


def _unpack_ties(packed: bytes) -> tuple[tuple[int, float], ...]:
    return tuple(struct.iter_unpack("<qd", packed))


def _packed(number: int, place: int) -> int:
    """A leader and a position in it: a hundred an article, and a number costs less than a pair."""
    return number << _PLACE_BITS | min(place, _PLACE_MASK)


def _all_signed(hashes: Sequence[int]) -> list[int]:
    signed: list[int] = np.array(hashes, dtype=np.uint64).view(np.int64).tolist()
    return signed


def _signed(one: int) -> int:
    return one - (1 << 64) if one >> 63 else one


def _unsigned(one: int) -> int:
    return one + (1 << 64) if one < 0 else one
