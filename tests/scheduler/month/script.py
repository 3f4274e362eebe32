"""The troubles of the month: what happens to which outlet, from when to when, and which verdict is right within which delay.

Seeded. The allowed delay of each kind stands here, counted from the first moment at which the trouble could be seen from outside
(`World.first_sign`): a redesign shows with the first new article. Where three crawls must fail, a small outlet, which is asked every two
hours, needs six hours; what shows in articles only needs some articles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from tests.scheduler.month.newsrooms import Newsroom


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of trouble."""

    name: str
    verdicts: tuple[str, ...]
    """Any of these is right."""
    lasts_h: tuple[float, float]
    """Hours it lasts, least and most."""
    least_per_day: float = 0.0
    """Only for outlets that publish so much: with one article a week a redesign shows for the first time after a week."""
    most_per_day: float = 1e9
    allowed_h: float = 0.0
    """Hours from the first sign to the open incident."""
    allowed_articles: int = 0
    """For what shows in articles only: the delay counts from the article of that number in the trouble on."""
    heals: bool = False
    """No verdict is right, too, where every article of the trouble was filed within `allowed_h` of its publication: the poller helped itself."""
    alarm: bool = True
    """False: a genuine quiet spell, which must open no incident."""


KINDS: tuple[Kind, ...] = (
    Kind(name="http 500", verdicts=("unreachable",), lasts_h=(10, 30), allowed_h=7),
    Kind(name="no answer", verdicts=("unreachable",), lasts_h=(10, 30), allowed_h=7),
    Kind(name="refused", verdicts=("unreachable",), lasts_h=(10, 30), allowed_h=7),
    Kind(name="no name", verdicts=("unreachable",), lasts_h=(10, 30), allowed_h=7),
    Kind(name="http 403", verdicts=("blocked",), lasts_h=(24, 72), allowed_h=7),
    Kind(name="challenge", verdicts=("blocked",), lasts_h=(24, 72), allowed_h=7),
    Kind(name="pages 403", verdicts=("blocked",), lasts_h=(48, 96), allowed_h=4, allowed_articles=6, least_per_day=4),
    Kind(name="redesign", verdicts=("parser broken",), lasts_h=(48, 120), allowed_h=4, allowed_articles=8, least_per_day=4),
    Kind(name="paywall", verdicts=("paywalled",), lasts_h=(96, 168), allowed_h=4, allowed_articles=20, least_per_day=4),
    Kind(name="lying 304", verdicts=("feed frozen",), lasts_h=(120, 168), allowed_h=30, allowed_articles=30, least_per_day=6, heals=True),
    Kind(name="frozen feed", verdicts=("feed frozen",), lasts_h=(120, 168), allowed_h=30, allowed_articles=30, least_per_day=6),
    Kind(name="moved 301", verdicts=("moved",), lasts_h=(96, 168), allowed_h=6),
    Kind(name="gone 410", verdicts=("moved",), lasts_h=(96, 168), allowed_h=6),
    Kind(name="slow", verdicts=("slow",), lasts_h=(24, 72), allowed_h=8, least_per_day=4),
    Kind(name="quiet week", verdicts=("ok", "quiet"), lasts_h=(96, 168), most_per_day=30, alarm=False),
)  # fmt: skip
ALONE = ("lying 304", "frozen feed")
"""Only for outlets with no other source: where a sitemap goes on nothing is lost, and a feed that stands still beside it is told by nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One trouble of one outlet."""

    slug: str
    kind: Kind
    begins: datetime
    ends: datetime
    detail: dict[str, str] = field(default_factory=dict)

    def holds(self, at: datetime) -> bool:
        """Whether it is there at that instant."""
        return self.begins <= at < self.ends


def make_script(rooms: Sequence[Newsroom], start: datetime, days: int, seed: int, share: float = 0.2) -> list[Trouble]:
    """Troubles for about `share` of the outlets, every kind in turn, none before the first quarter of the month is over, one an outlet.

    Nothing begins so late that its verdict could not come before the end.
    """
    rng = np.random.default_rng([seed, 3])
    order = [rooms[place] for place in rng.permutation(len(rooms))]
    wanted = max(len(KINDS), round(share * len(rooms)))
    made: list[Trouble] = []
    for number in range(wanted):
        kind = KINDS[number % len(KINDS)]
        room = next(
            (
                one
                for one in order
                if kind.least_per_day <= one.per_day <= kind.most_per_day
                and one.schedule[0] == "adaptive"
                and not (kind.name in ALONE and one.sitemap)
            ),
            None,
        )
        if room is None:
            continue
        order.remove(room)
        span_h = days * 24.0
        lasts_h = min(float(rng.uniform(*kind.lasts_h)), 0.5 * span_h)
        first, last = 0.25 * span_h, max(0.25 * span_h + 1, span_h - lasts_h - 12)
        begins = start + timedelta(hours=float(rng.uniform(first, last)))
        made.append(Trouble(slug=room.slug, kind=kind, begins=begins, ends=begins + timedelta(hours=lasts_h)))
    return sorted(made, key=lambda one: (one.begins, one.slug))
