"""Looking at what two crawls of the sample left: stories, searches, corrections, and what the outlets' servers saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from crawler.config import Locations
from crawler.model.article import Article
from crawler.model.run import RunReport
from crawler.model.story import Story
from crawler.store import articles, stories
from crawler.store.database import Database
from crawler.store.outlets import read_agency_names
from crawler.store.story_view import StoryView, view_story
from crawler.text_diff import diff_texts
from indexer.config import indexer_settings
from indexer.engines.choose import open_engine
from indexer.highlight import Snippet
from indexer.search import SearchHit, SearchRequest, search
from scheduler.demo.result import DemoCopy, DemoHit, DemoResult, DemoRevision, DemoSearch, Marked, changed_words
from scheduler.demo.server import Access, DemoServer

SEARCHES = ("Warszawa", "prezydent", "Brzeskwicki")
"""Two words whose inflected forms are found and marked, and a name that no dictionary knows."""


def find_all(
    locations: Locations, database: Database, runs: Sequence[RunReport], server: DemoServer, second_log: Sequence[Access]
) -> DemoResult:
    """Everything the demo tells. `second_log`: the requests of the second crawl."""
    with database.read() as connection:
        found = sorted(stories.list_stories(connection), key=_order)
        ids = [member.article_id for story in found for member in story.members]
        members = {article.id: article for article in articles.read_articles(connection, ids)}
        agencies = read_agency_names(connection)
        views = [view_story(connection, story) for story in found]
    pages = set(server.article_urls(second=True, behind_robots=True))
    return DemoResult(
        data_dir=locations.data_dir,
        runs=tuple(runs),
        stories=tuple(found),
        articles=members,
        outlet_names={outlet.slug: outlet.name for outlet in server.outlets},
        agency_names=agencies,
        searches=tuple(_search(locations, query, server.started_at) for query in SEARCHES),
        revisions=_revisions(database, server),
        spread=views[0] if views else None,
        copy=_most_changed(views, members),
        second_crawl_pages=sum(server.origins[line.outlet] + line.path in pages for line in second_log),
        unchanged_feeds=sum(line.status == 304 for line in second_log),
        left_alone=len(_hidden(server) - {server.origins[line.outlet] + line.path for line in server.log}),
    )


def _hidden(server: DemoServer) -> set[str]:
    return set(server.article_urls(second=True, behind_robots=True)) - set(server.article_urls(second=True))


def _order(story: Story) -> tuple[int, float]:
    """The largest first, then the earliest."""
    first = story.first_published_at or story.first_seen_at
    return -len(story.members), first.timestamp() if first else 0.0


def _most_changed(views: Sequence[StoryView], articles_by_id: Mapping[str, Article]) -> DemoCopy | None:
    """The copy that changed numbers, else the one that cut and added most."""
    changed = [(len(one.numbers), min(one.cut, one.added), view, one) for view in views for one in view.members]
    _, words, view, one = max(changed, key=lambda each: each[:2], default=(0, 0, None, None))
    if not words or view is None or one is None:
        return None
    original, copy = articles_by_id[view.story.origin_article_id or ""], articles_by_id[one.member.article_id]
    return DemoCopy(original=original, copy=copy, role=one.member.role.value, diff=diff_texts(original.text, copy.text))


def _revisions(database: Database, server: DemoServer) -> tuple[DemoRevision, ...]:
    """The articles of which a second version was kept, with what changed, by outlet (ids hang on the server's port)."""
    announced = {
        server.origins[outlet.slug] + article.path: article.later.announced
        for outlet in server.outlets
        for article in outlet.articles
        if article.later is not None
    }
    found = []
    with database.read() as connection:
        for batch in articles.walk_articles(connection):
            for article in batch:
                versions = articles.read_revisions(connection, article.id)
                if len(versions) < 2:
                    continue
                before, after = changed_words(versions[-2], versions[-1])
                told = announced.get(article.url, False)
                found.append(DemoRevision(article=article, before=before, after=after, announced=told, versions=tuple(versions)))
    return tuple(sorted(found, key=lambda one: (one.article.outlet, one.article.title)))


def _search(locations: Locations, query: str, now: datetime) -> DemoSearch:
    engine = open_engine(indexer_settings(locations), locations)
    try:
        page = search(engine, SearchRequest(text=query), now, UTC)
    finally:
        engine.close()
    return DemoSearch(query=query, total=page.total, forms=tuple(page.expansion.get(query, ())), hits=tuple(map(_hit, page.hits)))


def _hit(hit: SearchHit) -> DemoHit:
    article = hit.article
    return DemoHit(
        article_id=article["id"],
        outlet=article["outlet"],
        title=Marked(article["title"], hit.title_marks),
        snippets=tuple(map(_piece, hit.snippets)),
        copies=max(0, (article["copies"] or 1) - 1),
    )


def _piece(piece: Snippet) -> Marked:
    """The snippet with dots where the text goes on."""
    before, after = "… " if piece.cut_before else "", " …" if piece.cut_after else ""
    blanks = len(piece.text) - len(piece.text.lstrip())
    shift = len(before) - blanks
    marks = tuple((start + shift, end + shift) for start, end in piece.marks)
    return Marked(before + piece.text.strip() + after, marks)
