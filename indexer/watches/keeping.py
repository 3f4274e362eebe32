"""Watches are made, tested, paused and removed: what the command, the API and the page share.

A new watch alerts to what comes after it: the stories that it finds already are noted as known. Not here: how a watched text
becomes a fingerprint (`scheduler.watch_cli`), printing.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from crawler.errors import BackendUnavailable, ConfigError, QueryError
from crawler.store.database import Database
from crawler.store.watches import (
    DeliveryStatus,
    Match,
    WatchRow,
    find_watch,
    note_matches,
    remove_watch,
    save_watch,
)
from indexer.engine import SearchEngine
from indexer.query import parse_query
from indexer.search import PAGE_LIMIT, SearchRequest, search
from indexer.watches.alarm_message import compose_alarm
from indexer.watches.alarms import AlarmFilter, note_open
from indexer.watches.channels import check_channel, masked
from indexer.watches.delivering import send_messages, shown_watch
from indexer.watches.message import Reader, compose
from indexer.watches.noting import RECENT
from indexer.watches.settings import AlertSettings, WatchSettings, read_clock, read_name, read_quiet, read_zone, without_repeats
from indexer.watches.wording import LANGUAGES

KNOWN_AT_MOST = 20_000
"""Stories noted as known for a new watch; with more the query is no watch but the whole news."""


def make_settings(
    to: Sequence[str],
    *,
    digest: str | None,
    zone: str,
    quiet: str | None,
    throttle_s: float = 0.0,
    share: float = 0.3,
    language: str = "en",
) -> WatchSettings:
    """Checked settings. Raises ConfigError in words; passwords and tokens are not repeated."""
    channels = without_repeats(to)
    try:
        for channel in channels:
            check_channel(channel)
        if not channels:
            raise ValueError("a watch needs at least one address to send to")
        if not 0 < share <= 1:
            raise ValueError(f"the share of a text is a number above 0 and up to 1, not {share}")
        if language not in LANGUAGES:
            raise ValueError(f"messages are written in {' or '.join(LANGUAGES)}, not {language!r}")
        return WatchSettings(
            to=channels, digest_at=read_clock(digest) if digest else None, zone=read_zone(zone),
            quiet=read_quiet(quiet) if quiet else None, throttle_s=throttle_s, share=share, language=language,
        )  # fmt: skip
    except ValueError as error:
        raise ConfigError(str(error)) from None


def add_watch(
    database: Database, engine: SearchEngine, name: str, query: str, settings: WatchSettings, now: datetime, kind: str = "search"
) -> WatchRow:
    """Keep a new watch, and what it finds already as known. Raises ConfigError (name taken or bad) and QueryError (no such query)."""
    if kind == "search":
        hint = parse_query(query).hint
        if hint or not query.strip():
            raise QueryError(f"a watch's query is not guessed: {hint or 'it is empty'}")
    row = _new_row(name, query, settings, now, kind)
    known = _known(engine, row, settings, now) if kind == "search" else []
    with database.write() as connection:
        _save_new(connection, row)
        note_matches(connection, known, now, DeliveryStatus.KNOWN)
    return row


def add_alarm_watch(database: Database, name: str, settings: WatchSettings, asked: AlarmFilter, now: datetime) -> WatchRow:
    """Keep a new watch of incidents; what is open now is its first alarm. `asked` is checked. Raises ConfigError (name taken or bad)."""
    row = _new_row(name, "", replace(settings, **asdict(asked)), now, "alarm")
    with database.write() as connection:
        _save_new(connection, row)
        note_open(connection, now, only=row.id)
    return row


def must_find(database: Database, name: str) -> WatchRow:
    """The watch of that name or id. Raises ConfigError."""
    with database.read() as connection:
        row = find_watch(connection, name)
    if row is None:
        raise ConfigError(f"there is no watch {name!r}; `depesza watch list` shows what there is")
    return row


def pause_watch(database: Database, row: WatchRow, paused_at: datetime | None) -> WatchRow:
    """Pause it (nothing is noted or sent until it goes on), or with None let it go on."""
    changed = replace(row, paused_at=paused_at)
    with database.write() as connection:
        save_watch(connection, changed)
    return changed


def drop_watch(database: Database, row: WatchRow) -> None:
    """Remove it with its log."""
    with database.write() as connection:
        remove_watch(connection, row.id)


def test_watch(row: WatchRow, alerts: AlertSettings, now: datetime) -> list[tuple[str, str | None]]:
    """Send a test to each address: (address without secrets, None when it was taken, else why not)."""
    settings = WatchSettings.read(row.settings)
    reader = Reader(zone=ZoneInfo(settings.zone), now=now, language=settings.language, is_digest=settings.digest_at is not None)
    key, shown = f"test-{secrets.token_hex(8)}", shown_watch(row)
    message = compose_alarm(key, shown, None, {}, reader) if row.kind == "alarm" else compose(key, shown, (), reader)
    outcomes = send_messages([(channel, message) for channel in settings.to], alerts)
    return [(masked(channel), error) for channel, error in zip(settings.to, outcomes, strict=True)]


def _new_row(name: str, query: str, settings: WatchSettings, now: datetime, kind: str) -> WatchRow:
    try:
        name = read_name(name)
    except ValueError as error:
        raise ConfigError(str(error)) from None
    return WatchRow(id=secrets.token_hex(8), name=name, query=query, kind=kind, settings=settings.as_json(), created_at=now)


def _save_new(connection: sa.Connection, row: WatchRow) -> None:
    if find_watch(connection, row.name) is not None:
        raise ConfigError(f"there is a watch {row.name!r} already; remove it first, or choose another name")
    save_watch(connection, row)


def _known(engine: SearchEngine, row: WatchRow, settings: WatchSettings, now: datetime) -> list[Match]:
    """What the query finds among the articles of the last days, each story once."""
    found: list[Match] = []
    after: str | None = None
    while len(found) < KNOWN_AT_MOST:
        try:
            request = SearchRequest(
                text=f"({row.query}) date:{(now - RECENT).astimezone(UTC):%Y-%m-%d}..", limit=PAGE_LIMIT, after=after, snippets=0
            )
            page = search(engine, request, now, ZoneInfo(settings.zone))
        except BackendUnavailable:  # no index yet: nothing is known
            return []
        found += [
            Match(watch_id=row.id, channel=channel, article_id=hit.article["id"], story_id=hit.article["story"])
            for hit in page.hits
            for channel in settings.to
        ]
        if (after := page.next) is None:
            break
    return found
