"""Opening the store: SQLite in WAL mode by default, PostgreSQL by address; schema check and migration.

One `Database` per process. `read()` and `write()` each hand out a connection inside one transaction. On SQLite `write()`
takes the write lock at once (BEGIN IMMEDIATE), so two writers queue instead of failing half-way.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa

from crawler.errors import BackendUnavailable, ConfigError, full_disk
from crawler.store.schema import page_metadata

SCHEMA_REVISION = "0008"
"""The newest migration; raised together with the file in `migrations/versions` (a test compares)."""
BUSY_TIMEOUT_MS = 30_000
_NOTICE_A_DEAD_NETWORK = {
    "connect_timeout": "10", "keepalives_idle": "10", "keepalives_interval": "5", "keepalives_count": "3", "tcp_user_timeout": "20000",
}  # fmt: skip
"""Parameters of libpq: a server that a cut network hides is given up after 25 s, not after the system's quarter of an hour."""
_END_DEAD_CLIENTS = (
    "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; SET tcp_user_timeout = 20000"
)
"""Told to the server, so that it ends our session as soon: its locks would hold up every other machine for two hours otherwise."""
_NO_SLEEP_IN_A_WRITE = "SET LOCAL idle_in_transaction_session_timeout = 120000"
"""The same for a client that stands still (SIGSTOP) in the midst of a write: the server takes its locks away after two minutes."""
_MIGRATIONS = Path(__file__).parent / "migrations"
_NETWORK_FILE_SYSTEMS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afpfs"}


class Database:
    """The store, opened and of the right schema. Safe to share between threads."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine

    @property
    def is_sqlite(self) -> bool:
        """Whether the store is a SQLite file."""
        return self.engine.dialect.name == "sqlite"

    @contextlib.contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A connection in one read transaction. Raises BackendUnavailable when the database cannot be reached."""
        with _said(self.engine), self.engine.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A connection in one write transaction, committed at the end, rolled back on an error."""
        with _said(self.engine), self.engine.connect().execution_options(depesza_write=True) as connection, connection.begin():
            if not self.is_sqlite:
                connection.exec_driver_sql(_NO_SLEEP_IN_A_WRITE)
            yield connection

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()


def open_database(url: str, *, migrate: bool = True) -> Database:
    """Open the store at `url`.

    A SQLite file is created, or migrated after a copy of the file (`migrate=False` refuses instead). PostgreSQL is
    migrated only by `depesza db upgrade`; here an older schema is refused with that hint. A newer schema than this
    program knows is always refused. Raises ConfigError for a bad address, BackendUnavailable otherwise.
    """
    database = connect_database(url)
    engine = database.engine
    found = schema_revision(database)
    if found == SCHEMA_REVISION:
        if database.is_sqlite:
            with _said(engine):
                page_metadata.create_all(engine)
        return database
    _refuse_newer(found)
    if not database.is_sqlite or not migrate:
        state = "is empty" if found is None else f"has schema {found}, this Depesza needs {SCHEMA_REVISION}"
        raise BackendUnavailable(f"the store at {shown_address(engine.url)} {state}: run `depesza db upgrade`")
    upgrade(database)
    return database


def connect_database(url: str) -> Database:
    """The store at `url` whatever its schema: for `depesza db upgrade` and `doctor`. Raises ConfigError for a bad address."""
    return Database(_engine(url))


def upgrade(database: Database) -> Path | None:
    """Bring the schema to SCHEMA_REVISION. A SQLite file with data is copied first; returns that copy's path."""
    from alembic import command
    from alembic.config import Config

    _refuse_newer(schema_revision(database))
    backup = _copy_before_migration(database)
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    with _said(database.engine):
        page_metadata.create_all(database.engine)
    return backup


def shown_address(url: sa.URL) -> str:
    """The address for messages and logs, no password in it: neither before the host nor among the parameters (SAFETY A13)."""
    secret = [name for name in url.query if "password" in name.lower()]
    return url.update_query_dict(dict.fromkeys(secret, "***")).render_as_string(hide_password=True)


def schema_revision(database: Database) -> str | None:
    """The schema's revision, or None for an empty database."""
    with database.read() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def _refuse_newer(found: str | None) -> None:
    if found is not None and found > SCHEMA_REVISION:
        raise BackendUnavailable(
            f"the store has schema {found}, newer than this Depesza knows ({SCHEMA_REVISION}): upgrade Depesza, or restore a backup"
        )


def read_address(url: str) -> sa.URL:
    """The address of a store, for the driver that is used. Nothing is opened. Raises ConfigError naming what it may be."""
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        raise ConfigError("[store] url: this is no database address; write sqlite:///FILE or postgresql://HOST/NAME") from None
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise ConfigError(f"[store] url: {parsed.drivername} is not supported; use sqlite:///FILE or postgresql://HOST/NAME")
    return parsed


