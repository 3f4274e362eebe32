"""The commands `depesza schedule`: when outlets are due, what comes next, why, and what a schedule's text means.

Imports of weight stand inside the commands: loading this module must stay cheap.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from crawler.cli.shared import Json, WatchedSlugs
from crawler.terminal import out, out_json, out_table, say

if TYPE_CHECKING:
    import sqlalchemy as sa

    from crawler.config import Locations
    from scheduler.schedule_view import Explained

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)
T = TypeVar("T")


@app.callback()
def _group() -> None:
    """When outlets are crawled: the timetable, what comes next, and why."""


@app.command("list", epilog="Example: depesza schedule list")
def list_(ctx: typer.Context, slugs: WatchedSlugs = None, json: Json = False) -> None:
    """Show every outlet's schedule, its next time, why then, and its last crawl. What is due stands first."""
    from scheduler.schedule_view import list_due, read_watched

    watched, now = read_watched(ctx.obj, slugs or ()), datetime.now(UTC)
    rows = _read(ctx.obj, lambda connection: list_due(connection, watched, now))
    if json:
        out_json([_plain(row) for row in rows])
        return
    table = [(one.outlet, one.schedule, one.from_, one.waits_since or one.next_at, one.why, one.last_at) for one in rows]
    out_table(["outlet", "schedule", "said by", "next", "why", "last"], table)
    say(f"{len(rows)} outlets, {sum(one.waits_since is not None for one in rows)} of them due now")


@app.command("next", epilog="Example: depesza schedule next --count 20")
def next_(
    ctx: typer.Context,
    slugs: WatchedSlugs = None,
    count: Annotated[int, typer.Option("--count", help="How many instants.", min=1, max=10_000)] = 10,
    json: Json = False,
) -> None:
    """Show what comes next: the instants at which outlets become due. Of an adaptive outlet the next one only is known."""
    from scheduler.schedule_view import coming, read_watched, soon

    watched, now = read_watched(ctx.obj, slugs or ()), datetime.now(UTC)
    rows = _read(ctx.obj, lambda connection: coming(connection, watched, now, count))
    if json:
        out_json(rows)
        return
    out_table(
        ["at", "", "schedule", "outlets"], [(one.at, soon(one.at, now), one.schedule, ", ".join(one.outlets)) for one in rows], 90
    )


@app.command("explain", epilog="Example: depesza schedule explain kresy")
def explain(
    ctx: typer.Context, slug: Annotated[str, typer.Argument(help="The outlet.", metavar="SLUG")], json: Json = False
) -> None:
    """Say why an outlet is due when it is: its rhythm, what its sources say of freshness, failures, bounds, the decision."""
    from scheduler import schedule_view

    watched, now = schedule_view.read_watched(ctx.obj, [slug]), datetime.now(UTC)
    told = _read(ctx.obj, lambda connection: schedule_view.explain(connection, watched, slug, now))
    if json:
        out_json(_plain(told))
        return
    _print_explained(told, now)


@app.command("check", epilog='Example: depesza schedule check "0 8 * * 0" --zone Europe/Warsaw --from 2026-11-24T00:00 --count 3')
def check(
    text: Annotated[
        str, typer.Argument(help='"15m", a cron line, windows such as "5m 06-23, 1h", or "adaptive".', metavar="SCHEDULE")
    ],
    zone: Annotated[str, typer.Option("--zone", help="Clocks on which it is read.")] = "UTC",
    start: Annotated[
        str | None,
        typer.Option(
            "--from", help="Slots after this time, on the zone's clocks unless it has an offset; else now.", show_default=False
        ),
    ] = None,
    count: Annotated[int, typer.Option("--count", help="How many.", min=1, max=10_000)] = 5,
    json: Json = False,
) -> None:
    """Print the next instants of a schedule's text, on the clocks of the zone. Needs no installation."""
    from zoneinfo import ZoneInfo

    from scheduler.schedule_view import instants, read_start
    from scheduler.slots import Adaptive, read_slots

    after = read_start(start, zone, datetime.now(UTC))
    slots = read_slots(text, zone, "schedule")
    found = [] if isinstance(slots, Adaptive) else [at.astimezone(ZoneInfo(zone)) for at in instants(slots, after, count)]
    if isinstance(slots, Adaptive):
        say(f"{slots}: no slots; after each crawl the next time is decided (depesza schedule explain SLUG)")
    if json:
        out_json([at.isoformat() for at in found])
        return
    for at in found:
        out(f"{at:%a} {at.isoformat()}")


def _read(locations: Locations, work: Callable[[sa.Connection], T]) -> T:
    from crawler.cli.shared import opened_store

    with opened_store(locations) as database, database.read() as connection:
        return work(connection)


def _plain(record: Any) -> dict[str, Any]:
    """A record for JSON: `from_` is called `from`."""
    import dataclasses

    found = dataclasses.asdict(record)
    for one in (found, found.get("due", {})):
        if "from_" in one:
            one["from"] = one.pop("from_")
    return found


def _print_explained(told: Explained, now: datetime) -> None:
    from scheduler.schedule_view import soon, week_chart

    due = told.due
    out(f"{due.outlet}: {due.schedule}, said by {due.from_}")
    if due.waits_since:
        out(f"Due since {due.waits_since:%Y-%m-%d %H:%M:%S} UTC: {due.why}")
    elif due.next_at:
        out(f"Next       {due.next_at:%Y-%m-%d %H:%M:%S} UTC, {soon(due.next_at, now)}: {due.why}")
    else:
        out(f"Next       {due.why}")
    out(f"Last crawl {due.last_at:%Y-%m-%d %H:%M:%S} UTC" if due.last_at else "Last crawl none by the clock")
    out()
    for number, reason in enumerate(told.decision.reasons if told.decision else (), 1):
        out(f"{number}. {reason}")
    if told.decision:
        out(f"So {told.decision.interval_s / 60:.1f} minutes after its last crawl: {told.decision.at:%Y-%m-%d %H:%M:%S} UTC")
        out()
    if told.hours_known:
        out(
            f"Its rhythm on the clocks of {told.zone}, from {told.hours_known / 24:.1f} days: {told.articles_a_day:.1f} articles a day"
        )
        for text in week_chart(told.rhythm):
            out(text)
    else:
        out("Nothing is known of its rhythm yet: it takes a few crawls")
    if told.sources:
        out()
        out_table(
            ["source", "last answer", "stays fresh", "overlap", "failures", "not before"],
            [
                (
                    one.url, one.status, f"{one.ttl_s} s" if one.ttl_s else None, None if one.overlap is None else f"{one.overlap:.0%}",
                    one.failures_in_a_row or None, one.next_poll_at,
                )
                for one in told.sources
            ],
            90,
        )  # fmt: skip
