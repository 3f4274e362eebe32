"""`crawler.discovery.dates`: what sources write as a time, and what of it is believed."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.discovery.dates import DateReader, believable

WARSAW = ZoneInfo("Europe/Warsaw")
NOW = datetime(2026, 11, 24, 12, tzinfo=WARSAW)


def read(text: object, languages: tuple[str, ...] = ("pl",)) -> str | None:
    found = DateReader(languages, NOW).read(text)
    return found.isoformat() if found else None


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("Tue, 24 Nov 2026 10:00:00 +0100", "2026-11-24T10:00:00+01:00"),
        ("24 Nov 26 10:00 EST", "2026-11-24T10:00:00-05:00"),
        ("Wed, 15 Jul 2026 10:00:00 CEST", "2026-07-15T10:00:00+02:00"),
        ("Wed, 15 Jul 2026 10:00:00", "2026-07-15T10:00:00+02:00"),
        ("Tue, 24 Nov 2026 10:00:00 MSK", "2026-11-24T10:00:00+03:00"),
        ("2026-11-24T10:00:00.123+01:00", "2026-11-24T10:00:00+01:00"),
        ("2026-11-23T24:00:00Z", "2026-11-24T00:00:00+00:00"),
        ("20261124T100000Z", "2026-11-24T10:00:00+00:00"),
        ("2026-11", "2026-11-01T00:00:00+01:00"),
        ("2026", "2026-01-01T00:00:00+01:00"),
        ("24.11.2026 10:00", "2026-11-24T10:00:00+01:00"),
        ("05/11/2026", "2026-11-05T00:00:00+01:00"),
        ("wtorek, 24 listopada 2026, 10:00", "2026-11-24T10:00:00+01:00"),
        ("", None),
        (None, None),
        (5, None),
        ("soon", None),
        ("12", None),
        ("x" * 5000 + "1", None),
        ("Tue, 24 Nov 2026 10:00:00 +9999", None),
    ],
)
def test_f23_a_time_is_read_as_it_was_meant(text: object, instant: str | None) -> None:
    assert read(text) == instant


def test_f23_other_languages_are_read_when_the_outlet_speaks_them() -> None:
    assert read("24 листопада 2026 10:00", ("uk",)) == "2026-11-24T10:00:00+01:00"
    assert read("24. listopadu 2026 10:00", ("cs",)) == "2026-11-24T10:00:00+01:00"


def test_f23_only_times_between_1990_and_tomorrow_are_believed() -> None:
    assert believable(NOW + timedelta(hours=24), NOW)
    assert believable(NOW + timedelta(hours=25), NOW) is None
    assert believable(datetime(1989, 12, 31, tzinfo=UTC), NOW) is None
    assert believable(datetime.max.replace(tzinfo=UTC), NOW) is None
    assert believable(datetime.min.replace(tzinfo=UTC), NOW) is None


def test_f14_two_thousand_unreadable_dates_cost_little() -> None:
    reader = DateReader(("pl", "de"), NOW)
    before = time.process_time()
    assert all(reader.read(f"kiedyś {number} temu może") is None for number in range(2000))
    assert time.process_time() - before < 3


@given(
    st.text(max_size=40)
    | st.from_regex(
        r"[0-9]{1,5}[-./ ][0-9]{1,3}[-./ ][0-9]{1,5}[T ]?[0-9]{0,2}:?[0-9]{0,2} ?[A-Z+-]{0,4}[0-9]{0,4}", fullmatch=True
    )
)
def test_no_text_breaks_the_reader_and_every_time_is_aware(text: str) -> None:
    found = DateReader((), NOW, budget=0).read(text)
    assert found is None or found.tzinfo is not None
