"""Leases: who works on an outlet now. A lease has a heartbeat and expires, so a killed owner blocks nobody for long.

An owner's name tells its machine and process: on the same machine a lease whose process is dead is free at once.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import sqlalchemy as sa

from crawler.store.rows import insert
from crawler.store.schema import lease

LEASE_S = 120.0
"""A lease lasts two minutes from its last heartbeat unless told otherwise; owners beat six times in it."""


def owner_name(token: str) -> str:
    """The name under which this process holds leases: machine, process id, token (letters and digits)."""
    return f"{machine_name()}:{os.getpid()}:{token}"


def shared_now(connection: sa.Connection, now: datetime) -> datetime:
    """The time by which leases are kept: the server's on PostgreSQL, for the clocks of many machines differ; else `now`."""
    if connection.dialect.name != "postgresql":
        return now
    told: datetime = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
    return told


def claim(connection: sa.Connection, names: Sequence[str], owner: str, now: datetime, lease_s: float = LEASE_S) -> set[str]:
    """Take the leases that are free, expired or ours already; returns those that we hold then."""
    until = now + timedelta(seconds=lease_s)
    _free_dead(connection, names)
    for name in names:
        row = {"name": name, "owner": owner, "heartbeat_at": now, "until_at": until}
        statement = insert(connection, lease)
        ours_to_take = sa.or_(lease.c.until_at <= now, lease.c.owner == owner)
        changes = {"owner": owner, "heartbeat_at": now, "until_at": until}
        connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=changes, where=ours_to_take), [row])
    chosen = sa.select(lease.c.name).where(lease.c.name.in_(list(names)), lease.c.owner == owner)
    return set(connection.execute(chosen).scalars())


def beat(connection: sa.Connection, owner: str, now: datetime, lease_s: float = LEASE_S) -> int:
    """Prolong every lease of the owner; returns how many it still holds."""
    changes = {"heartbeat_at": now, "until_at": now + timedelta(seconds=lease_s)}
    return connection.execute(lease.update().where(lease.c.owner == owner).values(changes)).rowcount


def release(connection: sa.Connection, owner: str, names: Sequence[str] | None = None) -> None:
    """Give back leases of the owner: these, or all."""
    chosen = lease.delete().where(lease.c.owner == owner)
    connection.execute(chosen if names is None else chosen.where(lease.c.name.in_(list(names))))


def holder(connection: sa.Connection, name: str, now: datetime) -> str | None:
    """Who holds a lease that has not expired."""
    return connection.execute(sa.select(lease.c.owner).where(lease.c.name == name, lease.c.until_at > now)).scalar()


def _free_dead(connection: sa.Connection, names: Sequence[str]) -> None:
    """Drop leases of processes of this machine that are no more (kill -9): nobody has to wait for the expiry."""
    owners = connection.execute(sa.select(lease.c.owner).where(lease.c.name.in_(list(names))).distinct()).scalars().all()
    for owner in filter(is_dead, owners):
        release(connection, owner, names)


def is_dead(owner: str) -> bool:
    """Whether the owner was a process of this machine that is no more. False where that cannot be known from here."""
    machine, _, rest = owner.rpartition(":")[0].rpartition(":")
    if os.name != "posix" or machine != machine_name() or not rest.isdecimal():
        return False  # elsewhere signal 0 is no question: Windows would send Ctrl-C to that process
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return _is_zombie(int(rest))


def _is_zombie(process: int) -> bool:
    """Ended, but nobody has asked how: what is left of a crawl whose parent was killed where no init process tidies (containers)."""
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[0] in "ZX"
    except (OSError, IndexError):
        return False


@cache
def machine_name() -> str:
    """Host name and, on Linux, the process namespace: containers may share a host name but not their process ids."""
    try:
        space = str(Path("/proc/self/ns/pid").readlink()).strip("pid:[]")
    except OSError:
        space = ""
    return f"{socket.gethostname().replace(':', '-')}/{space}"
