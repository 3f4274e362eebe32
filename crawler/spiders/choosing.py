"""Which of a source's entries are fetched: the new, and those that their source says have changed. One query each for articles,
waiting entries and dead letters, before any page is asked for.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from crawler.addresses import canonical_address
from crawler.discovery.sections import matches_pattern
from crawler.discovery.traps import PatternBudget, trap_reason
from crawler.model.article import article_id
from crawler.model.feed import FeedEntry
from crawler.model.outlet import Outlet, Source, SourceKind
from crawler.model.run import Outcome
from crawler.store import articles, dead_letters, frontier
from crawler.store.dead_letters import DeadLetter
from crawler.store.frontier import FrontierItem, FrontierReason

GONE_AGAIN_S, LETTER_AGAIN_S = 3600.0, 86400.0
"""An entry that gave no article is not fetched again for a day, however often its feed changes; one that was not there yet
(feeds run ahead of their pages) for an hour."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SortedOut:
    """A source's entries before the store is asked."""

    count: int
    met: Mapping[str, FeedEntry]
    """Canonical address -> its first entry."""
    refused: int
    """No web address, or a spider trap."""
    left_out: int
    """Beyond the run's budget of addresses of one shape (SAFETY A19)."""


class Choosing:
    """Chooses for one outlet in one run."""

    def __init__(self, outlet: Outlet, *, force: bool) -> None:
        self._outlet, self._force = outlet, force
        self._shapes = PatternBudget()

    def sort_out(self, entries: Iterable[FeedEntry], source: Source) -> SortedOut:
        """Entries by canonical address; feeds are taken as they are, links of section pages and sitemaps may be traps."""
        chosen = [self._completed(entry, source) for entry in entries if matches_pattern(entry.url, source.link_pattern)]
        met: dict[str, FeedEntry] = {}
        refused = left_out = 0
        for entry in chosen:
            url = canonical_address(entry.url, self._outlet.keep_query)
            if url is None or (source.kind is not SourceKind.FEED and trap_reason(entry.url)):
                refused += 1
            elif url not in met and source.kind is SourceKind.SECTION and not self._shapes.takes(url):
                left_out += 1
            else:
                met.setdefault(url, entry)
        return SortedOut(count=len(chosen), met=met, refused=refused, left_out=left_out)

    def choose(self, connection: sa.Connection, met: Mapping[str, FeedEntry], now: datetime) -> list[FrontierItem]:
        """Those whose page is to be fetched."""
        known = articles.known_addresses(connection, met)
        waiting = frontier.waiting(connection, self._outlet.slug, met)
        keys = {url: known[url].id if url in known else article_id(url) for url in met}
        letters = dead_letters.letters_of(connection, keys.values(), now - timedelta(seconds=LETTER_AGAIN_S))
        items: list[FrontierItem] = []
        for url, entry in met.items():
            one = known.get(url)
            if url in waiting:
                continue
            wanted = one is None or _has_changed(entry, one.source_updated_at or one.last_fetched_at)
            wanted = wanted and _may_try(entry, letters.get(keys[url]), now)
            if wanted or self._force:
                items.append(
                    FrontierItem(
                        url=url, outlet=self._outlet.slug, entry=entry, next_try_at=now, article_id=one.id if one else None,
                        reason=FrontierReason.CHANGED if one else FrontierReason.NEW,
                    )
                )  # fmt: skip
        return items

    def _completed(self, entry: FeedEntry, source: Source) -> FeedEntry:
        return dataclasses.replace(entry, section=entry.section or source.section, source=entry.source or source.url)


def _has_changed(entry: FeedEntry, since: datetime) -> bool:
    return entry.updated_at is not None and entry.updated_at > since


def _may_try(entry: FeedEntry, letter: DeadLetter | None, now: datetime) -> bool:
    """Whether an entry that gave no article lately may be fetched again."""
    if letter is None or _has_changed(entry, letter.last_at):
        return True
    again_s = GONE_AGAIN_S if letter.detail.get("outcome") == Outcome.GONE else LETTER_AGAIN_S
    return letter.last_at + timedelta(seconds=again_s) <= now
