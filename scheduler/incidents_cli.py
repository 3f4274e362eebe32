"""The commands `incidents list|show`: faults of outlets from their first sign to their end, and who was told.

Not here: when an incident opens and closes (`scheduler.incidents`), how outlets fare now (`scheduler.health_cli`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crawler.cli.shared import Json, SinceOption, opened_store, read_moment
from crawler.terminal import line, out, out_json, out_table, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crawler.store.incidents import Incident
    from crawler.store.outlet_record import IncidentRecord, Told
    from crawler.store.watches import Delivery

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Faults of outlets, from the first sign to the end.")
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


@app.command("list", epilog="Example: depesza incidents list --since 7d")
def list_incidents(
    ctx: typer.Context,
    only_open: Annotated[bool, typer.Option("--open", help="Only those that are not over.")] = False,
    outlet: Annotated[
        str | None,
        typer.Option("--outlet", help="Only of this outlet (its slug); '*' is this monitor itself.", show_default=False),
    ] = None,
    since: SinceOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="Show at most so many, the newest.")] = 100,
    json: Json = False,
) -> None:
    """List incidents, the newest first, and whether an alarm was sent (`watch add NAME --alarms`). Exit code 1 when there is none.

    With --since those that were open at some time since then. "this monitor": most outlets at once, so that the fault may be here.
    """
    from crawler.store.incidents import read_incidents
    from crawler.store.outlet_record import with_told

    now = datetime.now(UTC)
    first = read_moment(since, now)
    with opened_store(ctx.obj) as database, database.read() as connection:
        if only_open:
            began = [one for one in read_incidents(connection, None, outlet) if first is None or one.opened_at >= first]
            found = with_told(connection, began[:limit])
        else:
            found = with_told(connection, read_incidents(connection, first or _EARLIEST, outlet, limit))
    if json:
        out_json([told_shape(one) for one in found])
    else:
        titles = ("number", "who", "verdict", "began", "lasted", "alarm", "reason")
        out_table(titles, [_row(one, now) for one in found], widest=90)
    if not found:
        say("No incident.")
    raise typer.Exit(0 if found else 1)


@app.command("show", epilog="Example: depesza incidents show 12")
def show_incident(
    ctx: typer.Context, number: Annotated[int, typer.Argument(help="Number of the incident, as listed.")], json: Json = False
) -> None:
    """Show an incident with what it was judged from, and each message that was sent of it. Exit code 1 when there is none."""
    from crawler.store.incidents import find_incident
    from crawler.store.watches import deliveries_of, read_watches

    now = datetime.now(UTC)
    with opened_store(ctx.obj) as database, database.read() as connection:
        one = find_incident(connection, number)
        alarms = deliveries_of(connection, number)
        names = {watch.id: watch.name for watch in read_watches(connection)}
    if one is None:
        say(f"No incident {number}.")
        raise typer.Exit(1)
    shapes = [_alarm_shape(alarm, names) for alarm in alarms]
    if json:
        out_json(one.as_json() | {"detail": one.detail, "alarms": shapes})
        return
    _print_one(one, now)
    titles = ("alarm", "watch", "to", "status", "tries", "found", "sent", "last error")
    keys = ("about", "watch", "to", "status", "attempts", "found_at", "sent_at", "error")
    out_table(titles, [[shape[key] if shape[key] is not None else "-" for key in keys] for shape in shapes])
    if not shapes:
        out("Nobody was told: no alarm watch asked for it, or it is hidden while the fault may be on this side.")


def told_shape(one: IncidentRecord) -> dict[str, Any]:
    """An incident with what became of its alarm (`told`) and of the news of its end (`told_end`), all addresses together."""
    return one.incident.as_json() | {"told": one.opening, "told_end": one.ending}


def lasted(one: Incident, now: datetime) -> str:
    """ "3 h 10 min, open", or how long it was until its end."""
    from indexer.overview import age

    if one.closed_at is None:
        return f"{age(one.began_at, now)}, open"
    return age(one.began_at, one.closed_at) + (", no longer watched" if one.is_unwatched else "")


def alarm_words(one: Told) -> str:
    """What became of the messages, in a few words."""
    parts = [f"sent {line(one.first_at)}" if one.first_at else "sent" if one.sent else ""]
    parts += [f"{one.waiting} waiting" if one.waiting else "", f"{one.failed} failed" if one.failed else ""]
    return ", ".join(filter(None, parts)) or "none asked for"


def _row(record: IncidentRecord, now: datetime) -> tuple[object, ...]:
    one = record.incident
    return one.id, one.subject, one.verdict, one.began_at, lasted(one, now), alarm_words(record.opening), one.reason


def _print_one(one: Incident, now: datetime) -> None:
    out(f"{one.subject}: {one.verdict}, {lasted(one, now)}")
    out(f"  {line(one.reason)}")
    for name, at in (("began", one.began_at), ("was sure", one.opened_at), ("last seen", one.seen_at), ("over", one.closed_at)):
        out(f"  {name:<11}{line(at)}")
    if before := one.detail.get("verdicts"):
        out(f"  {'was before':<11}{line(', '.join(map(str, before)))}")
    for source in one.detail.get("sources", ()):
        said = source.get("error") or source.get("moved_to") or ""
        out(f"  {'source':<11}{line(source.get('url'))}: {line(source.get('status'))}{f', {line(said)}' if said else ''}")
    for name in ("robots", "tls", "template"):
        if value := one.detail.get(name):
            words = ", ".join(f"{key} {number}" for key, number in value.items()) if isinstance(value, dict) else value
            out(f"  {name:<11}{line(words)}")
    if silent := one.detail.get("outlets"):
        out(f"  {'silent':<11}{line(', '.join(silent))}")


def _alarm_shape(one: Delivery, names: Mapping[str, str]) -> dict[str, Any]:
    from indexer.watches.channels import masked

    is_end = one.incident is not None and one.incident[1]
    return {
        "about": "end" if is_end else "beginning", "watch": names.get(one.watch_id, one.watch_id), "to": masked(one.channel),
        "status": one.status.value, "attempts": one.attempts, "found_at": one.created_at, "sent_at": one.delivered_at,
        "error": one.last_error,
    }  # fmt: skip
