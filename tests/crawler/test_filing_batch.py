"""Filing in batches: what one after the other would give, and nothing of a batch that breaks."""

from __future__ import annotations

import dataclasses
import random
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from crawler.filing import Filing, file_article, file_batch
from crawler.model.article import AddressKind, Article, ArticleAddress
from crawler.model.attribution import Attribution, Evidence, EvidenceKind, NamedSourceKind, SourceRole
from crawler.model.page import Page
from crawler.model.run import Outcome
from crawler.store import articles, outbox
from crawler.store.database import Database
from crawler.store.schema import (
    article,
    article_address,
    body_sighting,
    dead_letter,
    fingerprint_day,
    revision,
    story,
    story_alias,
    story_leader,
    story_link,
    story_member,
    story_posting,
)

START = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)
OUTLETS = ("pap", "kurier", "goniec", "echo")
MakeArticle = Callable[..., Article]


def sentence(seed: str) -> str:
    """Twelve made-up words, the same for the same seed."""
    chance = random.Random(seed)
    return " ".join("".join(chance.choices("abdeiklmnoprstuwz", k=7)) for _ in range(12)).capitalize() + "."


def history(make: MakeArticle, seed: int, steps: int) -> list[Filing]:
    """Dispatches, copies, cuts, merges, templates, corrections, replaced texts, moved addresses and walls, by chance."""
    chance, now, filed = random.Random(seed), START, dict[str, Article]()
    made: list[Filing] = []
    for step in range(steps):
        now += timedelta(minutes=chance.choice((1, 7, 45, 400)))
        outlet, kind = chance.choice(OUTLETS), chance.random()
        topic = step // 8 * 2 + chance.choice((0, 0, 1))
        first, last = chance.choice(((0, 12), (0, 6), (6, 12), (3, 10)))
        parts = [f"{seed}/{topic}-{number}" for number in range(first, last)]
        parts += [f"{seed}/own-{step}-{number}" for number in range(chance.choice((0, 0, 3, 8)))]
        if chance.random() < 0.15:
            parts += [f"{seed}/{topic + 1}-{number}" for number in range(9)]
        if chance.random() < 0.15:
            parts += [f"{seed}/frame-{number}" for number in range(6)]
        url, title, known = f"https://{outlet}.example/{step}", f"Temat {topic}", list(filed.values())
        if known and kind < 0.2:  # a known one again: corrected, or replaced by another text
            old = chance.choice(known)
            url, outlet = old.url, old.outlet
            title = old.title if kind < 0.15 else f"Całkiem inne wydarzenie numer{step}"
        elif known and kind < 0.25:
            parts = [f"{seed}/wall-{number}" for number in range(6)]
        addresses = [ArticleAddress(url=url, kind=AddressKind.ENTRY)]
        if known and kind > 0.95:
            addresses.append(ArticleAddress(url=chance.choice(known).url, kind=chance.choice(list(AddressKind))))
        one = make(
            url, "\n\n".join(map(sentence, parts)), title=title, outlet=outlet, first_seen_at=now,
            published_at=now - timedelta(minutes=chance.choice((0, 10, 300))), addresses=tuple(addresses),
            attributions=credit(chance.choice(("pap", "reuters"))) if chance.random() < 0.5 else (),
        )  # fmt: skip
        filed[url] = one
        made.append(filing(one, now))
        if kind > 0.9 and known:  # a revisit that finds nothing new
            same = chance.choice(known)
            made.append(filing(dataclasses.replace(same, first_seen_at=now), now))
    return made


def filing(one: Article, at: datetime) -> Filing:
    page = Page(requested_url=one.url, final_url=one.url, status=200, body=b"<html>", fetched_at=at, outlet=one.outlet)
    return Filing(article=one, page=page)


def credit(agency: str) -> tuple[Attribution, ...]:
    proof = Evidence(kind=EvidenceKind.CREDIT_LINE, where="credits", quote=agency, start=0, end=len(agency))
    named = {"source_kind": NamedSourceKind.AGENCY, "role": SourceRole.ORIGIN, "confidence": 0.9, "evidence": (proof,)}
    return (Attribution(source=agency, **named),)  # type: ignore[arg-type]  # each has its type


