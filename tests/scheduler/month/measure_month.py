"""A simulated month of the scheduler: 500 outlets on a loopback server, a script of troubles, a fake clock. What README here describes.

    .venv/bin/python -m tests.scheduler.month.measure_month [--outlets 500] [--days 30] [--seed 1] [--share 0.2] [--parts 2] [--cold]

Prints tables and ends with code 1 when something that is promised does not hold. `--cold`: the store knows nothing of the outlets
at the start (else the hours of the four weeks before). Progress goes to standard error, a line a simulated day.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import numpy as np
import structlog

from crawler.store.database import open_database
from scheduler.config import SchedulerSettings
from tests.scheduler.month.drive import TICK, Month, Seen, Upset
from tests.scheduler.month.parts import live_in_parts, part_of
from tests.scheduler.month.scoring import HEALED, PollScore, SlotScore, VerdictScore, score_polls, score_slots, score_verdicts
from tests.scheduler.month.script import KINDS
from tests.scheduler.month.server import serve
from tests.scheduler.month.world import World, make_world


def upsets(world: World) -> list[Upset]:
    """A restart, six hours off, and the wall clock set back and forward."""
    day = world.days / 30.0
    plan = (
        (4.3, "restart", timedelta(0)), (11.55, "restart", timedelta(0)), (13.1, "gap", timedelta(hours=6)), (17.4, "back", timedelta(minutes=47)),
        (18.6, "forward", timedelta(minutes=52)), (25.2, "restart", timedelta(0)),
    )  # fmt: skip
    return [Upset(at=world.start + timedelta(days=at * day), kind=kind, lasts=lasts) for at, kind, lasts in plan]


def live(
    world: World, folder: Path, *, history: bool = True, on_day: Callable[[int, Month], None] = lambda day, month: None,
    settings: SchedulerSettings | None = None, tick: timedelta = TICK, kind: type[Month] = Month,
) -> Seen:  # fmt: skip
    """The whole month; everything that is written goes to `folder`."""

    async def run() -> Seen:
        server, origin = await serve(world)
        database = open_database(f"sqlite:///{folder / 'depesza.sqlite'}")
        try:
            month = kind(world, database, origin, settings=settings, tick=tick)
            month.begin(history)
            return await month.run(upsets(world), lambda day: on_day(day, month))
        finally:
            database.close()
            server.close()

    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    try:
        return asyncio.run(run())
    finally:
        structlog.configure(**before)


def print_slots(score: SlotScore) -> None:
    """The table of slots."""
    print(
        f"slots of fixed schedules: {score.expected} expected, {score.fired} fired, {score.made_up} made up for after an absence"
    )
    for name, listed in (("doubled", score.doubled), ("missed", score.missed), ("no slot", score.unknown)):
        print(f"  {name:8}{len(listed):>6}  {', '.join(listed[:8])}")


def print_verdicts(score: VerdictScore) -> None:
    """Confusion table, delays, false alarms."""
    print(f"\n{'trouble':<14}{'right':>7}{'of':>5}{'median h':>10}{'most h':>8}  verdicts")
    for kind in KINDS:
        row = {verdict: count for (name, verdict), count in score.table.items() if name == kind.name}
        if not row:
            continue
        right = sum(
            count
            for verdict, count in row.items()
            if verdict in kind.verdicts or verdict == HEALED or (not kind.alarm and verdict == "none")
        )
        total = sum(count for verdict, count in row.items() if not verdict.startswith("("))
        delays = score.delays_h.get(kind.name, [])
        spread = f"{np.median(delays):>10.1f}{max(delays):>8.1f}" if delays else f"{'':>18}"
        print(
            f"{kind.name:<14}{right:>7}{total:>5}{spread}  {', '.join(f'{verdict} {count}' for verdict, count in sorted(row.items()))}"
        )
    lists = (
        ("wrong", score.wrong),
        ("late", score.late),
        ("not recovered", score.not_recovered),
        ("false alarms", score.false_alarms),
    )
    for name, listed in lists:
        print(f"{name}: {len(listed)}")
        for one in listed[:40]:
            print(f"    {one}")
    print(f"false alarms an outlet-year: {score.false_alarms_per_year:.2f} ({score.outlet_years:.1f} outlet-years)")


def print_polls(score: PollScore) -> None:
    """Adaptive against five minutes."""
    print(f"\n{'':<16}{'median s':>10}{'mean s':>9}{'95% s':>9}{'requests':>11}   ({score.found} of {score.articles} articles)")
    print(f"{'adaptive':<16}{score.median_s:>10.0f}{score.mean_s:>9.0f}{score.p95_s:>9.0f}{score.requests:>11}")
    print(f"{'every 5 min':<16}{score.fixed_median_s:>10.0f}{score.fixed_mean_s:>9.0f}{285:>9}{score.fixed_requests:>11}")
    print(f"requests: {score.requests / score.fixed_requests:.3f} of the fixed clock's")


def faults(slots: SlotScore, verdicts: VerdictScore, polls: PollScore) -> list[str]:
    """What does not hold of what is promised."""
    found = [
        f"slots {name}: {len(listed)}"
        for name, listed in (("doubled", slots.doubled), ("missed", slots.missed), ("unknown", slots.unknown))
        if listed
    ]
    found += [
        f"verdicts {name}: {len(listed)}" for name, listed in (("wrong", verdicts.wrong), ("late", verdicts.late)) if listed
    ]
    if verdicts.false_alarms_per_year >= 1:
        found.append(f"{verdicts.false_alarms_per_year:.2f} false alarms an outlet-year")
    if polls.median_s > polls.fixed_median_s:
        found.append(f"median delay {polls.median_s:.0f} s, the fixed clock's is {polls.fixed_median_s:.0f} s")
    if polls.requests > polls.fixed_requests / 3:
        found.append(f"{polls.requests} requests are more than a third of {polls.fixed_requests}")
    if polls.found < 0.995 * polls.articles:
        found.append(f"{polls.articles - polls.found} articles were never found")
    return found


def rss_mb() -> float:
    """Resident memory of this process."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def live_part(options: argparse.Namespace, number: int, folder: Path) -> tuple[Seen, Counter[str]]:
    """One part of the outlets through the month, with a line of progress a day; its server's requests by kind."""
    world = part_of(make_world(options.outlets, options.days, options.seed, share=options.share), number, options.parts)
    started = time.monotonic()

    def tell(day: int, month: Month) -> None:
        polls, requests = sum(month.seen.polls.values()), month.client.requests
        line = (
            f"part {number}, day {day}: {time.monotonic() - started:.0f} s, {polls} polls, {requests} requests, {rss_mb():.0f} MB"
        )
        print(line, file=sys.stderr, flush=True)

    return live(world, folder, history=not options.cold, on_day=tell), world.asked


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--outlets", type=int, default=500)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--share", type=float, default=0.2, help="of the outlets that meet a trouble")
    parser.add_argument("--parts", type=int, default=1, help="processes, each with some of the outlets")
    parser.add_argument("--cold", action="store_true", help="the store knows no history at the start")
    options = parser.parse_args()
    world, started = make_world(options.outlets, options.days, options.seed, share=options.share), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        seen, asked = live_in_parts(options.parts, Path(folder), partial(live_part, options))
    cpu = time.process_time() + resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    print(f"{options.outlets} outlets, {options.days} days from {world.start:%Y-%m-%d}, seed {options.seed}, {len(world.troubles)} troubles; "
          f"{time.monotonic() - started:.0f} s, {cpu:.0f} s of CPU; {dict(asked)}\n")  # fmt: skip
    scores = score_slots(world, seen), score_verdicts(world, seen), score_polls(world, seen)
    print_slots(scores[0])
    print_verdicts(scores[1])
    print_polls(scores[2])
    wrong = faults(*scores)
    for one in wrong:
        print(f"FAILED: {one}", file=sys.stderr)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
