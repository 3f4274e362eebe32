"""When a server asks us to come back later: Retry-After and the back-off of an entry. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

MAX_RETRY_AFTER_S = 7 * 86400.0
"""A server that asks for more gets a week: the header may be a mistake."""
FIRST_BACK_OFF_S = 600.0
LAST_ATTEMPT = 5
"""After the fifth failed attempt an entry is a dead letter."""


def read_retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds to wait as a Retry-After header says (RFC 9110 section 10.2.3: seconds or a date), None without a usable one."""
    text = (value or "").strip()
    if text.isascii() and text.isdecimal():
        return min(float(text[:12]), MAX_RETRY_AFTER_S)
    try:
        at = parsedate_to_datetime(text)
        seconds = ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_S)


def next_try(now: datetime, attempts: int, retry_after_s: float | None) -> datetime:
    """When an entry that failed `attempts` times before is tried again: 10, 20, 40, 80 min, and never before Retry-After."""
    back_off = FIRST_BACK_OFF_S * 2.0 ** min(attempts, 10)
    return now + timedelta(seconds=max(back_off, retry_after_s or 0.0))
