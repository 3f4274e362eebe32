"""Watches of a text: whichever new article carries it or a part of it (a press officer's own text). Pure but for one query.

An article carries a share of a text when it has that share of the text's fingerprints, as stories are found; `scheduler.watch_cli`
takes them when the watch is made. Not here: who carried a text before (`depesza copies --text`).
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from crawler.store.stories import read_fingerprints
from crawler.store.watches import WatchRow
from indexer.watches.settings import WatchSettings

LEAST = 5
"""Fingerprints in common at least: a short run of words in common is a phrase (SYNDICATION: a candidate shares five)."""


class TextWatches:
    """The watched texts of a moment."""

    def __init__(self, rows: Sequence[WatchRow]) -> None:
        self._texts = {
            row.id: (frozenset(int(one, 16) for one in row.query.split()), WatchSettings.read(row.settings).share) for row in rows
        }

    def match(self, connection: sa.Connection, ids: Sequence[str]) -> list[tuple[str, str, str]]:
        """(watch, article, how much of the text it carries, in words) of every match."""
        if not self._texts:
            return []
        found = []
        for article, hashes in read_fingerprints(connection, ids).items():
            own = frozenset(hashes)
            for watch, (text, least) in self._texts.items():
                common = len(own & text)
                if text and common >= min(LEAST, len(text)) and common >= least * len(text):
                    found.append((watch, article, f"carries {round(100 * common / len(text))} % of the text"))
        return found
