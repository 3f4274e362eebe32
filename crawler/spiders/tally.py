"""Counting: each entry, revisit and carried item ends in exactly one outcome, and the sums say so."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields, replace

from crawler.model.article import Access, Article, PublishedFrom
from crawler.model.observed import NewArticles, Observed, Wall
from crawler.model.run import Outcome, OutletReport, SourceReport
from crawler.model.template import Sighting


class Tally:
    """The count of one outlet's run."""

    def __init__(self, outlet: str) -> None:
        self._outlet = outlet
        self._outcomes: Counter[Outcome] = Counter()
        self._entries = self._revisits = self._carried = 0
        self._fresh: set[str] = set()
        self.sources: list[SourceReport] = []
        self._told = 0
        self._new: Counter[str] = Counter()
        self._walls: Counter[Wall] = Counter()
        self.pages_fetched = 0
        self.error: str | None = None

    def add_source(self, report: SourceReport) -> None:
        """A source was asked."""
        self.sources.append(report)

    def add_entries(self, count: int, queued: set[str], refused: int = 0, later: int = 0) -> None:
        """`count` entries were read: those in `queued` wait now, `refused` and `later` do not, the rest was seen before."""
        self._entries += count
        self._fresh |= queued
        self._outcomes[Outcome.REFUSED] += refused
        self._outcomes[Outcome.LATER] += later
        self._outcomes[Outcome.SEEN] += count - len(queued) - refused - later

    def add_told(self, count: int) -> None:
        """A source told so many entries not met before."""
        self._told += count

    def note_page(self, outcome: Outcome, article: Article, sighting: Sighting | None) -> None:
        """A page was filed: what a new article holds, and what its page said of the outlet's template."""
        if sighting is not None:
            self._new.update(misfits=not sighting.fits, canaries=sighting.agreement is not None, low=sighting.low)
        if outcome is Outcome.NEW:
            self._new.update(
                count=1, words=article.fingerprint.words, with_authors=bool(article.authors), with_lead=bool(article.lead),
                with_date=article.published_from is not PublishedFrom.FIRST_FETCH, with_image=bool(article.image_url),
                paid=article.access in (Access.PAID, Access.METERED), by_template=sighting is not None and sighting.fits and not sighting.low,
            )  # fmt: skip

    def note_wall(self, wall: Wall) -> None:
        """A page was not had for this wall."""
        self._walls[wall] += 1

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

    def report(self, observed: Observed | None = None) -> OutletReport:
        """The outlet's report; what was queued and not settled is LATER. `observed`: what was seen besides, completed here."""
        outcomes = self._outcomes.copy()
        outcomes[Outcome.LATER] += len(self._fresh)
        counted = {outcome: outcomes[outcome] for outcome in Outcome if outcomes[outcome]}
        new = NewArticles(**{one.name: self._new[one.name] for one in fields(NewArticles)})
        observed = replace(observed or Observed(), told=self._told, new=new, walls=dict(self._walls))
        return OutletReport(
            outlet=self._outlet, entries=self._entries, revisits=self._revisits, carried=self._carried,
            pages_fetched=self.pages_fetched, outcomes=counted, sources=tuple(self.sources), error=self.error,
            observed=observed,
        )  # fmt: skip
