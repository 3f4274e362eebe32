"""What `depesza doctor` says of the clock: the time of this machine and of the store, the data of time zones, who keeps time.

Read, never changed. Not here: other checks (`scheduler.doctor`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from importlib import import_module, resources
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from crawler.config import Locations, crawler_settings, store_url
from crawler.errors import BackendUnavailable
from crawler.outlets.choosing import choose_outlets, open_catalogue
from crawler.store import leases, processes, turns
from crawler.store.database import Database, open_database, read_address
from crawler.store.overview import clock_skew_s
from crawler.store.processes import Process
from indexer.overview import age, trouble_of_processes
from scheduler.check import Check
from scheduler.crawling import check_clock
from scheduler.lock import service_holder
from scheduler.status import role_of

SKEW_S, WRONG_S = 5.0, 60.0
"""Two clocks that are kept right (NTP) part by milliseconds: from 5 s on one of them is not, from a minute on slots and dates are wrong."""
AHEAD = timedelta(minutes=5)
"""A slot that was fired for a time so far ahead was fired by a clock that has been set right since."""
_LOOK_AHEAD_DAYS = 400
"""Changes of clocks are compared so far ahead: the next two of each zone."""
_RUN = "`depesza run` keeps crawling by the timetable"
_HANGS = "it hangs, or does not reach the store: look at its log, end it, start it again"


def clock(locations: Locations) -> Check:
    """The time of this machine against the store's, and against the slots that were fired. Raises DepeszaError."""
    now, name = datetime.now(UTC), "clock"
    check_clock(now)
    said = f"{now:%Y-%m-%d %H:%M} UTC"
    try:
        database = _known_store(locations)
    except BackendUnavailable:  # the check of the store tells
        database = None
    if database is None:
        return Check(name=name, state="ok", found=said)
    try:
        with database.read() as connection:
            now = datetime.now(UTC)
            skew_s = _least(clock_skew_s(connection, now), (datetime.now(UTC) - now).total_seconds())
            slots = _slots_ahead(connection, now)
    finally:
        database.close()
    if abs(skew_s) >= SKEW_S:
        found = (
            f"{said}; the store's clock is {age(now - timedelta(seconds=abs(skew_s)), now)} {'ahead' if skew_s > 0 else 'behind'}"
        )
        hint = (
            "set both machines' clocks by NTP (`timedatectl set-ntp true`): slots follow the leader's clock, claims the store's"
        )
        return Check(name=name, state="bad" if abs(skew_s) >= WRONG_S else "note", found=found, hint=hint)
    if slots:
        found = f"{said}; {len(slots)} outlets were fired for a time up to {age(now - (max(slots) - now), now)} ahead"
        hint = "a clock was wrong and has been set right: these outlets wait until that time, `depesza crawl` crawls them now"
        return Check(name=name, state="note", found=found, hint=hint)
    beside = "" if database.is_sqlite else f", the store's differs by {abs(skew_s):.1f} s"
    return Check(name=name, state="ok", found=said + beside)


def zones(locations: Locations) -> Check:
    """Whether the zones of the outlets that are watched are there, and change their clocks when the newest known data says so."""
    name, now = "time zones", datetime.now(UTC)
    watched = choose_outlets(open_catalogue(locations), (), crawler_settings(locations).outlets)
    wanted = sorted({one.timezone for one in watched} | {"UTC"})
    missing = [key for key in wanted if _zone(key) is None]
    if missing:
        hint = "cron lines and windows of their outlets cannot be read: install the system's tzdata, or `pip install --upgrade tzdata`"
        return Check(name=name, state="bad", found=f"no sound data of {', '.join(missing)}", hint=hint)
    version = _packaged_version()
    other = [key for key in wanted if version and not _agree(key, now)]
    if other:
        found = (
            f"{', '.join(other)}: this system's data and those of tzdata {version} differ about the next {_LOOK_AHEAD_DAYS} days"
        )
        hint = "bring the system's tzdata up to date; or set PYTHONTZPATH to nothing, and the data of the package are taken"
        return Check(name=name, state="note", found=found, hint=hint)
    return Check(name=name, state="ok", found=f"{len(wanted)} zones{f', as tzdata {version} has them' if version else ''}")


