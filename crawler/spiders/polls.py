"""One source asked once: conditional request, what its answer means, and its entries' way into the frontier.

New and changed entries enter the frontier in the transaction that saves the source's state (ETag, hash): a process killed in
between asks the source again, one killed afterwards finds the entries waiting. When to ask is `crawler.discovery.polling`,
which entries are fetched is `choosing`.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import structlog

from crawler.addresses import host_of
from crawler.discovery.freshness import stated_freshness
from crawler.discovery.polling import (
    CLOCKS_DIFFER,
    PollAnswer,
    address_to_ask,
    conditional_headers,
    is_due,
    next_state,
    status_of,
)
from crawler.discovery.reading import FeedReading, SitemapReading, UnreadableSource
from crawler.discovery.sitemap import fresh_children
from crawler.errors import BackendUnavailable, FetchLater, FetchNever, NormalizeError
from crawler.model.article import article_id
from crawler.model.feed import FeedState
from crawler.model.observed import Trouble
from crawler.model.outlet import Outlet, Source, SourceKind
from crawler.model.run import SourceReport, SourceStatus
from crawler.spiders.choosing import Choosing
from crawler.spiders.fetching import FEED_BYTES, Answer, Wanted
from crawler.spiders.observing import status_in, trouble_of
from crawler.spiders.readers import read_source
from crawler.spiders.retry_after import read_retry_after
from crawler.spiders.run_parts import RunParts
from crawler.spiders.tally import Tally
from crawler.spiders.walls import is_challenge
from crawler.store import dead_letters, frontier, sources
from crawler.store.frontier import FrontierItem, FrontierReason

MAX_CHILDREN = 5
"""Sitemaps of an index asked in one run."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
log = structlog.get_logger("crawler")


