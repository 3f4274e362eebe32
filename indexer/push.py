"""From the outbox to the engine: filed articles become findable. Reads the store, writes the outbox and dead letters.

The outbox names articles and the newest version wanted. An item goes only when that version, or a newer one, is in the
index; what the engine refuses for good becomes a dead letter with its document; what it cannot take now stays. A kill at
any moment leaves items that are pushed again, which changes nothing: the engine keeps the newest version of an id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from crawler.errors import IndexLater
from crawler.store.articles import article_ids, read_articles
from crawler.store.database import Database
from crawler.store.dead_letters import DeadLetter, Stage, add_dead_letter, count_dead_letters, drop_dead_letter
from crawler.store.outbox import acknowledge, count_outbox, put_every_article_in_outbox, put_off_outbox, take_outbox
from crawler.store.outlets import read_agency_names, read_outlets
from crawler.store.stories import DocumentState, document_states_of
from indexer.document import Document, Names, OutletName, StoryPlace, to_document
from indexer.engine import BulkResult, SearchEngine

BATCH = 500
"""Documents of one push: one commit of the embedded engine, one bulk request of a server."""

Progress = Callable[[int], None]
"""Told after each batch how many documents went through since the start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushReport:
    """What a push did. `written + already + rejected` documents went through."""

    written: int = 0
    already: int = 0
    """In the index before, in this version or a newer one."""
    rejected: int = 0
    """Dead letters, stage index."""
    waiting: int = 0
    """Left in the outbox."""
    stopped: str | None = None
    """Why the engine could take no more, None when the outbox was drained."""


def push_pending(
    database: Database, engine: SearchEngine, *, now: datetime, batch: int = BATCH, progress: Progress | None = None
) -> PushReport:
    """Push everything that is due in the outbox. Never raises IndexLater: the report's `stopped` says it.

    Where there is no index yet (its folder was removed, say) every article goes: one that was pushed before must not be lost.
    Raises BackendUnavailable when the index is damaged.
    """
    counts, stopped = _Counts(), None
    if engine.status().document_version is None:
        with database.write() as connection:
            put_every_article_in_outbox(connection, now)
    with database.read() as connection:
        names = read_names(connection)
    while True:
        with database.read() as connection:
            ids = [item.article_id for item in take_outbox(connection, batch, now)]
            documents = make_documents(connection, ids, names)
        if not ids:
            break
        try:
            result = _push(engine, documents)
        except IndexLater as error:
            stopped = str(error)
            with database.write() as connection:
                put_off_outbox(connection, ids, stopped, now)
            break
        with database.write() as connection:
            _settle(connection, ids, documents, result, now)
        counts.add(result)
        if progress:
            progress(counts.through)
    with database.read() as connection:
        waiting = count_outbox(connection)
    return PushReport(written=counts.written, already=counts.already, rejected=counts.rejected, waiting=waiting, stopped=stopped)


def rebuild_index(
    database: Database, engine: SearchEngine, *, now: datetime, batch: int = BATCH, progress: Progress | None = None
) -> PushReport:
    """Fill a fresh index from the store and put it in the old one's place in one step; searches go on meanwhile.

    Other pushes wait until it is done, so what is filed meanwhile stays in the outbox and is pushed at the end. Raises
    IndexLater when somebody else writes the index; an index that is half filled is then given up.
    """
    counts, after = _Counts(), ""
    fresh = engine.begin_rebuild()
    try:
        with database.read() as connection:
            names = read_names(connection)
        while True:
            with database.read() as connection:
                ids = article_ids(connection, after, batch)
                documents = make_documents(connection, ids, names)
            if not ids:
                break
            result = _push(fresh, documents)
            with database.write() as connection:
                _keep_letters(connection, documents, result, now)
            counts.add(result)
            after = ids[-1]
            if progress:
                progress(counts.through)
        fresh.finish_rebuild()
    finally:
        fresh.close()
    later = push_pending(database, engine, now=now, batch=batch)
    return PushReport(
        written=counts.written + later.written,
        already=counts.already,
        rejected=counts.rejected,
        waiting=later.waiting,
        stopped=later.stopped,
    )


def read_names(connection: sa.Connection) -> Names:
    """Names of outlets and agencies, as the last run wrote them."""
    outlets = {
        slug: OutletName(name=row.name, country=row.country, group=row.group, tags=row.tags)
        for slug, row in read_outlets(connection).items()
    }
    return Names(outlets=outlets, agencies=read_agency_names(connection))


def make_documents(connection: sa.Connection, ids: Sequence[str], names: Names) -> list[Document]:
    """The documents of articles in their present state; unknown ids are left out.

    The articles are read before their places: what is filed in between raises the version, so that at worst a document of
    the old version has the new place and is pushed again. The other way round a new version would hide an old place for ever.
    """
    found = read_articles(connection, ids)
    states = document_states_of(connection, [article.id for article in found])
    return [to_document(article, _place(article.id, states.get(article.id)), names) for article in found]


def _place(article_id: str, state: DocumentState | None) -> StoryPlace | None:
    if state is None:
        return None
    story, role, copies, agency, origin = state
    return StoryPlace(story=story, role=role, copies=copies, agency=agency, is_origin=origin == article_id)


def _push(engine: SearchEngine, documents: Sequence[Document]) -> BulkResult:
    """Words first, then the documents: a document that is found can always be found by its inflected words."""
    if not documents:
        return BulkResult()
    texts: dict[str, list[str]] = {}
    for document in documents:
        people = (*document["authors"], document["byline"], document["section"] or "")
        texts.setdefault(document["language"], []).extend((document["title"], document["text"], document["lead"] or "", *people))
    engine.forms.add(texts)
    return engine.push(documents)


def _settle(
    connection: sa.Connection, ids: Iterable[str], documents: Sequence[Document], result: BulkResult, now: datetime
) -> None:
    """Acknowledge what is in the index, what was refused (a dead letter says so) and what no longer exists."""
    versions: dict[str, int] = {document["id"]: document["index_version"] for document in documents}
    gone = {one: _ANY_VERSION for one in ids if one not in versions}
    answered = result.written | result.already | result.rejected.keys()
    acknowledge(connection, {one: version for one, version in versions.items() if one in answered} | gone)
    _keep_letters(connection, documents, result, now)


_ANY_VERSION = 2**31 - 1


def _keep_letters(connection: sa.Connection, documents: Iterable[Document], result: BulkResult, now: datetime) -> None:
    """A letter for each refused document; those of documents that are in the index after all go."""
    _bury(connection, documents, result, now)
    if count_dead_letters(connection).get(Stage.INDEX.value):
        for one in sorted(result.written | result.already):
            drop_dead_letter(connection, Stage.INDEX, one)


def _bury(connection: sa.Connection, documents: Iterable[Document], result: BulkResult, now: datetime) -> None:
    refused: Mapping[str, str] = result.rejected
    for document in documents:
        if (reason := refused.get(document["id"])) is not None:
            letter = DeadLetter(
                stage=Stage.INDEX,
                key=document["id"],
                outlet=document["outlet"],
                url=document["url"],
                reason=reason,
                detail={"document": dict(document)},
                created_at=now,
                last_at=now,
            )
            add_dead_letter(connection, letter)


class _Counts:
    """Sums of results."""

    def __init__(self) -> None:
        self.written = self.already = self.rejected = 0

    @property
    def through(self) -> int:
        return self.written + self.already + self.rejected

    def add(self, result: BulkResult) -> None:
        self.written += len(result.written)
        self.already += len(result.already)
        self.rejected += len(result.rejected)
