"""What the clock does beside firing slots: push, alerts, tidying. Whatever goes wrong is a line in the log, and the next time is soon.

Learning an outlet's template is no job of its own: a crawl does it when enough pages are known (`crawler.spiders.known`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from crawler.errors import DepeszaError
from crawler.store import incidents, leases, processes, turns
from crawler.store.database import Database
from scheduler.alarms import note_alarms
from scheduler.crawling import deliver, push
from scheduler.reload import Plan
from scheduler.tidying import tidy

log = structlog.get_logger("scheduler")


class Chores:
    """The leader's jobs. Each may be called from any thread."""

    def __init__(self, database: Database, plan: Callable[[], Plan]) -> None:
        self._database, self._plan = database, plan

    def push(self) -> None:
        """Hand what is new to the search index."""
        try:
            report = push(self._plan().locations, self._database)
        except DepeszaError as error:
            log.warning("not pushed, will be tried again", reason=str(error))
        except Exception:
            log.exception("push failed")
        else:
            if report.stopped:
                log.warning("push stopped, will be tried again", reason=report.stopped, waiting=report.waiting)
            if report.written or report.rejected:
                log.info("pushed", written=report.written, rejected=report.rejected, waiting=report.waiting)

    def alerts(self) -> None:
        """Send the alerts that are due."""
        try:
            report = deliver(self._plan().locations, self._database)
        except DepeszaError as error:
            log.warning("alerts not sent, will be tried again", reason=str(error))
        except Exception:
            log.exception("alerts failed")
        else:
            if report and (report.sent or report.failed):
                log.info("alerts", sent=report.sent, failed=report.failed, waiting=report.waiting)

    def tidy(self) -> None:
        """Drop what is past its retention, processes that died, turns of outlets that are watched no more, whose incidents end."""
        try:
            plan = self._plan()
            report = tidy(plan.locations, self._database, datetime.now(UTC))
            if dropped := {name: count for name, count in report.dropped.items() if count}:
                log.info("tidied", **dropped)
            with self._database.write() as connection:
                now = leases.shared_now(connection, datetime.now(UTC))
                processes.prune(connection, now)
                turns.sync(connection, plan.schedules, now, plan.longest_waits)
                if incidents.close_unwatched(connection, plan.schedules, now):
                    note_alarms(connection, [], now)
        except DepeszaError as error:
            log.warning("not tidied, will be tried again", reason=str(error))
        except Exception:
            log.exception("tidying failed")
