"""What the commands that go through the whole archive cost: `python -m tests.crawler.measure_archive 20000`.

Makes a SQLite store of so many articles of 250 made-up words (a third of them copies, 60 days), then tells the CPU time of looking
for a text (`copies --text`), of `stories rebuild`, `outlets profile` and `stories list`. A minute or two for 20,000.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crawler.carriers import OwnText, find_carriers
from crawler.model.article import Article
from crawler.store import articles
from crawler.store.articles import Visit
from crawler.store.database import Database, open_database
from crawler.store.fingerprint_walk import Span
from crawler.store.outlet_profiles import outlet_profiles
from crawler.store.story_lists import StoryFilter, list_story_rows
from crawler.stories.joining import Stories
from crawler.stories.rebuilding import rebuild_stories
from tests.crawler.stories.conftest import START, make_article, make_sentences

SENTENCES, DAYS, BATCH = 21, 60, 500


def made(count: int) -> Iterator[Article]:
    """Articles in order of time; every third is a copy of one of the last thirty."""
    chance = random.Random(1)
    recent: list[list[str]] = []
    for number in range(count):
        if number % 3 == 2:
            text = chance.choice(recent)[: chance.randint(SENTENCES // 2, SENTENCES)]
        else:
            text = make_sentences(number, SENTENCES)
            recent = [*recent[-29:], text]
        minutes = number * DAYS * 24 * 60 / count
        yield make_article(text, f"outlet{chance.randrange(100)}", minutes, url=f"https://o.example/{number}")


def fill(database: Database, count: int) -> None:
    """File them, stories and all."""
    waiting: list[Article] = []
    for number, one in enumerate(made(count), 1):
        waiting.append(one)
        if len(waiting) < BATCH and number < count:
            continue
        with database.write() as connection:
            stories = Stories(connection)
            for each in waiting:
                articles.insert_article(
                    connection, each, Visit(at=each.first_seen_at, source_updated_at=None, next_visit_at=None)
                )
            for each in waiting:
                stories.join(each)
            stories.flush()
        waiting = []


@contextmanager
def told(what: str, count: int) -> Iterator[None]:
    """Say what the block cost."""
    start = time.process_time()
    yield
    spent = time.process_time() - start
    print(f"{what:<18} {spent:8.2f} s of CPU, {spent / count * 1e6:9.1f} microseconds an article")


def main(count: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{Path(folder) / 'depesza.sqlite'}")
        with told("filing", count):
            fill(database, count)
        own = OwnText.of("\n\n".join(make_sentences(count // 2 // 3 * 3, SENTENCES)))
        with told("copies --text", count):
            print(len(find_carriers(database, own, Span())), "found")
        with told("stories rebuild", count):
            print(rebuild_stories(database, Path(folder) / "beside", START))
        with database.read() as connection:
            with told("outlets profile", count):
                print(len(outlet_profiles(connection)), "outlets")
            with told("stories list", count):
                print(len(list_story_rows(connection, StoryFilter())), "rows")
        database.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
