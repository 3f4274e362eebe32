"""The commands `dead-letters list|show|retry` and `renormalize`: what could not go on, and trying it again."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from crawler.cli.shared import Json, OutletOption, opened_store
from crawler.terminal import line, out, out_json, out_table, say

if TYPE_CHECKING:
    from crawler.config import Locations
    from crawler.renormalize import RenormalizeReport
    from crawler.store.database import Database

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="What could not go on, with the reason; try it again.")


class StageName(StrEnum):
    """Stages as the command line names them (equal to `crawler.store.dead_letters.Stage`; a test compares)."""

    FETCH = "fetch"
    NORMALIZE = "normalize"
    FILE = "file"
    INDEX = "index"


EVERY_LETTER = 1_000_000
StageOption = Annotated[StageName | None, typer.Option("--stage", help="Only letters of this stage.", show_default=False)]


@app.command("list", epilog="Example: depesza dead-letters list --stage normalize")
def list_letters(
    ctx: typer.Context,
    stage: StageOption = None,
    outlet: OutletOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Show at most so many, the newest.")] = 100,
    json: Json = False,
) -> None:
    """List the dead letters, the newest first. Exit code 1 when there is none."""
    from crawler.store.dead_letters import Stage, list_dead_letters

    with opened_store(ctx.obj) as database, database.read() as connection:
        chosen = Stage(stage.value) if stage else None
        found = list_dead_letters(connection, stage=chosen, outlet=outlet, limit=limit)
    if json:
        out_json(found)
    else:
        rows = [(one.id, one.stage.value, one.outlet, one.last_at, one.times, one.reason, one.url) for one in found]
        out_table(["number", "stage", "outlet", "last", "times", "reason", "address"], rows, widest=70)
    if not found:
        say("No dead letters.")
    raise typer.Exit(0 if found else 1)


@app.command("show", epilog="Example: depesza dead-letters show 12")
def show_letter(
    ctx: typer.Context, number: Annotated[int, typer.Argument(help="Number of the letter, as listed.")], json: Json = False
) -> None:
    """Show one dead letter with all that is known of it."""
    from crawler.store.dead_letters import read_dead_letter

    with opened_store(ctx.obj) as database, database.read() as connection:
        letter = read_dead_letter(connection, number)
    if letter is None:
        say(f"No dead letter {number}.")
        raise typer.Exit(1)
    if json:
        out_json(letter)
        return
    for name in ("id", "stage", "outlet", "url", "key", "reason", "created_at", "last_at", "times"):
        out(f"{name:<14}{line(getattr(letter, name))}")
    for name, value in letter.detail.items():
        out(f"{name:<14}{line(value)}")


@app.command("retry", epilog="Example: depesza dead-letters retry --stage index")
def retry(
    ctx: typer.Context,
    numbers: Annotated[list[int] | None, typer.Argument(metavar="[NUMBER]...", help="Letters; none means all.")] = None,
    stage: StageOption = None,
    outlet: OutletOption = None,
    json: Json = False,
) -> None:
    """Try dead letters again: fetch ones wait for the next crawl, kept pages are read again, refused documents wait for the next push.

    Exit code 1 when there was nothing to try.
    """
    from crawler.cli.retrying import choose_letters, retry_letters
    from crawler.store.dead_letters import Stage

    with opened_store(ctx.obj) as database:
        letters = choose_letters(database, numbers or [], Stage(stage.value) if stage else None, outlet)
        tried = retry_letters(ctx.obj, database, letters)
    if json:
        out_json(tried)
    else:
        out(
            f"{tried.to_fetch} wait for the next crawl, {tried.to_push} for the next push, {tried.read_again} pages were read again."
        )
        for outcome, count in tried.outcomes.items():
            out(f"  {count} {outcome}")
    raise typer.Exit(0 if letters else 1)


def renormalize(
    ctx: typer.Context,
    outlet: OutletOption = None,
    dead_letters: Annotated[bool, typer.Option("--dead-letters", help="Only pages that became no article.")] = False,
    json: Json = False,
) -> None:
    """Read the kept raw pages again with this version's normalizer, and file what changed. Asks nothing over the network.

    Exit code 1 when there was no page.
    """
    from crawler.store.dead_letters import Stage, list_dead_letters

    with opened_store(ctx.obj) as database:
        keys: tuple[str, ...] | None = None
        if dead_letters:
            with database.read() as connection:
                letters = list_dead_letters(connection, outlet=outlet, limit=EVERY_LETTER)
            keys = tuple(sorted({one.key for one in letters if one.stage in (Stage.NORMALIZE, Stage.FILE)}))
        done = read_again(ctx.obj, database, outlet, keys)
    if json:
        out_json({"pages": done.pages, "outcomes": done.outcomes, "unknown_outlet": done.unknown_outlet})
    else:
        words = [f"{count} {outcome.value}" for outcome, count in done.outcomes.items()]
        if done.unknown_outlet:
            words.append(f"{done.unknown_outlet} of outlets that are in no catalogue any more")
        out(f"{done.pages} pages: {', '.join(words) or 'nothing to do'}")
    raise typer.Exit(0 if done.pages else 1)


def read_again(
    locations: Locations, database: Database, outlet: str | None = None, keys: tuple[str, ...] | None = None
) -> RenormalizeReport:
    """`crawler.renormalize` with this installation's outlets and limits, telling its progress on standard error."""
    from datetime import UTC, datetime

    from crawler.config import crawler_settings
    from crawler.outlets.agencies import load_agencies
    from crawler.outlets.choosing import find_outlet, open_catalogue
    from crawler.renormalize import Renormalizing
    from crawler.renormalize import renormalize as run
    from crawler.workers import PagePool

    def tell(done: int, total: int) -> None:
        if done and done % 500 == 0:
            say(f"{done} of {total} pages read")

    settings, outlets = crawler_settings(locations), open_catalogue(locations)
    if outlet is not None:
        find_outlet(outlets, outlet)
    order = Renormalizing(
        outlets=outlets, agencies=load_agencies(outlets.values()), now=datetime.now(UTC), outlet=outlet, keys=keys
    )
    with PagePool(settings.workers, settings.page_time_limit_s, settings.page_memory_mb << 20) as pool:
        return run(database, pool, order, tell)
