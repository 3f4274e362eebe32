"""The numbers of the method, and what it asks of its memory: the window of the last days' leaders.

A *leader* is a member of a story against which newcomers are compared. Here: the protocol and its records. Not here: a
window in memory (`memory`), in the store (`crawler.store.story_window`), and what is decided (`matching`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from crawler.model.story import StoryLeader, StoryState

WINDOW = timedelta(days=5)
"""Copies are looked for among leaders at most this much earlier or later."""
KEPT = timedelta(days=14)
"""Leaders stay in the store so long after they were first seen, for articles that come late."""
STOP_DAYS = 2
"""A fingerprint met on more days than this, the own day not counted, is a template's: weather, stock prices, results.
Counting documents instead would delete a dispatch that many outlets carry (SYNDICATION, November 2026)."""
DAY_MEMORY = timedelta(days=60)
MIN_SHARED = 5
TEMPLATE_LIVE = 0.30
"""A text of which less is live is a template and looks nothing up."""
JOIN = 0.70
"""T: the score, of 3, from which a text is a copy."""
FIRST = 0.50
"""The score that a story of several leaders asks of its first one: the dial between precision and recall of running
stories (English P .886 -> .968, R .965 -> .915, SYNDICATION)."""
MAX_LEADERS = 3
PROMOTE = 0.60
"""Share of the leader that a text holds to become a further leader, when it is also LONGER."""
LONGER = 1.25
MERGE = 0.80
"""A further leader merges a story in when one of the two holds so much of the other. .60 at first; .80 keeps more running
stories apart at no cost (English P .954 -> .958, R .889 -> .891, means of eight sets of hash factors, November 2026)."""
REPEAT = 0.80
"""Texts of one outlet more than SAME_OUTLET_GAP apart are a series or an update unless they share so much."""
SAME_OUTLET_GAP = timedelta(hours=18)
HEAD_WORDS = 40
"""The lead of a text: its first 40 words, or its first third when that is more."""
MAX_MEMBERS = 500
MAX_OF_OUTLET = 25
"""Members of a story, and those of one outlet among them: bounds against flooding (SAFETY A18)."""
MAX_LINKS = 10

Posting = tuple[int, int, int]
"""(hash, number of the leader, position of the gram's first word in the leader)."""


class Window(Protocol):
    """What the method remembers of the last days. All hashes are unsigned 64-bit."""

    def days(self, hashes: Sequence[int]) -> Mapping[int, Collection[int]]:
        """The recorded days (ordinals) of those hashes that recurred; the others are left out."""

    def add_days(self, rows: Iterable[tuple[int, int]]) -> None:
        """Record (hash, day); one that is there already stays."""

    def postings(self, hashes: Sequence[int], earliest: datetime, latest: datetime) -> Sequence[Posting]:
        """The places of these hashes in leaders of that span, both ends included."""

    def leaders(self, numbers: Collection[int]) -> Mapping[int, StoryLeader]:
        """Leaders by number."""

    def story(self, story_id: str, outlet: str) -> StoryState:
        """The size of a story and its leaders, with the number of its members from `outlet`."""

    def add_leader(self, leader: StoryLeader, postings: Sequence[tuple[int, int]]) -> int:
        """Add a leader with its live (hash, position); returns the number it got."""

    def drop_postings(self, hashes: Collection[int]) -> None:
        """Forget the places of hashes that turned out to be a template's."""
