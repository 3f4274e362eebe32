"""The indexer's commands: `depesza search`, `depesza index create|push|status|rebuild|retire`. `scheduler.command` joins them.

`ctx.obj` holds the `Locations`. Imports stand inside the functions: a cold search must not wait for the store's or the
crawler's libraries. Errors are raised as they are; the command that joins the rooms prints them and exits (QueryError
and ConfigError 2, BackendUnavailable and IndexLater 3).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crawler.terminal import out, out_json, say
from indexer.buckets import Step
from indexer.engine import Sort

if TYPE_CHECKING:
    from datetime import datetime

    from crawler.store.database import Database
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


@index_app.command("create", epilog="Example: depesza index create")
def create_command(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Make the index, or what is missing of it; run again, it changes nothing.

    A push does so by itself, unless its user may not: then this is for the one with Elasticsearch's setup role.
    """
    from datetime import UTC, datetime

    from crawler.store.outbox import put_every_article_in_outbox

    with _opened(ctx) as (engine, database):
        if engine.status().document_version is None:
            with database.write() as connection:  # what went to an index that is gone goes again
                put_every_article_in_outbox(connection, datetime.now(UTC))
        is_new = engine.create()
        status = engine.status()
    if as_json:
        out_json({"created": is_new, "engine": status.engine, "where": status.where, "generation": status.generation})
    else:
        out(f"{'Made' if is_new else 'There already'}: {status.where}, {status.generation}, {status.documents:,} documents.")


@index_app.command("status", epilog="Example: depesza index status")
def status_command(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Show the engine, its documents, its size, and what waits to be pushed.

    Exit code 3 when the index cannot be written or read in full; `trouble` says why and what to do.
    """
    from dataclasses import asdict

    from crawler.errors import BackendUnavailable
    from crawler.store.articles import count_articles
    from crawler.store.dead_letters import count_dead_letters
    from crawler.store.outbox import count_outbox, oldest_in_outbox

    with _opened(ctx) as (engine, database):
        try:
            facts: dict[str, Any] = asdict(engine.status())
        except BackendUnavailable as error:
            facts = {"engine": engine.name, "trouble": str(error)}
        with database.read() as connection:
            oldest = oldest_in_outbox(connection)
            facts |= {
                "articles": count_articles(connection),
                "waiting": count_outbox(connection),
                "waiting_since": oldest.isoformat() if oldest else None,
                "rejected": count_dead_letters(connection).get("index", 0),
            }
    if as_json:
        out_json(facts)
    else:
        months = facts.pop("parts", {})
        for name, value in facts.items():
            out(
                f"{name.replace('_', ' '):18} {value if isinstance(value, str) else '-' if value is None else format(value, ',')}"
            )
        for month, documents in months.items():
            out(f"{month:18} {documents:,}")
    raise typer.Exit(3 if facts["trouble"] else 0)


@index_app.command(
    "retire", epilog="Examples: depesza index retire · depesza index retire --yes · depesza index retire --before 2025-01 --yes"
)
def retire_command(
    ctx: typer.Context,
    before: Annotated[
        str | None, typer.Option(metavar="YYYY-MM", help="Drop the months before this one; [indexer] keep says it unless given.")
    ] = None,
    is_meant: Annotated[bool, typer.Option("--yes", help="Do it; without this the command only says what would go.")] = False,
    as_json: AsJson = False,
) -> None:
    """Drop whole months of the index: of articles that were first seen before a month. The store keeps them.

    With [indexer] keep = "730d" this needs no option but --yes, and pushes and rebuilds leave out what it dropped. With --before
    alone, an article that changes later comes back, and a rebuild brings all of them.
    """
    from indexer.config import indexer_settings

    limit = _retired_before(before, indexer_settings(ctx.obj).keep_s)
    month = limit.strftime("%Y-%m")
    with _opened(ctx) as (engine, _):
        months = {one: documents for one, documents in engine.status().parts.items() if one < month}
        documents = engine.retire(limit) if is_meant else sum(months.values())
    if as_json:
        out_json({"before": month, "months": months, "documents": documents, "dropped": is_meant})
        return
    for one, count in months.items():
        out(f"{one}  {count:,} documents")
    if is_meant or not months:
        out(f"{documents:,} documents dropped that were first seen before {month}.")
    else:
        out(f"{documents:,} documents would go; add --yes to drop them.")


def _retired_before(text: str | None, keep_s: float | None) -> datetime:
    """The month before which documents go. It is never a future one: a slip of the pen must not empty the index."""
    from datetime import UTC, datetime

    from crawler.errors import ConfigError
    from indexer.retention import first_kept, month_of, read_month

    now = datetime.now(UTC)
    if text is None:
        if keep_s is None:
            raise ConfigError(
                '[indexer] keep is not set, so nothing is too old: set it, or say --before, e.g. "--before 2025-01"'
            )
        return first_kept(now, keep_s) or datetime.min.replace(tzinfo=UTC)
    try:
        limit = read_month(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--before") from None
    if limit > month_of(now):
        raise typer.BadParameter(f"{text} lies in the future; the month that runs is never dropped", param_hint="--before")
    return limit


@contextmanager
def _opened(ctx: typer.Context) -> Iterator[tuple[SearchEngine, Database]]:
    """The engine and the store, closed afterwards."""
    from crawler.config import store_url
    from crawler.store.database import open_database

    with closing(_engine(ctx)) as engine, closing(open_database(store_url(ctx.obj))) as database:
        yield engine, database


def _fill(ctx: typer.Context, as_json: bool, *, rebuild: bool) -> None:
    from dataclasses import asdict
    from datetime import UTC, datetime

    from crawler.errors import BackendUnavailable
    from indexer.config import indexer_settings
    from indexer.home import own_embedded
    from indexer.push import Pushing, push_pending, rebuild_index
    from indexer.retention import first_kept
    from indexer.watches.noting import Noter

    fill = rebuild_index if rebuild else push_pending
    settings, now = indexer_settings(ctx.obj), datetime.now(UTC)
    with _opened(ctx) as (engine, database):
        own_embedded(ctx.obj, database, settings.engine, now, take=rebuild)
        how = Pushing(
            batch=settings.batch, kept_from=first_kept(now, settings.keep_s), is_asked_for=True, progress=_progress,
            note=Noter(engine.forms, now).note,
        )  # fmt: skip
        report = fill(database, engine, now=now, how=how)
    if as_json:
        out_json(asdict(report))
    else:
        out(
            f"{report.written:,} documents written, {report.already:,} there already, {report.rejected:,} rejected, "
            f"{report.waiting:,} waiting{f', {report.retired:,} older than what is kept' if report.retired else ''}."
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
