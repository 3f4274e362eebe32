"""The month again for the sake of what stays: memory of the process that keeps time, rows and bytes of the store, each day after tidying.

    .venv/bin/python -m tests.scheduler.month.measure_soak [--outlets 60] [--days 30] [--seed 1]      (a quarter of an hour)

The driver records nothing here, so what grows is the scheduler's or the crawler's. Each tick's report is kept as a run, as a crawl does, and
`tidy` runs once a simulated day with short times, so that every kind of row meets its end within the month. Ends with code 1 when
memory grows by more than `MOST_MB_A_DAY` after the warm-up, or rows that are past their time are left.
"""

from __future__ import annotations

import argparse
import dataclasses
import gc
import sys
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import sqlalchemy as sa

from crawler.config import Locations, StoreSettings, find_locations, store_settings
from crawler.model.run import RunReport
from crawler.store import runs, schema
from crawler.store.retention import Forgotten
from scheduler.config import SchedulerSettings
from scheduler.tidying import kept_for, tidy
from tests.scheduler.month.drive import TICK, Month
from tests.scheduler.month.measure_month import live, rss_mb
from tests.scheduler.month.world import World, make_world

KEPT = {"keep_pages": "2d", "keep_runs": "2d", "keep_letters": "3d", "keep_hours": "4w", "keep_incidents": "3d"}
MOST_MB_A_DAY = 0.5
TABLES = {
    Forgotten.RUNS: (schema.run, schema.run.c.started_at), Forgotten.LETTERS: (schema.dead_letter, schema.dead_letter.c.last_at),
    Forgotten.HOURS: (schema.outlet_hour, schema.outlet_hour.c.hour), Forgotten.INCIDENTS: (schema.incident, schema.incident.c.closed_at),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Day:
    """After a simulated day, tidied."""

    number: int
    mb: float
    rows: dict[str, int]
    overdue: int
    """Rows past their time that are still there."""
    dropped: int
    store_mb: float
    """The database's pages that are in use."""


class Forgetful(Month):
    """A month that records nothing for scoring and keeps its reports in the store."""

    def _found(self, url: str, at: datetime) -> None:
        return

    def _judge(self, report: RunReport, now: datetime) -> None:
        self._runs = getattr(self, "_runs", 0) + 1
        report = dataclasses.replace(report, run_id=f"{now:%Y%m%dT%H%M%S}-{self._runs}")
        super()._judge(report, now)
        with self.database.write() as connection:
            runs.start_run(connection, report.run_id, "month:1:0000", now)
            runs.finish_run(connection, report, now)
        self.seen.fired.clear()


def soak(world: World, folder: Path, *, settings: SchedulerSettings | None = None, tick: timedelta = TICK) -> list[Day]:
    """Live the month; what was there after each day."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "depesza.toml").write_text("[store]\n" + "".join(f'{key} = "{value}"\n' for key, value in KEPT.items()), "utf-8")
    locations = find_locations(folder, folder / "depesza.toml", {})
    days: list[Day] = []
    live(
        world, folder, settings=settings, tick=tick, kind=Forgetful, on_day=lambda number, month: days.append(_after(number, month, locations))
    )  # fmt: skip
    return days


def _after(number: int, month: Month, locations: Locations) -> Day:
    now = month.clock.now
    report = tidy(locations, month.database, now, pause=lambda seconds: None)
    rows, overdue = {}, 0
    kept = kept_for(store_settings(locations))
    with month.database.read() as connection:
        for what, (table, at) in TABLES.items():
            rows[what.value] = connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            old = sa.select(sa.func.count()).select_from(table).where(at < now - kept[what])
            overdue += connection.execute(old).scalar_one()
        free, used, size = (
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("freelist_count", "page_count", "page_size")
        )
    gc.collect()
    return Day(number, rss_mb(), rows, overdue, sum(report.dropped.values()), (used - free) * size / (1 << 20))


def growth(days: list[Day], warm: int) -> float:
    """Megabytes a day, a straight line through the days after `warm`."""
    settled = days[warm:]
    return float(np.polyfit([one.number for one in settled], [one.mb for one in settled], 1)[0]) if len(settled) > 2 else 0.0


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--outlets", type=int, default=60)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    assert set(KEPT) <= {field.name for field in dataclasses.fields(StoreSettings)}
    with tempfile.TemporaryDirectory() as folder:
        days = soak(make_world(options.outlets, options.days, options.seed), Path(folder))
    names = list(days[0].rows)
    print(
        f"{options.outlets} outlets, kept: {KEPT}\n\n{'day':>4}{'MB':>8}{'store MB':>10}{'dropped':>9}"
        + "".join(f"{name:>14}" for name in names)
    )
    for one in days:
        print(
            f"{one.number:>4}{one.mb:>8.1f}{one.store_mb:>10.1f}{one.dropped:>9}"
            + "".join(f"{one.rows[name]:>14}" for name in names)
        )
    slope = growth(days, min(10, len(days) // 2))
    print(f"\nmemory after the warm-up: {slope:+.2f} MB a simulated day; overdue rows: {sum(one.overdue for one in days)}")
    sys.exit(1 if slope > MOST_MB_A_DAY or any(one.overdue for one in days) else 0)


if __name__ == "__main__":
    main()
