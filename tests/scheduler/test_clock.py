"""The clock's own parts: when a slot comes, which was the last, and a wall clock that somebody sets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import hypothesis.strategies as st
import time_machine
from hypothesis import given, settings

from scheduler.clock import Drift, SlotTrigger, last_slot
from scheduler.slots import Adaptive, Every, read_slots

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def test_f11_a_clock_set_back_an_hour_fires_no_slot_again() -> None:
    trigger = SlotTrigger(Every(seconds=600))
    fired = trigger.get_next_fire_time(None, NOON)
    assert fired == NOON + timedelta(minutes=10)
    assert trigger.get_next_fire_time(fired, fired - timedelta(hours=1)) == fired + timedelta(minutes=10)


def test_f11_a_clock_set_forward_a_day_fires_once_and_goes_on() -> None:
    trigger = SlotTrigger(Every(seconds=600))
    late = NOON + timedelta(days=1)
    assert trigger.get_next_fire_time(NOON, late) == late + timedelta(minutes=10)


def test_f11_a_clock_years_ahead_that_is_set_right_does_not_silence_the_outlet() -> None:
    trigger = SlotTrigger(Every(seconds=600))
    assert trigger.get_next_fire_time(NOON + timedelta(days=900), NOON) == NOON + timedelta(minutes=10)


@settings(deadline=None)
@given(
    text=st.sampled_from(["20s", "15m", "7h", "3d", "*/10 6-22 * * *", "0 8 * * 1", "30 2 31 1 *", "5m 06-23, 1h", "@hourly"]),
    zone=st.sampled_from(["UTC", "Europe/Warsaw", "America/Sao_Paulo", "Australia/Lord_Howe"]),
    now=st.floats(0, 2 * 365 * 86400).map(lambda seconds: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)),
)
def test_the_last_slot_is_the_one_before_the_next(text: str, zone: str, now: datetime) -> None:
    slots = read_slots(text, zone, "here")
    assert not isinstance(slots, Adaptive)
    last = last_slot(slots, now)
    assert last is not None
    assert last <= now < slots.next_after(last)


def test_a_line_that_had_no_slot_for_years_has_its_last_one_still() -> None:
    slots = read_slots("0 0 29 2 *", "UTC", "here")
    assert not isinstance(slots, Adaptive)
    assert last_slot(slots, NOON) == datetime(2024, 2, 29, tzinfo=UTC)


def test_f11_a_clock_that_is_set_is_noticed_and_one_that_ntp_corrects_is_not() -> None:
    with time_machine.travel(NOON, tick=True) as traveller:
        drift = Drift()
        assert drift.jumped() is None
        traveller.shift(2)
        assert drift.jumped() is None
        for seconds in (-3600, 86400):
            traveller.shift(seconds)
            moved = drift.jumped()
            assert moved is not None
            assert abs(moved - seconds) < 60
        assert drift.jumped() is None
