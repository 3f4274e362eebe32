"""A PostgreSQL store into a file and back, by PostgreSQL's own `pg_dump` and `pg_restore`, which must be on the PATH.

The rows are counted in the snapshot that is dumped, so the counts tell what is in the file. Passwords go by the environment,
never by an argument that others see.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import sqlalchemy as sa

from crawler.errors import BackendUnavailable, ConfigError
from crawler.store.database import Database, shown_address
from scheduler.backups.manifest import DUMP
from scheduler.backups.sqlite_copy import COUNTED

DUMP_OPTIONS = ("--format=custom", "--no-owner", "--no-privileges")
RESTORE_OPTIONS = ("--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction")


def dump_store(database: Database, folder: Path) -> tuple[str, dict[str, int]]:
    """Dump into `folder`; returns the schema's revision and the rows of its tables.

    Raises ConfigError without `pg_dump`, BackendUnavailable when it fails.
    """
    file = folder / DUMP
    with database.read() as connection:
        connection.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        snapshot = connection.execute(sa.text("SELECT pg_export_snapshot()")).scalar_one()
        schema, counts = _facts(connection)
        _run("pg_dump", database, *DUMP_OPTIONS, f"--snapshot={snapshot}", f"--file={file}")
    listed = _run("pg_restore", None, "--list", str(file))
    if missing := [name for name in counts if f" {name.removeprefix('pages.')} " not in listed]:
        raise BackendUnavailable(f"the dump {file} lacks tables: {', '.join(missing)}")
    return schema, counts


def load_store(database: Database, file: Path) -> None:
    """Fill the empty database from a dump, in one transaction. Raises as `dump_store`."""
    _run("pg_restore", database, *RESTORE_OPTIONS, str(file))


def is_empty(database: Database) -> bool:
    """Whether there is no table of ours."""
    with database.read() as connection:
        return not sa.inspect(connection).get_table_names()


def rows_of(database: Database) -> dict[str, int]:
    """Table -> rows, now."""
    with database.read() as connection:
        return _facts(connection)[1]


def _facts(connection: sa.Connection) -> tuple[str, dict[str, int]]:
    schema: str = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one()
    there = set(sa.inspect(connection).get_table_names())
    names = [(name, name.removeprefix("pages.")) for name in COUNTED]  # PostgreSQL has one schema for both
    return schema, {
        name: connection.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one()  # noqa: S608 - names of our own
        for name, table in names
        if table in there
    }


def _run(program: str, database: Database | None, *arguments: str) -> str:
    """What it printed. The database's password is told by the environment."""
    path = shutil.which(program)
    if path is None:
        shown = f"--dbname={shown_address(_for_libpq(database.engine.url))} " if database else ""
        raise ConfigError(
            f"{program} is not on the PATH: install PostgreSQL's client programs, at least of the server's version, or run it where "
            f"they are: {program} {shown}{' '.join(one for one in arguments if not one.startswith('--snapshot'))}"
        )
    command, environ = [path, *arguments], dict(os.environ)
    if database is not None:
        url = _for_libpq(database.engine.url)
        password = url.password or url.query.get("password")
        if password:
            environ["PGPASSWORD"] = str(password)
        bare = url.set(password=None).difference_update_query(["password"])
        command.insert(1, f"--dbname={bare.render_as_string(hide_password=False)}")
    done = subprocess.run(command, env=environ, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise BackendUnavailable(f"{program} failed: {said[0]}")
    return done.stdout


def _for_libpq(url: sa.URL) -> sa.URL:
    return url.set(drivername="postgresql")
