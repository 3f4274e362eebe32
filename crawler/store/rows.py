"""Records to and from database rows: JSON by pydantic, times with their offsets, fingerprints as packed bytes."""

from __future__ import annotations

import struct
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any, TypeVar

import orjson
import sqlalchemy as sa
from pydantic import TypeAdapter

from crawler.model.article import Fingerprint

T = TypeVar("T")


_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}


def _adapter(kind: Any) -> TypeAdapter[Any]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def to_json(value: Any, kind: Any) -> Any:
    """`value` of type `kind` as plain JSON data."""
    return _adapter(kind).dump_python(value, mode="json")


def from_json(data: Any, kind: type[T]) -> T:
    """The inverse of `to_json`. Raises pydantic.ValidationError for data of another shape."""
    adapter: TypeAdapter[T] = _adapter(kind)
    return adapter.validate_python(data)


def offset_s(value: datetime | None) -> int | None:
    """Seconds east of UTC that an aware time carries."""
    offset = value.utcoffset() if value else None
    return int(offset.total_seconds()) if offset is not None else None


def with_offset(value: datetime | None, seconds: int | None) -> datetime | None:
    """An instant from the store, told again with the offset that was kept beside it."""
    if value is None or seconds is None:
        return value
    return value.astimezone(timezone(timedelta(seconds=seconds)))


def pack_fingerprint(fingerprint: Fingerprint) -> bytes:
    """Little-endian: words, count, hashes (u64), positions (u32)."""
    count = len(fingerprint.hashes)
    return struct.pack(f"<II{count}Q{count}I", fingerprint.words, count, *fingerprint.hashes, *fingerprint.positions)


def unpack_fingerprint(data: bytes) -> Fingerprint:
    """The inverse of `pack_fingerprint`; empty bytes give an empty fingerprint."""
    if not data:
        return Fingerprint()
    words, count = struct.unpack_from("<II", data)
    values = struct.unpack_from(f"<{count}Q{count}I", data, 8)
    return Fingerprint(hashes=values[:count], positions=values[count:], words=words)


def upsert(connection: sa.Connection, table: sa.Table, rows: list[dict[str, Any]], *, keep: tuple[str, ...] = ()) -> None:
    """Insert rows; where the primary key is there already, overwrite every other column but those in `keep`.

    The one dialect-specific statement of the house (SQLite and PostgreSQL share ON CONFLICT). Rows share their keys.
    """
    if not rows:
        return
    connection.execute(_upsert(connection.dialect.name, table, tuple(rows[0]), keep), rows)


@lru_cache(maxsize=200)
def _upsert(dialect: str, table: sa.Table, names: tuple[str, ...], keep: tuple[str, ...]) -> Any:
    """The statement for rows of these columns. Kept, for building it costs more than it does: a poll that finds nothing new writes four."""
    keys = [column.name for column in table.primary_key]
    statement = _insert(dialect, table)
    changes = {name: statement.excluded[name] for name in names if name not in keys and name not in keep}
    if changes:
        return statement.on_conflict_do_update(index_elements=keys, set_=changes)
    return statement.on_conflict_do_nothing(index_elements=keys)


def insert(connection: sa.Connection, table: sa.Table) -> Any:
    """The dialect's own INSERT, which knows ON CONFLICT."""
    return _insert(connection.dialect.name, table)


def _insert(dialect: str, table: sa.Table) -> Any:
    from sqlalchemy.dialects import postgresql, sqlite

    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def among(connection: sa.Connection, column: Any, values: Collection[Any]) -> Any:
    """Whether `column` is one of `values`: one bound value and one text of SQL, however many they are."""
    if connection.dialect.name == "postgresql":
        return column == sa.any_(sa.literal(list(values), sa.ARRAY(column.type)))
    listed = sa.func.json_each(orjson.dumps(list(values)).decode()).table_valued("value")
    return column.in_(sa.select(listed.c.value))


def read_among(connection: sa.Connection, text: str, values: Sequence[Any]) -> Sequence[Any]:
    """Rows of the SQL `text`, whose "AMONG" at its end stands for "is one of `values`". For columns of numbers: nothing is converted."""
    if not values:
        return ()
    if connection.dialect.name == "postgresql":
        return connection.exec_driver_sql(text.replace("AMONG", "= ANY(%s)"), (list(values),)).fetchall()
    listed = orjson.dumps(list(values)).decode()
    return connection.exec_driver_sql(text.replace("AMONG", "IN (SELECT value FROM json_each(?))"), (listed,)).fetchall()


def write_rows(connection: sa.Connection, table: sa.Table, rows: Sequence[tuple[int, ...]]) -> None:
    """Insert rows of numbers in the order of the table's columns; one that is there already stays. For thousands of rows: SQLAlchemy
    takes five times as long to bind them."""
    if not rows:
        return
    names = ", ".join(column.name for column in table.c)
    if connection.dialect.name == "postgresql":
        kinds = [column.type.compile(connection.dialect) for column in table.c]
        lists = ", ".join(f"%s::{kind}[]" for kind in kinds)
        text = f"INSERT INTO {table.name} ({names}) SELECT * FROM unnest({lists}) ON CONFLICT DO NOTHING"  # noqa: S608 - names of our own tables
        connection.exec_driver_sql(text, tuple(list(column) for column in zip(*rows, strict=True)))
    else:
        marks = ", ".join("?" for _ in table.c)
        text = f"INSERT INTO {table.name} ({names}) VALUES ({marks}) ON CONFLICT DO NOTHING"  # noqa: S608 - as above
        connection.exec_driver_sql(text, list(rows))


def in_batches(values: list[T], size: int = 500) -> list[list[T]]:
    """SQLite takes at most 32,766 bound values a statement; long IN lists go in batches."""
    return [values[start : start + size] for start in range(0, len(values), size)]
