"""Which months stay in the index."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from indexer.retention import first_kept, is_kept, month_of, read_month

DAY_S = 86_400.0
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_a_month_goes_when_its_last_instant_is_older_than_what_is_kept() -> None:
    assert first_kept(NOON, None) is None
    assert first_kept(NOON, 30 * DAY_S) == datetime(2026, 10, 1, tzinfo=UTC)
    end_of_october = datetime(2026, 11, 1, tzinfo=UTC)
    assert first_kept(end_of_october + timedelta(days=30), 30 * DAY_S) == end_of_october
    assert first_kept(end_of_october + timedelta(days=30, seconds=-1), 30 * DAY_S) == datetime(2026, 10, 1, tzinfo=UTC)


def test_longer_than_the_calendar_reaches_back_is_for_ever() -> None:
    assert first_kept(NOON, 5_000 * 366 * DAY_S) is None
    assert first_kept(NOON, 1e18) is None


def test_months_are_those_of_utc_whatever_zone_an_instant_is_told_in() -> None:
    east = timezone(timedelta(hours=2))
    assert month_of(datetime(2026, 11, 1, 1, tzinfo=east)) == datetime(2026, 10, 1, tzinfo=UTC)
    assert first_kept(datetime(2026, 12, 1, 1, tzinfo=east), 30 * DAY_S) == datetime(2026, 10, 1, tzinfo=UTC)


def test_a_document_of_a_month_that_went_is_not_written_again() -> None:
    first = datetime(2026, 11, 1, tzinfo=UTC)
    assert is_kept({"first_seen_at": "2026-11-01T00:00:00+00:00"}, first)
    assert not is_kept({"first_seen_at": "2026-11-01T00:59:59+01:00"}, first)
    assert is_kept({"first_seen_at": "2026-10-31T23:59:59+00:00"}, None)
    assert is_kept({"first_seen_at": "rot"}, first)
    assert is_kept({}, first)


def test_a_month_is_read_from_year_and_month_alone() -> None:
    assert read_month("2026-01") == datetime(2026, 1, 1, tzinfo=UTC)
    for wrong in ("2026", "2026-13", "2026-01-05", "01-2026", ""):
        with pytest.raises(ValueError, match="2026-01"):
            read_month(wrong)
