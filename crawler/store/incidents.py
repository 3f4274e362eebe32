"""Incidents: from the first sign of a fault of an outlet to its recovery, one row each. Not here: when one opens or closes
(`scheduler.incidents`), who is told (`scheduler.alarms`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crawler.store.schema import incident

EVERY_OUTLET = "*"
"""`Incident.outlet` of what befell most outlets at once: the fault may be on this side, so it is no outlet's."""
THIS_SIDE = "this side"
"""Its verdict."""
THIS_MONITOR = "this monitor"
"""Its name for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One fault of one outlet. Times are aware, UTC."""

    id: int = 0
    """Set by the store."""
    outlet: str
    verdict: str
    """The latest of this incident (`scheduler.verdicts.Verdict`)."""
    reason: str
    """In words."""
    detail: Mapping[str, Any] = field(default_factory=dict)
    """`verdicts`: those that it had before, oldest first, where it changed. `unwatched`: it ended because the outlet is watched no more."""
    began_at: datetime
    """First sign, seen in hindsight."""
    opened_at: datetime
    """When the fault was sure."""
    seen_at: datetime
    """Last crawl that showed it."""
    closed_at: datetime | None = None

    @property
    def is_ours(self) -> bool:
        """Whether the fault may be on this side; no outlet's then."""
        return self.outlet == EVERY_OUTLET

    @property
    def subject(self) -> str:
        """Who has it, for people: the outlet's slug, or "this monitor"."""
        return THIS_MONITOR if self.is_ours else self.outlet

    @property
    def is_unwatched(self) -> bool:
        """Whether it ended because the outlet is watched no more, not because it is well."""
        return bool(self.detail.get("unwatched"))

    def as_json(self) -> dict[str, Any]:
        """For commands: `outlet` is None for the fault on this side, `who` names it for people; evidence (`detail`) is left out."""
        times = {name: getattr(self, name) for name in ("began_at", "opened_at", "seen_at", "closed_at")}
        whose = {"outlet": None if self.is_ours else self.outlet, "who": self.subject}
        return {
            "id": self.id,
            **whose,
            "verdict": self.verdict,
            "reason": self.reason,
            **times,
            "is_unwatched": self.is_unwatched,
        }


def open_incident(connection: sa.Connection, one: Incident) -> Incident:
    """Write a new incident; returns it with its number."""
    values = {name: value for name, value in asdict(one).items() if name != "id"}
    number = connection.execute(incident.insert().returning(incident.c.id), [values]).scalar_one()
    return replace(one, id=number)


def save_incident(connection: sa.Connection, one: Incident) -> None:
    """Overwrite what can change: seen again, another verdict, or closed."""
    values = {
        "verdict": one.verdict, "reason": one.reason, "detail": dict(one.detail), "seen_at": one.seen_at, "closed_at": one.closed_at,
    }  # fmt: skip
    connection.execute(incident.update().where(incident.c.id == one.id).values(values))


def open_incidents(connection: sa.Connection) -> dict[str, Incident]:
    """Slug -> its open incident."""
    rows = connection.execute(sa.select(incident).where(incident.c.closed_at.is_(None)).order_by(incident.c.opened_at))
    return {row.outlet: Incident(**row._mapping) for row in rows}


def read_incidents(
    connection: sa.Connection, since: datetime | None, outlet: str | None = None, limit: int | None = None
) -> list[Incident]:
    """Those that were open at some time since then, newest first; None: those that are open. At most `limit`, where given."""
    is_open = incident.c.closed_at.is_(None)
    was_open = is_open if since is None else sa.or_(is_open, incident.c.closed_at >= since)
    chosen = sa.select(incident).where(was_open).order_by(incident.c.opened_at.desc(), incident.c.id.desc()).limit(limit)
    if outlet is not None:
        chosen = chosen.where(incident.c.outlet == outlet)
    return [Incident(**row._mapping) for row in connection.execute(chosen)]


def find_incident(connection: sa.Connection, number: int) -> Incident | None:
    """The incident of that number, open or over."""
    row = connection.execute(sa.select(incident).where(incident.c.id == number)).first()
    return Incident(**row._mapping) if row else None


def close_unwatched(connection: sa.Connection, watched: Collection[str], now: datetime) -> list[Incident]:
    """Close the incidents of outlets that are not among those watched: nobody would see them recover. Returns them."""
    ended = [
        replace(one, detail={**one.detail, "unwatched": True}, closed_at=now)
        for one in open_incidents(connection).values()
        if not one.is_ours and one.outlet not in watched
    ]
    for one in ended:
        save_incident(connection, one)
    return ended


def prune(connection: sa.Connection, before: datetime) -> int:
    """Forget incidents that were closed before; returns how many."""
    return connection.execute(incident.delete().where(incident.c.closed_at < before)).rowcount
