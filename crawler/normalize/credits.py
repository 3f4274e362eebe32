"""Who a text is from: every named source of an article with role, place in the chain, confidence and evidence.

`attribute` reads byline, credits, text, structured data and address; `split_credits` takes the credits out of a text before it is
cleaned. Both are pure and never raise. Roles: the agencies of a credit are its origins in their order; outlets and institutions
beside an agency are co-origins; without an agency they are the origins; the article's own outlet is `own`; a name under a
picture is `photo`; "jak podaje X" is `cited`. People are authors, not sources. No evidence, no attribution.
Not here: the forms (`credit_lines`), their places (`credit_places`), the names (`crawler.outlets.agencies`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from crawler.model.attribution import Attribution, Evidence, EvidenceKind, NamedSourceKind, SourceRole
from crawler.normalize.credit_chain import WEIGHTS, Element, ElementKind, Frame, Names
from crawler.normalize.credit_lines import read_byline, read_credit, read_line
from crawler.normalize.credit_places import find_credits, lines_of
from crawler.normalize.credit_words import PHOTO, PHOTO_INSIDE, SAYING
from crawler.outlets.agencies import Agencies, NamedSource, agency_of
from crawler.text import fold

__all__ = ["CreditReading", "agency_of", "attribute", "split_credits"]

_BRACKETED = re.compile(r"\(([^()\n]{3,120})\)")
_MENTIONS_AT_MOST = 40
_LINES_AT_MOST = 100
"""Lines of a byline or credits string that are read; the longest seen had four."""
_EVIDENCE_AT_MOST = 12
"""Pieces kept for one source and role."""
_STRENGTH = {kind: place for place, kind in enumerate(EvidenceKind)}


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditReading:
    """What is known of an article before its sources are named. Kept strings: evidence counts offsets in them."""

    title: str = ""
    text: str = ""
    byline: str = ""
    credits: str = ""
    """Credit lines cut out of the text (`split_credits`) or found in the page, one a line."""
    structured: tuple[str, ...] = ()
    """Names from structured data: author, provider, sourceOrganization, copyrightHolder. Kept string: joined by newlines."""
    pictures: tuple[str, ...] = ()
    """Credits of the article's pictures (`pictures.py`). Kept string: each one by itself."""
    outlet: str = ""
    """Slug of the outlet, or its name as given."""
    url: str = ""
    language: str = "und"


@dataclass(frozen=True, slots=True)
class _Found:
    """A frame and the kept string it stands in."""

    where: str
    kept: str
    frame: Frame


def attribute(reading: CreditReading, agencies: Agencies) -> tuple[Attribution, ...]:
    """The named sources of an article: origins, co-origins and own in chain order, then cited, then photo. Never raises.

    Quotes are verbatim: `quote == kept[start:end]` in the kept string `where`. A credit of one source is quoted whole, one of
    several name by name. For an agency's own site `where` is "page" and the string is the address, or the outlet's name;
    for a picture it is "page" and the string that picture's whole credit.
    """
    names = Names(agencies, reading.outlet, _host(reading.url), reading.language)
    found = [*_own_site(reading, names), *_structured(reading, names)]
    found += _in_lines("byline", reading.byline, names)
    found += _in_lines("credits", reading.credits, names)
    found += [_Found("text", reading.text, frame) for frame in find_credits(reading.text, reading.title, reading.language, names)]
    found += [_Found("text", reading.text, frame) for frame in _mentions(reading.text, found, names)]
    found += [_Found("page", said, frame) for said in reading.pictures[:_LINES_AT_MOST] if (frame := read_credit(said, names))]
    return _merge(found, names)


def split_credits(text: str, agencies: Agencies, language: str = "und") -> tuple[str, str]:
    """(text without its credit lines and sign-offs, those verbatim, one a line). Datelines stay in the text.

    Pictures' lines that say so ("fot. PAP") go too; a picture's label that only its place betrays stays for the cleaning.
    """
    names = Names(agencies, language=language)
    frames = [frame for frame in find_credits(text, "", language, names) if frame.kind != EvidenceKind.DATELINE]
    frames = [frame for frame in frames if not frame.photo or PHOTO.match(text, frame.start)]
    if not frames:
        return text, ""
    rest, at = [], 0
    for frame in frames:
        rest.append(text[at : frame.start])
        at = frame.end
    rest.append(text[at:])
    lines = [line.text for line in lines_of("".join(rest))]
    joint = "\n\n" if "\n\n" in text else "\n"
    return joint.join(lines), "\n".join(" ".join(text[frame.start : frame.end].split()) for frame in frames)


