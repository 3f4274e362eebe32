"""Counting: each entry, revisit and carried item ends in exactly one outcome, and the sums say so."""

from __future__ import annotations

from collections import Counter

from crawler.model.run import Outcome, OutletReport, SourceReport


class Tally:
    """The count of one outlet's run."""

    def __init__(self, outlet: str) -> None:
        self._outlet = outlet
        self._outcomes: Counter[Outcome] = Counter()
        self._entries = self._revisits = self._carried = 0
        self._fresh: set[str] = set()
        self._sources: list[SourceReport] = []
        self.pages_fetched = 0
        self.error: str | None = None

    def add_source(self, report: SourceReport) -> None:
        """A source was asked."""
        self._sources.append(report)

    def add_entries(self, count: int, queued: set[str], refused: int = 0, later: int = 0) -> None:
        """`count` entries were read: those in `queued` wait now, `refused` and `later` do not, the rest was seen before."""
        self._entries += count
        self._fresh |= queued
        self._outcomes[Outcome.REFUSED] += refused
        self._outcomes[Outcome.LATER] += later
        self._outcomes[Outcome.SEEN] += count - len(queued) - refused - later

    def add_revisits(self, queued: set[str]) -> None:
        """Known articles that are due wait now."""
        self._revisits += len(queued)
        self._fresh |= queued

    def settle(self, url: str, outcome: Outcome) -> None:
        """The item of this address ended so; an item of an earlier run counts as carried."""
        if url in self._fresh:
            self._fresh.remove(url)
        else:
            self._carried += 1
        self._outcomes[outcome] += 1

    def report(self) -> OutletReport:
        """The outlet's report; what was queued and not settled is LATER."""
        outcomes = self._outcomes.copy()
        outcomes[Outcome.LATER] += len(self._fresh)
        counted = {outcome: outcomes[outcome] for outcome in Outcome if outcomes[outcome]}
        return OutletReport(
            outlet=self._outlet, entries=self._entries, revisits=self._revisits, carried=self._carried,
            pages_fetched=self.pages_fetched, outcomes=counted, sources=tuple(self._sources), error=self.error,
        )  # fmt: skip
