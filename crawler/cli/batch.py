"""The commands `batch extract` and `batch stories`: files of your own, no network, no store."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crawler.terminal import say, write_utf8

if TYPE_CHECKING:
    from collections.abc import Callable

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Work on files of your own: no network, no store.")
_TELL_S = 2.0
"""Progress at most so often."""


@app.command(epilog="Example: depesza batch extract records.jsonl > articles.jsonl")
def extract(
    ctx: typer.Context,
    records: Annotated[Path, typer.Argument(help="Lines of JSON: id, url, page (path of an HTML file, .gz too), language.")],
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, help="Processes that read pages.", show_default="one a core")
    ] = None,
    outlets: Annotated[bool, typer.Option("--outlets", help="Use the catalogue's entries for pages of its outlets.")] = False,
) -> None:
    """Read pages from files; write a line of JSON for each, in the order of the input. A page that fails gives `error`.

    Paths are relative to the file of records. Exit code 1 when no page could be read.
    """
    from crawler.batch_extract import run
    from crawler.outlets.choosing import open_catalogue

    known = tuple(open_catalogue(ctx.obj).values()) if outlets else ()
    tell = _sometimes(lambda count: f"{count.pages} pages, {count.errors} with an error")
    write_utf8()
    count = run(records, sys.stdout, workers or os.cpu_count() or 1, tell, outlets=known)
    say(f"{count.pages} pages, {count.errors} with an error")
    raise typer.Exit(1 if count.pages == count.errors else 0)


@app.command(epilog="Example: depesza batch stories articles.jsonl > stories.jsonl")
def stories(
    ctx: typer.Context,
    articles: Annotated[
        Path, typer.Argument(help="Lines of JSON: id, outlet, published_at or seen_at, language, title, byline, text.")
    ],
) -> None:
    """Find which texts are copies of one another; write a line of JSON for each, with its story, role, origin and agency.

    The input need not be sorted. Exit code 1 when no line could be read.
    """
    from crawler.batch_stories import run

    tell = _sometimes(lambda count: f"{count.articles} of {count.lines} articles, {count.stories} stories")
    write_utf8()
    count = run(articles, sys.stdout, tell)
    say(f"{count.articles} articles in {count.stories} stories, {count.errors} lines with an error")
    raise typer.Exit(0 if count.articles else 1)


def _sometimes(words: Callable[[Any], str]) -> Callable[[Any], None]:
    """Say the progress every other second, not for every line."""
    last = time.monotonic()

    def tell(count: Any) -> None:
        nonlocal last
        if time.monotonic() - last >= _TELL_S:
            last = time.monotonic()
            say(words(count))

    return tell
