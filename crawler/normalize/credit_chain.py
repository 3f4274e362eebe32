"""A credit's elements: "wk/zol//PAP", "Reuters / PAP / Tvp.info/ kremlin.ru / Kresy.pl" cut at its separators, each one classified.

Not here: which stretch of a text is a credit (`credit_lines`, `credit_places`), what follows from it (`credits`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from crawler.model.attribution import EvidenceKind, NamedSourceKind
from crawler.normalize.credit_words import AGENCY_WORD, DATE_WORD, DESK, INSTITUTION_WORD, INSTITUTIONS, JOB, OUTLET_WORD
from crawler.outlets.agencies import Agencies, NamedSource

_SEPARATOR = re.compile(
    r"\s*(?://+|/|\||\\|;|•|·|\n)\s*|\s*,\s*|\s+[-–—]+\s+|\s*—\s*|\s+(?:oraz|and|und|et|avec|та|i|a|и|і|&)\s+|\s+\((?=[\w .&-]{2,30}\)$)"
)
_INITIALS = re.compile(
    r"(?:opr(?:ac)?\.?:?\s+|red\.?\s+)?(?:[^\W\d_A-ZĄĆĘŁŃÓŚŹŻ]{2,4}|[A-ZĄĆĘŁŃÓŚŹŻ]{2,4}|[A-ZŁŚŻ]\.\s?[A-ZŁŚŻ]\.|red|oprac|opr|[a-ząćęłńóśźż]{2,4}\.[a-ząćęłńóśźż]{2,4})\.?"
)
_NOBODY = re.compile(
    r"^by\b|\b(?:wire|services?|staff|redakcja|redaktion|rédaction|redakce|редакция|редакція|team|reports?|photos?)\b",
    re.IGNORECASE,
)
"""In "Herald wire services", "By ...": not an outlet's name."""
_TITLED = re.compile(r"The(?: [A-Z][\w&'’-]+){1,3}")
""""The Guardian" is a paper's name, no person's."""
_NO_NAME_CHARS = 120
"""More than any name, job or day has (`crawler.outlets.agencies.LONGEST_NAME` is 80): running text, told without a look-up."""
_NAME_WORD = r"(?:[A-ZÀ-ÖØ-ÞĄĆĘŁŃÓŚŹŻČĎĚŇŘŠŤŮŽЀ-ЯІЇЄҐ][\w'’.-]*|de|van|von|der|la|bin|al)"
_PERSON = re.compile(rf"{_NAME_WORD}(?:\s+{_NAME_WORD}){{1,3}}")

WEIGHTS = {
    EvidenceKind.STRUCTURED_DATA: 0.85,
    EvidenceKind.BYLINE: 0.95,
    EvidenceKind.DATELINE: 0.95,
    EvidenceKind.CREDIT_LINE: 0.93,
    EvidenceKind.SIGN_OFF: 0.93,
    EvidenceKind.LABEL: 0.9,
    EvidenceKind.IMAGE_CREDIT: 0.8,
    EvidenceKind.MENTION: 0.8,
    EvidenceKind.OWN_SITE: 0.98,
}
"""Confidence by kind of evidence: the measured precision, see README of `crawler/outlets`."""


class ElementKind(StrEnum):
    """What an element of a chain is."""

    SOURCE = "source"
    INITIALS = "initials"
    PERSON = "person"
    DATE = "date"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One element; `start` and `end` count in the string that was cut."""

    text: str
    start: int
    end: int
    kind: ElementKind
    source: NamedSource | None = None
    separator: str = ""
    """What stands before it, blanks off: "/", "//", ",", "|", "-", "and"; "" for the first."""

    @property
    def is_agency(self) -> bool:
        return self.source is not None and self.source.kind == NamedSourceKind.AGENCY


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A stretch of a string that credits somebody: [start, end) in that string, its named sources in order."""

    kind: EvidenceKind
    start: int
    end: int
    elements: tuple[Element, ...]
    """Only elements with a source; offsets in the same string as `start`."""
    weight: float
    photo: bool = False

    def moved(self, by: int) -> Frame:
        """The same frame in a string that holds this one from `by` on."""
        elements = tuple(
            Element(text=e.text, start=e.start + by, end=e.end + by, kind=e.kind, source=e.source, separator=e.separator)
            for e in self.elements
        )
        return Frame(
            kind=self.kind, start=self.start + by, end=self.end + by, elements=elements, weight=self.weight, photo=self.photo
        )


