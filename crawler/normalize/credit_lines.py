"""One line that is a credit as a whole: label, bracket, chain, byline, "contributed", copyright, picture; and the dateline.

Each reader takes a line and the names and returns a `Frame` with offsets in that line, or None. Not here: which line of a text
may be read at all (`credit_places`), what follows from it (`credits`). Forms and traps: CREDITS, counted in 814 articles.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from crawler.model.attribution import EvidenceKind
from crawler.normalize.credit_chain import (
    Element,
    ElementKind,
    Frame,
    Names,
    cut,
    is_date,
    is_picture,
    looks_like_a_person,
    make_frame,
    named,
)
from crawler.normalize.credit_signed import read_signed
from crawler.normalize.credit_words import (
    JOB,
    LABEL,
    LISTEN,
    MONTH,
    PARTICLE,
    PHOTO,
    PHOTO_INSIDE,
    PICTURE_BEHIND,
    TEASER_BEHIND,
    WEAK_LABEL,
)

LONGEST = 200
"""Characters of the longest line read as a credit; the longest seen had 130."""
_MOST_ELEMENTS = 9
"""Of a chain; the longest seen had six."""
_BRACKET = re.compile(r"[(\[/]\s*((?:[^()\[\]]){2,60}?)\s*[)\]/]\.?")
_CONTRIBUTED = re.compile(
    r"(?P<who>[^.!?;()]{2,200}?)\s+(?:also\s+)?(?:contributed|reported from|was used)\b(?P<what>[^.!?]{0,60})[.]?"
)
_COPYRIGHT = re.compile(
    r"(?:(?:\(c\)|©|copyright)[\s:,]*)+(?P<year>\d{4})?(?:\s*[-–]\s*\d{4})?[\s,]*(?:by\s+)?(?P<who>[^.,;:()]{2,50}?)"
    r"(?:\s+and\s+[^.]*)?(?:\s*[.,;:)]|\s+(?:all rights|this material|contributed)|\s*$).*",
    re.IGNORECASE | re.DOTALL,
)
_BY = re.compile(r"(?:^|(?<=[\s—–|-]))(?:by|by:|von|par)\s+(?=[A-ZÀ-ÞŁŚŻ])", re.IGNORECASE)
_GLUED = re.compile(r"(?<=[a-zà-ž])(?:Associated Press|Reuters|Bloomberg|Agence France-Presse)$")
_DATELINE = re.compile(
    r"(?P<place>[^()\n]{0,70}?)\s*[(/](?P<who>[^()\n]{2,30})[)/](?P<after>\s*(?:\.?\s*(?:[-–—―:]+|&[mn]dash;|--)\s*|\.\s+|\s+|$))"
)
_OPEN_DATELINE = re.compile(
    r"(?P<place>[^()\n]{2,50}?)(?:\s+[-–—]\s+|[.,]\s+)(?P<who>РИА Новости|ТАСС|Интерфакс-Украина|Интерфакс|INTERFAX\.RU|УНН|УНІАН|Укрінформ|"
    r"Інтерфакс-Україна|БЕЛТА|REUTERS|ANSA|PAP)(?P<after>\s*(?:[.]\s+|\s+[-–—]\s+))"
)
_DATELINE_INSIDE = re.compile(
    r"(?<![\w(])[A-ZÀ-ÞŁŚŻ][A-ZÀ-ÞŁŚŻ .'/-]{2,40}(?:, [A-Z][\w. ]{1,20})?(?:, [A-Z]\w{2,8}\.? \d{1,2})? \((?P<who>[^()\n]{2,25})\) ?(?:--|[—–-])"
)


def read_line(line: str, names: Names) -> Frame | None:
    """What `line` credits when all of it is a credit, a picture's included; None for everything else."""
    if not 2 <= len(line) <= LONGEST:
        return None
    if PHOTO.match(line) or (PHOTO_INSIDE.search(line) and not (LABEL.match(line) and PICTURE_BEHIND.search(line))):
        return read_picture(line, names)
    readers: tuple[Callable[[str, Names], Frame | None], ...] = (
        read_label,
        read_copyright,
        read_contributed,
        read_bracket,
        read_by,
        read_chain,
        read_signed,
    )
    for reader in readers:
        if frame := reader(line, names):
            return frame
    return None