class SourcePoll:
    """Asks one source of an outlet, and the sitemaps that it lists."""

    def __init__(self, parts: RunParts, outlet: Outlet, source: Source, choosing: Choosing) -> None:
        self._parts, self._outlet, self._source, self._choosing = parts, outlet, source, choosing
        self._zone = ZoneInfo(outlet.timezone)

    async def run(self, tally: Tally) -> list[SourceReport]:
        """Ask it if it is due; the reports of the source and of its sitemaps. Raises BackendUnavailable only."""
        states = await self._parts.ledger.read(lambda connection: sources.read_states(connection, self._outlet.slug))
        report, children = await self._ask(self._source.url, states, tally)
        reports = [report] if report else []
        for url in children:
            if not self._parts.stopping.is_set():
                child, _ = await self._ask(url, states, tally)
                reports += [child] if child else []
        return reports

    async def _ask(self, url: str, states: dict[str, FeedState], tally: Tally) -> tuple[SourceReport | None, list[str]]:
        now, force = self._parts.now(), self._parts.plan.force
        state = states.get(url) or FeedState(url=url, outlet=self._outlet.slug)
        if not force and not is_due(state, now):
            return None, []
        validators = {} if force else conditional_headers(state, now)
        started = asyncio.get_running_loop().time()
        report, children = await self._answered(state, validators, (states, tally))
        return dataclasses.replace(report, seconds=round(asyncio.get_running_loop().time() - started, 3)), children

    async def _answered(
        self, state: FeedState, validators: dict[str, str], context: tuple[dict[str, FeedState], Tally]
    ) -> tuple[SourceReport, list[str]]:
        """Ask now, and what came of it."""
        url, asked = state.url, address_to_ask(state)
        wanted = Wanted(
            url=asked, outlet=self._outlet, headers=validators, max_bytes=FEED_BYTES,
            also_from=tuple(filter(None, (host_of(url), host_of(asked)))),
        )  # fmt: skip
        try:
            answer = await self._parts.fetcher.fetch(wanted)
            return await self._judge(state, answer, bool(validators), context)
        except BackendUnavailable:
            raise
        except FetchLater as later:
            poll = PollAnswer(error=later.reason, retry_after_s=later.retry_after_s)
            return await self._save(state, poll, SourceStatus.UNREACHABLE, later.reason), []
        except FetchNever as never:
            return await self._save(state, PollAnswer(error=never.reason), SourceStatus.REFUSED, never.reason), []
        except Exception as error:  # a bug must cost one source, not the run
            log.exception("a source broke", outlet=self._outlet.slug, url=url)
            reason = f"{type(error).__name__}: {error}"
            return await self._save(state, PollAnswer(error=reason), SourceStatus.UNREADABLE, reason), []

    async def _judge(
        self, state: FeedState, answer: Answer, conditional: bool, context: tuple[dict[str, FeedState], Tally]
    ) -> tuple[SourceReport, list[str]]:
        """What the answer is: nothing new, a failure, or something to read."""
        states, tally = context
        poll = PollAnswer(
            status=answer.status, etag=answer.header("etag"), last_modified=answer.header("last-modified"), body=answer.body,
            retry_after_s=read_retry_after(answer.header("retry-after"), answer.fetched_at), conditional=conditional, moved_to=answer.moved_to,
        )  # fmt: skip
        status = status_of(state, poll)
        if is_challenge(answer.header):
            status, poll = SourceStatus.BLOCKED, dataclasses.replace(poll, error="a challenge for browsers")
        if status is SourceStatus.SAME_BODY and self._parts.plan.force:
            status = SourceStatus.OK
        if status in (SourceStatus.NOT_MODIFIED, SourceStatus.SAME_BODY):
            return await self._save(state, poll, status), self._known_children(states)
        if status is not SourceStatus.OK:
            return await self._save(state, poll, status, poll.error or f"HTTP {answer.status}"), []
        try:
            reading = await self._read(answer)
        except (UnreadableSource, NormalizeError) as error:
            poll = dataclasses.replace(poll, error=error.reason)
            return await self._save(state, poll, SourceStatus.UNREADABLE, error.reason), []
        poll = dataclasses.replace(poll, **_pace(answer, reading))
        children = list(fresh_children(reading, self._parts.now(), MAX_CHILDREN)) if isinstance(reading, SitemapReading) else []
        return await self._enter(state, poll, reading, tally), children

    async def _read(self, answer: Answer) -> FeedReading | SitemapReading:
        now = answer.fetched_at.astimezone(self._zone)
        said = (answer.final_url, answer.header("content-type"))
        future = self._parts.pool.submit(read_source, self._source, self._outlet, answer.body, said, now)
        return await asyncio.wrap_future(future)

    def _known_children(self, states: dict[str, FeedState]) -> list[str]:
        """Sitemaps asked before that are no source of their own: an index that is unchanged says nothing of them."""
        if self._source.kind not in (SourceKind.SITEMAP, SourceKind.NEWS_SITEMAP):
            return []
        main = {source.url for source in self._outlet.sources}
        polled = sorted((one.polled_at, url) for url, one in states.items() if url not in main and one.polled_at)
        recent = [url for at, url in reversed(polled) if at >= polled[-1][0] - timedelta(days=3)]
        return recent[:MAX_CHILDREN]

    async def _save(self, state: FeedState, poll: PollAnswer, status: SourceStatus, reason: str | None = None) -> SourceReport:
        after = next_state(state, dataclasses.replace(poll, meaning=status), self._parts.now())
        await self._parts.ledger.write(lambda connection: sources.save_state(connection, after))
        failed = status not in (SourceStatus.NOT_MODIFIED, SourceStatus.SAME_BODY)
        return SourceReport(
            url=state.url, status=status, error=reason, trouble=_trouble(status, reason or "") if failed else None,
            http_status=poll.status or status_in(reason or ""), newest_at=after.newest_at, moved_to=poll.moved_to or after.moved_to,
        )  # fmt: skip

    async def _enter(
        self, state: FeedState, poll: PollAnswer, reading: FeedReading | SitemapReading, tally: Tally
    ) -> SourceReport:
        """What is to be fetched waits from now on, and the state is saved with it."""
        now = self._parts.now()
        status = SourceStatus.OK if reading.entries or getattr(reading, "children", ()) else SourceStatus.EMPTY
        entries = self._choosing.sort_out(reading.entries, self._source)

        def enter(connection: sa.Connection) -> tuple[set[str], int]:
            items = self._choosing.choose(connection, entries.met, now)
            frontier.queue(connection, items, now)
            new = _count_new(connection, items)
            after = next_state(state, dataclasses.replace(poll, meaning=status, told=len(entries.met), new=new), now)
            if entries.left_out:  # they come with the next poll, which must not end at "unchanged"
                after = dataclasses.replace(after, etag=None, last_modified=None, body_sha256=None)
            sources.save_state(connection, after)
            return {item.url for item in items}, new

        queued, new = await self._parts.ledger.write(enter)
        tally.add_entries(entries.count, queued, refused=entries.refused, later=entries.left_out)
        tally.add_told(new)
        return SourceReport(
            url=state.url, status=status, entries=entries.count, error="; ".join(reading.warnings)[:500] or None, http_status=poll.status,
            told=new, newest_at=poll.newest_at, moved_to=poll.moved_to or state.moved_to,
        )  # fmt: skip


def _count_new(connection: sa.Connection, items: Sequence[FrontierItem]) -> int:
    """Those not met before; an entry that gave no article once, and is tried again, was met."""
    new = [article_id(item.url) for item in items if item.reason is FrontierReason.NEW]
    return len(new) - len(dead_letters.letters_of(connection, new, _EPOCH))


def _trouble(status: SourceStatus, reason: str) -> Trouble:
    return Trouble.CONTENT if status is SourceStatus.UNREADABLE else trouble_of(reason)


def _pace(answer: Answer, reading: FeedReading | SitemapReading) -> dict[str, Any]:
    """What an answer that was read says of the source's pace, as fields of `PollAnswer`."""
    headers = stated_freshness(answer.header("cache-control"), answer.header("expires"), answer.header("date"))
    said = [seconds for seconds in (headers, getattr(reading, "ttl_s", None)) if seconds]
    latest = answer.fetched_at + CLOCKS_DIFFER
    published = [
        entry.published_at for entry in reading.entries if entry.published_at is not None and entry.published_at <= latest
    ]
    return {"fresh_s": max(said, default=None), "newest_at": max(published, default=None)}
