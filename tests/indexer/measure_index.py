"""Figures for indexer/README.md, not a test: `python tests/indexer/measure_index.py 20000` (articles).

Articles of 300 words drawn from 40,000 made-up Polish-like forms by Zipf's law, in stories of one to five copies.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from crawler.model.article import Article, PublishedFrom, article_id
from indexer.document import Names, StoryPlace, to_document
from indexer.engine import Sort
from indexer.engines.embedded import EmbeddedEngine
from indexer.search import SearchRequest, search

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ENDINGS = ("", "a", "u", "owi", "em", "ie", "y", "ów", "om", "ami", "ach", "ą", "ę", "ego", "emu", "ych")


def main(count: int) -> None:
    chance = random.Random(1)
    stems = [
        "".join(chance.choice("bcdfgklmnprstwz") + chance.choice("aeiouy") for _ in range(chance.randint(2, 4)))
        for _ in range(2500)
    ]
    words = ["prezydent", "miasto", "prezydenta", "miasta", *(stem + ending for stem in stems for ending in ENDINGS)]
    weights = [1 / (rank + 10) for rank in range(len(words))]
    with tempfile.TemporaryDirectory() as folder:
        engine = EmbeddedEngine(Path(folder))
        started = time.perf_counter()
        for start in range(0, count, 500):
            documents = [
                _document(number, chance.choices(words, weights, k=300)) for number in range(start, min(count, start + 500))
            ]
            engine.forms.add({"pl": [f"{one['title']} {one['text']}" for one in documents]})
            engine.push(documents)
        took = time.perf_counter() - started
        status = engine.status()
        print(f"{status.documents} articles, {status.documents / took:.0f}/s with their forms, {status.size_bytes / 1e6:.0f} MB")
        for query in (
            "prezydent",
            "prezydent miasto",
            '"prezydent miasta"',
            words[9000],
            "outlet:o3 prezydent",
            "mia*",
            "prezydent date:P7D",
        ):
            for sort in (Sort.NEWEST, Sort.RELEVANCE):
                times = [search(engine, SearchRequest(text=query, sort=sort), NOON, UTC) for _ in range(20)]
                found = statistics.median(page.took_ms for page in times)
                print(
                    f"{query:24} {sort.value:10} p50 {found:7.1f} ms  worst {max(page.took_ms for page in times):7.1f} ms  {times[0].total} articles"
                )


def _document(number: int, words: list[str]) -> dict[str, object]:
    url = f"https://x.example/{number}"
    article = Article(
        id=article_id(url), url=url, outlet=f"o{number % 20}", title=" ".join(words[:8]), text=" ".join(words), language="pl",
        published_at=NOON - timedelta(minutes=number), published_from=PublishedFrom.PAGE, first_seen_at=NOON, content_sha256="",
        normalizer_version=1,
    )  # fmt: skip
    place = StoryPlace(story=f"{number // 3:032x}", role="verbatim", copies=3, agency="pap", is_origin=number % 3 == 0)
    return to_document(article, place, Names())


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
