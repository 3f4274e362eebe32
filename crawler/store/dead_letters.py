"""What could not go on, with the stage and the reason: nothing is lost silently.

Stages: fetch (gave up after the last attempt), normalize (no text, broken page), file (our own failure), index (refused by
the engine). One letter per stage and key; a repetition raises `times`. The raw page, where there is one, is kept under
the same key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from crawler.store.rows import in_batches, insert
from crawler.store.schema import dead_letter


class Stage(StrEnum):
    """Where it stopped."""

    FETCH = "fetch"
    """No page was had: gone, refused, or given up after the last attempt. `retry` asks again at the next crawl."""
    NORMALIZE = "normalize"
    """The page is kept, and gave no article. `retry` and `renormalize` read it again."""
    FILE = "file"
    """Our own failure on the page, which is kept where there is one. `retry` reads it again."""
    INDEX = "index"
    """The engine refused the document for good. `retry` pushes it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """One thing that could not go on. `key` is the article's id, or the id its address would give."""

    id: int = 0
    """Set by the store."""
    stage: Stage
    key: str
    outlet: str
    url: str
    reason: str
    detail: Mapping[str, Any]
    """What was known of it: the feed's title and summary, the document, the attempts."""
    created_at: datetime
    last_at: datetime
    times: int = 1


def add_dead_letter(connection: sa.Connection, letter: DeadLetter) -> None:
    """Write a letter, or raise the count of the one that is there.

    A page stands in one letter: of the stages before the index, the newest takes the place of another's.
    """
    row = {
        "stage": letter.stage.value, "key": letter.key, "outlet": letter.outlet, "url": letter.url, "reason": letter.reason,
        "detail": dict(letter.detail), "created_at": letter.created_at, "last_at": letter.last_at, "times": 1,
    }  # fmt: skip
    if letter.stage is not Stage.INDEX:
        others = dead_letter.c.stage.not_in([Stage.INDEX.value, letter.stage.value])
        connection.execute(dead_letter.delete().where(dead_letter.c.key == letter.key, others))
    statement = insert(connection, dead_letter)
    changes = {name: statement.excluded[name] for name in ("outlet", "url", "reason", "detail", "last_at")}
    changes["times"] = dead_letter.c.times + 1
    connection.execute(statement.on_conflict_do_update(index_elements=["stage", "key"], set_=changes), [row])


def list_dead_letters(
    connection: sa.Connection, *, stage: Stage | None = None, outlet: str | None = None, limit: int = 1000
) -> list[DeadLetter]:
    """Letters, the newest first."""
    chosen = sa.select(dead_letter).order_by(dead_letter.c.last_at.desc(), dead_letter.c.id.desc()).limit(limit)
    if stage is not None:
        chosen = chosen.where(dead_letter.c.stage == stage.value)
    if outlet is not None:
        chosen = chosen.where(dead_letter.c.outlet == outlet)
    return [_letter(row) for row in connection.execute(chosen)]


def read_dead_letter(connection: sa.Connection, number: int) -> DeadLetter | None:
    """One letter by its number."""
    row = connection.execute(sa.select(dead_letter).where(dead_letter.c.id == number)).first()
    return _letter(row) if row else None


def letters_of(connection: sa.Connection, keys: Iterable[str], since: datetime) -> dict[str, DeadLetter]:
    """Key -> its newest letter of the stages before the index, for those with one written or repeated since then."""
    stages = [Stage.FETCH.value, Stage.NORMALIZE.value, Stage.FILE.value]
    found: dict[str, DeadLetter] = {}
    for batch in in_batches(list(keys)):
        chosen = sa.select(dead_letter).where(
            dead_letter.c.key.in_(batch), dead_letter.c.stage.in_(stages), dead_letter.c.last_at >= since
        )
        for row in connection.execute(chosen.order_by(dead_letter.c.last_at)):
            found[row.key] = _letter(row)
    return found


def drop_dead_letter(connection: sa.Connection, stage: Stage, key: str) -> bool:
    """It went on after all; True when there was one."""
    return (
        connection.execute(dead_letter.delete().where(dead_letter.c.stage == stage.value, dead_letter.c.key == key)).rowcount > 0
    )


def drop_page_letters(connection: sa.Connection, keys: Iterable[str]) -> None:
    """The page became an article: letters under these keys of the stages before the index go."""
    stages = [Stage.FETCH.value, Stage.NORMALIZE.value, Stage.FILE.value]
    chosen = dead_letter.delete().where(dead_letter.c.stage.in_(stages), dead_letter.c.key.in_(sorted(set(keys))))
    connection.execute(chosen)


def count_dead_letters(connection: sa.Connection) -> dict[str, int]:
    """Stage -> how many."""
    chosen = sa.select(dead_letter.c.stage, sa.func.count()).group_by(dead_letter.c.stage).order_by(dead_letter.c.stage)
    return {row[0]: row[1] for row in connection.execute(chosen)}


def count_by_outlet(connection: sa.Connection, since: datetime) -> dict[str, int]:
    """Slug -> its letters written or repeated since then."""
    chosen = sa.select(dead_letter.c.outlet, sa.func.count()).where(dead_letter.c.last_at >= since).group_by(dead_letter.c.outlet)
    return {row[0]: row[1] for row in connection.execute(chosen)}


def _letter(row: Any) -> DeadLetter:
    return DeadLetter(**{**row._mapping, "stage": Stage(row.stage)})
