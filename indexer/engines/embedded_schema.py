"""What the embedded index keeps of a document: tantivy's schema and one entry of it. Not here: files, queries."""

from __future__ import annotations

import json
from typing import Any

import orjson
import tantivy

from indexer.document import FACETS, WORD_FIELDS, Document, facets, first_seen, keywords, published_s, search_words, second_s
from indexer.engine import COPIED_STEP, Sort, SortKey, copied_value
from indexer.nodes import KEYWORD_FIELDS

SOURCE = "source"
"""The document itself, as JSON."""
ORDER = "order"
"""Published second and the head of the id in one number, so that sorting by it is a total order (see `order_number`)."""
COPIED = "copied"
"""Copies, published second and a shorter head of the id in one number: the order of the most copied."""
_ID_BITS = 31
_SECOND_BITS, _SHORT_ID_BITS = 32, 21
_MOST_COPIES = 1023
"""That ten bits hold; a story has 500 members at most (`crawler.stories.joining`)."""


def facet_field(name: str) -> str:
    """The column of a counted field."""
    return f"{name}_facet"


def make_schema() -> Any:
    """The schema. Words come as index tokens (tantivy's white-space tokenizer), values whole."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", tokenizer_name="raw", index_option="basic")
    for name in WORD_FIELDS:
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="position")
    for name in KEYWORD_FIELDS:
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=name == "story")
    for name in FACETS:
        builder.add_text_field(facet_field(name), tokenizer_name="raw", index_option="basic", fast=True)
    for name in ("published", "first_seen", "copies"):
        builder.add_integer_field(name, indexed=True, fast=True)
    builder.add_unsigned_field(ORDER, indexed=True, fast=True)
    builder.add_unsigned_field(COPIED, indexed=True, fast=True)
    builder.add_bytes_field(SOURCE, stored=True)
    return builder.build()


def make_entry(document: Document, schema: Any) -> Any:
    """The entry of a document. Raises ValueError, KeyError or TypeError for a document that cannot be kept."""
    published = published_s(document)
    entry: dict[str, Any] = {
        "id": document["id"],
        "published": published,
        "first_seen": second_s(first_seen(document)),
        "copies": document["copies"],
        ORDER: order_number(SortKey(published, document["id"])),
        COPIED: copied_number(SortKey(copied_value(document["copies"], published), document["id"])),
    }
    entry.update(search_words(document))
    entry.update({name: list(values) for name, values in keywords(document).items() if values})
    entry.update({facet_field(name): list(values) for name, values in facets(document).items() if values})
    if not isinstance(document["index_version"], int):
        raise TypeError("index_version is no whole number")
    entry[SOURCE] = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    return tantivy.Document.from_dict(entry, schema)


def read_entry(stored: Any) -> dict[str, Any]:
    """The document that `make_entry` was given."""
    found: dict[str, Any] = orjson.loads(bytes(stored.get_first(SOURCE)))
    return found


def order_number(key: SortKey) -> int:
    """A number that orders places by second, then by the first 31 bits of the id (two articles of one second that share
    them: once in two thousand million pairs). Raises ValueError for an id that is not hexadecimal or a year before 1970."""
    number = (int(key.value) << _ID_BITS) | id_head(key.id)
    if not 0 <= number < 1 << 63:
        raise ValueError("published_at lies outside the years that can be ordered (1970 to 2106)")
    return number


def copied_number(key: SortKey) -> int:
    """A number that orders places of `Sort.MOST_COPIED` (see `engine.copied_value`), equal ones by 21 bits of the id."""
    copies, second = divmod(int(key.value), COPIED_STEP)
    return (min(copies, _MOST_COPIES) << _SECOND_BITS | second) << _SHORT_ID_BITS | id_head(key.id) >> (_ID_BITS - _SHORT_ID_BITS)


def copied_value_of(number: int) -> int:
    """The value of the place, out of such a number."""
    return number >> _SHORT_ID_BITS


def order_field(sort: Sort) -> str:
    """The column that an order reads."""
    return COPIED if sort is Sort.MOST_COPIED else ORDER


def second_of(order: int) -> int:
    """The published second, out of an order number."""
    return order >> _ID_BITS


def id_head(article_id: str) -> int:
    """The part of an id that breaks ties."""
    return int(article_id[:8], 16) >> 1


def id_head_of(order: int) -> int:
    """The same, out of an order number."""
    return order & ((1 << _ID_BITS) - 1)
