"""What is taken goes into batches, never an outlet twice at once; what breaks ends no thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from crawler.errors import BackendUnavailable
from scheduler.dispatch import Batch, Dispatcher

pytestmark = pytest.mark.timeout(60)


class Desk:
    """What is due, and the crawls begun; each goes on until `go`, or until it is told to stop."""

    def __init__(self) -> None:
        self.due: set[str] = set()
        self.broken: list[Exception] = []
        self.batches: list[tuple[str, ...]] = []
        self.stopped: list[tuple[str, ...]] = []
        self.under_way: list[Batch] = []
        self.go = threading.Event()

    def take(self, busy: frozenset[str]) -> tuple[str, ...]:
        if self.broken:
            raise self.broken.pop()
        batch = tuple(sorted(self.due - busy))
        self.due -= set(batch)
        return batch

    def crawl(self, batch: Batch) -> None:
        self.batches.append(batch.outlets)
        self.under_way.append(batch)
        if "breaks" in batch.outlets:
            raise OSError("no more processes")
        deadline = time.monotonic() + 30
        while not self.go.is_set() and not batch.stop.is_set() and time.monotonic() < deadline:
            time.sleep(0.01)
        if batch.stop.is_set():
            self.stopped.append(batch.outlets)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def started(desk: Desk) -> Iterator[Callable[..., Dispatcher]]:
    made: list[Dispatcher] = []

    def start(**settings: float) -> Dispatcher:
        values: dict[str, float] = {"gather_s": 0, "poll_s": 30} | settings
        dispatcher = Dispatcher(desk.take, desk.crawl, int(values.pop("children", 1)), **values)
        made.append(dispatcher)
        dispatcher.start()
        return dispatcher

    yield start
    desk.go.set()
    for dispatcher in made:
        assert dispatcher.close(30)


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_outlets_due_at_the_same_moment_share_one_batch(desk: Desk, started: Callable[..., Dispatcher]) -> None:
    desk.broken.append(BackendUnavailable("not yet"))  # the first look, at the start
    dispatcher = started(gather_s=0.5)
    until(lambda: not desk.broken)
    desk.due.add("b")
    dispatcher.wake()
    desk.due.add("a")
    dispatcher.wake()
    until(lambda: len(desk.batches) == 1)
    assert desk.batches == [("a", "b")]


def test_f12_what_is_due_again_while_it_is_under_way_waits_for_its_end(desk: Desk, started: Callable[..., Dispatcher]) -> None:
    dispatcher = started(children=2)
    desk.due.add("a")
    dispatcher.wake()
    until(lambda: dispatcher.under_way == {"a"})
    desk.due |= {"a", "b"}
    dispatcher.wake()
    until(lambda: dispatcher.under_way == {"a", "b"})
    assert desk.due == {"a"}
    desk.go.set()
    until(lambda: len(desk.batches) == 3)
    assert desk.batches == [("a",), ("b",), ("a",)]


def test_an_outlet_that_is_done_is_crawled_again_while_a_slow_one_of_its_batch_goes_on(
    desk: Desk, started: Callable[..., Dispatcher]
) -> None:
    dispatcher = started(children=2)
    desk.due |= {"quick", "slow"}
    dispatcher.wake()
    until(lambda: bool(desk.under_way))
    desk.under_way[0].done(["quick"])
    assert dispatcher.under_way == {"slow"}
    desk.due.add("quick")
    dispatcher.wake()
    until(lambda: desk.batches == [("quick", "slow"), ("quick",)])
    dispatcher.cut(["slow"])
    until(lambda: desk.stopped == [("quick", "slow")])
    assert dispatcher.under_way == {"quick"}


def test_a_batch_that_straggles_makes_room_for_as_many_as_there_are_children(
    desk: Desk, started: Callable[..., Dispatcher]
) -> None:
    dispatcher = started(children=1, straggling_s=0, poll_s=0.05)
    for number in range(3):
        desk.due.add(f"outlet-{number}")
        if number < 2:
            until(lambda number=number: f"outlet-{number}" in dispatcher.under_way)  # type: ignore[misc]  # a lambda's default has no type
    assert (len(desk.batches), desk.due) == (2, {"outlet-2"})
    desk.go.set()
    until(lambda: len(desk.batches) == 3)


def test_a_batch_that_works_leaves_no_room(desk: Desk, started: Callable[..., Dispatcher]) -> None:
    dispatcher = started(children=1, poll_s=0.02)
    desk.due.add("a")
    until(lambda: dispatcher.under_way == {"a"})
    desk.due.add("b")
    time.sleep(0.2)  # ten looks; that nothing happens has no event
    assert (desk.batches, desk.due) == ([("a",)], {"b"})


def test_what_nobody_told_about_is_found_by_looking(desk: Desk, started: Callable[..., Dispatcher]) -> None:
    dispatcher = started(poll_s=0.05)
    until(lambda: dispatcher.looks_in_vain > 0)
    desk.due.add("a")
    until(lambda: desk.batches == [("a",)])


def test_a_crawl_can_be_cut_short_and_the_others_go_on(desk: Desk, started: Callable[..., Dispatcher]) -> None:
    dispatcher = started(children=2)
    for slug in ("a", "b"):
        desk.due.add(slug)
        dispatcher.wake()
        until(lambda slug=slug: slug in dispatcher.under_way)  # type: ignore[misc]  # a lambda's default has no type
    dispatcher.cut(["b", "nobody"])
    until(lambda: desk.stopped == [("b",)])
    assert dispatcher.under_way == {"a"}
    dispatcher.cut()
    until(lambda: desk.stopped == [("b",), ("a",)])


def test_closing_begins_nothing_new_and_ends_what_is_under_way(desk: Desk, started: Callable[..., Dispatcher]) -> None:
    dispatcher = started()
    desk.due.add("a")
    dispatcher.wake()
    until(lambda: dispatcher.under_way == {"a"})
    desk.due.add("b")
    assert dispatcher.close(30)
    assert (desk.stopped, desk.batches, desk.due) == ([("a",)], [("a",)], {"b"})


def test_a_crawl_or_a_look_that_breaks_does_not_end_the_thread(desk: Desk, started: Callable[..., Dispatcher]) -> None:
    desk.broken = [ValueError("a bug"), BackendUnavailable("the store is away")]
    desk.due.add("breaks")
    started(poll_s=0.05)
    until(lambda: desk.batches == [("breaks",)])
    desk.due.add("a")
    until(lambda: desk.batches == [("breaks",), ("a",)])
