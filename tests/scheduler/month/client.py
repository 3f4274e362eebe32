"""A light HTTP client where Scrapy's downloader would stand: real requests over real sockets to the loopback server, in its loop.

It gives what Scrapy gives: a `Response`, or one of Scrapy's exceptions. One kept-alive connection, one request at a time. Time is not
waited for: how long an answer took in the simulated world the server tells in a header, and a server that says nothing is given up
when the loop has turned often enough for any answer of the same process to have come.
"""

from __future__ import annotations

import asyncio
import socket
import time
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.exceptions import CannotResolveHostError, DownloadConnectionRefusedError, DownloadFailedError, DownloadTimeoutError
from scrapy.http import HtmlResponse, Response

from crawler.spiders.downloading import TOOK_S
from tests.scheduler.month.server import TOOK
from tests.scheduler.month.world import World

SILENT_TURNS, SILENT_S = 300, 0.02


class _Answer(asyncio.Protocol):
    """Reads answers with a Content-Length."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.done: asyncio.Future[tuple[int, dict[bytes, list[bytes]], bytes]] | None = None
        self.closed = False

    def data_received(self, data: bytes) -> None:
        self.data += data
        end = self.data.find(b"\r\n\r\n")
        if end < 0 or self.done is None or self.done.done():
            return
        first, *lines = bytes(self.data[:end]).split(b"\r\n")
        headers: dict[bytes, list[bytes]] = {}
        for line in lines:
            name, _, value = line.partition(b":")
            headers.setdefault(name, []).append(value.strip())
        length = int(headers[b"content-length"][0])
        if len(self.data) - end - 4 >= length:
            body = bytes(self.data[end + 4 : end + 4 + length])
            self.data.clear()
            self.done.set_result((int(first.split(b" ")[1]), headers, body))

    def connection_lost(self, error: Exception | None) -> None:
        self.closed = True
        if self.done is not None and not self.done.done():
            self.done.set_exception(DownloadFailedError("closed without an answer"))


class LightClient:
    """`download` for `crawler.spiders.fetching.Client`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._connection: tuple[Any, _Answer] | None = None
        self.requests = 0
        with socket.socket() as unused:  # a port on which nobody listens
            unused.bind(("127.0.0.1", 0))
            self._closed_port = unused.getsockname()[1]

    async def download(self, request: Request) -> Response:
        """The answer to one request. Raises Scrapy's exceptions."""
        self.requests += 1
        address = urlsplit(request.url)
        port = self._resolve(address.path.split("/")[1], address.port or 80)
        try:
            transport, answer = await self._connected(port)
        except ConnectionRefusedError as error:
            request.meta[TOOK_S] = 0.01
            raise DownloadConnectionRefusedError(str(error)) from error
        answer.done = asyncio.get_running_loop().create_future()
        transport.write(_as_bytes(request, address.path, address.netloc))
        status, headers, body = await self._within_patience(answer.done, request)
        request.meta[TOOK_S] = took_s = float(headers[TOOK.encode()][0])
        limit_s = float(request.meta["download_timeout"])
        if took_s > limit_s:
            request.meta[TOOK_S] = limit_s
            raise DownloadTimeoutError(f"took longer than {limit_s:g} s")
        kind = HtmlResponse if headers.get(b"content-type", [b""])[0].startswith(b"text/html") else Response
        return kind(request.url, status=status, headers=headers, body=body, request=request)

    def close(self) -> None:
        """Close the connection."""
        if self._connection:
            self._connection[0].close()

    def _resolve(self, slug: str, port: int) -> int:
        """Names and routes: in this world some outlets' names do not resolve, or lead to a machine that refuses connections."""
        trouble = self._world.trouble(slug, self._world.clock())
        name = trouble.kind.name if trouble else ""
        if name == "no name":
            raise CannotResolveHostError(f"{slug} does not resolve")
        return self._closed_port if name == "refused" else port

    async def _connected(self, port: int) -> tuple[Any, _Answer]:
        loop = asyncio.get_running_loop()
        if port == self._closed_port:
            return await loop.create_connection(_Answer, "127.0.0.1", port)
        if self._connection is None or self._connection[1].closed:
            self._connection = await loop.create_connection(_Answer, "127.0.0.1", port)
        return self._connection

    async def _within_patience(self, done: asyncio.Future[Any], request: Request) -> Any:
        started, turns = time.monotonic(), 0
        while not done.done():
            if turns < SILENT_TURNS or time.monotonic() - started < SILENT_S:
                turns += 1
                await asyncio.sleep(0)
                continue
            self.close()
            self._connection = None
            done.cancel()
            request.meta[TOOK_S] = request.meta["download_timeout"]
            raise DownloadTimeoutError("no answer")
        return done.result()


def _as_bytes(request: Request, path: str, host: str) -> bytes:
    lines = [b"GET %b HTTP/1.1" % path.encode(), b"host: %b" % host.encode()]
    lines += [b"%b: %b" % (name.lower(), values[0]) for name, values in request.headers.items() if values]
    return b"\r\n".join([*lines, b"", b""])
