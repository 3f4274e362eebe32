"""Until when a run may ask: by a clock of the test's, and by processes that stand still or lose their leases."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from crawler.errors import BackendUnavailable
from crawler.spiders.hold import Hold, seconds
from crawler.store import frontier, leases


class Clock:
    """Seconds that the test sets."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


def test_nothing_is_asked_before_the_leases_are_had() -> None:
    hold = Hold(120, Clock())
    with pytest.raises(BackendUnavailable):
        hold.check()


def test_a_hold_ends_two_thirds_into_the_lease_and_counts_from_before_the_store_was_asked() -> None:
    clock = Clock()
    hold = Hold(120, clock)
    asked_at = hold.asking()
    clock.at += 30  # the store took its time: the lease began at some moment in between
    hold.renew(asked_at)
    assert hold.left_s() == 50
    hold.check()
    clock.at += 50
    with pytest.raises(BackendUnavailable, match="no heartbeat"):
        hold.check()


def test_each_heartbeat_prolongs_it_and_six_fit_into_a_lease() -> None:
    clock = Clock()
    hold = Hold(120, clock)
    assert hold.beat_s == 20
    for _ in range(10):
        hold.renew(hold.asking())
        clock.at += hold.beat_s
        hold.check()


def test_leases_that_are_lost_end_it_at_once() -> None:
    hold = Hold(120, Clock())
    hold.renew(hold.asking())
    hold.end()
    assert hold.left_s() == 0
    with pytest.raises(BackendUnavailable):
        hold.check()


def test_its_clock_only_goes_forward() -> None:
    assert seconds() <= seconds()


def wait_until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)


@pytest.mark.slow
def test_f12_a_run_that_stood_still_longer_than_its_lease_asks_nothing_more_when_it_goes_on(
    crawls: Any, hostile: Any, texts: Any
) -> None:
    own, server = crawls, crawls.server
    for number in range(60):
        server.serve(f"/stiller/{number}", hostile.Answer(texts.article(f"stiller {number}")))
    entries = [(server.url(f"/stiller/{number}"), f"Tytuł {number}") for number in range(60)]
    server.serve("/stiller/feed.xml", hostile.Answer(texts.rss(entries), type="application/rss+xml"))
    own.outlet("stiller", "/stiller/feed.xml", delay_s=0.2, concurrency=1)
    plan = own.plan(lease_s=3.0)
    child = own.start(plan)
    wait_until(lambda: len(server.asked_for("/stiller/")) >= 4)
    os.kill(child.pid, signal.SIGSTOP)
    wait_until(lambda: own.read(lambda connection: leases.holder(connection, "outlet:stiller", datetime.now(UTC))) is None)
    own.write(lambda connection: leases.claim(connection, ["outlet:stiller"], "another:1:x", datetime.now(UTC)))
    asked = len(server.asked_for("/stiller/"))
    os.kill(child.pid, signal.SIGCONT)
    child.communicate(timeout=60)
    assert child.returncode == 3, "the caller is told that it lost the store"
    assert len(server.asked_for("/stiller/")) == asked, "the outlet is another's by now"
    assert own.read(lambda connection: leases.holder(connection, "outlet:stiller", datetime.now(UTC))) == "another:1:x"
    waiting = own.read(lambda connection: frontier.due(connection, "stiller", datetime.now(UTC), 100))
    assert len(waiting) >= 40 and not any(one.attempts for one in waiting), "the rest waits, and nothing counts as a failure"
    own.write(lambda connection: connection.execute(sa.delete(leases.lease)))
