"""What `depesza dead-letters retry` does with a letter of each stage. Safe to repeat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import sqlalchemy as sa

from crawler.cli.letters import EVERY_LETTER, read_again
from crawler.config import Locations
from crawler.errors import ConfigError
from crawler.model.feed import FeedEntry
from crawler.store import articles, dead_letters, frontier, outbox, pages
from crawler.store.database import Database
from crawler.store.dead_letters import DeadLetter, Stage
from crawler.store.frontier import FrontierItem, FrontierReason


@dataclass(slots=True, kw_only=True)
class Tried:
    """What came of it."""

    to_fetch: int = 0
    """Wait in the frontier for the next crawl."""
    to_push: int = 0
    """Wait in the outbox for the next push."""
    read_again: int = 0
    outcomes: Mapping[str, int] = field(default_factory=dict)
    """Of the pages read again."""


def choose_letters(database: Database, numbers: Sequence[int], stage: Stage | None, outlet: str | None) -> list[DeadLetter]:
    """Letters by number, or all of a stage and outlet. Raises ConfigError for a number that is not there."""
    with database.read() as connection:
        if not numbers:
            return dead_letters.list_dead_letters(connection, stage=stage, outlet=outlet, limit=EVERY_LETTER)
        found = [dead_letters.read_dead_letter(connection, number) for number in numbers]
    missing = [number for number, letter in zip(numbers, found, strict=True) if letter is None]
    if missing:
        raise ConfigError(f"there is no dead letter {missing[0]}: `depesza dead-letters list` shows the numbers")
    return [letter for letter in found if letter is not None]


def retry_letters(locations: Locations, database: Database, letters: Sequence[DeadLetter]) -> Tried:
    """Give each letter its way on. Raises BackendUnavailable."""
    tried = Tried()
    keys: list[str] = []
    now = datetime.now(UTC)
    for letter in letters:
        with database.write() as connection:
            if letter.stage is Stage.INDEX:
                tried.to_push += _push_again(connection, letter, now)
            elif letter.stage is not Stage.FETCH and _is_kept(connection, letter.key):
                keys.append(letter.key)
            else:
                _fetch_again(connection, letter, now)
                tried.to_fetch += 1
    if keys:
        done = read_again(locations, database, keys=tuple(keys))
        tried.read_again, tried.outcomes = done.pages, {outcome.value: count for outcome, count in done.outcomes.items()}
    return tried


def _is_kept(connection: sa.Connection, key: str) -> bool:
    """Whether the page that failed is kept. Of a known article it is not: the kept page is the last good one."""
    if articles.read_article(connection, key) is not None:
        return False
    page = pages.read_page(connection, key)
    return page is not None and bool(page.body)


def _push_again(connection: sa.Connection, letter: DeadLetter, now: datetime) -> int:
    article = articles.read_article(connection, letter.key)
    dead_letters.drop_dead_letter(connection, Stage.INDEX, letter.key)
    if article is None:
        return 0
    outbox.put_in_outbox(connection, {article.id: article.index_version}, now)
    return 1


def _fetch_again(connection: sa.Connection, letter: DeadLetter, now: datetime) -> None:
    """Back into the frontier with what the feed said. The letter stays until the entry reaches another outcome."""
    known = letter.key if articles.read_article(connection, letter.key) else None
    published = letter.detail.get("published_at")
    entry = FeedEntry(
        url=letter.url, title=letter.detail.get("title"), summary=letter.detail.get("summary"), source=letter.detail.get("source") or "",
        published_at=datetime.fromisoformat(published) if isinstance(published, str) else None,
    )  # fmt: skip
    frontier.leave(connection, letter.outlet, letter.url)
    item = FrontierItem(
        url=letter.url, outlet=letter.outlet, entry=entry, reason=FrontierReason.CHANGED if known else FrontierReason.NEW,
        article_id=known, next_try_at=now,
    )  # fmt: skip
    frontier.queue(connection, [item], now)
