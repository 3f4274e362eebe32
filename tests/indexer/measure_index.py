"""Figures for indexer/README.md, not a test: `python tests/indexer/measure_index.py 100000 --engine both` (articles).

Articles of 200 words drawn by Zipf's law from 40,000 made-up Polish-like forms and the forms of some real words, in stories of
three, one a minute (so that 100,000 fill four calendar indices); every tenth holds one of twenty phrases. They are pushed as the pusher does (words first, batches of 500, as many at once as the
engine takes); then eight shapes of query are asked through the search service: parsing, expansion, a page of 20 folded stories
with snippets. The table goes to standard output, progress to standard error. The server is DEPESZA_TEST_ELASTICSEARCH_URL, or
one with a heap of 1 GB that is started for the run and removed.
"""

from __future__ import annotations

import argparse
import os
import random
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from crawler.model.article import Article, PublishedFrom, article_id  # noqa: E402 - the path comes first
from crawler.store.database import open_database  # noqa: E402 - as above
from indexer.buckets import Step  # noqa: E402 - as above
from indexer.config import IndexerSettings  # noqa: E402 - as above
from indexer.document import Document, Names, StoryPlace, to_document  # noqa: E402 - as above
from indexer.engine import SearchEngine, Sort  # noqa: E402 - as above
from indexer.engines.elastic import ElasticEngine  # noqa: E402 - as above
from indexer.engines.embedded import EmbeddedEngine  # noqa: E402 - as above
from indexer.gathering import Batch  # noqa: E402 - as above
from indexer.local_elasticsearch.configuration import ServerOptions  # noqa: E402 - as above
from indexer.local_elasticsearch.server import LocalElasticsearch  # noqa: E402 - as above
from indexer.search import SearchRequest, search  # noqa: E402 - as above
from indexer.sending import Patience, Sender  # noqa: E402 - as above
from indexer.store_forms import StoreForms  # noqa: E402 - as above
from tests.elasticsearch_server import ALWAYS, clean_up, free_port  # noqa: E402 - as above

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
WORDS = 200
BATCH = 500
ASKED = 20
"""Queries of a shape, each other words, each asked twice: the first time is not counted."""
ENDINGS = ("", "a", "u", "owi", "em", "ie", "y", "ów", "om", "ami", "ach", "ą", "ę", "ego", "emu", "ych")
REAL = [
    "prezydent",
    "prezydenta",
    "prezydentowi",
    "prezydentem",
    "prezydencie",
    "prezydenci",
    "prezydentów",
    "prezydentom",
    "prezydentami",
    "prezydentach",
    "miasto",
    "miasta",
    "miastu",
    "miastem",
    "mieście",
    "miast",
    "miastom",
    "miastami",
    "miastach",
    "rząd",
    "rządu",
    "rządowi",
    "rządem",
    "rządzie",
    "rządy",
    "rządów",
    "rządom",
    "rządami",
    "rządach",
]


class Shape(NamedTuple):
    """A kind of query."""

    name: str
    make: Callable[[Vocabulary, int], SearchRequest]


class Vocabulary:
    """The corpus' words, the most frequent first."""

    def __init__(self) -> None:
        chance = random.Random(1)
        stems = [
            "".join(chance.choice("bcdfgklmnprstwz") + chance.choice("aeiouy") for _ in range(chance.randint(2, 4)))
            for _ in range(2500)
        ]
        self.words = [stem + ending for stem in stems for ending in ENDINGS]
        chance.shuffle(self.words)
        for number, form in enumerate(REAL):
            self.words.insert(500 + 50 * number, form)
        total, self.weights = 0.0, []
        for rank in range(len(self.words)):
            total += 1 / (rank + 10)
            self.weights.append(total)

    def frequent(self, number: int) -> str:
        """A word that stands in every tenth to every third article, in one form or another."""
        return ("prezydent", "miasto", "rząd", *self.words[100 : 100 + ASKED])[number]

    def rare(self, number: int) -> str:
        """A form that stands in one article of a few hundred."""
        return self.words[30_000 + number]


def newest(text: str, **asked: object) -> SearchRequest:
    return SearchRequest(text=text, **asked)  # type: ignore[arg-type]  # its own fields


SHAPES = (
    Shape("frequent word", lambda words, n: newest(words.frequent(n))),
    Shape("rare word", lambda words, n: newest(words.rare(n))),
    Shape("two words", lambda words, n: newest(f"{words.frequent(n)} {words.frequent(n + 1)}")),
    Shape("phrase of alternatives", lambda words, n: newest(f'"{words.frequent(n)} {words.frequent(n + 1)}"')),
    Shape("prefix", lambda words, n: newest(f"{words.frequent(n)[:4]}*")),
    Shape("filter, newest 20", lambda words, n: newest(f"outlet:o{n} {words.frequent(n)}")),
    Shape(
        "20 outlets, 30-day histogram",
        lambda words, n: newest(f"{words.frequent(n)} date:P30D", facets=("outlet",), histogram=Step.DAY),
    ),
    Shape("relevance", lambda words, n: newest(f"{words.frequent(n)} {words.frequent(n + 1)}", sort=Sort.RELEVANCE)),
)


