"""Calendar buckets of a histogram: hours, days, weeks, months, years as they pass in a reader's time zone.

Pure: instants and a zone in, edges out. Days begin at midnight there, weeks on Monday (ISO 8601); a day on which the clock is
changed has 23 or 25 hours, and an hour that comes twice is two buckets. Neighbours share an edge, so no article falls between
two or into both. Not here: counting (the engines), bounds (`search`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from itertools import pairwise

BUCKET_LIMIT = 500
"""Buckets of one histogram; a step that gives more is replaced by the next coarser one."""
AUTO_LIMIT = 60
"""`auto` takes the finest step that gives at most so many: what fits a screen."""
_HOUR = timedelta(hours=1)


class Step(StrEnum):
    """The size of a bucket."""

    AUTO = "auto"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


_FINEST_FIRST = (Step.HOUR, Step.DAY, Step.WEEK, Step.MONTH, Step.YEAR)
_USUAL = {Step.HOUR: _HOUR, Step.DAY: timedelta(days=1), Step.WEEK: timedelta(days=7), Step.MONTH: timedelta(days=30)}
"""How long a step lasts, about: nobody needs to walk through a century's hours to see that they are too many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """Articles published from `start` until before `end`, both in the reader's zone."""

    start: datetime
    end: datetime
    articles: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """Buckets without a gap; articles are counted, copies each."""

    step: Step
    """The one used: never AUTO, and coarser than what was asked where that gave too many."""
    buckets: tuple[Bucket, ...]


def choose_edges(step: Step, first: datetime, last: datetime, zone: tzinfo) -> tuple[Step, list[datetime]]:
    """The step and the edges, in UTC, of the buckets that hold everything from `first` to `last`, both included."""
    limit = AUTO_LIMIT if step is Step.AUTO else BUCKET_LIMIT
    wanted = _FINEST_FIRST if step is Step.AUTO else _FINEST_FIRST[_FINEST_FIRST.index(step) :]
    for one in wanted[:-1]:
        if (last - first) / _USUAL[one] <= 2 * limit:
            edges = list(_edges(one, first, last, zone))
            if len(edges) <= limit + 1:
                return one, edges
    return Step.YEAR, list(_edges(Step.YEAR, first, last, zone))[: BUCKET_LIMIT + 1]


def fill_buckets(step: Step, edges: list[datetime], counts: list[int], zone: tzinfo) -> Histogram:
    """The histogram of what an engine counted between the edges."""
    moments = [edge.astimezone(zone) for edge in edges]
    return Histogram(
        step=step,
        buckets=tuple(
            Bucket(start=start, end=end, articles=count) for (start, end), count in zip(pairwise(moments), counts, strict=True)
        ),
    )


def _edges(step: Step, first: datetime, last: datetime, zone: tzinfo) -> Iterator[datetime]:
    """Ascending instants, the first at or before `first`, the last after `last`."""
    edges = _hours(first, zone) if step is Step.HOUR else _dates(step, first, zone)
    before = next(edges)
    yield before
    while before <= last:
        edge = next(edges)
        if edge > before:  # a day that a zone left out when it crossed the date line has no length
            yield edge
            before = edge


def _hours(first: datetime, zone: tzinfo) -> Iterator[datetime]:
    edge = _full_hour(first, zone)
    while True:
        yield edge
        after = _full_hour(edge + _HOUR, zone)
        edge = after if after > edge else edge + _HOUR  # the clock was set back by less than an hour


def _full_hour(moment: datetime, zone: tzinfo) -> datetime:
    return moment.astimezone(zone).replace(minute=0, second=0, microsecond=0).astimezone(UTC)


def _dates(step: Step, first: datetime, zone: tzinfo) -> Iterator[datetime]:
    day = _beginning(step, first.astimezone(zone).date())
    while True:
        yield datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
        day = _following(step, day)


def _beginning(step: Step, day: date) -> date:
    match step:
        case Step.WEEK:
            return day - timedelta(days=day.weekday())
        case Step.MONTH:
            return day.replace(day=1)
        case Step.YEAR:
            return day.replace(month=1, day=1)
    return day


def _following(step: Step, day: date) -> date:
    match step:
        case Step.WEEK:
            return day + timedelta(days=7)
        case Step.MONTH:
            return date(day.year + day.month // 12, day.month % 12 + 1, 1)
        case Step.YEAR:
            return date(day.year + 1, 1, 1)
    return day + timedelta(days=1)