def read_picture(line: str, names: Names) -> Frame | None:
    """A line that begins with "fot.", "Photo:" and the like: all its names credit a picture.

    A bare word ("Photos from Reuters show ...") begins a sentence too: then at most six words.
    """
    mark = PHOTO.match(line)
    if (
        mark
        and not PHOTO_INSIDE.search(line)
        and mark[0][-1] not in ".:"
        and line[mark.end()] not in ":/.("
        and len(line.split()) > 6
    ):
        return None
    found = _mentioned(line, names)
    return make_frame(EvidenceKind.IMAGE_CREDIT, line, found, photo=True) if found else None


def read_credit(said: str, names: Names) -> Frame | None:
    """A picture's credit, known to be one from its place: all agencies in it are the picture's, whatever the form."""
    found = tuple(element for element in _mentioned(said, names) if element.is_agency)
    found = found or tuple(element for element in cut(said, names) if element.is_agency)
    return make_frame(EvidenceKind.IMAGE_CREDIT, said, found, photo=True) if found else None


def read_label(line: str, names: Names) -> Frame | None:
    """ "Źródło: PAP", "Źródło informacji: ...", "oprac. ab na podst. PAP", "Quelle: dpa", "avec AFP"; the label at the start."""
    bracketed = line[:1] in "(["
    inner = line[1:].rstrip(" )].") if bracketed else line
    match = LABEL.match(inner)
    if not match:
        return None
    rest = inner[match.end() :]
    behind = TEASER_BEHIND.search(rest) or PICTURE_BEHIND.search(rest)
    if behind:
        if LISTEN.match(behind[0]):
            return None
        rest = rest[: behind.start()]
    elements = cut(rest, names)
    if not elements or len(rest) > 120 or any(len(element.text.split()) > 5 for element in elements):
        return None
    weak = bool(WEAK_LABEL.match(match[0])) or ":" not in match[0]
    if weak and not all(element.source or element.kind == ElementKind.INITIALS for element in elements):
        return None
    if weak and not any(element.is_agency for element in elements) and "podst" not in match[0].casefold():
        return None
    offset = match.end() + bracketed
    frame = (
        make_frame(EvidenceKind.LABEL, line, named(elements), photo=is_picture(elements), by=offset) if named(elements) else None
    )
    if frame and behind:
        return Frame(
            kind=frame.kind, start=0, end=offset + len(rest), elements=frame.elements, weight=frame.weight, photo=frame.photo
        )
    return frame


def read_bracket(line: str, names: Names) -> Frame | None:
    """ "(PAP)", "(wk/PAP)", "[Reuters]", "/TASS/": nothing but the bracket."""
    match = _BRACKET.fullmatch(line.strip())
    if not match:
        return None
    elements = cut(match[1], names)
    agencies = [element for element in elements if element.is_agency]
    if (
        not agencies
        or any(element.source is None and element.kind != ElementKind.INITIALS for element in elements)
        or is_picture(elements)
    ):
        return None
    return make_frame(EvidenceKind.SIGN_OFF, line, named(elements), by=line.index(match[0]) + match.start(1) - match.start())


def read_chain(line: str, names: Names) -> Frame | None:
    """Initials, outlets and agencies with separators: "wk/zol//PAP", "WK, PAP", "Reuters / PAP / Kresy.pl"; an agency alone."""
    elements = cut(line, names) if line.count(",") <= _MOST_ELEMENTS else ()
    sources = named(elements)
    if not sources or len(elements) > _MOST_ELEMENTS:
        return None
    if is_picture(elements):
        return make_frame(EvidenceKind.IMAGE_CREDIT, line, sources, photo=True)
    if any(element.source is None and element.kind != ElementKind.INITIALS for element in elements):
        return None
    if len(elements) == 1:
        source = sources[0].source
        sure = (
            source is not None
            and not source.frame_only
            and (sources[0].is_agency or names.is_own(sources[0].text) or names.agencies.site(line) is None)
        )
        return make_frame(EvidenceKind.SIGN_OFF, line, sources) if sure else None
    if all(element.source is None or (element.source.frame_only and not element.is_agency) for element in elements):
        return None
    sources = _without_false_initials(elements, names)
    kind = EvidenceKind.CREDIT_LINE if len(sources) == len(elements) else EvidenceKind.SIGN_OFF
    return make_frame(kind, line, sources) if sources else None