class Figures(NamedTuple):
    """What was measured of one engine."""

    engine: str
    rate: float
    size_mb: float
    times: dict[str, list[float]]
    found: dict[str, int]
    """Articles found by the queries of a shape, on average."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("articles", type=int, nargs="?", default=20_000)
    parser.add_argument("--engine", choices=["embedded", "elasticsearch", "both"], default="both")
    asked = parser.parse_args()
    words = Vocabulary()
    tell(f"{asked.articles} articles are made ...")
    documents = list(make_documents(asked.articles, words))
    makers = {"embedded": embedded, "elasticsearch": elasticsearch}
    figures = []
    for name in makers if asked.engine == "both" else [asked.engine]:
        with tempfile.TemporaryDirectory() as folder, makers[name](Path(folder)) as engine:
            figures.append(measure(engine, documents, words))
    print_table(figures, len(documents))


def measure(engine: SearchEngine, documents: list[Document], words: Vocabulary) -> Figures:
    started = time.perf_counter()
    push(engine, documents)
    engine.refresh()
    rate = len(documents) / (time.perf_counter() - started)
    size = engine.status().size_bytes / 1e6
    tell(f"{engine.name}: {rate:.0f}/s, {size:.0f} MB; now the queries ...")
    times: dict[str, list[float]] = {}
    found: dict[str, int] = {}
    for shape in SHAPES:
        totals = []
        times[shape.name] = []
        for number in range(ASKED):
            request = shape.make(words, number)
            search(engine, request, NOON, UTC)
            began = time.perf_counter()
            totals.append(search(engine, request, NOON, UTC).total)
            times[shape.name].append((time.perf_counter() - began) * 1000)
        found[shape.name] = round(statistics.mean(totals))
        tell(f"{engine.name}: {shape.name}: {statistics.median(times[shape.name]):.1f} ms, {found[shape.name]} articles")
    return Figures(engine.name, rate, size, times, found)


def push(engine: SearchEngine, documents: list[Document]) -> None:
    """As `indexer.push` does, but without a store."""
    through = 0

    def settle() -> None:
        nonlocal through
        for sent in sender.sent(lambda: None):
            if sent.error:
                raise sent.error
            assert len(sent.result.written) == len(sent.batch.documents), sent.result.later or sent.result.rejected
            through += len(sent.batch.documents)
            if through % 10_000 == 0:
                tell(f"{engine.name}: {through}")

    with Sender(engine, Patience()) as sender:
        for start in range(0, len(documents), BATCH):
            batch = documents[start : start + BATCH]
            sender.send(Batch(ids=tuple(one["id"] for one in batch), documents=tuple(batch)))
            if sender.is_full:
                settle()
        while sender.busy:
            settle()


@contextmanager
def embedded(folder: Path) -> Iterator[SearchEngine]:
    engine = EmbeddedEngine(folder / "index")
    yield engine
    engine.close()


@contextmanager
def elasticsearch(folder: Path) -> Iterator[SearchEngine]:
    url, prefix = os.environ.get("DEPESZA_TEST_ELASTICSEARCH_URL"), f"measure{secrets.token_hex(4)}"
    server = None
    if not url:
        server = LocalElasticsearch(folder / "server", ServerOptions(port=free_port(), heap="1g", settings=ALWAYS))
    try:
        if server is not None:
            server.start()
        at = url or (server.url if server else "")
        database = open_database(f"sqlite:///{folder / 'store' / 'depesza.sqlite'}")
        engine = ElasticEngine(IndexerSettings(engine="elasticsearch", url=at, index=prefix), lambda: StoreForms(database))
        try:
            yield engine
        finally:
            engine.close()
            clean_up(at, prefix)
    finally:
        if server is not None:
            server.delete()


def make_documents(count: int, words: Vocabulary) -> Iterator[Document]:
    chance = random.Random(2)
    for number in range(count):
        drawn = chance.choices(words.words, cum_weights=words.weights, k=WORDS)
        if number % 10 == 0:
            pair = number // 10 % ASKED
            drawn[50:52] = words.frequent(pair), words.frequent(pair + 1)
        url = f"https://x.example/{number}"
        at = NOON - timedelta(minutes=number)
        article = Article(
            id=article_id(url), url=url, outlet=f"o{number % 20}", title=" ".join(drawn[:8]), text=" ".join(drawn), language="pl",
            published_at=at, published_from=PublishedFrom.PAGE, first_seen_at=at, content_sha256="", normalizer_version=1,
        )  # fmt: skip
        place = StoryPlace(story=f"{number // 3:032x}", role="verbatim", copies=3, agency="pap", is_origin=number % 3 == 0)
        yield to_document(article, place, Names())


def print_table(figures: list[Figures], count: int) -> None:
    print(f"| {count:,} articles | {' | '.join(one.engine for one in figures)} | articles found |")
    print(f"|---{'|---' * len(figures)}|---|")
    print(f"| documents/s, with their forms | {' | '.join(f'{one.rate:.0f}' for one in figures)} | |")
    print(f"| size, MB | {' | '.join(f'{one.size_mb:.0f}' for one in figures)} | |")
    for shape in SHAPES:
        cells = [f"{statistics.median(times):.0f} / {p95(times):.0f}" for times in (one.times[shape.name] for one in figures)]
        found = " / ".join(dict.fromkeys(f"{one.found[shape.name]:,}" for one in figures))
        print(f"| {shape.name}, p50 / p95 ms | {' | '.join(cells)} | {found} |")


def p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20, method="inclusive")[-1]


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
