"""The tree of a query, before and after expansion. No engine, no parsing.

A parsed query is made of Word, Prefix, Phrase, Filter, DateRange, Copies under And, Or, Not. `expansion.expand` turns Word into
AnyOf, Phrase into Sequence and DateRange into Period; engines read only such expanded trees.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

TEXT_FIELDS = ("title", "author", "section")
"""Fields of words that a query may name; without a field the words of title, lead and text are meant."""
KEYWORD_FIELDS = ("outlet", "agency", "language", "group", "tag", "country", "role", "story")
"""Fields of whole values: a value matches folded ("PAP" is "pap"), outlets and agencies by slug and by name."""
FIELDS = (*TEXT_FIELDS, *KEYWORD_FIELDS, "date", "copies")


@dataclass(frozen=True, slots=True)
class Everything:
    """Matches every article."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word as typed; `exact` asks for this form only."""

    text: str
    field: str = ""
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Prefix:
    """Words that begin so (without the star). Folded once expanded."""

    text: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that follow one another; at least two. The parts' own `field` is that of the phrase."""

    parts: tuple[Word | Prefix, ...]
    field: str = ""


@dataclass(frozen=True, slots=True)
class Filter:
    """A keyword field has a value (folded), or with `is_prefix` one that begins so."""

    field: str
    value: str
    is_prefix: bool = False


@dataclass(frozen=True, slots=True)
class DateRange:
    """Published within `text`: "2026-11-24", "2026-11", "2026-11-01..2026-11-24", "2026-11-01..", "P7D"."""

    text: str


@dataclass(frozen=True, slots=True)
class Copies:
    """The article's story has `least` to `most` members, both included (None is open); an article without copies counts 1."""

    least: int | None
    most: int | None


@dataclass(frozen=True, slots=True)
class AnyOf:
    """A query word with the forms it stands for (index tokens), scored as one term: the best form, never the sum."""

    forms: tuple[str, ...]
    field: str = ""


@dataclass(frozen=True, slots=True)
class Sequence:
    """A phrase of alternatives; at least two places."""

    parts: tuple[AnyOf | Prefix, ...]
    field: str = ""


@dataclass(frozen=True, slots=True)
class Period:
    """Published at or after `start` and before `end` (aware; None is open)."""

    start: datetime | None
    end: datetime | None


@dataclass(frozen=True, slots=True)
class And:
    """All of them; at least two."""

    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of them; at least two."""

    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """What the child does not match."""

    child: Node


Node = Everything | Word | Prefix | Phrase | Filter | DateRange | AnyOf | Sequence | Period | Copies | And | Or | Not


def render(node: Node) -> str:
    """A parsed tree as a query text that parses to the same tree (for filter chips and saved searches)."""
    match node:
        case Everything():
            return ""
        case Word(text, field, exact):
            return f"{_prefix(field)}{'=' if exact else ''}{_quoted(text) if text in ('AND', 'OR', 'NOT') else text}"
        case Prefix(text, field):
            return f"{_prefix(field)}{text}*"
        case Phrase(parts, field):
            mark = "=" if any(isinstance(part, Word) and part.exact for part in parts) else ""
            return f"{_prefix(field)}{mark}" + _quoted(
                " ".join(f"{part.text}*" if isinstance(part, Prefix) else part.text for part in parts)
            )
        case Filter(field, value, is_prefix):
            return f"{field}:" + _quoted(value + "*" * is_prefix)
        case DateRange(text):
            return f"date:{text}"
        case Copies(least, most):
            return (
                f"copies:{least}" if least == most else f"copies:{'' if least is None else least}..{'' if most is None else most}"
            )
        case Not(child):
            return f"NOT {_grouped(child)}"
        case And(children):
            return " AND ".join(map(_grouped, children))
        case Or(children):
            return " OR ".join(map(_grouped, children))
    raise TypeError(f"{type(node).__name__} is no part of a parsed query")


def _grouped(node: Node) -> str:
    return f"({render(node)})" if isinstance(node, And | Or | Not) else render(node)


def _quoted(text: str) -> str:
    return f'"{text}"'


def _prefix(field: str) -> str:
    return f"{field}:" if field else ""
