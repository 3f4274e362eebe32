"""`scheduler.windows` and jitter: slots on real time within hours on the outlet's clocks, through changes of clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.errors import ConfigError
from scheduler.slots import JITTER_STEPS, At, Every, Windows, jitter_of, read_slots
from scheduler.windows import WindowsSyntaxError, is_windows, parse_windows

ZONES = ["Europe/Warsaw", "UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Havana"]
TEXTS = [
    "5m 06-23, 1h",
    "5m mon-fri 06-23, 30m",
    "90s 06:30-22:15",
    "7m 22-06, 20m 06-09, 17-20, 1h",
    "10m sat, sun 08-12, 2h",
    "1h",
]
WARSAW = ZoneInfo("Europe/Warsaw")


def slots(text: str, start: str, count: int, zone: str = "Europe/Warsaw") -> list[str]:
    windows, place = Windows(text=text, parts=parse_windows(text), zone=zone), ZoneInfo(zone)
    at, found = datetime.fromisoformat(start).replace(tzinfo=place), []
    for _ in range(count):
        at = windows.next_after(at)
        found.append(at.astimezone(place).strftime("%a %d %H:%M%z"))
    return found


def test_every_five_minutes_by_day_and_hourly_at_night() -> None:
    assert slots("5m 06-23, 1h", "2026-11-24T22:50", 3) == ["Tue 24 22:55+0100", "Tue 24 23:00+0100", "Wed 25 00:00+0100"]
    assert slots("5m 06-23, 1h", "2026-11-25T04:30", 3) == ["Wed 25 05:00+0100", "Wed 25 06:00+0100", "Wed 25 06:05+0100"]


def test_weekdays_and_a_rest() -> None:
    assert slots("5m mon-fri 06-23, 30m", "2026-11-27T22:52", 3) == [
        "Fri 27 22:55+0100",
        "Fri 27 23:00+0100",
        "Fri 27 23:30+0100",
    ]
    assert slots("5m mon-fri 06-23, 30m", "2026-11-28T12:00", 1) == ["Sat 28 12:30+0100"]


def test_without_a_rest_nothing_is_due_outside_and_hours_through_midnight_belong_to_the_day_they_begin_on() -> None:
    assert slots("30m fri 22-02", "2026-11-24T12:00", 8)[:3] == ["Fri 27 22:00+0100", "Fri 27 22:30+0100", "Fri 27 23:00+0100"]
    assert slots("30m fri 22-02", "2026-11-28T01:20", 2) == ["Sat 28 01:30+0100", "Fri 04 22:00+0100"]


def test_a_part_without_an_interval_takes_the_one_before() -> None:
    assert parse_windows("5m 06-09, 17-20, 1h")[1].seconds == 300


def test_f11_hours_left_out_in_spring_have_no_slots_and_the_interval_stays() -> None:
    assert slots("20m 02-04, 2h", "2026-03-29T01:55", 3) == ["Sun 29 03:00+0200", "Sun 29 03:20+0200", "Sun 29 03:40+0200"]


def test_f11_hours_that_come_twice_in_autumn_have_both_passes_and_no_slot_comes_twice() -> None:
    assert slots("30m 02-03, 6h", "2026-10-25T01:59", 4) == [
        "Sun 25 02:00+0200", "Sun 25 02:30+0200", "Sun 25 02:00+0100", "Sun 25 02:30+0100",
    ]  # fmt: skip


@settings(deadline=None)
@given(
    text=st.sampled_from(TEXTS),
    zone=st.sampled_from(ZONES),
    start=st.datetimes(datetime(2025, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants naive bounds
    | st.builds(
        lambda day, seconds: datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(seconds=seconds),
        st.sampled_from(["2026-03-29", "2026-10-25", "2026-03-08", "2026-11-01", "2026-04-04", "2026-10-03"]),
        st.integers(0, 86400),
    ),
    later_s=st.integers(0, 7200),
    jitter_s=st.sampled_from([0.0, 37.0]),
)
def test_slots_strictly_increase_and_the_next_one_never_goes_back(
    text: str, zone: str, start: datetime, later_s: int, jitter_s: float
) -> None:
    windows = Windows(text=text, parts=parse_windows(text), zone=zone, jitter_s=jitter_s)
    first = windows.next_after(start)
    assert first > start
    second = windows.next_after(first)
    assert second > first
    assert windows.next_after(start + timedelta(seconds=later_s)) >= first
    middle = start + (first - start) / 2
    assert windows.next_after(middle) == first
    assert windows.next_after(first - timedelta(microseconds=1)) == first


@given(
    st.sampled_from(TEXTS),
    st.sampled_from(ZONES),
    st.datetimes(datetime(2026, 3, 20), datetime(2026, 4, 10), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis wants naive bounds
)
@settings(deadline=None, max_examples=60)
def test_slots_are_those_that_asking_every_half_minute_finds(text: str, zone: str, start: datetime) -> None:
    """A second reading of the rules: every 30 s of an hour is asked one by one."""
    parts, place = parse_windows(text), ZoneInfo(zone)
    first = start.replace(second=0, microsecond=0)
    expected = []
    for number in range(1, 121):
        at = first + timedelta(seconds=30 * number)
        local = at.astimezone(place)
        holding = next((one for one in parts if one.holds(local.weekday(), local.hour * 60 + local.minute)), None)
        if holding and int(at.timestamp()) % int(holding.seconds) == 0:
            expected.append(at)
    windows, found, at = Windows(text=text, parts=parts, zone=zone), [], first
    while (at := windows.next_after(at)) <= first + timedelta(hours=1):
        found.append(at)
    assert found == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("5m 06-25", "leaves the day"), ("5m 06:70-08", "leaves the day"), ("5m mno 06-23", "did you mean .mon."),
        ("5m 06-06", "leave the hours out"), ("5m 06-23,", "take the comma out"), ("06-23, 5m", "stands before any interval"),
        ("5m six", "no day"), ("5m 6", "are no hours"), ("5m mon 06-23 now", "not understood"), ("12h 06-08", "less than its interval"),
        ("5m, 1h", "leave it no time"), ("2d 06-23", "from 1s to 1d"),
    ],
)  # fmt: skip
def test_a_wrong_line_is_refused_with_words(text: str, said: str) -> None:
    with pytest.raises(WindowsSyntaxError, match=said):
        parse_windows(text)
    if is_windows(text):
        with pytest.raises(ConfigError, match=rf"here: .*{said}"):
            read_slots(text, "Europe/Warsaw", "here")


@given(st.text(max_size=30))
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        read_slots(text, "Europe/Warsaw", "here")
    except ConfigError as error:
        assert str(error).startswith("here: ")


def test_jitter_is_the_slugs_own_spread_evenly_and_makes_few_batches() -> None:
    slugs = [f"outlet-{number}" for number in range(800)]
    places = [jitter_of(slug, 600.0) for slug in slugs]
    assert places == [jitter_of(slug, 600.0) for slug in slugs]
    assert sorted(set(places)) == [75.0 * step for step in range(JITTER_STEPS)]
    assert all(60 < places.count(place) < 140 for place in set(places))


@given(st.floats(0, 3599), st.integers(0, 10**6))
def test_jitter_moves_every_slot_by_the_same_time(jitter_s: float, seconds: int) -> None:
    jitter_s, start = float(int(jitter_s)), datetime(2026, 10, 20, tzinfo=UTC) + timedelta(seconds=seconds)
    line = read_slots("*/7 * * * *", "Europe/Warsaw", "here")
    assert isinstance(line, At)
    for plain, moved in (
        (Every(seconds=3600.0), Every(seconds=3600.0, jitter_s=jitter_s)),
        (line, At(line=line.line, zone=line.zone, jitter_s=jitter_s)),
    ):
        later = timedelta(seconds=jitter_s)
        assert moved.next_after(start) == plain.next_after(start - later) + later
        assert moved.next_after(start) > start