def read_by(line: str, names: Names) -> Frame | None:
    """ "By The Associated Press", "By JANE DOE, AP Science Writer", "Posted May 3, 2018, by Associated Press"; twenty words at most."""
    if not _BY.search(line) or len(line.split()) > 20 or line.rstrip().endswith(("!", "?", ";", ":")):
        return None
    frame = read_byline(line, names)
    return frame if frame and any(element.is_agency for element in frame.elements) else None


def read_byline(line: str, names: Names) -> Frame | None:
    """A string known to be a byline: whoever is named in it, people, dates and initials aside."""
    if PHOTO.match(line):
        return read_picture(line, names)
    found: list[Element] = []
    elements = cut(line, names)
    if any(element.source is not None and element.source.mostly_photo for element in elements):
        return make_frame(EvidenceKind.IMAGE_CREDIT, line, named(elements), photo=True)
    for element in elements:
        guessed = element.source is None or (element.source.frame_only and not element.is_agency)
        found += (_inside(element, names) if guessed else []) or ([element] if element.source else [])
    if len(elements) > 1 and all(element.source or element.kind == ElementKind.INITIALS for element in elements):
        found = list(_without_false_initials(elements, names))
    return make_frame(EvidenceKind.BYLINE, line, tuple(found)) if found else None


def read_glued(line: str, names: Names) -> Frame | None:
    """Nothing but people and, behind the last of them, an agency: "JANE DOE Associated Press", "Jane Roe and Jan M. DoeReuters"; "AP May 3, 2018"."""
    elements = cut(line, names)
    if not 0 < len(elements) <= 6 or len(line) > 120:
        return None
    if len(elements) > 1 and all(element.kind == ElementKind.DATE for element in elements[1:]):
        found = _inside(elements[0], names)
        return make_frame(EvidenceKind.BYLINE, line, tuple(found)) if found and found[0].start == elements[0].start else None
    found = _inside(elements[-1], names)
    if not found or not found[0].source or found[0].source.mostly_photo:
        return None
    people = [element.text for element in elements[:-1]] + [line[elements[-1].start : found[0].start].strip()]
    return make_frame(EvidenceKind.BYLINE, line, tuple(found)) if all(looks_like_a_person(name) for name in people) else None


def read_contributed(line: str, names: Names) -> Frame | None:
    """ "Associated Press writers X and Y contributed to this report.", alone or shared with an outlet."""
    if not any(word in line for word in ("contributed", "reported from", "was used")):
        return None
    for match in _CONTRIBUTED.finditer(line):
        what = match["what"].casefold()
        if (
            "report" not in what
            and "story" not in what
            and "article" not in what
            and (what.strip(" .") or len(match["who"].split()) > 8)
        ):
            continue
        found = tuple(element for element in _mentioned(match["who"], names) if element.is_agency)
        if found:
            return make_frame(EvidenceKind.CREDIT_LINE, line, found, by=match.start("who"), span=match.span())
    return None


def read_copyright(line: str, names: Names) -> Frame | None:
    """ "© 2018 The Associated Press. All rights reserved.", "© dpa-infocom, dpa:..."; an agency's only."""
    match = _COPYRIGHT.fullmatch(line)
    if not match:
        return None
    who = _whole(match["who"], match.start("who"), names)
    return (
        make_frame(EvidenceKind.CREDIT_LINE, line, (who,))
        if who and who.is_agency and who.source and not who.source.mostly_photo
        else None
    )


