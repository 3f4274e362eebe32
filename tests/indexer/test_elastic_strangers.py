"""What others may have put under our names in a real Elasticsearch, and indices of other versions: said, left alone, mended."""

from __future__ import annotations

from dataclasses import replace

import pytest
from elasticsearch import Elasticsearch

from crawler.errors import BackendUnavailable, ConfigError
from indexer.config import IndexerSettings
from indexer.engines import elastic_entry, elastic_indices, elastic_layout
from indexer.engines.elastic import ElasticEngine
from indexer.engines.elastic_entry import META
from indexer.engines.elastic_indices import ElasticIndices

from .conftest import DocumentMaker
from .test_elastic_indices import DECEMBER, found, names, no_forms

pytestmark = pytest.mark.elasticsearch


def test_an_index_or_alias_of_somebody_else_under_our_names_is_said_and_left_alone(
    elastic: ElasticEngine, client: Elasticsearch, elasticsearch_index: str, make_document: DocumentMaker
) -> None:
    document = make_document(1)
    for index, aliases, words in (
        (elasticsearch_index, {}, "has an index called"),
        (f"{elasticsearch_index}x", {elasticsearch_index: {}}, "not Depesza's"),
        (f"{elasticsearch_index}-base-g1", {elasticsearch_index: {}}, "not made by Depesza"),
    ):
        client.indices.create(index=index, aliases=aliases)
        for attempt in (lambda: elastic.push([document]), elastic.status, elastic.create, elastic.begin_rebuild):
            with pytest.raises(BackendUnavailable, match=words):
                attempt()
        assert client.count(index=index)["count"] == 0
        client.indices.delete(index=index)
    assert elastic.push([document]).written


@pytest.mark.parametrize("what", ["schema_version", "document_version"])
def test_f30_an_index_of_an_older_version_is_not_written_until_it_is_rebuilt(
    what: str, elastic: ElasticEngine, monkeypatch: pytest.MonkeyPatch, make_document: DocumentMaker
) -> None:
    elastic.push([make_document(1)])
    newer = {**META, what: int(META[what]) + 1}
    monkeypatch.setattr(elastic_layout, "META", newer)
    monkeypatch.setattr(elastic_entry, "META", newer)
    monkeypatch.setattr(elastic_indices, "META", newer)
    for attempt in (lambda: elastic.push([make_document(2)]), elastic.create):
        with pytest.raises(BackendUnavailable, match="depesza index rebuild"):
            attempt()
    assert "depesza index rebuild" in str(elastic.status().trouble)
    assert found(elastic) == 1
    fresh = elastic.begin_rebuild()
    fresh.push([make_document(1), make_document(2)])
    fresh.finish_rebuild()
    fresh.close()
    assert (found(elastic), elastic.status().trouble) == (2, None)


def test_f30_an_index_of_a_newer_version_is_neither_written_nor_rebuilt(
    elastic: ElasticEngine, client: Elasticsearch, elasticsearch_index: str, make_document: DocumentMaker
) -> None:
    elastic.push([make_document(1)])
    newer = {**META, "document_version": int(META["document_version"]) + 1}
    client.indices.put_mapping(index=f"{elasticsearch_index}-base-g1", meta=newer)
    for attempt in (lambda: elastic.push([make_document(2)]), elastic.create, elastic.begin_rebuild):
        with pytest.raises(BackendUnavailable, match="upgrade this one"):
            attempt()
    assert "upgrade" in str(elastic.status().trouble)


def test_f30_a_rebuild_by_a_newer_program_stops_the_pushes_of_this_one(
    elastic: ElasticEngine, client: Elasticsearch, elasticsearch_index: str, make_document: DocumentMaker
) -> None:
    """What this program would write into the old generation alone would be missing in the new one."""
    elastic.push([make_document(1)])
    fresh = elastic.begin_rebuild()
    client.indices.put_mapping(
        index=f"{elasticsearch_index}-base-g2", meta={**META, "schema_version": int(META["schema_version"]) + 1}
    )
    with pytest.raises(BackendUnavailable, match="newer Depesza"):
        elastic.push([make_document(2)])
    fresh.close()


def test_a_missing_template_is_said_and_put_back_by_create(
    elastic: ElasticEngine, client: Elasticsearch, elasticsearch_index: str, make_document: DocumentMaker
) -> None:
    elastic.push([make_document(1)])
    client.indices.delete_index_template(name=f"{elasticsearch_index}-g1")
    assert elastic.push([make_document(2)]).written, "a month that exists needs none"
    with pytest.raises(BackendUnavailable, match="is missing: run `depesza index create`"):
        elastic.push([make_document(3, first_seen_at=DECEMBER)])
    assert names(client, elasticsearch_index) == {"base-g1", "2026-11-g1"}, "an index with a guessed mapping does not stay"
    assert elastic.create()
    assert elastic.push([make_document(3, first_seen_at=DECEMBER)]).written


