"""Records as JSON Lines, CSV or Parquet, kept pages as WARC, written as they come. The last two need an extra of the package."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from http import HTTPStatus
from typing import Any, BinaryIO

import orjson

from crawler.errors import ConfigError
from crawler.model.page import Page
from indexer.export import Record
from indexer.export_rows import COLUMNS, csv_lines

_ROWS_AT_ONCE = 500
_LISTS = ("authors", "tags", "agencies", "agency_names")
_TIMES = ("published_at", "first_seen_at", "modified_at", "removed_at")
_FURTHER = ("byline", "credits", "published_from", "image_url", "image_credit", "content_sha256")
_NOT_AS_SENT = frozenset(["content-encoding", "transfer-encoding", "content-length"])
"""Headers that do not hold for a body that is kept decoded."""


def table_columns(with_text: bool) -> tuple[str, ...]:
    """The columns of CSV and Parquet."""
    return (*COLUMNS, *(("text",) if with_text else ()), *_FURTHER)


def write_jsonl(stream: BinaryIO, records: Iterable[Record]) -> None:
    """One JSON object a line."""
    for record in records:
        stream.write(orjson.dumps(record) + b"\n")


def write_csv(stream: BinaryIO, records: Iterable[Record], *, with_text: bool) -> None:
    """RFC 4180 in UTF-8; no cell is a formula."""
    columns = table_columns(with_text)
    stream.write(csv_lines((), columns).encode())
    for record in records:
        stream.write(csv_lines([record], columns, head=False).encode("utf-8"))


def write_parquet(stream: BinaryIO, records: Iterable[Record], *, with_text: bool) -> None:
    """A row group every 500 articles; times are instants in UTC. Raises ConfigError without the extra."""
    try:
        import pyarrow as arrow
        import pyarrow.parquet as parquet
    except ModuleNotFoundError:
        raise _missing("parquet") from None
    columns = table_columns(with_text)
    kinds: dict[str, Any] = dict.fromkeys(columns, arrow.string())
    kinds |= dict.fromkeys(_LISTS, arrow.list_(arrow.string())) | dict.fromkeys(_TIMES, arrow.timestamp("us", tz="UTC"))
    kinds |= {"copies": arrow.int32(), "is_origin": arrow.bool_()}
    schema = arrow.schema([(name, kinds[name]) for name in columns])
    with parquet.ParquetWriter(arrow.PythonFile(stream, mode="w"), schema, compression="zstd") as writer:
        for batch in _batches(records, _ROWS_AT_ONCE):
            writer.write_table(arrow.Table.from_pylist([_row(one, columns) for one in batch], schema=schema))


def write_warc(stream: BinaryIO, pages: Iterable[tuple[str, Page | None]], software: str, missing: Callable[[str], None]) -> None:
    """A gzipped WARC/1.1 with a response of each page, bodies decoded as they are kept. `missing` is told the id of an article
    without a page. Raises ConfigError without the extra."""
    try:
        from warcio.statusandheaders import StatusAndHeaders
        from warcio.warcwriter import WARCWriter
    except ModuleNotFoundError:
        raise _missing("warc") from None
    writer = WARCWriter(stream, gzip=True, warc_version="1.1")
    writer.write_record(
        writer.create_warcinfo_record("depesza.warc.gz", {"software": software, "format": "WARC File Format 1.1"})
    )
    for one, page in pages:
        if page is None:
            missing(one)
            continue
        kept = [(_token(name), _header(value)) for name, value in page.headers if name not in _NOT_AS_SENT]
        told = [*kept, ("content-length", str(len(page.body)))]
        record = writer.create_warc_record(
            page.final_url, "response", payload=io.BytesIO(page.body),
            http_headers=StatusAndHeaders(f"{page.status} {_phrase(page.status)}", told, protocol="HTTP/1.1"),
            warc_headers_dict={"WARC-Date": page.fetched_at.strftime("%Y-%m-%dT%H:%M:%SZ")},
        )  # fmt: skip
        writer.write_record(record)


def _row(record: Record, columns: tuple[str, ...]) -> dict[str, Any]:
    row = {name: record.get(name) for name in columns}
    return row | {name: datetime.fromisoformat(told) if (told := record.get(name)) else None for name in _TIMES}


def _batches(records: Iterable[Record], size: int) -> Iterator[list[Record]]:
    walk = iter(records)
    while batch := list(itertools.islice(walk, size)):
        yield batch


def _missing(extra: str) -> ConfigError:
    return ConfigError(f"--format {extra} needs the extra: pip install 'depesza[{extra}]'")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _token(name: str) -> str:
    return "".join(char for char in name if char.isascii() and (char.isalnum() or char in "!#$%&'*+-.^_`|~"))


def _header(value: str) -> str:
    """A value without what would begin another header (SAFETY A14)."""
    return " ".join("".join(char if char.isprintable() else " " for char in value).split())