@dataclass(frozen=True, slots=True)
class Names:
    """The catalogue's names and those of the outlet that is being read."""

    agencies: Agencies
    outlet: str = ""
    host: str = ""
    language: str = "und"
    """ISO 639-1 of the text: "AP, PAP" begins with an editor's initials in Polish only."""
    _own: frozenset[str] = field(init=False)
    _met: dict[str, tuple[ElementKind, NamedSource | None]] = field(init=False, default_factory=dict, compare=False)
    """What pieces of this article were found to be: the readers of a line cut it one after the other."""
    _label: str = field(init=False)
    """The longest part of the host without hyphens, "deccanherald"; "" when too short or any outlet's word."""

    def __post_init__(self) -> None:
        label = max(self.host.casefold().split(".")[:-1], key=len, default="").replace("-", "")
        object.__setattr__(self, "_label", label if len(label) >= 3 and not OUTLET_WORD.fullmatch(label) else "")
        object.__setattr__(self, "_own", frozenset(name.casefold() for name in (self.outlet, self.host) if name))

    @property
    def own_names(self) -> frozenset[str]:
        """Slug or name, and host, of the outlet that is being read, letter case folded."""
        return self._own

    def find(self, element: str) -> NamedSource | None:
        """As `Agencies.find`, the outlet that is being read included."""
        if len(element) > _NO_NAME_CHARS:
            return None
        source = self.agencies.find(element)
        if source is None and (called := AGENCY_WORD.match(element)):
            source = self.agencies.find(element[called.end() :])
            if source is not None and source.kind != NamedSourceKind.AGENCY:
                source = None
        if source is not None and source.kind == NamedSourceKind.AGENCY:
            return source
        if self.is_own(element.strip(" .")) or (source is not None and self.is_own(source.slug)):
            return self.own(source.kind if source else NamedSourceKind.OUTLET)
        return source

    def classified(self, piece: str) -> tuple[ElementKind, NamedSource | None]:
        """What an element of a chain is, each piece asked about once."""
        if (known := self._met.get(piece)) is None:
            known = self._met[piece] = _classify(piece, self)
        return known

    def is_own(self, name: str) -> bool:
        """`name` is the outlet's own slug, name, host or a part of its host, www. and letter case aside."""
        name = name.casefold().removeprefix("www.")
        above = "." in name and self.host.casefold().endswith("." + name)
        return name in self._own or above or (len(name) > 7 and name.endswith(".com") and name[:-4] in self.host.split("."))

    def is_own_brand(self, name: str) -> bool:
        """An outlet's name that begins like the own host: "BBC News" at bbc.com, "Deccan Herald" at deccanherald.com."""
        return bool(self._label) and "".join(char for char in name.casefold() if char.isalnum()).startswith(self._label)

    def own(self, kind: NamedSourceKind = NamedSourceKind.OUTLET) -> NamedSource:
        """The outlet that is being read."""
        return NamedSource(slug=self.outlet or self.host, kind=kind)


def make_frame(
    kind: EvidenceKind,
    line: str,
    elements: tuple[Element, ...],
    *,
    photo: bool = False,
    by: int = 0,
    span: tuple[int, int] | None = None,
) -> Frame:
    """The frame of `kind` over `line` or its `span`, its elements moved by `by`; its weight is the kind's."""
    kind = EvidenceKind.IMAGE_CREDIT if photo else kind
    start, end = span or (0, len(line))
    moved = Frame(kind=kind, start=0, end=0, elements=elements, weight=WEIGHTS[kind], photo=photo).moved(by)
    return Frame(kind=kind, start=start, end=end, elements=moved.elements, weight=moved.weight, photo=photo)


