"""What the service costs, really running: memory by process, CPU of polls and batches, and what `adaptive` costs beside an interval. No test.

    .venv/bin/python -m tests.scheduler.measure_service [--outlets 60] [--minutes 4] [--articles 10] [--schedules interval adaptive]

Outlets on loopback (`tests.journeys.press`), one feed each, that print nothing after the first crawl: what is measured is the watching. The
store gets four weeks of history first, from one article a day to a hundred, the same at every hour, so that adaptive intervals are those
of a usual day. Then `depesza run` keeps time for `--minutes` of real time with each schedule. CPU is that of the service, its crawls
and their page workers together; idle CPU (no outlet due) is measured too. `serve` is asked some hundred searches.

The interval is fired every minute here and counted as often as in a day of 15 minutes; adaptive is counted as it ran.
`--schedules "adaptive 20s-2h"` shows what adaptive would cost if outlets were not gathered: for 5 s only, a quarter of the shortest wait.
Memory is the largest proportional share (Pss, shared pages divided among their users) that was seen.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import re
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from crawler.store import outlet_hours, turns
from crawler.store.outlet_hours import OutletHour
from crawler.store.schema import outlet_hour
from crawler.store.schema import run as run_table
from tests.journeys.installation import Installation, wait_until
from tests.journeys.press import FEED, Press

DAY_S = 86_400.0
SLOTS_A_DAY = 96
"""Of `every = "15m"`."""
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Watched:
    """CPU and memory of a process and all below it."""

    pid: int
    most_mb: dict[str, float] = field(default_factory=dict)
    """Kind of process -> the largest share of memory of one of them; "all": of them together."""
    began_s: float = 0.0

    def cpu_s(self) -> float:
        """Seconds since `begin`, of living processes and those that ended below them."""
        return sum(_cpu_s(one) for one in tree(self.pid)) - self.began_s

    def begin(self) -> None:
        """Count from now."""
        self.began_s = 0.0
        self.began_s = self.cpu_s()

    def watch(self, until: Callable[[], bool]) -> None:
        """Look at the memory, four times a second, until it is so."""
        while not until():
            found = {one: _share_mb(one) for one in tree(self.pid)}
            by_kind: dict[str, list[float]] = {}
            for one, share in found.items():
                by_kind.setdefault(_kind(one, self.pid), []).append(share)
            for kind, shares in (*by_kind.items(), ("all", [sum(found.values())])):
                self.most_mb[kind] = max(self.most_mb.get(kind, 0.0), *shares)
            time.sleep(0.25)


def tree(pid: int) -> list[int]:
    """The process and all below it that live."""
    found = [pid]
    for one in found:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{one}/task").iterdir():
                found += [int(child) for child in (task / "children").read_text("ascii").split()]
    return found


def _cpu_s(pid: int) -> float:
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
        return sum(int(one) for one in fields[11:15]) / TICKS
    return 0.0


def _share_mb(pid: int) -> float:
    with contextlib.suppress(OSError):
        found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text("ascii"), re.MULTILINE)
        return int(found[1]) / 1024 if found else 0.0
    return 0.0


def _kind(pid: int, top: int) -> str:
    if pid == top:
        return "the process itself"
    with contextlib.suppress(OSError):
        if b"crawler.run\0" in Path(f"/proc/{pid}/cmdline").read_bytes():
            return "a crawl"
    return "a page worker"


# -- the installation ----------------------------------------------------------------------------------------------------
def write_history(home: Installation) -> None:
    """Four weeks of hours: outlet by outlet more articles, one to a hundred a day, as evenly as whole numbers can be."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    last = max(1, len(home.outlets) - 1)
    rows = []
    for number, slug in enumerate(home.outlets):
        rate = 100 ** (number / last) / 24
        for hour in range(1, 28 * 24):
            new = int(rate * hour) - int(rate * (hour - 1))
            rows.append(OutletHour(outlet=slug, hour=now - timedelta(hours=hour), crawls=4, polls=4, new=new, pages=new))
    home.write(lambda connection: connection.execute(outlet_hour.delete()))  # what the first crawl found is no news of this hour
    home.write(lambda connection: outlet_hours.add(connection, rows))


