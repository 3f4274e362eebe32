"""The commands `stories list|show|spread|rebuild`: texts that several outlets carried."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from crawler.cli.finding import StoryIdentifier, find_story
from crawler.cli.shared import Json, SinceOption, UntilOption, opened_store, read_moment
from crawler.cli.story_printing import carried, print_spread, print_story, story_fields
from crawler.errors import ConfigError
from crawler.terminal import columns, out, out_json, out_table, say, write_utf8

app = typer.Typer(
    rich_markup_mode=None, no_args_is_help=True, help="Texts that several outlets carried: list, show, picture, rebuild."
)

_TELL_S = 2.0
"""Progress at most so often."""


class SortName(StrEnum):
    """Orders as the command line names them (equal to `crawler.store.story_lists.StorySort`; a test compares)."""

    NEWEST = "newest"
    LARGEST = "largest"
    CHANGED = "changed"


@app.command("list", epilog="Example: depesza stories list --since 2d --agency pap --sort largest")
def list_stories(
    ctx: typer.Context,
    since: SinceOption = None,
    until: UntilOption = None,
    agency: Annotated[str | None, typer.Option("--agency", help="Only of this agency (its slug).", show_default=False)] = None,
    outlet: Annotated[
        str | None, typer.Option("--outlet", help="Only stories that this outlet carried (its slug).", show_default=False)
    ] = None,
    min_members: Annotated[int, typer.Option("--min-members", min=1, help="Only with so many articles or more.")] = 2,
    sort: Annotated[
        SortName, typer.Option("--sort", help="Order: first published last, most articles, changed last.")
    ] = SortName.NEWEST,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="Show at most so many.")] = 50,
    json: Json = False,
) -> None:
    """List stories: when first published, whose, how many articles of how many outlets. Exit code 1 when none fits."""
    from datetime import UTC, datetime

    from crawler.store.story_lists import StoryFilter, StorySort, list_story_rows

    now = datetime.now(UTC)
    wanted = StoryFilter(
        since=read_moment(since, now), until=read_moment(until, now, end=True), agency=agency, outlet=outlet, min_members=min_members
    )  # fmt: skip
    with opened_store(ctx.obj) as database, database.read() as connection:
        found = list_story_rows(connection, wanted, StorySort(sort.value), limit)
    if json:
        out_json(found)
    else:
        rows = [(one.id[:8], one.first_at, one.members, one.outlets, one.agency or "-", one.title) for one in found]
        out_table(["story", "first", "articles", "outlets", "agency", "title"], rows, widest=max(24, columns() - 62))
    if not found:
        say("No story fits.")
    raise typer.Exit(0 if found else 1)


@app.command("show", epilog="Example: depesza stories show 5c1d09ab")
def show(ctx: typer.Context, identifier: StoryIdentifier, json: Json = False) -> None:
    """Show a story: origin, agency, members in order of time with delay, role, similarity, headline and numbers that differ."""
    from crawler.store.story_view import view_story

    with opened_store(ctx.obj) as database, database.read() as connection:
        view = view_story(connection, find_story(connection, identifier))
    if json:
        out_json(story_fields(view))
    else:
        print_story(view)


@app.command("spread", epilog="Example: depesza stories spread 5c1d09ab --svg spread.svg")
def spread(
    ctx: typer.Context,
    identifier: StoryIdentifier,
    svg: Annotated[
        Path | None, typer.Option("--svg", help="Write a picture (SVG) into this file; - is standard output.", show_default=False)
    ] = None,
    json: Json = False,
) -> None:
    """Show who carried a story when, as a table with a line of time, or as a picture."""
    from crawler.spread import spread_svg
    from crawler.store.story_view import view_story

    with opened_store(ctx.obj) as database, database.read() as connection:
        view = view_story(connection, find_story(connection, identifier))
    rows = carried(view)
    if svg is not None:
        picture = spread_svg(view.title, rows, key=f"story-{view.story.id}")
        if str(svg) == "-":
            write_utf8()
            typer.echo(picture, nl=False)
            return
        try:
            svg.write_text(picture, encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"--svg {svg}: it cannot be written: {error.strerror}") from None
        say(f"Written: {svg}")
    if json:
        first = view.first_at
        out_json(
            {
                "id": view.story.id, "title": view.title, "agency": view.story.agency, "first_at": first,
                "spread": [
                    {
                        "at": one.at, "after_s": (one.at - first).total_seconds(), "id": member.member.article_id,
                        "outlet": member.member.outlet, "outlet_name": one.outlet, "role": one.role, "title": one.title,
                        "at_is_told": one.at_is_told,
                    }
                    for one, member in zip(rows, view.members, strict=True)
                ],
            }
        )  # fmt: skip
    elif svg is None:
        out(view.title)
        print_spread(view)


@app.command("rebuild", epilog="Example: depesza stories rebuild")
def rebuild(ctx: typer.Context, json: Json = False) -> None:
    """Find all stories anew from the articles of the store, in order of first sight: after a change of the method, or for trust.

    Crawls may go on, and readers see the old stories until the new ones are whole. Stopped before its end, it changes nothing;
    call it again then. Ids stay, or lead to the story that has the text now. What changed waits for the next push.
    """
    import time
    from datetime import UTC, datetime

    from crawler.stories.rebuilding import rebuild_stories

    last = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= _TELL_S:
            last = time.monotonic()
            say(f"{done} of {total} articles placed")

    with opened_store(ctx.obj) as database:
        done = rebuild_stories(database, ctx.obj.data_dir / "stories-rebuild", datetime.now(UTC), tell)
    if json:
        out_json(done)
        return
    out(f"{done.articles} articles in {done.stories} stories (before: {done.stories_before}).")
    said = f"{done.changed} articles have another story, role, agency or origin now"
    out(f"{said} and wait for the next push." if done.changed else "No article's story, role, agency or origin changed.")
    if done.ids_redirected:
        out(f"{done.ids_redirected} ids of stories lead to another story now.")
