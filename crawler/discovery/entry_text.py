"""The text of a feed seen as head, entries and tail: cut to the newest, and repaired entry by entry.

feedparser needs 44 s for 100,000 entries (SAFETY.md, F14), and its parser for broken XML is quadratic: 900 kB of "<a " took
2.8 s in November 2026. So it gets few entries and well-formed XML. Text in, text out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from lxml import etree

from crawler.discovery.dates import DateReader
from crawler.discovery.decoding import without_forbidden
from crawler.discovery.reading import MAX_ENTRIES

MAX_BROKEN_ENTRY = 200_000
"""Characters of an entry that is repaired; a longer broken one is left out."""

_START = re.compile(r"<((?:rss:|atom:)?(?:item|entry))(?=[\s>])")
_TIME = re.compile(
    r"<(?:\w{1,12}:)?(?:pubDate|published|updated|date|issued|modified)\b[^<>]{0,200}>\s{0,20}(?:<!\[CDATA\[)?([^<\]]{4,60})"
)
_TIME_REACH = 20_000
"""Characters of an entry that are searched for its time."""
_PREFIX = re.compile(r"[<\s/]([A-Za-z_][\w.-]{0,30}):[A-Za-z_]")
_ROOT_TAG = re.compile(r"<([A-Za-z_][\w.:-]{0,60})([^<>]{0,5000})>")
_TITLE = re.compile(r"<title\b[^<>]{0,200}>([^<]{0,500})</title>")
_NAMESPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "atom": "http://www.w3.org/2005/Atom",
    "rss": "http://purl.org/rss/1.0/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
}


@dataclass(frozen=True, slots=True)
class FeedText:
    """The text of a feed in pieces; joined they are the feed again."""

    head: str
    entries: list[str]
    tail: str
    closing: str
    """The end tag of an entry."""

    def joined(self) -> str:
        """The whole text."""
        return self.head + "".join(self.entries) + self.tail


def split(text: str) -> FeedText:
    """`text` in pieces. What stands between two entries goes with the earlier one; a last entry that was cut off is dropped."""
    starts = [match.start() for match in _START.finditer(text)]
    if not starts:
        return FeedText(text, [], "", "")
    name = _START.match(text, starts[0])
    closing = f"</{name[1]}>" if name else ""
    end = text.find(closing, starts[-1])
    if end < 0:
        return FeedText(text[: starts[0]], [text[start:stop] for start, stop in pairwise(starts)], "", closing)
    end += len(closing)
    return FeedText(text[: starts[0]], [text[start:stop] for start, stop in pairwise([*starts, end])], text[end:], closing)


def newest_entries(feed: FeedText, dates: DateReader, limit: int = MAX_ENTRIES) -> FeedText:
    """The feed with at most `limit` entries: the newest by their dates; without dates the first."""
    if len(feed.entries) <= limit:
        return feed
    ages: list[tuple[float, int]] = []
    for place, entry in enumerate(feed.entries):
        found = _TIME.search(entry, 0, _TIME_REACH)
        time = dates.read_quickly(found[1]) if found else None
        ages.append((-time.timestamp() if time else float("inf"), place))
    chosen = sorted(place for _, place in sorted(ages)[:limit])
    return FeedText(feed.head, [feed.entries[place] for place in chosen], feed.tail, feed.closing)


def without_doctype(text: str) -> str:
    """`text` without its document type and what that declares: entities are never needed, and are two attacks (A1, A2)."""
    start = text.find("<!DOCTYPE", 0, 10_000)
    if start < 0:
        return text
    bracket, end = text.find("[", start), text.find(">", start)
    if 0 <= bracket < end:
        close = re.compile(r"\]\s{0,100}>").search(text, bracket)
        return text[:start] + (text[close.end() :] if close else "")
    return text[:start] + text[end + 1 :] if end >= 0 else text[:start]


def is_well_formed(text: str) -> bool:
    """Whether an XML parser takes `text` as it is."""
    try:
        etree.fromstring(text.encode("utf-8", "replace"), _parser(recover=False))
    except (etree.XMLSyntaxError, ValueError):
        return False
    return True


def repaired(feed: FeedText) -> str | None:
    """A well-formed feed of the entries that are sound or can be mended, or None when there is nothing to save.

    The frame is built anew from the root's start tag, with the prefixes that are used and nowhere declared.
    """
    root = _ROOT_TAG.search(feed.head)
    if root is None or not feed.entries:
        return None
    name, attributes = root.groups()
    start = _start_tag(name, attributes.rstrip("/"), "".join(feed.entries))
    entries = [mended for entry in feed.entries if (mended := _mended(entry, feed.closing, start, name))]
    title = _TITLE.search(feed.head)
    heading = without_forbidden(f"<title>{title[1]}</title>") if title else ""
    if name.lower() == "rss":
        text = f"{start}<channel>{heading}{''.join(entries)}</channel></{name}>"
    elif name.rpartition(":")[2].lower() == "rdf":
        text = f"{start}<channel>{heading}</channel>{''.join(entries)}</{name}>"
    else:
        text = f"{start}{heading}{''.join(entries)}</{name}>"
    return text if is_well_formed(text) else None


def _start_tag(name: str, attributes: str, content: str) -> str:
    declared = set(re.findall(r"xmlns:([\w.-]+)\s*=", attributes))
    used = {name.partition(":")[0]} if ":" in name else set()
    used |= {match[1] for match in _PREFIX.finditer(content)}
    missing = sorted(used - declared - {"xml", "xmlns"})[:200]
    spaces = "".join(f' xmlns:{prefix}="{_NAMESPACES.get(prefix, f"urn:undeclared:{prefix}")}"' for prefix in missing)
    tag = f"<{name}{attributes}{spaces}>"
    return tag if is_well_formed(f"{tag}</{name}>") else f"<{name}{spaces}>"


def _mended(entry: str, closing: str, start: str, root: str) -> str | None:
    end = entry.rfind(closing)
    if end < 0:
        return None
    entry = entry[: end + len(closing)]
    if is_well_formed(f"{start}{entry}</{root}>"):
        return entry
    if len(entry) > MAX_BROKEN_ENTRY:
        return None
    entry = without_forbidden(entry)
    framed = f"{start}{entry}</{root}>"
    if is_well_formed(framed):
        return entry
    try:
        tree = etree.fromstring(framed.encode("utf-8", "replace"), _parser(recover=True))
    except (etree.XMLSyntaxError, ValueError):
        return None
    return etree.tostring(tree[0], encoding="unicode", with_tail=False) if tree is not None and len(tree) else None


def _parser(recover: bool) -> etree.XMLParser:
    """Resolves no entity, loads no DTD, asks no network, takes no huge node (A1, A2)."""
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=recover, encoding="utf-8"
    )