def _own_site(reading: CreditReading, names: Names) -> Iterator[_Found]:
    """The article stands on an agency's own site: the strongest evidence (SYNDICATION)."""
    host = _host(reading.url)
    for name, kept in ((host, reading.url), (reading.outlet, reading.outlet)):
        source = names.agencies.find(name) if name else None
        if source is None and name and (agency := names.agencies.agencies.get(name)):
            source = NamedSource(slug=agency.slug, kind=NamedSourceKind.AGENCY)
        if source is None or source.kind != NamedSourceKind.AGENCY or source.mostly_photo:
            continue
        start = kept.lower().find(name.lower())
        if start < 0:
            continue
        frame = Frame(
            kind=EvidenceKind.OWN_SITE, start=start, end=start + len(name), elements=(), weight=WEIGHTS[EvidenceKind.OWN_SITE]
        )
        yield _Found("page", kept, replace(frame, elements=(_element(kept, start, start + len(name), source),)))
        return


def _structured(reading: CreditReading, names: Names) -> Iterator[_Found]:
    kept, at = "\n".join(reading.structured), 0
    for name in reading.structured[:_LINES_AT_MOST]:
        if frame := read_byline(name, names):
            kind = EvidenceKind.STRUCTURED_DATA
            yield _Found("structured data", kept, replace(frame.moved(at), kind=kind, weight=WEIGHTS[kind]))
        at += len(name) + 1


def _in_lines(where: str, kept: str, names: Names) -> Iterator[_Found]:
    """Every line of a kept string that holds nothing but credits."""
    for line in lines_of(kept)[:_LINES_AT_MOST]:
        frame = read_byline(line.text, names) if where == "byline" else None
        frame = frame or read_line(line.text, names) or read_byline(line.text, names)
        if frame:
            yield _Found(where, kept, frame.moved(line.start))


def _mentions(text: str, found: list[_Found], names: Names) -> Iterator[Frame]:
    """Citations ("Jak podaje agencja Reutera", "told Reuters") and bracketed picture credits outside the credits found."""
    taken = [(item.frame.start, item.frame.end) for item in found if item.where == "text"]
    pictures = [
        match.span()
        for match in _BRACKETED.finditer(text)
        if "/" in match[1] or PHOTO.match(match[1]) or PHOTO_INSIDE.search(match[1])
    ]
    for number, (start, end, source) in enumerate(names.agencies.mentions(text)):
        if number >= _MENTIONS_AT_MOST:
            return
        if any(start < stop and end > begin for begin, stop in taken):
            continue
        element = _element(text, start, end, source)
        if span := next((span for span in pictures if span[0] < start < span[1]), None):
            yield Frame(kind=EvidenceKind.IMAGE_CREDIT, start=span[0], end=span[1], elements=(element,), weight=0.8, photo=True)
        elif (not source.frame_only or _is_called_agency(text, start)) and (span := _said(text, start, end)):
            yield Frame(kind=EvidenceKind.MENTION, start=span[0], end=span[1], elements=(element,), weight=0.8)


