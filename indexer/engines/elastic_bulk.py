"""One batch of documents goes to Elasticsearch, and what became of each. Not here: index names, retries, the outbox.

A document is encoded once, sent by its external version (409: the index has it or a newer one, which is as good as
written), and answered for by itself: one that is refused does not touch its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from elasticsearch import ApiError, Elasticsearch

from indexer.document import Document, first_seen
from indexer.engine import BulkResult
from indexer.engines.elastic_client import no_answer, said
from indexer.engines.elastic_entry import make_entry
from indexer.retention import month_of

REQUEST_BYTES = 10_000_000
"""A request's body is kept below this, unless one document alone is larger ("Tune for indexing speed": some tens of MB
at most, better less)."""
ITEM_TIMEOUT = "10s"
"""How long a request waits for a shard that is not there before it answers 503 for that shard's documents (default: 1 minute)."""
_WORDS = 500
"""Of a reason at most these characters are kept."""
_TOO_LARGE = 413
_CONFLICT = 409
_MISSING = 404
_LATER = frozenset({401, 403, 408, 429})
"""With 5xx: says something of the cluster, its blocks or the user, nothing of the document."""
_LATER_KINDS = frozenset({"cluster_block_exception", "index_closed_exception", "es_rejected_execution_exception"})
"""index_closed_exception comes with 400."""


@dataclass(frozen=True, slots=True)
class Item:
    """A document ready to be sent."""

    id: str
    version: int
    month: datetime
    """The beginning of the month of first sight."""
    source: bytes
    """Its entry, as JSON."""


@dataclass(slots=True)
class Answers:
    """What became of the items of one generation."""

    written: set[str] = field(default_factory=set)
    already: set[str] = field(default_factory=set)
    rejected: dict[str, str] = field(default_factory=dict)
    later: dict[str, str] = field(default_factory=dict)
    missing: list[Item] = field(default_factory=list)
    """Those whose index is not there."""

    def add(self, other: Answers) -> None:
        """Take in the answers for the items that were sent again."""
        self.written |= other.written
        self.already |= other.already
        self.rejected |= other.rejected
        self.later |= other.later
        self.missing = other.missing


def make_items(documents: Iterable[Document]) -> tuple[list[Item], dict[str, str]]:
    """Documents ready to be sent, of each id the newest version; and the reasons why others cannot be."""
    items: dict[str, Item] = {}
    rejected: dict[str, str] = {}
    for document in documents:
        one = str(document.get("id"))
        try:
            item = _item(document)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            if one not in items:
                rejected[one] = f"{type(error).__name__}: {error}"[:_WORDS]
            continue
        rejected.pop(one, None)
        if one not in items or items[one].version < item.version:
            items[one] = item
    return list(items.values()), rejected


class BulkSender:
    """Sends items. Thread-safe."""

    def __init__(self, client: Elasticsearch, request_bytes: int = REQUEST_BYTES) -> None:
        self._client = client
        self._request_bytes = request_bytes

    def send(self, items: Sequence[Item], alias: Callable[[datetime], str]) -> Answers:
        """Write each item through the alias of its month. Raises IndexLater when the cluster takes nothing now."""
        answers = Answers()
        for part in _parts(items, self._request_bytes):
            self._send(part, alias, answers)
        return answers

    def _send(self, items: Sequence[Item], alias: Callable[[datetime], str], answers: Answers) -> None:
        aliases = {month: alias(month) for month in {item.month for item in items}}
        lines = [line for item in items for line in (_action(item, aliases[item.month]), item.source)]
        try:
            with said(self._client, writing=True):
                found = self._ask(lines)
        except _RequestTooLarge:
            size = sum(map(len, lines))
            if len(items) == 1:
                answers.rejected[items[0].id] = (
                    f"the document has {size:,} bytes, more than the server takes in one request (http.max_content_length, or a proxy's limit)"
                )
                return
            self._request_bytes = min(self._request_bytes, max(size // 2, 1))
            half = len(items) // 2
            self._send(items[:half], alias, answers)
            self._send(items[half:], alias, answers)
            return
        for item, one in zip(items, found, strict=True):
            _sort(item, one["index"], answers)

    def _ask(self, lines: list[bytes]) -> list[Mapping[str, Any]]:
        try:
            answer = self._client.bulk(
                operations=lines,  # type: ignore[arg-type]  # its serializer passes lines of bytes on (elasticsearch/serializer.py)
                require_alias=True,
                timeout=ITEM_TIMEOUT,
                filter_path="items.*.status,items.*.error",
            )
        except ApiError as error:
            if error.meta.status == _TOO_LARGE:
                raise _RequestTooLarge from error
            raise
        found: list[Mapping[str, Any]] = answer.get("items", [])
        if len(found) * 2 != len(lines):
            raise no_answer(self._client)
        return found


class _RequestTooLarge(Exception):
    """HTTP 413."""


def joined(answers: Sequence[Answers], rejected: Mapping[str, str]) -> BulkResult:
    """The result for items that went to these generations, and for documents that could not be made into items.

    A document is through when every generation has it; one that was written anew in any of them counts as written.
    """
    later = {item.id: "its calendar index was removed meanwhile" for one in answers for item in one.missing}
    refused = dict(rejected)
    for one in answers:
        later |= one.later
        refused |= one.rejected
    refused = {one: reason for one, reason in refused.items() if one not in later}
    written = frozenset(item for one in answers for item in one.written) - later.keys() - refused.keys()
    already = frozenset(item for one in answers for item in one.already) - later.keys() - refused.keys() - written
    return BulkResult(written=written, already=already, rejected=refused, later=later)


def _item(document: Document) -> Item:
    source = orjson.dumps(make_entry(document))
    return Item(document["id"], document["index_version"], month_of(first_seen(document)), source)


def _action(item: Item, alias: str) -> bytes:
    action = {"_index": alias, "_id": item.id, "version": item.version, "version_type": "external"}
    return orjson.dumps({"index": action})


def _parts(items: Sequence[Item], most_bytes: int) -> Iterator[list[Item]]:
    part: list[Item] = []
    size = 0
    for item in items:
        if part and size + len(item.source) > most_bytes:
            yield part
            part, size = [], 0
        part.append(item)
        size += len(item.source)
    if part:
        yield part


def _sort(item: Item, answer: Mapping[str, Any], answers: Answers) -> None:
    status, error = answer["status"], answer.get("error")
    if error is None:
        answers.written.add(item.id)
        return
    kind = error.get("type", "")
    reason = _reason(error)
    if status == _CONFLICT:
        answers.already.add(item.id)
    elif status == _MISSING:
        answers.missing.append(item)
    elif status in _LATER or status >= 500 or kind in _LATER_KINDS:
        answers.later[item.id] = reason
    else:
        answers.rejected[item.id] = reason


def _reason(error: Mapping[str, Any]) -> str:
    said_first = f"{error.get('type')}: {error.get('reason')}"
    cause = error.get("caused_by")
    if isinstance(cause, Mapping) and cause.get("reason"):
        said_first += f" ({cause['reason']})"
    return said_first[:_WORDS]
