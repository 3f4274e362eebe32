"""What the month showed, against what its world holds: slots, verdicts with their delays, false alarms, delays of articles, requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from crawler.store.incidents import Incident
from tests.scheduler.month.drive import TICK, Seen
from tests.scheduler.month.newsrooms import when
from tests.scheduler.month.script import Trouble
from tests.scheduler.month.slots_expected import expected_slots
from tests.scheduler.month.world import World

AFTERMATH = timedelta(hours=30)
"""An incident opened so soon after a trouble's end is still the trouble's: its signs wait for articles, and its verdict may still change."""
FIXED_S = 300.0
HEALED = "none, healed"
"""No incident, and nothing was late by more than the allowed hours."""


@dataclass(slots=True)
class SlotScore:
    """Slots of the outlets with fixed schedules."""

    expected: int = 0
    fired: int = 0
    doubled: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    """Fired, but no slot."""
    made_up: int = 0
    """Schedules that had slots while the scheduler was away, each fired once afterwards."""


def score_slots(world: World, seen: Seen) -> SlotScore:
    """Each slot exactly once; of those that fell into a time when the scheduler was away, the last of each outlet once."""
    score = SlotScore()
    for room in world.rooms:
        if room.schedule[0] == "adaptive":
            continue
        expected = expected_slots(room, world.start, world.end)
        fired = {slot: count for (slug, slot), count in seen.fired.items() if slug == room.slug and slot >= world.start}
        score.expected += len(expected)
        score.fired += sum(fired.values())
        score.doubled += [f"{room.slug} {slot:%d.%m. %H:%M}" for slot, count in fired.items() if count > 1]
        score.unknown += [f"{room.slug} {slot:%d.%m. %H:%M}" for slot in fired if slot not in set(expected)]
        excused: set[datetime] = set()
        for begin, end in seen.away:
            inside = [slot for slot in expected if begin < slot <= end]
            if inside:
                excused |= set(inside[:-1])
                score.made_up += 1
        last = world.end - TICK
        score.missed += [
            f"{room.slug} {slot:%d.%m. %H:%M}" for slot in expected if slot not in fired and slot not in excused and slot <= last
        ]
    return score


@dataclass(slots=True)
class VerdictScore:
    """Incidents against the script."""

    table: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(kind of trouble, verdict or "none") -> troubles."""
    delays_h: dict[str, list[float]] = field(default_factory=dict)
    """Kind -> hours from the first sign to the incident with a right verdict."""
    late: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    false_alarms: list[str] = field(default_factory=list)
    troubles: int = 0
    outlet_years: float = 0.0
    not_recovered: list[str] = field(default_factory=list)
    """Incidents of a trouble that is over for two days and more, still open at the end."""

    @property
    def false_alarms_per_year(self) -> float:
        """Of one outlet."""
        return len(self.false_alarms) / self.outlet_years if self.outlet_years else 0.0


def score_verdicts(world: World, seen: Seen) -> VerdictScore:
    """Each trouble's incident; every other incident is a false alarm."""
    score = VerdictScore(outlet_years=len(world.rooms) * world.days / 365.0)
    explained: set[int] = set()
    for trouble in world.troubles:
        near = [
            one for one in seen.incidents
            if one.outlet == trouble.slug and one.opened_at >= trouble.begins and one.opened_at <= trouble.ends + AFTERMATH
        ]  # fmt: skip
        if not trouble.kind.alarm:
            _score_quiet(score, trouble, [one for one in near if one.opened_at <= trouble.ends])
            explained |= {one.id for one in near if one.opened_at <= trouble.ends}
            continue
        explained |= {one.id for one in near}
        _score_trouble(world, seen, score, trouble, near)
    score.false_alarms += [
        f"{one.outlet} ({world.room(one.outlet).habit}, {world.room(one.outlet).per_day:.1f} a day) {one.verdict} "
        f"{one.opened_at:%d.%m. %H:%M}: {one.reason[:110]}"
        for one in seen.incidents
        if one.id not in explained
    ]
    return score


def _score_quiet(score: VerdictScore, trouble: Trouble, near: Sequence[Incident]) -> None:
    score.troubles += 1
    score.table[trouble.kind.name, _opened_as(near[0]) if near else "none"] += 1
    score.false_alarms += [f"{one.outlet} {one.verdict} in a {trouble.kind.name}: {one.reason[:110]}" for one in near]


