"""The commands `backup` and `restore`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crawler.cli.shared import Json
from crawler.terminal import line, out, out_json, say

if TYPE_CHECKING:
    from crawler.config import Locations
    from scheduler.backups.restoring import Restored


def backup(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Where backups are kept; each becomes a folder in it.")],
    keep: Annotated[
        int | None, typer.Option(min=1, help="Remove the oldest beyond so many, once the new one is whole.", show_default=False)
    ] = None,
    json: Json = False,
) -> None:
    """Copy the store, the settings and your own outlets, while the service runs.

    On PostgreSQL by its own pg_dump, which must be installed. The search index is left out: it is made from the store.
    """
    from datetime import UTC, datetime

    from scheduler.backups.making import make_backup

    made = make_backup(ctx.obj, folder, datetime.now(UTC), keep)
    if json:
        out_json({"path": made.path, "bytes": made.bytes, "manifest": made.manifest, "removed": made.removed})
        return
    counts = made.manifest.counts
    out(f"{made.path}: {counts.get('article', 0):,} articles, {made.bytes / 1e6:,.1f} MB, checked.")
    if made.removed:
        out(f"Removed: {', '.join(one.name for one in made.removed)}")
    for one in made.manifest.left_out:
        say(f"Not in it: {one} ([crawler] outlet_folders)")


def restore(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(help="A backup, or the folder of backups: then the newest.")],
    force: Annotated[bool, typer.Option("--force", help="Also over a store that holds articles; it is moved aside.")] = False,
    no_index: Annotated[bool, typer.Option("--no-index", help="Leave the search index for `depesza index rebuild`.")] = False,
    json: Json = False,
) -> None:
    """Put a backup in the store's place, then make the search index anew. Nobody may use the store meanwhile.

    The settings stay as they are where there are any. A backup of an older schema is migrated, one of a newer refused.
    """
    from datetime import UTC, datetime

    from scheduler.backups.restoring import restore as put_back

    done = put_back(ctx.obj, folder, datetime.now(UTC), force=force)
    if not json:
        _tell(done)
    written = None if no_index else _make_index(ctx.obj)
    if json:
        out_json(
            {"path": done.path, "made_at": done.manifest.made_at, "schema": done.schema, "counts": done.manifest.counts,
             "moved_to": done.moved_to, "kept": done.kept, "indexed": written}
        )  # fmt: skip
    elif written is None:
        out("Next: depesza index rebuild")
    else:
        out(f"The search index was made anew: {written:,} documents.")


def _tell(done: Restored) -> None:
    out(f"Restored {done.path} of {line(done.manifest.made_at)}: {done.manifest.counts.get('article', 0):,} articles.")
    if done.schema != done.manifest.schema:
        out(f"The store was brought from schema {done.manifest.schema} to {done.schema}.")
    if done.moved_to:
        out(f"What was there before: {done.moved_to}")
    for one in done.kept:
        say(f"{one} was kept; the backup's differs")


def _make_index(locations: Locations) -> int:
    """Documents written. Raises BackendUnavailable and IndexLater when the index cannot be made now; the store is restored then."""
    from contextlib import closing
    from datetime import UTC, datetime

    from crawler.config import store_url
    from crawler.store.database import open_database
    from indexer.config import indexer_settings
    from indexer.engines.choose import open_engine
    from indexer.push import Pushing, rebuild_index
    from indexer.retention import first_kept

    settings, now = indexer_settings(locations), datetime.now(UTC)
    with closing(open_engine(settings, locations)) as engine, closing(open_database(store_url(locations))) as database:
        how = Pushing(batch=settings.batch, kept_from=first_kept(now, settings.keep_s), is_asked_for=True)
        return rebuild_index(database, engine, now=now, how=how).written
