"""The outlets' web server: HTTP/1.1 on loopback, kept-alive connections, answers of the world at its simulated instant.

As small as a protocol can be, because a month is a million requests: one asyncio protocol, GET only. It runs in the loop of whoever
crawls, or in a thread of its own for crawls in child processes.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from tests.scheduler.month.world import Reply, World

SLEEPS_AT_MOST_S = 0.5
TOOK = "x-simulated-seconds"
"""Header with which the server tells the light client how long the answer took in its world: nobody waits for it here."""


class WebProtocol(asyncio.Protocol):
    """One connection. `sleeps`: a slow answer is really held back (in full crawls), a hundredth of what it takes, at most half a second."""

    def __init__(self, world: World, sleeps: bool = False) -> None:
        self._world, self._sleeps = world, sleeps
        self._waiting = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        while (end := self._waiting.find(b"\r\n\r\n")) >= 0:
            head, self._waiting = self._waiting[:end], self._waiting[end + 4 :]
            self._answer(head.decode("latin-1"))

    def _answer(self, head: str) -> None:
        first, *lines = head.split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        reply = self._world.reply(first.split(" ")[1], headers)
        if reply.silent:
            return
        if self._sleeps and reply.took_s > 1:
            time.sleep(min(SLEEPS_AT_MOST_S, reply.took_s / 100))
        self._transport.write(as_bytes(reply))


def as_bytes(reply: Reply) -> bytes:
    """The reply on the wire."""
    lines = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}", *(f"{name}: {value}" for name, value in reply.headers)]
    lines += [f"content-length: {len(reply.body)}", f"{TOOK}: {reply.took_s}", "", ""]
    return "\r\n".join(lines).encode("latin-1") + reply.body


async def serve(world: World, sleeps: bool = False) -> tuple[asyncio.Server, str]:
    """Start it in the running loop; returns the server and its origin ("http://127.0.0.1:PORT")."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: WebProtocol(world, sleeps), "127.0.0.1", 0)
    return server, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@contextmanager
def served_in_thread(world: World) -> Iterator[str]:
    """The same in a thread of its own; gives the origin."""
    loop, origins, ready = asyncio.new_event_loop(), [], threading.Event()

    async def run() -> None:
        server, origin = await serve(world, sleeps=True)
        origins.append(origin)
        ready.set()
        async with server:
            await asyncio.Event().wait()

    def work() -> None:
        try:
            loop.run_until_complete(run())
        except asyncio.CancelledError:
            pass

    thread = threading.Thread(target=work, name="month-server", daemon=True)
    thread.start()
    assert ready.wait(30)
    try:
        yield origins[0]
    finally:
        loop.call_soon_threadsafe(lambda: [task.cancel() for task in asyncio.all_tasks(loop)])
        thread.join(10)
        loop.close()