def _score_trouble(world: World, seen: Seen, score: VerdictScore, trouble: Trouble, near: Sequence[Incident]) -> None:
    kind, sign = trouble.kind, world.first_sign(trouble)
    latest = world.latest(trouble)
    if latest > min(trouble.ends, world.end):
        score.table[kind.name, "(over too soon)"] += 1
        return
    score.troubles += 1
    who = f"{trouble.slug} ({world.room(trouble.slug).habit}, {world.room(trouble.slug).per_day:.1f} a day) {kind.name}, from {trouble.begins:%d.%m. %H:%M}"
    if not near and kind.heals and _all_filed(world, seen, trouble):
        score.table[kind.name, HEALED] += 1
        return
    if not near:
        score.table[kind.name, "none"] += 1
        score.wrong.append(f"{who}: no incident")
        return
    first = next((one for one in near if _opened_as(one) in kind.verdicts), near[0])
    said = _opened_as(first)
    score.table[kind.name, said] += 1
    if said not in kind.verdicts:
        score.wrong.append(f"{who}: {said}: {first.reason[:110]}")
        return
    delay = max(first.opened_at - sign, timedelta(0))
    score.delays_h.setdefault(kind.name, []).append(delay / timedelta(hours=1))
    if first.opened_at > latest:
        score.late.append(
            f"{who}: after {delay / timedelta(hours=1):.1f} h, {(latest - sign) / timedelta(hours=1):.1f} h allowed"
        )
    if first.closed_at is None and trouble.ends < world.end - timedelta(days=2):
        score.not_recovered.append(f"{who}, over since {trouble.ends:%d.%m. %H:%M}")


def _all_filed(world: World, seen: Seen, trouble: Trouble) -> bool:
    """Whether all that was published in the trouble was filed in the time in which a verdict is due."""
    filed = dict(seen.found.get(trouble.slug, ()))
    times, last = world.published[trouble.slug], trouble.ends - timedelta(hours=trouble.kind.allowed_h)
    inside = np.flatnonzero((times >= trouble.begins.timestamp()) & (times < last.timestamp()))
    return all(filed.get(int(number), np.inf) - times[number] <= 3600 * trouble.kind.allowed_h for number in inside)


def _opened_as(one: Incident) -> str:
    """The verdict with which it opened: later ones of the same nature take its place."""
    return str(next(iter(one.detail.get("verdicts", ())), one.verdict))


@dataclass(frozen=True, slots=True)
class PollScore:
    """Adaptive outlets against a fixed clock of five minutes, on the same articles."""

    articles: int
    found: int
    median_s: float
    mean_s: float
    p95_s: float
    requests: int
    fixed_median_s: float
    fixed_mean_s: float
    fixed_requests: int


def score_polls(world: World, seen: Seen) -> PollScore:
    """Delays from publication to filing of articles that came outside of troubles and of times when the scheduler was away."""
    own: list[float] = []
    fixed: list[float] = []
    articles = requests = fixed_requests = 0
    for room in world.rooms:
        if room.schedule[0] != "adaptive":
            continue
        requests += seen.polls[room.slug]
        fixed_requests += int(world.days * 86400 / FIXED_S) * (2 if room.sitemap else 1)
        times = world.published[room.slug]
        filed = dict(seen.found.get(room.slug, ()))
        for number in np.flatnonzero((times >= world.start.timestamp()) & (times < world.end.timestamp() - 7200)):
            at = float(times[number])
            if _is_excused(world, seen, room.slug, when(at)):
                continue
            articles += 1
            if int(number) in filed:
                own.append(filed[int(number)] - at)
                fixed.append(-at % FIXED_S)
    return PollScore(
        articles=articles, found=len(own), median_s=float(np.median(own)), mean_s=float(np.mean(own)), p95_s=float(np.quantile(own, 0.95)),
        requests=requests, fixed_median_s=float(np.median(fixed)), fixed_mean_s=float(np.mean(fixed)), fixed_requests=fixed_requests,
    )  # fmt: skip


def _is_excused(world: World, seen: Seen, slug: str, at: datetime) -> bool:
    if any(begin - timedelta(hours=2) <= at <= end for begin, end in seen.away):
        return True
    for one in world.troubles:
        over = (
            world.end if one.kind.name == "gone 410" else one.ends + timedelta(hours=6)
        )  # a source that is gone is not asked again
        if one.slug == slug and one.kind.alarm and one.begins - timedelta(hours=2) <= at <= over:
            return True
    return False
