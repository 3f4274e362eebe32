"""robots.txt by RFC 9309: what an outlet's server asks crawlers not to fetch, and how slowly it wants to be asked.

Own code, because Scrapy takes 429, 5xx and time-outs for "everything allowed" (RFC 9309 section 2.3.1.4 says the opposite)
and forgets the last good copy. Matching is protego's. How the file is fetched is the caller's.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import NamedTuple, Protocol

from protego import Protego

MAX_ROBOTS_BYTES = 512 << 10
"""SAFETY; RFC 9309 section 2.5 asks for at least 500 KiB."""
LAST_GOOD_S = 86400.0
"""RFC 9309 section 2.4: a copy is not used for more than a day."""
FRESH_S = 3600.0
"""A copy this young is used without asking: an outlet polled every ten minutes need not serve it 144 times a day."""
MAX_CRAWL_DELAY_S = 60.0
"""Slower than a page a minute is not waited for inside a run; the page budget shrinks instead (`outlet_crawl`)."""


class RobotsAnswer(NamedTuple):
    """What asking for robots.txt gave: a status (0: could not be reached) and the first 512 KiB of the body."""

    status: int
    body: bytes
    reason: str = ""


class RobotsKeeper(Protocol):
    """Where copies are kept between runs."""

    async def read(self, origin: str, max_age_s: float) -> str | None:
        """The kept file if it is at most so old."""

    async def keep(self, origin: str, body: str) -> None:
        """Keep a file that was read now."""


class Rules:
    """One host's rules for one crawler."""

    def __init__(self, text: str, product: str, closed_because: str | None = None) -> None:
        self._rules = Protego.parse(text)
        self._product = product
        self._closed_because = closed_because
        self.sitemaps = tuple(list(self._rules.sitemaps)[:50])

    @property
    def crawl_delay_s(self) -> float | None:
        """Seconds between requests that the file asks of us, as written."""
        return self._rules.crawl_delay(self._product)

    def why_not(self, url: str) -> str | None:
        """None when `url` may be fetched, else the reason in words."""
        if self._closed_because:
            return self._closed_because
        return None if self._rules.can_fetch(url, self._product) else "robots.txt forbids it"

    @property
    def unreachable(self) -> bool:
        """The file could not be had now: everything is closed for this run, not for good."""
        return self._closed_because is not None


class Robots:
    """The rules of every origin met in a run; each file is asked for once."""

    def __init__(self, ask: Callable[[str], Awaitable[RobotsAnswer]], keeper: RobotsKeeper, product: str) -> None:
        self._ask, self._keeper, self._product = ask, keeper, product
        self._rules: dict[str, asyncio.Task[Rules]] = {}

    async def rules(self, origin: str) -> Rules:
        """The rules of `origin` ("https://host:port")."""
        if origin not in self._rules:
            self._rules[origin] = asyncio.ensure_future(self._find(origin))
        return await asyncio.shield(self._rules[origin])

    async def _find(self, origin: str) -> Rules:
        kept = await self._keeper.read(origin, FRESH_S)
        if kept is not None:
            return await self._parse(kept)
        answer = await self._ask(f"{origin}/robots.txt")
        text, closed = interpret(answer)
        if text is not None:
            await self._keeper.keep(origin, text)
            return await self._parse(text)
        last_good = await self._keeper.read(origin, LAST_GOOD_S)
        if last_good is not None:
            return await self._parse(last_good)
        return Rules("", self._product, closed)

    async def _parse(self, text: str) -> Rules:
        return await asyncio.to_thread(Rules, text, self._product)


def interpret(answer: RobotsAnswer) -> tuple[str | None, str | None]:
    """(text of the file, None), or (None, why everything is closed for this run). RFC 9309 sections 2.3.1.1 to 2.3.1.4.

    2xx: the file. 4xx but 429, and what is left of redirects after five: no file, everything is open. 429, 5xx, no answer:
    closed.
    """
    if 200 <= answer.status < 300:
        return answer.body[:MAX_ROBOTS_BYTES].decode("utf-8-sig", "replace").replace("\x00", ""), None
    if 300 <= answer.status < 500 and answer.status != 429:
        return "", None
    said = answer.reason or f"HTTP {answer.status}"
    return None, f"robots.txt could not be read ({said}), so nothing may be fetched now (RFC 9309)"


def product_token(user_agent: str) -> str:
    """The name that robots.txt is searched for: "Depesza/1.0 (+...)" -> "Depesza" (RFC 9309 section 2.2.1)."""
    match = re.match(r"[A-Za-z_-]+", user_agent)
    return match[0] if match else "Depesza"
