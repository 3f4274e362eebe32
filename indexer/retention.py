"""How long documents stay in the index: whole months of first sight. Pure; who drops them is the engine's `retire`.

The store keeps every article; only the index forgets, and `depesza index rebuild` without `keep` brings all back.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from indexer.document import Document, first_seen


def first_kept(now: datetime, keep_s: float | None) -> datetime | None:
    """The first instant (UTC) of the oldest month that is kept for `keep_s` seconds; None keeps everything.

    A month goes as a whole, when its last instant is older than that; so up to a month more than `keep_s` is kept.
    """
    if keep_s is None:
        return None
    try:
        oldest = now.astimezone(UTC) - timedelta(seconds=keep_s)
    except OverflowError:  # longer than the calendar reaches back
        return None
    return month_of(oldest)


def is_kept(document: Document, first: datetime | None) -> bool:
    """Whether a document belongs into an index that begins with the month `first`.

    One that does not is acknowledged without being written. One whose time cannot be read is the engine's to refuse.
    """
    try:
        return first is None or first_seen(document) >= first
    except (KeyError, TypeError, ValueError):
        return True


def month_of(instant: datetime) -> datetime:
    """The first instant of an instant's month, in UTC."""
    return instant.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def read_month(text: str) -> datetime:
    """The first instant of a month written "2026-01", in UTC. Raises ValueError with the accepted form."""
    try:
        return datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC)
    except ValueError:
        raise ValueError(f'{text!r} is no month; write year and month, e.g. "2026-01"') from None
