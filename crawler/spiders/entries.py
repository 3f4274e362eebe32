"""One waiting entry: its page is fetched, read and filed, and it ends in exactly one outcome, durably.

The entry leaves the frontier in the transaction that makes its outcome durable: an article, a dead letter, a removal. So a
process killed at any moment loses nothing. Not here: which entries wait (`polls`), how many are taken (`outlet_crawl`).
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from crawler.errors import BackendUnavailable, FetchLater, FetchNever, NormalizeError
from crawler.filing import Filing, file_nothing, file_removal
from crawler.model.feed import FeedEntry, completed
from crawler.model.observed import Wall
from crawler.model.outlet import Outlet
from crawler.model.page import Page
from crawler.model.run import Outcome
from crawler.settings import parse_duration
from crawler.spiders.fetching import NotAsked, TooLarge, Wanted
from crawler.spiders.filing_queue import Reading, entry_key, leave_blocked
from crawler.spiders.known import KnownOutlet
from crawler.spiders.observing import wall_of
from crawler.spiders.readers import read_known
from crawler.spiders.retry_after import LAST_ATTEMPT, next_try
from crawler.spiders.run_parts import RunParts
from crawler.spiders.tally import Tally
from crawler.spiders.walls import Verdict, judge
from crawler.store import articles, dead_letters, frontier, pages
from crawler.store.dead_letters import DeadLetter, Stage
from crawler.store.frontier import FrontierItem
from crawler.workers import Shared

VISIT_AGAIN_S = 86400.0
"""A revisit that found no article is tried again a day later."""
_FINAL = {Outcome.GONE: Stage.FETCH, Outcome.REFUSED: Stage.FETCH, Outcome.FAILED: Stage.FETCH, Outcome.BROKEN: Stage.FILE}
log = structlog.get_logger("crawler")


class EntryWork:
    """Takes the entries of one outlet from the frontier to their outcomes."""

    def __init__(self, parts: RunParts, outlet: Outlet, known: KnownOutlet, tally: Tally) -> None:
        self._parts, self._outlet, self._known, self._tally = parts, outlet, known, tally
        self._shared = Shared(outlet)
        self._revisit_s = tuple(parse_duration(age) for age in outlet.revisit)
        self.pages_fetched = 0
        self.troubles_in_a_row = 0
        """Answers in a row that came from a server in trouble or a wall; `outlet_crawl` stops at too many."""
        self.last_trouble = ""

    async def take(self, item: FrontierItem) -> Outcome:
        """Fetch, read and file one entry. Raises BackendUnavailable when the store is lost, nothing else."""
        try:
            return await self._take(item)
        except BackendUnavailable:
            raise
        except Exception as error:  # not even its dead letter could be written: it waits, and the outlet goes on
            log.exception("an entry broke twice", outlet=self._outlet.slug, url=item.url)
            reason, at = f"{type(error).__name__}: {error}", next_try(self._parts.now(), item.attempts, None)
            await self._parts.ledger.write(lambda connection: frontier.put_off(connection, item, reason, at))
            return Outcome.BROKEN

    async def _take(self, item: FrontierItem) -> Outcome:
        try:
            async with self._parts.room:
                return await self._fetch(item)
        except BackendUnavailable:
            raise
        except NotAsked as later:
            self._note_trouble(later.reason)
            return Outcome.LATER
        except FetchLater as later:
            self._note_trouble(later.reason)
            return await self._put_off(item, later)
        except FetchNever as never:
            outcome = Outcome.FAILED if isinstance(never, TooLarge) else Outcome.REFUSED
            return await self._give_up(item, Verdict(outcome, never.reason))
        except Exception as error:  # the one broad catch: a bug must cost one entry, not the run
            log.exception("an entry broke", outlet=self._outlet.slug, url=item.url)
            return await self._give_up(item, Verdict(Outcome.BROKEN, f"{type(error).__name__}: {error}"))

    async def _fetch(self, item: FrontierItem) -> Outcome:
        answer = await self._parts.fetcher.fetch(Wanted(url=item.entry.url, outlet=self._outlet))
        self.pages_fetched += 1
        page = answer.page(self._outlet.slug, await self._told(item))
        verdict = judge(answer)
        if verdict is None:
            self.troubles_in_a_row = 0
            return await self._read(item, page)
        if verdict.outcome is Outcome.BLOCKED:
            self._note_trouble(verdict.reason)
        else:
            self.troubles_in_a_row = 0
        return await self._give_up(item, verdict, page)

    async def _told(self, item: FrontierItem) -> FeedEntry:
        """What sources told of it. A revisit, or a sitemap, does not know what the feed said: that is kept with the page."""
        if not (known_id := item.article_id):
            return item.entry
        kept = await self._parts.ledger.read(lambda connection: pages.read_entry(connection, known_id))
        return completed(item.entry, kept) if kept else item.entry

    async def _read(self, item: FrontierItem, page: Page) -> Outcome:
        """The page through the chain in a worker process, then into the store."""
        template, canary = self._known.template_for(page.final_url)
        future = self._parts.pool.submit(read_known, page, self._shared, self._parts.names, template, canary)
        try:
            article, sighting = await asyncio.wrap_future(future)
        except NormalizeError as error:
            if error.kind == "broken" and self._parts.stopping.is_set():
                return Outcome.LATER  # its worker was stopped with us: the entry waits for the next run
            return await self._give_up(item, Verdict(Outcome(error.kind), error.reason), page)
        noted = self._known.note(sighting, page.fetched_at)
        filing = Filing(article=article, page=page, revisit_s=self._revisit_s)
        try:
            outcome = await self._parts.filing.file(Reading(item=item, filing=filing, noted=noted))
            if outcome is Outcome.BLOCKED:
                self._tally.note_wall(Wall.SAME_TEXT)
            self._tally.note_page(outcome, article, sighting)
            return outcome
        except BackendUnavailable:
            raise
        except Exception as error:
            log.exception("filing broke", outlet=self._outlet.slug, url=item.url)
            return await self._give_up(item, Verdict(Outcome.BROKEN, f"filing: {type(error).__name__}: {error}"), page)

    async def _put_off(self, item: FrontierItem, later: FetchLater) -> Outcome:
        """A passing trouble: the entry waits, after the fifth time it is a dead letter."""
        if item.attempts + 1 >= LAST_ATTEMPT:
            return await self._give_up(item, Verdict(Outcome.FAILED, f"given up after {LAST_ATTEMPT} attempts: {later.reason}"))
        at = next_try(self._parts.now(), item.attempts, later.retry_after_s)
        await self._parts.ledger.write(lambda connection: frontier.put_off(connection, item, later.reason, at))
        return Outcome.LATER

    async def _give_up(self, item: FrontierItem, verdict: Verdict, page: Page | None = None) -> Outcome:
        """No article: a removal for a known one that is gone, else a dead letter with the reason, and the page if there is one."""
        now = self._parts.now()
        letter = self._letter(item, verdict, page, now)
        if verdict.outcome is Outcome.BLOCKED:
            self._tally.note_wall(wall_of(verdict.reason))

        def settle(connection: sa.Connection) -> None:
            if item.article_id and verdict.outcome is Outcome.GONE and page is not None:
                file_removal(connection, item.article_id, page)
            else:
                self._write_letter(connection, item, letter, page)
            if verdict.outcome is Outcome.BLOCKED:
                leave_blocked(connection, item, verdict.reason, now)
            else:
                frontier.leave(connection, item.outlet, item.url)

        await self._parts.ledger.write(settle)
        return verdict.outcome

    def _write_letter(self, connection: sa.Connection, item: FrontierItem, letter: DeadLetter, page: Page | None) -> None:
        if item.article_id:  # the good page of a known article is not overwritten with a bad one
            dead_letters.add_dead_letter(connection, letter)
            again = None if letter.detail["outcome"] == Outcome.REFUSED else letter.last_at + timedelta(seconds=VISIT_AGAIN_S)
            articles.put_off_visit(connection, item.article_id, again)
        elif page is None:
            dead_letters.add_dead_letter(connection, letter)
        else:
            file_nothing(connection, page, letter)

    def _letter(self, item: FrontierItem, verdict: Verdict, page: Page | None, now: datetime) -> DeadLetter:
        entry = item.entry
        published = entry.published_at.isoformat() if entry.published_at else None
        return DeadLetter(
            stage=_FINAL.get(verdict.outcome, Stage.NORMALIZE if page is not None and page.body else Stage.FETCH), key=entry_key(item),
            outlet=item.outlet, url=item.url, reason=verdict.reason, created_at=now, last_at=now,
            detail={
                "outcome": verdict.outcome.value, "title": entry.title, "summary": entry.summary, "published_at": published,
                "source": entry.source, "attempts": item.attempts + 1, "status": page.status if page else None,
                "final_url": page.final_url if page else None,
            },
        )  # fmt: skip

    def _note_trouble(self, reason: str) -> None:
        self.troubles_in_a_row += 1
        self.last_trouble = reason
