"""The work behind `depesza batch extract`: files of pages become lines of JSON, without network, store or catalogue.

Not here: the command (`crawler.cli`), the chain (`crawler.normalize.chain`).
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, TextIO

from crawler.addresses import belongs_to, canonical_address, host_of, registrable_domain
from crawler.errors import ConfigError, NormalizeError
from crawler.model.article import PublishedFrom
from crawler.model.outlet import Outlet
from crawler.model.page import Page
from crawler.normalize.chain import read_draft
from crawler.normalize.draft import Draft, Setting
from crawler.outlets.agencies import Agencies, load_agencies
from crawler.workers import PagePool

Record = dict[str, Any]
_NOWHERE = "https://page.invalid/page"
"""Stands for a page without an address (RFC 2606: `.invalid` is nobody's); never given out."""
_MAX_PAGE_BYTES = 16 << 20
_AHEAD = 4
"""Pages in the pool for each worker; the rest of the file waits unread."""


@dataclass(frozen=True, slots=True)
class BatchCount:
    """How many pages were read and how many gave a line with `error`."""

    pages: int = 0
    errors: int = 0


Progress = Callable[[BatchCount], None]


def run(records: Path, out: TextIO, workers: int, progress: Progress | None = None, outlets: Sequence[Outlet] = ()) -> BatchCount:
    """Write a line of JSON to `out` for each line of `records`, in the order of the input.

    No outlet's entry is used unless `outlets` are given (matched by domain), and nothing is learned across the input. The
    start of this run ends the window of believable dates. `progress` is called after every page. Raises ConfigError when
    `records` cannot be read; a bad line or page gives a line with `error` and the next goes on.
    """
    moment = datetime.now(UTC)
    count = BatchCount()
    with PagePool(workers) as pool:
        for record, future in _in_order(pool, records, outlets, moment):
            row = _settled(record, future)
            count = BatchCount(count.pages + 1, count.errors + ("error" in row))
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
            if progress:
                progress(count)
    return count


def extract_record(record: Record, folder: str, outlet: Outlet | None, now: datetime) -> Record:
    """The answer to one record: its facts, or {"id", "error"}. Runs in a worker."""
    try:
        page, setting = page_of(record, Path(folder), outlet, now)
        return _row(record, read_draft(page, setting))
    except NormalizeError as error:
        return _failed(record, str(error))


def _in_order(
    pool: PagePool, records: Path, outlets: Sequence[Outlet], now: datetime
) -> Iterator[tuple[Record, Future[Record] | str]]:
    waiting: deque[tuple[Record, Future[Record] | str]] = deque()
    for record, complaint in _read_records(records):
        if complaint:
            waiting.append((record, complaint))
        else:
            outlet = _outlet_of(record.get("url"), outlets)
            waiting.append((record, pool.submit(extract_record, record, str(records.parent), outlet, now)))
        while len(waiting) > _AHEAD * len(pool):
            yield waiting.popleft()
    yield from waiting


def _read_records(records: Path) -> Iterator[tuple[Record, str]]:
    """(record, "") of each line that holds one, (what is known of it, complaint) of each other; blank lines are passed over."""
    try:
        lines = records.open(encoding="utf-8", errors="replace")
    except OSError as error:
        raise ConfigError(f"{records}: cannot be read: {error.strerror}") from None
    with lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
            except (ValueError, RecursionError) as error:
                yield {"id": None}, f"line {number} is not JSON: {error}"
                continue
            if not isinstance(record, dict):
                yield {"id": None}, f"line {number} is no object"
            elif not isinstance(record.get("page"), str):
                yield record, f'line {number} has no "page" (the path of an HTML file)'
            else:
                yield {key: record.get(key) for key in ("id", "url", "page", "language")}, ""


def _settled(record: Record, future: Future[Record] | str) -> Record:
    if isinstance(future, str):
        return _failed(record, future)
    try:
        return future.result()
    except NormalizeError as error:
        return _failed(record, str(error))
    except Exception as error:
        return _failed(record, f"broken: {type(error).__name__}: {error}")


def _failed(record: Record, reason: str) -> Record:
    return {"id": record.get("id"), "url": _web_address(record.get("url")), "error": reason}


def page_of(record: Record, folder: Path, outlet: Outlet | None, now: datetime) -> tuple[Page, Setting]:
    """The page and the setting that a record asks for. Raises NormalizeError("no text", why) when its file cannot be read."""
    url = _web_address(record.get("url")) or _NOWHERE
    page = Page(
        requested_url=url,
        final_url=url,
        status=200,
        body=_read_body(folder / record["page"]),
        fetched_at=now,
        outlet=outlet.slug if outlet else "none",
    )
    language = record.get("language")
    languages = (language.lower()[:2],) if isinstance(language, str) and len(language) >= 2 else ()
    domain = registrable_domain(url) or host_of(url) or "page.invalid"
    nobody = Outlet(slug="none", name="", homepage=url, domains=(domain,), country="", languages=languages, timezone="UTC")
    return page, Setting(outlet or nobody, _agencies(), now)


def _read_body(path: Path) -> bytes:
    """The page's bytes, gzip undone by content (not by name). Raises NormalizeError("no text", why)."""
    try:
        with path.open("rb") as file:
            if file.read(2) == b"\x1f\x8b":
                file.seek(0)
                with gzip.open(file) as unpacked:
                    body = unpacked.read(_MAX_PAGE_BYTES + 1)
            else:
                file.seek(0)
                body = file.read(_MAX_PAGE_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise NormalizeError("no text", f"{path.name}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(body) > _MAX_PAGE_BYTES:
        raise NormalizeError("broken", f"{path.name}: larger than {_MAX_PAGE_BYTES >> 20} MiB")
    return body


def _row(record: Record, draft: Draft) -> Record:
    known = _web_address(record.get("url"))
    dated = draft.published_from is not PublishedFrom.FIRST_FETCH and draft.published_at is not None
    image = draft.image_url if draft.image_url and not draft.image_url.startswith("https://page.invalid/") else None
    return {
        "id": record.get("id"), "url": known, "title": draft.title, "lead": draft.lead, "text": draft.text,
        "authors": list(draft.authors), "published_at": draft.published_at.isoformat() if dated and draft.published_at else None,
        "published_from": str(draft.published_from) if dated else None,
        "modified_at": draft.modified_at.isoformat() if draft.modified_at else None, "language": draft.language,
        "section": draft.section, "tags": list(draft.tags), "image_url": image, "image_credit": draft.image_credit, "canonical_url": draft.url if known else None,
        "access": str(draft.access), "byline": draft.byline, "credits": draft.credits,
        "attributions": [asdict(attribution) for attribution in draft.attributions],
    }  # fmt: skip


def _web_address(url: object) -> str | None:
    return url if isinstance(url, str) and canonical_address(url) else None


def _outlet_of(url: object, outlets: Sequence[Outlet]) -> Outlet | None:
    return next((outlet for outlet in outlets if isinstance(url, str) and belongs_to(url, outlet.domains)), None)


@cache
def _agencies() -> Agencies:
    return load_agencies()
