"""What pages, API, feeds and export ask: the engine and the store behind one door, read only, for many threads at once.

Not here: how an answer looks (`api`, `web`), the query language (`query`), who may ask (`api.access`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TypeVar, cast

import sqlalchemy as sa

from crawler.config import Locations, store_url
from crawler.errors import BackendUnavailable
from crawler.model.article import Article, Revision
from crawler.model.story import Story, StoryMember
from crawler.store import articles, health, outbox, outlet_profiles, outlets, stories
from crawler.store.database import Database, open_database
from crawler.store.hit_view import HitView, view_hits
from crawler.store.outlet_profiles import OutletProfile
from crawler.store.story_view import StoryView, view_story
from crawler.text import fold
from crawler.text_diff import TextDiff, diff_texts
from indexer.config import indexer_settings
from indexer.engine import SearchEngine
from indexer.engines.choose import open_engine
from indexer.kept_answers import KeptAnswers
from indexer.kept_figures import KeptFigures
from indexer.outlet_detail import OutletDetail, read_detail
from indexer.plans import Plans
from indexer.search import SearchHit, SearchPage, SearchRequest
from indexer.zones import LOCAL

T = TypeVar("T")
PROFILES_KEPT_S = 60.0
"""How old the figures of how much is copied may be, at least: they look at every article (`kept_figures`)."""
NAMES_KEPT_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyView:
    """A member of an article's story, the article itself among them."""

    member: StoryMember
    outlet_name: str
    title: str
    url: str
    is_origin: bool
    headline_changed: bool
    """Its headline is not the origin's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleView:
    """An article as the store has it, with what belongs to it."""

    article: Article
    outlet_name: str
    names: Mapping[str, str]
    """Slug -> name of the agencies and outlets that its attributions name."""
    revisions: tuple[Revision, ...]
    """The first first; one means that nothing was changed."""
    story: Story | None
    copies: tuple[CopyView, ...]
    """Members of the story in order of time; () outside of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffView:
    """Two articles, or two versions of one, beside one another."""

    before: Article
    after: Article
    title: TextDiff
    text: TextDiff


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletView:
    """An outlet, how it fares and what it prints."""

    slug: str
    name: str
    homepage: str
    country: str
    language: str
    kind: str
    group: str | None
    tags: tuple[str, ...]
    articles: int
    last_success_at: datetime | None
    """Of a crawl; None before the first."""
    last_new_article_at: datetime | None
    verdict: str | None
    """As the scheduler judged (`crawler.store.health`); None before its first crawl."""
    since: datetime | None
    """When this verdict began."""
    reason: str
    disabled_because: str | None
    profile: OutletProfile | None
    """How much of it is copied, over all time, as it was counted last; None without articles then."""

    @property
    def agency_share(self) -> float | None:
        """Share of its articles that an agency wrote, 0 to 1; None without articles."""
        return self.profile.agency_copy / self.profile.articles if self.profile and self.profile.articles else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """Something to complete a word with."""

    kind: str
    """"outlet" or "agency"."""
    value: str
    """The slug, as `outlet:` and `agency:` take it."""
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How far the index is behind the store."""

    articles: int
    """In the store."""
    newest_at: datetime | None
    """When the article that was met last was met."""
    waiting: int
    """Articles in the outbox."""
    waiting_since: datetime | None
    """How long the longest of them waits."""


class Desk:
    """Opened once a process. Methods raise BackendUnavailable when store or index cannot be used, QueryError for a query."""

    exports_texts = True
    """[indexer] allow_fulltext_export: what is exported may hold texts and leads."""
    exports_reserved = False
    """[indexer] allow_reserved_export: those of articles whose pages reserve text mining, too."""
    plans: Plans | None = None
    """Reads the catalogue; without it an outlet's sources have no kinds, and those with slots no next one."""

    def __init__(self, database: Database, engine: SearchEngine, *, now: Callable[[], datetime], zone: tzinfo = LOCAL) -> None:
        self.database, self.engine, self.now, self.zone = database, engine, now, zone
        self._answers = KeptAnswers(engine)
        self._profiles = KeptFigures(self._read_profiles, PROFILES_KEPT_S)
        self._kept: dict[str, tuple[float, object]] = {}

    @classmethod
    def open(cls, locations: Locations, now: Callable[[], datetime] = lambda: datetime.now(UTC), zone: tzinfo = LOCAL) -> Desk:
        """The store and the index of an installation. A store of an older schema is migrated, as by every command."""
        settings = indexer_settings(locations)
        desk = cls(open_database(store_url(locations)), open_engine(settings, locations), now=now, zone=zone)
        desk.exports_texts, desk.exports_reserved = settings.allow_fulltext_export, settings.allow_reserved_export
        return desk

    def close(self) -> None:
        """Give back files and connections."""
        self._profiles.close()
        self.engine.close()
        self.database.close()

    def search(self, request: SearchRequest, zone: tzinfo | None = None) -> SearchPage:
        """See `indexer.search.search` and `kept_answers`. An index that was put in another's place while it was asked is asked once more."""
        try:
            return self._answers.search(request, self.now(), zone or self.zone)
        except BackendUnavailable:
            return self._answers.search(request, self.now(), zone or self.zone)

    def article(self, article_id: str) -> ArticleView | None:
        """An article by its whole id; None when unknown."""
        with self.database.read() as connection:
            article = articles.read_article(connection, article_id)
            if article is None:
                return None
            revisions = articles.read_revisions(connection, article_id)
            story = stories.story_of(connection, article_id)
            copies = self._copies(connection, story) if story else ()
        names = self._outlet_names() | self._agency_names()
        return ArticleView(
            article=article, outlet_name=names.get(article.outlet, article.outlet), revisions=tuple(revisions), story=story,
            copies=copies, names={one.source: names[one.source] for one in article.attributions if one.source in names},
        )  # fmt: skip

    def revisions(self, article_id: str) -> tuple[Revision, ...]:
        """Every version of an article, the first first; () when it is unknown."""
        with self.database.read() as connection:
            return tuple(articles.read_revisions(connection, article_id))

    def story(self, story_id: str) -> StoryView | None:
        """A story by its id or that of one that merged into it: then `story.id` is another, to which a page redirects."""
        with self.database.read() as connection:
            found = stories.get_story(connection, story_id)
            return view_story(connection, found) if found and found.members else None

    def diff(self, before_id: str, after_id: str) -> DiffView | None:
        """What the second article made of the first; None when one is unknown."""
        with self.database.read() as connection:
            found = {one.id: one for one in articles.read_articles(connection, [before_id, after_id])}
        before, after = found.get(before_id), found.get(after_id)
        if before is None or after is None:
            return None
        title, text = diff_texts(before.title, after.title), diff_texts(before.text, after.text)
        return DiffView(before=before, after=after, title=title, text=text)

    def outlets(self) -> tuple[OutletView, ...]:
        """Every outlet that was ever crawled, by name. At most NAMES_KEPT_S old, but for `profile`."""
        return self._keep("outlets", NAMES_KEPT_S, self._read_outlets)

    def outlet(self, slug: str) -> OutletDetail | None:
        """One outlet with its sources, incidents and days; None when there is none of that slug. Read anew, but for `profile`."""
        return read_detail(self.database, slug, (self.now(), self.zone), self.plans, self._profiles.get().get(slug))

    def suggest(self, prefix: str, limit: int = 10) -> tuple[Suggestion, ...]:
        """Outlets and agencies with a slug or a word of their name that begins with `prefix`, case and diacritics aside."""
        wanted = fold(prefix).strip()
        if not wanted:
            return ()
        named = [("outlet", self._outlet_names()), ("agency", self._agency_names())]
        found = [
            Suggestion(kind=kind, value=slug, name=name)
            for kind, names in named
            for slug, name in names.items()
            if any(fold(word).startswith(wanted) for word in (slug, name, *name.split()))
        ]
        return tuple(sorted(found, key=lambda one: (len(one.name), one.name, one.kind))[:limit])

    def freshness(self) -> Freshness:
        """How far the index is behind the store. At most NAMES_KEPT_S old."""
        return self._keep("freshness", NAMES_KEPT_S, self._read_freshness)

    def beside(self, hits: Iterable[SearchHit]) -> HitView:
        """What the store adds to the hits of one page: the earliest copies of each story, and whom a text names."""
        found = [hit.article for hit in hits]
        stories_ = sorted({one["story"] for one in found if one["story"] and one["copies"] > 1})
        with self.database.read() as connection:
            return view_hits(connection, [one["id"] for one in found], stories_)

    def names(self, kind: str) -> Mapping[str, str]:
        """Slug -> name of every "outlet" or "agency". At most NAMES_KEPT_S old."""
        return self._outlet_names() if kind == "outlet" else self._agency_names()

    def check(self) -> None:
        """Ask store and index for a little: raises BackendUnavailable when one does not answer."""
        with self.database.read() as connection:
            outbox.count_outbox(connection)
        if self.engine.status().document_version is None:
            raise BackendUnavailable("there is no search index yet: run `depesza crawl`, or `depesza index rebuild`")

    def _copies(self, connection: sa.Connection, story: Story) -> tuple[CopyView, ...]:
        ids = [one.article_id for one in story.members]
        found = {one.id: one for one in articles.read_articles(connection, ids, whole=False)}
        names = self._outlet_names()
        origin = found.get(story.origin_article_id or "")
        return tuple(
            CopyView(
                member=one, outlet_name=names.get(one.outlet, one.outlet), title=found[one.article_id].title,
                url=found[one.article_id].url, is_origin=one.article_id == story.origin_article_id,
                headline_changed=origin is not None and found[one.article_id].title != origin.title,
            )
            for one in story.members
            if one.article_id in found
        )  # fmt: skip

    def _read_outlets(self) -> tuple[OutletView, ...]:
        with self.database.read() as connection:
            rows = outlets.read_outlets(connection)
            verdicts = health.read_health(connection)
            counts = articles.count_by_outlet(connection)
        profiles = self._profiles.get()
        found = []
        for slug, row in rows.items():
            profile, verdict = profiles.get(slug), verdicts.get(slug)
            found.append(
                OutletView(
                    slug=slug, name=row.name, homepage=row.homepage, country=row.country, language=row.language, kind=row.kind,
                    group=row.group, tags=row.tags, articles=counts.get(slug, 0), profile=profile,
                    last_success_at=verdict.last_success_at if verdict else None,
                    last_new_article_at=verdict.last_new_article_at if verdict else None,
                    verdict=verdict.verdict if verdict else None, since=verdict.since if verdict else None,
                    reason=verdict.reason if verdict else "",
                    disabled_because=row.disabled_because,
                )
            )  # fmt: skip
        return tuple(sorted(found, key=lambda one: (fold(one.name), one.slug)))

    def _read_profiles(self) -> Mapping[str, OutletProfile]:
        with self.database.read() as connection:
            return {one.outlet: one for one in outlet_profiles.outlet_profiles(connection)}

    def _read_freshness(self) -> Freshness:
        with self.database.read() as connection:
            return Freshness(
                articles=articles.count_articles(connection), newest_at=articles.newest_first_seen(connection),
                waiting=outbox.count_outbox(connection), waiting_since=outbox.oldest_in_outbox(connection),
            )  # fmt: skip

    def _outlet_names(self) -> dict[str, str]:
        return self._keep("outlet names", NAMES_KEPT_S, self._read_outlet_names)

    def _agency_names(self) -> dict[str, str]:
        return self._keep("agency names", NAMES_KEPT_S, self._read_agency_names)

    def _read_outlet_names(self) -> dict[str, str]:
        with self.database.read() as connection:
            return {slug: row.name for slug, row in outlets.read_outlets(connection).items()}

    def _read_agency_names(self) -> dict[str, str]:
        with self.database.read() as connection:
            return outlets.read_agency_names(connection)

    def _keep(self, name: str, seconds: float, read: Callable[[], T]) -> T:
        """What `read` gave at most `seconds` ago. Two threads may read at once; either answer is right."""
        at, value = self._kept.get(name, (float("-inf"), None))
        if time.monotonic() - at > seconds:
            value = read()
            self._kept[name] = time.monotonic(), value
        return cast(T, value)
