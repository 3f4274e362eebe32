"""How an installation's indices are doing in Elasticsearch: documents, bytes, and what is wrong. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from elasticsearch import Elasticsearch

from indexer.engine import EngineStatus
from indexer.engines.elastic_layout import IndexFacts, Layout, version_trouble

_STATS = "indices.*.primaries.docs.count,indices.*.total.store.size_in_bytes"
_BLOCKS = "*.settings.index.blocks.*"
_READ_ONLY = ("read_only_allow_delete", "read_only", "write")
_NAMED = 3
"""Indices that a sentence of trouble names; of more it tells the number."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the cluster says of our indices."""

    stats: Mapping[str, Any]
    red: tuple[str, ...]
    blocked: Mapping[str, tuple[str, ...]]

    def documents(self, index: str) -> int:
        found: int = self.stats.get(index, {}).get("primaries", {}).get("docs", {}).get("count", 0)
        return found

    def size_bytes(self, index: str) -> int:
        found: int = self.stats.get(index, {}).get("total", {}).get("store", {}).get("size_in_bytes", 0)
        return found


def elastic_status(client: Elasticsearch, layout: Layout, where: str) -> EngineStatus:
    """The status of what `layout` holds (read in full). Documents are those that a search finds; bytes count replicas."""
    seen = _look(client, layout)
    in_use = layout.in_use
    indices = layout.of(in_use.generation) if in_use else ()
    trouble = [*_troubles(layout, seen)]
    return EngineStatus(
        engine="elasticsearch",
        where=where,
        documents=sum(seen.documents(one.name) for one in indices),
        size_bytes=sum(seen.size_bytes(one.name) for one in layout.indices),
        document_version=in_use.meta.get("document_version") if in_use else None,
        generation=f"g{in_use.generation}" if in_use else None,
        rebuilding=f"g{layout.filling.generation}" if layout.filling else None,
        parts={one.part: seen.documents(one.name) for one in indices if one is not in_use},
        trouble="; ".join(trouble) or None,
    )


def _look(client: Elasticsearch, layout: Layout) -> _Seen:
    everything = layout.names.everything
    stats = client.indices.stats(index=everything, metric="docs,store", filter_path=_STATS)
    health = client.cluster.health(index=everything, level="indices", filter_path="indices.*.status")
    blocks = client.indices.get_settings(index=everything, filter_path=_BLOCKS)
    blocked = {
        index: tuple(name for name, value in found["settings"]["index"]["blocks"].items() if value == "true")
        for index, found in blocks.items()
    }
    red = tuple(sorted(name for name, found in health.get("indices", {}).items() if found["status"] == "red"))
    return _Seen(stats.get("indices", {}), red, blocked)


def _troubles(layout: Layout, seen: _Seen) -> list[str]:
    in_use = layout.in_use
    found = []
    if in_use is not None:
        if version := version_trouble(in_use):
            found.append(version)
        strange = [one for one in layout.of(in_use.generation) if layout.names.write(one.name) not in one.aliases]
        if strange:
            found.append(f"{_listed(strange)} came into being without Depesza's mapping and is not written: remove it")
        bare = [one for one in layout.of(in_use.generation) if layout.names.read not in one.aliases and one not in strange]
        if bare:
            found.append(
                f"{_listed(bare)} cannot be searched, the alias {layout.names.read} is missing: run `depesza index create`"
            )
    if seen.red:
        found.append(
            f"{_listed(seen.red)} red: a primary shard is on no node, so its documents are neither found nor written; "
            "GET _cluster/allocation/explain says why"
        )
    blocked = sorted(index for index, blocks in seen.blocked.items() if set(blocks) & set(_READ_ONLY))
    if any("read_only_allow_delete" in seen.blocked[index] for index in blocked):
        found.append(
            f"{_listed(blocked)} read-only: a node's disk is nearly full (flood-stage watermark); make room, then Elasticsearch lifts it"
        )
    elif blocked:
        found.append(f"{_listed(blocked)} read-only by a setting (index.blocks): unset it when the reason is gone")
    return found


def _listed(indices: tuple[str, ...] | list[str] | list[IndexFacts]) -> str:
    names = [one if isinstance(one, str) else one.name for one in indices]
    shown = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
    return f"{'index' if len(names) == 1 else 'indices'} {shown}"
