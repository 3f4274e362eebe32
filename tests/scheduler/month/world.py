"""The outlets' world at an instant: what was published, which trouble holds, how a request is answered. Pure but for its clock.

The clock is a function that gives the simulated instant. Not here: sockets (`server`), who asks (`light`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import numpy as np

from crawler.model.outlet import Outlet, Politeness, Schedule, Source, SourceKind
from tests.scheduler.month.newsrooms import COUNTRIES, Newsroom, arrivals, make_newsrooms, when
from tests.scheduler.month.pages import article_html, feed_body, sitemap_body
from tests.scheduler.month.script import Trouble, make_script

START = datetime(2027, 3, 8, tzinfo=UTC)
"""A Monday. The 30 days from here hold Easter and three changes of clocks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the server sends, or does instead."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    took_s: float = 0.05
    """Seconds that the answer takes in the simulated world."""
    silent: bool = False
    """The connection stays open, and no answer comes."""


@dataclass(slots=True)
class World:
    """Outlets, what each publishes when, and the script of troubles."""

    rooms: list[Newsroom]
    start: datetime
    days: int
    published: dict[str, np.ndarray]
    """Slug -> seconds since 1970, ascending, from 28 days before `start` on."""
    troubles: list[Trouble]
    clock: Callable[[], datetime] = field(default=lambda: START)
    asked: Counter[str] = field(default_factory=Counter)
    """Kind of address ("feed", "sitemap", "page") -> requests."""
    _of: dict[str, list[Trouble]] = field(default_factory=dict)
    _by_slug: dict[str, Newsroom] = field(default_factory=dict)
    _bodies: dict[tuple[str, str], tuple[int, tuple[bytes, str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._by_slug = {room.slug: room for room in self.rooms}
        for trouble in self.troubles:
            self._of.setdefault(trouble.slug, []).append(trouble)

    @property
    def end(self) -> datetime:
        """The end of the month."""
        return self.start + timedelta(days=self.days)

    def room(self, slug: str) -> Newsroom:
        """The outlet of that name."""
        return self._by_slug[slug]

    def trouble(self, slug: str, at: datetime) -> Trouble | None:
        """The trouble that holds then, if any."""
        return next((one for one in self._of.get(slug, ()) if one.holds(at)), None)

    def count(self, slug: str, at: datetime) -> int:
        """How many articles it published until then."""
        return int(np.searchsorted(self.published[slug], at.timestamp(), side="right"))

    def first_sign(self, trouble: Trouble) -> datetime:
        """When it could first be seen from outside: at once, or with the first article that comes in it."""
        return self.nth_article(trouble, 1) if trouble.kind.allowed_articles else trouble.begins

    def latest(self, trouble: Trouble) -> datetime:
        """When its incident must be open."""
        kind = trouble.kind
        return (self.nth_article(trouble, kind.allowed_articles) if kind.allowed_articles else trouble.begins) + timedelta(
            hours=kind.allowed_h
        )

    def nth_article(self, trouble: Trouble, number: int) -> datetime:
        """When the outlet publishes its `number`th article after the trouble's begin; its end at the latest."""
        times = self.published[trouble.slug]
        place = bisect_right(times, trouble.begins.timestamp()) + number - 1
        return min(when(times[place]), trouble.ends) if place < len(times) else trouble.ends

    def reply(self, path: str, headers: dict[str, str]) -> Reply:
        """The answer to GET `path` ("/outlet-007/feed") with these request headers (lower-case names)."""
        parts = path.strip("/").split("/")
        if parts == ["robots.txt"]:
            return Reply(headers=(("content-type", "text/plain"),), body=b"User-agent: *\nAllow: /\n")
        if len(parts) < 2 or parts[0] not in self._by_slug:
            return Reply(status=404)
        now, room = self.clock(), self._by_slug[parts[0]]
        trouble = self.trouble(room.slug, now)
        name = trouble.kind.name if trouble else ""
        kind = "page" if parts[1] == "a" else "sitemap" if parts[1] == "news-sitemap.xml" else "feed"
        self.asked[kind] += 1
        if (reply := _refused(name, kind)) is not None:
            return reply
        took_s = 12.0 if name == "slow" else 0.05
        if kind == "page":
            return self._page(room, parts, now, name, took_s)
        home = f"http://{headers.get('host', '127.0.0.1')}/{room.slug}"
        if name == "moved 301" and parts[1] == "feed":
            return Reply(status=301, headers=(("location", f"{home}/new/feed"),))
        if name == "gone 410" and kind == "feed":
            return Reply(status=410)
        if kind == "sitemap":
            return self._listing(room, "sitemap", self.count(room.slug, now), (home, headers, took_s, None))
        frozen = name in ("frozen feed", "lying 304")
        told = self.count(room.slug, trouble.begins if frozen and trouble else now)
        if name == "lying 304":  # the tag never changes; who asks without it gets the truth
            return self._listing(room, "feed", self.count(room.slug, now), (home, headers, took_s, told))
        return self._listing(room, "feed", told, (home, headers, took_s, None))

    def _listing(self, room: Newsroom, kind: str, count: int, how: tuple[str, dict[str, str], float, int | None]) -> Reply:
        """A feed or sitemap that ends with article `count`; `how` ends with the count that its tag tells (None: the true one)."""
        home, asked, took_s, tagged = how
        tag_count = count if tagged is None else tagged
        tag, day = f'"{room.slug}-{tag_count}"', format_datetime(self._at(room.slug, tag_count), usegmt=True)
        validators = "both" if tagged is not None else room.validators
        by_tag, by_date = validators in ("etag", "both"), validators in ("date", "both")
        headers = [*((("etag", tag),) if by_tag else ()), *((("last-modified", day),) if by_date else ())]
        if room.max_age_s:
            headers.append(("cache-control", f"max-age={room.max_age_s}"))
        if (by_tag and asked.get("if-none-match") == tag) or (
            by_date and "if-none-match" not in asked and asked.get("if-modified-since") == day
        ):
            return Reply(status=304, headers=tuple(headers), took_s=took_s)
        kept = self._bodies.get((room.slug, kind))
        if kept is None or kept[0] != count:
            first = max(0, count - room.window)
            listed = [(number, self._at(room.slug, number + 1)) for number in range(count - 1, first - 1, -1)]
            make = feed_body if kind == "feed" else sitemap_body
            kept = self._bodies[room.slug, kind] = (count, make(room, home, listed))
        body, media = kept[1]
        return Reply(headers=(("content-type", f"{media}; charset=utf-8"), *headers), body=body, took_s=took_s)

    def _at(self, slug: str, count: int) -> datetime:
        """When article number `count - 1` came; the start for none."""
        return when(self.published[slug][count - 1]) if count else self.start - timedelta(days=29)

    def _page(self, room: Newsroom, parts: list[str], now: datetime, name: str, took_s: float) -> Reply:
        number = int(parts[2]) if len(parts) == 3 and parts[2].isdecimal() else -1
        if not 0 <= number < self.count(room.slug, now):
            return Reply(status=404)
        if name == "pages 403":
            return Reply(status=403, headers=(("content-type", "text/html"),), body=b"<html><body>Forbidden</body></html>")
        look = name if name in ("redesign", "paywall") else "usual"
        html = article_html(room, number, self._at(room.slug, number + 1), look)
        return Reply(headers=(("content-type", "text/html; charset=utf-8"),), body=html.encode(), took_s=took_s)


def _refused(name: str, kind: str) -> Reply | None:
    """What a trouble of the whole server answers to anything."""
    if name == "http 500":
        return Reply(status=500)
    if name in ("no answer", "refused", "no name"):
        return Reply(silent=True)
    if name == "http 403":
        return Reply(status=403, headers=(("content-type", "text/html"),), body=b"<html><body>Forbidden</body></html>")
    if name == "challenge":
        headers = (("content-type", "text/html"), ("cf-mitigated", "challenge"))
        return Reply(status=403, headers=headers, body=b"<html><title>Just a moment...</title></html>")
    return None


def make_world(count: int, days: int, seed: int, *, start: datetime = START, share: float = 0.2, history_days: int = 28) -> World:
    """The population, its articles from `history_days` before `start`, and the script. In a quiet week an
    outlet publishes an eighth of the usual, one with two articles a day or less nothing."""
    rooms = make_newsrooms(count, seed)
    troubles = make_script(rooms, start, days, seed, share)
    published = {room.slug: arrivals(room, start - timedelta(days=history_days), history_days + days, seed) for room in rooms}
    for one in troubles:
        if one.kind.name == "quiet week":
            times, per_day = published[one.slug], next(room.per_day for room in rooms if room.slug == one.slug)
            stays = np.random.default_rng([seed, 4]).random(len(times)) < (0.12 if per_day > 2 else 0.0)
            published[one.slug] = times[(times < one.begins.timestamp()) | (times >= one.ends.timestamp()) | stays]
    return World(rooms=rooms, start=start, days=days, published=published, troubles=troubles)


def outlet_of(room: Newsroom, origin: str) -> Outlet:
    """The outlet as its file would say, served at `origin` ("http://127.0.0.1:8000")."""
    home = f"{origin}/{room.slug}"
    sources = [Source(kind=SourceKind.FEED, url=f"{home}/feed")]
    if room.sitemap:
        sources.append(Source(kind=SourceKind.NEWS_SITEMAP, url=f"{home}/news-sitemap.xml"))
    key, value = room.schedule
    schedule = Schedule(adaptive=True) if key == "adaptive" else Schedule(**{key: value})  # type: ignore[arg-type]  # keys are those of Schedule
    return Outlet(
        slug=room.slug, name=room.slug, homepage=f"{home}/", domains=(origin.partition("//")[2].partition(":")[0],), country=COUNTRIES[room.zone],
        languages=("pl",), timezone=room.zone, sources=tuple(sources), schedule=schedule, revisit=(),
        politeness=Politeness(delay_s=0.0, concurrency=1, obey_robots=False, allow_private=True),
    )  # fmt: skip
