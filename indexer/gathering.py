"""Articles of the store, with their places in stories, become a batch of documents. Reads; writes nothing.

Not here: what a document holds (`document`), which articles are due and what becomes of them (`push`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from crawler.store.articles import read_articles
from crawler.store.outlets import read_agency_names, read_outlets
from crawler.store.stories import DocumentState, document_states_of
from indexer.document import Document, Names, OutletName, StoryPlace, to_document
from indexer.retention import is_kept

BATCH_CHARACTERS = 10_000_000
"""Text of a batch, unless one document alone is longer. A request holds it twice, as document and as words: some 22 MB of the
100 that Elasticsearch takes (http.max_content_length)."""
_READ_AT_ONCE = 100
"""Articles read before their length is looked at: texts may be megabytes long, and memory must stay flat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Articles that are pushed together."""

    ids: tuple[str, ...] = ()
    """All articles that the batch answers for."""
    documents: tuple[Document, ...] = ()
    retired: frozenset[str] = frozenset()
    """Articles older than what the index keeps: they need no document. Ids without document or retirement do not exist."""

    @property
    def versions(self) -> dict[str, int]:
        """Article id -> version of its document."""
        return {document["id"]: document["index_version"] for document in self.documents}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gatherer:
    """Makes batches."""

    names: Names
    kept_from: datetime | None = None
    """Articles first seen before it are not kept in the index (`retention`)."""

    def gather(self, connection: sa.Connection, ids: Sequence[str]) -> Batch:
        """The batch of the first of `ids`: of all of them, unless their texts are longer than BATCH_CHARACTERS."""
        taken: list[str] = []
        documents: list[Document] = []
        room = BATCH_CHARACTERS
        for start in range(0, len(ids), _READ_AT_ONCE):
            found = {
                document["id"]: document
                for document in make_documents(connection, ids[start : start + _READ_AT_ONCE], self.names)
            }
            for one in ids[start : start + _READ_AT_ONCE]:
                document = found.get(one)
                room -= len(document["text"]) if document else 0
                if room < 0 and documents:
                    return self._batch(taken, documents)
                taken.append(one)
                if document:
                    documents.append(document)
        return self._batch(taken, documents)

    def _batch(self, ids: list[str], documents: list[Document]) -> Batch:
        retired = frozenset(document["id"] for document in documents if not is_kept(document, self.kept_from))
        kept = tuple(document for document in documents if document["id"] not in retired)
        return Batch(ids=tuple(ids), documents=kept, retired=retired)


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
    found = read_articles(connection, ids, whole=False)
    states = document_states_of(connection, [article.id for article in found])
    return [to_document(article, _place(article.id, states.get(article.id)), names) for article in found]


def _place(article_id: str, state: DocumentState | None) -> StoryPlace | None:
    if state is None:
        return None
    story, role, copies, agency, origin = state
    return StoryPlace(story=story, role=role, copies=copies, agency=agency, is_origin=origin == article_id)
