"""`depesza renormalize`: the chain again over the kept pages, after an improvement of it. Fetches nothing.

Pages that became articles give revisions where a reader sees a change; pages in the dead letters get another chance.
Safe to run again, and to stop at any moment: each page is a transaction of its own.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from crawler.errors import NormalizeError
from crawler.filing import file_again, file_article
from crawler.model.article import Article
from crawler.model.outlet import Outlet
from crawler.model.page import Page
from crawler.model.run import Outcome
from crawler.normalize.chain import normalize
from crawler.outlets.agencies import Agencies
from crawler.settings import parse_duration
from crawler.store import articles, dead_letters, pages, templates
from crawler.store.database import Database
from crawler.store.dead_letters import DeadLetter, Stage
from crawler.workers import PagePool

BATCH = 50
"""Pages read from the store at once; as many may be under way."""
_LETTERS = 1_000_000
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Renormalizing:
    """What is to be done again."""

    outlets: Mapping[str, Outlet]
    agencies: Agencies
    now: datetime
    outlet: str | None = None
    """Only this outlet's pages."""
    stage: Stage | None = None
    """Only pages with a dead letter of this stage (normalize or file); None: every kept page."""
    keys: tuple[str, ...] | None = None
    """Only the pages kept under these keys, whatever `outlet` and `stage` say."""


@dataclass(slots=True, kw_only=True)
class RenormalizeReport:
    """What came of it. sum(outcomes) + unknown_outlet == pages."""

    pages: int = 0
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    unknown_outlet: int = 0
    """Pages of outlets that are in no catalogue any more: left as they are."""


def renormalize(
    database: Database, pool: PagePool, order: Renormalizing, progress: Callable[[int, int], None] | None = None
) -> RenormalizeReport:
    """Run the chain over kept pages in the pool and file what comes of it.

    `progress(done, total)` is called after each page. Raises BackendUnavailable when the store is lost.
    """
    keys = _chosen_keys(database, order)
    with database.read() as connection:
        known = templates.read_templates(connection)
    report = RenormalizeReport()
    under_way: deque[_Task] = deque()
    for key, page in _read_pages(database, keys):
        report.pages += 1
        outlet = order.outlets.get(page.outlet)
        if outlet is None:
            report.unknown_outlet += 1
            continue
        template = known.get(page.outlet)
        under_way.append(_Task(key, page, outlet, pool.submit(normalize, page, outlet, order.agencies, order.now, template)))
        if len(under_way) >= BATCH:
            report.outcomes[_settle(database, under_way.popleft(), order.now)] += 1
        if progress:
            progress(report.pages - len(under_way), len(keys))
    while under_way:
        report.outcomes[_settle(database, under_way.popleft(), order.now)] += 1
        if progress:
            progress(report.pages - len(under_way), len(keys))
    return report


def _chosen_keys(database: Database, order: Renormalizing) -> list[str]:
    if order.keys is not None:
        return list(order.keys)
    with database.read() as connection:
        if order.stage is not None:
            letters = dead_letters.list_dead_letters(connection, stage=order.stage, outlet=order.outlet, limit=_LETTERS)
            return sorted(letter.key for letter in letters)
        keys: list[str] = []
        while more := pages.page_keys(connection, order.outlet, keys[-1] if keys else ""):
            keys += more
        return keys


def _read_pages(database: Database, keys: list[str]) -> Iterator[tuple[str, Page]]:
    for start in range(0, len(keys), BATCH):
        with database.read() as connection:
            read = [(key, pages.read_page(connection, key)) for key in keys[start : start + BATCH]]
        yield from ((key, page) for key, page in read if page is not None)


class _Task(NamedTuple):
    key: str
    page: Page
    outlet: Outlet
    article: Future[Article]


def _settle(database: Database, task: _Task, now: datetime) -> Outcome:
    key = task.key
    try:
        article = task.article.result()
    except NormalizeError as error:
        return _note_failure(database, key, task.page, error, now)
    revisit_s = tuple(parse_duration(age) for age in task.outlet.revisit)
    with database.write() as connection:
        if pages.fetched_at(connection, key) != task.page.fetched_at:
            return Outcome.SEEN  # a crawl beside us has filed a newer page, or it was pruned
        known = articles.read_article(connection, key)
        if known is not None:
            return file_again(connection, known, article, task.page)
        outcome = file_article(connection, article, task.page, revisit_s)
        if outcome is Outcome.BLOCKED:
            return outcome
        dead_letters.drop_page_letters(connection, [key])
        if articles.read_article(connection, key) is None:
            pages.drop_page(connection, key)  # it is kept under its article's id now
    return outcome


def _note_failure(database: Database, key: str, page: Page, error: NormalizeError, now: datetime) -> Outcome:
    """The letter says the newest reason. An article that was read before stays as it is.

    So does a letter of the stage fetch: what the web did not give, no chain finds, and only a fetch tries it again.
    """
    with database.write() as connection:
        before = dead_letters.letters_of(connection, [key], _EVER).get(key)
        if articles.read_article(connection, key) is None and (before is None or before.stage is not Stage.FETCH):
            dead_letters.add_dead_letter(connection, _letter(before, key, page, error, now))
    return Outcome(error.kind)


def _letter(before: DeadLetter | None, key: str, page: Page, error: NormalizeError, now: datetime) -> DeadLetter:
    entry = page.entry
    detail = before.detail if before else {"title": entry.title if entry else None, "summary": entry.summary if entry else None}
    return DeadLetter(
        stage=Stage.NORMALIZE, key=key, outlet=page.outlet, url=before.url if before else page.final_url, reason=error.reason,
        detail={**detail, "outcome": Outcome(error.kind).value}, created_at=now, last_at=now,
    )  # fmt: skip
