"""What `depesza crawl` does: chooses outlets, crawls them in a child process, pushes. Returns; prints only progress."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from types import FrameType
from typing import TYPE_CHECKING

from crawler.addresses import belongs_to
from crawler.config import Locations, crawler_settings, store_url
from crawler.errors import ConfigError, DepeszaError
from crawler.model.outlet import Outlet
from crawler.model.run import RunReport
from crawler.outlets.catalogue import Catalogue
from crawler.outlets.choosing import choose_outlets, find_outlet, open_catalogue, outlet_of_address
from crawler.store.database import open_database
from crawler.terminal import say
from scheduler.child_log import tell_person
from scheduler.crawling import CrawlRequest, contact_for, crawl, push
from scheduler.tidying import tidy

if TYPE_CHECKING:
    from indexer.push import PushReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the person typed."""

    slugs: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    push: bool = True
    force: bool = False
    verbose: bool = False


def crawl_and_push(locations: Locations, wish: Wish) -> tuple[RunReport, PushReport | None, list[str]]:
    """The run's report, what was pushed (None: nothing was), and warnings in words.

    An index that cannot be reached is a warning: the articles wait in the outbox (SAFETY F1). Raises ConfigError and
    BackendUnavailable before anything is fetched.
    """
    request = read_wish(locations, wish)
    contact_for(locations, request.outlets)
    database = open_database(store_url(locations))
    try:
        with stop_on_signals() as stop:
            report = crawl(locations, database, request, stop=stop, on_line=tell_person(wish.verbose))
        warnings: list[str] = []
        pushed = None
        if wish.push:
            try:
                pushed = push(locations, database)
                stopped = pushed.stopped
            except DepeszaError as error:
                stopped = str(error)
            if stopped:
                warnings.append(f"not pushed, the articles wait in the outbox: {stopped} (`depesza index push` tries again)")
        tidy(locations, database, datetime.now(UTC))
        return report, pushed, warnings
    finally:
        database.close()


def read_wish(locations: Locations, wish: Wish) -> CrawlRequest:
    """Slugs and addresses as outlets. Raises ConfigError for what is not known or does not fit together."""
    catalogue = open_catalogue(locations)
    if not wish.urls:
        outlets = choose_outlets(catalogue, wish.slugs, crawler_settings(locations).outlets)
        if not outlets:
            raise ConfigError(
                "no outlet is watched: `depesza outlets list` shows what there is, `depesza outlets add URL` adds one"
            )
        return CrawlRequest(outlets=outlets, force=wish.force)
    if len(wish.slugs) > 1:
        raise ConfigError("--url fetches articles of one outlet: name at most one slug with it")
    owners = [_owner(catalogue, wish.slugs, url) for url in wish.urls]
    slugs = sorted({outlet.slug for outlet in owners})
    if len(slugs) > 1:
        raise ConfigError(f"--url fetches articles of one outlet at a time; these belong to {', '.join(slugs)}")
    return CrawlRequest(outlets=choose_outlets(catalogue, slugs), urls=wish.urls, force=wish.force)


def _owner(catalogue: Catalogue, slugs: tuple[str, ...], url: str) -> Outlet:
    """The outlet an article is of: the one that was named, if the address lies in its domains."""
    if not slugs:
        return outlet_of_address(catalogue, url)
    outlet = find_outlet(catalogue, slugs[0])
    if not belongs_to(url, outlet.domains):
        raise ConfigError(f"{url} is no address of {outlet.slug}, whose domains are {', '.join(outlet.domains)}")
    return outlet


@contextlib.contextmanager
def stop_on_signals() -> Iterator[threading.Event]:
    """An event that SIGTERM and Ctrl-C set, so that the child is stopped in order and what it fetched is kept and pushed.

    A second Ctrl-C means at once (KeyboardInterrupt).
    """
    stop = threading.Event()
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.getsignal(number) for number in numbers}

    def handle(number: int, frame: FrameType | None) -> None:
        say("Stopping: pages under way are finished (Ctrl-C again ends at once).")
        stop.set()
        signal.signal(signal.SIGINT, before[signal.SIGINT])

    for number in numbers:
        signal.signal(number, handle)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
