"""Figures for tests/journeys/README.md, not a test: pages a second of one, two and four workers, and what a page costs.

    .venv/bin/python -m tests.journeys.measure_workers [--rounds 3] [--outlets 16] [--articles 20] [--on polite quick]    (make bench)

Each `depesza worker` is a process with one crawl at a time on a real PostgreSQL; the outlets answer over loopback after 0.1 s. `polite`:
an outlet is asked twice a second, and a crawl has four outlets, so that a worker mostly waits, as in the world. `quick`: no delay, all
outlets, so that the cores are what there is too little of. Beside them one `depesza run` on the same store, which pushes to
Elasticsearch meanwhile, and `depesza crawl`, all outlets in one process. The arrangements take turns, so that other load meets all of
them; the ratios are those of the same round. Rate: from the first article's request to the last. CPU: of Depesza's processes since the
outlets became due, PostgreSQL's, the outlets' own. Linux.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from crawler.store import leases, processes, turns
from crawler.store.database import Database
from tests.journeys.installation import Installation, wait_until
from tests.journeys.press import ARTICLE, Press
from tests.journeys.press import processes as all_processes
from tests.journeys.servers import PostgreSQL, elasticsearch, postgresql

LATENCY_S = 0.1
REGIMES = {"polite": (0.5, 4), "quick": (0.0, 50)}
"""Name -> (seconds between an outlet's pages, outlets in a crawl at most)."""
WORKERS = (1, 2, 4)
LEASE = "30s"
"""Heartbeats every five seconds tell each worker of the others; a shorter one would be lost on a machine that is busy."""
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Result:
    """One arrangement, once."""

    pages: int
    seconds: float
    ours_s: float
    """CPU seconds of Depesza's processes."""
    store_s: float
    outlets_s: float
    whole_s: float
    """CPU seconds of all processes of the machine, for how much else there was to do."""
    took_s: float
    """Seconds to which the CPU seconds belong."""

    @property
    def rate(self) -> float:
        """Pages a second."""
        return self.pages / self.seconds


class Clocked:
    """What was done and burned between `begin` and `end`."""

    def __init__(self, press: Press, server: PostgreSQL, ours: Iterable[int]) -> None:
        self._press, self._server, self._ours = press, server, list(ours)
        self._first, self._at, self._cpu = press.count(), time.monotonic(), self._burned()

    def _burned(self) -> tuple[float, float, float, float]:
        own = os.times()
        return cpu_s(self._ours), cpu_s([self._server.process]), own.user + own.system, machine_cpu_s()

    def end(self) -> Result:
        """Until now. Call it while the processes live."""
        took, now = time.monotonic() - self._at, self._burned()
        asked = [one.at for one in self._press.asked[self._first :] if one.path.startswith(ARTICLE)]
        ours, store, outlets, whole = (after - before for after, before in zip(now, self._cpu, strict=True))
        return Result(len(asked), max(asked) - min(asked), ours, store, outlets, whole, took)


def cpu_s(roots: Iterable[int]) -> float:
    """CPU seconds of these processes, of all that descend from them and of all that those have waited for."""
    stats = {one: _stat(one) for one in all_processes()}
    family = set(roots)
    while more := {one for one, stat in stats.items() if stat and int(stat[1]) in family and one not in family}:
        family |= more
    return sum(sum(map(int, stat[11:15])) for one in family if (stat := stats.get(one))) / TICKS


def machine_cpu_s() -> float:
    """CPU seconds of all processes of the machine (proc(5): user, nice, system)."""
    return sum(map(int, Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:4])) / TICKS


def _stat(process: int) -> list[str]:
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []


def by_workers(number: int, site: Installation, press: Press, server: PostgreSQL) -> Result:
    """So many workers wait for a slot; then it fires."""
    started = [site.start("worker", "--children", "1") for _ in range(number)]
    database = site.open()

    def each_knows_all() -> bool:
        """All are signed on, and each has had a heartbeat since, by which it knows its share."""
        with database.read() as connection:
            there = processes.read(connection, leases.shared_now(connection, datetime.now(UTC)))
            newest = max((one.started_at for one in there), default=None)
            return len(there) == number and all(one.heartbeat_at > newest for one in there)

    wait_until(each_knows_all, 120, "the sign-on of every worker")
    clocked = Clocked(press, server, [one.pid for one in started])
    with database.write() as connection:
        now = leases.shared_now(connection, datetime.now(UTC))
        turns.sync(connection, dict.fromkeys(site.outlets, "every 1h"), now)
        turns.make_due(connection, site.outlets, now, now)
    wait_until(lambda: is_done(site, database), 600, "the end of the crawls")
    result = clocked.end()
    database.close()
    end(started)
    return result


