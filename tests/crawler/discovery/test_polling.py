"""`crawler.discovery.polling`: when a source is asked again, and how."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.discovery.polling import (
    LONGEST_BACK_OFF,
    PollAnswer,
    address_to_ask,
    back_off,
    body_digest,
    conditional_headers,
    is_due,
    next_state,
    status_of,
)
from crawler.model.feed import FeedState
from crawler.model.run import SourceStatus

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
NEW = FeedState(url="https://gazeta.example/rss", outlet="gazeta")
READ = PollAnswer(status=200, etag='W/"1"', last_modified="Tue, 24 Nov 2026 11:00:00 GMT", body=b"<rss/>")


def hours(number: float) -> datetime:
    return NOW + timedelta(hours=number)


def test_an_answer_that_was_read_gives_validators_for_the_next_request() -> None:
    state = next_state(NEW, READ, NOW)
    assert conditional_headers(NEW, NOW) == {}
    assert conditional_headers(state, hours(1)) == {
        "If-None-Match": 'W/"1"',
        "If-Modified-Since": "Tue, 24 Nov 2026 11:00:00 GMT",
    }
    assert is_due(state, hours(0))
    assert state.polled_at == NOW


def test_f16_a_source_that_says_304_for_ever_is_asked_without_validators_once_a_day() -> None:
    state = next_state(NEW, READ, NOW)
    for hour in range(1, 24):
        assert conditional_headers(state, hours(hour))
        state = next_state(state, PollAnswer(status=304, conditional=True), hours(hour))
    assert conditional_headers(state, hours(24)) == {}
    state = next_state(state, PollAnswer(status=200, body=b"new"), hours(24))
    assert state.unconditional_at == hours(24)
    assert state.etag is None


def test_an_unchanged_body_is_seen_although_the_server_says_200() -> None:
    state = next_state(NEW, PollAnswer(status=200, body=b"<rss><lastBuildDate>12:00</lastBuildDate>x</rss>"), NOW)
    again = PollAnswer(status=200, body=b"<rss><lastBuildDate>12:15</lastBuildDate>x</rss>")
    assert status_of(state, again) is SourceStatus.SAME_BODY
    assert status_of(state, PollAnswer(status=200, body=b"y")) is SourceStatus.OK
    assert body_digest(again.body) == state.body_sha256


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (PollAnswer(error="timed out"), SourceStatus.UNREACHABLE),
        (PollAnswer(status=304), SourceStatus.NOT_MODIFIED),
        (PollAnswer(status=410), SourceStatus.GONE),
        (PollAnswer(status=403), SourceStatus.BLOCKED),
        (PollAnswer(status=451), SourceStatus.BLOCKED),
        (PollAnswer(status=404), SourceStatus.UNREACHABLE),
        (PollAnswer(status=503), SourceStatus.UNREACHABLE),
        (PollAnswer(status=200, error="an HTML page instead of a feed"), SourceStatus.UNREADABLE),
    ],
)
def test_an_answer_has_one_meaning(answer: PollAnswer, status: SourceStatus) -> None:
    assert status_of(NEW, answer) is status


def test_failures_in_a_row_double_the_wait_up_to_six_hours() -> None:
    state = NEW
    waits = []
    for _ in range(12):
        state = next_state(state, PollAnswer(status=503), NOW)
        assert state.next_poll_at is not None
        waits.append((state.next_poll_at - NOW).total_seconds() / 60)
        assert not is_due(state, NOW)
        assert is_due(state, state.next_poll_at)
    assert waits[:4] == [5, 10, 20, 40]
    assert waits[-1] == 360
    assert state.last_error == "HTTP 503 Service Unavailable"
    healed = next_state(state, READ, NOW)
    assert (healed.failures_in_a_row, healed.last_error, healed.next_poll_at) == (0, None, None)


@pytest.mark.parametrize(
    ("asked_s", "seconds"), [(120.0, 120), (3600.0, 3600), (86400.0, 86400), (9e9, 86400), (0.0, 300), (None, 300)]
)
def test_retry_after_is_obeyed_within_reason(asked_s: float | None, seconds: int) -> None:
    state = next_state(NEW, PollAnswer(status=429, retry_after_s=asked_s), NOW)
    assert state.next_poll_at == NOW + timedelta(seconds=seconds)


def test_f16_a_permanent_move_is_remembered_and_forgotten_when_the_new_place_fails() -> None:
    moved = next_state(NEW, PollAnswer(status=200, body=b"x", moved_to="https://gazeta.example/feed"), NOW)
    assert address_to_ask(moved) == "https://gazeta.example/feed"
    assert address_to_ask(next_state(moved, PollAnswer(status=304, conditional=True), NOW)) == "https://gazeta.example/feed"
    state = moved
    for _ in range(3):
        state = next_state(state, PollAnswer(status=404), NOW)
    assert address_to_ask(state) == NEW.url
    assert address_to_ask(next_state(moved, PollAnswer(status=200, moved_to=NEW.url), NOW)) == NEW.url


def test_a05_a_move_to_another_scheme_is_not_believed() -> None:
    assert address_to_ask(next_state(NEW, PollAnswer(status=200, body=b"x", moved_to="file:///etc/passwd"), NOW)) == NEW.url


def test_f16_a_source_that_is_gone_three_times_is_asked_no_more() -> None:
    state = NEW
    for time in range(3):
        assert state.gone_at is None
        state = next_state(state, PollAnswer(status=410), hours(time))
    assert state.gone_at == hours(2)
    assert not is_due(state, hours(10_000))
    assert is_due(next_state(state, READ, hours(10_000)), hours(10_000))


def test_f16_junk_answered_with_an_etag_is_not_confirmed_for_ever() -> None:
    state = next_state(
        next_state(NEW, READ, NOW), PollAnswer(status=200, etag='"junk"', body=b"<html>", error="an HTML page"), NOW
    )
    assert (state.etag, state.last_modified, state.body_sha256) == (None, None, None)
    assert state.last_error == "an HTML page"


@pytest.mark.parametrize("etag", ['"a"\r\nX-Evil: 1', "\x00", "x" * 5000, "ł", ""])
def test_a14_a_validator_that_could_be_a_header_of_its_own_is_not_kept(etag: str) -> None:
    assert next_state(NEW, PollAnswer(status=200, etag=etag, last_modified=etag), NOW).etag is None


@given(st.integers(-5, 10**6))
def test_the_wait_never_leaves_its_bounds(failures: int) -> None:
    assert timedelta(minutes=5) <= back_off(failures) <= LONGEST_BACK_OFF


@given(st.text(max_size=40), st.integers(100, 599), st.text(max_size=40), st.none() | st.floats(0, 1e12))
def test_no_header_of_a_server_breaks_the_policy(text: str, status: int, other: str, wait_s: float | None) -> None:
    answer = PollAnswer(status=status, etag=text, last_modified=other, retry_after_s=wait_s, moved_to=text, error=other or None)
    state = next_state(NEW, answer, NOW)
    conditional_headers(state, hours(1))
    assert state.next_poll_at is None or NOW < state.next_poll_at <= hours(24)


def test_the_state_tells_how_the_source_answered_last_and_since_when_it_fails() -> None:
    state = next_state(NEW, READ, NOW)
    assert (state.status, state.answered_at, state.failing_since) == ("ok", NOW, None)
    for hour in (1, 2, 3):
        state = next_state(state, PollAnswer(status=503), hours(hour))
    assert (state.status, state.answered_at, state.failing_since, state.failures_in_a_row) == ("unreachable", NOW, hours(1), 3)
    state = next_state(state, PollAnswer(status=304, conditional=True), hours(4))
    assert (state.status, state.answered_at, state.failing_since) == ("not modified", hours(4), None)


def test_what_the_caller_knows_counts_before_the_status() -> None:
    refused = next_state(NEW, PollAnswer(error="robots.txt", meaning=SourceStatus.REFUSED), NOW)
    assert (refused.status, refused.failures_in_a_row, refused.last_error) == ("refused", 1, "robots.txt")
    wall = PollAnswer(
        status=200, etag='"wall"', body=b"Just a moment", meaning=SourceStatus.BLOCKED, error="a challenge for browsers"
    )
    walled = next_state(NEW, wall, NOW)
    assert (walled.status, walled.failures_in_a_row, walled.etag, walled.body_sha256) == ("blocked", 1, None, None)
    empty = next_state(NEW, PollAnswer(status=200, body=b"<rss/>", meaning=SourceStatus.EMPTY), NOW)
    assert (empty.status, empty.failures_in_a_row, empty.answered_at) == ("empty", 0, NOW)


def test_overlap_is_the_share_of_an_answer_that_was_met_before_and_a_first_answer_has_none() -> None:
    first = next_state(NEW, PollAnswer(status=200, body=b"1", told=20, new=20), NOW)
    assert (first.overlap, first.changed_at) == (None, NOW)
    second = next_state(first, PollAnswer(status=200, body=b"2", told=20, new=5), hours(1))
    assert (second.overlap, second.changed_at) == (0.75, hours(1))
    rewritten = next_state(second, PollAnswer(status=200, body=b"3", told=20, new=0), hours(2))
    assert (rewritten.overlap, rewritten.changed_at) == (1.0, hours(1))
    same = next_state(second, PollAnswer(status=304, conditional=True), hours(2))
    assert (same.overlap, same.changed_at) == (0.75, hours(1))


def test_the_newest_date_only_grows_and_a_date_ahead_of_the_clock_is_none() -> None:
    state = next_state(NEW, PollAnswer(status=200, body=b"1", newest_at=hours(-2)), NOW)
    state = next_state(state, PollAnswer(status=200, body=b"2", newest_at=hours(-5)), hours(1))
    assert state.newest_at == hours(-2)
    state = next_state(state, PollAnswer(status=200, body=b"3", newest_at=hours(50)), hours(2))
    assert state.newest_at == hours(-2)


def test_freshness_is_that_of_the_last_answer_that_was_read() -> None:
    state = next_state(NEW, PollAnswer(status=200, body=b"1", fresh_s=600.0), NOW)
    assert state.ttl_s == 600
    assert next_state(state, PollAnswer(status=304, conditional=True), hours(1)).ttl_s == 600
    assert next_state(state, PollAnswer(status=200, body=b"2"), hours(1)).ttl_s is None


def day_of_304(answer: PollAnswer) -> FeedState:
    """A first answer, a day of 304, and then this answer to a request without validators."""
    state = next_state(NEW, replace(READ, told=10, new=10), NOW)
    for hour in range(1, 24):
        state = next_state(state, PollAnswer(status=304, conditional=True), hours(hour))
    return next_state(state, answer, hours(24))


def test_f16_validators_of_a_source_that_lied_a_day_long_are_not_sent_again() -> None:
    lied = replace(READ, body=b"<rss>2</rss>", told=10, new=5, overdue=4)
    state = day_of_304(lied)
    assert conditional_headers(state, hours(25)) == {}
    state = next_state(state, replace(READ, body=b"<rss>3</rss>", told=10, new=1), hours(25))
    assert conditional_headers(state, hours(26)) == {} and state.changed_at == hours(25)
    state = next_state(state, replace(READ, body=b"<rss>3</rss>"), hours(26))
    assert (state.status, conditional_headers(state, hours(27))) == ("same body", {})


def test_an_honest_source_keeps_its_validators() -> None:
    assert conditional_headers(day_of_304(replace(READ, body=b"2", told=10, new=1)), hours(25))
    without = next_state(NEW, PollAnswer(status=200, body=b"1", told=10, new=10), NOW)
    assert conditional_headers(next_state(without, READ, hours(1)), hours(2)), "it began to send them"
    assert conditional_headers(day_of_304(replace(READ, body=b"2", told=10, new=1, overdue=1)), hours(25))
    state = next_state(NEW, replace(READ, told=10, new=10), NOW)
    state = next_state(state, replace(READ, conditional=True, body=b"2", told=10, new=3), hours(5))
    state = next_state(state, PollAnswer(status=304, conditional=True), hours(23))
    state = next_state(state, replace(READ, body=b"3", told=10, new=5, overdue=3), hours(24))  # backdated entries
    assert conditional_headers(state, hours(25))
