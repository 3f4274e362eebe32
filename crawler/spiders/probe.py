"""A look at a site for `outlets add` and `outlets check`: front page, robots.txt, sources, three articles read for a trial.

Asks as politely and as guardedly as a crawl, and files nothing.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog

from crawler.addresses import belongs_to, canonical_address, host_of
from crawler.discovery.finding import common_sources
from crawler.discovery.reading import FeedReading, SitemapReading, UnreadableSource
from crawler.discovery.sections import matches_pattern
from crawler.discovery.sitemap import fresh_children
from crawler.errors import FetchLater, FetchNever, NormalizeError
from crawler.model.article import Article
from crawler.model.feed import FeedEntry
from crawler.model.outlet import Outlet, Source
from crawler.model.run import ProbedArticle, ProbedSource, ProbeReport, SourceStatus
from crawler.outlets.agencies import Agencies
from crawler.spiders.fetching import FEED_BYTES, Answer, Fetcher, Wanted
from crawler.spiders.readers import FrontPage, read_front_page, read_page, read_source
from crawler.spiders.walls import is_challenge, judge
from crawler.workers import PagePool

TRIAL_ARTICLES = 3
OPENING_CHARS = 300
_STATUS = {404: SourceStatus.GONE, 410: SourceStatus.GONE, 401: SourceStatus.BLOCKED, 403: SourceStatus.BLOCKED}
Found = tuple[ProbedSource, tuple[FeedEntry, ...]]
log = structlog.get_logger("crawler")


class Probe:
    """Looks at sites, one after the other or side by side."""

    def __init__(self, fetcher: Fetcher, pool: PagePool, agencies: Agencies, now: Callable[[], datetime]) -> None:
        self._fetcher, self._pool, self._agencies, self._now = fetcher, pool, agencies, now

    async def look_at(self, outlet: Outlet) -> ProbeReport:
        """Everything that `ProbeReport` tells. Never raises: what went wrong is in the report."""
        try:
            return await self._look_at(outlet)
        except Exception as error:
            log.exception("a probe broke", outlet=outlet.slug)
            return ProbeReport(outlet=outlet.slug, homepage=outlet.homepage, error=f"{type(error).__name__}: {error}")

    async def read_pages(self, outlet: Outlet, urls: Sequence[str]) -> ProbeReport:
        """Read single pages, their texts whole; `error` of each says why not. Nothing else of the site is asked for."""
        entries = [FeedEntry(url=url, source="") for url in urls]
        try:
            articles = await asyncio.gather(*(self._try_article(outlet, entry, whole=True) for entry in entries))
        except Exception as error:
            log.exception("reading a page broke", outlet=outlet.slug)
            return ProbeReport(outlet=outlet.slug, homepage=outlet.homepage, error=f"{type(error).__name__}: {error}")
        return ProbeReport(outlet=outlet.slug, homepage=outlet.homepage, articles=tuple(articles))

    async def _look_at(self, outlet: Outlet) -> ProbeReport:
        report = ProbeReport(outlet=outlet.slug, homepage=outlet.homepage, robots="open")
        rules = await self._fetcher.rules(outlet.homepage, outlet)
        report = dataclasses.replace(report, robots=rules.why_not(outlet.homepage) or "open", crawl_delay_s=rules.crawl_delay_s)
        front, report = await self._read_front_page(outlet, report, rules.sitemaps)
        found = await self._try_sources(outlet, front)
        good = [one for one, _ in found if one.status is SourceStatus.OK]
        articles = await self._try_articles(outlet, found)
        languages = Counter(one.language for one in articles if one.language and one.language != "und")
        draft = front.draft if front else None
        if draft is not None:
            used = languages.most_common(1)[0][0] if languages else draft.languages[0]
            draft = dataclasses.replace(
                draft, sources=tuple(one.source for one in good), languages=tuple(dict.fromkeys([used, *draft.languages])),
                politeness=outlet.politeness,
            )  # fmt: skip
        return dataclasses.replace(
            report, sources=tuple(one for one, _ in found), articles=articles, draft=draft, title=draft.name if draft else None,
            languages=tuple(language for language, _ in languages.most_common()),
            notes=tuple(filter(None, [front.note if front else None])),
        )  # fmt: skip

    async def _read_front_page(
        self, outlet: Outlet, report: ProbeReport, sitemaps: tuple[str, ...]
    ) -> tuple[FrontPage | None, ProbeReport]:
        try:
            answer = await self._fetcher.fetch(Wanted(url=outlet.homepage, outlet=outlet))
        except (FetchLater, FetchNever) as error:
            return None, dataclasses.replace(report, error=error.reason)
        report = dataclasses.replace(report, homepage=answer.final_url, status=answer.status)
        if answer.status >= 400 or is_challenge(answer.header):
            return None, dataclasses.replace(report, error=f"the homepage answers HTTP {answer.status}")
        said, month = (answer.final_url, answer.header("content-type")), f"{self._now():%Y-%m}"
        try:
            future = self._pool.submit(read_front_page, answer.body, said, sitemaps, month, outlet)
            return await asyncio.wrap_future(future), report
        except NormalizeError as error:
            return None, dataclasses.replace(report, error=f"the homepage cannot be read: {error.reason}")

    async def _try_sources(self, outlet: Outlet, front: FrontPage | None) -> list[Found]:
        """The outlet's own sources and those its front page declares; the usual places when that gives none."""
        declared = front.sources if front else ()
        wanted = {source.url: source for source in (*outlet.sources, *declared)}
        found = await self._try_each(outlet, wanted.values())
        if not any(one.status is SourceStatus.OK for one, _ in found):
            usual = [source for source in common_sources(outlet.homepage) if source.url not in wanted]
            found += [pair for pair in await self._try_each(outlet, usual) if pair[0].status is SourceStatus.OK]
        return found

    async def _try_each(self, outlet: Outlet, sources: Iterable[Source]) -> list[Found]:
        return list(await asyncio.gather(*(self._try_source(outlet, source) for source in sources)))

    async def _try_source(self, outlet: Outlet, source: Source, depth: int = 0) -> Found:
        probed = ProbedSource(source=source, status=SourceStatus.OK, configured=source in outlet.sources)
        host = host_of(source.url)
        try:
            answer = await self._fetcher.fetch(
                Wanted(url=source.url, outlet=outlet, max_bytes=FEED_BYTES, also_from=(host,) if host else ())
            )
            probed = dataclasses.replace(probed, moved_to=answer.moved_to)
            if not 200 <= answer.status < 300:
                status = _STATUS.get(answer.status, SourceStatus.UNREACHABLE)
                return dataclasses.replace(probed, status=status, error=f"HTTP {answer.status}"), ()
            reading = await self._read(outlet, source, answer)
        except FetchLater as error:
            return dataclasses.replace(probed, status=SourceStatus.UNREACHABLE, error=error.reason), ()
        except FetchNever as error:
            return dataclasses.replace(probed, status=SourceStatus.REFUSED, error=error.reason), ()
        except (UnreadableSource, NormalizeError) as error:
            return dataclasses.replace(probed, status=SourceStatus.UNREADABLE, error=error.reason), ()
        if isinstance(reading, SitemapReading) and reading.children and depth == 0:
            for child in fresh_children(reading, self._now(), 1):
                _, entries = await self._try_source(outlet, dataclasses.replace(source, url=child), depth=1)
                reading = dataclasses.replace(reading, entries=entries)
        return self._told(probed, reading), reading.entries

    async def _read(self, outlet: Outlet, source: Source, answer: Answer) -> FeedReading | SitemapReading:
        now = answer.fetched_at.astimezone(ZoneInfo(outlet.timezone))
        said = (answer.final_url, answer.header("content-type"))
        return await asyncio.wrap_future(self._pool.submit(read_source, source, outlet, answer.body, said, now))

    def _told(self, probed: ProbedSource, reading: FeedReading | SitemapReading) -> ProbedSource:
        entries = [entry for entry in reading.entries if matches_pattern(entry.url, probed.source.link_pattern)]
        times = [time for entry in entries if (time := entry.published_at or entry.updated_at)]
        return dataclasses.replace(
            probed, kind=reading.kind, title=getattr(reading, "title", None), entries=len(entries),
            newest_at=max(times, default=None), status=SourceStatus.OK if entries else SourceStatus.EMPTY,
            error="; ".join(reading.warnings)[:500] or None,
        )  # fmt: skip

    async def _try_articles(self, outlet: Outlet, found: list[Found]) -> tuple[ProbedArticle, ...]:
        """Three entries from different sources where there are some, each the first of what is left of its source."""
        waiting = [iter(entries) for one, entries in found if one.status is SourceStatus.OK]
        chosen: dict[str, FeedEntry] = {}
        while waiting and len(chosen) < TRIAL_ARTICLES:
            for entries in list(waiting):
                entry = next(entries, None)
                if entry is None:
                    waiting.remove(entries)
                elif belongs_to(entry.url, outlet.domains) and (url := canonical_address(entry.url, outlet.keep_query)):
                    chosen.setdefault(url, entry)
        tried = list(chosen.values())[:TRIAL_ARTICLES]
        return tuple(await asyncio.gather(*(self._try_article(outlet, entry) for entry in tried)))

    async def _try_article(self, outlet: Outlet, entry: FeedEntry, *, whole: bool = False) -> ProbedArticle:
        try:
            answer = await self._fetcher.fetch(Wanted(url=entry.url, outlet=outlet))
            if verdict := judge(answer):
                return ProbedArticle(url=entry.url, error=f"{verdict.outcome.value}: {verdict.reason}")
            future = self._pool.submit(read_page, answer.page(outlet.slug, entry), outlet, self._agencies, answer.fetched_at)
            return _read_well(entry.url, await asyncio.wrap_future(future), whole)
        except (FetchLater, FetchNever) as error:
            return ProbedArticle(url=entry.url, error=error.reason)
        except NormalizeError as error:
            return ProbedArticle(url=entry.url, error=f"{error.kind}: {error.reason}")


def _read_well(url: str, article: Article, whole: bool) -> ProbedArticle:
    return ProbedArticle(
        url=url, title=article.title, words=len(article.text.split()), language=article.language, published_at=article.published_at,
        published_from=article.published_from.value, authors=article.authors,
        sources=tuple(dict.fromkeys(one.source for one in article.attributions)), opening=article.text[:OPENING_CHARS],
        text=article.text if whole else "",
    )  # fmt: skip
