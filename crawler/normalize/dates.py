"""When an article was published and changed, and how that is known. Not here: reading of written times (`times.py`).

The date rule (SAFETY.md): from 1990-01-01 to now + 24 h, otherwise the next best source. Order: structured data, meta, a
time marked or labelled as such on the visible page, the feed, the address, a day found anywhere on the page (htmldate), the
first fetch. Feed and address stand before the open search, because a search may find the day of a teaser.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from urllib.parse import urlsplit

from htmldate import find_date
from lxml.html import HtmlElement

from crawler.model.article import PublishedFrom
from crawler.normalize.draft import Draft, Setting
from crawler.normalize.head_lines import head_lines
from crawler.normalize.parsing import elements, holders_of_the_headline, tokens, visible_text
from crawler.normalize.phrases import UPDATED
from crawler.normalize.template.selectors import find_all
from crawler.normalize.times import parse_time

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LATEST_AHEAD = timedelta(hours=24)
_SAME = timedelta(minutes=1)
"""A change so soon after the publication is none: one moment, written twice."""
_ANOTHER_DAY = timedelta(hours=36)
"""More than the zones and a day without an hour explain."""
_SHORT_YEAR = re.compile(r"(\d{1,2}[./]\d{1,2}[./])(\d\d)((?:,|\s|\||-|um)*(?:\d{1,2}[:.]\d\d(?: Uhr)?)?)")
"""A line that is a day of this century with two figures for the year, perhaps the hour, and nothing else."""
_MOST_ABOVE = 60
"""Characters of a line above the headline that is a day and little else."""
_QUARTER = timedelta(minutes=15)
_FARTHEST_ZONE = timedelta(hours=14)
Found = tuple[datetime, bool, PublishedFrom]

_META = (
    "article:published_time", "og:article:published_time", "article:published", "og:published_time", "datepublished", "date_published",
    "parsely-pub-date", "sailthru.date", "dcterms.created", "dc.date.issued", "dcterms.issued",
    "pubdate", "publishdate", "publish-date", "publish_date", "publication_date", "cxenseparse:recs:publishtime",
    "cxenseparse:publishtime", "article.published", "article_date_original", "originalpublicationdate", "displaydate", "ptime",
    "bt:pubdate", "rnews:datepublished", "published_time", "datecreated", "vr:published_time", "citation_publication_date",
    "article:published_date", "article:publish_date", "article.published_time", "article:created", "og:article:published", "og:pubdate", "og:publish_date",
    "shareaholic:article_published_time", "dc.date.created", "dc.date.published", "dc.date.publication", "dcterms.available", "dc.date.available",
    "published-date", "published_date", "published_at", "publicationdate", "publication-date", "pub_date", "pub-date", "release_date", "releasedate",
    "prism.publicationdate", "citation_online_date", "date.created", "date-created", "mediator_published_time", "iso-8601-publish-date", "gentime",
)  # fmt: skip
_META_VAGUE = ("dcterms.date", "dc.date", "dc.created", "date", "timestamp")
"""They do not say of what: of publication, of the last change, of the page's making. A day beside the headline is asked first."""
_META_MODIFIED = (
    "article:modified_time",
    "og:updated_time",
    "dcterms.modified",
    "datemodified",
    "lastmod",
    "article:updated_time",
    "last-modified",
)
_DATE_WORDS = frozenset(
    {
        "date",
        "datum",
        "data",
        "published",
        "pubdate",
        "publish",
        "publication",
        "posted",
        "time",
        "timestamp",
        "dateline",
        "entry",
        "erschienen",
        "dat",
    }
)
_STRONG_WORDS = frozenset({"published", "pubdate", "publish", "posted", "dateline", "publication", "datepublished"})
_CHANGED = frozenset({"modified", "updated", "update", "modify", "changed", "lastmod"})
_ELSEWHERE = frozenset(
    {
        "related",
        "sidebar",
        "comment",
        "comments",
        "footer",
        "teaser",
        "widget",
        "recommended",
        "popular",
        "latest",
        "card",
        "nav",
        "menu",
    }
)
_GUESS = "-01-01"
"""What htmldate makes of a year alone. A day that nobody wrote is invented."""
_DAY_FIRST = re.compile(r"\W*(?:[^\W\d_]+\W+)?\d")
"""A day, after one word at most. A link called "publication" with more words before it leads to another paper."""
_PUBLISHED = re.compile(
    r"(?:dodano|opublikowano|publikacja|data (?:publikacji|dodania)|utworzono|published|posted|first published|created|date|veröffentlicht|erstellt|publiziert|datum|stand|"
    r"опубліковано|дата публікації|додано|опубликовано|дата публикации|publikováno|zveřejněno|vydáno|publié|publicado|pubblicato)\b",
    re.IGNORECASE,
)
_IN_SCRIPT = re.compile(
    r"""["'](?:publish(?:ed)?[_-]?(?:at|date|time|on)|(?:publication|pub|display|article|post)[_-]?date|first[_-]?publish(?:ed)?(?:[_-]?(?:at|date))?|date[_-]?published)\\*["']\s*:\s*\\*["']((?:19|20)\d\d-\d\d-\d\d[^"'\\]{0,20})""",
    re.IGNORECASE,
)
_MAX_SCRIPT = 1_000_000
_STAMP = re.compile(r"\d{1,2}[:.]\d{2}(?!\d|\.\d{4})")
_MONTH_IN_ADDRESS = re.compile(r"/((?:19|20)\d\d)/(?:(0[1-9]|1[0-2])/)?")
"""A year, perhaps a month, that the address files the article under; a day of another one is a teaser's."""
_IN_ADDRESS = re.compile(
    r"[/\-_](?P<y>(?:19|20)\d\d)[/\-_.]?(?P<m>0[1-9]|1[0-2]|[1-9](?=[/\-_.]))[/\-_.]?(?P<d>0[1-9]|[12]\d|3[01]|[1-9](?=[/\-_.]))(?=[/\-_.,]|$)"
)


