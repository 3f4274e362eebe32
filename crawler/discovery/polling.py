"""When a source is asked again, and how: a pure policy over `FeedState`. Whoever asks reports a `PollAnswer` back.

Not here: requests and redirects (`crawler.spiders`), schedules of outlets (`scheduler`). The clock decides when an outlet
is crawled; this decides which of its sources are left out then (failures, Retry-After, gone).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from http import HTTPStatus

from crawler.addresses import canonical_address
from crawler.model.feed import FeedState
from crawler.model.run import SourceStatus

UNCONDITIONAL_EVERY = timedelta(hours=24)
"""ETags lie (PEERS: a feed frozen for weeks by one), so once a day a source is asked without validators."""
FIRST_BACK_OFF = timedelta(minutes=5)
LONGEST_BACK_OFF = timedelta(hours=6)
LONGEST_RETRY_AFTER = timedelta(hours=24)
"""A server may ask for more; a day later we ask once and learn it again."""
GONE_AFTER = 3
"""Answers of 410 or other failures in a row, the last a 410, until a source counts as gone (SAFETY.md, F16)."""
FORGET_MOVE_AFTER = 3
"""Failures in a row at the new address after which the old one is asked again."""
LIE_PROVED = 2
"""Overdue entries after a day of nothing but 304 that prove validators worthless."""
WORTHLESS = ""
"""Kept in place of an ETag of a source that was caught."""
CLOCKS_DIFFER = timedelta(minutes=15)
"""An entry dated further ahead (an event, an embargo, a mistake) is not the newest that was told."""
MAX_VALIDATOR = 1000
"""Characters of an ETag or Last-Modified that are kept and sent back."""

_VALIDATOR = re.compile(r"[\x20-\x7e]+")
_LAST_BUILD = re.compile(rb"<lastBuildDate>[^<]{0,100}</lastBuildDate>")
_BLOCKED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS}


@dataclass(frozen=True, slots=True, kw_only=True)
class PollAnswer:
    """How a source answered one request, or that it did not."""

    status: int | None = None
    """HTTP status after redirects; None when there was no answer."""
    etag: str | None = None
    """The header verbatim."""
    last_modified: str | None = None
    retry_after_s: float | None = None
    """Seconds for which the server asked to be left alone."""
    body: bytes = b""
    conditional: bool = False
    """Validators were sent."""
    moved_to: str | None = None
    """Where it ended when every redirect on the way was permanent (301, 308), and allowed."""
    error: str | None = None
    """Why there was no answer, or why it could not be read (`UnreadableSource.reason`)."""
    meaning: SourceStatus | None = None
    """What the caller knows better than the status tells: refused by our rules, a challenge for browsers, nothing in it."""
    told: int = 0
    """Entries of an answer that was read, each address once ..."""
    new: int = 0
    """... and those of them that were not met before."""
    overdue: int = 0
    """New entries that were published before the last poll, which should have told them."""
    newest_at: datetime | None = None
    """Publication date of its newest entry."""
    fresh_s: float | None = None
    """Seconds for which it says it stays fresh: the longer of what its headers and what the feed itself say."""


def address_to_ask(state: FeedState) -> str:
    """Where the source is now: the address a permanent redirect led to, else its own."""
    return state.moved_to or state.url


def is_due(state: FeedState, now: datetime) -> bool:
    """Whether the source may be asked at `now`: not gone, not in a back-off."""
    return state.gone_at is None and (state.next_poll_at is None or state.next_poll_at <= now)


def conditional_headers(state: FeedState, now: datetime) -> dict[str, str]:
    """`If-None-Match` and `If-Modified-Since` (RFC 9110, 13.1) for the next request; none once a day."""
    if state.unconditional_at is None or now - state.unconditional_at >= UNCONDITIONAL_EVERY:
        return {}
    headers = {}
    if state.etag:
        headers["If-None-Match"] = state.etag
    if state.last_modified:
        headers["If-Modified-Since"] = state.last_modified
    return headers


def body_digest(body: bytes) -> str:
    """sha256 hex of a body, without the time at which the server wrote it (RSS `lastBuildDate`)."""
    return sha256(_LAST_BUILD.sub(b"", body)).hexdigest()


def status_of(state: FeedState, answer: PollAnswer) -> SourceStatus:
    """What the answer means, told against the state before it, unless the caller knows (`PollAnswer.meaning`)."""
    if answer.meaning is not None:
        return answer.meaning
    if answer.status is None:
        return SourceStatus.UNREACHABLE
    if answer.status == HTTPStatus.NOT_MODIFIED:
        return SourceStatus.NOT_MODIFIED
    if answer.status == HTTPStatus.GONE:
        return SourceStatus.GONE
    if answer.status in _BLOCKED:
        return SourceStatus.BLOCKED
    if not 200 <= answer.status < 300:
        return SourceStatus.UNREACHABLE
    if answer.error is not None:
        return SourceStatus.UNREADABLE
    return SourceStatus.SAME_BODY if state.body_sha256 == body_digest(answer.body) else SourceStatus.OK


def next_state(state: FeedState, answer: PollAnswer, now: datetime) -> FeedState:
    """The state after `answer`: validators only of an answer that was read, back-off after a failure, the move, the end, and
    what is known of the source's health and pace.

    Times are UTC instants as `now` is. Pure.
    """
    status = status_of(state, answer)
    distrusted = _lies(state, answer)
    state = replace(state, polled_at=now, status=status.value)
    if status in (SourceStatus.SAME_BODY, SourceStatus.NOT_MODIFIED):
        return _after_success(state, answer, now, distrusted=distrusted)
    if status in (SourceStatus.OK, SourceStatus.EMPTY):
        return _after_success(_with_pace(state, answer, now), answer, now, distrusted=distrusted)
    failures = state.failures_in_a_row + 1
    wait = _asked_wait(answer.retry_after_s) or back_off(failures)
    gone = status is SourceStatus.GONE and failures >= GONE_AFTER
    return replace(
        state,
        failures_in_a_row=failures,
        failing_since=state.failing_since or now,
        last_error=answer.error or _in_words(answer.status),
        next_poll_at=now + wait,
        gone_at=now if gone else state.gone_at,
        moved_to=None if failures >= FORGET_MOVE_AFTER else state.moved_to,
        # junk must not be confirmed by a 304 for ever
        etag=None if status is SourceStatus.UNREADABLE else state.etag,
        last_modified=None if status is SourceStatus.UNREADABLE else state.last_modified,
        body_sha256=None if status is SourceStatus.UNREADABLE else state.body_sha256,
    )


def back_off(failures: int) -> timedelta:
    """5 minutes, doubled with each failure in a row, at most 6 hours."""
    doublings = min(max(failures, 1) - 1, 10)
    return min(FIRST_BACK_OFF * (1 << doublings), LONGEST_BACK_OFF)


def _after_success(state: FeedState, answer: PollAnswer, now: datetime, *, distrusted: bool) -> FeedState:
    moved = canonical_address(answer.moved_to) and answer.moved_to if answer.moved_to else None
    state = replace(
        state,
        failures_in_a_row=0,
        failing_since=None,
        answered_at=now,
        last_error=None,
        next_poll_at=None,
        gone_at=None,
        moved_to=(moved if moved != state.url else None) if moved else state.moved_to,
        unconditional_at=state.unconditional_at if answer.conditional else now,
    )
    if answer.status == HTTPStatus.NOT_MODIFIED:
        return state
    state = replace(state, body_sha256=body_digest(answer.body))
    if distrusted:
        return replace(state, etag=WORTHLESS, last_modified=None)
    return replace(state, etag=_validator(answer.etag), last_modified=_validator(answer.last_modified))


def _lies(state: FeedState, answer: PollAnswer) -> bool:
    """Whether validators are worth nothing: 304 was said since the last unconditional answer, and all the time there was news.
    A source once caught stays without them."""
    if state.etag == WORTHLESS:
        return True
    only_304 = state.changed_at is None or (state.unconditional_at is not None and state.changed_at <= state.unconditional_at)
    return (
        not answer.conditional and state.status == SourceStatus.NOT_MODIFIED.value and only_304 and answer.overdue >= LIE_PROVED
    )


def _with_pace(state: FeedState, answer: PollAnswer, now: datetime) -> FeedState:
    """How fast the source goes, from an answer that was read. `state` is the one before it."""
    newest = [at for at in (answer.newest_at, state.newest_at) if at is not None and at <= now + CLOCKS_DIFFER]
    return replace(
        state,
        changed_at=now if answer.new else state.changed_at,
        newest_at=max(newest, default=None),
        ttl_s=int(answer.fresh_s) if answer.fresh_s else None,
        # of the first answer everything is new, which says nothing
        overlap=1 - answer.new / answer.told if answer.told and state.answered_at is not None else state.overlap,
    )


def _validator(value: str | None) -> str | None:
    """A validator that may be sent back: printable ASCII of bearable length (A14: no header injection)."""
    text = (value or "").strip()
    return text if len(text) <= MAX_VALIDATOR and _VALIDATOR.fullmatch(text) else None


def _asked_wait(seconds: float | None) -> timedelta | None:
    """What the server asked for, from a second to a day; None when it asked for nothing."""
    return timedelta(seconds=min(seconds, LONGEST_RETRY_AFTER.total_seconds())) if seconds and seconds >= 1 else None


def _in_words(status: int | None) -> str:
    if status is None:
        return "no answer"
    try:
        return f"HTTP {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"HTTP {status}"
