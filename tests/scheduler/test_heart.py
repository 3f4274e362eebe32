"""A heartbeat tells that a process works, not only that one of its threads does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from crawler.store import leases, processes
from crawler.store.database import Database
from scheduler import heart as heart_module
from scheduler.heart import HANGS_S, Heart
from tests.scheduler.conftest import Said
from tests.scheduler.test_service import until

pytestmark = pytest.mark.timeout(120)


class Clock:
    """A clock that is set by hand, and counts how often it was asked."""

    def __init__(self) -> None:
        self.now, self.asked = 1000.0, 0

    def __call__(self) -> float:
        self.asked += 1
        return self.now

    def asked_again(self) -> None:
        """Wait until the heart has looked at it a few times more."""
        before = self.asked
        until(lambda: self.asked >= before + 3)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(heart_module, "seconds", made)
    return made


@pytest.fixture
def heart(clock: Clock, sqlite_database: Database, said: Said) -> Iterator[Heart]:
    made = Heart(sqlite_database, leases.owner_name("aa"), "service", 0.6, lambda: (), dict, lambda pulse: None)
    made.beat()
    made.start()
    yield made
    made.stop()


def beat_at(database: Database) -> datetime:
    with database.read() as connection:
        (one,) = processes.read(connection, datetime.now(UTC))
    return one.heartbeat_at


def hangs(said: Said) -> int:
    return sum("main thread hangs" in one["event"] for one in said)


def test_a_process_whose_main_thread_hangs_sends_no_heartbeat_until_it_looks_around_again(
    heart: Heart, clock: Clock, sqlite_database: Database, said: Said
) -> None:
    first = beat_at(sqlite_database)
    until(lambda: beat_at(sqlite_database) > first)
    clock.now += HANGS_S + 1
    until(lambda: hangs(said))
    hung = beat_at(sqlite_database)
    clock.asked_again()
    assert beat_at(sqlite_database) == hung
    assert hangs(said) == 1, "told once"
    heart.looked()
    until(lambda: beat_at(sqlite_database) > hung)


def test_a_process_that_waits_for_its_crawls_to_end_goes_on_beating(
    heart: Heart, clock: Clock, sqlite_database: Database, said: Said
) -> None:
    heart.looked(ends=True)
    clock.now += 100 * HANGS_S
    clock.asked_again()
    before = beat_at(sqlite_database)
    until(lambda: beat_at(sqlite_database) > before)
    assert hangs(said) == 0
