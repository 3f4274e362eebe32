"""Learning in a run: a failure of it is noted and costs nothing."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

from crawler.errors import NormalizeError
from crawler.model.outlet import Outlet
from crawler.spiders.filing_queue import write_notes
from crawler.spiders.known import KnownOutlet
from crawler.spiders.ledger import Ledger
from crawler.spiders.run_parts import RunParts
from crawler.store import templates
from crawler.store.database import Database

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
OUTLET = Outlet(
    slug="kresy", name="Kresy", homepage="https://kresy.example/", domains=("kresy.example",), country="PL", languages=("pl",),
    timezone="Europe/Warsaw",
)  # fmt: skip


class BrokenPool:
    """Whatever is given to it ends in an error."""

    def __init__(self, error: Exception) -> None:
        self.error, self.asked = error, 0

    def submit(self, *args: object) -> Future[Any]:
        self.asked += 1
        future: Future[Any] = Future()
        future.set_exception(self.error)
        return future


def run(database: Database, error: Exception, pages: int) -> tuple[KnownOutlet, BrokenPool]:
    pool, ledger = BrokenPool(error), Ledger(database)

    async def work() -> KnownOutlet:
        parts = SimpleNamespace(ledger=ledger, pool=pool, names=None, now=lambda: NOW, stopping=asyncio.Event())
        known = KnownOutlet(cast(RunParts, parts), OUTLET)
        await known.open()
        for _ in range(pages):
            noted = known.note(None, NOW)
            await ledger.write(lambda connection, noted=noted: write_notes(connection, [noted]))  # type: ignore[misc]  # its own
            await known.learn_if_due()
        return known

    try:
        return asyncio.run(work()), pool
    finally:
        ledger.close()


def test_learning_beyond_the_pool_s_limits_is_noted_and_tried_again_later(sqlite_database: Database) -> None:
    known, pool = run(sqlite_database, NormalizeError("broken", "took longer than 10 s"), pages=9)
    assert pool.asked == 1
    template, canary = known.template_for("https://kresy.example/1")
    assert (template.value, canary) == (None, False)
    with sqlite_database.read() as connection:
        standing = templates.read_standing(connection, "kresy")
    assert (standing.why, standing.failed, standing.fresh) == ("took longer than 10 s", 1, 4)


def test_a_bug_in_learning_costs_no_page(sqlite_database: Database) -> None:
    known, pool = run(sqlite_database, ValueError("a bug"), pages=16)
    assert pool.asked == 2
    template, canary = known.template_for("https://kresy.example/1")
    assert (template.value, canary) == (None, False)
