"""The heartbeat of a process that works on the store: it says that it lives and which outlets are its own, and knows how long
that surely holds.

One transaction a beat, in a thread of its own, for a store that a cut network hides may keep a thread waiting. Whoever needs to be
sure of the claims asks `is_sure`, which asks no store. Not here: what is done when it is not sure (`scheduler.crew`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import structlog

from crawler.errors import BackendUnavailable
from crawler.spiders.hold import Hold, seconds
from crawler.store import leases, processes, runs, turns
from crawler.store.database import Database
from scheduler.lock import SERVICE

log = structlog.get_logger("scheduler")
HANGS_S = 60.0
"""A main thread that looked around twice a second and has not for so long hangs: slots, watchdog and the end of crawls are its work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """What one heartbeat found."""

    leads: bool
    """This process is the service that fires slots."""
    leader: str | None
    """Who it is else."""
    lost: frozenset[str]
    """Outlets under way here that another process holds by now."""
    workers: int
    """Processes that crawl for this store, this one among them."""


class Heart:
    """Beats until `stop`; the first beat is `beat` by the one who starts it."""

    def __init__(
        self, database: Database, owner: str, kind: str, lease_s: float, under_way: Callable[[], Collection[str]],
        detail: Callable[[], Mapping[str, Any]], on_pulse: Callable[[Pulse], None],
    ) -> None:  # fmt: skip
        """`kind`: "service" wants to lead, "worker" does not. `detail`: for the row of the process."""
        self._database, self._owner, self._kind, self._lease_s = database, owner, kind, lease_s
        self._under_way, self._detail, self._on_pulse = under_way, detail, on_pulse
        self._hold = Hold(lease_s)
        self._looked_at = seconds()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    @property
    def is_sure(self) -> bool:
        """Whether the claims are surely ours: a heartbeat reached the store lately enough."""
        return self._hold.left_s() > 0

    def looked(self, *, ends: bool = False) -> None:
        """The main thread looks around. Without it no heartbeat tells that all is well: others take over, and `status --check` fails.

        `ends`: it waits for its crawls to end, and looks no more.
        """
        self._looked_at = float("inf") if ends else seconds()

    def beat(self) -> Pulse:
        """Tell the store, once. Raises BackendUnavailable."""
        asked_at, busy = self._hold.asking(), frozenset(self._under_way())
        with self._database.write() as connection:
            now = leases.shared_now(connection, datetime.now(UTC))
            turns.end_dead_claims(connection, now)
            turns.prolong(connection, self._owner, now, busy, self._lease_s)
            lost = turns.lost(connection, self._owner, busy)  # one that is nobody's was finished here meanwhile
            leads = self._kind == "service"
            if leads and not self._database.is_sqlite:
                leads = SERVICE in leases.claim(connection, [SERVICE], self._owner, now, self._lease_s)
            detail = {**self._detail(), "leader": leads, "crawling": sorted(busy)}
            if not processes.beat(connection, self._owner, now, detail):
                processes.register(connection, self._owner, self._kind, version("depesza"), now, detail)
            runs.expire_runs(connection, now)
            workers = len(processes.read(connection, now))
            leader = leases.holder(connection, SERVICE, now)
        self._hold.renew(asked_at)
        pulse = Pulse(leads=leads, leader=None if leads else leader, lost=lost, workers=max(1, workers))
        self._on_pulse(pulse)
        return pulse

    def start(self) -> None:
        """Go on beating."""
        self._thread.start()

    def stop(self) -> None:
        """End, and take this process out of the store: what it claimed is due again, its place to lead is free."""
        self._stopping.set()
        try:
            with self._database.write() as connection:
                turns.give_back(connection, self._owner, leases.shared_now(connection, datetime.now(UTC)))
                leases.release(connection, self._owner)
                processes.remove(connection, self._owner)
        except BackendUnavailable as error:
            log.warning("not signed off, which others see by the missing heartbeat", reason=str(error))

    def _run(self) -> None:
        hung = False
        while not self._stopping.wait(self._hold.beat_s):
            before, hung = hung, seconds() - self._looked_at > HANGS_S
            if hung:
                if not before:
                    log.error("the main thread hangs: no heartbeat is sent until it looks around again")
                continue
            try:
                self.beat()
            except BackendUnavailable as error:
                log.warning("no heartbeat", reason=str(error))
            except Exception:
                log.exception("the heartbeat broke")
