"""Crontab lines beside cronsim 2.8, which follows Debian's cron too: random lines, instants of 2025-2030, zones with and without
daylight saving. Every difference is one of the rules named here; a difference outside them fails.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim, CronSimError

from scheduler.cron import CronLine, CronSyntaxError, parse_cron

ZONES = (
    "UTC", "Europe/Warsaw", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Cairo", "America/St_Johns",
    "America/Santiago", "America/Havana", "Asia/Beirut", "Europe/London", "Pacific/Auckland", "Asia/Tokyo", "Africa/Casablanca",
)  # fmt: skip
"""Changes at midnight, of half an hour, on either side of the equator, negative daylight saving (Casablanca), none."""
FIRST, LAST = datetime(2025, 1, 1, tzinfo=UTC), datetime(2030, 12, 31, tzinfo=UTC)
SLOTS = 4


CASES, SEED = 6000, 8
SLOTS = 4


@dataclass(frozen=True)
class Case:
    """One comparison."""

    text: str
    line: CronLine
    zone: ZoneInfo
    start: datetime


@dataclass(frozen=True)
class Rule:
    """A difference that is known: which slots of a case are left out of both answers, and why."""

    name: str
    why: str
    leaves_out: Callable[[Case, datetime], bool]


def is_range_of_one_with_step(case: Case, slot: datetime) -> bool:
    return re.search(r"(?:^|[\s,])(\w+)-\1/", case.text) is not None


def is_after_a_missing_midnight(case: Case, slot: datetime) -> bool:
    local = slot.astimezone(case.zone)
    first = local.replace(minute=0).astimezone(UTC)
    return case.line.frequent and local.hour == 1 and (first - timedelta(minutes=1)).astimezone(case.zone).hour == 23


def is_near_a_change_of_half_an_hour(case: Case, slot: datetime) -> bool:
    day = slot.astimezone(case.zone).replace(tzinfo=None) - timedelta(minutes=30)  # half an hour of the next day counts too
    midnight = day.replace(hour=0, minute=0, second=0, tzinfo=case.zone)
    shift = (midnight + timedelta(days=1)).utcoffset() or timedelta()
    shift -= midnight.utcoffset() or timedelta()
    return case.line.frequent and shift % timedelta(hours=1) != timedelta()


def is_before_the_start(case: Case, slot: datetime) -> bool:
    return not case.line.frequent and case.start.astimezone(case.zone).fold == 1 and slot <= case.start


RULES = (
    Rule("a range of one with a step", "cronsim reads 5-5/3 as 5/3: 5, 8, 11, ...; crontab(5) steps through the range, so 5 alone",
         is_range_of_one_with_step),
    Rule("the hour after a midnight that is left out", "cronsim takes 01:00 for the 00:00 that no clock showed, or loses the hour",
         is_after_a_missing_midnight),
    Rule("a day with a change of half an hour", "cronsim steps by whole hours from a full hour, so it loses or delays slots from the "
         "change until half an hour into the next day (Lord Howe)", is_near_a_change_of_half_an_hour),
    Rule("a start in the second pass of a repeated hour", "cronsim forgets the pass and gives slots that are over", is_before_the_start),
)  # fmt: skip


def changes(zone: ZoneInfo) -> list[datetime]:
    """The instants (to the minute) at which the clocks of a zone change between 2025 and 2030."""
    found, at = [], FIRST
    while at < LAST:
        later = at + timedelta(days=1)
        if at.astimezone(zone).utcoffset() != later.astimezone(zone).utcoffset():
            low, high = at, later
            while high - low > timedelta(minutes=1):
                middle = low + timedelta(minutes=int((high - low) / timedelta(minutes=2)))
                same = middle.astimezone(zone).utcoffset() == at.astimezone(zone).utcoffset()
                low, high = (middle, high) if same else (low, middle)
            found.append(high)
        at = later
    return found


CHANGES = {name: changes(ZoneInfo(name)) for name in ZONES}


def term(rng: random.Random, low: int, high: int) -> str:
    first = rng.randint(low, high)
    last = rng.randint(first, high)
    return rng.choice(
        [str(first), str(first), f"{first}-{last}", f"{first}-{last}/{rng.randint(1, 9)}", f"*/{rng.randint(1, high)}", "*"]
    )


def field(rng: random.Random, low: int, high: int, star: float) -> str:
    if rng.random() < star:
        return rng.choice(["*", "*", f"*/{rng.randint(1, max(2, high // 2))}"])
    return ",".join(term(rng, low, high) for _ in range(rng.choice([1, 1, 1, 2, 3])))


def random_line(rng: random.Random) -> str:
    months = rng.choice(["*", "*", "*", field(rng, 1, 12, 0.3), "jan-mar", "oct", "mar,nov"])
    weekdays = rng.choice(["*", "*", field(rng, 0, 7, 0.3), "mon-fri", "sun", "sat,sun", "7"])
    days = rng.choice(["*", "*", field(rng, 1, 31, 0.3)])
    return f"{field(rng, 0, 59, 0.25)} {field(rng, 0, 23, 0.3)} {days} {months} {weekdays}"


def random_start(rng: random.Random, zone: str) -> datetime:
    if CHANGES[zone] and rng.random() < 0.6:
        return rng.choice(CHANGES[zone]) + timedelta(seconds=rng.randint(-5 * 3600, 5 * 3600))
    return FIRST + timedelta(seconds=rng.randint(0, int((LAST - FIRST).total_seconds())))


def random_cases(count: int, seed: int) -> Iterator[Case]:
    rng = random.Random(seed)
    while count:
        text, zone = random_line(rng), rng.choice(ZONES)
        try:
            line = parse_cron(text)
        except CronSyntaxError:  # a day that no month has
            with pytest.raises(CronSimError):
                CronSim(text, FIRST)
            continue
        yield Case(text, line, ZoneInfo(zone), random_start(rng, zone))
        count -= 1


def ours(case: Case) -> list[datetime]:
    found, at = [], case.start
    for _ in range(SLOTS):
        at = case.line.next_after(at, case.zone)
        found.append(at)
    return found


def theirs(case: Case) -> list[datetime]:
    return [slot.astimezone(UTC) for slot in islice(CronSim(case.text, case.start.astimezone(case.zone)), SLOTS)]


def test_random_lines_fire_as_cronsim_says_but_for_the_rules_named() -> None:
    used = dict.fromkeys((rule.name for rule in RULES), 0)
    for case in random_cases(CASES, SEED):
        left, right = ours(case), theirs(case)
        if left == right:
            continue
        for rule in RULES:
            kept = [[slot for slot in slots if not rule.leaves_out(case, slot)] for slots in (left, right)]
            used[rule.name] += kept != [left, right]
            left, right = kept
        alike = min(len(left), len(right))  # what a rule took out of one answer moved its end
        assert left[:alike] == right[:alike], f"{case.text} in {case.zone.key} after {case.start}"
    assert all(used.values()), f"a rule that explains nothing any more: {used}"


def test_a_case_without_a_rule_is_compared_whole() -> None:
    plain = [case for case in random_cases(500, SEED + 1) if ours(case) == theirs(case)]
    assert len(plain) > 450


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("0 0 * * sat-sun", "cron's 0 and 7 are both Sunday: a range may end there; cronsim refuses it"),
        ("0 0 * * 5-0", "the same with a number"),
        ("@hourly", "short forms of crontab(5); cronsim has none"),
    ],
)
def test_what_is_read_here_and_refused_there(text: str, why: str) -> None:
    parse_cron(text)
    with pytest.raises(CronSimError):
        CronSim(text, FIRST)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("5/15 * * * *", "a step needs a range: crontab(5) does not say what it means without"),
        ("0 0 L * *", "the last day is no crontab"),
        ("0 0 * * 5L", "nor the last Friday"),
        ("0 0 * * 5#2", "nor the second"),
        ("0 0 0 * * *", "nor seconds"),
    ],
)
def test_what_is_refused_here_and_read_there(text: str, why: str) -> None:
    CronSim(text, FIRST)
    with pytest.raises(CronSyntaxError):
        parse_cron(text)
