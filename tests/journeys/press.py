"""Outlets that publish while they are crawled: real HTTP on loopback, every request remembered with the process that sent it.

    with Press(outlets=8) as press: press.publish("gazeta-000", 3); press.asked; press.overlaps()

One event loop in a thread of its own serves all outlets, each on an address of its own. Who asked is read from /proc (Linux): the
session of the process that holds the other end of the connection, which for a crawl is its child process. Not here: what watches
the outlets (`installation`).
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Self
from xml.sax.saxutils import escape

from tests.themes.compose import Writer
from tests.themes.languages import TONGUES

ARTICLE = "/artykul/"
"""What the path of an article page begins with."""
FEED = "/rss.xml"
CLONE_NEWNET = 0x40000000


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came in."""

    at: float
    """Seconds of the monotonic clock."""
    outlet: str
    path: str
    status: int
    who: int | None
    """The session of the process that asked; None: it was dead when its request was read."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two processes asked one outlet in turns: neither ended before the other began."""

    outlet: str
    first: int
    second: int
    seconds: float


@dataclass(slots=True)
class Paper:
    """One outlet: what it has printed so far."""

    slug: str
    host: str
    chance: Random
    pages: dict[str, bytes] = field(default_factory=dict)
    items: list[tuple[str, str, datetime]] = field(default_factory=list)


def write(chance: Random) -> tuple[str, list[str]]:
    """Title and paragraphs of a text that shares next to nothing with any other: Polish words as they come."""
    vocabulary = _vocabulary()

    def sentence(words: int) -> str:
        return " ".join(chance.choices(vocabulary, k=words)).capitalize() + "."

    return sentence(7)[:-1], [" ".join(sentence(chance.randint(9, 16)) for _ in range(4)) for _ in range(chance.randint(4, 7))]


@cache
def _vocabulary() -> tuple[str, ...]:
    writer = Writer(TONGUES["pl"], Random(1))
    texts = [
        text for number in range(40) for block in writer.story(number, "Europe/Warsaw", ("",)).blocks for text in block.texts
    ]
    return tuple(sorted({word for text in texts for word in re.findall(r"[^\W\d_]{2,}", text.lower())}))


class Press:
    """The outlets while the `with` block runs."""

    def __init__(
        self,
        outlets: int,
        *,
        latency_s: float = 0.0,
        per_poll: int = 0,
        host: Callable[[int], str] = lambda number: f"127.77.{number // 200}.{number % 200 + 1}",
        namespace: str | None = None,
        tables: Sequence[str] = ("/proc/net/tcp",),
        seed: int = 1,
    ) -> None:
        """`latency_s`: every answer waits so long. `per_poll`: articles that an outlet publishes when its feed is asked for.

        `namespace`: a network namespace (`ip netns`) to listen in. `tables`: where connections are listed (of each namespace).
        """
        self.latency_s, self.per_poll, self.tables = latency_s, per_poll, list(tables)
        self.papers = {
            slug: Paper(slug, host(number), Random(f"{seed} {slug}"))
            for number, slug in enumerate(f"gazeta-{number:03}" for number in range(outlets))
        }
        self.port = 0
        self._namespace = namespace
        self._asked: list[Asked] = []
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="press", daemon=True)
        self._ready = threading.Event()
        self._trouble: BaseException | None = None

    # -- what stands in the papers ---------------------------------------------------------------------------------------
    @property
    def slugs(self) -> tuple[str, ...]:
        """Of all outlets."""
        return tuple(self.papers)

    def origin(self, slug: str) -> str:
        """ "http://127.77.0.1:40123"."""
        return f"http://{self.papers[slug].host}:{self.port}"

    def publish(self, slug: str, articles: int = 1) -> None:
        """The outlet prints articles of its own."""
        for _ in range(articles):
            self.print(slug, *write(self.papers[slug].chance))

    def print(self, slug: str, title: str, texts: Sequence[str], credit: str = "", ago: timedelta = timedelta()) -> str:
        """The outlet prints this; returns the article's address."""
        paper = self.papers[slug]
        with self._lock:
            path = f"{ARTICLE}{len(paper.items) + 1}"
            at = datetime.now(UTC) - ago
            paper.pages[path] = _page(title, texts, credit, at).encode()
            paper.items.append((path, title, at))
        return self.origin(slug) + path

    def articles(self) -> set[str]:
        """Addresses of all that was printed."""
        return {self.origin(slug) + path for slug, paper in self.papers.items() for path in paper.pages}

    # -- what was asked --------------------------------------------------------------------------------------------------
    @property
    def asked(self) -> list[Asked]:
        """Every request so far, in order (a copy)."""
        with self._lock:
            return list(self._asked)

    def count(self) -> int:
        """How many requests came so far."""
        return len(self._asked)

    def served(self) -> set[str]:
        """Addresses of the article pages that were given away."""
        return {self.origin(one.outlet) + one.path for one in self.asked if one.status == 200 and one.path.startswith(ARTICLE)}

    def overlaps(self) -> list[Overlap]:
        """Where an outlet was asked by two processes at once. A process crawls an outlet once, from its first to its last request."""
        found = []
        for outlet, stretches in self.stretches().items():
            for (_, ended, first), (began, _, second) in pairwise(stretches):
                if began <= ended:
                    found.append(Overlap(outlet, first, second, ended - began))
        return found

    def stretches(self) -> dict[str, list[tuple[float, float, int]]]:
        """Outlet -> (first request, last request, process), by the first."""
        spans: dict[str, dict[int, tuple[float, float]]] = defaultdict(dict)
        for one in self.asked:
            if one.who is not None:
                began, _ = spans[one.outlet].get(one.who, (one.at, one.at))
                spans[one.outlet][one.who] = (began, one.at)
        return {outlet: sorted((*span, who) for who, span in each.items()) for outlet, each in spans.items()}

    # -- serving -----------------------------------------------------------------------------------------------------------
    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        if self._trouble:
            raise self._trouble
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)

    def answer(self, slug: str, path: str, who: int | None) -> bytes:
        """What the outlet says, remembered."""
        paper = self.papers[slug]
        if path == FEED:
            self.publish(slug, self.per_poll)
            body, kind = self._feed(paper), "application/rss+xml"
        else:
            body, kind = paper.pages.get(path, b""), "text/html; charset=utf-8"
        status = 200 if body else 404
        asked = Asked(time.monotonic(), slug, path, status, who)
        with self._lock:
            self._asked.append(asked)
        head = f"HTTP/1.1 {status} {'OK' if body else 'Not Found'}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        return head.encode() + body

    def _feed(self, paper: Paper) -> bytes:
        origin = self.origin(paper.slug)
        items = "".join(
            f"<item><title>{escape(title)}</title><link>{origin}{path}</link><pubDate>{format_datetime(at)}</pubDate></item>"
            for path, title, at in reversed(paper.items)
        )
        return f"<rss version='2.0'><channel><title>{paper.slug}</title><link>{origin}/</link>{items}</channel></rss>".encode()

    def _run(self) -> None:
        try:
            if self._namespace:
                enter_namespace(self._namespace)
            self._loop.run_until_complete(self._listen())
        except BaseException as error:
            self._trouble = error
            self._ready.set()
            return
        self._ready.set()
        self._loop.run_forever()
        self._loop.close()

    async def _listen(self) -> None:
        for paper in self.papers.values():
            server = await self._loop.create_server(
                lambda slug=paper.slug: _Reader(self, slug), paper.host, self.port, backlog=64
            )  # type: ignore[misc]  # its own slug
            self.port = server.sockets[0].getsockname()[1]


