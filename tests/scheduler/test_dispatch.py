"""What is due goes into batches, never an outlet twice at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from scheduler.dispatch import Dispatcher

pytestmark = pytest.mark.timeout(30)


class Crawls:
    """Batches as they were begun; each takes until `go`."""

    def __init__(self) -> None:
        self.batches: list[tuple[str, ...]] = []
        self.at_once = 0
        self.go = threading.Event()

    def __call__(self, slugs: tuple[str, ...]) -> None:
        self.batches.append(slugs)
        self.go.wait(10)


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_outlets_due_at_the_same_moment_share_one_batch() -> None:
    crawls = Crawls()
    crawls.go.set()
    dispatcher = Dispatcher(crawls, gather_s=0.2)
    dispatcher.add(["b"])
    dispatcher.add(["a", "b"])
    until(dispatcher.is_idle)
    assert crawls.batches == [("a", "b")]
    assert dispatcher.close(5)


def test_f12_a_slot_that_comes_while_its_outlet_is_under_way_is_left_out() -> None:
    crawls = Crawls()
    dispatcher = Dispatcher(crawls, children=2, gather_s=0)
    dispatcher.add(["a"])
    until(lambda: dispatcher.under_way == ("a",))
    assert dispatcher.add(["a", "b"]) == ("a",)
    until(lambda: dispatcher.under_way == ("a", "b"))
    crawls.go.set()
    until(dispatcher.is_idle)
    assert crawls.batches == [("a",), ("b",)]
    assert dispatcher.close(5)


def test_what_becomes_due_while_no_child_is_free_waits_and_goes_together() -> None:
    crawls = Crawls()
    dispatcher = Dispatcher(crawls, gather_s=0)
    dispatcher.add(["a"])
    until(lambda: dispatcher.under_way == ("a",))
    dispatcher.add(["b"])
    dispatcher.add(["c"])
    crawls.go.set()
    until(dispatcher.is_idle)
    assert crawls.batches == [("a",), ("b", "c")]
    assert dispatcher.close(5)


def test_closing_begins_nothing_new_and_waits_for_what_is_under_way() -> None:
    crawls = Crawls()
    dispatcher = Dispatcher(crawls, gather_s=0)
    dispatcher.add(["a"])
    until(lambda: dispatcher.under_way == ("a",))
    dispatcher.add(["b"])
    assert not dispatcher.close(0.1)
    crawls.go.set()
    assert dispatcher.close(5)
    assert crawls.batches == [("a",)]


def test_a_crawl_that_breaks_does_not_end_the_thread() -> None:
    seen: list[tuple[str, ...]] = []

    def crawl(slugs: tuple[str, ...]) -> None:
        seen.append(slugs)
        if len(seen) == 1:
            raise OSError("no more processes")

    dispatcher = Dispatcher(crawl, gather_s=0)
    dispatcher.add(["a"])
    until(lambda: len(seen) == 1 and dispatcher.is_idle())
    dispatcher.add(["a"])
    until(lambda: len(seen) == 2)
    assert dispatcher.close(5)
