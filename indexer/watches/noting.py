"""What was pushed is held against the watches, and the matches are kept in the transaction that acknowledges the push.

So an alert is neither lost nor doubled by a kill: before that transaction the articles are pushed again, after it the matches
wait in the store. Not here: how a query is matched (`matching`), how an alert is sent (`delivering`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from crawler.errors import QueryError
from crawler.store.watches import Match, WatchRow, note_matches, read_watches
from indexer.document import Document, first_seen
from indexer.engine import FormTable
from indexer.watches.matching import Matcher
from indexer.watches.settings import WatchSettings
from indexer.watches.terms import Compiler, WatchQuery
from indexer.watches.texts import TextWatches

RECENT = timedelta(days=14)
"""Articles first seen longer ago alert nobody: the whole store is pushed again when an index is made anew. Stories take
members for five days (`crawler.stories`)."""


class Noter:
    """The watches as they were at the start of a push."""

    def __init__(self, forms: FormTable, now: datetime) -> None:
        self._forms, self._now = forms, now
        self._watches: dict[str, WatchRow] | None = None
        self._matchers: list[Matcher] = []
        self._texts = TextWatches(())

    def note(self, connection: sa.Connection, documents: Sequence[Document]) -> int:
        """Keep what the watches find in `documents`; returns how many matches are new."""
        if self._watches is None:
            self._watches = {row.id: row for row in read_watches(connection, active_only=True)}
            self._compile(list(self._watches.values()))
        recent = [one for one in documents if self._watches and first_seen(one) >= self._now - RECENT and not one["removed_at"]]
        if not recent:
            return 0
        found = [
            Match(watch_id=watch, channel=channel, article_id=document["id"], story_id=document["story"])
            for matcher in self._matchers
            for watch, document in matcher.match(recent, self._forms, self._now)
            for channel in WatchSettings.read(self._watches[watch].settings).to
        ]
        stories = {one["id"]: one["story"] for one in recent}
        found += [
            Match(watch_id=watch, channel=channel, article_id=article, story_id=stories[article])
            for watch, article, _ in self._texts.match(connection, list(stories))
            for channel in WatchSettings.read(self._watches[watch].settings).to
        ]
        return note_matches(connection, found, self._now)

    def _compile(self, rows: Sequence[WatchRow]) -> None:
        """One matcher a time zone; a query that is refused (by a limit that became stricter) is left out, `watch show` says so."""
        by_zone: dict[str, dict[str, WatchQuery]] = {}
        compiler = Compiler(self._forms, self._now, ZoneInfo("UTC"))
        for row in rows:
            if row.kind == "search":
                with contextlib.suppress(QueryError):
                    by_zone.setdefault(WatchSettings.read(row.settings).zone, {})[row.id] = compiler.compile(row.query)
        self._matchers = [Matcher(queries, ZoneInfo(zone)) for zone, queries in by_zone.items()]
        self._texts = TextWatches([row for row in rows if row.kind == "text"])