def set_schedule(home: Installation, every: str) -> None:
    """For all outlets."""
    text = home.config.read_text("utf-8")
    home.config.write_text(re.sub(r'^every = ".*"', f'every = "{every}"', text, flags=re.MULTILINE), "utf-8")


@contextlib.contextmanager
def service(home: Installation) -> Iterator[Watched]:
    """`depesza run` until the block ends."""
    process = home.start("run")
    log = home.folder / f"log-{len(home.processes) - 1}.txt"
    try:
        wait_until(lambda: "service started" in log.read_text("utf-8", "replace"))
        yield Watched(process.pid)
    finally:
        process.terminate()
        process.wait(60)


@dataclass(frozen=True)
class Figures:
    """Of some minutes of watching."""

    seconds: float
    cpu_s: float
    batches: int
    polls: int
    watched: Watched

    def a_day(self, amount: float) -> float:
        """So much in the time that was measured is how much a day?"""
        return amount * DAY_S / self.seconds


def keep_time(home: Installation, every: str, minutes: float) -> Figures:
    """Let the service run with this schedule; what it does at its start is not counted."""
    set_schedule(home, every)
    with service(home) as watched:
        watched.watch(lambda: not home.children() and _quiet(home))
        if every.startswith("adaptive"):
            watched.watch(lambda: _are_planned(home))
            home.write(_as_if_long_running)
        began, batches, polls = time.monotonic(), len(home.runs()), _polls(home)
        watched.begin()
        watched.watch(lambda: time.monotonic() - began > 60 * minutes and not home.children())
        spent, seconds = watched.cpu_s(), time.monotonic() - began
        return Figures(seconds, spent, len(home.runs()) - batches, _polls(home) - polls, watched)


def _as_if_long_running(connection: sa.Connection) -> None:
    """The first polls came together; in a service that runs for long each outlet is anywhere in its interval."""
    now, chance = datetime.now(UTC), random.Random(1)
    for one in turns.read_turns(connection).values():
        if one.next_at:
            turns.plan_next(connection, {one.outlet: now + chance.random() * (one.next_at - now)})


def _are_planned(home: Installation) -> bool:
    """Every outlet was asked and waits for its next time."""
    now = datetime.now(UTC)
    found = home.ask(turns.read_turns).values()
    return all(one.next_at and one.next_at > now and not one.owner and not one.due_at for one in found)


def _quiet(home: Installation) -> bool:
    """Nothing waits for its turn."""
    query = "SELECT count(*) FROM outlet_turn WHERE due_at IS NOT NULL OR owner IS NOT NULL"
    there = "SELECT count(*) FROM outlet_turn"
    waits, all_of_them = home.ask(lambda connection: [connection.execute(sa.text(one)).scalar_one() for one in (query, there)])
    return not waits and all_of_them == len(home.outlets)


def _polls(home: Installation) -> int:
    return sum(one.path == FEED for one in home.press.asked)


