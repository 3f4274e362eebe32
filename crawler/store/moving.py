"""A store's rows into another, empty store: how SQLite becomes PostgreSQL when one machine is not enough, or the other way.

All or nothing: one transaction on each side. Not copied is who works on the store at this moment (`LEFT`). Raw pages come along.
Not here: whether anybody uses the store meanwhile (`scheduler.upkeep_cli`); the search index, which is made anew from the store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import sqlalchemy as sa

from crawler.errors import BackendUnavailable, ConfigError
from crawler.store.database import SCHEMA_REVISION, Database, schema_revision, shown_address, upgrade
from crawler.store.schema import lease, metadata, page_metadata, process

ROWS_AT_ONCE = 500
LEFT = (lease, process)
"""Tables of who works on the store now, which is nobody."""


def copy_store(source: Database, target: Database, tell: Callable[[str, int], None] = lambda table, rows: None) -> dict[str, int]:
    """Make the empty `target` the same store; returns table -> rows. `tell` hears of each table that is done.

    Nobody can write to a SQLite source meanwhile. Raises ConfigError when the source is of another schema, when the target is not
    empty, or for a row that it cannot hold; BackendUnavailable when one of them cannot be used. Then the target stays empty.
    """
    if (found := schema_revision(source)) != SCHEMA_REVISION:
        raise ConfigError(
            f"the store has schema {found or 'none'}, this Depesza needs {SCHEMA_REVISION}: run `depesza db upgrade`"
        )
    if _place(source) == _place(target):
        raise ConfigError(f"{shown_address(target.engine.url)} is this store itself: name another, empty database")
    if schema_revision(target) != SCHEMA_REVISION:
        upgrade(target)
    copied: dict[str, int] = {}
    with source.write() as reading, target.write() as writing:
        for table in tables():
            if writing.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first():
                raise ConfigError(
                    f"{shown_address(target.engine.url)} is not empty ({table.name}): name a database without a store"
                )
        for table in tables():
            copied[table.name] = _copy(table, reading, writing)
            tell(table.name, copied[table.name])
        if not target.is_sqlite:
            _go_on_counting(writing)
    return copied


def _place(database: Database) -> tuple[object, ...]:
    """Where it is: the file, or server and name."""
    url = database.engine.url
    if database.is_sqlite:
        return (Path(str(url.database)).resolve(),)
    return url.host, url.port, url.database, url.query.get("host")


def tables() -> Iterator[sa.Table]:
    """Those that are copied, each after those that it refers to."""
    for known in (metadata, page_metadata):
        yield from (table for table in known.sorted_tables if table not in LEFT)


def _copy(table: sa.Table, reading: sa.Connection, writing: sa.Connection) -> int:
    count = 0
    rows = reading.execution_options(yield_per=ROWS_AT_ONCE).execute(sa.select(table))
    for some in rows.mappings().partitions():
        try:
            writing.execute(table.insert(), [dict(row) for row in some])
        except (sa.exc.DataError, sa.exc.IntegrityError) as error:
            said = str(error.orig).strip().splitlines()[0]
            raise ConfigError(f"rows of {table.name} cannot be held by the other store: {said}") from error
        count += len(some)
    held = writing.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
    if held != count:
        raise BackendUnavailable(f"{table.name} has {count} rows here and {held} there")
    return count


def _go_on_counting(connection: sa.Connection) -> None:
    """PostgreSQL's counters know nothing of numbers that came with their rows: the next row would get one that is taken."""
    for table in tables():
        column = table.autoincrement_column
        if column is None:
            continue
        name = connection.execute(sa.func.pg_get_serial_sequence(table.name, column.name).select()).scalar()
        if name is not None:
            highest = sa.select(sa.func.coalesce(sa.func.max(column), 0) + 1).scalar_subquery()
            connection.execute(sa.select(sa.func.setval(name, highest, False)))
