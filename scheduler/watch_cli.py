"""The commands `watch add|list|show|test|pause|resume|remove|deliver`. Here, because a watched text is read by the crawler's normalizer.

Not here: what a watch is (`indexer.watches`).
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crawler.cli.shared import Json, opened_store
from crawler.config import Locations
from crawler.errors import ConfigError
from crawler.terminal import line, out, out_json, out_table, say

if TYPE_CHECKING:
    from crawler.store.database import Database
    from crawler.store.watches import Delivery, WatchRow
    from indexer.engine import SearchEngine
    from indexer.watches.settings import WatchSettings

app = typer.Typer(
    rich_markup_mode=None, no_args_is_help=True, help="Watches: saved searches that tell you when something new matches."
)

Name = Annotated[str, typer.Argument(help="The watch's name or id.")]


@app.command(
    "add",
    epilog="Examples: depesza watch add Korea '\"Korea Północna\" -sport' --to mailto://me:secret@example.org --digest 08:00; "
    "depesza watch add Health --alarms --to ntfy://my-topic",
)
def add(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="A name of your choice.")],
    query: Annotated[str | None, typer.Argument(help="The query, as for `depesza search`.", show_default=False)] = None,
    to: Annotated[
        list[str] | None,
        typer.Option(
            "--to", help="Where to send: a webhook (https://...) or an apprise address (may be repeated).", show_default=False
        ),
    ] = None,
    text: Annotated[
        Path | None,
        typer.Option("--text", help="Watch a text instead of a query: a file, or - for standard input.", show_default=False),
    ] = None,
    share: Annotated[float, typer.Option("--share", min=0.01, max=1.0, help="With --text: the least share of it.")] = 0.3,
    digest: Annotated[
        str | None,
        typer.Option("--digest", metavar="HH:MM", help="One message a day at that time, instead of at once.", show_default=False),
    ] = None,
    quiet: Annotated[
        str | None, typer.Option("--quiet", metavar="HH:MM-HH:MM", help="Send nothing between these times.", show_default=False)
    ] = None,
    throttle: Annotated[
        str | None, typer.Option("--throttle", help="At least so long between two messages, e.g. 15m.", show_default=False)
    ] = None,
    zone: Annotated[
        str | None, typer.Option("--zone", help="Time zone of these times; this machine's unless given.", show_default=False)
    ] = None,
    language: Annotated[str, typer.Option("--language", help="Of the messages' own words: en or pl.")] = "en",
    alarms: Annotated[bool, typer.Option("--alarms", help="Watch the outlets' health instead of a query.")] = False,
    outlets: Annotated[
        str | None, typer.Option("--outlets", help="With --alarms: only these, a comma between.", show_default=False)
    ] = None,
    groups: Annotated[
        str | None, typer.Option("--groups", help="With --alarms: only outlets of these groups.", show_default=False)
    ] = None,
    verdicts: Annotated[
        str | None,
        typer.Option("--verdicts", help="With --alarms: only these, e.g. 'unreachable,parser broken'.", show_default=False),
    ] = None,
    json: Json = False,
) -> None:
    """Add a watch. It tells of what comes from now on, once a story; `depesza run` (or `watch deliver`) sends.

    With --alarms it tells once of each incident of an outlet and of its end, and first of what is wrong now.
    """
    from tzlocal import get_localzone_name

    from crawler.settings import parse_duration
    from indexer.watches.keeping import make_settings

    if (query is not None) + (text is not None) + alarms != 1:
        raise ConfigError("a watch needs a query, or --text with a file, or --alarms; one of the three")
    if not alarms and (outlets or groups or verdicts):
        raise ConfigError("--outlets, --groups and --verdicts go with --alarms; a query has outlet: and group:")
    try:
        throttle_s = parse_duration(throttle) if throttle else 0.0
    except ValueError as error:
        raise ConfigError(f"--throttle: {error}") from None
    settings = make_settings(
        to or (),
        digest=digest,
        zone=zone or get_localzone_name(),
        quiet=quiet,
        throttle_s=throttle_s,
        share=share,
        language=language,
    )
    row = (
        _add_alarms(ctx.obj, name, settings, outlets, groups, verdicts) if alarms else _add(ctx.obj, name, settings, query, text)
    )
    if json:
        out_json(_fields(row))
    else:
        out(f"Watching {line(row.name)} ({row.id}).")
        say("`depesza watch test` sends a test; `depesza run` keeps crawling and sends.")


def _add(locations: Locations, name: str, settings: WatchSettings, query: str | None, text: Path | None) -> WatchRow:
    from indexer.watches.keeping import add_watch

    asked, kind = (query, "search") if query is not None else (_fingerprint(text), "text")
    with _opened(locations) as (database, engine):
        return add_watch(database, engine, name, asked or "", settings, datetime.now(UTC), kind)


def _add_alarms(locations: Locations, name: str, settings: WatchSettings, *lists: str | None) -> WatchRow:
    """`lists`: outlets, groups, verdicts as they were typed. Outlets of the catalogue that were never crawled may be named."""
    from crawler.outlets.choosing import open_catalogue
    from indexer.watches.alarms import AlarmFilter, check_filter
    from indexer.watches.keeping import add_alarm_watch

    outlets, groups, verdicts = (tuple(part.strip() for part in (one or "").split(",") if part.strip()) for one in lists)
    catalogue = open_catalogue(locations)
    there = {one.group for one in catalogue.values() if one.group}
    asked = check_filter(AlarmFilter(outlets=outlets, groups=groups, verdicts=verdicts), set(catalogue), there)
    with opened_store(locations) as database:
        return add_alarm_watch(database, name, settings, asked, datetime.now(UTC))


@app.command("list", epilog="Example: depesza watch list")
def list_watches(ctx: typer.Context, json: Json = False) -> None:
    """Show all watches."""
    from crawler.store.watches import read_watches

    with opened_store(ctx.obj) as database, database.read() as connection:
        rows = read_watches(connection)
    if json:
        out_json([_fields(row) for row in rows])
    elif not rows:
        say("There is no watch yet: depesza watch add NAME QUERY --to ADDRESS")
    else:
        out_table(
            ("NAME", "QUERY", "TO", "WHEN", ""),
            [
                (row.name, _query(row), ", ".join(fields["to"]), fields["when"], "paused" if row.paused_at else "")
                for row in rows
                for fields in [_fields(row)]
            ],
        )


@app.command("show", epilog="Example: depesza watch show Korea")
def show(
    ctx: typer.Context,
    name: Name,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Deliveries shown.")] = 20,
    json: Json = False,
) -> None:
    """Show a watch and its newest deliveries."""
    from crawler.store.watches import read_deliveries
    from indexer.watches.keeping import must_find

    with opened_store(ctx.obj) as database:
        row = must_find(database, name)
        with database.read() as connection:
            deliveries = read_deliveries(connection, row.id, limit)
    fields = _fields(row)
    if json:
        out_json(fields | {"deliveries": [_delivery(one) for one in deliveries]})
        return
    for key in ("id", "name", "query", "when", "created_at", "paused_at"):
        out(f"{key.replace('_', ' '):12} {line(fields[key])}")
    for address in fields["to"]:
        out(f"{'to':12} {line(address)}")
    if deliveries:
        out()
        out_table(
            ("FOUND", "STATUS", "TRIES", "WHAT", "TO", "LAST ERROR"),
            [
                (
                    line(one.created_at),
                    one.status.value,
                    str(one.attempts),
                    one.article_id[:8] if one.article_id else one.key,
                    _delivery(one)["channel"],
                    one.last_error or "",
                )
                for one in deliveries
            ],
        )


@app.command("test", epilog="Example: depesza watch test Korea")
def test(ctx: typer.Context, name: Name, json: Json = False) -> None:
    """Send a test message to each address of a watch. Exit code 1 when one did not take it."""
    from indexer.watches.keeping import must_find, test_watch
    from indexer.watches.settings import alert_settings

    with opened_store(ctx.obj) as database:
        row = must_find(database, name)
    outcomes = test_watch(row, alert_settings(ctx.obj), datetime.now(UTC))
    if json:
        out_json([{"to": address, "error": error} for address, error in outcomes])
    else:
        for address, error in outcomes:
            out(f"{line(address)}: {'sent' if error is None else line(error)}")
    raise typer.Exit(1 if any(error for _, error in outcomes) else 0)


@app.command("pause", epilog="Example: depesza watch pause Korea")
def pause(ctx: typer.Context, name: Name, json: Json = False) -> None:
    """Pause a watch: nothing is noted or sent until `watch resume`."""
    _set_pause(ctx, name, datetime.now(UTC), "Paused", json)


@app.command("resume", epilog="Example: depesza watch resume Korea")
def resume(ctx: typer.Context, name: Name, json: Json = False) -> None:
    """Let a paused watch go on."""
    _set_pause(ctx, name, None, "Going on", json)


@app.command("remove", epilog="Example: depesza watch remove Korea")
def remove(ctx: typer.Context, name: Name, json: Json = False) -> None:
    """Remove a watch with its log."""
    from indexer.watches.keeping import drop_watch, must_find

    with opened_store(ctx.obj) as database:
        row = must_find(database, name)
        drop_watch(database, row)
    if json:
        out_json(_fields(row))
    else:
        out(f"Removed {line(row.name)}.")


@app.command("deliver", epilog="Example: depesza watch deliver")
def deliver(ctx: typer.Context, json: Json = False) -> None:
    """Send the alerts that are due now; `depesza run` does so by itself. Exit code 1 when one was not taken."""
    from scheduler.crawling import deliver as send

    with opened_store(ctx.obj) as database:
        report = send(ctx.obj, database)
    counts = (
        {"sent": report.sent, "failed": report.failed, "waiting": report.waiting}
        if report
        else {"sent": 0, "failed": 0, "waiting": 0}
    )
    if json:
        out_json(counts)
    else:
        out(f"{counts['sent']} sent, {counts['failed']} not taken, {counts['waiting']} found and not due.")
    raise typer.Exit(1 if counts["failed"] else 0)


def _set_pause(ctx: typer.Context, name: str, paused_at: datetime | None, said: str, json: bool) -> None:
    from indexer.watches.keeping import must_find, pause_watch

    with opened_store(ctx.obj) as database:
        row = pause_watch(database, must_find(database, name), paused_at)
    if json:
        out_json(_fields(row))
    else:
        out(f"{said}: {line(row.name)}.")


@contextlib.contextmanager
def _opened(locations: Locations) -> Iterator[tuple[Database, SearchEngine]]:
    from indexer.config import indexer_settings
    from indexer.engines.choose import open_engine

    with opened_store(locations) as database:
        engine = open_engine(indexer_settings(locations), locations)
        try:
            yield database, engine
        finally:
            engine.close()


def _fingerprint(file: Path | None) -> str:
    """The fingerprints of a text, hexadecimal. Raises ConfigError for a file that cannot be read or holds too little."""
    from crawler.fingerprints import fingerprint
    from crawler.text import clean

    assert file is not None, "one of query and text is given"
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read as UTF-8 text: {error}") from None
    hashes = fingerprint("", clean(text)).hashes
    if len(hashes) < 5:
        raise ConfigError(f"{file}: too short to be watched; a paragraph of thirty words or more is wanted")
    return " ".join(f"{one:x}" for one in dict.fromkeys(hashes))


def _query(row: WatchRow) -> str:
    if row.kind == "alarm":
        from indexer.watches.alarms import described
        from indexer.watches.settings import WatchSettings

        return described(WatchSettings.read(row.settings))
    return row.query if row.kind == "search" else f"a text ({len(row.query.split())} fingerprints)"


def _fields(row: WatchRow) -> dict[str, Any]:
    from indexer.watches.channels import masked
    from indexer.watches.settings import WatchSettings

    settings = WatchSettings.read(row.settings)
    when = [f"daily at {settings.digest_at}" if settings.digest_at else "at once"]
    when += [f"quiet {settings.quiet[0]}-{settings.quiet[1]}"] if settings.quiet else []
    when += [f"at most every {settings.throttle_s:g} s"] if settings.throttle_s else []
    return {
        "id": row.id, "name": row.name, "kind": row.kind, "query": _query(row), "to": [masked(one) for one in settings.to],
        "when": f"{', '.join(when)} ({settings.zone})", "created_at": row.created_at, "paused_at": row.paused_at,
    }  # fmt: skip


def _delivery(one: Delivery) -> dict[str, Any]:
    from indexer.watches.channels import masked

    return {
        "article": one.article_id, "story": one.story_id, "incident": one.incident[0] if one.incident else None,
        "is_recovery": one.incident[1] if one.incident else None, "channel": masked(one.channel), "status": one.status.value,
        "attempts": one.attempts, "found_at": one.created_at, "next_try_at": one.next_try_at, "sent_at": one.delivered_at,
        "last_error": one.last_error,
    }  # fmt: skip
