"""Lines that label something else: a picture's caption, the day above a text, the signature below it, a link to another text.

Told by how a line is written, as extraction leaves captions of all themes among the paragraphs. Not here: the words
(`phrases.py`), when a line is cut (`cleaning.py`), what a credit means (`credits.py`).
"""

from __future__ import annotations

import re
from datetime import tzinfo

from crawler.normalize.names import is_person
from crawler.normalize.phrases import PICTURE_LABEL, READ_ALSO, STAMP_WORDS, WRITER_LABEL
from crawler.normalize.times import month_number, parse_time

_LONGEST_CAPTION = 250
_SENTENCE = re.compile(r"[.!?…][\"'”“»)\]]*(?=\s|$)")
_PICTURE = re.compile(rf"(?:^|[\s,;|./(–—-])(?P<credit>(?:{PICTURE_LABEL.pattern})\s*(?P<name>\S.{{1,79}}))$", re.IGNORECASE)
_GLUED = re.compile(r".{3,140}[^\W\d_](?:Źródło|Source|Quelle|Джерело|Источник|Zdroj):\s.{2,50}")
"""A caption and its label without a blank between, as two inline elements leave them: the source of the picture, not of the text."""
_TRAILING = re.compile(r"(?<=[.!?…\"'”“»)])\s+[(\[]?(?P<label>[^\W\d_]+(?: [^\W\d_]+){1,4})\s*[:>»]\s*(?P<rest>[^\n]{5,160})$")
_INITIALS = re.compile(r"\(?[a-ząćęłńóśźżа-яіїєґ]{2,4}(?:\s?[/,]\s?[a-ząćęłńóśźżа-яіїєґ]{2,4}){0,3}\s?/?\)?")
_SHORTCODE = re.compile(r"\[(?P<name>[a-z_]{3,20})(?: [^\[\]]{0,200})?\](?P<inner>.{0,300}?)\[/(?P=name)\]")


def without_shortcodes(text: str) -> str:
    """WordPress's shortcodes that no plugin turned into HTML: "[dropcap]W[/dropcap]oda" -> "Woda"."""
    return _SHORTCODE.sub(lambda match: match["inner"], text) if "[/" in text else text


def split_caption(line: str) -> tuple[str, str] | None:
    """(text that stays, picture credit) of a line that ends in "fot. Jan Kos", "Foto: dpa"; None for any other line.

    A caption goes whole. Of a paragraph of more than one sentence only the credit goes.
    """
    if len(line) > _LONGEST_CAPTION:
        return None
    if _GLUED.fullmatch(line) and not _SENTENCE.search(line):
        return "", ""
    match = _PICTURE.search(line)
    if match is None or not match["name"][:1].isupper() or len(_SENTENCE.findall(match["name"][:-1])) > 1:
        return None
    before = line[: match.start()].strip(" ,;|/(–—-")
    stays = before if len(_SENTENCE.findall(before.rstrip(".!?…") + ".")) > 1 else ""
    return stays, match["credit"].strip().rstrip(")]" if "(" not in match["credit"] and "[" not in match["credit"] else "")


def without_trailing_link(line: str) -> str:
    """Without "Czytaj także: ..." behind the last sentence of a paragraph. Labels of one word may begin a sentence and stay."""
    match = _TRAILING.search(line)
    if match is None or not READ_ALSO.fullmatch(match["label"]) or len(_SENTENCE.findall(match["rest"][:-1])) > 1:
        return line
    return line[: match.start()].rstrip()


def is_stamp(line: str, zone: tzinfo) -> bool:
    """Nothing but days, hours and the words beside them: "4 września 2026, 13:12 Ostatnia aktualizacja: 14:40"."""
    if len(line) > 120 or parse_time(line, zone) is None:
        return False
    words = re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)?", line)
    rest = " ".join(word for word in words if month_number(word) is None)
    while rest and (match := _STAMP.match(rest)):
        rest = rest[match.end() :].strip()
    return not rest


_STAMP = re.compile(rf"(?:{STAMP_WORDS.pattern})(?=\s|$)", re.IGNORECASE)


def signer(line: str, before: str) -> str | None:
    """The name that signs a text: "autor: Anna Lis", or a full name alone below a paragraph that ends (`before`); None for others."""
    match = WRITER_LABEL.match(line)
    name = line[match.end() :].strip() if match else line
    if not 2 <= len(name.split()) <= 3 or _SENTENCE.search(line) or not is_person(name):
        return None
    return name if match or _SENTENCE.search(before[-3:]) else None


def is_initials(line: str) -> bool:
    """Initials in small letters, that sign a text when they stand below it: "kd", "(kd)", "wk/zol", "abc/ def/"."""
    return bool(_INITIALS.fullmatch(line))
