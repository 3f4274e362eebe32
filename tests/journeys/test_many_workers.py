"""Four workers on PostgreSQL and Elasticsearch file what one process files: the same articles, stories and index."""

from __future__ import annotations

import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from crawler.store import articles, leases, processes
from crawler.store.schema import story, story_link, story_member
from indexer.config import indexer_settings
from indexer.engines.choose import open_engine
from tests.journeys.installation import Installation, elasticsearch_lines, wait_until
from tests.journeys.press import Press, write

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.postgresql,
    pytest.mark.elasticsearch,
    pytest.mark.skipif(sys.platform != "linux", reason="who asks an outlet is read from /proc"),
]
OUTLETS, OWN, DISPATCHES, CARRIERS, WORKERS = 12, 3, 5, 4, 4
OF_THE_ORDER = {"first_seen_at", "index_version", "story"}
"""What a document tells of the order in which articles came: a story's name is its first member's."""


def print_newsroom(press: Press) -> None:
    """Every outlet's own articles, and dispatches that four outlets each carry: as they came, abridged, extended, under another title."""
    chance = Random(8)
    for number in range(DISPATCHES):
        (title, texts), (_, more) = write(chance), write(chance)
        kinds = [texts, texts[:-1], [*texts, more[0]], texts]
        for place, (slug, kind) in enumerate(zip(chance.sample(press.slugs, CARRIERS), kinds, strict=True)):
            head = title if place < CARRIERS - 1 else f"Pilne: {title}"
            press.print(slug, head, kind, "Źródło: PAP", ago=timedelta(minutes=300 - 10 * number - place))
    for slug in press.slugs:
        press.publish(slug, OWN)


def what_is_there(site: Installation) -> dict[str, Any]:
    """Articles, stories, links and index, without what tells when and in which order it came."""
    database = site.open()
    engine = open_engine(indexer_settings(site.locations), site.locations)
    with database.read() as connection:
        ids = articles.article_ids(connection, limit=10_000)
        filed = {
            one.id: (one.url, one.outlet, one.title, one.lead, one.text, one.published_at, one.content_sha256, one.attributions)
            for one in articles.read_articles(connection, ids)
        }
        members: dict[str, set[tuple[str, str]]] = {}
        for row in connection.execute(story_member.select()):
            members.setdefault(row.story_id, set()).add((row.article_id, row.role))
        facts = {row.id: (row.origin_article_id, row.agency, row.size) for row in connection.execute(story.select())}
        stories = {frozenset(each): facts[story_id] for story_id, each in members.items()}
        links = {(frozenset((row.article_id, row.other_id)), row.kind) for row in connection.execute(story_link.select())}
    documents = {
        one: {key: value for key, value in document.items() if key not in OF_THE_ORDER}
        for one, document in engine.documents(ids).items()
    }
    assert engine.status().documents == len(ids)
    engine.close()
    database.close()
    return {"articles": filed, "stories": stories, "links": links, "documents": documents}


def differing(found: Any, expected: Any) -> Any:
    """What differs, for a failed test."""
    if not isinstance(found, dict) or found.keys() != expected.keys():
        return set(found) ^ set(expected)
    one = next(each for each in found if found[each] != expected[each])
    return one, found[one], expected[one]


def test_four_workers_file_what_one_process_files(
    tmp_path: Path, postgres_url: str, elasticsearch_url: str, elasticsearch_index: str
) -> None:
    with Press(OUTLETS, latency_s=0.02) as press:
        print_newsroom(press)
        alone = Installation(press, tmp_path / "alone", indexer=elasticsearch_lines(elasticsearch_url, f"{elasticsearch_index}a"))
        alone.run("crawl")
        expected = what_is_there(alone)
        assert len(expected["articles"]) == OUTLETS * OWN + DISPATCHES * CARRIERS
        assert sum(size == CARRIERS for _, _, size in expected["stories"].values()) == DISPATCHES

        asked = press.count()
        lines = elasticsearch_lines(elasticsearch_url, f"{elasticsearch_index}b")
        site = Installation(press, tmp_path / "many", store=postgres_url, indexer=lines, scheduler="batch = 2")
        try:
            found = found_by_many(site)
        except BaseException:
            print(site.said())
            raise
        finally:
            site.stop_all()
        assert not press.overlaps()
    assert press.count() > asked
    for part, there in expected.items():
        assert found[part] == there, (part, differing(found[part], there))


def found_by_many(site: Installation) -> dict[str, Any]:
    """A service and four workers until all is in store and index and each worker has crawled; what is there then."""
    workers = [site.start("worker") for _ in range(WORKERS)]

    def signed_on() -> bool:
        with database.read() as connection:
            now = leases.shared_now(connection, datetime.now(UTC))
            return sum(one.kind == "worker" for one in processes.read(connection, now)) == WORKERS

    database = site.open()
    wait_until(signed_on, what="the sign-on of every worker")
    database.close()
    service = site.start("run")
    wait_until(site.is_settled, 240, "all that was printed in store and index")
    logs = [site.folder / f"log-{number}.txt" for number in range(WORKERS)]
    wait_until(lambda: all(" crawl finished" in log.read_text("utf-8") for log in logs), 240, "a crawl of every worker")
    for process in (service, *workers):
        process.send_signal(signal.SIGTERM)
    assert [process.wait(timeout=90) for process in (service, *workers)] == [0] * (1 + WORKERS)
    site.promise_holds()
    return what_is_there(site)
