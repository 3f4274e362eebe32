"""The articles of an alert with what matched in them, from the index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from indexer.engine import SearchEngine
from indexer.expansion import Expander, spoken_languages
from indexer.highlight import Highlighter, beginning
from indexer.query import parse_query
from indexer.watches.message import Found
from indexer.watches.settings import WatchSettings

if TYPE_CHECKING:
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


def _marker(engine: SearchEngine, watch: WatchRow, now: datetime) -> Highlighter:
    text = watch.query if watch.kind == "search" else ""
    node = parse_query(text).node
    zone = ZoneInfo(WatchSettings.read(watch.settings).zone)
    return Highlighter.of(Expander(engine.forms, now, zone, spoken_languages(node)).expand(node))
