"""The numbers of the method, and what it asks of its memory: the window of the last days' leaders.

A *leader* is a member of a story against which newcomers are compared; nearly every member is. Here: the protocol. Not here: a
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
MIN_SHARE = 0.08
"""Live fingerprints that a newcomer must share with a leader to be compared with it, and their share of the shorter text's; or half
of them. Pairs with less are far below TIE."""
MAX_COMPARED = 128
"""Leaders that one text is compared with, those that share most (a bound on cost: SAFETY A18)."""
TEMPLATE_LIVE = 0.30
"""A text of which less is live is a template and looks nothing up."""
JOIN = 0.70
"""T: the score, of 3, from which a pair pulls into one story."""
APART = 0.60
"""How much a pair that is not alike pulls apart, beside 1 of two copies: the dial between precision and recall of running
stories (English P .958, R .950 at .5; .963, .947 here; .994, .927 at .7)."""
TIE = JOIN / 2
"""Pairs below are like any two texts and not kept."""
LINK = 0.55
"""The score from which texts of different stories are linked, a shared part counted in full."""
MAX_LEADERS = 32
"""Leaders of one story in the window; further members are not compared with newcomers."""
MAX_CLUSTER = 128
"""Texts that are placed anew together; in a larger heap a newcomer is placed and the others stay."""
REPEAT = 0.80
"""Texts of one outlet more than SAME_OUTLET_GAP apart are a series or an update unless they share so much."""
SAME_OUTLET_GAP = timedelta(hours=18)
MAX_MEMBERS = 500
MAX_OF_OUTLET = 25
"""Members of a story, and those of one outlet among them: bounds against flooding (SAFETY A18)."""
MAX_LINKS = 40

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

    def cluster(self, numbers: Collection[int]) -> Mapping[int, StoryLeader]:
        """All leaders of the clusters that these leaders are in."""

    def story(self, story_id: str, outlet: str) -> StoryState:
        """The size of a story and its leaders, with the number of its members from `outlet`."""

    def add_leader(self, leader: StoryLeader, postings: Sequence[tuple[int, int]]) -> int:
        """Add a leader with its live (hash, position); returns the number it got. Its ties of JOIN and more make their clusters one."""

    def drop_postings(self, hashes: Collection[int]) -> None:
        """Forget the places of hashes that turned out to be a template's."""
