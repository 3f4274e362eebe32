"""The state of an installation, read from its store: for `depesza status`, and `--check` for a container's healthcheck.

Nothing is changed and nothing is asked over the network but the store. Not here: figures (`crawler.store.overview`), what needs
somebody (`indexer.overview`), printing (`scheduler.printing`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from crawler.config import Locations, store_url
from crawler.errors import BackendUnavailable
from crawler.store import leases, processes, runs
from crawler.store.database import Database, open_database, read_address
from crawler.store.overview import Overview, read_overview
from crawler.store.processes import Process
from crawler.store.runs import Run
from indexer.overview import trouble_of_processes, troubles
from scheduler.settings_text import mask_address


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What `depesza status` tells."""

    store: str
    """Address, password masked."""
    overview: Overview
    runs: tuple[Run, ...]
    """The newest first, ten at most."""

    def as_json(self) -> dict[str, Any]:
        """The document of `status --json`; "of the day" means the last 24 hours."""
        one = self.overview
        return {
            "at": one.now, "store": self.store, "articles": one.articles, "waiting_entries": one.waiting_entries, "outbox": one.outbox,
            "outbox_oldest_at": one.outbox_oldest_at, "dead_letters": one.dead_letters, "service": one.leader.name if one.leader else None,
            "processes": [_process_shape(process, one.now) for process in one.processes], "outlets_due": one.outlets_due,
            "due_oldest_at": one.due_oldest_at, "troubles": troubles(one), "incidents": [incident.as_json() for incident in one.incidents], "verdicts": one.verdicts,
            "articles_new_last_day": sum(one.new_articles.values()), "runs": self.runs, "outlets": one.outlets,
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Alive:
    """What `depesza status --check` found."""

    ok: bool
    found: str
    """In one line."""


def read_status(locations: Locations, database: Database, now: datetime) -> Status:
    """Read it all in one transaction, by the store's clock where it has one. Raises BackendUnavailable."""
    with database.read() as connection:
        overview = read_overview(connection, leases.shared_now(connection, now))
        return Status(
            store=mask_address(store_url(locations)), overview=overview, runs=tuple(runs.list_runs(connection, limit=10))
        )


def check_alive(locations: Locations, now: datetime) -> Alive:
    """Whether time is kept, and on PostgreSQL, whose processes may live on many machines, whether one of this machine works.

    "This machine" is this container where the healthcheck runs in it. A store that is not there is not made, an older one not
    migrated. Raises BackendUnavailable when the store cannot be used.
    """
    url = store_url(locations)
    file = read_address(url).database
    if url.startswith("sqlite") and not (file and Path(file).exists()):
        raise BackendUnavailable(f"there is no store {file} yet: `depesza run` makes it")
    database = open_database(url, migrate=False)
    try:
        with database.read() as connection:
            now = leases.shared_now(connection, now)
            alive = processes.read(connection, now)
    finally:
        database.close()
    if trouble := trouble_of_processes(alive):
        return Alive(ok=False, found=trouble)
    here = alive if database.is_sqlite else tuple(one for one in alive if one.machine == leases.machine_name())
    if not here:
        return Alive(ok=False, found="no service or worker of this machine sent a heartbeat of late; others do")
    return Alive(ok=True, found=f"{role_of(here[0])} {here[0].name}, last heartbeat {here[0].age_s(now):.0f} s ago")


def role_of(one: Process) -> str:
    """What part a process plays, in words."""
    if one.kind != "service":
        return one.kind
    return "service, leads" if one.is_leader else "service, stands by"


def _process_shape(one: Process, now: datetime) -> dict[str, Any]:
    return {
        "owner": one.owner, "kind": one.kind, "machine": one.machine, "version": one.version, "is_leader": one.is_leader,
        "crawling": one.detail.get("crawling", ()), "children": one.detail.get("children"), "started_at": one.started_at,
        "heartbeat_at": one.heartbeat_at, "heartbeat_age_s": round(one.age_s(now), 1),
    }  # fmt: skip
