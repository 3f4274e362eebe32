"""Matches and alarms that are due become messages, are sent by a process of their own, and are settled: sent, tried again, or given up.

Alarms go first and ask no index: they may be what tells of its trouble. At least once: a kill between sending and settling sends again, with the same key. Messages are claimed, so that two processes do
not send the same. Not here: when something is due (`due`), what a message says (`message`), how it is sent (`channels`).
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import groupby
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from crawler.settings import parse_duration
from crawler.store.alarms import incidents_of
from crawler.store.database import Database
from crawler.store.outlets import read_outlets
from crawler.store.watches import (
    Delivery,
    DeliveryStatus,
    WatchRow,
    last_sent,
    open_deliveries,
    prune_deliveries,
    read_watches,
    settle_deliveries,
    take_deliveries,
)
from indexer.engine import SearchEngine
from indexer.watches.alarm_message import compose_alarm
from indexer.watches.alarms import described
from indexer.watches.due import due_at
from indexer.watches.finding import find_documents, with_copies
from indexer.watches.message import SHOWN, Message, Reader, compose
from indexer.watches.settings import AlertSettings, WatchSettings
from indexer.watches.texts import TextWatches

FIRST_RETRY_S, LONGEST_RETRY_S = 60.0, 3_600.0
KEPT = timedelta(days=90)
"""Settled deliveries stay so long in the log."""
_ROUND = 100
"""Messages of one round at most."""
_PARCEL = 200
"""Articles of one message at most; what is more goes in a second one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverReport:
    """What a round did, in messages."""

    sent: int = 0
    failed: int = 0
    """Not taken now: tried again, or given up."""
    waiting: int = 0
    """Matches and alarms that are not due yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parcel:
    """Matches of one watch that go to one address together."""

    watch: WatchRow
    channel: str
    deliveries: tuple[Delivery, ...]

    @property
    def ids(self) -> list[int]:
        return [one.id for one in self.deliveries]

    @property
    def key(self) -> str:
        return sha256(f"{self.watch.id} {self.channel} {self.ids}".encode()).hexdigest()[:32]


def deliver_due(
    database: Database,
    engine: SearchEngine | None,
    settings: AlertSettings,
    now: datetime,
    chance: Callable[[], float] = random.random,
) -> DeliverReport:
    """Send what is due; without an index (None) alarms only. Never raises for what a service does; a broken store or index raises
    BackendUnavailable, the index after the alarms are sent."""
    sent = failed = 0
    for alarms in (True, False) if engine is not None else (True,):
        parcels, waiting = _take(database, settings, now, alarms=alarms)
        if not parcels:
            continue
        with database.read() as connection:
            messages = [_message(engine, connection, parcel, settings, now) for parcel in parcels]
        outcomes = send_messages([(one.channel, message) for one, message in zip(parcels, messages, strict=True)], settings)
        _settle(database, parcels, outcomes, settings, now, chance)
        failed += sum(error is not None for error in outcomes)
        sent += sum(error is None for error in outcomes)
    return DeliverReport(sent=sent, failed=failed, waiting=waiting)


def send_messages(messages: Sequence[tuple[str, Message]], settings: AlertSettings) -> list[str | None]:
    """(address, message) -> None when it was taken, else why not. What hangs past the time limit is ended."""
    time_limit_s = parse_duration(settings.time_limit)
    order = {
        "allow_hosts": list(settings.allow_hosts), "time_limit_s": time_limit_s, "proxy": settings.proxy,
        "messages": [
            {
                "channel": channel, "key": one.key, "title": one.title, "text": one.text, "html": one.html, "payload": one.payload,
                "proxy": settings.proxy,
            }
            for channel, one in messages
        ],
    }  # fmt: skip
    command = [sys.executable, "-P", "-m", "indexer.watches.child"]
    child = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_environment(settings), text=True
    )
    limit_s = time_limit_s * (1 + len(messages) // 8) + 5
    try:
        said, _ = child.communicate(json.dumps(order), timeout=limit_s)
    except subprocess.TimeoutExpired:
        child.kill()
        said, _ = child.communicate()
    outcomes: list[str | None] = [f"it took longer than {settings.time_limit}"] * len(messages)
    for line in said.splitlines():
        answer = json.loads(line)
        outcomes[answer["number"]] = answer["error"]
    return outcomes


def _environment(settings: AlertSettings) -> dict[str, str]:
    """Ours without proxies (they would be asked instead of the guarded address), but for the one that is set."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return kept | ({"HTTP_PROXY": settings.proxy, "HTTPS_PROXY": settings.proxy} if settings.proxy else {})


def _settle(
    database: Database, parcels: Sequence[_Parcel], outcomes: Sequence[str | None], settings: AlertSettings, now: datetime,
    chance: Callable[[], float],
) -> None:  # fmt: skip
    give_up_s = parse_duration(settings.give_up_after)
    with database.write() as connection:
        for parcel, error in zip(parcels, outcomes, strict=True):
            settle_deliveries(connection, parcel.ids, **_outcome(parcel, error, now, give_up_s, chance))
        prune_deliveries(connection, now - KEPT)


