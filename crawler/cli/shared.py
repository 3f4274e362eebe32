"""What the crawler's commands have in common: the options and the open store."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from crawler.config import Locations, store_url

if TYPE_CHECKING:
    from crawler.store.database import Database

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
OutletOption = Annotated[str | None, typer.Option("--outlet", help="Only this outlet (its slug).", show_default=False)]


@contextlib.contextmanager
def opened_store(locations: Locations) -> Iterator[Database]:
    """The store, closed at the end. Raises BackendUnavailable."""
    from crawler.store.database import open_database

    database = open_database(store_url(locations))
    try:
        yield database
    finally:
        database.close()
