"""Which processes work on this store now: services and workers, each with a heartbeat. For people and for sharing out work.

Nothing hangs on a row here: who may lead is a lease, who may crawl an outlet is its turn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from crawler.store.leases import is_dead, machine_name
from crawler.store.rows import upsert
from crawler.store.schema import process

ALIVE_S = 120.0
"""A process whose last heartbeat is older is taken for dead (as long as a lease, `leases.LEASE_S`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One process. Times are aware, UTC."""

    owner: str
    """Its name in claims and leases: machine, process id, token (`leases.owner_name`)."""
    kind: str
    """"service" or "worker"."""
    machine: str
    version: str
    detail: Mapping[str, Any] = field(default_factory=dict)
    """`leader` (bool), `crawling` (slugs), `children` (crawls at once at most)."""
    started_at: datetime
    heartbeat_at: datetime

    @property
    def is_leader(self) -> bool:
        """Whether it is the service that keeps time."""
        return self.kind == "service" and bool(self.detail.get("leader"))

    @property
    def name(self) -> str:
        """For people: "host, process 123"."""
        pid = self.owner.rpartition(":")[0].rpartition(":")[2]
        return f"{self.machine.partition('/')[0]}, process {pid}" if pid else self.owner

    def age_s(self, now: datetime) -> float:
        """Seconds since its last heartbeat."""
        return max(0.0, (now - self.heartbeat_at).total_seconds())


def services_of(alive: Iterable[Process]) -> tuple[Process, ...]:
    """Those that keep time, or stand by to."""
    return tuple(one for one in alive if one.kind == "service")


def leader_of(alive: Iterable[Process]) -> Process | None:
    """The service that keeps time."""
    return next((one for one in alive if one.is_leader), None)


def register(
    connection: sa.Connection, owner: str, kind: str, version: str, now: datetime, detail: Mapping[str, Any] | None = None
) -> None:
    """Say that this process is there. Doing it again is harmless."""
    row = {
        "owner": owner, "kind": kind, "machine": machine_name(), "version": version, "detail": dict(detail or {}),
        "started_at": now, "heartbeat_at": now,
    }  # fmt: skip
    upsert(connection, process, [row])


def beat(connection: sa.Connection, owner: str, now: datetime, detail: Mapping[str, Any]) -> bool:
    """Say that it lives, and what it does. False: its row is gone (it was taken for dead); register again."""
    values = {"heartbeat_at": now, "detail": dict(detail)}
    return bool(connection.execute(process.update().where(process.c.owner == owner).values(values)).rowcount)


def read(connection: sa.Connection, now: datetime) -> tuple[Process, ...]:
    """Those that live: a heartbeat within `ALIVE_S`, and no dead process of this machine; by their start."""
    young = process.c.heartbeat_at > now - timedelta(seconds=ALIVE_S)
    rows = connection.execute(sa.select(process).where(young).order_by(process.c.started_at, process.c.owner))
    return tuple(Process(**row._mapping) for row in rows if not is_dead(row.owner))


def silent(connection: sa.Connection, now: datetime) -> tuple[Process, ...]:
    """Those that did not sign off and sent no heartbeat for `ALIVE_S`, but for dead processes of this machine: they hang, cannot reach
    the store, or are on a machine that is no more. Kept until `prune`."""
    old = process.c.heartbeat_at <= now - timedelta(seconds=ALIVE_S)
    rows = connection.execute(sa.select(process).where(old).order_by(process.c.heartbeat_at, process.c.owner))
    return tuple(Process(**row._mapping) for row in rows if not is_dead(row.owner))


def remove(connection: sa.Connection, owner: str) -> None:
    """The process ends in order."""
    connection.execute(process.delete().where(process.c.owner == owner))


def prune(connection: sa.Connection, now: datetime) -> int:
    """Forget those that died; returns how many. One whose heartbeat lies days ahead was written by a wrong clock."""
    old = sa.or_(process.c.heartbeat_at <= now - timedelta(seconds=ALIVE_S), process.c.heartbeat_at > now + timedelta(days=2))
    owners = connection.execute(sa.select(process.c.owner)).scalars()
    dead = [owner for owner in owners if is_dead(owner)]
    return connection.execute(process.delete().where(sa.or_(old, process.c.owner.in_(dead)))).rowcount