def _said(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The words around a name from the verb of saying on, when one stands within forty characters of the same sentence."""
    before = text[max(0, start - 45) : start]
    before = before[max(before.rfind("\n"), before.rfind(". ")) + 1 :]
    after = re.split(r"\n|[.!?](?:\s|$)", text[end : end + 35], maxsplit=1)[0]
    if verbs := list(SAYING.finditer(before)):
        begin = start - len(before) + verbs[-1].start()
        word = re.search(r"(?i:jak|as|wie|comme|як|как|jak)\s+$", text[:begin][-8:])
        return (begin - len(word[0]) if word else begin), end
    if verb := SAYING.search(after):
        return start, end + verb.end()
    return None


def _is_called_agency(text: str, start: int) -> bool:
    return bool(
        re.search(r"(?i:\bagenc\w+|agentur\w*|agence|агент\w+|agencies|\bthe|news agency)\s+$", text[max(0, start - 20) : start])
    )


def _merge(found: list[_Found], names: Names) -> tuple[Attribution, ...]:
    """One attribution a source and role, its pieces of evidence strongest first, places counted through all credits."""
    pieces: dict[tuple[str, SourceRole], list[Evidence]] = {}
    kinds: dict[str, NamedSourceKind] = {}
    written: dict[str, str] = {}
    for item in sorted(found, key=lambda item: _STRENGTH[item.frame.kind]):
        for element, role in _roles(item.frame, names):
            if element.source is None:
                continue
            slug = written.setdefault(fold(element.source.slug), element.source.slug)
            kinds.setdefault(slug, element.source.kind)
            evidence = _evidence(item, element, role)
            group = pieces.setdefault((slug, role), [])
            if len(group) < _EVIDENCE_AT_MOST and evidence not in group:
                group.append(evidence)
    agencies_named = any(role == SourceRole.ORIGIN and kinds[source] == NamedSourceKind.AGENCY for source, role in pieces)
    settled: dict[tuple[str, SourceRole], list[Evidence]] = {}
    for (source, role), evidences in sorted(pieces.items(), key=lambda pair: _ORDER[pair[0][1]]):
        beside = agencies_named and role == SourceRole.ORIGIN and kinds[source] != NamedSourceKind.AGENCY
        settled.setdefault((source, SourceRole.CO_ORIGIN if beside else role), []).extend(evidences)
    places = {SourceRole.ORIGIN: 0, SourceRole.CITED: 0, SourceRole.PHOTO: 0}
    made = []
    for (source, role), evidences in settled.items():
        row = SourceRole.ORIGIN if role in _CHAIN else role
        places[row] += 1
        confidence = round(_together([max(piece.weight, _floor(piece, role)) for piece in evidences]), 4)
        made.append(
            Attribution(
                source=source,
                source_kind=kinds[source],
                role=role,
                position=places[row],
                confidence=confidence,
                evidence=tuple(evidences),
            )
        )
    return tuple(made)


_CHAIN = (SourceRole.ORIGIN, SourceRole.CO_ORIGIN, SourceRole.OWN)
_ORDER = {SourceRole.ORIGIN: 0, SourceRole.CO_ORIGIN: 0, SourceRole.OWN: 0, SourceRole.CITED: 1, SourceRole.PHOTO: 2}


def _roles(frame: Frame, names: Names) -> Iterator[tuple[Element, SourceRole]]:
    has_agency = any(element.is_agency for element in frame.elements)
    for element in frame.elements:
        if frame.photo:
            yield element, SourceRole.PHOTO
        elif frame.kind == EvidenceKind.MENTION:
            yield element, SourceRole.CITED
        elif element.is_agency:
            yield element, SourceRole.ORIGIN
        elif element.source is not None and (element.source.slug == names.outlet or names.is_own(element.text)):
            yield element, SourceRole.OWN
        else:
            yield element, SourceRole.CO_ORIGIN if has_agency else SourceRole.ORIGIN


def _evidence(item: _Found, element: Element, role: SourceRole) -> Evidence:
    """A credit of one source is quoted whole, one of several by the name; agencies share the weight (see `agency_of`)."""
    frame = item.frame
    start, end = (element.start, element.end) if len(frame.elements) > 1 else (frame.start, frame.end)
    agencies = len({other.source.slug for other in frame.elements if other.source and other.is_agency})
    weight = frame.weight / agencies if role == SourceRole.ORIGIN and element.is_agency and agencies > 1 else frame.weight
    return Evidence(kind=frame.kind, where=item.where, quote=item.kept[start:end], start=start, end=end, weight=round(weight, 4))


def _floor(piece: Evidence, role: SourceRole) -> float:
    """That a source of a chain is *a* source is as sure as the credit, though the agency itself is shared doubt."""
    return WEIGHTS[piece.kind] - 0.05 if role in _CHAIN else 0.0


def _together(weights: list[float]) -> float:
    doubt = 1.0
    for weight in weights:
        doubt *= 1.0 - weight
    return min(0.99, 1.0 - doubt)


def _element(kept: str, start: int, end: int, source: NamedSource) -> Element:
    return Element(text=kept[start:end], start=start, end=end, kind=ElementKind.SOURCE, source=source)


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
