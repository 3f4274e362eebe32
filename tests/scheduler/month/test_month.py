"""A few outlets for a few simulated days with the real scheduler: slots under every kind of upset, troubles, articles. README: the big run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from scheduler.config import SchedulerSettings
from tests.scheduler.month.drive import Seen
from tests.scheduler.month.measure_month import live
from tests.scheduler.month.scoring import score_polls, score_slots, score_verdicts
from tests.scheduler.month.world import World, make_world

START = datetime(2027, 3, 25, tzinfo=UTC)
"""A Thursday; Europe's clocks go forward on the 28th, and it is Easter."""


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, Seen]:
    """Twenty outlets, five days, each kind of trouble once as far as outlets reach; asked every ten minutes at most, to save time."""
    world = make_world(20, 5, 4, start=START)
    seen = live(
        world,
        tmp_path_factory.mktemp("month"),
        settings=SchedulerSettings(shortest="10m", longest="2h"),
        tick=timedelta(minutes=1),
    )
    return world, seen


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_slot_is_missed_or_doubled_through_restarts_an_absence_and_clocks_that_are_set(lived: tuple[World, Seen]) -> None:
    score = score_slots(*lived)
    assert score.expected > 300
    assert score.made_up > 0
    assert (score.missed, score.doubled, score.unknown) == ([], [], [])


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_troubles_get_their_verdicts_in_time_and_nothing_else_gets_one(lived: tuple[World, Seen]) -> None:
    score = score_verdicts(*lived)
    assert score.troubles >= 8
    assert (score.wrong, score.late, score.false_alarms) == ([], [], [])


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_article_that_is_published_is_found(lived: tuple[World, Seen]) -> None:
    score = score_polls(*lived)
    assert score.articles > 300
    assert score.found == score.articles
    assert score.requests < score.fixed_requests / 3
