"""Bytes become text: byte order mark, header, meta, detector, in the priority of the HTML standard, with lies found out.

Not here: cleaning of characters (`crawler.text`), parsing of the mark-up (`parsing.py`).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from crawler.normalize.alphabets import CANDIDATES, score_text

_PRESCAN_BYTES = 16 * 1024
"""The standard's prescan reads 1,024 bytes, and a later meta still counts ("change the encoding"): here it is one look."""
_SAMPLE_BYTES = 256 * 1024
_STRETCH = 4000
"""Characters at the end of an excerpt, where its text stands."""
_STRAY_SHARE = 0.02
"""Invalid sequences per non-ASCII byte up to which a declared utf-8 is believed (a cut title, one bad advert)."""
_MANY_HIGH = 30
_GAIN = 0.25
"""How much better a text must look before a declared single-byte encoding is overruled by its sister."""
_MOJIBAKE_SHARE = 0.3
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_BE, "utf-16-be"), (codecs.BOM_UTF16_LE, "utf-16-le"))
_META = re.compile(rb"<meta[^>]{0,512}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:\-]+)", re.IGNORECASE)
_XML = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9_.:\-]+)", re.IGNORECASE)
_HEADER = re.compile(r"charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:\-]+)", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_ASCII = re.compile(r"[\x00-\x7f]+")
"""Taken out before a search at every place: ten times faster on pages that are mostly mark-up."""
_DOUBLE = re.compile("[\u00c2-\u00f4\u0102-\u0165][\u0080-\u00bf\u0100-\u017f\u02c6-\u02dd\u2013-\u203a\u20ac\u2122]")
"""A lead byte of utf-8 and a continuation byte, both read as cp1252 or cp1250."""

_LABELS = {
    "ascii": "cp1252", "us-ascii": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "l1": "cp1252", "iso8859-1": "cp1252",
    "iso-8859-1": "cp1252", "iso_8859-1": "cp1252", "windows-1252": "cp1252", "x-cp1252": "cp1252",
    "iso-8859-9": "cp1254", "latin5": "cp1254", "windows-1254": "cp1254", "iso-8859-11": "cp874", "tis-620": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932",
    "euc-kr": "cp949", "ks_c_5601-1987": "cp949", "korean": "cp949", "big5": "big5hkscs", "x-x-big5": "big5hkscs",
    "koi": "koi8-r", "koi8": "koi8-r", "koi8-ru": "koi8-u", "x-cp1250": "cp1250", "x-cp1251": "cp1251", "dos-866": "cp866",
    "ibm866": "cp866", "iso-8859-2": "iso8859-2", "latin2": "iso8859-2", "l2": "iso8859-2", "unicode-1-1-utf-8": "utf-8",
    "utf8": "utf-8", "x-mac-cyrillic": "mac-cyrillic", "macintosh": "mac-roman",
}  # fmt: skip
"""Labels of the WHATWG Encoding Standard whose meaning differs from Python's codec of that name, or that Python lacks."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text of a page and how it was read. `suspect`: what the page declared was not what it held."""

    text: str
    encoding: str
    suspect: bool


def decode_page(body: bytes, content_type: str | None = None, languages: Sequence[str] = ()) -> Decoded:
    """The text of `body`. Never raises; unreadable bytes become U+FFFD.

    Priority (HTML standard, 13.2.3.2): byte order mark, `charset` of the Content-Type header, meta (or XML declaration),
    then the detector, which weighs the alphabets of `languages` (ISO 639-1). A declaration that the bytes contradict is
    overruled and the result marked as suspect: cp1250 under the name of utf-8, utf-8 under another name, utf-8 encoded twice.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return _repaired(body[len(mark) :].decode(name, "replace"), name, suspect=False)
    if wide := _wide_without_mark(body):
        return Decoded(body.decode(wide, "replace"), wide, suspect=True)
    declared = _declared(body, content_type)
    if declared and declared != "utf-8":
        return _read_declared(body, declared, languages)
    errors, high = _utf8_errors(body)
    if errors <= _STRAY_SHARE * high or (errors <= 1 and declared):
        return _repaired(body.decode("utf-8", "replace"), "utf-8", suspect=bool(errors))
    found = _detect(body, languages)
    return Decoded(body.decode(found, "replace"), found, suspect=declared is not None)


def plain_text(body: bytes, content_type: str | None) -> tuple[str, str]:
    """(text, encoding) of a page in the encoding that it declares, utf-8 where it declares none; ("", "") where bytes do not fit it.

    Much cheaper than `decode_page`, but the declaration is not doubted: ask `is_undoubted` about the part that is read.
    """
    if b"\x00" in body[:1024] or any(body.startswith(mark) for mark, _ in _BOMS):
        return "", ""
    encoding = _declared(body, content_type) or "utf-8"
    try:
        return body.decode(encoding), encoding
    except (UnicodeDecodeError, LookupError):
        return "", ""


def is_undoubted(part: str, encoding: str, content_type: str | None, languages: Sequence[str]) -> bool:
    """Whether `decode_page` would read this part of a page, which `plain_text` read in `encoding`, in the same way."""
    if encoding == "utf-8":  # whose bytes were found sound: it can only be doubled, which shows in any stretch of text
        return not _is_doubled(part[-_STRETCH:])
    decoded = decode_page(part.encode(encoding), content_type or f"text/html; charset={encoding}", languages)
    return decoded.text == part and not decoded.suspect


def _declared(body: bytes, content_type: str | None) -> str | None:
    if content_type and (match := _HEADER.search(content_type)) and (name := _codec(match[1])):
        return name
    head = _COMMENT.sub(b"", body[:_PRESCAN_BYTES])
    for pattern in (_META, _XML):
        if (found := pattern.search(head)) and (name := _codec(found[1].decode("ascii"))):
            return "utf-8" if name.startswith("utf-16") else name  # the standard: a readable meta cannot be in utf-16
    return None


@lru_cache(maxsize=256)
def _codec(label: str) -> str | None:
    """Python's name for a WHATWG label, or None for one that means nothing."""
    label = label.strip().lower()
    try:
        name = codecs.lookup(_LABELS.get(label, label)).name
        b"a".decode(name)
    except (LookupError, ValueError, TypeError, AssertionError):
        return None
    return {"utf-8": "utf-8", "iso8859-1": "cp1252", "ascii": "cp1252", "utf-7": None}.get(name, name)


def _read_declared(body: bytes, declared: str, languages: Sequence[str]) -> Decoded:
    errors, high = _utf8_errors(body)
    if high >= 2 and not errors:
        return _repaired(body.decode("utf-8"), "utf-8", suspect=True)
    text = body.decode(declared, "replace")
    family = next((names for names in CANDIDATES.values() if declared in names), None)
    if family and languages and high:
        sample = body[:_SAMPLE_BYTES]
        found = _detect(sample, languages)
        gain = score_text(sample.decode(found, "replace"), languages) - score_text(sample.decode(declared, "replace"), languages)
        if found != declared and gain > _GAIN:
            return Decoded(body.decode(found, "replace"), found, suspect=True)
    return Decoded(text, declared, suspect=text.count("\ufffd") > 2)


def _utf8_errors(body: bytes) -> tuple[int, int]:
    """Invalid utf-8 sequences, and sequences that begin with a byte above 0x7F."""
    if body.isascii():
        return 0, 0
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = body.decode("utf-8", "replace")
    else:
        if (
            len(body) - len(text) > _MANY_HIGH
        ):  # at most three bytes more than letters each: a bound is enough where many are sound
            return 0, (len(body) - len(text)) // 3
    errors = text.count("\ufffd") - body.count(b"\xef\xbf\xbd")
    return errors, len(_ASCII.sub("", text))


def _wide_without_mark(body: bytes) -> str | None:
    """utf-16 shows as NULs at every second place."""
    head = body[:1024]
    if len(head) < 8 or b"\x00" not in head:
        return None
    half = len(head) // 2
    if head[1::2].count(0) > 0.6 * half and head[0::2].count(0) < 0.1 * half:
        return "utf-16-le"
    if head[0::2].count(0) > 0.6 * half and head[1::2].count(0) < 0.1 * half:
        return "utf-16-be"
    return None


def _detect(body: bytes, languages: Sequence[str]) -> str:
    """The single-byte encoding under which the text looks most like `languages`; all known candidates when none is known."""
    sample = body[:_SAMPLE_BYTES]
    names = dict.fromkeys(name for language in languages for name in CANDIDATES.get(language, ()))
    known = list(names) or list(dict.fromkeys(name for group in CANDIDATES.values() for name in group))
    return max(known, key=lambda name: score_text(sample.decode(name, "replace"), languages))


def _repaired(text: str, encoding: str, *, suspect: bool) -> Decoded:
    """utf-8 that was encoded twice, undone; else the text as it is."""
    if text.isascii():
        return Decoded(text, encoding, suspect)
    if not _is_doubled(text[:_SAMPLE_BYTES]):
        return Decoded(text, encoding, suspect)
    for inner in ("cp1252", "cp1250", "latin-1"):
        once = _undo(text, inner)
        if once is not None:
            return Decoded(once, encoding, suspect=True)
    return Decoded(text, encoding, suspect=True)


def _is_doubled(sample: str) -> bool:
    sample = _ASCII.sub(" ", sample)
    pairs = _DOUBLE.findall(sample)
    return len(pairs) >= 3 and 2 * len(pairs) >= _MOJIBAKE_SHARE * (len(sample) - sample.count(" "))


def _undo(text: str, inner: str) -> str | None:
    """`text` taken back through `inner` where that gives valid utf-8, piece by piece; None when it does not help."""
    undone = 0

    def back(match: re.Match[str]) -> str:
        nonlocal undone
        try:
            raw = b"".join(_byte(char, inner) for char in match[0])
            fixed = raw.decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            return match[0]
        undone += 1
        return fixed

    result = re.sub(r"[^\x00-\x7f]{2,}", back, text)
    return result if undone and len(_DOUBLE.findall(result)) < 0.2 * len(_DOUBLE.findall(text)) else None


def _byte(char: str, inner: str) -> bytes:
    """The byte behind `char`; the C1 controls stand for themselves, as browsers read the holes of cp1252."""
    return bytes((ord(char),)) if "\x80" <= char <= "\x9f" else char.encode(inner)