class _Reader(asyncio.Protocol):
    """One connection: GET requests answered in turn."""

    def __init__(self, press: Press, slug: str) -> None:
        self._press, self._slug, self._read = press, slug, b""
        self._who: int | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        while (end := self._read.find(b"\r\n\r\n")) >= 0:
            path = self._read.split(b" ", 2)[1].decode("ascii", "replace")
            self._read = self._read[end + 4 :]
            answer = self._press.answer(self._slug, path, self._asking())
            asyncio.get_running_loop().call_later(self._press.latency_s, self._send, answer)

    def _asking(self) -> int | None:
        """None for a process that is dead: what it sent before is no crawling any more."""
        if self._who is None:
            self._who = session_behind(self._transport.get_extra_info("peername"), self._press.tables)
        return self._who if self._who is not None and lives(self._who) else None

    def _send(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)


def session_behind(peer: tuple[str, int], tables: Sequence[str]) -> int | None:
    """The session of the process that holds the connection from `peer` (address, port); None when it is gone."""
    host, port = peer[:2]
    wanted = "".join(f"{int(part):02X}" for part in reversed(host.split("."))) + f":{port:04X}"
    for table in tables:
        try:
            rows = Path(table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            parts = row.split()
            if parts[1] == wanted and parts[9] != "0":
                return _session_with(f"socket:[{parts[9]}]")
    return None


def _session_with(socket: str) -> int | None:
    for process in crawl_processes():
        try:
            for descriptor in Path(f"/proc/{process}/fd").iterdir():
                if str(descriptor.readlink()) == socket:
                    return os.getsid(process)
        except OSError:
            continue
    return None


def crawl_processes() -> Iterator[int]:
    """Processes that crawl, the youngest first: children of a service, a worker or a command."""
    for process in reversed(processes()):
        try:
            if b"crawler.run\0" in Path(f"/proc/{process}/cmdline").read_bytes():
                yield process
        except OSError:
            continue


def processes() -> list[int]:
    """Every process of this machine, ascending."""
    return sorted(int(one.name) for one in Path("/proc").iterdir() if one.name.isdecimal())


def lives(process: int) -> bool:
    """Whether the process is there and no zombie."""
    try:
        return (
            Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[0] not in "ZX"
        )
    except (OSError, IndexError):
        return False


def enter_namespace(name: str) -> None:
    """New sockets of this thread belong to the network namespace (`ip netns`) from now on."""
    with Path(f"/run/netns/{name}").open(encoding="ascii") as file:
        if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"the network namespace {name} cannot be entered")


def _page(title: str, texts: Sequence[str], credit: str, at: datetime) -> str:
    body = "".join(f"<p>{escape(text)}</p>" for text in (*texts, *([credit] if credit else [])))
    return (
        f'<!doctype html><html lang="pl"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta property="article:published_time" content="{at.isoformat()}"></head>'
        f"<body><nav>Menu</nav><article><h1>{escape(title)}</h1>{body}</article><footer>Stopka</footer></body></html>"
    )
