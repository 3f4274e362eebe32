"""Where in a text a credit may stand: bylines above the first paragraph, datelines, sign-offs and credit lines below the last.

The same words are a credit in one place and a picture's label in another ("Źródło: Reuters" under a picture), so position
decides. Not here: the forms themselves (`credit_lines`), what follows from them (`credits`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from crawler.model.attribution import EvidenceKind
from crawler.normalize.credit_chain import ElementKind, Frame, Names, cut, is_date, looks_like_a_person
from crawler.normalize.credit_gate import may_credit
from crawler.normalize.credit_lines import (
    LONGEST,
    find_dateline,
    read_bracket,
    read_by,
    read_byline,
    read_chain,
    read_contributed,
    read_copyright,
    read_glued,
    read_label,
    read_line,
)
from crawler.normalize.credit_signed import read_signed
from crawler.normalize.credit_words import AUTHOR_LABEL, PHOTO, TEASER

HEAD_LINES = 40
"""Lines of furniture above the first paragraph that are searched for a byline (galleries reach thirty)."""
TAIL_LINES = 30
"""Lines from the end that are searched for a credit line: teasers and reply forms stand below it."""
_SIGNED_WITHIN = 130
"""Characters at a line's end in which a sign-off may begin."""
_BODY_WORDS = 20
_DASH = re.compile(r"[-–—]{1,2}\s+")
_SENTENCE_END = re.compile(r"[.!?…][\"”»’')]*|[\"”»]")
_SIGN_OFF_START = re.compile(r"(?<=[.!?…\"”»)])[\"”»)]*\s+(?=\S)")
_INITIALS_START = re.compile(r"\s(?=[^\W\d_A-Z]{2,4}\s?/+\s?\S)")
_BRACKET_END = re.compile(r"(?<=[.!?…\"”»])\s*[(\[][^()\[\]\n]{2,40}[)\]]$")


@dataclass(frozen=True, slots=True)
class Line:
    """A non-empty line of a text, blanks trimmed: text[start:end]."""

    text: str
    start: int
    end: int

    @property
    def is_body(self) -> bool:
        """A running paragraph: twenty words and more that end a sentence, and no teaser."""
        return len(self.text.split(None, _BODY_WORDS)) >= _BODY_WORDS and not TEASER.match(self.text)


def lines_of(text: str) -> tuple[Line, ...]:
    """The non-empty lines of `text` with their offsets."""
    lines = []
    start = 0
    for raw in text.split("\n"):
        stripped = raw.strip()
        if stripped:
            at = start + raw.index(stripped)
            lines.append(Line(stripped, at, at + len(stripped)))
        start += len(raw) + 1
    return tuple(lines)


def find_credits(text: str, title: str, language: str, names: Names) -> tuple[Frame, ...]:
    """The credits of `text` in their order, pictures' included; offsets count in `text`. None overlap."""
    lines = lines_of(text)
    found = [
        *_tail(lines, language, names),
        *_head(lines, title, names),
        *_datelines(lines, names),
        *_merged(lines, language, names),
    ]
    kept: list[Frame] = []
    for frame in found:
        if all(frame.end <= other.start or frame.start >= other.end for other in kept):
            kept.append(frame)
    return tuple(sorted(kept, key=lambda frame: frame.start))


def _tail(lines: tuple[Line, ...], language: str, names: Names) -> Iterator[Frame]:
    """From the end upwards, past teasers, to the last paragraph; what names an agency outright also above it."""
    bodies = 0
    for index in range(len(lines) - 1, max(-1, len(lines) - 1 - TAIL_LINES), -1):
        line = lines[index]
        speaks = may_credit(line.text[-_SIGNED_WITHIN:] if len(line.text) > LONGEST else line.text, names)
        frame = _closing(lines, index, language, names) if speaks or len(line.text) > LONGEST else None
        if frame and (bodies == 0 or (_is_outright(frame) and not line.text.startswith("©"))):
            yield frame.moved(line.start)
        if speaks and not frame and (signed := sign_off(line.text, names)) and (bodies == 0 or _is_outright(signed)):
            yield signed.moved(line.start)
        bodies += line.is_body
        if bodies >= 3 or (bodies and index < len(lines) / 2):
            return


def _closing(lines: tuple[Line, ...], index: int, language: str, names: Names) -> Frame | None:
    """The whole line as a credit, if its place allows it."""
    line = lines[index]
    dash = _DASH.match(line.text)
    frame = (
        _signed_with_a_dash(line.text, dash.end(), names)
        if dash
        else read_line(line.text, names)
        if len(line.text) <= LONGEST
        else read_copyright(line.text, names) or _contributed_last(line.text, names)
    )
    if frame is None or frame.photo:
        return frame
    alone = (
        len(frame.elements) == 1 and frame.kind in (EvidenceKind.SIGN_OFF, EvidenceKind.BYLINE) and not line.text.startswith("(")
    )
    if index == 0 and len(lines) > 1:
        return None
    if (
        alone
        and not dash
        and frame.kind == EvidenceKind.SIGN_OFF
        and "/" not in line.text
        and "," not in line.text
        and language == "en"
    ):
        return None
    if frame.kind == EvidenceKind.LABEL and index + 1 < len(lines) and _says_listen(lines[index + 1].text):
        return None
    if frame.kind == EvidenceKind.BYLINE and index and not lines[index - 1].is_body and not TEASER.match(lines[index - 1].text):
        return None
    return frame


def _signed_with_a_dash(line: str, skip: int, names: Names) -> Frame | None:
    """ "- Reuters", "— AP": a list item else, so only what names nothing but sources."""
    frame = read_chain(line[skip:], names) if len(line) <= LONGEST else None
    return frame.moved(skip) if frame else None


