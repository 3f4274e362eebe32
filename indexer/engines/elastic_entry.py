"""What Elasticsearch keeps of a document: its mapping, and one entry of it. Not here: requests, queries, index names.

The mapping is `elastic_mapping.json`, strict, so that a field nobody reviewed is refused. Beside the document itself (`_source`)
stand `words.*` (index tokens for the white-space analyser), `value.*` (folded whole values) and `published` (seconds), which
are searched but not stored. An index says in its mapping's `_meta` whose it is and of which version.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from indexer.document import DOCUMENT_VERSION, Document, first_seen, keywords, published_s, search_words

MAPPING_VERSION = 2
"""Raised when `elastic_mapping.json` changes: an index of another version asks for a rebuild."""
META = {"application": "depesza", "schema_version": MAPPING_VERSION, "document_version": DOCUMENT_VERSION}
"""`_meta` of every index of ours."""
FACET_FIELDS = {
    "outlet": "outlet", "agency": "agencies", "language": "language", "country": "country", "section": "section",
    "role": "role", "group": "group", "tag": "tags",
}  # fmt: skip
"""Field of `document.FACETS` -> the field of the mapping whose values are counted (the empty value is none)."""

_LAST_VERSION = 1 << 63
"""Of an external version. One that the server cannot read, or a wrong id, would fail a whole request."""
_ID = re.compile(r"[0-9a-f]{8,64}")
_LAST_SECOND = 1 << 32
"""The embedded engine's bound; both refuse the same documents."""


@cache
def _mapping_text() -> str:
    return Path(__file__).with_name("elastic_mapping.json").read_text(encoding="utf-8")


def index_body() -> dict[str, Any]:
    """Settings and mappings of an index, `_meta` included; a fresh copy each time."""
    body: dict[str, Any] = json.loads(_mapping_text())
    body["mappings"]["_meta"] = dict(META)
    return body


def make_entry(document: Document) -> dict[str, Any]:
    """The entry of a document. Raises ValueError, KeyError or TypeError for a document that cannot be kept."""
    version, article = document["index_version"], document["id"]
    if not isinstance(version, int) or isinstance(version, bool):
        raise TypeError("index_version is no whole number")
    if not 0 <= version < _LAST_VERSION:
        raise ValueError(f"index_version {version} lies outside what can be counted")
    if not isinstance(article, str) or not _ID.fullmatch(article):
        raise ValueError("the id is not hexadecimal")
    first_seen(document)
    published = published_s(document)
    if not 0 <= published < _LAST_SECOND:
        raise ValueError("published_at lies outside the years that can be ordered (1970 to 2106)")
    values = {name: list(found) for name, found in keywords(document).items() if found}
    return {**document, "published": published, "words": search_words(document), "value": values}