def _take(database: Database, settings: AlertSettings, now: datetime, *, alarms: bool) -> tuple[list[_Parcel], int]:
    """Parcels of alarms or of matches that are due, claimed for this process, and how many of both kinds wait."""
    until = now + timedelta(seconds=2 * parse_duration(settings.time_limit) + 60)
    gather = timedelta(seconds=parse_duration(settings.gather_alarms) if alarms else 0)
    with database.write() as connection:
        watches = {row.id: row for row in read_watches(connection, active_only=True)}
        deliveries, sent = open_deliveries(connection, now), last_sent(connection)
        chosen = {row.id: row for row in watches.values() if (row.kind == "alarm") == alarms}
        taken: list[_Parcel] = []
        for parcel in _parcels(_in_order(deliveries), chosen):
            ends = until + timedelta(microseconds=len(taken))  # parcels are told apart by it when they are tried again
            is_due = _is_due(parcel, sent, now, gather)
            if len(taken) < _ROUND and is_due and take_deliveries(connection, parcel.ids, ends, now):
                taken.append(parcel)
    return taken, len(deliveries) - sum(len(parcel.deliveries) for parcel in taken)


def _in_order(deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Without the ends of incidents whose beginning is being tried again: nobody hears that something is well before it was wrong."""
    tried = {(one.watch_id, one.channel, one.key) for one in deliveries if one.next_try_at is not None}
    return [
        one
        for one in deliveries
        if one.next_try_at is not None or (one.watch_id, one.channel, one.key.replace("closed", "opened")) not in tried
    ]


def _parcels(deliveries: Sequence[Delivery], watches: Mapping[str, WatchRow]) -> list[_Parcel]:
    """What was tried together goes together again, so that its key stays; what is new goes apart from it."""

    def mark(one: Delivery) -> tuple[str, str, str]:
        return one.watch_id, one.channel, one.next_try_at.isoformat() if one.next_try_at else ""

    groups = groupby(sorted(deliveries, key=lambda one: (*mark(one), one.id)), key=mark)
    return [
        _Parcel(watch=watches[watch], channel=channel, deliveries=some)
        for (watch, channel, _), group in groups
        if watch in watches
        for some in _batches(tuple(group))
    ]


def _batches(group: tuple[Delivery, ...]) -> Iterator[tuple[Delivery, ...]]:
    return (group[at : at + _PARCEL] for at in range(0, len(group), _PARCEL))


def _is_due(parcel: _Parcel, sent: Mapping[tuple[str, str], datetime], now: datetime, gather: timedelta) -> bool:
    if (next_try := parcel.deliveries[0].next_try_at) is not None:
        return next_try <= now
    found_at = min(one.created_at for one in parcel.deliveries) + gather
    return due_at(found_at, WatchSettings.read(parcel.watch.settings), sent.get((parcel.watch.id, parcel.channel))) <= now


def _message(
    engine: SearchEngine | None, connection: sa.Connection, parcel: _Parcel, settings: AlertSettings, now: datetime
) -> Message:
    watch, chosen = parcel.watch, WatchSettings.read(parcel.watch.settings)
    reader = Reader(
        zone=ZoneInfo(chosen.zone), now=now, language=chosen.language, page_url=settings.page_url,
        is_digest=chosen.digest_at is not None,
    )  # fmt: skip
    if engine is None or watch.kind == "alarm":
        incidents = incidents_of(connection, [one.key for one in parcel.deliveries])
        names = {slug: row.name for slug, row in read_outlets(connection).items()}
        return compose_alarm(parcel.key, shown_watch(watch), incidents, names, reader)
    ids = [one.article_id for one in parcel.deliveries if one.article_id]
    details = {one: said for _, one, said in TextWatches([watch] if watch.kind == "text" else ()).match(connection, ids)}
    found = find_documents(engine, watch, ids, details, now)
    found[:SHOWN] = with_copies(engine, connection, found[:SHOWN])
    return compose(parcel.key, shown_watch(watch), found, reader)


def shown_watch(watch: WatchRow) -> dict[str, str]:
    """A watch as its messages name it."""
    about = {"search": watch.query, "alarm": described(WatchSettings.read(watch.settings))}
    return {"id": watch.id, "name": watch.name, "query": about.get(watch.kind, "a watched text")}


def _outcome(
    parcel: _Parcel, error: str | None, now: datetime, give_up_s: float, chance: Callable[[], float]
) -> dict[str, object]:
    if error is None:
        return {"status": DeliveryStatus.SENT.value, "delivered_at": now, "next_try_at": None, "last_error": None}
    oldest, attempts = min(one.created_at for one in parcel.deliveries), max(one.attempts for one in parcel.deliveries)
    if now - oldest > timedelta(seconds=give_up_s):
        return {"status": DeliveryStatus.FAILED.value, "next_try_at": None, "last_error": error}
    wait_s = min(LONGEST_RETRY_S, FIRST_RETRY_S * 2 ** min(attempts, 20)) * (0.5 + chance() / 2)
    return {"status": DeliveryStatus.WAITING.value, "next_try_at": now + timedelta(seconds=wait_s), "last_error": error}