# -- what is measured ----------------------------------------------------------------------------------------------------
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--outlets", type=int, default=60)
    parser.add_argument("--articles", type=int, default=10, help="of each outlet, at first sight")
    parser.add_argument("--minutes", type=float, default=4.0)
    parser.add_argument("--schedules", nargs="+", default=["interval", "adaptive"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Press(options.outlets) as press:
        for slug in press.slugs:
            press.publish(slug, options.articles)
        home = Installation(press, Path(folder), every="1h", children=2)
        home.config.write_text(home.config.read_text("utf-8").replace("workers = 1\n", ""), "utf-8")
        try:
            measure(home, options.outlets, options.articles, options.minutes, options.schedules)
        finally:
            home.stop_all()


def measure(home: Installation, outlets: int, articles: int, minutes: float, schedules: Sequence[str]) -> None:
    """Print it all, as it comes."""
    with service(home) as first:
        first.begin()
        first.watch(lambda: home.is_settled() and _quiet(home))
        spent = first.cpu_s()
    print(
        f"first crawl: {outlets * articles} articles of {outlets} outlets, {1000 * spent / outlets / articles:.0f} ms of CPU each, ",
        end="",
    )
    print(f"batches, index and all: {outlets * articles / spent:.1f} articles a second of a core")
    report = home.ask(lambda connection: connection.execute(sa.text("SELECT sum(length(report)) FROM run")).scalar_one())
    print(f"its reports: {report / outlets:,.0f} bytes an outlet")
    _print_memory("run", first)
    write_history(home)
    idle = keep_time(home, "1h", min(1.0, minutes))
    idle_share = idle.cpu_s / idle.seconds
    print(f"nothing due: {100 * idle_share:.2f} % of a core")
    rows: list[tuple[str, float, float, float]] = []
    if "interval" in schedules:
        steady = keep_time(home, "1m", minutes)
        slots = steady.polls / outlets
        net = (steady.cpu_s - idle_share * steady.seconds) / slots
        print(f"reports of crawls that find nothing: {_report_bytes(home):,.0f} bytes an outlet")
        print(f"a slot: {net:.2f} s of CPU for {outlets} polls in {steady.batches / slots:.1f} batches")
        _print_memory('run, every = "1m"', steady.watched)
        rows.append(('every = "15m"', outlets * SLOTS_A_DAY, steady.batches / slots * SLOTS_A_DAY, net * SLOTS_A_DAY))
    for text in [one for one in schedules if one.startswith("adaptive")]:
        own = keep_time(home, text, minutes)
        net = own.cpu_s - idle_share * own.seconds
        print(
            f"{text}: {own.polls} polls in {own.batches} batches in {own.seconds:.0f} s, {net / max(1, own.batches):.2f} s of CPU a batch"
        )
        _print_memory(f"run, {text}", own.watched)
        rows.append((text, own.a_day(own.polls), own.a_day(own.batches), own.a_day(net)))
    print(f"\n{'a day of ' + str(outlets) + ' outlets':28}{'polls each':>12}{'batches':>10}{'CPU s':>10}{'of a core':>11}")
    for name, polls, batches, cpu in [*rows, ("idle", 0.0, 0.0, idle_share * DAY_S)]:
        print(f"{name:28}{polls / outlets:>12.0f}{batches:>10,.0f}{cpu:>10,.0f}{cpu / DAY_S:>11.1%}")
    ask_serve(home)


def _report_bytes(home: Installation) -> float:
    """Of the newest runs, an outlet."""
    found = [run for run in home.runs()[:4] if run.report]
    outlets = sum(len(run.report.outlets) for run in found if run.report)
    names = tuple(run.id for run in found)
    query = sa.select(sa.func.sum(sa.func.length(sa.cast(run_table.c.report, sa.Text)))).where(run_table.c.id.in_(names))
    return float(home.ask(lambda connection: connection.execute(query).scalar_one())) / max(1, outlets)


def _print_memory(name: str, watched: Watched) -> None:
    print(f"memory of {name}: " + ", ".join(f"{kind} {most:.0f} MB" for kind, most in sorted(watched.most_mb.items())))


def ask_serve(home: Installation) -> None:
    """The pages' process under some hundred searches."""
    process = home.start("serve", "--port", "0")
    log = home.folder / f"log-{len(home.processes) - 1}.txt"
    found: list[str] = []

    def told() -> bool:
        found[:] = re.findall(r"http://127\.0\.0\.1:\d+", log.read_text("utf-8", "replace"))
        return bool(found)

    wait_until(told)
    watched, asked = Watched(process.pid), 0
    watched.begin()

    def ask() -> bool:
        nonlocal asked
        for _ in range(25):
            with urllib.request.urlopen(f"{found[0]}/api/v1/search?q=miasto%20OR%20rok&limit=20", timeout=30) as answer:
                answer.read()
            asked += 1
        return asked >= 300

    watched.watch(ask)
    print(f"serve: {1000 * watched.cpu_s() / asked:.1f} ms of CPU a search of the API")
    _print_memory("serve", watched)
    process.terminate()
    process.wait(30)


if __name__ == "__main__":
    main()