def _engine(url: str) -> sa.Engine:
    parsed = read_address(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite_engine(parsed)
    patience = {name: value for name, value in _NOTICE_A_DEAD_NETWORK.items() if name not in parsed.query}
    try:
        engine = sa.create_engine(parsed, pool_pre_ping=True, connect_args=patience)
    except ModuleNotFoundError:
        raise ConfigError("[store] url: PostgreSQL needs the extra: pip install 'depesza[postgresql]'") from None

    @sa.event.listens_for(engine, "connect")
    def _connect(connection: Any, record: Any) -> None:
        connection.execute(_END_DEAD_CLIENTS)
        connection.commit()

    return engine.execution_options(schema_translate_map={"pages": None})


def _sqlite_engine(url: sa.URL) -> sa.Engine:
    if not url.database or url.database == ":memory:":
        raise ConfigError("[store] url: SQLite needs a file: sqlite:///PATH")
    file = Path(url.database).absolute()
    _check_folder(file.parent)
    engine = sa.create_engine(
        url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False}, json_deserializer=_read_json
    )
    pages = pages_file(file)

    @sa.event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, record: Any) -> None:
        connection.isolation_level = None  # transactions are ours: the driver's own begin too late for a write lock
        connection.execute("ATTACH DATABASE ? AS pages", (str(pages),))
        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        for schema in ("main", "pages"):  # a setting without a schema holds for the main file only
            connection.execute(f"PRAGMA {schema}.journal_mode=WAL")
            connection.execute(f"PRAGMA {schema}.synchronous=NORMAL")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("depesza_write") else "BEGIN")

    return engine


def _read_json(text: str) -> Any:
    """As `json.loads`, in a tenth of the time (reading articles: a third less)."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:  # NaN and lone surrogates, which our own writer lets through
        return json.loads(text)


def pages_file(file: Path) -> Path:
    """Where the raw pages of the SQLite store `file` lie."""
    return file.with_name(f"{file.stem}-pages{file.suffix}")


def _check_folder(folder: Path) -> None:
    """SAFETY F32: a folder that cannot be written, or lies on a network drive, is refused with the reason."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"the data folder {folder} cannot be made: {error.strerror}; choose another with --data-dir") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ConfigError(f"the data folder {folder} is not writable for this user; choose another with --data-dir")
    if (kind := _file_system(folder)) in _NETWORK_FILE_SYSTEMS:
        raise ConfigError(
            f"the data folder {folder} is on a network drive ({kind}), where SQLite loses data; use a local folder or PostgreSQL"
        )


def _file_system(folder: Path, mounts: Path = Path("/proc/self/mounts")) -> str | None:
    """The type of the file system under `folder`, where the system tells (Linux); None elsewhere."""
    try:
        rows = [line.split()[1:3] for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines()]
    except OSError:
        return None
    folder = folder.resolve()
    under = [(point, kind) for point, kind in rows if folder.is_relative_to(point.replace("\\040", " "))]
    return max(under, key=lambda row: len(row[0]))[1] if under else None


def _copy_before_migration(database: Database) -> Path | None:
    found = schema_revision(database)
    if not database.is_sqlite or found is None or found == SCHEMA_REVISION:
        return None
    file = Path(str(database.engine.url.database))
    copy = file.with_name(f"{file.stem}-before-{SCHEMA_REVISION}{file.suffix}")
    # SQLite's own copy: it holds what still lies in the WAL file, also while others read or write (a checkpoint may not)
    try:
        with (
            _said(database.engine),
            contextlib.closing(sqlite3.connect(file)) as source,
            contextlib.closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
    except BackendUnavailable:
        copy.unlink(missing_ok=True)  # half a copy would be taken for a whole one
        raise
    return copy


@contextlib.contextmanager
def _said(engine: sa.Engine) -> Iterator[None]:
    """Turn the driver's own words on a lost, locked or full database into ours."""
    try:
        yield
    except (sa.exc.OperationalError, sqlite3.OperationalError) as error:  # SQLite's own when a connection cannot even be set up
        if engine.dialect.name == "sqlite" and (full := full_disk(Path(str(engine.url.database)).parent, error)):
            raise BackendUnavailable(full) from error
        said = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise BackendUnavailable(f"the store {shown_address(engine.url)} cannot be used: {said}") from error
    except sa.exc.DatabaseError as error:
        if "malformed" in str(error) or "not a database" in str(error):
            raise BackendUnavailable(
                f"the store {shown_address(engine.url)} is damaged: restore a backup ({error.orig})"
            ) from error
        raise
