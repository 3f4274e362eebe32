"""An article with its place in a story becomes a document: what an engine stores and finds. Pure; no engine, no store.

A document is plain JSON (texts, numbers, lists; times as ISO 8601 with offset), so that every engine can keep it whole.
`search_words` and `keywords` say what of it is searched, the same for every engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from crawler.model.article import Article
from crawler.model.attribution import NamedSourceKind, SourceRole
from crawler.text import clean_line, fold
from indexer.tokens import WordMemory, normal_text

DOCUMENT_VERSION = 4
"""Raised when documents or what is searched of them change: an index of another version asks for a rebuild."""

Document = Mapping[str, Any]
"""What `to_document` returns."""

WORD_FIELDS = ("title", "lead", "text", "author", "section")
"""Fields of words in every engine, given as index tokens."""
FACETS = ("outlet", "agency", "language", "country", "section", "role", "group", "tag")
"""Fields whose values can be counted."""
VALUE_LENGTH = 256
"""Characters of a value that is searched or counted as a whole (a tag, a section); the rest is cut off. Elasticsearch refuses a
document for a value above 32,766 bytes (Lucene's longest term), the other engine does not, and nobody reads such a tag."""
_LEAD_LENGTH = 400
_ORIGIN = (SourceRole.ORIGIN, SourceRole.CO_ORIGIN, SourceRole.OWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletName:
    """What a document tells of its outlet."""

    name: str
    country: str
    group: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Names of outlets and agencies by slug, as the store has them."""

    outlets: Mapping[str, OutletName] = field(default_factory=dict)
    agencies: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryPlace:
    """What a document tells of its article's place in a story."""

    story: str
    role: str
    """A value of MemberRole."""
    copies: int
    """Members of the story, this one included."""
    agency: str | None
    is_origin: bool


def to_document(article: Article, place: StoryPlace | None, names: Names) -> dict[str, Any]:
    """The document of an article. `place` is None for an article in no story."""
    outlet = names.outlets.get(article.outlet) or OutletName(name=article.outlet, country="")
    agencies = _agencies(article, place)
    return {
        "id": article.id,
        "url": article.url,
        "title": article.title,
        "lead": article.lead,
        "text": article.text,
        "language": article.language,
        "authors": list(article.authors),
        "byline": article.byline,
        "section": _value(article.section) if article.section else article.section,
        "image_url": article.image_url,
        "image_credit": article.image_credit,
        "outlet": article.outlet,
        "outlet_name": _value(outlet.name),
        "country": outlet.country,
        "group": outlet.group,
        "tags": list(dict.fromkeys(map(_value, (*article.tags, *outlet.tags)))),
        "agency": agencies[0] if agencies else None,
        "agencies": list(agencies),
        "agency_names": [_value(names.agencies.get(agency, agency)) for agency in agencies],
        "published_at": article.published_at.isoformat(),
        "modified_at": article.modified_at.isoformat() if article.modified_at else None,
        "first_seen_at": article.first_seen_at.isoformat(),
        "removed_at": article.removed_at.isoformat() if article.removed_at else None,
        "access": article.access.value,
        "story": place.story if place else None,
        "role": place.role if place else None,
        "copies": place.copies if place else 1,
        "is_origin": place.is_origin if place else False,
        "index_version": article.index_version,
        "document_version": DOCUMENT_VERSION,
    }


class Worded(dict[str, Any]):
    """A document whose words are found already: who needs them for two ends finds them once."""

    __slots__ = ("words",)

    def __init__(self, document: Document, memory: WordMemory) -> None:
        super().__init__(document)
        self.words = search_words(document, memory.normal_text)


def search_words(document: Document, normal: Callable[[str], str] = normal_text) -> dict[str, str]:
    """The words of a document by field of WORD_FIELDS: index tokens joined by blanks, as `normal` gives them.

    Where a page sets no lead apart, the first paragraph stands in: an engine's measure of a field's length (BM25) would
    else push down the few articles that have one.
    """
    if isinstance(document, Worded):
        return document.words
    people = "\n".join((*document["authors"], document["byline"]))
    given = {**{name: document[name] for name in ("title", "text", "section", "lead")}, "author": people}
    found = {name: normal(text) for name, text in given.items() if text}
    if "lead" not in found:
        whole, _, last = document["text"].lstrip().partition("\n")[0][:_LEAD_LENGTH].rpartition(" ")
        found["lead"] = f"{normal(whole)} {normal_text(last)}".strip()  # the last word may be cut: `normal` must not learn it
    return found


def keywords(document: Document) -> dict[str, tuple[str, ...]]:
    """The folded values of a document by keyword field; outlets and agencies by slug and by name."""
    values = {
        "outlet": (document["outlet"], document["outlet_name"]),
        "agency": (*document["agencies"], *document["agency_names"]),
        "language": (document["language"],),
        "country": (document["country"],),
        "group": (document["group"],),
        "tag": document["tags"],
        "role": (document["role"],),
        "story": (document["story"],),
    }
    return {name: _folded(given) for name, given in values.items()}


def facets(document: Document) -> dict[str, tuple[str, ...]]:
    """The values of a document that are counted, by field of FACETS, as shown to people."""
    values = {
        "outlet": (document["outlet"],),
        "agency": document["agencies"],
        "language": (document["language"],),
        "country": (document["country"],),
        "section": (document["section"],),
        "role": (document["role"],),
        "group": (document["group"],),
        "tag": document["tags"],
    }
    return {name: tuple(value for value in given if value) for name, given in values.items()}


def published_s(document: Document) -> int:
    """Whole seconds since 1970 (UTC) of `published_at`: what "newest" is sorted by. Raises ValueError on a naive time."""
    return second_s(_instant(document, "published_at"))


def first_seen(document: Document) -> datetime:
    """When we met the article first, in UTC: it never changes, so it says which calendar index holds the document.

    Raises ValueError on a naive time.
    """
    return _instant(document, "first_seen_at").astimezone(UTC)


def second_s(instant: datetime) -> int:
    """Whole seconds from 1970 (UTC) to an instant, rounded down."""
    return int((instant - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() // 1)


def _instant(document: Document, field: str) -> datetime:
    found = datetime.fromisoformat(document[field])
    if found.tzinfo is None:
        raise ValueError(f"{field} {document[field]} has no time zone")
    return found


def _agencies(article: Article, place: StoryPlace | None) -> tuple[str, ...]:
    """The agency of the story first, then those that the article's own credits name as its origin, in their order."""
    own = sorted(
        (one for one in article.attributions if one.source_kind is NamedSourceKind.AGENCY and one.role in _ORIGIN),
        key=lambda one: one.position,
    )
    found = ([place.agency] if place and place.agency else []) + [one.source for one in own]
    return tuple(dict.fromkeys(map(_value, found)))


def _value(text: str) -> str:
    return text if len(text) <= VALUE_LENGTH else text[:VALUE_LENGTH].rstrip()


def _folded(values: Iterable[str | None]) -> tuple[str, ...]:
    """Folding may make a value longer ("ß"), so it is cut again."""
    return tuple(dict.fromkeys(_fold(value) for value in values if value))


@lru_cache(maxsize=1 << 14)
def _fold(value: str) -> str:
    """Outlets, agencies and tags come again and again."""
    return _value(fold(clean_line(value)))
