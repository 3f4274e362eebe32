"""The command `copies`: the story of an article of the store. It may fetch a page in a child process, so it stands here."""

from __future__ import annotations

import typer

from crawler.cli.finding import StoryIdentifier, find_story
from crawler.cli.shared import Json, opened_store
from crawler.cli.story_printing import print_story, story_fields
from crawler.terminal import out_json


def copies(ctx: typer.Context, identifier: StoryIdentifier, json: Json = False) -> None:
    """Show the story of an article: its agency and origin, who copied it, how much of it, how late. Exit code 1: no copies."""
    from crawler.store.story_view import view_story

    with opened_store(ctx.obj) as database, database.read() as connection:
        view = view_story(connection, find_story(connection, identifier))
    if json:
        out_json(story_fields(view))
    else:
        print_story(view)
    raise typer.Exit(0 if len(view.members) > 1 else 1)
