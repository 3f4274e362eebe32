"""One source asked once: conditional request, what its answer means, and its entries' way into the frontier.

New and changed entries enter the frontier in the transaction that saves the source's state (ETag, hash): a process killed in
between asks the source again, one killed afterwards finds the entries waiting. When to ask is `crawler.discovery.polling`.
"""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import structlog

from crawler.addresses import canonical_address, host_of
from crawler.discovery.reading import FeedReading, SitemapReading, UnreadableSource
from crawler.errors import BackendUnavailable, FetchLater, FetchNever, NormalizeError
from crawler.model.article import article_id
from crawler.model.feed import FeedEntry, FeedState
from crawler.model.outlet import Outlet, Source
from crawler.model.run import Outcome, SourceReport, SourceStatus
from crawler.spiders.fetching import FEED_BYTES, Answer, Wanted
from crawler.spiders.readers import read_source
from crawler.spiders.run_parts import RunParts
from crawler.spiders.tally import Tally
from crawler.spiders.walls import is_challenge
from crawler.store import articles, dead_letters, frontier, sources
from crawler.store.dead_letters import DeadLetter
from crawler.store.frontier import FrontierItem, FrontierReason

log = structlog.get_logger("crawler")

GONE_AGAIN_S, LETTER_AGAIN_S = 3600.0, 86400.0
"""An entry that gave no article is not fetched again for a day, however often its feed changes; one that was not there yet
(feeds run ahead of their pages) for an hour."""
MAX_CHILDREN = 10
"""Sitemaps of an index asked in one run, the newest first."""


