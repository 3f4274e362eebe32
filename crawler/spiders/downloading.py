"""Scrapy's download handler with two things more: TLS checked or not per request, and a count of the time on the wire.

Each kind of request has connections of its own, so that one opened without verification never serves an outlet that wants it.
"""

from __future__ import annotations

from time import monotonic
from types import SimpleNamespace
from typing import Any

from scrapy import Request, signals
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import StopDownload
from scrapy.http import Response

VERIFY_TLS = "verify_tls"
MAX_BYTES = "max_bytes"
TOOK_S = "took_s"
CUT_FLAG = "download_stopped"
"""Scrapy's flag on a response whose body was cut short by us."""


class OutletDownloadHandler(BaseDownloadHandler):
    """Reads from `request.meta`: `verify_tls` (True unless said otherwise), `max_bytes` (the body is cut there).

    Writes `took_s` there: seconds from the first byte sent to the last received, the outlet's queue not counted.
    """

    lazy = True

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._strict = HTTP11DownloadHandler(crawler)
        self._lax: HTTP11DownloadHandler | None = None
        self._received_bytes: dict[Request, int] = {}
        crawler.signals.connect(self._cut_when_too_long, signals.bytes_received)

    async def download_request(self, request: Request) -> Response:
        """Download one address; Scrapy's own exceptions."""
        handler = self._strict if request.meta.get(VERIFY_TLS, True) else self._unverified()
        self._received_bytes[request] = 0
        started = monotonic()
        try:
            return await handler.download_request(request)
        finally:
            request.meta[TOOK_S] = monotonic() - started
            del self._received_bytes[request]

    async def close(self) -> None:
        """Close the connections that are still open."""
        await self._strict.close()
        if self._lax is not None:
            await self._lax.close()

    def _unverified(self) -> HTTP11DownloadHandler:
        if self._lax is None:
            settings = self.crawler.settings.copy()
            settings.frozen = False
            settings.set("DOWNLOAD_VERIFY_CERTIFICATES", False, priority="cmdline")
            like: Any = SimpleNamespace(settings=settings, signals=self.crawler.signals, spider=self.crawler.spider)
            self._lax = HTTP11DownloadHandler(like)
        return self._lax

    def _cut_when_too_long(self, data: bytes, request: Request) -> None:
        # Scrapy makes one handler for http and one for https, and both hear every signal
        limit = request.meta.get(MAX_BYTES)
        if limit is None or request not in self._received_bytes:
            return
        self._received_bytes[request] += len(data)
        if self._received_bytes[request] > limit:
            raise StopDownload(fail=False)
