"""The command `depesza export`. `scheduler.command` joins it; imports stand inside the function, as in `cli`."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, TypeVar

import typer

from crawler.terminal import out_json, say

if TYPE_CHECKING:
    from indexer.desk import Desk
    from indexer.export import Reserved

T = TypeVar("T")
_TOLD_EVERY = 500


class ExportFormat(StrEnum):
    """How articles are written."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    WARC = "warc"


def export_command(
    ctx: typer.Context,
    query: Annotated[list[str], typer.Argument(help="The query, as for `depesza search`; '' takes everything.")],
    format: Annotated[
        ExportFormat, typer.Option(help="jsonl and csv; parquet and warc need the extra of that name.")
    ] = ExportFormat.JSONL,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; standard output unless given.", show_default=False)
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Articles at most, the newest.", show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was written as JSON; needs --output.")] = False,
) -> None:
    """Write every article that a query finds, copies each, the newest first, as a stream.

    WARC holds the raw pages that are still kept ([store] keep_pages). Where [indexer] allow_fulltext_export is false, texts,
    leads and pages are left out; so they are of articles whose pages reserve text mining, unless [indexer]
    allow_reserved_export is true. Exit code 1 when nothing is found.
    """
    from crawler.errors import ConfigError
    from indexer.config import indexer_settings
    from indexer.desk import Desk
    from indexer.export import Reserved, count

    settings = indexer_settings(ctx.obj)
    with_text, reserved = settings.allow_fulltext_export, Reserved(settings.allow_reserved_export)
    if as_json and output is None:
        raise typer.BadParameter("standard output holds the articles; say --output FILE", param_hint="--json")
    if format is ExportFormat.WARC and not with_text:
        raise ConfigError("[indexer] allow_fulltext_export is false, and a WARC holds whole pages: choose another format")
    with closing(Desk.open(ctx.obj)) as desk:
        total, hint = count(desk, " ".join(query))
        if hint:
            say(hint)
        if not with_text:
            say("Texts and leads are left out: [indexer] allow_fulltext_export is false.")
        wanted = min(total, limit) if limit else total
        with _opened(output) as stream:
            written, missing = _write(desk, " ".join(query), format, stream, (limit, wanted, with_text), reserved)
    if as_json:
        out_json(
            {
                "written": written,
                "without_page": missing,
                "file": output,
                "with_text": with_text,
                "text_reserved": reserved.left_out,
            }
        )
    if reserved.left_out:
        say(
            f"Of {reserved.left_out:,} the {'page' if format is ExportFormat.WARC else 'text'} was left out: they reserve text mining "
            "([indexer] allow_reserved_export)."
        )
    say(f"{written:,} articles written." + (f" Of {missing:,} the page is not kept." if missing else ""))
    raise typer.Exit(0 if total else 1)


def _write(
    desk: Desk, query: str, format: ExportFormat, stream: BinaryIO, how: tuple[int | None, int, bool], reserved: Reserved
) -> tuple[int, int]:
    """Returns how many were written, and of how many the page is missing."""
    from importlib.metadata import version

    from indexer import export, export_formats

    limit, wanted, with_text = how
    count = _Counter(wanted)
    if format is ExportFormat.WARC:
        software = f"Depesza {version('depesza')}"
        export_formats.write_warc(
            stream, count.told(export.pages(desk, query, limit=limit, reserved=reserved)), software, count.miss
        )
    else:
        records = count.told(export.records(desk, query, with_text=with_text, limit=limit, reserved=reserved))
        if format is ExportFormat.JSONL:
            export_formats.write_jsonl(stream, records)
        else:
            write = export_formats.write_csv if format is ExportFormat.CSV else export_formats.write_parquet
            write(stream, records, with_text=with_text)
    return count.through - count.missing, count.missing


class _Counter:
    """Counts what goes through and tells a person who watches."""

    def __init__(self, wanted: int) -> None:
        self.through = self.missing = 0
        self._wanted = wanted

    def miss(self, article_id: str) -> None:
        self.missing += 1

    def told(self, items: Iterable[T]) -> Iterator[T]:
        is_watched = sys.stderr.isatty()
        for item in items:
            self.through += 1
            if is_watched and self.through % _TOLD_EVERY == 0:
                typer.echo(f"\r{self.through:,} of {self._wanted:,}", err=True, nl=False)
            yield item
        if is_watched and self.through >= _TOLD_EVERY:
            typer.echo("\r", err=True, nl=False)


@contextlib.contextmanager
def _opened(output: Path | None) -> Iterator[BinaryIO]:
    """The file, in its place only when it is whole; or standard output."""
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    fresh = output.with_name(f"{output.name}.part")
    try:
        with fresh.open("wb") as stream:
            yield stream
        fresh.replace(output)
    finally:
        fresh.unlink(missing_ok=True)