def sign_off(line: str, names: Names) -> Frame | None:
    """A credit behind the last sentence on its own line: "... minister. wk/ zol / nowinydnia.pl / PAP", "... 19.00. WK, PAP", "(PAP)"."""
    window = max(0, len(line) - _SIGNED_WITHIN)
    starts = [match.end() for match in _SIGN_OFF_START.finditer(line, window)]
    for start in starts:
        rest = line[start:]
        frame = (
            read_label(rest, names)
            or read_bracket(rest, names)
            or read_chain(rest, names)
            or read_contributed(rest, names)
            or read_copyright(rest, names)
            or read_signed(rest, names)
        )
        if frame and not frame.photo:
            return frame.moved(start)
    for match in _INITIALS_START.finditer(line, window):
        rest = line[match.end() :]
        frame = read_chain(rest, names)
        if frame and not frame.photo and any(element.is_agency for element in frame.elements):
            return frame.moved(match.end())
    return None


def _contributed_last(line: str, names: Names) -> Frame | None:
    tail = max(0, len(line) - 300)
    cutting = line.find(". ", tail)
    start = cutting + 2 if cutting >= 0 else tail
    frame = read_contributed(line[start:], names)
    return frame.moved(start) if frame else None


def _head(lines: tuple[Line, ...], title: str, names: Names) -> Iterator[Frame]:
    """Bylines above the text. Captions of a gallery are long too, so a line that is a byline in itself may stand among them."""
    seen_body = False
    for index, line in enumerate(lines[: min(HEAD_LINES, max(3, len(lines) * 6 // 10))]):
        if line.is_body:
            seen_body = True
        elif frame := _opening(lines, index, title, names, alone=not seen_body):
            yield frame.moved(line.start)


def _opening(lines: tuple[Line, ...], index: int, title: str, names: Names, *, alone: bool) -> Frame | None:
    """The line as a byline. `alone`: no paragraph stands above, so that weaker forms count too."""
    line = lines[index].text
    if len(line) > LONGEST or line == title or not may_credit(line, names) or PHOTO.match(line):
        return None
    if frame := read_by(line, names):
        return None if frame.photo else frame
    if AUTHOR_LABEL.match(line) and (frame := read_label(line, names)):
        return None if frame.photo else frame
    elements = cut(line, names)
    sources = [element for element in elements if element.source]
    if alone and index and len(elements) > 1 and any(element.is_agency for element in sources):
        frame = read_chain(line, names)
        if frame and not frame.photo:
            return frame
    if any(not element.is_agency or (element.source and element.source.mostly_photo) for element in sources):
        return None
    slashed = any(element.separator in ("/", "//", "|", "\\", "(") for element in elements)
    kinds = {element.kind for element in elements}
    dated = _is_dated(lines, index, names)
    if not sources:
        below = index + 1 < len(lines) and lines[index + 1].is_body
        return read_glued(line, names) if not slashed and (dated or alone or below) else None
    if ElementKind.OTHER in kinds:
        return None
    if ElementKind.PERSON in kinds:
        return read_byline(line, names) if not slashed and (dated or (index <= 2 and alone)) else None
    if ElementKind.DATE in kinds:
        return read_byline(line, names)
    return read_byline(line, names) if dated or (alone and _is_under_a_title(lines, index, title)) else None


def _is_dated(lines: tuple[Line, ...], index: int, names: Names) -> bool:
    """A date or the dateline stands right below: what a byline has and a picture's credit has not."""
    after = [line.text for line in lines[index + 1 : index + 3]]
    return bool(after) and (
        is_date(after[0]) or bool(find_dateline(after[0], names)) or (len(after) > 1 and len(after[0]) < 20 and is_date(after[1]))
    )


def _is_under_a_title(lines: tuple[Line, ...], index: int, title: str) -> bool:
    """An agency alone on a line counts right under the title or behind a name; elsewhere it is a picture's."""
    before = lines[index - 1].text if index else ""
    if not before or before == title:
        return True
    if looks_like_a_person(before.removeprefix("By ")) or before.casefold().startswith("by "):
        return not PHOTO.match(before)
    return index == 1 and len(before.split()) >= 4 and not before.endswith((".", "…", ")"))


def _datelines(lines: tuple[Line, ...], names: Names) -> Iterator[Frame]:
    """The first dateline. More than three agencies' datelines make a page of teasers, which has none."""
    found = [frame.moved(line.start) for line in lines if (frame := find_dateline(line.text, names))]
    if found and len({element.text for frame in found for element in frame.elements}) <= 3:
        yield found[0]


def _merged(lines: tuple[Line, ...], language: str, names: Names) -> Iterator[Frame]:
    """ "... bez zmian. (PAP)" at the end of any line, two merged texts (not in English, where it credits pictures)."""
    if language == "en":
        return
    for line in lines:
        match = _BRACKET_END.search(line.text)
        start = match.start() + len(match[0]) - len(match[0].lstrip()) if match else 0
        if match and line.is_body and (frame := read_bracket(line.text[start:], names)):
            yield frame.moved(line.start + start)


def _is_outright(frame: Frame) -> bool:
    """Strong enough above the last paragraph: a chain or bracket with an agency, "contributed", copyright; no label, no picture."""
    return (
        frame.kind in (EvidenceKind.SIGN_OFF, EvidenceKind.CREDIT_LINE)
        and not frame.photo
        and any(element.is_agency for element in frame.elements)
    )


def _says_listen(line: str) -> bool:
    return line.casefold().startswith(("posłuchaj", "obejrzyj", "odtwórz", "listen", "watch"))