def cut(text: str, names: Names) -> tuple[Element, ...]:
    """`text` cut at slashes, commas, bars, dashes and "and"; a name that holds a separator stays whole if it is known."""
    if names.find(text) and not _SEPARATOR.search(text.strip(" /|•·—-")):
        return (_element(text, 0, len(text), "", names),) if text.strip() else ()
    return tuple(
        _element(text, start, end, separator, names) for start, end, separator in _pieces(text) if text[start:end].strip()
    )


def named(elements: tuple[Element, ...]) -> tuple[Element, ...]:
    """Those with a source."""
    return tuple(element for element in elements if element.source is not None)


def is_picture(elements: tuple[Element, ...]) -> bool:
    """A full personal name or a picture agency beside an agency, with slash or bar: "Jan Kos/PAP", "PAP/EPA" (CREDITS, traps)."""
    if any(element.source is not None and element.source.mostly_photo for element in elements):
        return True
    if not any(element.is_agency for element in elements):
        return False
    people = [element for element in elements if element.kind == ElementKind.PERSON]
    return bool(people) and any(element.separator in ("/", "//", "|", "\\") for element in elements)


def is_date(text: str) -> bool:
    """All words of `text` are a date's or a time's."""
    words = text.replace(",", " ").replace("|", " ").split()
    return (
        bool(words)
        and all(DATE_WORD.fullmatch(word) for word in words)
        and any(char.isdigit() or word.isalpha() for word in words for char in word)
    )


def looks_like_a_person(text: str) -> bool:
    """Two to four capitalised words, none of an outlet's or an institution's."""
    return bool(_PERSON.fullmatch(text)) and not OUTLET_WORD.search(text) and not INSTITUTION_WORD.search(text)


def _pieces(text: str) -> Iterator[tuple[int, int, str]]:
    start, separator = 0, ""
    for match in _SEPARATOR.finditer(text):
        yield start, match.start(), separator
        start, separator = match.end(), match[0].strip() or ","
    yield start, len(text), separator


def _element(text: str, start: int, end: int, separator: str, names: Names) -> Element:
    while start < end and text[start] in ' \t("„[':
        start += 1
    while end > start and text[end - 1] in ' \t)"”].:':
        end -= 1
    piece = text[start:end]
    kind, source = names.classified(piece)
    return Element(text=piece, start=start, end=end, kind=kind, source=source, separator=separator)


def _classify(piece: str, names: Names) -> tuple[ElementKind, NamedSource | None]:
    if len(piece) > _NO_NAME_CHARS:
        return ElementKind.OTHER, None
    if source := names.find(piece):
        return ElementKind.SOURCE, source
    if (desk := DESK.match(piece)) and (source := names.find(piece[desk.end() :])):
        return ElementKind.SOURCE, source
    if piece in INSTITUTIONS:
        return ElementKind.SOURCE, NamedSource(slug=piece, kind=NamedSourceKind.INSTITUTION, frame_only=True)
    if is_date(piece):
        return ElementKind.DATE, None
    if _INITIALS.fullmatch(piece):
        return ElementKind.INITIALS, None
    if JOB.fullmatch(piece):
        return ElementKind.OTHER, None
    if len(piece) <= 40 and INSTITUTION_WORD.match(piece):
        return ElementKind.SOURCE, NamedSource(slug=piece, kind=NamedSourceKind.INSTITUTION, frame_only=True)
    if len(piece.split()) <= 4 and piece[:1].isupper() and OUTLET_WORD.search(piece) and not _NOBODY.search(piece):
        own = names.is_own_brand(piece)
        return ElementKind.SOURCE, names.own() if own else NamedSource(slug=piece, kind=NamedSourceKind.OUTLET, frame_only=True)
    if _TITLED.fullmatch(piece) and not _NOBODY.search(piece):
        return ElementKind.SOURCE, NamedSource(slug=piece, kind=NamedSourceKind.OUTLET, frame_only=True)
    if looks_like_a_person(piece):
        return ElementKind.PERSON, None
    return ElementKind.OTHER, None
