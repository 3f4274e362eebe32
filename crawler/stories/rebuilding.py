"""`depesza stories rebuild`: all stories anew from the articles of the store, in order of first sight.

They are built in a store of their own, beside, while crawls go on and readers see the old ones; then one transaction carries over
what differs. Whatever stops it before leaves everything as it was, and it begins again at the next call. A story's id comes from
the article that opened it, so most ids stay; an id that no story has any more leads to the one that holds its first leader.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from crawler.store import articles, outbox
from crawler.store.database import Database, open_database
from crawler.store.story_tables import (
    Place,
    carry_over,
    changed_documents,
    copy_articles,
    count_stories,
    differing,
    drop_articles,
    keep_lost_ids,
    keep_replacements,
    placed_ids,
)
from crawler.store.story_window import lock_stories
from crawler.stories.joining import Stories

BATCH = 500
"""Articles of one transaction."""
_FEW = 100
"""So many articles that came meanwhile are placed while nobody else may file."""
_ROUNDS = 5
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildReport:
    """What came of it."""

    articles: int
    """Placed."""
    stories_before: int
    stories: int
    """Those of one article included."""
    changed: int
    """Articles whose document says something else now: they wait to be pushed."""
    ids_redirected: int
    """Ids that no story has any more and that lead to another one."""


def rebuild_stories(database: Database, folder: Path, now: datetime, progress: Progress | None = None) -> RebuildReport:
    """Build all stories anew. `folder` is emptied, used and removed; it takes as much room as the fingerprints.

    `progress(done, total)` is called after each batch. Raises BackendUnavailable when the store is lost or the disk is full.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        beside = open_database(f"sqlite:///{folder / 'stories.sqlite'}")
        try:
            placed = _build(database, beside, progress)
            return _take_over(database, beside, now, placed)
        finally:
            beside.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _build(database: Database, beside: Database, progress: Progress | None) -> int:
    """Place every article, batch by batch, then those that changed meanwhile until few are left."""
    with database.read() as source:
        total = articles.count_articles(source)
    done, after = 0, None
    while True:
        with database.read() as source:
            places = placed_ids(source, after, BATCH)
            if not places:
                break
            with beside.write() as target:
                _place(source, target, [one.article_id for one in places])
        done, after = done + len(places), Place(places[-1].seen_at, places[-1].article_id)
        if progress:
            progress(done, max(done, total))
    for _ in range(_ROUNDS):
        if _catch_up(database, beside, at_once=BATCH) <= _FEW:
            break
    return done


def _catch_up(database: Database, beside: Database, at_once: int) -> int:
    """Place what was filed or changed since it was copied; returns how many articles that were."""
    with database.read() as source, beside.read() as target:
        changed, gone = differing(source, target)
    for start in range(0, len(changed), at_once):
        with database.read() as source, beside.write() as target:
            _place(source, target, changed[start : start + at_once])
    if gone:
        with beside.write() as target:
            stories = Stories(target)
            for one in gone:
                stories.leave(one)
            stories.flush()
            drop_articles(target, gone)
    return len(changed) + len(gone)


def _place(source: sa.Connection, target: sa.Connection, ids: list[str]) -> None:
    """Copy articles and file them into their stories, in this order."""
    copy_articles(source, target, ids)
    found = articles.read_articles(source, ids)
    stories = Stories(target)
    stories.expect(found)
    for one in found:
        stories.join(one)
    stories.flush()


def _take_over(database: Database, beside: Database, now: datetime, placed: int) -> RebuildReport:
    """The one transaction in which the store gets the new stories. Nobody files meanwhile; readers see the old ones until its end."""
    with database.write() as connection:
        lock_stories(connection)
        _catch_up(database, beside, at_once=BATCH)
        with database.read() as known:
            with beside.write() as target:
                keep_replacements(known, target)
                redirected = keep_lost_ids(known, target, now)
            with beside.read() as source:
                changed = list(changed_documents(source, known))
                before, after = count_stories(known), count_stories(source)
                carry_over(source, known, connection)
        versions = articles.raise_versions(connection, changed)
        outbox.put_in_outbox(connection, versions, now)
    return RebuildReport(articles=placed, stories_before=before, stories=after, changed=len(changed), ids_redirected=redirected)