def service(locations: Locations) -> Check:
    """Whether somebody keeps time, and whether everybody who works on the store sends heartbeats. None at all is no fault."""
    try:
        database = _known_store(locations)
    except BackendUnavailable:
        return Check(name="service", state="note", found="not known: the store cannot be read")
    if database is None:
        return Check(name="service", state="note", found="not running", hint=_RUN)
    try:
        with database.read() as connection:
            now = leases.shared_now(connection, datetime.now(UTC))
            alive, silent = processes.read(connection, now), processes.silent(connection, now)
        held_by = service_holder(database, now) if database.is_sqlite and not alive else None
    finally:
        database.close()
    state, found, hint = _who_keeps_time(alive, silent, held_by, now)
    return Check(name="service", state=state, found=found, hint=hint)


def _who_keeps_time(
    alive: Sequence[Process], silent: Sequence[Process], held_by: str | None, now: datetime
) -> tuple[str, str, str]:
    """State, what was found, what to do. `held_by`: who has the lock of a SQLite store though nobody sends a heartbeat."""
    if here := [one for one in silent if one.machine == leases.machine_name()]:
        return (
            "bad",
            "; ".join(f"{one.kind} {one.name} sent no heartbeat for {age(one.heartbeat_at, now)}" for one in here),
            _HANGS,
        )
    if held_by:
        return "bad", f"{held_by} holds the store, but sends no heartbeat", _HANGS
    lost = "".join(f"; {one.kind} {one.name} was last heard {age(one.heartbeat_at, now)} ago" for one in silent)
    if not alive:
        return "note", f"not running{lost}", _RUN
    named = "; ".join(f"{role_of(one)}: {one.name}, last heartbeat {one.age_s(now):.0f} s ago" for one in alive)
    if trouble := trouble_of_processes(alive):
        return "bad", f"{trouble}; alive: {named}", "start `depesza run`; where one stands by it leads within two minutes"
    return ("note", named + lost, "a machine died, or cannot reach the store") if lost else ("ok", named, "")


def _known_store(locations: Locations) -> Database | None:
    """The store; None when there is none yet. Raises BackendUnavailable when it cannot be reached or is of another version."""
    url = store_url(locations)
    file = read_address(url).database
    if url.startswith("sqlite") and not (file and Path(file).exists()):
        return None
    return open_database(url, migrate=False)


def _least(skew_s: float, took_s: float) -> float:
    """The smallest skew that explains what was read: the answer was made at some time while it was waited for."""
    return max(0.0, skew_s - max(0.0, took_s)) if skew_s > 0 else skew_s


def _slots_ahead(connection: sa.Connection, now: datetime) -> list[datetime]:
    slots = (one.slot_at for one in turns.read_turns(connection).values())
    return [slot for slot in slots if slot and now + AHEAD < slot <= now + turns.WRONG_CLOCK]


def _zone(key: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(key)
    except Exception:  # a damaged file raises what its bytes bring about: struct.error, IndexError, ...
        return None


def _packaged_version() -> str | None:
    """Of the data in the package tzdata; None where a distribution leaves it out and relies on the system's."""
    try:
        return str(import_module("tzdata").IANA_VERSION)
    except ImportError:
        return None


def _agree(key: str, now: datetime) -> bool:
    """Whether the zone as it is used and as the package tzdata has it say the same at every noon to come; True where that lacks it."""
    try:
        with resources.files("tzdata").joinpath("zoneinfo", *key.split("/")).open("rb") as file:
            packaged = ZoneInfo.from_file(file, key)
    except (OSError, ValueError):
        return True
    used = ZoneInfo(key)
    noons = (now.replace(hour=12) + timedelta(days=day) for day in range(_LOOK_AHEAD_DAYS))
    return all(noon.astimezone(used).utcoffset() == noon.astimezone(packaged).utcoffset() for noon in noons)
