"""The answer does not depend on luck: orders of arrival, late originals, writers at once."""

from __future__ import annotations

import dataclasses
import itertools
import json
import random
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from crawler.batch_stories import _time
from crawler.fingerprints import fingerprint
from crawler.store.database import Database
from crawler.store.schema import story_member
from crawler.stories import window as w
from crawler.stories.joining import join_story
from crawler.text import clean

DAY = 24 * 60


def pairs(partition: Iterable[Iterable[str]]) -> set[tuple[str, str]]:
    return {pair for ids in partition for pair in itertools.combinations(sorted(ids), 2)}


def differ(one: set[tuple[str, str]], two: set[tuple[str, str]]) -> float:
    return len(one ^ two) / max(1, len(one | two))


def running_story(sentences: Any, article: Any) -> list[Any]:
    """Versions, briefs, a text merged of two dispatches, a follow-up, reprints: what orders used to disagree on."""
    first, second, news, other = sentences(1, 14), sentences(2, 12), sentences(3, 9), sentences(4, 10)
    texts = [
        first, first[:2], first[:6], first, [*news, *first[:9]], [*news, *first[:5]], [*first[:7], *second[:7]], second, second[:5],
        [*second, *other], other, [*other[5:], *sentences(5, 12)], [*sentences(6, 2), *first], [*news[4:], *sentences(7, 9)],
    ]  # fmt: skip
    return [article(text, f"outlet{place}", 25 * place) for place, text in enumerate(texts)]


def test_every_order_of_arrival_gives_the_same_stories(sentences: Any, article: Any, stream: Any) -> None:
    made = running_story(sentences, article)
    for one in made:
        stream.take(one)
    expected = stream.partition()
    assert 3 <= len(expected) < len(made) - 4
    for seed in range(20):
        other = type(stream)()
        for one in random.Random(seed).sample(made, len(made)):
            other.take(one)
        assert other.partition() == expected, seed


def test_an_original_that_comes_last_brings_its_parts_together(sentences: Any, article: Any, stream: Any) -> None:
    dispatch = sentences(10, 18)
    top, rest = article(dispatch[:7], "kurier", 30), article(dispatch[7:], "goniec", 40)
    stream.take(top)
    stream.take(rest)
    assert len(stream.partition()) == 2
    own = article(dispatch, "agencja", 0)
    stream.take(own)
    assert stream.partition() == {frozenset({top.id, rest.id, own.id})}


def test_a_text_that_was_taken_for_a_copy_goes_to_its_own_story_when_that_becomes_known(
    sentences: Any, article: Any, stream: Any
) -> None:
    one, two = sentences(11, 8), sentences(12, 16)
    merged = article([*one[:4], *two], "kurier", 60)
    first, copies = article(one, "agencja", 0), [article(two, f"outlet{place}", 5 + place) for place in range(3)]
    stream.take(first)
    stream.take(merged)
    assert stream.partition() == {frozenset({first.id, merged.id})}
    for copy in copies:
        stream.take(copy)
    assert stream.partition() == {frozenset({first.id}), frozenset({merged.id, *(copy.id for copy in copies)})}


def test_late_copies_of_the_third_day_find_their_story_whenever_they_come(sentences: Any, article: Any, stream: Any) -> None:
    dispatch = sentences(13, 10)
    made = [article(dispatch, "agencja", 0), article(dispatch[:6], "kurier", DAY), article(dispatch, "goniec", 2 * DAY)]
    for order in itertools.permutations(made):
        other = type(stream)()
        for one in order:
            other.take(one)
        assert len(other.partition()) == 1


def test_a_template_of_several_outlets_is_no_story_once_it_was_met_on_three_days(
    sentences: Any, article: Any, stream: Any
) -> None:
    frame = sentences(14, 8)
    for day in range(8):
        for outlet in ("kurier", "goniec", "echo"):
            stream.take(article([*frame, *sentences(1000 + 10 * day, 1)], outlet, day * DAY))
    later = [one for one in stream.partition() if len(one) > 1]
    assert len(pairs(later)) <= len(pairs([range(9)]))  # those of the first three days


def filed(database: Database, store: Any, made: Sequence[Any]) -> None:
    for one in made:
        with database.write() as connection:
            join_story(connection, store(connection, one))


def partition_of(database: Database) -> set[frozenset[str]]:
    with database.read() as connection:
        groups: dict[str, set[str]] = {}
        for row in connection.execute(sa.select(story_member)):
            groups.setdefault(row.story_id, set()).add(row.article_id)
    return {frozenset(ids) for ids in groups.values()}


def test_the_store_gives_those_stories_in_any_order(
    database: Database, sentences: Any, article: Any, stream: Any, store: Any
) -> None:
    made = running_story(sentences, article)
    for one in made:
        stream.take(one)
    filed(database, store, random.Random(3).sample(made, len(made)))
    assert partition_of(database) == stream.partition()


def test_four_writers_at_once_give_the_same_stories(
    database: Database, sentences: Any, article: Any, stream: Any, store: Any
) -> None:
    made = running_story(sentences, article)
    for one in made:
        stream.take(one)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda part: filed(database, store, part), [made[place::4] for place in range(4)]))
    assert partition_of(database) == stream.partition()


def read_sample(file: Path, article: Any, count: int) -> list[Any]:
    """The first `count` texts of a file, in order of time."""
    lines = file.read_text(encoding="utf-8").strip("\n").split("\n")
    records = sorted(map(json.loads, lines), key=lambda one: (_time(one), one["id"]))
    return [as_article(one, _time(one), article) for one in records[:count]]


def as_article(record: dict[str, Any], at: datetime, article: Any) -> Any:
    title, text = clean(record.get("title") or ""), clean(record["text"])
    made = article([text], record["outlet"], url=f"https://x.example/{record['id']}", title=title)
    print_ = fingerprint(title, text)
    return dataclasses.replace(made, text=text, published_at=at, first_seen_at=at, fingerprint=print_)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "count"), [("edited", 900), ("english", 250)])
def test_gate_five_random_orders_agree_in_99_of_100_pairs(
    evaluation_data: Path, article: Any, stream: Any, name: str, count: int
) -> None:
    made = read_sample(evaluation_data / "copies" / f"{name}.jsonl", article, count)
    for one in made:
        stream.take(one)
    expected = pairs(stream.partition())
    for seed in range(5):
        other = type(stream)(expires=False)
        for one in random.Random(seed).sample(made, len(made)):
            other.take(one)
        assert differ(pairs(other.partition()), expected) <= 0.01, seed


@pytest.mark.slow
def test_gate_four_writers_agree_with_one_in_99_of_100_pairs(
    evaluation_data: Path, sqlite_database: Database, article: Any, stream: Any, store: Any
) -> None:
    made = read_sample(evaluation_data / "copies" / "edited.jsonl", article, 300)
    for one in made:
        stream.take(one)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda part: filed(sqlite_database, store, part), [made[place::4] for place in range(4)]))
    assert differ(pairs(partition_of(sqlite_database)), pairs(stream.partition())) <= 0.01


def test_a18_a_heap_larger_than_a_cluster_may_be_still_takes_copies(sentences: Any, article: Any, stream: Any) -> None:
    dispatch = sentences(15, 6)
    for number in range(w.MAX_CLUSTER + 40):
        stream.take(article([*dispatch, f"Numer {number} koniec."], f"outlet{number % 60}", number))
    honest = article(dispatch, "honest", 300)
    assert not stream.take(honest).opens
    assert max(map(len, stream.partition())) <= w.MAX_MEMBERS
