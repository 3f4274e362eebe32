"""What the crawler's commands have in common: the options, times as a person types them, and the open store."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from crawler.config import Locations, store_url
from crawler.errors import ConfigError
from crawler.settings import parse_duration

if TYPE_CHECKING:
    from crawler.store.database import Database

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
OutletOption = Annotated[str | None, typer.Option("--outlet", help="Only this outlet (its slug).", show_default=False)]
WatchedSlugs = Annotated[list[str] | None, typer.Argument(metavar="[SLUG]...", help="Outlets; none means all that are watched.")]
SinceOption = Annotated[
    str | None,
    typer.Option("--since", help="From then on: 2026-11-24, 2026-11-24T10:00, or 7d for seven days ago.", show_default=False),
]
UntilOption = Annotated[
    str | None, typer.Option("--until", help="Until then, a day as a whole: written as for --since.", show_default=False)
]


def read_moment(text: str | None, now: datetime, *, end: bool = False) -> datetime | None:
    """The instant that --since (or --until: `end`) names; None for None. Without an offset, the clock of this machine counts.

    Raises ConfigError with the accepted forms.
    """
    if text is None:
        return None
    try:
        return now - timedelta(seconds=parse_duration(text.strip().lower().removeprefix("p")))
    except (ValueError, OverflowError):
        pass
    try:
        found = datetime.fromisoformat(text.strip())
        if end and re.fullmatch(r"[\d-]+", text.strip()):
            found += timedelta(days=1)
        return found.astimezone() if found.tzinfo is None else found
    except (ValueError, OverflowError, OSError):
        said = "write a day (2026-11-24), a time (2026-11-24T10:00) or how long ago (7d, 12h)"
        raise ConfigError(f"{text!r} is no time: {said}") from None


@contextlib.contextmanager
def opened_store(locations: Locations) -> Iterator[Database]:
    """The store, closed at the end. Raises BackendUnavailable."""
    from crawler.store.database import open_database

    database = open_database(store_url(locations))
    try:
        yield database
    finally:
        database.close()
