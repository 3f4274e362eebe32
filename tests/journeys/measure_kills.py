"""Figures for tests/journeys/README.md, not a test: kill -9 of services, workers and crawls, hundreds of times.

    .venv/bin/python -m tests.journeys.measure_kills [--kills 200] [--seed 1] [--on sqlite postgresql machines]    (make bench)

Outlets publish while they are crawled; what is killed, and at which moment, a seed chooses; it is started again at once. `sqlite`: one
service. `postgresql`: two services and a worker beside Elasticsearch. `machines`: the same, each under a machine's name of its own and
with a lease of six seconds, so that nobody sees that another is dead (needs root). Ends with code 1 when an outlet was crawled by two
at once, a run lost or left "running", or an article that was fetched is not found. Linux.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from crawler.store import runs
from tests.journeys.installation import Installation
from tests.journeys.killing import ALL_RUNS, Death, Killing
from tests.journeys.press import Press
from tests.journeys.servers import elasticsearch, postgresql

OUTLETS, LATENCY_S, PER_POLL = 4, 0.03, 2
KINDS = ("sqlite", "postgresql", "machines")


@contextlib.contextmanager
def installation(kind: str, press: Press, folder: Path) -> Iterator[Installation]:
    """Beside the servers that it needs."""
    if kind == "sqlite":
        yield Installation(press, folder, children=2)
        return
    lines = 'lease = "6s"' if kind == "machines" else ""
    with postgresql() as server, server.database() as store, elasticsearch() as indexer:
        yield Installation(press, folder, store=store, indexer=indexer, scheduler=lines)


def measure(kind: str, kills: int, seed: int, folder: Path) -> bool:
    """One table; whether all that must hold did."""
    with Press(OUTLETS, latency_s=LATENCY_S, per_poll=PER_POLL) as press, installation(kind, press, folder) as site:
        services, workers = (1, 0) if kind == "sqlite" else (2, 1)
        killing = Killing(site, Random(seed), services=services, workers=workers, machines=kind == "machines")
        fault, began = "", time.monotonic()
        try:
            killing.kill(kills)
            killing.quiet()
            killing.end()
        except AssertionError as error:
            fault = str(error)
            print(site.said(), file=sys.stderr)
        finally:
            site.stop_all()
        print(f"\n{kind}: {services} services, {workers} workers; seed {seed}; {time.monotonic() - began:.0f} s")
        report(killing)
    if fault:
        print(f"FAILED ({kind}): {fault}", file=sys.stderr)
    return not fault


def report(killing: Killing) -> None:
    """The table."""
    press, site = killing.site.press, killing.site
    listed = site.ask(lambda connection: runs.list_runs(connection, limit=ALL_RUNS))
    ended = {status: sum(one.status is status for one in listed) for status in runs.RunStatus}
    rows = {
        "kills": ", ".join(f"{kind} {number}" for kind, number in sorted(killing.deaths.items())),
        "... while a crawl lived": killing.in_a_crawl,
        "runs": ", ".join(f"{status.value} {number}" for status, number in ended.items()),
        "outlets crawled by two at once": len(press.overlaps()),
        "runs lost": len(killing.lost_runs()),
        'runs left "running" beyond their heartbeat': len(killing.stale_runs()),
        "articles printed, fetched": f"{len(press.articles())}, {len(press.served())}",
        "... fetched and lost": len(site.lost()),
        "until the next crawl asks an outlet, s": _spread(until_next_crawl(killing.log, press)),
        "until an outlet whose crawl was killed is crawled again, s": _spread(until_again(killing.log, press)),
    }
    for name, value in rows.items():
        print(f"  {name:<60}{value}")


def until_next_crawl(deaths: Sequence[Death], press: Press) -> list[float]:
    """For each kill: seconds until a crawl that did not live then asks an outlet."""
    begun = sorted((began, who) for each in press.stretches().values() for began, _, who in each)
    waits = []
    for one in deaths:
        later = [began - one.at for began, who in begun if began > one.at and who not in one.crawls]
        waits += later[:1]
    return waits


def until_again(deaths: Sequence[Death], press: Press) -> list[float]:
    """For each outlet that a killed crawl had asked: seconds until another crawl asks it."""
    stretches, waits = press.stretches(), []
    for one in deaths:
        for each in stretches.values():
            if one.killed in {who for _, _, who in each}:
                waits += [began - one.at for began, _, who in each if began > one.at and who != one.killed][:1]
    return waits


def _spread(seconds: Sequence[float]) -> str:
    if not seconds:
        return "none"
    return f"median {statistics.median(seconds):.1f}, slowest {max(seconds):.1f} ({len(seconds)} times)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200, help="on each")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--on", nargs="+", choices=KINDS, default=KINDS)
    options = parser.parse_args()
    held = []
    for kind in options.on:
        with tempfile.TemporaryDirectory(prefix="depesza-kills-") as folder:
            held.append(measure(kind, options.kills, options.seed, Path(folder) / "site"))
    sys.exit(0 if all(held) else 1)


if __name__ == "__main__":
    main()
