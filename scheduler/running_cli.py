"""The commands that run until they are stopped: `run` and `worker`. Each reads its options and calls one function.

Imports of weight stand inside the commands: loading this module must stay cheap.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crawler.terminal import out_json, out_table

if TYPE_CHECKING:
    from crawler.config import Locations

LogFile = Annotated[
    Path | None,
    typer.Option(
        "--log-file",
        help="Log to this file, a JSON line an event; it is rotated (else [scheduler] log_file).",
        show_default=False,
    ),
]


def run(
    ctx: typer.Context,
    check: Annotated[bool, typer.Option("--check", help="Show the timetable and end.")] = False,
    log_file: LogFile = None,
    json: Annotated[bool, typer.Option("--json", help="With --check: print the timetable as JSON.")] = False,
) -> None:
    """Keep crawling by the timetable, push what is new, until stopped.

    One service a SQLite store; of several on PostgreSQL one leads and all crawl. SIGHUP reads the catalogue again, which a change of
    its files does too.
    """
    if check:
        _show_timetable(ctx.obj, json)
        return
    from scheduler.service import Service
    from scheduler.signals import end_process, run_until_signal

    verbose = _log(ctx, log_file)
    run_until_signal(Service(ctx.obj, verbose=verbose))
    end_process(0)


def worker(
    ctx: typer.Context,
    children: Annotated[
        int | None, typer.Option(help="Crawls at once (else [scheduler] children).", min=1, max=64, show_default=False)
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="End when nothing waits any more.")] = False,
    log_file: LogFile = None,
    json: Annotated[bool, typer.Option("--json", help="Print at the end as JSON what was crawled.")] = False,
) -> None:
    """Crawl what a `depesza run` on the same PostgreSQL store makes due; any number, on any number of machines.

    Needs Elasticsearch, too: the embedded index is of one machine. With --once the exit code is 1 when some outlets failed.
    """
    from scheduler.signals import end_process, run_until_signal
    from scheduler.worker import Worker

    verbose = _log(ctx, log_file)
    made = Worker(ctx.obj, children=children, once=once, verbose=verbose)
    run_until_signal(made)
    if json:
        out_json({"crawled": sorted(made.crawled), "failed": sorted(made.failed)})
    end_process(1 if once and made.failed else 0)


def _log(ctx: typer.Context, log_file: Path | None) -> bool:
    from scheduler.command import VERBOSE
    from scheduler.config import scheduler_settings
    from scheduler.logging_setup import LogFile, set_up_logging

    settings, verbose = scheduler_settings(ctx.obj), bool(ctx.meta.get(VERBOSE, False))
    path = log_file
    if path is None and settings.log_file:
        path = ctx.obj.config_path.parent / Path(settings.log_file).expanduser()
    file = LogFile(path=path.absolute(), max_bytes=settings.log_file_mb << 20, kept=settings.log_files) if path else None
    set_up_logging(verbose=verbose, file=file)
    return verbose


def _show_timetable(locations: Locations, json: bool) -> None:
    from datetime import UTC, datetime

    from crawler.config import crawler_settings
    from crawler.outlets.choosing import choose_outlets, open_catalogue
    from scheduler.config import scheduler_settings
    from scheduler.timetable import Adaptive, build_timetable

    outlets = choose_outlets(open_catalogue(locations), (), crawler_settings(locations).outlets)
    now = datetime.now(UTC)
    jobs = build_timetable(outlets, scheduler_settings(locations))
    rows = [(str(job.slots), None if isinstance(job.slots, Adaptive) else job.slots.next_after(now), job.outlets) for job in jobs]
    if json:
        out_json([{"schedule": slots, "next_at": at, "outlets": slugs} for slots, at, slugs in rows])
    else:
        out_table(["schedule", "next", "outlets"], [(slots, at, ", ".join(slugs)) for slots, at, slugs in rows], widest=90)