def read_dateline(line: str, names: Names) -> Frame | None:
    """ "OSLO (AP) —", "York/Leeds, England (Reuters) -", "12.09. Warszawa (PAP) –", "(IAR) ...", "МОСКВА, 3 мая - РИА Новости." at the start."""
    for pattern in (_DATELINE, _OPEN_DATELINE) if "(" in line or "/" in line else (_OPEN_DATELINE,):
        match = pattern.match(line)
        if not match or not _is_place(match["place"]):
            continue
        elements = cut(match["who"], names)
        if (
            not elements
            or not elements[0].is_agency
            or is_picture(elements)
            or any(element.kind in (ElementKind.PERSON, ElementKind.OTHER) for element in elements)
        ):
            continue
        after, place = match["after"], match["place"].strip()
        if not after.strip() and not (not place or place.isupper() or place[-1:].isdigit() or _has_date(place)):
            continue
        if not place and not line[match.end() : match.end() + 1].strip('„"«“—–- ').isupper():
            continue
        end = match.start("after") + len(after.rstrip())
        return make_frame(EvidenceKind.DATELINE, line, named(elements), by=match.start("who"), span=(0, end))
    return None


def find_dateline(line: str, names: Names) -> Frame | None:
    """A dateline at the start of `line`, or one in capitals with a dash inside it (furniture glued before it)."""
    if frame := read_dateline(line, names):
        return frame
    for match in _DATELINE_INSIDE.finditer(line, 0, 2000) if " (" in line else ():
        who = _whole(match["who"], match.start("who"), names)
        if who and who.is_agency and who.source and not who.source.mostly_photo:
            return make_frame(EvidenceKind.DATELINE, line, (who,), span=match.span())
    return None


def _is_place(place: str) -> bool:
    words = re.split(r"[\s,/.–—-]+", place)
    return len(words) <= 12 and all(
        not word or word[0].isupper() or word[0].isdigit() or word.casefold() in PARTICLE or MONTH.fullmatch(word)
        for word in words
    )


def _has_date(place: str) -> bool:
    return any(is_date(part) for part in re.split(r",\s*|\s+(?=\d)", place))


def _inside(element: Element, names: Names) -> list[Element]:
    """An agency at the edge of a byline's element: "By JANE DOE Associated Press", "AP Science Writer", "Jane DoeReuters"."""
    by = _BY.search(element.text)
    skip = by.end() if by else 0
    if by and (whole := _whole(element.text[skip:], element.start + skip, names)):
        return [whole]
    if glued := _GLUED.search(element.text):
        return [_at(element.start + glued.start(), glued[0], names)]
    for start, end, source in names.agencies.mentions(element.text):
        rest = element.text[end:].strip()
        single = end - start < 3 or (" " not in element.text[start:end] and not element.text[start:end].isupper())
        if (start <= skip and (JOB.match(rest) or is_date(rest))) or (
            not rest and not single and not (source.frame_only and start)
        ):
            return [_at(element.start + start, element.text[start:end], names)]
        if not rest and element.text[:start].rstrip().endswith((" by", "for")):
            return [_at(element.start + start, element.text[start:end], names)]
    return []


def _mentioned(text: str, names: Names) -> tuple[Element, ...]:
    return tuple(_at(start, text[start:end], names) for start, end, _ in names.agencies.mentions(text))


def _whole(piece: str, at: int, names: Names) -> Element | None:
    start = len(piece) - len(piece.lstrip())
    piece = piece.strip()
    return _at(at + start, piece, names) if names.find(piece) else None


def _at(start: int, piece: str, names: Names) -> Element:
    return Element(text=piece, start=start, end=start + len(piece), kind=ElementKind.SOURCE, source=names.find(piece))


def _without_false_initials(elements: tuple[Element, ...], names: Names) -> tuple[Element, ...]:
    """ "AP, PAP": two capitals first in a Polish list with commas are an editor (CREDITS: "initials that are agencies elsewhere")."""
    if (
        names.language in ("pl", "und")
        and len(elements) > 1
        and len(elements[0].text) == 2
        and elements[0].is_agency
        and elements[1].separator == ","
        and elements[1].source
    ):
        return named(elements[1:])
    return named(elements)
