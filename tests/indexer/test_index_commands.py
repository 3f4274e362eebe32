"""`depesza index create`, `status` and `retire`, with either engine. Pushes and rebuilds: `test_push`, `test_cli`."""

from __future__ import annotations

import json
import secrets
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from crawler.config import Locations
from crawler.errors import ConfigError
from indexer.config import indexer_settings
from indexer.engines.elastic_client import make_client
from tests.elasticsearch_server import clean_up

from .conftest import run


@pytest.fixture(params=["embedded", pytest.param("elasticsearch", marks=pytest.mark.elasticsearch)])
def installed(request: pytest.FixtureRequest, tmp_path: Path) -> Locations:
    """An installation with either engine."""
    tables: dict[str, Any] = {"engine": request.param}
    if request.param == "elasticsearch":
        tables |= {"url": request.getfixturevalue("elasticsearch_url"), "index": request.getfixturevalue("elasticsearch_index")}
    return Locations(data_dir=tmp_path, config_path=tmp_path / "depesza.toml", tables={"indexer": tables})


def as_json(result: Result, code: int = 0) -> dict[str, Any]:
    assert result.exit_code == code, (result.output, result.exception)
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def keeping(locations: Locations, keep: str) -> Locations:
    return replace(locations, tables={"indexer": {**locations.tables["indexer"], "keep": keep}})


def this_month() -> datetime:
    return datetime.now(UTC).replace(day=1, hour=12, minute=0, second=0, microsecond=0)


def test_create_makes_the_index_once_and_a_push_fills_it(installed: Locations, filed: Any, make_article: Any) -> None:
    first = as_json(run(installed, "index", "create", "--json"))
    assert first["created"]
    assert first["generation"]
    assert not as_json(run(installed, "index", "create", "--json"))["created"]
    assert "There already" in run(installed, "index", "create").output
    filed(make_article())
    assert as_json(run(installed, "index", "push", "--json"))["written"] == 1
    status = as_json(run(installed, "index", "status", "--json"))
    assert (status["parts"], status["waiting"], status["trouble"]) == ({"2026-11": 1}, 0, None)
    assert status["generation"] == first["generation"]
    assert "2026-11            1" in run(installed, "index", "status").output


def test_create_in_place_of_an_index_that_is_gone_lets_every_article_be_pushed_again(
    installed: Locations, filed: Any, make_article: Any
) -> None:
    filed(make_article())
    run(installed, "index", "push")
    gone = replace(installed, tables={"indexer": {**installed.tables["indexer"], "index": f"t{secrets.token_hex(6)}"}})
    if installed.tables["indexer"]["engine"] == "embedded":
        shutil.rmtree(installed.index_dir)
        gone = installed
    assert as_json(run(gone, "index", "create", "--json"))["created"]
    assert as_json(run(gone, "index", "push", "--json"))["written"] == 1
    if "url" in gone.tables["indexer"]:
        clean_up(gone.tables["indexer"]["url"], gone.tables["indexer"]["index"])


def test_retire_says_what_would_go_and_drops_it_only_when_it_is_meant(
    installed: Locations, filed: Any, make_article: Any
) -> None:
    old, new = datetime(2025, 3, 5, tzinfo=UTC), this_month()
    filed(make_article("https://kresy.example/1", first_seen_at=old), make_article("https://kresy.example/2", first_seen_at=new))
    run(installed, "index", "push")
    asked = as_json(run(installed, "index", "retire", "--before", "2025-04", "--json"))
    assert asked == {"before": "2025-04", "months": {"2025-03": 1}, "documents": 1, "dropped": False}
    assert "add --yes" in run(installed, "index", "retire", "--before", "2025-04").output
    assert as_json(run(installed, "index", "status", "--json"))["documents"] == 2
    assert as_json(run(installed, "index", "retire", "--before", "2025-03", "--yes", "--json"))["documents"] == 0
    assert as_json(run(installed, "index", "retire", "--before", "2025-04", "--yes", "--json"))["documents"] == 1
    assert "0 documents dropped" in run(installed, "index", "retire", "--before", "2025-04", "--yes").output
    status = as_json(run(installed, "index", "status", "--json"))
    assert status["parts"] == {f"{new:%Y-%m}": 1}
    assert run(installed, "search", "prezydent").exit_code == 0


def test_what_is_older_than_keep_is_retired_and_neither_a_push_nor_a_rebuild_brings_it_back(
    installed: Locations, filed: Any, make_article: Any
) -> None:
    keeps = keeping(installed, "30d")
    old, new = datetime(2025, 3, 5, tzinfo=UTC), this_month()
    filed(make_article("https://kresy.example/1", first_seen_at=old), make_article("https://kresy.example/2", first_seen_at=new))
    run(installed, "index", "push")
    retired = as_json(run(keeps, "index", "retire", "--yes", "--json"))
    assert (retired["documents"], retired["months"]) == (1, {"2025-03": 1})
    filed(make_article("https://kresy.example/3", first_seen_at=old))
    pushed = as_json(run(keeps, "index", "push", "--json"))
    assert (pushed["written"], pushed["retired"], pushed["waiting"]) == (0, 1, 0)
    assert as_json(run(keeps, "index", "rebuild", "--json"))["retired"] == 2
    assert as_json(run(keeps, "index", "status", "--json"))["documents"] == 1
    assert as_json(run(installed, "index", "rebuild", "--json"))["written"] == 3, "the store kept them"


def test_retire_refuses_what_would_empty_the_index_by_a_slip_of_the_pen(locations: Locations) -> None:
    assert isinstance(run(locations, "index", "retire").exception, ConfigError)
    for slip in ("2999-01", "2025", "2025-13", "yesterday"):
        result = run(locations, "index", "retire", "--before", slip, "--yes")
        assert result.exit_code == 2
        assert "--before" in result.output
    longest = Locations(data_dir=locations.data_dir, config_path=Path("x"), tables={"indexer": {"keep": "900000w"}})
    assert as_json(run(longest, "index", "retire", "--yes", "--json"))["documents"] == 0


def test_the_status_of_an_engine_that_is_away_tells_what_waits_and_ends_with_3(
    locations: Locations, filed: Any, make_article: Any
) -> None:
    away = replace(locations, tables={"indexer": {"engine": "elasticsearch", "url": "http://127.0.0.1:9"}})
    filed(make_article())
    facts = as_json(run(away, "index", "status", "--json"), code=3)
    assert (facts["waiting"], facts["engine"]) == (1, "elasticsearch")
    assert "nothing listens" in facts["trouble"]
    assert "nothing listens" in run(away, "index", "status").output


@pytest.mark.elasticsearch
def test_f06_the_status_of_an_index_that_takes_nothing_ends_with_3(
    elasticsearch_url: str, elasticsearch_index: str, locations: Locations, filed: Any, make_article: Any
) -> None:
    tables = {"engine": "elasticsearch", "url": elasticsearch_url, "index": elasticsearch_index}
    there = replace(locations, tables={"indexer": tables})
    filed(make_article())
    run(there, "index", "push")
    client = make_client(indexer_settings(there))
    client.indices.put_settings(index=f"{elasticsearch_index}-2026-11-g1", settings={"index.blocks.read_only_allow_delete": True})
    assert "disk is nearly full" in as_json(run(there, "index", "status", "--json"), code=3)["trouble"]
    client.indices.put_settings(index=f"{elasticsearch_index}-2026-11-g1", settings={"index.blocks.read_only_allow_delete": None})
    client.close()
    assert run(there, "index", "status").exit_code == 0