@pytest.mark.parametrize("is_early", [True, False])
def test_a_template_of_somebody_else_that_wins_over_ours_is_said_and_nothing_is_written_with_its_mapping(
    is_early: bool, elastic: ElasticEngine, client: Elasticsearch, elasticsearch_index: str, make_document: DocumentMaker
) -> None:
    if not is_early:
        elastic.push([make_document(1)])
    client.indices.put_index_template(
        name=f"{elasticsearch_index}.theirs", index_patterns=[f"{elasticsearch_index}*"], priority=9000, template={}
    )
    with pytest.raises(BackendUnavailable, match="narrow that template's patterns"):
        elastic.push([make_document(2, first_seen_at=DECEMBER)])
    client.indices.delete_index_template(name=f"{elasticsearch_index}.theirs")
    assert elastic.push([make_document(2, first_seen_at=DECEMBER)]).written
    assert found(elastic) == (1 if is_early else 2)


def test_an_index_taken_off_the_alias_is_said_and_put_back_by_create(
    elastic: ElasticEngine, client: Elasticsearch, elasticsearch_index: str, make_document: DocumentMaker
) -> None:
    elastic.push([make_document(1)])
    client.indices.delete_alias(index=f"{elasticsearch_index}-2026-11-g1", name=elasticsearch_index)
    assert "cannot be searched" in str(elastic.status().trouble)
    assert elastic.create()
    assert (found(elastic), elastic.status().trouble) == (1, None)


def test_an_index_whose_base_was_removed_keeps_its_generation(
    elastic: ElasticEngine, client: Elasticsearch, elasticsearch_index: str, make_document: DocumentMaker
) -> None:
    elastic.push([make_document(1)])
    client.indices.delete(index=f"{elasticsearch_index}-base-g1")
    assert elastic.status().document_version is None
    assert elastic.push([make_document(1), make_document(2)]).already
    assert (found(elastic), elastic.status().generation) == (2, "g1")


def test_an_index_made_by_hand_in_the_place_of_a_month_is_said_and_never_written(
    elastic: ElasticEngine, client: Elasticsearch, elasticsearch_index: str, make_document: DocumentMaker
) -> None:
    elastic.create()
    client.indices.delete_index_template(name=f"{elasticsearch_index}-g1")
    client.index(index=f"{elasticsearch_index}-2026-11-g1", document={"a": 1}, refresh=False)  # not yet counted
    for _ in range(2):
        with pytest.raises(BackendUnavailable, match="is missing"):
            elastic.push([make_document(1)])
    assert elastic.create()
    with pytest.raises(BackendUnavailable, match="without Depesza's mapping"):
        elastic.push([make_document(1)])
    assert "without Depesza's mapping" in str(elastic.status().trouble)
    client.indices.delete(index=f"{elasticsearch_index}-2026-11-g1")
    assert elastic.push([make_document(1)]).written


def test_the_sub_field_for_kibana_is_asked_for_with_the_plugin_s_analyser(client: Elasticsearch) -> None:
    """No test distribution has the plugins: this looks at what would be sent."""
    for plugin, analyser in (("stempel", "polish"), ("morfologik", "morfologik")):
        fields = ElasticIndices(client, "t", plugin)._body()["mappings"]["properties"]
        for name in ("title", "text"):
            assert fields[name]["fields"] == {"polish": {"type": "text", "analyzer": analyser}}
    assert "fields" not in ElasticIndices(client, "t")._body()["mappings"]["properties"]["title"]


def test_a_plugin_that_the_cluster_lacks_is_said_before_anything_is_made(
    elastic_settings: IndexerSettings, client: Elasticsearch, elasticsearch_index: str
) -> None:
    for plugin in ("stempel", "morfologik"):
        engine = ElasticEngine(replace(elastic_settings, kibana_polish=plugin), no_forms)
        with pytest.raises(ConfigError, match=rf"kibana_polish.* lacks the analysis plugin {plugin}"):
            engine.create()
        engine.close()
    assert not names(client, elasticsearch_index)


def test_two_installations_on_one_cluster_do_not_touch_one_another(
    elastic: ElasticEngine, elastic_settings: IndexerSettings, make_document: DocumentMaker
) -> None:
    other = ElasticEngine(replace(elastic_settings, index=f"{elastic_settings.index}_b"), no_forms)
    elastic.push([make_document(1)])
    other.push([make_document(2), make_document(3)])
    assert (found(elastic), found(other)) == (1, 2)
    fresh = elastic.begin_rebuild()
    fresh.finish_rebuild()
    fresh.close()
    other.retire(DECEMBER)
    assert (found(elastic), found(other)) == (0, 0)
    other.close()