def date_article(draft: Draft, setting: Setting) -> None:
    """Fill `published_at`, `published_from` and `modified_at`. Where nothing is known it is the time of the fetch."""
    zone, month_first = setting.zone, draft.facts.meta.get("og:locale", ("",))[0].lower() == "en_us"
    found: list[Found] = []
    for item in _candidates(draft, setting, zone, month_first=month_first):
        if is_believable(item[0], setting.now):
            found.append(item)
            if found[0][1]:
                break  # the first says the hour too: nothing more is asked
    if found:
        moment, timed, source = _first_printed(found, draft, setting, month_first=month_first)
        if not timed:  # a day alone takes the hour from the next statement of the same day
            moment = next((other for other, clock, _ in found if clock and other.date() == moment.date()), moment)
        elif source in (PublishedFrom.STRUCTURED_DATA, PublishedFrom.META):
            moment = _as_shown(moment, draft, month_first=month_first)
        draft.published_at, draft.published_from = moment, source
    else:
        draft.published_at, draft.published_from = draft.page.fetched_at, PublishedFrom.FIRST_FETCH
    draft.modified_at = _modified(draft, setting, zone)


def _first_printed(found: list[Found], draft: Draft, setting: Setting, *, month_first: bool) -> Found:
    """The first statement, unless it is a day of the page's making and the reader is shown an earlier one beside the headline.

    Some systems give machines the time at which a page was built as that of publication. It shows by a change that is not
    later than the publication.
    """
    stated = found[0]
    if stated[2] not in (PublishedFrom.STRUCTURED_DATA, PublishedFrom.META):
        return stated
    changes = [parsed[0] for text in _stated_changes(draft) if (parsed := parse_time(text, setting.zone))]
    if not any(change - stated[0] < _SAME for change in changes):
        return stated
    shown = next(_shown(draft, setting.zone, month_first=month_first), stated)
    return shown if is_believable(shown[0], setting.now) and stated[0] - shown[0] > _ANOTHER_DAY else stated


def _as_shown(moment: datetime, draft: Draft, *, month_first: bool) -> datetime:
    """The same moment in the zone in which the reader is told of it beside the headline, where that turns the day: machines are often told in UTC.

    The clock that is shown differs by whole quarters of an hour, as zones do, and by no more than zones can.
    """
    for text in (*_above_the_headline(draft), *_beside_the_headline(draft)):
        shown = parse_time(text, UTC, month_first=month_first)
        if shown is None or not shown[1] or shown[0].utcoffset() or shown[0].date() == moment.date():
            continue
        offset = round((shown[0].replace(tzinfo=None) - moment.astimezone(UTC).replace(tzinfo=None)) / _QUARTER) * _QUARTER
        near = abs(shown[0].replace(tzinfo=None) - moment.astimezone(UTC).replace(tzinfo=None) - offset) < 2 * _SAME
        if near and abs(offset) <= _FARTHEST_ZONE:
            return moment.astimezone(timezone(offset))
    return moment


def is_believable(moment: datetime, now: datetime) -> bool:
    """The date rule's window."""
    try:
        return EARLIEST <= moment <= now + LATEST_AHEAD
    except OverflowError:
        return False


