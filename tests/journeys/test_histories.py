"""Long random histories of filing, revising, removing and pushing: at the end the index holds what the store holds.

In the process, no network: a real store, the real filing, a real index. The chance is seeded, so a failure can be told again.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from crawler.filing import file_again, file_article, file_removal
from crawler.model.article import AddressKind, Article, ArticleAddress
from crawler.model.attribution import Attribution, Evidence, EvidenceKind, NamedSourceKind, SourceRole
from crawler.model.page import Page
from crawler.store import articles, outbox, stories
from crawler.store.database import Database
from crawler.store.schema import article_address, story, story_member
from indexer.engines.embedded import EmbeddedEngine
from indexer.gathering import make_documents, read_names
from indexer.push import Pushing, push_pending, rebuild_index

START = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)
OUTLETS = ("pap", "kurier", "goniec", "echo")
AGENCIES = ("pap", "reuters")
WORDS = [
    "most",
    "rzeka",
    "miasto",
    "rada",
    "prezydent",
    "sejm",
    "ustawa",
    "budżet",
    "szkoła",
    "lekarz",
    "droga",
    "pociąg",
    "las",
    "góra",
    "morze",
    "wiatr",
    "śnieg",
    "deszcz",
    "dom",
    "praca",
]


def sentence(seed: str) -> str:
    chance = random.Random(seed)
    return " ".join(chance.choice(WORDS) + chance.choice("abcdefg") for _ in range(11)).capitalize() + "."


class Newsroom:
    """Outlets that publish, copy, correct, move and remove articles by chance."""

    def __init__(self, database: Database, engine: EmbeddedEngine, make: Callable[..., Article], seed: int) -> None:
        self.database, self.engine, self.make = database, engine, make
        self.chance, self.now = random.Random(seed), START
        self.pages: dict[str, Article] = {}
        self.steps = 0

    def step(self) -> None:
        """One thing happens."""
        self.steps += 1
        self.now += timedelta(minutes=self.chance.choice((1, 7, 45, 400)))
        kinds = (self.publish,) * 6 + (self.visit,) * 2 + (self.correct,) * 3 + (self.remove, self.replace, self.wall, self.move)
        self.chance.choice((*kinds, self.share, self.read_again, self.push, self.push))()

    def text(self, topic: int) -> str:
        """A dispatch, whole, cut, or extended, or a mixture of two."""
        parts = [f"{topic}-{number}" for number in range(10)]
        first = self.chance.choice((0, 0, 3))
        parts = parts[first : self.chance.choice((5, 8, 10))] + [
            f"own-{self.steps}-{n}" for n in range(self.chance.choice((0, 0, 2, 6)))
        ]
        if self.chance.random() < 0.1:
            parts += [f"{topic + 1}-{number}" for number in range(8)]
        return "\n\n".join(sentence(part) for part in parts)

    def credit(self) -> tuple[Attribution, ...]:
        if self.chance.random() < 0.5:
            return ()
        agency = self.chance.choice(AGENCIES)
        proof = Evidence(kind=EvidenceKind.CREDIT_LINE, where="credits", quote=agency, start=0, end=len(agency))
        return (
            Attribution(
                source=agency, source_kind=NamedSourceKind.AGENCY, role=SourceRole.ORIGIN, confidence=0.9, evidence=(proof,)
            ),
        )  # fmt: skip

    def publish(self) -> None:
        outlet = self.chance.choice(OUTLETS)
        topic = self.steps // 12 * 2 + self.chance.choice((0, 0, 1))
        self.file(self.reading(f"https://{outlet}.example/{self.steps}", outlet, self.text(topic), f"Temat {topic} kurka"))

    def reading(self, url: str, outlet: str, text: str, title: str, more: tuple[ArticleAddress, ...] = ()) -> Article:
        return self.make(
            url, text, title=title, outlet=outlet, attributions=self.credit(), first_seen_at=self.now,
            published_at=self.now - timedelta(minutes=self.chance.choice((0, 10, 300))),
            addresses=(ArticleAddress(url=url, kind=AddressKind.ENTRY), *more),
        )  # fmt: skip

    def file(self, article: Article) -> None:
        page = Page(requested_url=article.url, final_url=article.url, status=200, fetched_at=self.now, outlet=article.outlet)
        with self.database.write() as connection:
            file_article(connection, article, page)
        self.pages[article.url] = article

    def some(self) -> Article | None:
        return self.pages[self.chance.choice(sorted(self.pages))] if self.pages else None

    def visit(self) -> None:
        if one := self.some():
            self.file(dataclasses.replace(one, first_seen_at=self.now))

    def correct(self) -> None:
        if one := self.some():
            text = self.chance.choice(
                (one.text + "\n\n" + sentence(f"fix-{self.steps}"), one.text.split("\n\n", 1)[-1], one.text)
            )
            title = self.chance.choice((one.title, one.title + " i sprostowanie"))
            self.file(self.reading(one.url, one.outlet, text, title))

    def replace(self) -> None:
        if one := self.some():
            self.file(
                self.reading(one.url, one.outlet, self.text(10_000 + self.steps), f"Całkiem inne wydarzenie numer{self.steps}")
            )

    def remove(self) -> None:
        if one := self.some():
            page = Page(requested_url=one.url, final_url=one.url, status=404, fetched_at=self.now, outlet=one.outlet)
            with self.database.write() as connection:
                if known := articles.find_id(connection, [one.url]):
                    file_removal(connection, known, page)

    def wall(self) -> None:
        """The same words at four addresses, some of them known."""
        outlet, text = (
            self.chance.choice(OUTLETS),
            "\n\n".join(sentence(f"wall-{self.steps // 100}-{number}") for number in range(6)),
        )
        known = [url for url, one in self.pages.items() if one.outlet == outlet]
        urls = self.chance.sample(known, min(2, len(known))) + [f"https://{outlet}.example/w{self.steps}-{n}" for n in range(2)]
        for url in urls:
            before = self.pages.get(url)
            self.file(self.reading(url, outlet, text, "Zgoda na ciasteczka"))
            if before:
                self.pages[url] = before
            else:
                del self.pages[url]

    def move(self) -> None:
        """A page is met under a further address, or leads to another known one."""
        one, other = self.some(), self.some()
        if one and other and one.outlet == other.outlet:
            more = (ArticleAddress(url=other.url, kind=self.chance.choice(list(AddressKind))),)
            self.file(dataclasses.replace(one, first_seen_at=self.now, addresses=(*one.addresses[:1], *more)))

    def share(self) -> None:
        if one := self.some():
            self.file(dataclasses.replace(one, outlet=self.chance.choice(OUTLETS), attributions=self.credit()))
            self.pages[one.url] = one

    def read_again(self) -> None:
        """`renormalize` gives every article of a few a further reading."""
        with self.database.write() as connection:
            for one in articles.read_articles(connection, articles.article_ids(connection, self.chance.choice("02468ace"), 3)):
                better = dataclasses.replace(
                    one, removed_at=None, section=self.chance.choice((one.section, "Kraj")), attributions=self.credit()
                )
                at = one.first_seen_at
                file_again(
                    connection,
                    one,
                    better,
                    Page(requested_url=one.url, final_url=one.url, status=200, fetched_at=at, outlet=one.outlet),
                )

    def push(self) -> None:
        push_pending(self.database, self.engine, now=self.now, how=Pushing(batch=self.chance.choice((1, 3, 50))))

    def check(self) -> None:
        """The index is what the store says; stories and addresses hold together."""
        with self.database.read() as connection:
            ids = articles.article_ids(connection, limit=10_000)
            expected = {one["id"]: one for one in make_documents(connection, ids, read_names(connection))}
            assert outbox.count_outbox(connection) == 0
            sizes: dict[str, int] = {}
            for row in connection.execute(sa.select(story_member)):
                sizes[row.story_id] = sizes.get(row.story_id, 0) + 1
            assert sizes == {row.id: row.size for row in connection.execute(sa.select(story))}
            owners = set(connection.execute(sa.select(article_address.c.article_id)).scalars())
            assert owners <= set(ids)
            for one in articles.read_articles(connection, ids):
                if one.removed_at is None:
                    assert stories.story_id_of(connection, one.id), f"{one.url} stands in no story"
                    assert one.id in owners, f"{one.url} is known under no address"
                    assert any(each.url == one.url for each in one.addresses), f"{one.url} is the address of another article"
        found = self.engine.documents(list(expected))
        assert {key: found.get(key) for key in expected} == expected


@pytest.mark.parametrize("seed", [0, 1, 29, 50])  # 29: a text taken up again elsewhere; 50: the story that is left merges in
def test_after_any_history_the_index_holds_what_the_store_holds(
    sqlite_database: Database, make_article: Any, tmp_path: Path, seed: int
) -> None:
    engine = EmbeddedEngine(tmp_path / "index")
    room = Newsroom(sqlite_database, engine, make_article, seed)
    for _ in range(160):
        room.step()
    room.push()
    room.check()
    with sqlite_database.read() as connection:
        before = articles.read_articles(connection, articles.article_ids(connection, limit=10_000))
        standing = {url: articles.find_id(connection, [url]) for url in room.pages}
    room.now += timedelta(hours=1)
    for one in before:  # everything read again: nothing changes, nothing is queued
        with sqlite_database.write() as connection:
            page = Page(requested_url=one.url, final_url=one.url, status=200, fetched_at=one.first_seen_at, outlet=one.outlet)
            file_again(connection, one, dataclasses.replace(one, removed_at=None), page)
    with sqlite_database.read() as connection:
        assert outbox.count_outbox(connection) == 0
        assert articles.read_articles(connection, [one.id for one in before]) == before
        assert {url: articles.find_id(connection, [url]) for url in room.pages} == standing
    rebuild_index(sqlite_database, engine, now=room.now)
    room.check()
    engine.close()
