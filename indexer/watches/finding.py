"""The articles of an alert with what matched in them, from the index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from crawler.store.hit_view import CopyRow, view_hits
from indexer.document import Document
from indexer.engine import SearchEngine
from indexer.expansion import Expander, spoken_languages
from indexer.highlight import Highlighter, beginning
from indexer.query import parse_query
from indexer.watches.grouping import Copy, Found
from indexer.watches.settings import WatchSettings

if TYPE_CHECKING:
    import sqlalchemy as sa

    from crawler.store.watches import WatchRow


def find_documents(
    engine: SearchEngine, watch: WatchRow, ids: Sequence[str], details: Mapping[str, str], now: datetime
) -> list[Found]:
    """The newest first; articles that left the index meanwhile are left out."""
    documents = engine.documents(ids)
    marker = _marker(engine, watch, now)
    found = []
    for document in sorted(documents.values(), key=lambda one: str(one["published_at"]), reverse=True):
        snippets = marker.snippets(document["text"], 1)
        found.append(
            Found(
                document=document,
                snippet=snippets[0] if snippets else beginning(document["lead"] or document["text"]),
                title_marks=marker.marks(document["title"], "title"),
                detail=details.get(document["id"], ""),
            )
        )
    return found


def with_copies(engine: SearchEngine, connection: sa.Connection, found: Sequence[Found]) -> list[Found]:
    """The same with the other articles of their stories, as far as the index has them; the earliest of each story."""
    rows = view_hits(connection, (), {one.document["story"] for one in found if one.document["story"]}).copies
    documents = engine.documents(list({row.article_id for some in rows.values() for row in some}))
    return [
        replace(
            one,
            copies=tuple(
                _copy(row, documents[row.article_id])
                for row in rows.get(one.document["story"], ())
                if row.article_id in documents and row.article_id != one.document["id"]
            ),
        )
        for one in found
    ]


def _copy(row: CopyRow, document: Document) -> Copy:
    return Copy(
        article_id=row.article_id, outlet_name=document["outlet_name"], title=row.title, url=document["url"], role=row.role,
        published_at=row.published_at,
    )  # fmt: skip


def _marker(engine: SearchEngine, watch: WatchRow, now: datetime) -> Highlighter:
    text = watch.query if watch.kind == "search" else ""
    node = parse_query(text).node
    zone = ZoneInfo(WatchSettings.read(watch.settings).zone)
    return Highlighter.of(Expander(engine.forms, now, zone, spoken_languages(node)).expand(node))
