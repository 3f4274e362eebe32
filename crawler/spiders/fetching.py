"""Fetching one address by the rules of SAFETY: guard, robots, pace, redirects, retries, limits; the only way out of the house.

What an answer means for an entry is `crawler.spiders.entries`; what a source's answer means is `crawler.spiders.polls`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urljoin, urlsplit

from scrapy import Request
from scrapy.exceptions import CannotResolveHostError
from scrapy.http import Response
from w3lib.url import safe_url_string

from crawler.addresses import MAX_ADDRESS_LENGTH, belongs_to, host_of
from crawler.errors import FetchLater, FetchNever
from crawler.model.feed import FeedEntry
from crawler.model.observed import Traffic
from crawler.model.outlet import Outlet
from crawler.model.page import Page
from crawler.spiders.bodies import ACCEPTED, decode
from crawler.spiders.downloading import CUT_FLAG, MAX_BYTES, TOOK_S, VERIFY_TLS
from crawler.spiders.guard import Guard
from crawler.spiders.retry_after import read_retry_after
from crawler.spiders.robots import MAX_CRAWL_DELAY_S, MAX_ROBOTS_BYTES, Robots, RobotsAnswer, RobotsKeeper, Rules, product_token
from crawler.spiders.troubles import PassingTrouble, in_our_words

PAGE_BYTES = 16 << 20
FEED_BYTES = 10 << 20
TIME_LIMIT_S = 30.0
MAX_REDIRECTS = 5
MAX_RETRIES = 2
MAX_HEADERS, MAX_HEADER_BYTES = 100, 32 << 10
"""What is kept of a page's headers (SAFETY A14); nobody reads more."""
WAIT_S = 60.0
"""A Retry-After up to this long is waited for inside the run; a longer one ends the outlet's run."""
_REST_AFTER_429_S = 600.0
_REDIRECTS = {301, 302, 303, 307, 308}
_PERMANENT = {301, 308}
_PASSING = {500, 502, 503, 504, 520, 521, 522, 523, 524, 408, 425, 429}


class TooLarge(FetchNever):
    """The body is larger than the limit; a dead letter at once."""


