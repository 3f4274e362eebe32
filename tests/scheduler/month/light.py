"""The light crawl: the crawler's own code for sources, entries, counting and reports, in this process and under the fake clock.

Real here: `OutletCrawl` with all it stands on (polling policy, feed readers, choosing, walls, tally), the `Fetcher`, HTTP over loopback,
the store's sources, frontier, dead letters and addresses, the normalizer. Light: no Scrapy process (`client`), no pool of worker
processes, transactions inside the driver's, of the pages of one outlet that are built alike only one in `SAMPLE` goes through the
normalizer, and an article is filed as a row and its address, without text, story and index.
"""

from __future__ import annotations

import asyncio
import dataclasses
import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from crawler.errors import NormalizeError
from crawler.model.article import AddressKind, ArticleAddress, article_id
from crawler.model.outlet import Outlet
from crawler.model.page import Page
from crawler.model.run import CrawlPlan, Outcome, OutletReport
from crawler.outlets.agencies import Agencies, load_agencies
from crawler.spiders.fetching import Client, Fetcher
from crawler.spiders.filing_queue import Reading
from crawler.spiders.guard import Guard
from crawler.spiders.hold import Hold
from crawler.spiders.ledger import ForgottenRobots
from crawler.spiders.outlet_crawl import OutletCrawl
from crawler.spiders.readers import learn_template, read_known
from crawler.spiders.run_parts import RunParts
from crawler.store import frontier
from crawler.store.schema import article, article_address
from crawler.workers import Shared
from tests.scheduler.month.client import LightClient

SAMPLE = 50
_TAGS = re.compile(rb"<[a-z][^<>]*>")
_TITLE = re.compile(rb"<title>([^<]*)</title>")


class Clock:
    """The simulated instant."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """It."""
        return self.now


class Inline:
    """`Ledger` whose transactions are parts of one that the driver holds."""

    connection: sa.Connection

    async def read(self, work: Callable[[sa.Connection], Any]) -> Any:
        """What `work` gives."""
        return work(self.connection)

    async def write(self, work: Callable[[sa.Connection], Any]) -> Any:
        """What `work` gives."""
        return work(self.connection)

    @contextmanager
    def on(self, connection: sa.Connection) -> Iterator[None]:
        """Everything happens on this connection."""
        self.connection = connection
        yield


class Readers:
    """`PagePool` without processes; of pages that are built alike most take over the reading of one."""

    def __init__(self) -> None:
        self._read: dict[tuple[str, frozenset[bytes]], tuple[int, Any]] = {}
        self.normalized = self.taken_over = 0

    def submit(self, work: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Done at once."""
        future: Future[Any] = Future()
        if work is learn_template:  # needs kept pages, which the light crawl has none of
            future.set_result((None, "nothing is learned in the simulated month"))
            return future
        given = [one.value if isinstance(one, Shared) else one for one in arguments]
        try:
            future.set_result(self._page(*given) if work is read_known else work(*given))
        except Exception as error:
            future.set_exception(error)
        return future

    def _page(self, page: Page, outlet: Outlet, agencies: Agencies, template: Any, canary: bool) -> Any:
        key = (outlet.slug, frozenset(_TAGS.findall(page.body)))
        times, result = self._read.get(key, (0, None))
        if times % SAMPLE == 0:
            self.normalized += 1
            try:
                result = read_known(page, outlet, agencies, template, canary)
            except NormalizeError as error:
                result = error
        else:
            self.taken_over += 1
        self._read[key] = (times + 1, result)
        if isinstance(result, NormalizeError):
            raise result
        return self._as_of(page, *result) if times % SAMPLE else result

    def _as_of(self, page: Page, like: Any, sighting: Any) -> Any:
        title = _TITLE.search(page.body)
        url = page.final_url
        return dataclasses.replace(
            like, id=article_id(url), url=url, title=title[1].decode() if title else like.title, first_seen_at=page.fetched_at,
            published_at=page.entry.published_at if page.entry and page.entry.published_at else like.published_at,
            addresses=(ArticleAddress(url=url, kind=AddressKind.CANONICAL),),
        ), sighting  # fmt: skip


