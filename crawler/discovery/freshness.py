"""For how long an answer says that it stays fresh: `Cache-Control` and `Expires` (RFC 9111, sections 5.2 and 5.3). Pure.

Not here: `ttl` in a feed (`feeds`), and how far such words are believed (the scheduler's adaptive policy).
"""

from __future__ import annotations

import re
from datetime import datetime
from email.utils import parsedate_to_datetime

MAX_FRESH_S = 366 * 86400
_MAX_AGE = re.compile(r'(?:^|[,\s])max-age\s*=\s*"?(\d{1,18})', re.I)
_NEVER = re.compile(r"(?:^|[,\s])(?:no-cache|no-store)(?:$|[,\s=])", re.I)


def stated_freshness(cache_control: str | None, expires: str | None, date: str | None) -> int | None:
    """Seconds from the headers `Cache-Control`, `Expires` and `Date`; None when they say nothing usable, or "not at all".

    `max-age` counts before `Expires` (RFC 9111, 5.3); `s-maxage` is for caches that several share, so not for us.
    """
    said = cache_control or ""
    if _NEVER.search(said):
        return None
    if match := _MAX_AGE.search(said):
        return min(int(match[1]), MAX_FRESH_S) or None
    until, since = _instant(expires), _instant(date)
    if until is None or since is None:
        return None
    seconds = int(min((until - since).total_seconds(), MAX_FRESH_S))
    return seconds if seconds > 0 else None


def _instant(header: str | None) -> datetime | None:
    """An HTTP date; without a zone (`Expires: 0` and worse) it is none."""
    try:
        at = parsedate_to_datetime((header or "").strip())
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return at if at.tzinfo else None
