"""What one judgement of an outlet hands on to the next: streaks, running sums, silence. Kept as JSON in `outlet_health.detail`. Pure.

A running sum is Page's CUSUM (E. S. Page, Continuous Inspection Schemes, Biometrika 41, 1954) of the log likelihood ratio "the share has
jumped" to "it is as usual". It stays at nought while all is as usual, whatever the number of looks, and under the usual share it
reaches a height h at most once in e^h articles on average (Lorden, Ann. Math. Statist. 42, 1971): so a height is a budget of false alarms.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

RAISED = 15.0
"""e^15 is 3.3 million articles: at 40 a day and eight sums an outlet, one false alarm in 28 outlet-years at most, if pages were independent."""
LOWERED = 5.0
"""A raised sum counts as raised until it is below."""
_MOST = RAISED + 3.0
"""So that recovery is seen soon, however long it lasted."""


@dataclass(frozen=True, slots=True)
class Sum:
    """A running sum with what it has counted since it last was nought."""

    value: float = 0.0
    since: datetime | None = None
    bad: int = 0
    seen: int = 0
    raised: bool = False

    def add(self, bad: int, seen: int, shares: tuple[float, float], at: datetime) -> Sum:
        """With `seen` more, `bad` of them; `shares` of bad ones: the usual one, and the one it would have jumped to."""
        usual, jumped = shares
        up, down = math.log(jumped / usual), math.log((1 - jumped) / (1 - usual))
        return self.move(bad * up + (seen - bad) * down, bad, seen, at)

    def move(self, by: float, bad: int, seen: int, at: datetime) -> Sum:
        """Moved by so much evidence."""
        if not seen:
            return self
        value = min(self.value + by, _MOST)
        if value <= 0:
            return Sum()
        begun = self if self.since else Sum(since=at)
        raised = value >= RAISED or (self.raised and value > LOWERED)
        return Sum(value, begun.since, begun.bad + bad, begun.seen + seen, raised)

    def as_json(self) -> list[Any]:
        """The inverse of `sum_of`."""
        return [round(self.value, 3), self.since.isoformat() if self.since else None, self.bad, self.seen, self.raised]


@dataclass(frozen=True, slots=True)
class Streak:
    """Crawls in a row that showed one thing."""

    count: int = 0
    since: datetime | None = None
    """The first of them."""
    kind: str = ""
    """What they showed."""

    def more(self, kind: str, at: datetime) -> Streak:
        """One more, whatever it showed."""
        return Streak(self.count + 1, self.since or at, kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """All times are UTC."""

    crawled_at: datetime | None = None
    """Last crawl that a source answered."""
    told_at: datetime | None = None
    """Last crawl in which a source told an entry not met before."""
    silence: float = 0.0
    """Articles that would have been usual since then, in the hours in which it was asked."""
    failing: Streak = Streak()
    """No source answered; the kind is the verdict that it points to."""
    streaks: dict[str, Streak] = field(default_factory=dict)
    sums: dict[str, Sum] = field(default_factory=dict)
    pace_s: float = 0.0
    """Usual seconds of an answer, smoothed; 0: not known."""

    def with_streak(self, name: str, holds: bool, at: datetime) -> Signs:
        """One more crawl in which the thing of that name held, or did not."""
        streaks = {key: one for key, one in self.streaks.items() if key != name}
        if holds:
            streaks[name] = self.streaks.get(name, Streak()).more(name, at)
        return replace(self, streaks=streaks)

    def with_sum(self, name: str, one: Sum) -> Signs:
        """With that running sum; one at nought is not kept."""
        sums = {key: known for key, known in self.sums.items() if key != name}
        return replace(self, sums=sums | {name: one} if one.since else sums)

    def as_json(self) -> dict[str, Any]:
        """Plain data; the inverse of `signs_of`."""
        return {
            "crawled_at": _text(self.crawled_at), "told_at": _text(self.told_at), "silence": round(self.silence, 3),
            "failing": _streak_json(self.failing), "pace_s": round(self.pace_s, 3),
            "streaks": {name: _streak_json(one) for name, one in self.streaks.items()},
            "sums": {name: one.as_json() for name, one in self.sums.items()},
        }  # fmt: skip


def signs_of(kept: Mapping[str, Any] | None) -> Signs:
    """What was kept; nothing where there is nothing that can be read (an older version's detail)."""
    if not kept:
        return Signs()
    return Signs(
        crawled_at=_time(kept.get("crawled_at")), told_at=_time(kept.get("told_at")), silence=kept.get("silence", 0.0),
        failing=_streak(kept.get("failing")), pace_s=kept.get("pace_s", 0.0),
        streaks={name: _streak(one) for name, one in kept.get("streaks", {}).items()},
        sums={name: Sum(one[0], _time(one[1]), *one[2:]) for name, one in kept.get("sums", {}).items()},
    )  # fmt: skip


def _streak_json(one: Streak) -> list[Any]:
    return [one.count, _text(one.since), one.kind]


def _streak(kept: Any) -> Streak:
    return Streak(kept[0], _time(kept[1]), kept[2]) if kept else Streak()


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