def _candidates(draft: Draft, setting: Setting, zone: tzinfo, *, month_first: bool) -> Iterator[Found]:
    """Statements in the order of their worth. Lazy: the costly search runs only when nothing before it was believed."""
    certain = False
    for text, source in _statements(draft):
        parsed = parse_time(text, zone, month_first=month_first)
        if parsed is not None:
            certain = certain or is_believable(parsed[0], setting.now)
            yield (*parsed, source)
    entry = draft.page.entry
    if entry is not None and entry.published_at is not None:
        certain = certain or is_believable(entry.published_at, setting.now)
        yield entry.published_at, True, PublishedFrom.FEED
    if certain:
        return
    for text in _in_scripts(draft.tree):
        if parsed := parse_time(text, zone):
            yield (*parsed, PublishedFrom.STRUCTURED_DATA)
    for text in _written_times(draft.tree):
        if parsed := parse_time(text, zone, month_first=month_first):
            yield (*parsed, PublishedFrom.PAGE)
    yield from _shown(draft, zone, month_first=month_first)
    for line, _ in head_lines(draft.tree, draft.title):
        if (match := _SHORT_YEAR.fullmatch(line)) and (parsed := parse_time(f"{match[1]}20{match[2]}{match[3]}", zone)):
            yield (*parsed, PublishedFrom.PAGE)
    if (day := address_day(draft.url)) and (parsed := parse_time(day, zone)):
        if moment := _clock_of(draft.tree, parsed[0], zone):
            yield moment, True, PublishedFrom.PAGE
        yield (*parsed, PublishedFrom.ADDRESS)
        if is_believable(parsed[0], setting.now):
            return
    if (day := _searched(draft, setting)) and (parsed := parse_time(day, zone)):
        yield _clock_of(draft.tree, parsed[0], zone) or parsed[0], False, PublishedFrom.PAGE


def address_day(url: str) -> str | None:
    """The day written in an address ("/2017/05/02/", "-20170502-") as YYYY-MM-DD, or None."""
    match = _IN_ADDRESS.search(url.split("?", 1)[0].split("://", 1)[-1])
    return f"{match['y']}-{int(match['m']):02}-{int(match['d']):02}" if match else None


def _statements(draft: Draft) -> Iterator[tuple[str, PublishedFrom]]:
    facts = draft.facts
    for text in (
        facts.ld("datePublished"),
        facts.item("datepublished"),
        facts.ld("dateCreated", "uploadDate"),
        facts.item("datecreated"),
        *facts.published[:1],
    ):
        if text:
            yield text, PublishedFrom.STRUCTURED_DATA
    for name in _META:
        if text := facts.tag(name):
            yield text, PublishedFrom.META
    if draft.layout and draft.layout.published:
        for element in find_all(draft.tree, draft.layout.published)[:1]:
            yield element.get("datetime") or visible_text(element), PublishedFrom.PAGE
    vague = [text for name in _META_VAGUE if (text := facts.tag(name))]
    if vague:
        yield from ((text, PublishedFrom.PAGE) for text in _beside_the_headline(draft))
        yield from ((text, PublishedFrom.META) for text in vague)
    for text in _marked_times(draft.tree):
        yield text, PublishedFrom.PAGE


def _marked_times(tree: HtmlElement) -> Iterator[str]:
    """Texts of elements marked as the time of publication: `pubdate`, then words in class or id, then the first `time` of the article."""
    around = holders_of_the_headline(tree)
    plain: list[str] = []
    weak: list[str] = []
    for element in elements(
        tree, "time", "abbr", "span", "div", "p", "small", "li", "em", "strong", "meta", "a", "footer", "header"
    ):
        words = tokens(element)
        is_time = element.tag == "time" or (element.tag == "abbr" and "published" in words)
        if not is_time and not (words & _DATE_WORDS) and element.get("pubdate") is None:
            continue
        if words & _CHANGED or any(tokens(above) & (_ELSEWHERE | _CHANGED) for above in _above(element, around)):
            continue
        text = (
            element.get("datetime") or (element.get("title") if element.tag == "abbr" else None) or element.get("content") or ""
        )
        text = text if re.search(r"\d{4}", text) else visible_text(element)
        if len(text) > 120 or not re.search(r"\d{4}", text) or (element.tag == "a" and not _DAY_FIRST.match(text)):
            continue
        if element.get("pubdate") is not None or words & _STRONG_WORDS:
            yield text
        else:
            (plain if is_time else weak).append(text)
    yield from plain[:1]
    yield from weak[:1]


def _in_scripts(tree: HtmlElement) -> list[str]:
    """The time of publication in JSON of the page's scripts, where all of them name one day: those of teasers would name others."""
    times = [match[1] for script in tree.iter("script") for match in _IN_SCRIPT.finditer((script.text or "")[:_MAX_SCRIPT])]
    return times[:1] if len({time[:10] for time in times}) == 1 else []


