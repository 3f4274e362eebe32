"""One outlet as its page and the API tell of it: what the store keeps, what the catalogue says, and when it is crawled next.

Not here: how it looks (`api`, `web`), what a verdict means (`scheduler.verdicts`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum

from crawler.model.feed import FeedState
from crawler.store import processes
from crawler.store.database import Database
from crawler.store.outlet_profiles import OutletProfile
from crawler.store.outlet_record import OutletRecord, read_record
from indexer.plans import OutletPlan, Plans


class Waiting(StrEnum):
    """What an outlet waits for."""

    NOTHING = "not watched"
    """Disabled, or in no catalogue that a service knows."""
    CRAWLED = "being crawled"
    DUE = "due"
    """It waits for a free place; `at` says since when."""
    AGAIN = "tried again"
    """Its last turn failed; it is tried again at `at`."""
    NEXT = "next slot"
    """At `at`; None: as soon as a service plans it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """When an outlet is crawled next."""

    schedule: str | None
    """As the timetable prints it (`indexer.plans`); None: nobody has one for it."""
    decided_by: str | None
    waiting: Waiting
    at: datetime | None
    attempts: int
    """Failed attempts in a row."""
    last_at: datetime | None
    """End of the last crawl by the clock."""
    is_led: bool
    """Whether a service keeps time: if not, nothing becomes due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDetail:
    """A source of the catalogue, or one that was asked once."""

    url: str
    kind: str | None
    """As `indexer.plans` has it; None: not known, or it stands in the outlet's file no more."""
    state: FeedState | None
    """None: never asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletDetail:
    """Everything of one outlet."""

    record: OutletRecord
    due: Due
    sources: tuple[SourceDetail, ...]
    """In the order of the outlet's file, then those that are in it no more."""
    profile: OutletProfile | None
    """How much of it is copied, as it was counted last."""


def read_detail(
    database: Database, slug: str, at: tuple[datetime, tzinfo], plans: Plans | None, profile: OutletProfile | None
) -> OutletDetail | None:
    """None when there is no outlet of that slug. `at`: now, and whose days are told. Raises BackendUnavailable."""
    now, zone = at
    with database.read() as connection:
        record = read_record(connection, slug, now, zone)
        is_led = processes.leader_of(processes.read(connection, now)) is not None
    if record is None:
        return None
    plan = plans.plan(slug, now) if plans and record.row.disabled_because is None else None
    return OutletDetail(
        record=record, due=due_of(record, plan, now, is_led=is_led), sources=_sources(record, plan), profile=profile
    )


def due_of(record: OutletRecord, plan: OutletPlan | None, now: datetime, *, is_led: bool) -> Due:
    """When it is crawled next. Pure."""
    turn = record.turn if record.row.disabled_because is None else None
    waiting, at = Waiting.NOTHING, None
    if turn is not None and turn.owner and turn.until_at and turn.until_at > now:
        waiting = Waiting.CRAWLED
    elif turn is not None and turn.due_at is not None:
        waiting, at = Waiting.AGAIN if turn.due_at > now else Waiting.DUE, turn.due_at
    elif turn is not None or plan is not None:
        waiting, at = Waiting.NEXT, (turn.next_at if turn else None) or (plan.next_slot_at if plan else None)
    return Due(
        schedule=plan.schedule if plan else turn.schedule if turn else None, decided_by=plan.decided_by if plan else None,
        waiting=waiting, at=at, attempts=turn.attempts if turn else 0, last_at=turn.ended_at if turn else None, is_led=is_led,
    )  # fmt: skip


def _sources(record: OutletRecord, plan: OutletPlan | None) -> tuple[SourceDetail, ...]:
    kinds = dict(plan.kinds) if plan else {}
    states = {one.url: one for one in record.states}
    urls = [*kinds, *(url for url in states if url not in kinds)]
    return tuple(SourceDetail(url=url, kind=kinds.get(url), state=states.get(url)) for url in urls)
