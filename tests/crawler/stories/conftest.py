"""Made-up dispatches: sentences of made-up words, the same for the same seed, and articles that carry them."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from crawler.fingerprints import fingerprint
from crawler.model.article import Article, PublishedFrom, article_id, content_digest
from crawler.model.attribution import Attribution, Evidence, EvidenceKind, NamedSourceKind, SourceRole
from crawler.store import articles
from crawler.store.articles import Visit
from crawler.stories.matching import Decision, Text, apply, decide
from crawler.stories.memory import MemoryWindow
from crawler.stories.window import WINDOW

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def make_sentences(seed: int, count: int) -> list[str]:
    """`count` sentences of 8 to 16 made-up words."""
    chance = random.Random(seed)
    letters = "abdeiklmnoprstuwz"

    def word() -> str:
        return "".join(chance.choice(letters) for _ in range(chance.randint(3, 9)))

    return [" ".join(word() for _ in range(chance.randint(8, 16))).capitalize() + "." for _ in range(count)]


def make_article(
    sentences: Sequence[str], outlet: str = "kurier", minutes: float = 0, *, seen_minutes: float | None = None, **changes: Any
) -> Article:
    """An article of `outlet`, published `minutes` after START, of these sentences, four a paragraph."""
    text = "\n\n".join(" ".join(sentences[place : place + 4]) for place in range(0, len(sentences), 4))
    at = START + timedelta(minutes=minutes)
    url = changes.pop("url", f"https://{outlet}.example/{content_digest(text, str(at))[:12]}")
    values: dict[str, Any] = {
        "id": article_id(url), "url": url, "outlet": outlet, "title": "Tytuł", "text": text, "language": "pl", "published_at": at,
        "published_from": PublishedFrom.META, "content_sha256": content_digest("Tytuł", text), "normalizer_version": 1,
        "first_seen_at": at if seen_minutes is None else START + timedelta(minutes=seen_minutes),
        "fingerprint": fingerprint("Tytuł", text),
    }  # fmt: skip
    return Article(**(values | changes))


def make_credit(
    agency: str, kind: EvidenceKind = EvidenceKind.CREDIT_LINE, role: SourceRole = SourceRole.ORIGIN, **changes: Any
) -> Attribution:
    """An attribution to an agency with one piece of evidence."""
    proof = Evidence(kind=kind, where="credits", quote=agency, start=0, end=len(agency))
    values: dict[str, Any] = {
        "source": agency, "source_kind": NamedSourceKind.AGENCY, "role": role, "confidence": 0.9, "evidence": (proof,),
    }  # fmt: skip
    return Attribution(**(values | changes))


def store_article(connection: sa.Connection, article: Article) -> Article:
    """Write the article's row, as filing does before it asks for the story."""
    visit = Visit(at=article.first_seen_at, source_updated_at=None, next_visit_at=None)
    if articles.read_article(connection, article.id) is None:
        articles.insert_article(connection, article, visit)
    else:
        articles.replace_article(connection, article, visit, revised=True, at=visit.at)
    return article


class Stream:
    """Articles through a window in memory, one after the other, as the batch does it."""

    def __init__(self, *, expires: bool = True) -> None:
        self.expires = expires
        self.window = MemoryWindow()
        self.members: dict[str, list[str]] = {}
        self.story_of: dict[str, str] = {}

    def take(self, article: Article) -> Decision:
        """Decide on an article and carry the decision out."""
        text = Text.of(article)
        if self.expires:
            self.window.expire(text.at - WINDOW)
        decision = decide(self.window, text, self.name)
        for one, target in decision.moves.parted.items():
            self.window.move(one, target)
            self.members[self.story_of[one]].remove(one)
            self._put([one], target)
        for other, target in decision.moves.absorbed.items():
            self.window.absorb(target, other)
            self._put(self.members.pop(other), target)
        apply(self.window, text, decision)
        self.window.add_member(decision.story_id, article.outlet)
        self._put([article.id], decision.story_id)
        return decision

    def name(self, article_id: str) -> str:
        """The id of a story that an article opens."""
        attempt = 0
        while (story_id := f"story {attempt} of {article_id}") in self.members:
            attempt += 1
        return story_id

    def _put(self, ids: list[str], story_id: str) -> None:
        self.members.setdefault(story_id, []).extend(ids)
        self.story_of.update(dict.fromkeys(ids, story_id))

    def partition(self) -> set[frozenset[str]]:
        """The stories as sets of article ids."""
        return {frozenset(ids) for ids in self.members.values()}


@pytest.fixture
def sentences() -> Callable[[int, int], list[str]]:
    """See make_sentences."""
    return make_sentences


@pytest.fixture
def article() -> Callable[..., Article]:
    """See make_article."""
    return make_article


@pytest.fixture
def credit() -> Callable[..., Attribution]:
    """See make_credit."""
    return make_credit


@pytest.fixture
def store() -> Callable[[sa.Connection, Article], Article]:
    """See store_article."""
    return store_article


@pytest.fixture
def stream() -> Stream:
    """A new, empty stream."""
    return Stream()


@pytest.fixture
def start() -> datetime:
    """The time from which `minutes` count."""
    return START