class NotAsked(FetchLater):
    """Nothing was asked, because the server wants a rest or its robots.txt cannot be read: no attempt of the address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, after redirects, with any status but the passing ones."""

    requested_url: str
    final_url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    cut: bool
    """The body was longer than the limit and ends there."""
    fetched_at: datetime
    moved_to: str | None
    """Where permanent redirects alone led (301, 308), or None."""

    def header(self, name: str) -> str | None:
        """The first header of that name, or None."""
        return next((value for key, value in self.headers if key == name.lower()), None)

    def page(self, outlet: str, entry: FeedEntry) -> Page:
        """The answer as the page of an entry of the outlet (its slug)."""
        return Page(
            requested_url=self.requested_url, final_url=self.final_url, status=self.status, headers=self.headers, body=self.body,
            fetched_at=self.fetched_at, outlet=outlet, entry=entry,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One address to fetch, and how."""

    url: str
    outlet: Outlet
    headers: Mapping[str, str] = field(default_factory=dict)
    max_bytes: int = PAGE_BYTES
    also_from: tuple[str, ...] = ()
    """Hosts allowed besides the outlet's domains: a source may live elsewhere."""
    obey_robots: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """What the fetcher needs from the run around it."""

    download: Callable[[Request], Awaitable[Response]]
    slow_down: Callable[[str, float], None]
    """Raise the delay of an outlet's download slot to so many seconds."""
    keeper: RobotsKeeper
    guard: Guard
    user_agent: str
    now: Callable[[], datetime]
    time_limit_s: float = TIME_LIMIT_S
    check: Callable[[], None] = lambda: None
    """Called before each request; what it raises ends the run: the outlet may be another run's by now (`hold`)."""


class Fetcher:
    """Fetches for all outlets of a run."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._robots: dict[str, Robots] = {}
        self._rest_until: dict[str, float] = {}
        self._turns: dict[str, asyncio.Semaphore] = {}
        self._traffic: dict[str, Traffic] = {}

    async def fetch(self, wanted: Wanted) -> Answer:
        """The answer to one address: any status but the passing ones (429, 5xx and the like).

        Raises FetchLater (time-out, DNS, TLS, broken connection, passing status, robots.txt unreachable) with Retry-After
        where the server gave one, and FetchNever (robots.txt, private address, off-site, other scheme, too large).
        """
        url, met, moved_to, left_s = wanted.url, {wanted.url}, wanted.url, self._client.time_limit_s
        for _ in range(MAX_REDIRECTS + 1):
            self._check(url, wanted)
            await self._check_robots(url, wanted)
            response, took_s = await self._ask_again(url, wanted, left_s)
            target = _redirect_target(response, url)
            if target is None:
                return self._answer(wanted, response, url, moved_to if moved_to != wanted.url else None)
            if target in met:
                raise FetchLater("redirected in a circle")
            if response.status in _PERMANENT and moved_to == url:
                moved_to = target
            met.add(target)
            url, left_s = target, left_s - took_s
            if left_s <= 0:
                raise FetchLater(f"redirects took longer than {self._client.time_limit_s:g} s")
        raise FetchLater(f"more than {MAX_REDIRECTS} redirects")

    async def rules(self, url: str, outlet: Outlet) -> Rules:
        """The robots rules that hold for `url`; their Crawl-delay is passed to the outlet's slot."""
        parts = urlsplit(url)
        if outlet.slug not in self._robots:
            self._robots[outlet.slug] = self._robots_of(outlet)
        rules = await self._robots[outlet.slug].rules(f"{parts.scheme}://{parts.netloc}")
        if rules.crawl_delay_s:
            self._client.slow_down(outlet.slug, min(rules.crawl_delay_s, MAX_CRAWL_DELAY_S))
        return rules

    def traffic_of(self, outlet: Outlet) -> Traffic:
        """What was asked of the outlet's servers so far."""
        return self._traffic.get(outlet.slug, Traffic())

    def rests_s(self, outlet: Outlet) -> float:
        """Seconds for which the outlet's server asked to be left alone."""
        return max(0.0, self._rest_until.get(outlet.slug, 0.0) - asyncio.get_running_loop().time())

    def _check(self, url: str, wanted: Wanted) -> None:
        if not url.lower().startswith(("http://", "https://")):
            raise FetchNever(f"neither http nor https: {url[:80]}")
        if len(url) > MAX_ADDRESS_LENGTH:
            raise FetchNever(f"the address is longer than {MAX_ADDRESS_LENGTH} characters")
        politeness = wanted.outlet.politeness
        if not belongs_to(url, (*wanted.outlet.domains, *politeness.offsite_domains, *wanted.also_from)):
            self._client.guard.check(url, wanted.outlet)
            raise FetchNever(f"off-site: {host_of(url)} is none of the outlet's domains")
        self._client.guard.check(url, wanted.outlet)

    async def _check_robots(self, url: str, wanted: Wanted) -> None:
        if not (wanted.obey_robots and wanted.outlet.politeness.obey_robots):
            return
        rules = await self.rules(url, wanted.outlet)
        if reason := rules.why_not(url):
            raise NotAsked(reason) if rules.unreachable else FetchNever(reason)

    def _robots_of(self, outlet: Outlet) -> Robots:
        async def ask(url: str) -> RobotsAnswer:
            try:
                return await self._ask_robots(url, outlet)
            except (FetchLater, FetchNever) as error:
                return RobotsAnswer(0, b"", error.reason)

        return Robots(ask, self._client.keeper, product_token(self._client.user_agent))

    async def _ask_robots(self, url: str, outlet: Outlet) -> RobotsAnswer:
        """RFC 9309 section 2.3.1.2: five redirects are followed, to other hosts too; after that the file counts as missing."""
        wanted = Wanted(url=url, outlet=outlet, max_bytes=MAX_ROBOTS_BYTES, obey_robots=False)
        for _ in range(MAX_REDIRECTS + 1):
            self._client.guard.check(url, outlet)
            response, _ = await self._ask_again(url, wanted, self._client.time_limit_s)
            target = _redirect_target(response, url)
            if target is None:
                answer = self._answer(wanted, response, url, None, cut_is_fine=True)
                return RobotsAnswer(answer.status, answer.body)
            if not target.startswith(("http://", "https://")) or len(target) > MAX_ADDRESS_LENGTH:
                break
            url = target
        return RobotsAnswer(310, b"")

    async def _ask_again(self, url: str, wanted: Wanted, left_s: float) -> tuple[Response, float]:
        """One address without redirects, asked up to three times; passing troubles raise FetchLater."""
        # a turn is taken before the pace is looked at, so that none waits in Scrapy's queue when the server asks for a rest
        turns = self._turns.setdefault(wanted.outlet.slug, asyncio.Semaphore(wanted.outlet.politeness.concurrency))
        for tries_left in range(MAX_RETRIES, -1, -1):
            try:
                async with turns:
                    await self._keep_pace(wanted.outlet)
                    return await self._ask(url, wanted, left_s)
            except PassingTrouble:
                if not tries_left:
                    raise
        raise AssertionError("the loop returns or raises")

    async def _ask(self, url: str, wanted: Wanted, left_s: float) -> tuple[Response, float]:
        request = self._request(url, wanted, left_s)
        self._client.check()
        try:
            response = await self._client.download(request)
            self._count(request, wanted.outlet, failed=response.status in _PASSING)
        except Exception as error:
            self._count(request, wanted.outlet, failed=True)
            if (ip := self._client.guard.why_refused(url)) and isinstance(error, CannotResolveHostError):
                raise FetchNever(f"private address refused: {host_of(url)} is {ip}") from error
            raise in_our_words(error, url) from error
        if response.status in _PASSING:
            raise self._passing(response, wanted.outlet)
        return response, float(request.meta.get(TOOK_S, 0.0))

    def _count(self, request: Request, outlet: Outlet, *, failed: bool) -> None:
        known, took_s = self.traffic_of(outlet), float(request.meta.get(TOOK_S, 0.0))
        self._traffic[outlet.slug] = Traffic(
            requests=known.requests + 1, seconds=round(known.seconds + took_s, 3), failures=known.failures + failed
        )

    def _request(self, url: str, wanted: Wanted, left_s: float) -> Request:
        validators = wanted.headers if host_of(url) == host_of(wanted.url) else {}
        headers = {
            "User-Agent": self._client.user_agent, "Accept-Encoding": ACCEPTED,
            "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "Accept-Language": ",".join(dict.fromkeys((*wanted.outlet.languages, "en"))), **validators,
        }  # fmt: skip
        meta = {
            "download_slot": wanted.outlet.slug, "download_timeout": min(left_s, self._client.time_limit_s),
            VERIFY_TLS: wanted.outlet.politeness.verify_tls, MAX_BYTES: wanted.max_bytes,
        }  # fmt: skip
        try:
            return Request(url, headers=headers, meta=meta, dont_filter=True)
        except ValueError as error:
            raise FetchNever(f"not a web address: {error}") from None

    def _passing(self, response: Response, outlet: Outlet) -> FetchLater:
        retry_after_s = read_retry_after(_text(response.headers.get("Retry-After")), self._client.now())
        if response.status == 429 and retry_after_s is None:
            retry_after_s = _REST_AFTER_429_S
        if retry_after_s is not None:
            until = asyncio.get_running_loop().time() + retry_after_s
            self._rest_until[outlet.slug] = max(until, self._rest_until.get(outlet.slug, 0.0))
        at_once = retry_after_s is None or retry_after_s <= WAIT_S
        return (PassingTrouble if at_once else FetchLater)(f"HTTP {response.status}", retry_after_s)

    async def _keep_pace(self, outlet: Outlet) -> None:
        rest_s = self.rests_s(outlet)
        if rest_s > WAIT_S:
            raise NotAsked(f"the server asked to be left alone for {rest_s:.0f} s", rest_s)
        if rest_s:
            await asyncio.sleep(rest_s)

    def _answer(self, wanted: Wanted, response: Response, url: str, moved_to: str | None, *, cut_is_fine: bool = False) -> Answer:
        limit = wanted.max_bytes
        try:
            data, cut = decode(response.body, [_text(one) or "" for one in response.headers.getlist("Content-Encoding")], limit)
        except ValueError as error:
            raise FetchLater(str(error)) from None
        cut = cut or CUT_FLAG in response.flags
        if cut and limit == PAGE_BYTES and not cut_is_fine:
            raise TooLarge(f"the page is larger than {limit >> 20} MiB")
        return Answer(
            requested_url=wanted.url, final_url=url, status=response.status, headers=_headers(response), body=data, cut=cut,
            fetched_at=self._client.now(), moved_to=moved_to,
        )  # fmt: skip


def _redirect_target(response: Response, url: str) -> str | None:
    location = response.headers.get("Location")
    if response.status not in _REDIRECTS or not location:
        return None
    try:
        return urljoin(url, safe_url_string(location.strip())).partition("#")[0]
    except ValueError:
        raise FetchNever("redirected to something that is no address") from None


def _text(value: bytes | None) -> str | None:
    return value.decode("latin-1") if value is not None else None


def _headers(response: Response) -> tuple[tuple[str, str], ...]:
    """Headers as kept with a page: lower-case names, a bounded number and size, without controls."""
    kept: list[tuple[str, str]] = []
    size = 0
    for name, values in response.headers.items():
        for value in values:
            text = "".join(char for char in value.decode("latin-1") if char.isprintable())
            size += len(name) + len(text)
            if size > MAX_HEADER_BYTES or len(kept) == MAX_HEADERS:
                return tuple(kept)
            kept.append((name.decode("latin-1").lower(), text))
    return tuple(kept)
