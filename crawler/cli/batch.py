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


@app.command(epilog="Example: depesza batch stories articles.jsonl -o stories.jsonl")
def stories(
    ctx: typer.Context,
    articles: Annotated[
        Path, typer.Argument(help="Lines of JSON: id, outlet, published_at or seen_at, language, title, byline, text.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="Write to this file. The same command, given again after a kill, goes on where it stood."
        ),
    ] = None,
) -> None:
    """Find which texts are copies of one another; write a line of JSON for each, with its story, role, origin and agency.

    The input need not be sorted. With --out, where the run stands is kept once a minute beside that file (.part, .state); without
    it a run that is stopped begins anew. Exit code 1 when no line could be read.
    """
    from crawler.batch_stories import run, run_to_file

    tell = _sometimes(lambda count: f"{count.articles} of {count.lines} articles, {count.stories} stories")
    write_utf8()
    count = run(articles, sys.stdout, tell) if out is None else run_to_file(articles, out, tell)
    if count.taken_up:
        say(f"taken up after {count.taken_up} articles of a run that was stopped")
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
