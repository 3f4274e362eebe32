"""Calendar buckets and the reader's zone: no gap, no overlap, daylight saving both ways."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.buckets import AUTO_LIMIT, BUCKET_LIMIT, Step, choose_edges

WARSAW = ZoneInfo("Europe/Warsaw")
ZONES = (
    "Europe/Warsaw", "Europe/London", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Beirut", "America/Havana",
    "Asia/Kathmandu", "Asia/Tehran", "America/Nuuk", "UTC", "Asia/Tokyo",
)  # fmt: skip
"""Daylight saving at night, at midnight both ways, by half an hour; offsets of 5:45; none at all."""
FIRST = datetime(2000, 1, 1, tzinfo=UTC)
MOMENTS = st.timedeltas(timedelta(0), timedelta(days=36 * 365)).map(lambda passed: FIRST + passed)
LENGTHS = st.one_of(st.timedeltas(timedelta(0), timedelta(days=3)), st.timedeltas(timedelta(0), timedelta(days=13_000)))


def edges_of(step: Step, first: datetime, last: datetime, zone: str = "Europe/Warsaw") -> list[datetime]:
    return [edge.astimezone(ZoneInfo(zone)) for edge in choose_edges(step, first, last, ZoneInfo(zone))[1]]


@given(step=st.sampled_from(list(Step)), first=MOMENTS, length=LENGTHS, name=st.sampled_from(ZONES))
def test_buckets_tile_the_range_without_gap_or_overlap(step: Step, first: datetime, length: timedelta, name: str) -> None:
    zone, last = ZoneInfo(name), first + length
    used, edges = choose_edges(step, first, last, zone)
    assert all(edge.tzinfo is UTC for edge in edges)
    assert edges[0] <= first
    assert edges[-1] > last
    assert all(one < other for one, other in pairwise(edges))
    assert edges[1] > first, "an empty bucket before the range"
    assert edges[-2] <= last, "an empty bucket after the range"
    assert len(edges) - 1 <= (AUTO_LIMIT if step is Step.AUTO else BUCKET_LIMIT)
    assert used is not Step.AUTO
    assert step is Step.AUTO or list(Step).index(used) >= list(Step).index(step)


@given(
    step=st.sampled_from([Step.DAY, Step.WEEK, Step.MONTH, Step.YEAR]), first=MOMENTS, length=LENGTHS, name=st.sampled_from(ZONES)
)
def test_every_edge_is_where_a_calendar_date_begins_and_no_bucket_holds_two(
    step: Step, first: datetime, length: timedelta, name: str
) -> None:
    zone = ZoneInfo(name)
    used, edges = choose_edges(step, first, first + length, zone)
    second = timedelta(seconds=1)
    label = {
        Step.DAY: "%Y-%m-%d",
        Step.WEEK: "%G-%V",
        Step.MONTH: "%Y-%m",
        Step.YEAR: "%Y",
    }[used]
    for start, end in pairwise(edges):
        within = {f"{moment.astimezone(zone):{label}}" for moment in (start, start + (end - start) / 2, end - second)}
        assert within == {f"{start.astimezone(zone):{label}}"}
        assert f"{(start - second).astimezone(zone):{label}}" not in within


def test_a_day_has_23_or_25_hours_when_the_clock_is_changed() -> None:
    spring = edges_of(Step.DAY, datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 30, 12, tzinfo=UTC))
    autumn = edges_of(Step.DAY, datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 26, 12, tzinfo=UTC))
    hours = [
        [(b.astimezone(UTC) - a.astimezone(UTC)) / timedelta(hours=1) for a, b in pairwise(edges)] for edges in (spring, autumn)
    ]
    assert hours == [[24, 23, 24], [24, 25, 24]]
    assert {f"{edge:%H:%M}" for edge in (*spring, *autumn)} == {"00:00"}


def test_an_hour_that_comes_twice_is_two_buckets_and_one_that_never_came_is_none() -> None:
    autumn = edges_of(Step.HOUR, datetime(2026, 10, 24, 23, tzinfo=UTC), datetime(2026, 10, 25, 2, tzinfo=UTC))
    assert [f"{edge:%H:%M%z}" for edge in autumn] == ["01:00+0200", "02:00+0200", "02:00+0100", "03:00+0100", "04:00+0100"]
    spring = edges_of(Step.HOUR, datetime(2026, 3, 29, 0, tzinfo=UTC), datetime(2026, 3, 29, 1, 30, tzinfo=UTC))
    assert [f"{edge:%H:%M%z}" for edge in spring] == ["01:00+0100", "03:00+0200", "04:00+0200"]


def test_weeks_begin_on_monday_and_months_on_the_first() -> None:
    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert [f"{edge:%a %Y-%m-%d}" for edge in edges_of(Step.WEEK, noon, noon)] == ["Mon 2026-11-23", "Mon 2026-11-30"]
    months = edges_of(Step.MONTH, noon, noon + timedelta(days=30))
    assert [f"{edge:%Y-%m-%d}" for edge in months] == ["2026-11-01", "2026-12-01", "2027-01-01"]


@pytest.mark.parametrize(
    ("days", "step"), [(0, Step.HOUR), (2, Step.HOUR), (3, Step.DAY), (58, Step.DAY), (80, Step.WEEK), (500, Step.MONTH), (3000, Step.YEAR)]
)  # fmt: skip
def test_auto_takes_the_finest_step_that_fits_a_screen(days: int, step: Step) -> None:
    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert choose_edges(Step.AUTO, noon - timedelta(days=days), noon, WARSAW)[0] is step


def test_a_step_that_gives_too_many_buckets_is_replaced_by_a_coarser_one() -> None:
    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert choose_edges(Step.HOUR, noon - timedelta(days=400), noon, WARSAW)[0] is Step.DAY
    step, edges = choose_edges(Step.HOUR, datetime(1970, 1, 1, tzinfo=UTC), datetime(2106, 1, 1, tzinfo=UTC), WARSAW)
    assert (step, len(edges)) == (Step.YEAR, 138)


@pytest.mark.skipif(os.name != "posix", reason="TZ is POSIX's way to name a zone")
@pytest.mark.parametrize("name", ["Europe/Warsaw", "America/New_York", "Asia/Kathmandu", "UTC"])
def test_the_zone_of_this_machine_knows_summer_in_winter(name: str) -> None:
    lines = (
        "from datetime import UTC, datetime, timedelta\nfrom zoneinfo import ZoneInfo\nfrom indexer.zones import LOCAL\n"
        f"zone, start = ZoneInfo({name!r}), datetime(2026, 1, 1, tzinfo=UTC)\n"
        "for hour in range(0, 366 * 24):\n"
        "    moment = start + timedelta(hours=hour)\n"
        "    here, there = moment.astimezone(LOCAL), moment.astimezone(zone)\n"
        "    assert (here.replace(tzinfo=None), here.fold) == (there.replace(tzinfo=None), there.fold), (here, there)\n"
        "    assert here.utcoffset() == there.utcoffset() and here.astimezone(UTC) == moment\n"
        "print('same')\n"
    )
    command = [sys.executable, "-c", lines]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "TZ": name}, check=False)
    assert done.stdout == "same\n", done.stderr
