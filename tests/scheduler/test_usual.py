"""What is usual at an outlet, read from hours that were made up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from crawler.store.outlet_hours import OutletHour
from scheduler.baselines import usual_of
from scheduler.volume import volume_of

NOW = datetime(2026, 3, 1, tzinfo=UTC)
WARSAW = ZoneInfo("Europe/Warsaw")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def told(back: timedelta, new: int, **facts: int) -> OutletHour:
    """An hour so long ago whose one crawl brought so many articles, each with all fields."""
    whole = {"with_authors": new, "with_date": new, "with_lead": new, "with_image": new, "words": 300 * new, "pages": new}
    return OutletHour(outlet="kresy", hour=NOW - back, crawls=1, polls=1, new=new, **whole | facts)


def test_a_share_is_high_from_further_on_where_days_differ() -> None:
    even = usual_of([told(days * DAY, 20, paid=4) for days in range(30, 0, -1)], NOW).shares["paid"]
    uneven = usual_of([told(days * DAY, 20, paid=8 * (days % 2)) for days in range(30, 0, -1)], NOW).shares["paid"]
    assert even.mean == pytest.approx(uneven.mean, abs=0.02)
    assert even.mean < even.high < 0.4 < 0.6 < uneven.high


def test_f27_a_fault_of_a_few_days_does_not_become_usual_before_a_small_outlet_has_shown_it() -> None:
    """Found by the simulated year: an outlet of two articles a day needs a week, and by then the fault had raised its own measure."""
    weeks = [told(days * DAY, 2, paid=0) for days in range(34, 6, -1)]
    fault = [told(days * DAY, 2, paid=2, no_text=2, pages=4) for days in range(6, 0, -1)]
    assert usual_of(weeks + fault, NOW).shares == usual_of(weeks, NOW).shares


def test_what_lasts_becomes_usual() -> None:
    closed = [told(days * DAY, 20, paid=18) for days in range(34, 0, -1)]
    assert usual_of(closed, NOW).shares["paid"].mean == pytest.approx(0.9, abs=0.03)


def test_of_an_outlet_met_yesterday_nothing_is_known() -> None:
    assert not usual_of([], NOW).is_known
    assert not usual_of([told(HOUR, 200)], NOW).is_known
    assert usual_of([told(back * DAY / 4, 20) for back in range(36, 0, -1)], NOW).is_known


def test_a_silence_that_goes_on_does_not_excuse_itself() -> None:
    """Found by the simulated year: ten silent days made a small outlet so uneven that no silence was ever too long."""
    chance = Random(3)
    weeks = [told(hours * HOUR, int(chance.random() < 0.1)) for hours in range(35 * 24, 10 * 24, -1)]
    silent = [told(hours * HOUR, 0) for hours in range(10 * 24, 0, -1)]
    before, later = volume_of(weeks, WARSAW, "PL"), volume_of(weeks + silent, WARSAW, "PL")
    assert before is not None
    assert later is not None
    assert later.limit == pytest.approx(before.limit)
    ended = volume_of([*weeks, *silent[:-1], replace(silent[-1], new=1)], WARSAW, "PL")
    assert ended is not None
    assert ended.limit > later.limit  # one that is over counts


@pytest.mark.parametrize("every_h", [1, 2, 4])
def test_bursts_are_as_large_however_seldom_it_is_asked(every_h: int) -> None:
    """Four articles together, or none: variance to mean is 3.6; rates that lean towards what was seen take some of it."""
    chance = Random(5)
    hours = [told(back * HOUR, 4 * sum(chance.random() < 0.1 for _ in range(every_h))) for back in range(35 * 24, 0, -every_h)]
    volume = volume_of(hours, WARSAW, "PL")
    assert volume is not None
    assert 2.6 <= volume.burst <= 4.0
