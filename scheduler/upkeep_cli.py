"""The commands `config show|check`, `db upgrade|copy` and `tidy`."""

from __future__ import annotations

from typing import Annotated

import typer

from crawler.cli.shared import Json
from crawler.terminal import out, out_json, out_table, say

config_app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Show and check the configuration.")
db_app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Look after the store's schema, and move the store.")


@config_app.command("show", epilog="Example: depesza config show --json")
def show(ctx: typer.Context, json: Json = False) -> None:
    """Every setting, its value and where the value comes from. Passwords and tokens are masked."""
    from scheduler.settings_text import show_settings

    settings = show_settings(ctx.obj)
    if json:
        out_json({"data_dir": ctx.obj.data_dir, "config": ctx.obj.config_path, "settings": settings})
        return
    out(f"Data folder    {ctx.obj.data_dir}")
    out(f"Configuration  {ctx.obj.config_path}{'' if ctx.obj.config_path.exists() else ' (does not exist: defaults)'}")
    out()
    rows = [(f"[{one.table}]", one.key, one.value, one.source) for one in settings]
    out_table(["table", "key", "value", "from"], rows, widest=80)


@config_app.command("check", epilog="Example: depesza config check")
def check(ctx: typer.Context, json: Json = False) -> None:
    """Read every setting, outlet, agency and schedule, and name what is wrong. Exit code 2 when something is."""
    from scheduler.doctor import configuration_faults

    faults = configuration_faults(ctx.obj)
    if json:
        out_json({"ok": not faults, "faults": faults})
    else:
        for fault in faults:
            out(fault)
        if not faults:
            out("The configuration is in order.")
    raise typer.Exit(2 if faults else 0)


@db_app.command("upgrade", epilog="Example: depesza db upgrade")
def upgrade(ctx: typer.Context, json: Json = False) -> None:
    """Bring the store to the schema of this Depesza. SQLite does so by itself at every start, after a copy of the file."""
    from crawler.config import store_url
    from crawler.store.database import SCHEMA_REVISION, connect_database, schema_revision
    from crawler.store.database import upgrade as bring_up

    database = connect_database(store_url(ctx.obj))
    try:
        before = schema_revision(database)
        copy = bring_up(database) if before != SCHEMA_REVISION else None
    finally:
        database.close()
    if json:
        out_json({"before": before, "after": SCHEMA_REVISION, "copy": copy})
    elif before == SCHEMA_REVISION:
        out(f"The store has schema {SCHEMA_REVISION} already.")
    else:
        out(
            f"The store has schema {SCHEMA_REVISION} now (before: {before or 'none'})."
            + (f" A copy of before: {copy}" if copy else "")
        )


@db_app.command("copy", epilog="Example: depesza db copy postgresql://depesza@db.example.org/depesza")
def copy(
    ctx: typer.Context,
    to: Annotated[str, typer.Argument(metavar="ADDRESS", help="Of an empty database; the password may come from ~/.pgpass.")],
    json: Json = False,
) -> None:
    """Copy the whole store, raw pages included, into an empty database: the way from SQLite to PostgreSQL.

    All or nothing; this store stays as it is. Stop the service first. Afterwards let [store] url name the new address and make the
    search index there: `depesza index rebuild`.
    """
    from datetime import UTC, datetime

    from crawler.config import store_url
    from crawler.errors import BackendUnavailable
    from crawler.store.database import connect_database, open_database, shown_address
    from crawler.store.moving import copy_store
    from scheduler.lock import service_holder

    source, target = open_database(store_url(ctx.obj)), connect_database(to)
    try:
        if holder := service_holder(source, datetime.now(UTC)):
            raise BackendUnavailable(f"a service runs on {shown_address(source.engine.url)} ({holder}): stop it first")
        rows = copy_store(source, target, lambda table, count: say(f"{table}: {count} rows") if count else None)
        address = shown_address(target.engine.url)
    finally:
        source.close()
        target.close()
    if json:
        out_json({"to": address, "rows": rows})
        return
    out(f"{sum(rows.values())} rows are in {address} now, {rows['article']} of them articles.")
    out("Let [store] url (or DEPESZA_STORE_URL) name it, then run `depesza index rebuild`.")


def tidy(ctx: typer.Context, json: Json = False) -> None:
    """Drop what is past its time (`[store] keep_...`), as `depesza run` does by itself every ten minutes."""
    from datetime import UTC, datetime

    from crawler.config import store_url
    from crawler.store.database import open_database
    from scheduler.crawling import check_clock
    from scheduler.tidying import tidy as drop_old

    check_clock(now := datetime.now(UTC))
    database = open_database(store_url(ctx.obj))
    try:
        report = drop_old(ctx.obj, database, now)
    finally:
        database.close()
    if json:
        out_json({"dropped": dict(report.dropped), "died": report.died, "unfinished": report.unfinished})
        return
    if report.dropped:
        out_table(["what", "dropped"], [(name, str(count)) for name, count in report.dropped.items()])
    else:
        out("Nothing is past its time.")
    if report.died:
        out(f"{report.died} runs whose process had died were closed.")
    if report.unfinished:
        say("There is more to drop: run it again.")
