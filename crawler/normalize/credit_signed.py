"""Credits that their writers sign: "(PAP) wk/ zol/ ann/", "Ewa Lisowska (PAP)", "Autor: Jan Kos, Źródło: PAP".

Polish agencies put the writer before the bracket and the editors behind it; portals put two labels on one line. The people are no
sources, but they must not hide the one that is. Not here: labels and brackets alone (`credit_lines`).
"""

from __future__ import annotations

import re

from crawler.model.attribution import EvidenceKind
from crawler.normalize.credit_chain import Element, ElementKind, Frame, Names, cut, is_picture, make_frame, named
from crawler.normalize.credit_words import AUTHOR_LABEL, PHOTO

_AROUND_BRACKET = re.compile(r"(?P<before>[^()\n]{0,90})[(\[](?P<who>[^()\[\]\n]{2,40})[)\]](?P<after>[^()\n]{0,90})")
_NEXT_LABEL = re.compile(
    r"\s*[,;|/]\s*(?=(?:źródł[oa]|autor(?:ka|zy)?|tekst|oprac\w*|opr|sources?|authors?|quellen?|autorin|zdroje?|джерел[оа]|автор|источник)\s*[:.])",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"(?:źródł[oa]|tekst|sources?|quellen?|zdroje?|джерел[оа]|источник)\s*:\s*",
    re.IGNORECASE,
)
_PEOPLE = (ElementKind.INITIALS, ElementKind.PERSON)


def read_signed(line: str, names: Names) -> Frame | None:
    """The credit of a line that holds people and sources, or None."""
    return _around_bracket(line, names) or _labels(line, names)


def _around_bracket(line: str, names: Names) -> Frame | None:
    """People before or behind a bracket that names agencies. In English a name before "(Reuters)" credits a picture."""
    match = _AROUND_BRACKET.fullmatch(line)
    if not match or names.language == "en" or PHOTO.match(line):
        return None
    elements = tuple(_moved(element, match.start("who")) for element in cut(match["who"], names))
    if not named(elements) or not all(element.is_agency or element.kind == ElementKind.INITIALS for element in elements):
        return None
    around = [part for part in (match["before"].strip(), match["after"].strip(" .")) if part]
    if not around or is_picture(elements) or not all(_are_people(part, names) for part in around):
        return None
    return make_frame(EvidenceKind.BYLINE, line, named(elements))


def _labels(line: str, names: Names) -> Frame | None:
    """Two labels on one line, one of them for people."""
    starts = [0, *(match.end() for match in _NEXT_LABEL.finditer(line))]
    ends = [*(match.start() for match in _NEXT_LABEL.finditer(line)), len(line)]
    if len(starts) < 2:
        return None
    found: list[Element] = []
    for start, end in zip(starts, ends, strict=True):
        part = line[start:end]
        if label := _LABEL.match(part):
            elements = cut(part[label.end() :], names)
            if not elements or is_picture(elements) or len(named(elements)) < len(elements):
                return None
            found += (_moved(element, start + label.end()) for element in elements)
        elif not _are_people(part, names):
            return None
    return make_frame(EvidenceKind.LABEL, line, tuple(found)) if found else None


def _are_people(part: str, names: Names) -> bool:
    """Initials and personal names only, a label for authors before them aside."""
    label = AUTHOR_LABEL.match(part)
    rest = part[label.end() :] if label else part
    elements = cut(rest, names)
    return bool(elements) and all(element.kind in _PEOPLE for element in elements)


def _moved(element: Element, by: int) -> Element:
    return Element(
        text=element.text, start=element.start + by, end=element.end + by, kind=element.kind, source=element.source,
        separator=element.separator,
    )  # fmt: skip
