"""A window in memory: for `depesza batch stories` and for tests. Bounded by what the window spans, not by the input.

Not here: members and what they say (the batch keeps those of open stories), the window in the store.
"""

from __future__ import annotations

import dataclasses
from array import array
from collections import Counter, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from crawler.model.story import StoryLeader, StoryState
from crawler.stories.window import DAY_MEMORY, JOIN, Posting

_PLACE_BITS = 20
_PLACE_MASK = (1 << _PLACE_BITS) - 1
_NO_DAYS: Mapping[int, Collection[int]] = {}


@dataclass(slots=True)
class _Story:
    in_window: set[int] = field(default_factory=set)
    """Numbers of its leaders that are still in the window."""
    members: int = 0
    outlets: Counter[str] = field(default_factory=Counter)


class MemoryWindow:
    """Implements `crawler.stories.window.Window`; texts must come in order of time, or nearly so."""

    def __init__(self) -> None:
        self._places: dict[int, int | list[int]] = {}
        self._leaders: dict[int, StoryLeader] = {}
        self._hashes: dict[int, array[int]] = {}
        self._by_time: deque[int] = deque()
        self._days: dict[int, set[int]] = {}
        self._clusters: dict[int, set[int]] = {}
        self._cluster_of: dict[int, int] = {}
        self._numbers: dict[str, int] = {}
        self._stories: dict[str, _Story] = {}
        self._next = 1
        self._swept_on = 0

    def days(self, hashes: Sequence[int]) -> Mapping[int, Collection[int]]:
        """See Window."""
        known = self._days
        return {one: known[one] for one in hashes if one in known} if known else _NO_DAYS

    def add_days(self, rows: Iterable[tuple[int, int]]) -> None:
        """See Window."""
        for one, day in rows:
            self._days.setdefault(one, set()).add(day)

    def postings(self, hashes: Sequence[int], earliest: datetime, latest: datetime) -> Sequence[Posting]:
        """See Window."""
        found: list[Posting] = []
        places, leaders = self._places, self._leaders
        for one in hashes:
            packed = places.get(one)
            if packed is None:
                continue
            for value in (packed,) if isinstance(packed, int) else packed:
                number = value >> _PLACE_BITS
                if earliest <= leaders[number].at <= latest:
                    found.append((one, number, value & _PLACE_MASK))
        return found

    def leaders(self, numbers: Collection[int]) -> Mapping[int, StoryLeader]:
        """See Window."""
        return {number: self._leaders[number] for number in numbers}

    def story(self, story_id: str, outlet: str) -> StoryState:
        """See Window."""
        story = self._stories[story_id]
        return StoryState(leaders=len(story.in_window), members=story.members, of_outlet=story.outlets[outlet])

    def cluster(self, numbers: Collection[int]) -> Mapping[int, StoryLeader]:
        """See Window."""
        clusters = {self._cluster_of[number] for number in numbers}
        return {number: self._leaders[number] for one in sorted(clusters) for number in sorted(self._clusters[one])}

    def add_leader(self, leader: StoryLeader, postings: Sequence[tuple[int, int]]) -> int:
        """See Window. A story not met before begins here."""
        number, self._next = self._next, self._next + 1
        self._leaders[number] = dataclasses.replace(leader, number=number)
        self._by_time.append(number)
        self._hashes[number] = array("Q", (one for one, _ in postings))
        self._numbers[leader.article_id] = number
        self._stories.setdefault(leader.story_id, _Story()).in_window.add(number)
        self._tie(number, [other for other, score in leader.ties if score >= JOIN and other in self._leaders])
        for one, place in postings:
            packed = number << _PLACE_BITS | min(place, _PLACE_MASK)
            known = self._places.get(one)
            if known is None:
                self._places[one] = packed
            elif isinstance(known, int):
                self._places[one] = [known, packed]
            else:
                known.append(packed)
        return number

    def drop_postings(self, hashes: Collection[int]) -> None:
        """See Window."""
        for one in hashes:
            self._places.pop(one, None)

    def add_member(self, story_id: str, outlet: str) -> None:
        """Count a member of a story that has a leader."""
        story = self._stories[story_id]
        story.members += 1
        story.outlets[outlet] += 1

    def move(self, article_id: str, story_id: str) -> None:
        """A leader, alone of its story, goes to another one, which may begin here."""
        number = self._numbers[article_id]
        leader = self._leaders[number]
        old, new = self._stories[leader.story_id], self._stories.setdefault(story_id, _Story())
        old.in_window.remove(number)
        new.in_window.add(number)
        old.members, new.members = old.members - 1, new.members + 1
        old.outlets[leader.outlet] -= 1
        new.outlets[leader.outlet] += 1
        self._leaders[number] = dataclasses.replace(leader, story_id=story_id)

    def absorb(self, story_id: str, other_id: str) -> None:
        """Merge the other story into `story_id`, which may begin here."""
        story, other = self._stories.setdefault(story_id, _Story()), self._stories.pop(other_id)
        for number in other.in_window:
            self._leaders[number] = dataclasses.replace(self._leaders[number], story_id=story_id)
        story.in_window |= other.in_window
        story.members += other.members
        story.outlets += other.outlets

    def expire(self, before: datetime) -> list[str]:
        """Let go of leaders older than that; returns the stories that have none left and so are closed."""
        closed = []
        while self._by_time and self._leaders[self._by_time[0]].at < before:
            number = self._by_time.popleft()
            leader = self._leaders.pop(number)
            for one in self._hashes.pop(number):
                self._forget(one, number)
            del self._numbers[leader.article_id]
            together = self._clusters[self._cluster_of[number]]
            together.remove(number)
            if not together:
                del self._clusters[self._cluster_of[number]]
            del self._cluster_of[number]
            story = self._stories[leader.story_id]
            story.in_window.remove(number)
            if not story.in_window:
                del self._stories[leader.story_id]
                closed.append(leader.story_id)
        self._sweep_days(before.astimezone(UTC).toordinal())
        return closed

    def _tie(self, number: int, others: Collection[int]) -> None:
        """The clusters of these leaders are one from now on; the largest keeps its name."""
        clusters = {self._cluster_of[other] for other in others}
        home = max(clusters, key=lambda one: (len(self._clusters[one]), -one), default=number)
        together = self._clusters.setdefault(home, set())
        for one in clusters - {home}:
            moved = self._clusters.pop(one)
            together |= moved
            self._cluster_of |= dict.fromkeys(moved, home)
        together.add(number)
        self._cluster_of[number] = home

    def _forget(self, one: int, number: int) -> None:
        known = self._places.get(one)
        if known is None:
            return
        if isinstance(known, int):
            if known >> _PLACE_BITS == number:
                del self._places[one]
            return
        known[:] = [value for value in known if value >> _PLACE_BITS != number]
        if not known:
            del self._places[one]

    def _sweep_days(self, today: int) -> None:
        """Once a week of the input, drop hashes not met within DAY_MEMORY."""
        if today < self._swept_on + 7:
            return
        self._swept_on = today
        oldest = today - DAY_MEMORY.days
        self._days = {one: days for one, days in self._days.items() if max(days) >= oldest}
