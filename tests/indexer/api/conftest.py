"""A newsroom on the embedded engine, served by a real uvicorn on loopback."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from crawler.store.database import open_database
from indexer.engines.embedded import EmbeddedEngine

from .newsroom import Room


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[Room]:
    database, engine = open_database(f"sqlite:///{folder / 'depesza.sqlite'}"), EmbeddedEngine(folder / "index")
    yield Room(database, engine)
    engine.close()
    database.close()


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """For tests that leave articles and index as they are."""
    with opened(tmp_path_factory.mktemp("room")) as made:
        yield made


@pytest.fixture
def own_room(tmp_path: Path) -> Iterator[Room]:
    """For a test that changes it."""
    with opened(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def client(room: Room) -> Iterator[httpx.Client]:
    """The room, served without a limit of pace."""
    with room.served() as made:
        yield made
