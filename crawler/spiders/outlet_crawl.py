"""One outlet in one run: its sources are polled, then its waiting entries are taken up, gently, until the budget is spent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import sqlalchemy as sa
import structlog

from crawler.addresses import canonical_address
from crawler.model.feed import FeedEntry
from crawler.model.observed import Observed
from crawler.model.outlet import Outlet
from crawler.model.run import Outcome, OutletReport, SourceReport, SourceStatus
from crawler.spiders.choosing import Choosing
from crawler.spiders.entries import EntryWork
from crawler.spiders.known import KnownOutlet
from crawler.spiders.observing import robots_state, tls_state
from crawler.spiders.polls import SourcePoll
from crawler.spiders.robots import MAX_CRAWL_DELAY_S
from crawler.spiders.run_parts import RunParts
from crawler.spiders.tally import Tally
from crawler.store import articles, frontier
from crawler.store.frontier import FrontierItem, FrontierReason

TROUBLES_IN_A_ROW = 5
"""An outlet whose server fails or refuses so often in a row is left alone till the next run; the rest waits untouched."""
SLOW_RUN_S = 900.0
"""An outlet that asks for a page a minute or less gets as many pages a run as a quarter of an hour holds."""
_FAR_S = 366 * 86400.0
log = structlog.get_logger("crawler")


class OutletCrawl:
    """The run of one outlet, whose lease is held."""

    def __init__(self, parts: RunParts, outlet: Outlet) -> None:
        self._parts, self._outlet = parts, outlet
        self._tally = Tally(outlet.slug)
        self._known = KnownOutlet(parts, outlet)
        self._work = EntryWork(parts, outlet, self._known, self._tally)
        self._began: float | None = None
        self._ended: float | None = None
        self._choosing = Choosing(outlet, force=parts.plan.force)

    async def run(self) -> None:
        """Poll and fetch. Raises BackendUnavailable when the store is lost; any other trouble is in the report."""
        clock = asyncio.get_running_loop().time
        self._began = clock()
        try:
            await self._run()
        finally:
            self._ended = clock()

    async def _run(self) -> None:
        plan = self._parts.plan
        await self._known.open()
        if plan.urls and self._outlet.slug == plan.outlets[0].slug:
            await self._take_all(await self._queue_single(plan.urls))
            return
        reachable = await self._poll_sources()
        if reachable and not self._parts.stopping.is_set():
            await self._queue_revisits()
            await self._take_all(await self._due())

    def fail(self, reason: str) -> None:
        """Our own failure ended the outlet's run."""
        self._tally.error = reason

    def report(self) -> OutletReport:
        """What came of it so far."""
        self._tally.pages_fetched = self._work.pages_fetched
        asked = self._tally.sources
        elapsed_s = round(self._ended - self._began, 3) if self._began is not None and self._ended is not None else 0.0
        return self._tally.report(
            Observed(
                traffic=self._parts.fetcher.traffic_of(self._outlet), elapsed_s=elapsed_s,
                robots=robots_state(self._outlet, asked), tls=tls_state(self._outlet, asked),
            )
        )  # fmt: skip

    async def _poll_sources(self) -> bool:
        """Ask each source; False when none of those asked could be reached."""
        answers: list[SourceReport] = []
        for source in self._outlet.sources:
            if self._parts.stopping.is_set():
                return False
            poll = SourcePoll(self._parts, self._outlet, source, self._choosing)
            for report in await poll.run(self._tally):
                self._tally.add_source(report)
                answers += [report] if report.url == source.url else []
        if answers and all(report.status is SourceStatus.UNREACHABLE for report in answers):
            self._tally.error = answers[0].error
            return False
        return True

    async def _queue_single(self, urls: tuple[str, ...]) -> list[FrontierItem]:
        """The addresses of `crawl --url` as entries to be taken now, whatever is known of them."""
        now = self._parts.now()
        addresses = {url: canonical_address(url, self._outlet.keep_query) for url in dict.fromkeys(urls)}
        wanted = {canonical: url for url, canonical in addresses.items() if canonical}

        def queue(connection: sa.Connection) -> list[FrontierItem]:
            known = articles.known_addresses(connection, wanted)
            items = [
                FrontierItem(
                    url=canonical, outlet=self._outlet.slug, entry=FeedEntry(url=url), reason=FrontierReason.SINGLE,
                    article_id=known[canonical].id if canonical in known else None, next_try_at=now,
                )
                for canonical, url in wanted.items()
            ]  # fmt: skip
            for item in items:
                frontier.leave(connection, item.outlet, item.url)
            frontier.queue(connection, items, now)
            return items

        items = await self._parts.ledger.write(queue)
        self._tally.add_entries(len(addresses), set(wanted), refused=len(addresses) - len(wanted))
        return items

    async def _queue_revisits(self) -> None:
        """Known articles whose next visit is due."""
        now = self._parts.now()

        def queue(connection: sa.Connection) -> set[str]:
            due = {url: one for one, url in articles.due_visits(connection, self._outlet.slug, now, self._budget())}
            known = articles.known_addresses(connection, due)
            waiting = frontier.waiting(connection, self._outlet.slug, due)
            due = {url: one for url, one in due.items() if url not in waiting}
            items = [
                FrontierItem(
                    url=url, outlet=self._outlet.slug, reason=FrontierReason.REVISIT, article_id=one, next_try_at=now,
                    entry=FeedEntry(url=url, updated_at=known[url].source_updated_at if url in known else None),
                )
                for url, one in due.items()
            ]  # fmt: skip
            frontier.queue(connection, items, now)
            return set(due)

        self._tally.add_revisits(await self._parts.ledger.write(queue))

    async def _due(self) -> list[FrontierItem]:
        until = self._parts.now() + timedelta(seconds=_FAR_S if self._parts.plan.force else 0.0)
        return await self._parts.ledger.read(
            lambda connection: frontier.due(connection, self._outlet.slug, until, self._budget())
        )

    def _budget(self) -> int:
        return self._outlet.politeness.max_pages

    async def _take_all(self, items: list[FrontierItem]) -> None:
        """One hand more than the outlet allows requests: a page is read while the next is on its way."""
        if not items:
            return
        rest = iter(items[: await self._affordable(items)])
        hands = min(len(items), self._outlet.politeness.concurrency + 1)
        done = await asyncio.gather(*(self._take_some(rest) for _ in range(hands)), return_exceptions=True)
        for lost in done:
            if isinstance(lost, BaseException):
                raise lost
        if rest_s := self._parts.fetcher.rests_s(self._outlet):
            until = self._parts.now() + timedelta(seconds=rest_s)
            await self._parts.ledger.write(lambda connection: frontier.rest(connection, self._outlet.slug, until))

    async def _take_some(self, rest: Iterator[FrontierItem]) -> None:
        for item in rest:
            if self._is_over():
                return
            outcome = await self._work.take(item)
            self._tally.settle(item.url, outcome)
            await self._known.learn_if_due()
            if outcome is Outcome.LATER and self._parts.fetcher.rests_s(self._outlet) > 0:
                return

    def _is_over(self) -> bool:
        if self._parts.stopping.is_set():
            return True
        if self._work.troubles_in_a_row >= TROUBLES_IN_A_ROW:
            self._tally.error = f"left alone after {TROUBLES_IN_A_ROW} troubles in a row: {self._work.last_trouble}"
            return True
        return False

    async def _affordable(self, items: list[FrontierItem]) -> int:
        """How many pages this run may take: fewer when robots.txt asks for a very slow pace."""
        if not self._outlet.politeness.obey_robots:
            return len(items)
        rules = await self._parts.fetcher.rules(items[0].entry.url, self._outlet)
        delay_s = rules.crawl_delay_s or 0.0
        return len(items) if delay_s < MAX_CRAWL_DELAY_S else max(1, int(SLOW_RUN_S / delay_s))
