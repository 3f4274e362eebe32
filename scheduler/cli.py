"""The commands that cross rooms: demo, init, doctor, crawl, status. Each reads its options, calls one function, prints.

Imports of weight stand inside the commands: loading this module must stay cheap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from crawler.cli.shared import Json, WatchedSlugs
from crawler.terminal import out, out_json, out_table, say

if TYPE_CHECKING:
    from crawler.model.run import RunReport


def demo(
    ctx: typer.Context,
    engine: Annotated[
        str, typer.Option(help="embedded, or elasticsearch: yours if DEPESZA_INDEXER_URL names it, else a local one.")
    ] = "embedded",
    json: Json = False,
) -> None:
    """Watch Depesza work: ten small outlets on this machine are crawled twice, copies found, searches made.

    In a new temporary folder, which stays for the command that goes on, unless --data-dir was given. Nothing is asked
    outside this machine, but for an Elasticsearch that you named, and for a local one the first time.
    """
    from scheduler.command import DATA_DIR
    from scheduler.demo.engines import Engine
    from scheduler.demo.story import run_demo

    if engine not in list(Engine):
        raise typer.BadParameter(f"there is no engine {engine!r}; the engines are {', '.join(Engine)}", param_hint="--engine")
    raise typer.Exit(run_demo(data_dir=ctx.meta.get(DATA_DIR), as_json=json, engine=Engine(engine)))


def init(
    ctx: typer.Context,
    contact: Annotated[
        str | None, typer.Option(help="Mail address or web page where an outlet's admin reaches you.", show_default=False)
    ] = None,
    json: Json = False,
) -> None:
    """Make the data folder, a commented depesza.toml and an empty store. Replaces nothing that is there."""
    from scheduler.init import init as make

    done = make(ctx.obj, contact)
    if json:
        out_json(done)
        return
    out(f"Data folder    {done.data_dir}")
    out(f"Configuration  {done.config_path} ({done.config})")
    if not done.contact:
        out("Next: set a contact address: depesza init --contact you@example.org")
    else:
        out("Next: depesza outlets list, then depesza crawl SLUG, then depesza search WORDS")


def doctor(ctx: typer.Context, json: Json = False) -> None:
    """Look for what is missing or wrong on this machine, and say what to do about it. Exit code 1 when something is."""
    from scheduler.doctor import WIDEST, examine

    found = examine(ctx.obj)
    if json:
        out_json({"checks": found, "ok": all(one.state != "bad" for one in found)})
    else:
        out_table(["", "what", "found"], [(one.state, one.name, one.found) for one in found], widest=WIDEST)
        for one in found:
            if one.hint:
                out(f"{one.name}: {one.hint}")
    raise typer.Exit(1 if any(one.state == "bad" for one in found) else 0)


def crawl(
    ctx: typer.Context,
    slugs: WatchedSlugs = None,
    url: Annotated[
        list[str] | None, typer.Option("--url", help="Fetch this one article (may be repeated).", show_default=False)
    ] = None,
    no_push: Annotated[bool, typer.Option("--no-push", help="Leave the search index as it is.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Ask every source and fetch every entry, due or not.")] = False,
    json: Json = False,
) -> None:
    """Crawl outlets now, then push what is new to the search index.

    Exit code 0 also when somebody else crawls the outlet at this moment; 1 when some outlets failed.
    """
    from scheduler.command import VERBOSE
    from scheduler.crawl_command import Wish, crawl_and_push
    from scheduler.printing import print_report

    verbose = ctx.meta.get(VERBOSE, False)
    wish = Wish(slugs=tuple(slugs or ()), urls=tuple(url or ()), push=not no_push, force=force, verbose=verbose)
    report, pushed, warnings = crawl_and_push(ctx.obj, wish)
    for warning in warnings:
        say(f"Warning: {warning}")
    if json:
        out_json({"run": report, "push": pushed, "warnings": warnings})
    else:
        print_report(report, pushed)
    raise typer.Exit(crawl_exit_code(report))


def status(
    ctx: typer.Context,
    check: Annotated[
        bool, typer.Option("--check", help="One line, and exit code 1 when nobody keeps time: for a container's healthcheck.")
    ] = False,
    json: Json = False,
) -> None:
    """What is in the store, who works on it, what waits, how the last runs and the outlets fare, and what needs somebody.

    --check looks at heartbeats only, and changes nothing: exit code 1 when no service leads, or when on PostgreSQL none of this
    machine's processes is alive; 3 when the store cannot be used.
    """
    from datetime import UTC, datetime

    from crawler.config import store_url
    from crawler.store.database import open_database
    from scheduler.printing import print_status
    from scheduler.status import check_alive, read_status

    if check:
        alive = check_alive(ctx.obj, datetime.now(UTC))
        out_json(alive) if json else out(f"{'ok' if alive.ok else 'bad'}: {alive.found}")
        raise typer.Exit(0 if alive.ok else 1)
    database = open_database(store_url(ctx.obj))
    try:
        found = read_status(ctx.obj, database, datetime.now(UTC))
    finally:
        database.close()
    if json:
        out_json(found.as_json())
    else:
        print_status(found)


def crawl_exit_code(report: RunReport) -> int:
    """3 when the store was lost; 1 when the run ended early or an outlet failed; 0 otherwise, "already running" included (SAFETY F12)."""
    from scheduler.health import failed

    if report.store_lost:
        return 3
    return 1 if not report.finished or any(failed(one) for one in report.outlets) else 0
