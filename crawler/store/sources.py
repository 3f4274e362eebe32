"""What is remembered of each source between polls, and the last good robots.txt of each host."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from crawler.model.feed import FeedState
from crawler.store.rows import among, upsert
from crawler.store.schema import outlet_turn, robots, source_state


def read_states(connection: sa.Connection, outlet: str) -> dict[str, FeedState]:
    """Address of a source -> its state, for the sources of an outlet that were ever polled."""
    rows = connection.execute(_STATES, {"outlet": outlet}).mappings()
    return {row["url"]: FeedState(**row) for row in rows}


_STATES = sa.select(source_state).where(source_state.c.outlet == sa.bindparam("outlet"))
"""Built once, here as in other modules of this room: with each poll it would cost more than what it does."""


def save_state(connection: sa.Connection, state: FeedState) -> None:
    """Save a source's state: in the same transaction as its entries' way into the frontier, or an article is lost."""
    upsert(connection, source_state, [{name: getattr(state, name) for name in _FIELDS}])


_FIELDS = tuple(field.name for field in dataclasses.fields(FeedState))


def ask_again(connection: sa.Connection, outlets: Collection[str], now: datetime) -> int:
    """End the back-off of these outlets' unreachable sources: the next crawl asks them, and an adaptive outlet is due now; returns
    how many sources. For when the fault was on this side, where nobody asked to be left alone."""
    chosen = source_state.update().where(
        among(connection, source_state.c.outlet, sorted(outlets)), source_state.c.status == "unreachable"
    )
    asked = connection.execute(chosen.values(next_poll_at=None)).rowcount
    later = outlet_turn.update().where(among(connection, outlet_turn.c.outlet, sorted(outlets)), outlet_turn.c.next_at > now)
    connection.execute(later.values(next_at=now))
    return asked


def keep_robots(connection: sa.Connection, origin: str, body: str, at: datetime) -> None:
    """Keep the last good robots.txt of an origin ("https://host")."""
    upsert(connection, robots, [{"origin": origin, "body": body, "fetched_at": at}])


def read_robots(connection: sa.Connection, origin: str, not_before: datetime) -> str | None:
    """The kept robots.txt if it is young enough (SAFETY: 24 h), else None."""
    chosen = sa.select(robots.c.body).where(robots.c.origin == origin, robots.c.fetched_at >= not_before)
    return connection.execute(chosen).scalar()