class SourcePoll:
    """Asks one source of an outlet, and the sitemaps that it lists."""

    def __init__(self, parts: RunParts, outlet: Outlet, source: Source) -> None:
        self._parts, self._outlet, self._source = parts, outlet, source
        self._zone = ZoneInfo(outlet.timezone)

    async def run(self, tally: Tally) -> list[SourceReport]:
        """Ask it if it is due; the reports of the source and of its sitemaps. Raises BackendUnavailable only."""
        states = await self._parts.ledger.read(lambda connection: sources.read_states(connection, self._outlet.slug))
        report, children = await self._ask(self._source.url, states, tally)
        reports = [report] if report else []
        for url in children[:MAX_CHILDREN]:
            if not self._parts.stopping.is_set():
                child, _ = await self._ask(url, states, tally)
                reports += [child] if child else []
        return reports

    async def _ask(self, url: str, states: dict[str, FeedState], tally: Tally) -> tuple[SourceReport | None, list[str]]:
        now = self._parts.now()
        state = states.get(url) or FeedState(url=url, outlet=self._outlet.slug)
        if not self._parts.plan.force and not is_due(state, now):
            return None, []
        asked = state.moved_to or url
        wanted = Wanted(
            url=asked, outlet=self._outlet, headers={} if self._parts.plan.force else conditional_headers(state, now),
            max_bytes=FEED_BYTES, also_from=tuple(filter(None, (host_of(url), host_of(asked)))),
        )  # fmt: skip
        try:
            answer = await self._parts.fetcher.fetch(wanted)
            return await self._judge(state, answer, states, tally)
        except BackendUnavailable:
            raise
        except FetchLater as later:
            return await self._failed(state, SourceStatus.UNREACHABLE, later.reason, later.retry_after_s), []
        except FetchNever as never:
            return await self._failed(state, SourceStatus.REFUSED, never.reason), []
        except Exception as error:  # a bug must cost one source, not the run
            log.exception("a source broke", outlet=self._outlet.slug, url=url)
            return await self._failed(state, SourceStatus.UNREADABLE, f"{type(error).__name__}: {error}"), []

    async def _judge(
        self, state: FeedState, answer: Answer, states: dict[str, FeedState], tally: Tally
    ) -> tuple[SourceReport, list[str]]:
        """What the answer is: nothing new, a failure, or something to read."""
        status = answer.status
        if status == 304:
            return await self._unchanged(state, answer, SourceStatus.NOT_MODIFIED), self._known_children(states)
        if is_challenge(answer.header) or status in (401, 402, 403, 407, 451, 511):
            return await self._failed(state, SourceStatus.BLOCKED, f"HTTP {status}"), []
        if status in (404, 410):
            return await self._failed(state, SourceStatus.GONE, f"HTTP {status}", gone=status == 410), []
        if not 200 <= status < 300:
            return await self._failed(state, SourceStatus.UNREACHABLE, f"HTTP {status}"), []
        if sha256(answer.body).hexdigest() == state.body_sha256 and not self._parts.plan.force:
            return await self._unchanged(state, answer, SourceStatus.SAME_BODY), self._known_children(states)
        try:
            reading = await self._read(answer)
        except (UnreadableSource, NormalizeError) as error:
            return await self._failed(state, SourceStatus.UNREADABLE, error.reason), []
        children = [url for url, _ in newest_children(reading)] if isinstance(reading, SitemapReading) else []
        return await self._enter(state, answer, reading, tally), children

    async def _read(self, answer: Answer) -> FeedReading | SitemapReading:
        now = answer.fetched_at.astimezone(self._zone)
        said = (answer.final_url, answer.header("content-type"))
        future = self._parts.pool.submit(read_source, self._source, self._outlet, answer.body, said, now)
        return await asyncio.wrap_future(future)

    def _known_children(self, states: dict[str, FeedState]) -> list[str]:
        """Sitemaps met before in an index of this outlet: an index that is unchanged says nothing of them."""
        if self._source.kind not in (SourceKind.SITEMAP, SourceKind.NEWS_SITEMAP):
            return []
        main = {source.url for source in self._outlet.sources}
        known = [state for url, state in states.items() if url not in main and state.polled_at]
        return [one.url for one in sorted(known, key=lambda one: one.polled_at or self._parts.now(), reverse=True)]

    async def _unchanged(self, state: FeedState, answer: Answer, status: SourceStatus) -> SourceReport:
        after = polled_unchanged(state, answer, self._parts.now())
        await self._parts.ledger.write(lambda connection: sources.save_state(connection, after))
        return SourceReport(url=state.url, status=status)

    async def _failed(
        self, state: FeedState, status: SourceStatus, reason: str, retry_after_s: float | None = None, *, gone: bool = False
    ) -> SourceReport:
        after = polled_in_vain(state, reason, self._parts.now(), retry_after_s, gone=gone)
        await self._parts.ledger.write(lambda connection: sources.save_state(connection, after))
        return SourceReport(url=state.url, status=status, error=reason)

    async def _enter(self, state: FeedState, answer: Answer, reading: FeedReading | SitemapReading, tally: Tally) -> SourceReport:
        """Entries that are new, or that their source says have changed, wait from now on, and the state is saved with them."""
        now = self._parts.now()
        entries = [entry for entry in reading.entries if matches(entry, self._source)]
        addressed = [(canonical_address(entry.url, self._outlet.keep_query), entry) for entry in entries]
        met = {url: entry for url, entry in reversed(addressed) if url is not None}
        after = polled(state, answer, reading, now)

        def enter(connection: sa.Connection) -> set[str]:
            items = self._choose(connection, met, now)
            frontier.queue(connection, items, now)
            sources.save_state(connection, after)
            return {item.url for item in items}

        queued = await self._parts.ledger.write(enter)
        tally.add_entries(len(entries), queued, refused=sum(url is None for url, _ in addressed))
        status = SourceStatus.OK if reading.entries or getattr(reading, "children", ()) else SourceStatus.EMPTY
        return SourceReport(url=state.url, status=status, entries=len(entries), error="; ".join(reading.warnings)[:500] or None)

    def _choose(self, connection: sa.Connection, met: dict[str, FeedEntry], now: datetime) -> list[FrontierItem]:
        """Those of the entries whose page is to be fetched: one query each for articles, waiting entries and dead letters."""
        known = articles.known_addresses(connection, met)
        waiting = frontier.waiting(connection, self._outlet.slug, met)
        keys = {url: article_id(url) for url in met if url not in known}
        letters = dead_letters.letters_of(connection, keys.values(), now - timedelta(seconds=LETTER_AGAIN_S))
        items: list[FrontierItem] = []
        for url, entry in met.items():
            one = known.get(url)
            if url in waiting:
                continue
            if one is not None:
                wanted = self._parts.plan.force or _has_changed(entry, one.source_updated_at or one.last_fetched_at)
            else:
                wanted = self._parts.plan.force or _may_try(entry, letters.get(keys[url]), now)
            if wanted:
                items.append(
                    FrontierItem(
                        url=url, outlet=self._outlet.slug, entry=self._with_section(entry), next_try_at=now,
                        reason=FrontierReason.CHANGED if one else FrontierReason.NEW, article_id=one.id if one else None,
                    )
                )  # fmt: skip
        return items

    def _with_section(self, entry: FeedEntry) -> FeedEntry:
        section = entry.section or self._source.section
        return dataclasses.replace(entry, section=section, source=entry.source or self._source.url)


def _has_changed(entry: FeedEntry, since: datetime) -> bool:
    return entry.updated_at is not None and entry.updated_at > since


def _may_try(entry: FeedEntry, letter: DeadLetter | None, now: datetime) -> bool:
    """Whether an entry that gave no article lately may be fetched again."""
    if letter is None or _has_changed(entry, letter.last_at):
        return True
    again_s = GONE_AGAIN_S if letter.detail.get("outcome") == Outcome.GONE else LETTER_AGAIN_S
    return letter.last_at + timedelta(seconds=again_s) <= now
