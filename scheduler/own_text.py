"""A text of one's own for `copies --text` and `copies --url`: read from a file, or fetched as guardedly as a crawl does.

Not here: finding who carries it (`crawler.carriers`).
"""

from __future__ import annotations

import secrets
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from crawler.addresses import canonical_address
from crawler.carriers import MOST_CHARS, OwnText
from crawler.config import Locations
from crawler.errors import BackendUnavailable, ConfigError, DepeszaError
from crawler.outlets.choosing import open_catalogue
from crawler.store import articles
from crawler.store.database import Database
from scheduler.child_log import tell_person
from scheduler.crawling import CrawlRequest, check_clock, make_plan
from scheduler.launch import launch_crawl
from scheduler.probing import SiteWish, bare_outlet

TIME_LIMIT_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A text, and what it is of the store's."""

    own: OwnText
    name: str
    """How it is called in a result."""
    article_id: str | None = None
    """It is this article of the store."""


def read_text(source: str) -> Found:
    """The text in a file, or on standard input for "-". Raises ConfigError for what cannot be read or is too short."""
    try:
        data = sys.stdin.buffer.read(4 * MOST_CHARS + 1) if source == "-" else Path(source).read_bytes()
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"--text {source}: it cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(
            f"--text {source}: it is no text in UTF-8; of a document or a web page give --url, or save it as text"
        ) from None
    return Found(own=_own(text, f"--text {source}"), name="standard input" if source == "-" else source)


def read_address(locations: Locations, database: Database, url: str, *, private: bool = False, verbose: bool = False) -> Found:
    """The text of a page: of the store, when it is there; else fetched now, by the rules that a crawl keeps.

    Raises ConfigError for a bad address or without a contact address, BackendUnavailable when the fetch did not end,
    DepeszaError with the reason when the page gave no text.
    """
    canonical = canonical_address(url)
    if canonical is None:
        raise ConfigError(f"--url {url!r} is no web address: write it whole, with https://")
    with database.read() as connection:
        known = articles.find_id(connection, [canonical, url])
        article = articles.read_article(connection, known) if known else None
    if article is not None:
        return Found(own=_own(article.text, url), name=url, article_id=article.id)
    catalogue = open_catalogue(locations)
    outlet = catalogue.by_domain(urlsplit(canonical).hostname or "") or bare_outlet(SiteWish(url=url, private=private))
    now = datetime.now(UTC)
    check_clock(now)
    request = CrawlRequest(outlets=(outlet,), urls=(canonical,), probe=True)
    report = launch_crawl(make_plan(locations, request, now, secrets.token_hex(4)), TIME_LIMIT_S, on_line=tell_person(verbose))
    if not report.finished or not report.probes:
        raise BackendUnavailable(f"{url} could not be fetched: {report.error}")
    (probed,) = report.probes
    page = probed.articles[0] if probed.articles else None
    if page is None or page.error or not page.text:
        reason = (page.error if page else probed.error) or "the page has no text"
        hint = "; give --private if it is on this machine or in your own network" if "private address" in reason else ""
        raise DepeszaError(f"{url}: {reason}{hint}")
    return Found(own=_own(page.text, url), name=url)


def _own(text: str, name: str) -> OwnText:
    try:
        return OwnText.of(text)
    except ValueError as error:
        raise ConfigError(f"{name}: {error}") from None
