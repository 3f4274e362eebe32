"""Crontab lines against a second reading of the rules: every minute of a stretch of time is asked one by one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.cron import CronSyntaxError, parse_cron

WARSAW = ZoneInfo("Europe/Warsaw")
ZONES = ["UTC", "Europe/Warsaw", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Cairo", "America/St_Johns"]


def warsaw(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=WARSAW)


def slots(line: str, start: datetime, count: int, zone: ZoneInfo = WARSAW) -> list[str]:
    cron = parse_cron(line)
    found = []
    for _ in range(count):
        start = cron.next_after(start, zone)
        found.append(start.astimezone(zone).strftime("%a %Y-%m-%d %H:%M%z"))
    return found


@pytest.mark.parametrize("sunday", ["0", "7", "sun", "SUN"])
def test_sunday_is_0_and_7_and_sun(sunday: str) -> None:
    assert slots(f"0 8 * * {sunday}", warsaw("2026-11-24T00:00"), 2) == ["Sun 2026-11-29 08:00+0100", "Sun 2026-12-06 08:00+0100"]


def test_weekdays_1_to_5_are_monday_to_friday() -> None:
    found = slots("30 6 * * 1-5", warsaw("2026-11-27T00:00"), 3)
    assert [slot[:3] for slot in found] == ["Fri", "Mon", "Tue"]


def test_a_range_that_ends_on_sunday_may_be_written_with_names_7_or_0() -> None:
    assert (
        parse_cron("0 0 * * sat-sun").weekdays
        == parse_cron("0 0 * * 6-7").weekdays
        == parse_cron("0 0 * * 6-0").weekdays
        == {0, 6}
    )


def test_day_of_month_or_day_of_week_when_both_are_restricted() -> None:
    found = slots("0 12 13 * 5", warsaw("2026-11-01T00:00"), 4)
    assert found == [
        "Fri 2026-11-06 12:00+0100",
        "Fri 2026-11-13 12:00+0100",
        "Fri 2026-11-20 12:00+0100",
        "Fri 2026-11-27 12:00+0100",
    ]
    assert "Sun 2026-12-13 12:00+0100" in slots("0 12 13 * 5", warsaw("2026-12-01T00:00"), 4)


def test_a_day_field_that_begins_with_a_star_is_joined_with_and() -> None:
    assert slots("0 0 */2 * mon", warsaw("2026-11-01T00:00"), 2) == ["Mon 2026-11-09 00:00+0100", "Mon 2026-11-23 00:00+0100"]


def test_hourly_is_the_full_hour() -> None:
    assert slots("@hourly", warsaw("2026-11-24T10:00"), 2) == ["Tue 2026-11-24 11:00+0100", "Tue 2026-11-24 12:00+0100"]


def test_29_february_is_found_years_ahead() -> None:
    assert slots("0 0 29 2 *", warsaw("2026-11-24T10:00"), 1) == ["Tue 2028-02-29 00:00+0100"]


def test_f11_a_time_of_day_that_comes_twice_in_autumn_fires_once() -> None:
    assert slots("30 2 * * *", warsaw("2026-10-24T12:00"), 3) == [
        "Sun 2026-10-25 02:30+0200", "Mon 2026-10-26 02:30+0100", "Tue 2026-10-27 02:30+0100",
    ]  # fmt: skip


def test_f11_times_of_day_left_out_in_spring_fire_once_when_the_clocks_go_forward() -> None:
    assert slots("0,15,30 2 * * *", warsaw("2027-03-28T01:00"), 2) == ["Sun 2027-03-28 03:00+0200", "Mon 2027-03-29 02:00+0200"]


def test_f11_a_frequent_line_keeps_its_pace_through_the_repeated_hour() -> None:
    found = slots("*/30 * * * *", warsaw("2026-10-25T01:30"), 5)
    assert [slot[15:] for slot in found] == ["02:00+0200", "02:30+0200", "02:00+0100", "02:30+0100", "03:00+0100"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "five"),
        ("* * * *", "five"),
        ("0 * * * * *", "five"),
        ("@reboot", "@hourly"),
        ("60 * * * *", "minute"),
        ("* 24 * * *", "hour"),
        ("* * 0 * *", "day of month"),
        ("* * * 13 *", "month"),
        ("* * * * 8", "day of week"),
        ("* * * * monday", "day of week"),
        ("5/15 * * * *", "5-59/15"),
        ("*/0 * * * *", "step"),
        ("30-10 * * * *", "smaller"),
        ("0 0 30 2 *", "never"),
        ("0 0 L * *", "day of month"),
        ("0 0 * * 1#2", "day of week"),
        ("0,,5 * * * *", "minute"),
        ("٣ * * * *", "minute"),
    ],
)
def test_a_wrong_line_says_which_field_and_what_to_write(line: str, said: str) -> None:
    with pytest.raises(CronSyntaxError, match="(?s).*" + said):
        parse_cron(line)


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused_with_words(text: str) -> None:
    try:
        parse_cron(text)
    except CronSyntaxError as error:
        assert str(error)


def numbers(low: int, high: int) -> st.SearchStrategy[tuple[str, frozenset[int]]]:
    """A field as text, and the numbers it means, built apart from the parser."""
    number = st.integers(low, high)
    step = st.integers(1, high)
    pair = st.tuples(number, number).map(sorted)
    part = st.one_of(
        number.map(lambda one: (str(one), {one})),
        pair.map(lambda ends: (f"{ends[0]}-{ends[1]}", set(range(ends[0], ends[1] + 1)))),
        st.tuples(pair, step).map(
            lambda both: (f"{both[0][0]}-{both[0][1]}/{both[1]}", set(range(both[0][0], both[0][1] + 1, both[1])))
        ),
    )
    listed = st.lists(part, min_size=1, max_size=3).map(
        lambda parts: (",".join(text for text, _ in parts), frozenset().union(*(values for _, values in parts)))
    )
    whole = st.just(("*", frozenset(range(low, high + 1))))
    stepped = step.map(lambda every: (f"*/{every}", frozenset(range(low, high + 1, every))))
    return st.one_of(whole, stepped, listed)


def every_minute(start: datetime, minutes: int) -> Iterator[datetime]:
    first = start.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    return (first + timedelta(minutes=number) for number in range(minutes))


@settings(max_examples=150, deadline=None)
@given(
    minute=numbers(0, 59), hour=numbers(0, 23), day=numbers(1, 31), weekday=numbers(0, 6), zone=st.sampled_from(ZONES),
    start=st.datetimes(min_value=datetime(2025, 1, 1), max_value=datetime(2030, 12, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis wants naive bounds
)  # fmt: skip
def test_slots_agree_with_asking_every_minute_of_two_days(minute, hour, day, weekday, zone, start) -> None:  # type: ignore[no-untyped-def]  # six drawn values
    tz = ZoneInfo(zone)
    cron = parse_cron(f"{minute[0]} {hour[0]} {day[0]} * {weekday[0]}")
    either = not day[0].startswith("*") and not weekday[0].startswith("*")
    steady = len({(start + timedelta(hours=hours)).astimezone(tz).utcoffset() for hours in range(-30, 60)}) == 1

    def fires(local: datetime) -> bool:
        by_day, by_weekday = local.day in day[1], (local.weekday() + 1) % 7 in weekday[1]
        return local.minute in minute[1] and local.hour in hour[1] and (by_day or by_weekday if either else by_day and by_weekday)

    if not steady and not cron.frequent:
        return  # named times through a change of clocks have their own tests
    wanted = [instant for instant in every_minute(start, 2 * 1440) if fires(instant.astimezone(tz))][:20]
    found: list[datetime] = []
    while len(found) < len(wanted):
        found.append(cron.next_after(found[-1] if found else start, tz))
    assert found == wanted


@settings(max_examples=200, deadline=None)
@given(
    minute=st.integers(0, 59), hour=st.integers(0, 23), zone=st.sampled_from(ZONES),
    start=st.datetimes(min_value=datetime(2025, 1, 1), max_value=datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis wants naive bounds
)  # fmt: skip
def test_f11_a_daily_time_fires_exactly_once_on_every_local_day(minute: int, hour: int, zone: str, start: datetime) -> None:
    tz = ZoneInfo(zone)
    cron = parse_cron(f"{minute} {hour} * * *")
    days = []
    for _ in range(220):  # crosses at least one change of clocks
        start = cron.next_after(start, tz)
        days.append(start.astimezone(tz).date())
    assert days == [days[0] + timedelta(days=number) for number in range(220)]
