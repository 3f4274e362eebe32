"""The reader's time zone: the one of this machine, with its daylight saving. Standard library only.

`datetime.now().astimezone().tzinfo` is no zone but today's offset: in November it would begin the days of July an hour late.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo


class LocalZone(tzinfo):
    """What the operating system says of each moment (`TZ`, /etc/localtime, the registry of Windows)."""

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        """The offset at a wall-clock time; `fold` chooses between the two of an hour that comes twice."""
        return None if moment is None else moment.replace(tzinfo=None).astimezone().utcoffset()

    def dst(self, moment: datetime | None) -> timedelta | None:
        """Not known: the system tells the sum only."""
        return None

    def tzname(self, moment: datetime | None) -> str | None:
        """The system's abbreviation, like CET."""
        return None if moment is None else moment.replace(tzinfo=None).astimezone().tzname()

    def fromutc(self, moment: datetime) -> datetime:
        """The wall-clock time at an instant."""
        there = moment.replace(tzinfo=UTC).astimezone()
        here = there.replace(tzinfo=self)
        return here if here.utcoffset() == there.utcoffset() else here.replace(fold=1)


LOCAL = LocalZone()
"""The zone of this machine."""
