"""Figures that take long to count: asked for at once, counted by one, beside."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from crawler.errors import BackendUnavailable
from indexer import kept_figures
from indexer.kept_figures import KeptFigures


class Counting:
    """Counts its own calls; each waits until it is let go."""

    def __init__(self) -> None:
        self.calls, self.inside, self.most = 0, 0, 0
        self.entered, self.go = threading.Event(), threading.Event()
        self.is_away = False
        self.go.set()

    def __call__(self) -> int:
        self.calls += 1
        self.inside += 1
        self.most = max(self.most, self.inside)
        self.entered.set()
        assert self.go.wait(60)
        self.inside -= 1
        if self.is_away:
            raise BackendUnavailable("the store is away")
        return self.calls


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counting]:
    """Every counting is long, and every figure is old at once."""
    monkeypatch.setattr(kept_figures, "SHORT_S", -1.0)
    monkeypatch.setattr(kept_figures, "SHARE", 1e9)
    counting = Counting()
    yield counting
    counting.go.set()


def test_who_asks_gets_the_last_figure_at_once_while_one_counts_anew(slow: Counting) -> None:
    kept = KeptFigures(slow, 0.0)
    assert kept.get() == 1
    slow.entered.clear()
    slow.go.clear()
    assert [kept.get() for _ in range(5)] == [1] * 5
    assert slow.entered.wait(60)
    slow.go.set()
    kept.close()
    assert kept.get() == 2 and slow.most == 1


def test_the_first_askers_wait_for_one_counting(slow: Counting) -> None:
    kept, found = KeptFigures(slow, 60.0), []
    slow.go.clear()
    askers = [threading.Thread(target=lambda: found.append(kept.get())) for _ in range(4)]
    for one in askers:
        one.start()
    assert slow.entered.wait(60)
    slow.go.set()
    for one in askers:
        one.join(60)
    assert found == [1] * 4 and slow.calls == 1


def test_while_the_store_is_away_the_figures_stay_and_without_any_it_is_said(slow: Counting) -> None:
    kept = KeptFigures(slow, 0.0)
    slow.is_away = True
    with pytest.raises(BackendUnavailable):
        kept.get()
    slow.is_away = False
    assert kept.get() == 2
    slow.is_away = True
    assert kept.get() == 2
    kept.close()
    slow.is_away = False
    assert kept.get() == 2
    kept.close()
    assert kept.get() == 4, "the third failed"


def test_what_is_counted_quickly_is_counted_while_the_asker_waits() -> None:
    counting = Counting()
    kept = KeptFigures(counting, 0.0)
    assert kept.get() == 1
    kept._at = float("-inf")  # its time is over
    assert kept.get() == 2


def test_a_figure_is_kept_so_long_that_counting_takes_a_hundredth_of_the_time() -> None:
    counting = Counting()
    kept = KeptFigures(counting, 1e9)
    assert [kept.get() for _ in range(3)] == [1, 1, 1]
    kept = KeptFigures(counting, 0.0)
    assert kept.get() == 2
    kept._took_s = 1e6
    assert kept.get() == 2 and counting.calls == 2
