"""Retry-After and the back-off of entries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.spiders.retry_after import MAX_RETRY_AFTER_S, next_try, read_retry_after

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0), (" 0 ", 0.0), ("Tue, 24 Nov 2026 12:05:00 GMT", 300.0), ("Tue, 24 Nov 2026 11:00:00 GMT", 0.0),
        ("99999999999999999999", MAX_RETRY_AFTER_S), ("Fri, 31 Dec 9999 23:59:59 GMT", MAX_RETRY_AFTER_S),
        ("-5", None), ("soon", None), ("", None), (None, None), ("1.5", None), ("١٢", None),
    ],
)  # fmt: skip
def test_seconds_and_dates_are_read_and_nothing_else(value: str | None, seconds: float | None) -> None:
    assert read_retry_after(value, NOON) == seconds


@given(st.text(max_size=60))
def test_no_header_raises(value: str) -> None:
    seconds = read_retry_after(value, NOON)
    assert seconds is None or 0 <= seconds <= MAX_RETRY_AFTER_S


def test_the_back_off_doubles_and_obeys_the_server() -> None:
    assert [next_try(NOON, attempts, None) - NOON for attempts in range(4)] == [timedelta(minutes=m) for m in (10, 20, 40, 80)]
    assert next_try(NOON, 0, 7200.0) == NOON + timedelta(hours=2)
    assert next_try(NOON, 3, 60.0) == NOON + timedelta(minutes=80)
