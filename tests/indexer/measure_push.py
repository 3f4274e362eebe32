"""Figures for indexer/README.md, not a test: how quickly the outbox goes to a real Elasticsearch.

`python tests/indexer/measure_push.py 20000` compares with bare `elasticsearch.helpers.bulk` (chunks of 500, orjson) of the same
ready entries, in the same run, on the same server. `python tests/indexer/measure_push.py 100000 memory` prints what the process
holds while it pushes. The server is DEPESZA_TEST_ELASTICSEARCH_URL, or one that is started for the run.
"""

from __future__ import annotations

import contextlib
import gc
import os
import random
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from elasticsearch import helpers

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from crawler.model.article import AddressKind, Article, ArticleAddress, Fingerprint, PublishedFrom, article_id  # noqa: E402 - the path comes first
from crawler.model.attribution import Attribution, Evidence, EvidenceKind, NamedSourceKind, SourceRole  # noqa: E402 - as above
from crawler.store.articles import Visit, article_ids, insert_article  # noqa: E402 - as above
from crawler.store.database import Database, open_database  # noqa: E402 - as above
from crawler.store.outbox import put_every_article_in_outbox  # noqa: E402 - as above
from indexer.config import IndexerSettings  # noqa: E402 - as above
from indexer.engines.elastic import ElasticEngine  # noqa: E402 - as above
from indexer.engines.elastic_client import make_client  # noqa: E402 - as above
from indexer.engines.elastic_entry import make_entry  # noqa: E402 - as above
from indexer.engines.elastic_layout import Names as IndexNames  # noqa: E402 - as above
from indexer.gathering import make_documents, read_names  # noqa: E402 - as above
from indexer.push import Pushing, push_pending  # noqa: E402 - as above
from indexer.store_forms import StoreForms  # noqa: E402 - as above
from tests.elasticsearch_server import clean_up, start_elasticsearch  # noqa: E402 - as above
from tests.indexer.story_rows import put_in_story  # noqa: E402 - as above

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
CHUNK = 500
ROUNDS = 3
WORDS = 430
"""Of an article: some 3 kB."""
ENDINGS = ("", "a", "u", "owi", "em", "ie", "y", "ów", "om", "ami", "ach", "ą", "ę", "ego", "emu", "ych")


def main(count: int, memory: bool) -> None:
    prefix = f"measure{secrets.token_hex(4)}"
    with tempfile.TemporaryDirectory() as folder, server() as url:
        database = open_database(f"sqlite:///{folder}/depesza.sqlite")
        fill(database, count)
        settings = [
            IndexerSettings(engine="elasticsearch", url=url, index=f"{prefix}_{number}") for number in range(2 + 2 * ROUNDS)
        ]
        try:
            if memory:
                measure_memory(database, settings[0])
            else:
                measure_rates(database, settings, count)
        finally:
            clean_up(url, prefix)


def measure_rates(database: Database, settings: list[IndexerSettings], count: int) -> None:
    """Bare and ours take turns, so that neither has the warmer server; a first round warms it and measures what is new."""
    entries = ready_entries(database)
    gc.collect()
    gc.freeze()  # the entries are bare's: nobody else's garbage collection is to go through them
    rates: dict[str, list[float]] = {"bare": [], "push": [], "again": []}
    timed(lambda: bare(settings[0], entries))
    cold = count / timed(lambda: push(database, settings[1]))
    for turn in range(ROUNDS):
        rates["bare"].append(count / timed(lambda: bare(settings[2 + 2 * turn], entries)))  # noqa: B023 - called at once
        rates["push"].append(count / timed(lambda: push(database, settings[3 + 2 * turn])))  # noqa: B023 - as above
        rates["again"].append(count / timed(lambda: push(database, settings[3 + 2 * turn])))  # noqa: B023 - as above
    middle = statistics.median(rates["bare"])
    for name, found in (("every form new", [cold]), *rates.items()):
        print(
            f"{name:16} {statistics.median(found):6.0f}/s {statistics.median(found) / middle:5.0%}   {[round(one) for one in found]}"
        )


def measure_memory(database: Database, settings: IndexerSettings) -> None:
    def progress(through: int) -> None:
        if through % 10_000 == 0:
            print(f"{through:7} documents  {held_mb('VmRSS'):5.0f} MB now  {held_mb('VmHWM'):5.0f} MB at most")

    Path("/proc/self/clear_refs").write_text("5")  # proc(5): the highest mark begins anew
    push(database, settings, progress)


