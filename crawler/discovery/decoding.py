"""Bytes of a source into text that an XML parser takes: encoding, forbidden characters, HTML entities, size.

Not here: encodings of HTML pages (`crawler.normalize.encoding`), formats (`feeds`, `sitemap`).
"""

from __future__ import annotations

import codecs
import html
import html.entities
import re
import zlib
from collections.abc import Sequence

from crawler.discovery.reading import UnreadableSource

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BARE_STARTS = ((b"<\x00", "utf-16-le"), (b"\x00<", "utf-16-be"))
"""How UTF-16 begins when its byte order mark is missing (XML 1.0, appendix F)."""
_DECLARATION = re.compile(r"\s*<\?xml\b[^>]{0,300}\?>")
_DECLARED = re.compile(rb"<\?xml\b[^>]{0,300}?encoding\s*=\s*[\"']([\w.:-]{1,40})[\"']", re.I)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.I)
_WIDER = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "shift_jis": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
}
"""Labels that mean a larger set in practice (WHATWG Encoding, section 4.2); Python names."""
_REGIONAL = {
    "cp1250": "pl cs sk hu sl hr ro sq".split(),  # noqa: SIM905 - reads better than eight literals
    "cp1251": "ru uk be bg sr mk".split(),  # noqa: SIM905 - the same
    "cp1257": ["lt", "lv", "et"],
    "cp1253": ["el"],
    "cp1254": ["tr"],
}
_SAMPLE = 200_000
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile(r"&(?:#(\d{1,10}|[xX][0-9a-fA-F]{1,8});|(\w{2,31});|)")
_XML_NAMES = frozenset({"amp", "lt", "gt", "quot", "apos"})


def gunzip(body: bytes, limit: int) -> tuple[bytes, bool]:
    """`body` unpacked when it is gzip, at most `limit` bytes of it, and whether that was a cut (F19, A15). Broken ends are kept.

    Raises UnreadableSource when it starts like gzip and gives nothing.
    """
    if body[:2] != b"\x1f\x8b":
        return body[:limit], len(body) > limit
    unpacker = zlib.decompressobj(wbits=31)
    try:
        data = unpacker.decompress(body, limit)
    except zlib.error:
        data = _salvaged(body, limit)
    if not data:
        raise UnreadableSource("a broken gzip file")
    return data, bool(unpacker.unconsumed_tail)


def decode(body: bytes, content_type: str | None, languages: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """The text of an XML or JSON source without its declaration, and warnings about its encoding (F21).

    Order: byte order mark, bytes that are valid UTF-8, the XML declaration, the HTTP charset, the Windows code page of the
    outlet's languages. Valid UTF-8 with letters beyond ASCII is never an accident, whatever the labels say. Text that was
    encoded twice is put right. Never raises.
    """
    text, warnings = _decoded(body, content_type, languages)
    once = _undo_double_utf8(text)
    if once is not None:
        text, warnings = once, (*warnings, "encoded as UTF-8 twice")
    return _DECLARATION.sub("", text.lstrip("\ufeff"), count=1).strip(), warnings


def without_forbidden(text: str) -> str:
    """XML text without what makes parsers fail: characters and references XML forbids, HTML's named entities, bare ampersands.

    `&#xD800;` and `&#0;` go (feedparser raises on the former, F22), `&nbsp;` and the like become their character, `&` alone
    becomes `&amp;`. CDATA sections keep theirs.
    """
    text = _FORBIDDEN.sub("", text)
    head, *sections = text.split("<![CDATA[")
    pieces = [_REFERENCE.sub(_reference, head)]
    for section in sections:
        inside, end, after = section.partition("]]>")
        pieces.append(f"<![CDATA[{inside}{end}{_REFERENCE.sub(_reference, after)}")
    return "".join(pieces)


def _reference(match: re.Match[str]) -> str:
    number, name = match.groups()
    if number:
        code = int(number[1:], 16) if number[0] in "xX" else int(number)
        allowed = code in (9, 10, 13) or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000
        return match[0] if allowed else ""
    if name in _XML_NAMES:
        return match[0]
    char = html.entities.html5.get(f"{name};") if name else None
    return html.escape(char) if char else "&amp;" + match[0][1:]


def _decoded(body: bytes, content_type: str | None, languages: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace"), ()
    for start, encoding in _BARE_STARTS:
        if body.startswith(start):
            return body.decode(encoding, "replace"), ()
    declared = [label for label in (_declared(body), _from_header(content_type)) if label]
    if not any(label.startswith(("iso2022", "utf-7", "hz")) for label in declared):
        text = _strict(body, "utf-8")
        if text is not None:
            return text, ()
    for label in declared:
        if label != "utf-8" and (text := _strict(body, _WIDER.get(label, label))) is not None:
            return text, ()
    return _guessed(body, languages)


def _guessed(body: bytes, languages: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    sample = body[:_SAMPLE].decode("utf-8", "replace")
    broken = sample.count("\ufffd")
    whole = sum(char > "\x7f" for char in sample) - broken
    if whole > broken or not broken:
        return body.decode("utf-8", "replace"), (f"{broken} broken characters in UTF-8",)
    page = next((page for page, known in _REGIONAL.items() if set(known) & {language[:2] for language in languages}), "cp1252")
    return body.decode(page, "replace"), (f"labelled wrongly, read as {page}",)


def _strict(body: bytes, encoding: str) -> str | None:
    """`body` decoded without a fault; the last character may be cut, as a size limit cuts it."""
    try:
        return codecs.getincrementaldecoder(encoding)("strict").decode(body, final=False)
    except (UnicodeError, LookupError):
        return None


def _declared(body: bytes) -> str | None:
    match = _DECLARED.search(body[:1024])
    return _python_name(match[1].decode("ascii", "replace")) if match else None


def _from_header(content_type: str | None) -> str | None:
    match = _CHARSET.search(content_type or "")
    return _python_name(match[1]) if match else None


def _python_name(label: str) -> str | None:
    try:
        info = codecs.lookup(label)
    except (LookupError, ValueError):
        return None
    # "hex", "rot13" and the like are codecs too, but no encodings of text
    return info.name if getattr(info, "_is_text_encoding", True) else None


def _undo_double_utf8(text: str) -> str | None:
    """The text behind UTF-8 that was read as Latin or Windows letters and encoded again ("Ĺ‚" or "Å‚" for "ł"), else None."""
    if text.isascii():
        return None
    for page in ("latin-1", "cp1252", "cp1250"):
        try:
            once = text.encode(page).decode("utf-8")
        except UnicodeError:
            continue
        return once
    return None


def _salvaged(body: bytes, limit: int) -> bytes:
    """What can be unpacked before the fault."""
    unpacker = zlib.decompressobj(wbits=31)
    data = bytearray()
    try:
        for start in range(0, len(body), 4096):
            data += unpacker.decompress(body[start : start + 4096], max(limit - len(data), 1))
            if len(data) >= limit or unpacker.eof:
                break
    except zlib.error:
        pass
    return bytes(data[:limit])
