"""A week of the scheduler in small: its memory stays, the store keeps to its retention. The long run: `measure_soak`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from scheduler.config import SchedulerSettings
from tests.scheduler.month.measure_soak import soak
from tests.scheduler.month.world import make_world


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_week_leaves_no_rows_that_are_past_their_time_and_no_memory(tmp_path: Path) -> None:
    settings = SchedulerSettings(shortest="30m", longest="2h")
    days = soak(make_world(4, 7, 3), tmp_path / "store", settings=settings, tick=timedelta(minutes=2))
    assert [one.number for one in days] == list(range(1, 8))
    assert all(one.overdue == 0 for one in days)
    assert all(one.dropped > 0 for one in days[2:])
    runs = [one.rows["runs"] for one in days]
    assert max(runs[4:]) < 1.5 * max(runs[1:3]), "the runs of two days, however many went before"
    assert days[-1].mb - days[2].mb < 40