def push(database: Database, settings: IndexerSettings, progress: Callable[[int], None] | None = None) -> None:
    """Everything, by a process that has just been started: nothing is remembered."""
    with database.write() as connection:
        put_every_article_in_outbox(connection, NOON)
    engine = ElasticEngine(settings, lambda: StoreForms(open_database(str(database.engine.url))))
    report = push_pending(database, engine, now=NOON, how=Pushing(batch=CHUNK, progress=progress))
    engine.close()
    assert not report.stopped and not report.waiting and not report.rejected, report


def bare(settings: IndexerSettings, entries: list[dict[str, Any]]) -> None:
    ElasticEngine(settings, lambda: StoreForms(open_database(""))).create()
    client = make_client(settings)
    names = IndexNames(settings.index)
    month = names.month(1, NOON.replace(day=1))
    client.indices.create(index=month)
    actions = (
        {"_op_type": "index", "_index": names.write(month), "_id": one["id"], "version": one["index_version"], "version_type": "external", "_source": one}
        for one in entries
    )  # fmt: skip
    helpers.bulk(client, actions, chunk_size=CHUNK)
    client.close()


def ready_entries(database: Database) -> list[dict[str, Any]]:
    with database.read() as connection:
        ids = article_ids(connection, limit=10**9)
        return [make_entry(document) for document in make_documents(connection, ids, read_names(connection))]


def fill(database: Database, count: int) -> None:
    """Articles of a Polish-like language of 40,000 forms by Zipf's law, in stories of three, with addresses and a credit."""
    chance = random.Random(1)
    stems = ["".join(chance.choice("bcdfgklmnprstwz") + chance.choice("aeiouy") for _ in range(chance.randint(2, 4))) for _ in range(2500)]  # fmt: skip
    words = ["prezydent", "miasto", "prezydenta", "miasta", *(stem + ending for stem in stems for ending in ENDINGS)]
    weights = [1 / (rank + 10) for rank in range(len(words))]
    visit = Visit(at=NOON, source_updated_at=None, next_visit_at=None)
    for start in range(0, count, CHUNK):
        with database.write() as connection:
            for number in range(start, min(count, start + CHUNK)):
                article = make_article(number, chance.choices(words, weights, k=WORDS))
                insert_article(connection, article, visit)
                story = f"{number // 3:032x}"
                put_in_story(connection, story, article.id, is_new=number % 3 == 0)


def make_article(number: int, words: list[str]) -> Article:
    url = f"https://x.example/{number}"
    quote = Evidence(kind=EvidenceKind.CREDIT_LINE, quote="PAP", where="credits", start=0, end=3, weight=0.9)
    credit = Attribution(source="pap", source_kind=NamedSourceKind.AGENCY, role=SourceRole.ORIGIN, position=1, confidence=0.9, evidence=(quote,))  # fmt: skip
    sentences = [" ".join(words[start : start + 12]).capitalize() + "." for start in range(0, len(words), 12)]
    paragraphs = [" ".join(sentences[start : start + 4]) for start in range(0, len(sentences), 4)]
    return Article(
        id=article_id(url), url=url, outlet=f"o{number % 20}", title=" ".join(words[:8]), text="\n\n".join(paragraphs), language="pl",
        authors=("Anna Żak",), byline="Anna Żak", credits="PAP", attributions=(credit,), tags=("polityka", "kraj"), section="Kraj",
        published_at=NOON - timedelta(minutes=number % 30_000), published_from=PublishedFrom.PAGE, first_seen_at=NOON, content_sha256="",
        fingerprint=Fingerprint(hashes=tuple(range(number, number + 120)), positions=tuple(range(120)), words=len(words)),
        normalizer_version=1, addresses=tuple(ArticleAddress(url=f"{url}{end}", kind=AddressKind.ENTRY) for end in ("", "?a")),
    )  # fmt: skip


@contextlib.contextmanager
def server() -> Iterator[str]:
    if url := os.environ.get("DEPESZA_TEST_ELASTICSEARCH_URL"):
        yield url.rstrip("/")
        return
    with start_elasticsearch() as started:
        yield started.url


def timed(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def held_mb(field: str) -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(field))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000, "memory" in sys.argv[2:])
