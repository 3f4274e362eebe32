"""The indexer's commands: `depesza search`, `depesza index push|rebuild|status`. `scheduler.command` joins them.

`ctx.obj` holds the `Locations`. Imports stand inside the functions: a cold search must not wait for the store's or the
crawler's libraries. Errors are raised as they are; the command that joins the rooms prints them and exits (QueryError
and ConfigError 2, BackendUnavailable and IndexLater 3).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crawler.terminal import out, out_json, say
from indexer.buckets import Step
from indexer.engine import Sort

if TYPE_CHECKING:
    from indexer.engine import SearchEngine

app = typer.Typer()
index_app = typer.Typer(name="index", help="The search index: fill it, rebuild it, look at it.", no_args_is_help=True)

app.add_typer(index_app, name="index")

_FACET_HELP = "Count the values of outlet, agency, language, country, section, role, group or tag too (may be repeated)."
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("search")
def search_command(
    ctx: typer.Context,
    query: Annotated[list[str], typer.Argument(help='The query, e.g. prezydent outlet:pap "Korea Północna" date:P7D.')],
    sort: Annotated[Sort, typer.Option(help="Order of the hits.")] = Sort.NEWEST,
    limit: Annotated[int | None, typer.Option(min=1, max=500, help="Hits of a page; [indexer] page unless given.")] = None,
    after: Annotated[str | None, typer.Option(help="Go on after a page: the cursor it printed.")] = None,
    all_copies: Annotated[bool, typer.Option("--all-copies", help="Show every copy, not one hit a story.")] = False,
    histogram: Annotated[Step | None, typer.Option(help="Count by time of publication too.", show_default=False)] = None,
    facet: Annotated[list[str] | None, typer.Option(help=_FACET_HELP, show_default=False)] = None,
    as_json: AsJson = False,
) -> None:
    """Search the articles: inflected Polish words are found and copies of one text are folded.

    Words, "phrases", ="exact form", prefix*, AND OR NOT, -word, (groups), title: outlet: agency: language: author: group:
    tag: country: role: story: section: date:2026-11-01..2026-11-24. Exit code 1 when nothing is found.
    """
    from datetime import UTC, datetime

    from indexer.config import indexer_settings
    from indexer.engines.choose import open_engine
    from indexer.printing import page_lines
    from indexer.search import SearchRequest, search
    from indexer.zones import LOCAL

    settings = indexer_settings(ctx.obj)
    engine = open_engine(settings, ctx.obj)
    request = SearchRequest(
        text=" ".join(query), sort=sort, limit=limit or settings.page, after=after, fold_copies=not all_copies,
        facets=tuple(dict.fromkeys(facet or ())), histogram=histogram,
    )  # fmt: skip
    page = search(engine, request, datetime.now(UTC), LOCAL)
    engine.close()
    if as_json:
        out_json(page.as_json())
    else:
        if page.hint:
            say(page.hint)
        if page.is_expansion_cut:
            say("A word of the query has more forms than are searched: the shortest were.")
        if page.histogram and histogram not in (Step.AUTO, page.histogram.step):
            say(f"That many {histogram}s are too many to show: counted by {page.histogram.step}.")
        for line in page_lines(page, LOCAL, _bold if _has_colours() else str):
            typer.echo(line)
    raise typer.Exit(0 if page.hits else 1)


@index_app.command("push", epilog="Example: depesza index push")
def push_command(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Push what waits in the outbox to the search engine."""
    _fill(ctx, as_json, rebuild=False)


@index_app.command("rebuild", epilog="Example: depesza index rebuild")
def rebuild_command(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Make the search index anew from the store; searches go on until it takes the old one's place."""
    _fill(ctx, as_json, rebuild=True)


@index_app.command("status", epilog="Example: depesza index status")
def status_command(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Show the engine, its documents, its size, and what waits to be pushed."""
    from dataclasses import asdict

    from crawler.config import store_url
    from crawler.store.articles import count_articles
    from crawler.store.database import open_database
    from crawler.store.dead_letters import count_dead_letters
    from crawler.store.outbox import count_outbox, oldest_in_outbox

    facts: dict[str, Any] = asdict(_engine(ctx).status())
    database = open_database(store_url(ctx.obj))
    with database.read() as connection:
        oldest = oldest_in_outbox(connection)
        facts |= {
            "articles": count_articles(connection),
            "waiting": count_outbox(connection),
            "waiting_since": oldest.isoformat() if oldest else None,
            "rejected": count_dead_letters(connection).get("index", 0),
        }
    database.close()
    if as_json:
        out_json(facts)
        return
    for name, value in facts.items():
        out(f"{name.replace('_', ' '):18} {value:,}" if isinstance(value, int) else f"{name.replace('_', ' '):18} {value or '-'}")


def _fill(ctx: typer.Context, as_json: bool, *, rebuild: bool) -> None:
    from dataclasses import asdict
    from datetime import UTC, datetime

    from crawler.config import store_url
    from crawler.errors import BackendUnavailable
    from crawler.store.database import open_database
    from indexer.config import indexer_settings
    from indexer.push import Pushing, push_pending, rebuild_index
    from indexer.retention import first_kept

    fill = rebuild_index if rebuild else push_pending
    settings, now = indexer_settings(ctx.obj), datetime.now(UTC)
    how = Pushing(batch=settings.batch, kept_from=first_kept(now, settings.keep_s), is_asked_for=True, progress=_progress)
    database, engine = open_database(store_url(ctx.obj)), _engine(ctx)
    report = fill(database, engine, now=now, how=how)
    engine.close()
    database.close()
    if as_json:
        out_json(asdict(report))
    else:
        out(
            f"{report.written:,} documents written, {report.already:,} there already, {report.rejected:,} rejected, "
            f"{report.waiting:,} waiting."
        )
    if report.stopped:
        raise BackendUnavailable(f"the push stopped: {report.stopped}")


def _engine(ctx: typer.Context) -> SearchEngine:
    from indexer.config import indexer_settings
    from indexer.engines.choose import open_engine

    return open_engine(indexer_settings(ctx.obj), ctx.obj)


def _progress(documents: int) -> None:
    if sys.stderr.isatty():
        typer.echo(f"\r{documents:,} documents", err=True, nl=False)


def _has_colours() -> bool:
    import os

    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def _bold(text: str) -> str:
    return typer.style(text, bold=True, fg=typer.colors.YELLOW)
