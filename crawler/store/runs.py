"""The history of runs. A run that died shows as such once its heartbeat is old."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from crawler.model.run import RunReport
from crawler.store.leases import is_dead
from crawler.store.rows import from_json, to_json
from crawler.store.schema import run

STALE_S = 120.0
"""A running row without a heartbeat for two minutes is taken for dead (as long as a lease, `leases.LEASE_S`)."""


class RunStatus(StrEnum):
    """How a run stands."""

    RUNNING = "running"
    """Its heartbeat is young."""
    FINISHED = "finished"
    """It did all that was asked."""
    INTERRUPTED = "interrupted"
    """Stopped on request: it wrote its report."""
    DIED = "died"
    """Its process ended without a report, or its heartbeat stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One row of the history."""

    id: str
    owner: str
    status: RunStatus
    started_at: datetime
    heartbeat_at: datetime
    finished_at: datetime | None
    report: RunReport | None


def start_run(connection: sa.Connection, run_id: str, owner: str, now: datetime) -> None:
    """Open a run."""
    row = {"id": run_id, "owner": owner, "status": RunStatus.RUNNING.value, "started_at": now, "heartbeat_at": now}
    connection.execute(run.insert(), [row])


def beat_run(connection: sa.Connection, run_id: str, now: datetime) -> None:
    """Say that the run lives."""
    connection.execute(run.update().where(run.c.id == run_id).values(heartbeat_at=now))


def finish_run(connection: sa.Connection, report: RunReport, now: datetime) -> None:
    """Close a run with its report."""
    status = RunStatus.FINISHED if report.finished else RunStatus.INTERRUPTED
    values = {"status": status.value, "finished_at": now, "heartbeat_at": now, "report": to_json(report, RunReport)}
    connection.execute(run.update().where(run.c.id == report.run_id).values(values))


def close_died(connection: sa.Connection, run_id: str, now: datetime) -> None:
    """The process of this run ended without a report."""
    chosen = run.update().where(run.c.id == run_id, run.c.status == RunStatus.RUNNING.value)
    connection.execute(chosen.values(status=RunStatus.DIED.value, finished_at=now))


def expire_runs(connection: sa.Connection, now: datetime) -> int:
    """Running rows whose heartbeat is old, or whose process of this machine is no more, become `died`; returns how many."""
    running = run.c.status == RunStatus.RUNNING.value
    dead = [one for one in connection.execute(sa.select(run.c.owner).where(running)).scalars() if is_dead(one)]
    stale = sa.or_(run.c.heartbeat_at < now - timedelta(seconds=STALE_S), run.c.owner.in_(dead))
    chosen = run.update().where(running, stale)
    return connection.execute(chosen.values(status=RunStatus.DIED.value, finished_at=run.c.heartbeat_at)).rowcount


def list_runs(connection: sa.Connection, limit: int = 20) -> list[Run]:
    """The newest runs first."""
    return [_run(row) for row in connection.execute(sa.select(run).order_by(run.c.started_at.desc(), run.c.id).limit(limit))]


def _run(row: Any) -> Run:
    report = from_json(row.report, RunReport) if row.report else None
    return Run(**{**row._mapping, "status": RunStatus(row.status), "report": report})
