"""Whose turn it is: one row an outlet says what it waits for, since when, and who crawls it now.

A turn is claimed, crawled and finished. A claim has an end (`CLAIM_S`) that its owner keeps pushing on; a claim past its end, or of
a process of this machine that is dead, is free for anyone. While a claim holds, `due_at` tells only what became due meanwhile, so
nothing that became due is forgotten: the claim itself stands for the work that was taken.
Not here: when slots come and how long an adaptive outlet waits (the scheduler); the lease that a crawl holds (`leases`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from crawler.store.leases import LEASE_S, is_dead
from crawler.store.rows import insert
from crawler.store.schema import outlet_turn as turn

CLAIM_S = LEASE_S
"""A claim lasts as long from its last prolonging as a lease does, unless told otherwise."""
WRONG_CLOCK = timedelta(days=2)
"""A slot further ahead than this was fired by a wrong clock that has been set right: it counts for nothing (SAFETY F11)."""
BACK_OFF_S = (60.0, 120.0, 240.0, 480.0, 900.0, 1800.0)
"""Wait after the first, second, ... failed attempt of a turn; the last holds for all further ones."""
ALONE_AFTER = 2
"""A turn that failed so often is crawled alone: what kills its crawl must not take others with it for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One outlet. Times are aware, UTC."""

    outlet: str
    schedule: str
    """Its slots in words, as the timetable prints them."""
    next_at: datetime | None
    """Adaptive outlets: when it is due next. None: it has slots, or waits for the crawl after which it is planned."""
    slot_at: datetime | None
    """The last slot that made it due."""
    due_at: datetime | None
    """Since when it waits to be crawled; None: it does not. May lie ahead after a failed attempt."""
    owner: str | None
    """Who crawls it."""
    until_at: datetime | None
    """How long that claim holds."""
    attempts: int
    """Failed attempts in a row."""
    ended_at: datetime | None
    """End of the last crawl that happened."""


def sync(
    connection: sa.Connection, schedules: Mapping[str, str], now: datetime, adaptive: Mapping[str, timedelta] | None = None
) -> None:
    """Make the rows those of the catalogue: slug -> schedule in words. An outlet that is gone loses its turn; one that is being
    crawled keeps its claim and loses what is due.

    `adaptive`: slug -> the longest wait, for those without slots. One of them that waits for nothing, or longer than it ever may
    (a wrong clock planned it), is planned for now.
    """
    longest = adaptive or {}
    for slug in sorted(schedules):
        row = {"outlet": slug, "schedule": schedules[slug], "attempts": 0}
        changed = turn.c.schedule != schedules[slug]
        statement = insert(connection, turn)
        connection.execute(
            statement.on_conflict_do_update(index_elements=["outlet"], set_={"schedule": schedules[slug]}, where=changed), [row]
        )
    gone = turn.c.outlet.not_in(list(schedules))
    connection.execute(turn.delete().where(gone, turn.c.owner.is_(None)))
    connection.execute(turn.update().where(gone).values(due_at=None, next_at=None))
    connection.execute(turn.update().where(turn.c.outlet.not_in(list(longest)), turn.c.next_at.is_not(None)).values(next_at=None))
    idle = sa.and_(turn.c.next_at.is_(None), turn.c.due_at.is_(None), turn.c.owner.is_(None))
    for slug, wait in sorted(longest.items()):
        lost = sa.or_(idle, turn.c.next_at > now + wait)
        connection.execute(turn.update().where(turn.c.outlet == slug, lost).values(next_at=now))


def make_due(connection: sa.Connection, outlets: Iterable[str], slot: datetime, now: datetime) -> tuple[str, ...]:
    """The slot fires for these outlets: returns those for which it had not fired yet, whoever fires it (SAFETY F11)."""
    fresh = sa.or_(turn.c.slot_at.is_(None), turn.c.slot_at < slot, turn.c.slot_at > now + WRONG_CLOCK)
    chosen = _locked(connection, turn.c.outlet.in_(list(outlets)), fresh)
    _set_due(connection, chosen, now, {"slot_at": slot})
    return tuple(chosen)


def plan_next(connection: sa.Connection, next_at_by_outlet: Mapping[str, datetime]) -> None:
    """Say when adaptive outlets are due next. An outlet without a turn is left out."""
    for slug in sorted(next_at_by_outlet):
        connection.execute(turn.update().where(turn.c.outlet == slug).values(next_at=next_at_by_outlet[slug]))


def due_adaptive(connection: sa.Connection, now: datetime) -> tuple[str, ...]:
    """Make due the adaptive outlets whose time has come, each once: the next time is set after the crawl. Returns their slugs."""
    chosen = _locked(connection, turn.c.next_at <= now)
    _set_due(connection, chosen, now, {"slot_at": turn.c.next_at, "next_at": None})
    return tuple(chosen)


def claim(
    connection: sa.Connection,
    owner: str,
    now: datetime,
    limit: int,
    only: Collection[str] | None = None,
    claim_s: float = CLAIM_S,
) -> tuple[str, ...]:
    """Take up to `limit` outlets that wait and nobody crawls, the longest waiting first; of `only` these where given.

    One whose turn failed `ALONE_AFTER` times or more comes alone. Rows that another process claims at this moment are passed
    over (PostgreSQL). Give what was taken back with `finish`, `fail` or `give_back`.
    """
    end_dead_claims(connection, now)
    query = sa.select(turn.c.outlet, turn.c.attempts, turn.c.owner).where(_claimable(owner, now))
    if only is not None:
        query = query.where(turn.c.outlet.in_(list(only)))
    waiting_since = sa.func.coalesce(turn.c.due_at, turn.c.until_at)
    rows = connection.execute(query.order_by(waiting_since, turn.c.outlet).limit(limit).with_for_update(skip_locked=True)).all()
    if rows and rows[0].attempts >= ALONE_AFTER:
        rows = rows[:1]
    taken = [row.outlet for row in rows if row.attempts < ALONE_AFTER or row is rows[0]]
    until = now + timedelta(seconds=claim_s)
    lost = sa.case((turn.c.owner.is_not(None), turn.c.attempts + 1), else_=turn.c.attempts)  # its owner died over it
    values = {"owner": owner, "until_at": until, "due_at": None, "attempts": lost}
    connection.execute(turn.update().where(turn.c.outlet.in_(taken)).values(values))
    return tuple(taken)


def end_dead_claims(connection: sa.Connection, now: datetime) -> None:
    """Claims of processes of this machine that are no more (kill -9): nobody has to wait for their end."""
    held = sa.select(turn.c.owner).where(turn.c.owner.is_not(None), turn.c.until_at > now).distinct()
    dead = [owner for owner in connection.execute(held).scalars() if is_dead(owner)]
    if dead:
        chosen = _locked(connection, turn.c.owner.in_(dead), turn.c.until_at > now)
        connection.execute(turn.update().where(turn.c.outlet.in_(chosen)).values(until_at=now))


def waiting(connection: sa.Connection, owner: str, now: datetime, only: Collection[str] | None = None) -> int:
    """How many outlets could be claimed now."""
    query = sa.select(sa.func.count()).select_from(turn).where(_claimable(owner, now))
    if only is not None:
        query = query.where(turn.c.outlet.in_(list(only)))
    return connection.execute(query).scalar_one()


def prolong(
    connection: sa.Connection, owner: str, now: datetime, outlets: Collection[str] | None = None, claim_s: float = CLAIM_S
) -> tuple[str, ...]:
    """Push on the end of the owner's claims: of these outlets, or all; returns those of them that it still holds.

    A claim that is not named ends by itself: whoever could not finish it in the store need not remember it.
    """
    ours = turn.c.owner == owner if outlets is None else sa.and_(turn.c.owner == owner, turn.c.outlet.in_(list(outlets)))
    connection.execute(turn.update().where(ours).values(until_at=now + timedelta(seconds=claim_s)))
    return tuple(connection.execute(sa.select(turn.c.outlet).where(ours).order_by(turn.c.outlet)).scalars())


def lost(connection: sa.Connection, owner: str, outlets: Collection[str]) -> frozenset[str]:
    """Those of `outlets`, claimed by `owner` before, that somebody else claims by now."""
    others = turn.c.outlet.in_(list(outlets)), turn.c.owner.is_not(None), turn.c.owner != owner
    return frozenset(connection.execute(sa.select(turn.c.outlet).where(*others)).scalars())


def finish(connection: sa.Connection, owner: str, outlet: str, now: datetime, *, retry_at: datetime | None = None) -> bool:
    """The crawl is over; with `retry_at` it did not happen and is tried again then. False: the claim was lost before.

    What became due while it was under way stays due.
    """
    ours = turn.update().where(turn.c.outlet == outlet, turn.c.owner == owner)
    free: dict[str, Any] = {"owner": None, "until_at": None}
    if retry_at is None:
        done = connection.execute(ours.values(free | {"attempts": 0, "ended_at": now}))
    else:
        done = connection.execute(ours.values(free | {"attempts": turn.c.attempts + 1, "due_at": retry_at}))
    return bool(done.rowcount)


def fail(connection: sa.Connection, owner: str, outlet: str, now: datetime) -> datetime | None:
    """The crawl did not happen: try again after a wait that grows with the attempts. Returns when; None: the claim was lost."""
    chosen = sa.select(turn.c.attempts).where(turn.c.outlet == outlet, turn.c.owner == owner)
    attempts = connection.execute(chosen).scalar()
    if attempts is None:
        return None
    retry_at = now + back_off(attempts)
    return retry_at if finish(connection, owner, outlet, now, retry_at=retry_at) else None


def give_back(connection: sa.Connection, owner: str, now: datetime, outlets: Collection[str] | None = None) -> None:
    """Claims that are not worked off (the owner ends): these, or all. They are due at once, and no attempt is counted."""
    ours = turn.update().where(turn.c.owner == owner)
    if outlets is not None:
        ours = ours.where(turn.c.outlet.in_(list(outlets)))
    connection.execute(ours.values(owner=None, until_at=None, due_at=sa.func.coalesce(turn.c.due_at, now)))


def back_off(attempts: int) -> timedelta:
    """The wait after a failed attempt that `attempts` others came before."""
    return timedelta(seconds=BACK_OFF_S[min(attempts, len(BACK_OFF_S) - 1)])


def read_turns(connection: sa.Connection) -> dict[str, Turn]:
    """Slug -> turn, of every outlet that is watched."""
    return {row.outlet: Turn(**row._mapping) for row in connection.execute(sa.select(turn).order_by(turn.c.outlet))}


def _claimable(owner: str, now: datetime) -> sa.ColumnElement[bool]:
    """Due and free, or claimed by somebody whose claim ended. Times further ahead than any claim or retry reaches were set by a
    wrong clock, and count as past."""
    no_claim_so_far, no_retry_so_far = timedelta(hours=2), timedelta(seconds=2 * BACK_OFF_S[-1])
    is_due = sa.or_(turn.c.due_at <= now, turn.c.due_at > now + no_retry_so_far)
    ended = sa.or_(turn.c.until_at <= now, sa.and_(turn.c.until_at > now + no_claim_so_far, turn.c.owner != owner))
    return sa.or_(sa.and_(turn.c.owner.is_(None), is_due), sa.and_(turn.c.owner.is_not(None), ended))


def _locked(connection: sa.Connection, *conditions: sa.ColumnElement[bool]) -> list[str]:
    """Slugs of the rows, locked in one order for all, so that two who fire at once wait for each other but never in a ring."""
    query = sa.select(turn.c.outlet).where(*conditions).order_by(turn.c.outlet).with_for_update()
    return list(connection.execute(query).scalars())


def _set_due(connection: sa.Connection, outlets: Collection[str], now: datetime, values: Mapping[str, Any]) -> None:
    """Due since `now`, or since when it was due already; a retry that lies ahead is brought forward."""
    since = sa.case((turn.c.due_at <= now, turn.c.due_at), else_=now)
    connection.execute(turn.update().where(turn.c.outlet.in_(list(outlets))).values({**values, "due_at": since}))