def _written_times(tree: HtmlElement) -> Iterator[str]:
    """Short runs of text that are a day and an hour, or a day behind "Dodano:", "Published" and the like, before the body's end."""
    around = holders_of_the_headline(tree)
    for text in tree.xpath("//body//text()[string-length() < 120 and string-length() > 9]"):
        line = " ".join(str(text).split())
        if not re.search(r"(?:19|20)\d\d", line) or text.getparent().tag in ("script", "style", "title", "option"):
            continue
        if any(tokens(node) & _ELSEWHERE for node in (text.getparent(), *_above(text.getparent(), around))):
            continue
        if _PUBLISHED.match(line) or (len(line) < 60 and _STAMP.search(line) and len(line.split()) < 9):
            yield line


def _shown(draft: Draft, zone: tzinfo, *, month_first: bool) -> Iterator[Found]:
    for text in _beside_the_headline(draft):
        if parsed := parse_time(text, zone, month_first=month_first):
            yield (*parsed, PublishedFrom.PAGE)


def _beside_the_headline(draft: Draft) -> Iterator[str]:
    """Short runs of text with a whole day between the headline and the first paragraph: "Napisane przez Jan Kos, 30 listopada 2025"."""
    for line, _ in head_lines(draft.tree, draft.title):
        if len(line.split()) < 13 and re.search(r"(?:19|20)\d\d", line) and not UPDATED.search(line):
            yield line


def _above_the_headline(draft: Draft) -> list[str]:
    """The text of what stands before the headline in the same element, where that is short."""
    head = next(elements(draft.tree, "h1"), None)
    texts = [visible_text(before) for before in head.itersiblings(preceding=True)] if head is not None else []
    return [text for text in texts if len(text) < _MOST_ABOVE and not UPDATED.search(text)]


def _above(element: HtmlElement, around: frozenset[HtmlElement]) -> list[HtmlElement]:
    return [
        node
        for node, _ in zip(element.iterancestors(), range(6), strict=False)
        if node.tag not in ("body", "html") and node not in around
    ]


def _searched(draft: Draft, setting: Setting) -> str | None:
    latest = (setting.now + LATEST_AHEAD).strftime("%Y-%m-%d")
    try:
        day: str | None = find_date(draft.tree, original_date=True, min_date="1990-01-01", max_date=latest)
    except Exception:
        return None
    if day is None or (day.endswith(_GUESS) and not _is_written(draft.tree, day)):
        return None
    month = _MONTH_IN_ADDRESS.search(urlsplit(draft.url).path)
    return None if month and not day.startswith("-".join(part for part in month.groups() if part)) else day


def _is_written(tree: HtmlElement, day: str) -> bool:
    """New Year's Day of that year stands on the page in figures or words, not only the year (of a notice of rights)."""
    year = re.escape(day[:4])
    text = " ".join(tree.text_content().split())
    return (
        re.search(rf"{year}-01-01|\b0?1[./]0?1[./]{year}|\b0?1\.? [^\W\d_]+\.?,? {year}|[^\W\d_]+\.? 0?1,? {year}", text)
        is not None
    )


def _clock_of(tree: HtmlElement, day: datetime, zone: tzinfo) -> datetime | None:
    """The hour written beside that day in one short block of the page, or None."""
    for element in elements(tree, "p", "span", "div", "time", "li", "small", "td"):
        text = element.text or ""
        if str(day.year) not in text or len(text) > 120 or ":" not in text:
            continue
        parsed = parse_time(text, zone)
        if parsed and parsed[1] and parsed[0].date() == day.date():
            return parsed[0]
    return None


def _written_changes(draft: Draft) -> list[str]:
    """What stands behind "Ostatnia aktualizacja:", "Updated", "modifié le" in the first short run of text that says so."""
    for text in draft.tree.xpath("//body//text()[string-length() < 120 and string-length() > 12]"):
        line = " ".join(str(text).split())
        if (match := UPDATED.search(line)) and re.search(r"(?:19|20)\d\d", line[match.end() :]):
            return [line[match.end() :]]
    return []


def _stated_changes(draft: Draft) -> list[str]:
    """The time of the last change as structured data and meta give it."""
    facts = draft.facts
    texts = (facts.ld("dateModified"), facts.item("datemodified"), *(facts.tag(name) for name in _META_MODIFIED))
    return [text for text in texts if text]


def _modified(draft: Draft, setting: Setting, zone: tzinfo) -> datetime | None:
    entry = draft.page.entry
    texts = _stated_changes(draft) or _written_changes(draft)
    times = [parsed[0] for text in texts if (parsed := parse_time(text, zone))]
    if entry is not None and entry.updated_at is not None:
        times.append(entry.updated_at)
    earliest = draft.published_at or EARLIEST
    return next((moment for moment in times if is_believable(moment, setting.now) and moment > earliest), None)
