"""The spider: one Scrapy run over all outlets of a plan, each in its own download slot.

Scrapy schedules nothing here. `start` drives each outlet as a coroutine that asks the engine for one page after the other:
so an entry's whole way stands in one place (`entries`), and nothing depends on callbacks, dupe filters or `dont_filter`.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Response

Work = Callable[["Engine"], Awaitable[None]]
"""What is done with the engine, from the opening of the spider to its end."""


class Engine:
    """The little that the rest of the house sees of Scrapy's engine."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    async def download(self, request: Request) -> Response:
        """One request through its outlet's slot and the download handler; no redirects, no retries."""
        response: Response = await self._crawler.engine.download_async(request)
        return response

    def slow_down(self, slot: str, delay_s: float) -> None:
        """Raise a slot's delay; never lowers it. Holds also when Scrapy forgets an idle slot and makes it anew."""
        downloader = self._crawler.engine.downloader
        settings = downloader.per_slot_settings.setdefault(slot, {})
        if delay_s > settings.get("delay", 0.0):
            settings["delay"] = delay_s
        if slot in downloader.slots:
            downloader.slots[slot].delay = max(delay_s, downloader.slots[slot].delay)


class OutletSpider(Spider):
    """Opens, does its work, closes."""

    name = "outlets"

    def __init__(self, work: Work, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._work = work

    async def start(self) -> AsyncIterator[Any]:
        """Does everything; yields nothing to Scrapy's scheduler."""
        await self._work(Engine(self.crawler))
        none: tuple[Request, ...] = ()
        for request in none:
            yield request


class ProbeSpider(OutletSpider):
    """The same for a look at a site (`outlets add`, `outlets check`)."""

    name = "probe"


def stop_on_signals(stop: Callable[[str], None]) -> None:
    """SIGTERM and SIGINT call `stop` with the signal's name, on the running event loop, instead of ending the process."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number.name)
