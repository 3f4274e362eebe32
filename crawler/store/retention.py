"""What the store forgets, and when: rows past their time, a few at a time, so that nobody waits long for SQLite's one write lock.

Articles, their revisions, stories and what is known of outlets are kept for ever. Where something else forgets its own rows as it
writes (texts met: `articles`, matching: `story_window`, alerts: the watches), nothing stands here. How long is `[store]` of the configuration.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

import sqlalchemy as sa

from crawler.store import schema

BATCH = 500
"""Rows of one transaction: half a second of a slow disk at most, raw pages included (20 kB each)."""


class Forgotten(StrEnum):
    """Kinds of rows that are forgotten."""

    PAGES = "pages"
    """Raw pages: articles stay, and can no longer be read anew."""
    RUNS = "runs"
    """Finished runs with their reports."""
    LETTERS = "dead letters"
    """Those that were written, and not repeated, so long ago."""
    HOURS = "hours"
    """What an outlet brought, hour by hour."""
    INCIDENTS = "incidents"
    """Those that are over."""
    ROBOTS = "robots.txt"
    LEASES = "leases"


class _Rule(NamedTuple):
    table: sa.Table
    at: Any
    """The column whose age counts; a row where it is null stays."""
    only: Sequence[Any] = ()


_RULES = {
    Forgotten.PAGES: _Rule(schema.page, schema.page.c.fetched_at),
    Forgotten.RUNS: _Rule(schema.run, schema.run.c.started_at, (schema.run.c.finished_at.is_not(None),)),
    Forgotten.LETTERS: _Rule(schema.dead_letter, schema.dead_letter.c.last_at),
    Forgotten.HOURS: _Rule(schema.outlet_hour, schema.outlet_hour.c.hour),
    Forgotten.INCIDENTS: _Rule(schema.incident, schema.incident.c.closed_at),
    Forgotten.ROBOTS: _Rule(schema.robots, schema.robots.c.fetched_at),
    Forgotten.LEASES: _Rule(schema.lease, schema.lease.c.until_at),
}


def forget(connection: sa.Connection, what: Forgotten, before: datetime, limit: int = BATCH) -> int:
    """Drop up to `limit` rows of the kind that are older than `before`, the oldest first where an index helps; returns how many."""
    rule = _RULES[what]
    key = list(rule.table.primary_key)
    old = sa.select(*key).where(rule.at < before, *rule.only).limit(limit)
    chosen = key[0].in_(old) if len(key) == 1 else sa.tuple_(*key).in_(old)
    return connection.execute(rule.table.delete().where(chosen)).rowcount