def whole_store(database: Database) -> dict[str, Any]:
    """Every row that filing writes, without what counts how often a document was changed, and without the leaders' numbers."""
    left_out = {"index_version", "wanted_version", "queued_at", "number", "leader", "id"}
    tables = (
        article_address,
        revision,
        body_sighting,
        dead_letter,
        fingerprint_day,
        story,
        story_alias,
        story_leader,
        story_link,
    )
    found: dict[str, Any] = {}
    with database.write() as connection:
        for table in (*tables, story_member, outbox.outbox):
            columns = [column for column in table.c if column.name not in left_out or column is story.c.id]
            found[table.name] = Counter(repr(tuple(row)) for row in connection.execute(sa.select(*columns)))
        kept = [column for column in article.c if column.name != "index_version"]
        found["article"] = Counter(repr(tuple(row)) for row in connection.execute(sa.select(*kept)))
        led = sa.select(story_leader.c.article_id, story_posting.c.hash, story_posting.c.position)
        joined = story_posting.join(story_leader, story_leader.c.number == story_posting.c.leader)
        found["posting"] = Counter(tuple(row) for row in connection.execute(led.select_from(joined)))
        found["orphans"] = connection.execute(sa.select(sa.func.count()).select_from(story_posting)).scalar()
        for table in (*tables, story_member, outbox.outbox, article, story_posting):
            connection.execute(table.delete())
    return found


@pytest.mark.parametrize("seed", range(6))
def test_a_batch_gives_what_one_after_the_other_gives(database: Database, make_article: MakeArticle, seed: int) -> None:
    filings = history(make_article, seed, 120)
    single = []
    for one in filings:
        with database.write() as connection:
            single.append(file_article(connection, one.article, one.page))
    alone = whole_store(database)
    chance, batches, place = random.Random(seed), [], 0
    while place < len(filings):
        size = chance.choice((1, 5, 40))
        batches.append(filings[place : place + size])
        place += size
    together: list[Outcome] = []
    for batch in batches:
        with database.write() as connection:
            together += file_batch(connection, batch)
    assert together == single
    assert len(set(single)) >= 3
    found = whole_store(database)
    for name, rows in alone.items():
        assert found[name] == rows, name
    assert alone["story_link"] and alone["story_alias"] and len(alone["story"]) < len(alone["story_member"])


def test_documents_that_changed_in_a_batch_wait_with_a_new_version_once(database: Database, make_article: MakeArticle) -> None:
    text = "\n\n".join(sentence(f"one-{number}") for number in range(8))
    made = [
        make_article(f"https://{outlet}.example/1", text, outlet=outlet, first_seen_at=START + timedelta(minutes=place))
        for place, outlet in enumerate(OUTLETS)
    ]
    with database.write() as connection:
        file_batch(connection, [filing(made[0], START)])
        outbox.acknowledge(connection, {made[0].id: 1})
        assert file_batch(connection, [filing(one, START) for one in made[1:]]) == [Outcome.NEW] * 3
        waiting = {one.article_id: one.wanted_version for one in outbox.take_outbox(connection, 9, START)}
        assert waiting == {made[0].id: 2, **{one.id: 1 for one in made[1:]}}
        assert {one.index_version for one in articles.read_articles(connection, [made[0].id])} == {2}


def _broken(one: Filing) -> Filing:
    naive = dataclasses.replace(one.article, published_at=datetime(2026, 11, 2))  # noqa: DTZ001 - what the store refuses
    return dataclasses.replace(one, article=naive)


def test_a_batch_that_breaks_leaves_nothing_behind(database: Database, make_article: MakeArticle) -> None:
    filings: Sequence[Filing] = history(make_article, 7, 5)
    with pytest.raises((ValueError, TypeError, sa.exc.StatementError)), database.write() as connection:
        file_batch(connection, [*filings, _broken(filing(make_article("https://kresy.example/x"), START))])
    assert not any(whole_store(database)[name] for name in ("article", "story", "outbox", "posting"))