def by_service(site: Installation, press: Press, server: PostgreSQL) -> Result:
    """`depesza run` alone: crawls and pushes. Its own start counts as CPU."""
    started = site.start("run")
    clocked, database = Clocked(press, server, [started.pid]), site.open()
    wait_until(lambda: is_done(site, database), 600, "the end of the crawls")
    result = clocked.end()
    database.close()
    end([started])
    return result


def by_command(site: Installation, press: Press, server: PostgreSQL) -> Result:
    """`depesza crawl`: all outlets in one child. Its own start counts as CPU."""
    clocked, before = Clocked(press, server, []), os.times()
    site.run("crawl", "--no-push", timeout_s=600)
    after = os.times()
    waited_for = after.children_user + after.children_system - before.children_user - before.children_system
    return replace(clocked.end(), ours_s=waited_for)


def is_done(site: Installation, database: Database) -> bool:
    """Whether every article is filed and nobody crawls."""
    with database.read() as connection:
        filed = connection.execute(sa.text("SELECT count(*) FROM article")).scalar_one()
        return filed == len(site.press.articles()) and not any(one.owner for one in turns.read_turns(connection).values())


def end(started: list[subprocess.Popen[bytes]]) -> None:
    """In order."""
    for process in started:
        process.send_signal(signal.SIGTERM)
    assert [process.wait(timeout=90) for process in started] == [0] * len(started)


def once(name: str, regime: str, press: Press, server: PostgreSQL, indexer: str) -> Result:
    """One arrangement on an empty store."""
    delay_s, batch = REGIMES[regime]
    with tempfile.TemporaryDirectory(prefix="depesza-workers-") as folder, server.database() as store:
        lines = f'lease = "{LEASE}"\nbatch = {batch}'
        site = Installation(
            press, Path(folder) / "site", store=store, every="1h", delay_s=delay_s, scheduler=lines, indexer=indexer
        )
        try:
            result = ARRANGEMENTS[name](site, press, server)
            site.run("index", "push", timeout_s=600)
            site.promise_holds()
        except BaseException:
            print(site.said())
            raise
        finally:
            site.stop_all()
    print(
        f"  {name}, {regime}: {result.rate:.2f} pages/s, {result.ours_s / result.pages:.2f} CPU s a page",
        file=sys.stderr,
        flush=True,
    )
    return result


ARRANGEMENTS: dict[str, Callable[[Installation, Press, PostgreSQL], Result]] = {
    **{f"workers: {number}": lambda site, press, server, number=number: by_workers(number, site, press, server) for number in WORKERS},  # type: ignore[misc]  # its own number
    "depesza run": by_service,
    "depesza crawl": by_command,
}  # fmt: skip


def report(regime: str, rounds: list[dict[str, Result]]) -> None:
    """The table: medians, and the ratio to one worker of the same round."""
    delay_s, batch = REGIMES[regime]
    print(f"\n{regime}: {delay_s} s between an outlet's pages, {batch} outlets in a crawl at most; {len(rounds)} rounds")
    head = ("pages/s", "ratio", "CPU s/page", "cores: ours", "store", "outlets", "others")
    print(f"  {'':<16}" + "".join(f"{one:>13}" for one in head))
    first = f"workers: {WORKERS[0]}"
    for name in rounds[0]:
        each = [one[name] for one in rounds]
        row = (
            _middle(one.rate for one in each),
            _middle(one[name].rate / one[first].rate for one in rounds),
            _middle(one.ours_s / one.pages for one in each),
            _middle(one.ours_s / one.took_s for one in each),
            _middle(one.store_s / one.took_s for one in each),
            _middle(one.outlets_s / one.took_s for one in each),
            _middle((one.whole_s - one.ours_s - one.store_s - one.outlets_s) / one.took_s for one in each),
        )
        print(f"  {name:<16}" + "".join(f"{one:>13.2f}" for one in row), flush=True)


def _middle(values: Iterable[float]) -> float:
    return statistics.median(values)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--outlets", type=int, default=16)
    parser.add_argument("--articles", type=int, default=20, help="of each outlet")
    parser.add_argument("--on", nargs="+", choices=tuple(REGIMES), default=tuple(REGIMES))
    options = parser.parse_args()
    with postgresql() as server:
        for regime in options.on:  # an index each: what another regime's press printed is in no store of this one
            with elasticsearch() as indexer, Press(options.outlets, latency_s=LATENCY_S, tables=()) as press:
                for slug in press.slugs:
                    press.publish(slug, options.articles)
                rounds: list[dict[str, Result]] = []
                for number in range(options.rounds):
                    names = list(ARRANGEMENTS)[:: -1 if number % 2 else 1]
                    found = {name: once(name, regime, press, server, indexer) for name in names}
                    rounds.append({name: found[name] for name in ARRANGEMENTS})
                    report(regime, rounds)


if __name__ == "__main__":
    main()
