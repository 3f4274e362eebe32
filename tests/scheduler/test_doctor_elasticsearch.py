"""What `doctor` says of a search engine that is a server: reached or not, of which version, how secured, what troubles its index."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from indexer.config import IndexerSettings
from indexer.engines.elastic_client import make_client
from indexer.engines.elastic_indices import ElasticIndices
from scheduler.command import app


def examined(folder: Path, **table: str) -> dict[str, dict[str, str]]:
    """Each check by name, in an installation whose table [indexer] is given."""
    config = folder / "depesza.toml"
    config.write_text("\n".join(["[indexer]", *(f"{key} = {json.dumps(value)}" for key, value in table.items())]), "utf-8")
    result = CliRunner().invoke(app, ["doctor", "--json", "--data-dir", str(folder), "--config", str(config)])
    return {one["name"]: one for one in json.loads(result.stdout)["checks"]}


def test_without_any_setting_of_it_nothing_is_said(tmp_path: Path) -> None:
    assert "Elasticsearch" not in examined(tmp_path)


def test_settings_of_a_server_that_is_not_chosen_are_noted(tmp_path: Path) -> None:
    found = examined(tmp_path, url="https://search.example.org:9200")["Elasticsearch"]
    assert (found["state"], found["found"]) == ("note", "set up, but not used")
    assert 'engine = "elasticsearch"' in found["hint"]


def test_a_server_that_is_not_there_is_bad_with_address_and_what_to_do(tmp_path: Path) -> None:
    checks = examined(tmp_path, engine="elasticsearch", url="http://127.0.0.1:9")
    for name in ("Elasticsearch", "index"):
        assert checks[name]["state"] == "bad"
        assert "http://127.0.0.1:9: nothing listens there; start it" in checks[name]["found"]


def test_an_error_that_a_line_of_the_table_cuts_off_is_told_in_full_below(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:9/{'long/' * 10}"
    config = tmp_path / "depesza.toml"
    config.write_text(f'[indexer]\nengine = "elasticsearch"\nurl = "{url}"\n', "utf-8")
    result = CliRunner().invoke(app, ["doctor", "--data-dir", str(tmp_path), "--config", str(config)])
    assert "start it, or correct [indexer] url" in result.stdout


@pytest.mark.elasticsearch
def test_a_server_without_security_is_noted_with_its_version_and_an_index_that_is_not_yet(
    tmp_path: Path, elasticsearch_url: str, elasticsearch_index: str
) -> None:
    checks = examined(tmp_path, engine="elasticsearch", url=elasticsearch_url, index=elasticsearch_index)
    server, index = checks["Elasticsearch"], checks["index"]
    assert server["state"] == "note"
    assert server["found"].startswith(f"{elasticsearch_url}: version 9.")
    assert server["found"].endswith("not encrypted, without credentials")
    assert "turn its security on" in server["hint"]
    assert (index["state"], index["hint"]) == ("note", "the first push makes it")


@pytest.mark.elasticsearch
def test_what_troubles_the_index_is_bad_with_the_remedy(tmp_path: Path, elasticsearch_url: str, elasticsearch_index: str) -> None:
    settings = {"engine": "elasticsearch", "url": elasticsearch_url, "index": elasticsearch_index}
    with make_client(IndexerSettings(**settings)) as client:
        indices = ElasticIndices(client, elasticsearch_index)
        indices.prepare()
        assert examined(tmp_path, **settings)["index"]["state"] == "ok"
        generation = indices.begin()
        rebuilt = examined(tmp_path, **settings)["index"]
        assert rebuilt["state"] == "note"
        assert f"g{generation} is being filled" in rebuilt["found"]
        indices.drop(generation)
        client.indices.put_settings(index=f"{elasticsearch_index}-base-g1", settings={"index.blocks.write": True})
        blocked = examined(tmp_path, **settings)["index"]
    assert blocked["state"] == "bad"
    assert "read-only" in blocked["hint"]
