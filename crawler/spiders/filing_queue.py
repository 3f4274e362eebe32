"""Filing from the event loop: what waits is filed together, each entry with what its outcome changes, in one transaction.

While a transaction runs the next ones gather, so a crawl under load files many at once and a slow one files each at its time. Not
here: filing itself (`crawler.filing`), entries that gave no article (`entries`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from crawler.errors import BackendUnavailable
from crawler.filing import Filing, file_batch
from crawler.model.article import article_id
from crawler.model.run import Outcome
from crawler.model.template import Standing
from crawler.spiders.ledger import Ledger
from crawler.store import articles, dead_letters, frontier, templates
from crawler.store.frontier import FrontierItem

BLOCKED_AGAIN_S = 6 * 3600.0
"""A wall may be passing, so a blocked entry is tried again after 6 and 12 h, slower than any other (SAFETY F31)."""
BLOCKED_ATTEMPTS = 3
AT_ONCE = 50
"""Articles of one transaction: it must be short, for other processes wait for it."""
LINGER_S = 0.1
"""An article waits so long for others: a tenth of the usual pause between two pages of an outlet, and a batch of five costs half of
what five transactions do."""
log = structlog.get_logger("crawler")


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """A page of an outlet was noted, and its template given up for that reason, if there is one."""

    outlet: str
    standing: Callable[[], Standing]
    """How the outlet fares when this is written: filing may come later than a learning that was noted after it."""
    given_up: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An entry whose page was read: what is to be filed, and what the page said of its outlet's template."""

    item: FrontierItem
    filing: Filing
    noted: Noted


class FilingQueue:
    """The readings of a run that wait to be filed."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._waiting: list[tuple[Reading, asyncio.Future[Outcome]]] = []
        self._runs: asyncio.Task[None] | None = None

    async def file(self, reading: Reading) -> Outcome:
        """File it, and take its entry from the frontier. Raises BackendUnavailable, and what filing this very article raised."""
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((reading, future))
        if self._runs is None or self._runs.done():
            self._runs = asyncio.ensure_future(self._run())
        return await future

    async def _run(self) -> None:
        while self._waiting:
            if len(self._waiting) < AT_ONCE:
                await asyncio.sleep(LINGER_S)
            batch, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
            try:
                await self._file(batch)
            except BaseException as error:  # nobody may wait for ever, whatever it was
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error if isinstance(error, Exception) else BackendUnavailable("the run ended"))
                if not isinstance(error, Exception):
                    raise

    async def _file(self, batch: Sequence[tuple[Reading, asyncio.Future[Outcome]]]) -> None:
        readings = [reading for reading, _ in batch]
        try:
            outcomes = await self._ledger.write(lambda connection: settle(connection, readings))
        except BackendUnavailable:
            raise
        except Exception:
            if len(batch) == 1:
                raise
            log.warning("a batch of filings broke: each is filed alone", articles=len(batch))
            for one in batch:  # so that the one that breaks does not cost the others
                try:
                    await self._file([one])
                except BackendUnavailable:
                    raise
                except Exception as error:
                    if not one[1].done():
                        one[1].set_exception(error)
            return
        for (_, future), outcome in zip(batch, outcomes, strict=True):
            if not future.done():  # its outlet's crawl was stopped meanwhile
                future.set_result(outcome)


def settle(connection: sa.Connection, readings: Sequence[Reading]) -> list[Outcome]:
    """File the articles and settle their entries, in the caller's transaction."""
    outcomes = file_batch(connection, [one.filing for one in readings])
    write_notes(connection, [one.noted for one in readings])
    done: list[FrontierItem] = []
    for one, outcome in zip(readings, outcomes, strict=True):
        at = one.filing.page.fetched_at
        if outcome is Outcome.BLOCKED:  # one text at many addresses: filing wrote the letter
            leave_blocked(connection, one.item, "the same text at many addresses", at)
            continue
        done.append(one.item)
        if one.item.article_id:  # its address may have led to another article: it is not due for ever
            articles.pass_visit(connection, one.item.article_id, at)
    dead_letters.drop_page_letters(connection, [entry_key(item) for item in done])
    frontier.leave_all(connection, [(item.outlet, item.url) for item in done])
    return outcomes


def write_notes(connection: sa.Connection, notes: Sequence[Noted]) -> None:
    """Write them, oldest first."""
    for one in notes:
        if one.given_up:
            templates.retire_template(connection, one.outlet, one.given_up, one.at)
    for last in {one.outlet: one for one in notes}.values():
        templates.save_standing(connection, last.outlet, last.standing(), last.at)


def leave_blocked(connection: sa.Connection, item: FrontierItem, reason: str, now: datetime) -> None:
    """A blocked entry waits for a slower retry; after the last one it leaves the frontier."""
    if item.attempts + 1 < BLOCKED_ATTEMPTS:
        frontier.put_off(connection, item, reason, now + timedelta(seconds=BLOCKED_AGAIN_S * 2.0**item.attempts))
    else:
        frontier.leave(connection, item.outlet, item.url)


def entry_key(item: FrontierItem) -> str:
    """The key of an entry's dead letters: its article's id, or the one that its address would give."""
    return item.article_id or article_id(item.url)
