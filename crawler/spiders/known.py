"""What a run knows of an outlet's pages: its template goes to the workers with each page, and it is learned when it is due.

Sightings are written in the transactions that file articles; learning runs in a worker from kept pages, outside of them, and
whatever goes wrong with it costs no article. Not here: learning itself (`crawler.normalize.template`), its store (`crawler.store.templates`).
"""

from __future__ import annotations

import asyncio
from datetime import datetime

import sqlalchemy as sa
import structlog

from crawler.errors import BackendUnavailable, NormalizeError
from crawler.model.outlet import Outlet
from crawler.model.template import Sighting, Template
from crawler.normalize.template.check import MOST_PAGES, Watch
from crawler.spiders.filing_queue import Noted
from crawler.spiders.readers import learn_template
from crawler.spiders.run_parts import RunParts
from crawler.store import pages, templates
from crawler.workers import Shared

log = structlog.get_logger("crawler")


class KnownOutlet:
    """The template of one outlet during one run."""

    def __init__(self, parts: RunParts, outlet: Outlet) -> None:
        self._parts, self._outlet = parts, outlet
        self._watch = Watch()
        self._shared: Shared[Template | None] | None = None
        self._learning = False

    async def open(self) -> None:
        """Read what is known. Raises BackendUnavailable."""
        slug = self._outlet.slug
        template, standing = await self._parts.ledger.read(
            lambda connection: (templates.read_template(connection, slug), templates.read_standing(connection, slug))
        )
        self._watch = Watch(template, standing)

    def template_for(self, url: str) -> tuple[Shared[Template | None], bool]:
        """The template for the page at `url`, and whether the page is a canary."""
        if self._shared is None or self._shared.value is not self._watch.template:
            self._shared = Shared(self._watch.template)
        return self._shared, self._watch.canary(url)

    def note(self, sighting: Sighting | None, at: datetime) -> Noted:
        """Note what a page said, and give what is to be written in the transaction that files the page's article."""
        given_up = self._watch.note(sighting)
        slug = self._outlet.slug
        if given_up:
            log.info("a template is given up", outlet=slug, reason=given_up)
        return Noted(outlet=slug, standing=lambda: self._watch.standing, given_up=given_up, at=at)

    async def learn_if_due(self) -> None:
        """Learn from the newest kept pages where it is time. Raises BackendUnavailable, nothing else."""
        if self._learning or self._parts.stopping.is_set() or not self._watch.due():
            return
        self._learning = True
        try:
            await self._learn()
        except BackendUnavailable:
            raise
        except Exception as error:  # learning is a luxury: its bug must cost nothing but itself
            log.exception("learning broke", outlet=self._outlet.slug)
            self._watch.learned(None, f"learning broke: {type(error).__name__}: {error}")
        finally:
            self._learning = False

    async def _learn(self) -> None:
        slug, ledger = self._outlet.slug, self._parts.ledger
        sample, version = await ledger.read(
            lambda connection: (
                pages.newest_pages(connection, slug, MOST_PAGES),
                templates.next_version(connection, slug),
            )
        )
        at = self._parts.now()
        try:
            future = self._parts.pool.submit(learn_template, sample, self._outlet, self._parts.names, at, version)
            template, reason = await asyncio.wrap_future(future)
        except NormalizeError as error:  # the pool's limits, or the run was stopped
            template, reason = None, error.reason
        if self._parts.stopping.is_set():
            return
        self._watch.learned(template, reason)

        def write(connection: sa.Connection) -> None:
            if template is not None:
                templates.save_template(connection, template)
            templates.save_standing(connection, slug, self._watch.standing, at)

        await ledger.write(write)
        log.info("an outlet was learned" if template else "an outlet could not be learned", outlet=slug, reason=reason)