class LightFiling:
    """`FilingQueue` that keeps of an article what the next poll asks for."""

    def __init__(self, ledger: Inline, found: Callable[[str, datetime], None]) -> None:
        self._ledger, self._found = ledger, found

    async def file(self, reading: Reading) -> Outcome:
        """NEW, or UNCHANGED for a known one."""
        connection, item, one = self._ledger.connection, reading.item, reading.filing.article
        frontier.leave(connection, item.outlet, item.url)
        known = connection.execute(sa.select(article_address.c.article_id).where(article_address.c.url == item.url)).scalar()
        if known:
            return Outcome.UNCHANGED
        at = reading.filing.page.fetched_at
        row = {
            "id": one.id, "url": one.url, "outlet": one.outlet, "title": one.title, "lead": None, "text": "", "language": one.language, "authors": [],
            "byline": "", "credits": "", "section": None, "tags": [], "image_url": None, "published_at": one.published_at, "published_offset_s": 0,
            "published_from": one.published_from.value, "modified_at": None, "modified_offset_s": None, "first_seen_at": at, "removed_at": None,
            "attributions": [], "access": one.access.value, "access_reason": "", "encoding_suspect": False, "content_sha256": "",
            "fingerprint": b"", "normalizer_version": one.normalizer_version, "last_fetched_at": at, "source_updated_at": None, "next_visit_at": None,
        }  # fmt: skip
        connection.execute(article.insert(), [row])
        connection.execute(article_address.insert(), [{"url": item.url, "article_id": one.id, "kind": "canonical", "met_at": at}])
        self._found(item.url, at)
        return Outcome.NEW


class LightCrawler:
    """Crawls outlets, one after the other, all at the clock's instant."""

    def __init__(self, outlets: list[Outlet], client: LightClient, clock: Clock, found: Callable[[str, datetime], None]) -> None:
        """`found(url, at)` hears of each article that is filed as new."""
        self.clock, self.client, self.readers = clock, client, Readers()
        self._ledger, self._guard = Inline(), Guard(outlets)
        self._filing = LightFiling(self._ledger, found)
        agencies = load_agencies(())
        plan = CrawlPlan(
            run_id="month", store_url="", data_dir=Path(), report_path=Path(), outlets=tuple(outlets[:1]), user_agent="Depesza/0 (+loopback)",
            contact="loopback", owner="month",
        )  # fmt: skip
        hold = Hold(1e9)
        hold.renew(hold.asking())
        self._same: dict[str, Any] = {
            "plan": plan, "ledger": self._ledger, "filing": self._filing, "pool": self.readers, "agencies": agencies,
            "names": Shared(agencies), "now": clock, "hold": hold,
        }  # fmt: skip

    async def crawl(self, connection: sa.Connection, outlet: Outlet) -> OutletReport:
        """One outlet's crawl on `connection`; its report, as the crawler makes it."""
        client = Client(
            download=self._download, slow_down=lambda slug, delay_s: None, keeper=ForgottenRobots(), guard=self._guard,
            user_agent="Depesza/0 (+loopback)", now=self.clock,
        )  # fmt: skip
        parts = RunParts(
            **self._same, fetcher=Fetcher(client), stopping=asyncio.Event(), room=asyncio.Semaphore(200)
        )  # fmt: skip
        began, self._took_s = self.clock.now, 0.0
        with self._ledger.on(connection):
            crawl = OutletCrawl(parts, outlet)
            try:
                await crawl.run()
            except Exception as error:
                crawl.fail(f"{type(error).__name__}: {error}")
                raise
            finally:
                self.clock.now = began
        return crawl.report()

    async def _download(self, request: Any) -> Any:
        try:
            return await self.client.download(request)
        finally:
            self.clock.now += timedelta(seconds=float(request.meta.get("took_s", 0.0)))
