"""The page of results: what a search found, as `search.html` shows it. Not here: addresses and requests (`pages`)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from crawler.store.hit_view import CopyRow, HitView
from indexer.buckets import Bucket, Histogram, Step
from indexer.desk import Desk
from indexer.engine import Sort
from indexer.highlight import Snippet
from indexer.query import SearchQuery, parse_query
from indexer.search import SearchHit, SearchPage, SearchRequest
from indexer.web import chips
from indexer.web.copies_view import badge, copy_line
from indexer.web.marking import direction, marked
from indexer.web.renderer import Reader, search_address
from indexer.web.sentences import told
from indexer.web.svg import Bar, histogram_svg
from indexer.web.words import ACCESS, FIELDS, ROLES, SORTS

COUNTED = ("outlet", "agency", "language", "country", "section", "role")
"""Facets beside the results; the dates come from the histogram."""
_VALUES = 8
_NAMES = 4
"""Outlets named on the line of a folded story."""
_SHORT = 10
"""Bars that are too narrow together for a label at either end."""
_PERIODS = ("P1D", "P7D", "P30D")
_FEEDS = (("Atom", "application/atom+xml", "/feed.atom"), ("RSS", "application/rss+xml", "/feed.rss"), ("JSON Feed", "application/feed+json", "/feed.json"))  # fmt: skip
_EXPORTS = (("CSV", "csv"), ("NDJSON", "ndjson"), ("JSON", "json"))


def context(desk: Desk, reader: Reader, text: str, sort: Sort, after: str | None, limit: int) -> dict[str, Any]:
    """Search and say what the page shows. Raises QueryError, BackendUnavailable."""
    page = desk.search(SearchRequest(text=text, sort=sort, after=after, limit=limit, facets=COUNTED, histogram=Step.AUTO))
    beside = desk.beside(page.hits)
    query = parse_query(text)
    view = _View(desk, reader, page, query, sort)
    return {
        "q": page.query, "sort": sort.value, "total": page.total, "hints": _hints(reader, page, query), "chips": view.chips(), "orders": view.orders(),
        "hits": [view.hit(hit, beside) for hit in page.hits], "facets": view.facets() if page.total else (),
        "histogram": view.histogram(page.histogram) if page.histogram else None, "forms": view.forms(),
        "is_cut": page.is_expansion_cut, "is_later": after is not None, "first_href": view.address(page.query),
        "next_href": view.address(page.query, after=page.next) if page.next else None, "others": view.others(),
        "feeds": view.feeds(), "watch_href": f"/watches?{urlencode({'q': page.query})}" if page.query else "", "exports": view.exports(), **view.days(),
    }  # fmt: skip


def _hints(reader: Reader, page: SearchPage, query: SearchQuery) -> list[tuple[str, str]]:
    """What could not be read, and values that no article has: (sentence, its `lang`)."""
    unknown = (page.hint or "").removeprefix(query.hint or "").strip()
    return [
        told(reader.said, one) for one in (*query.hints, *(re.split(r"(?<=\.) (?=No article has)", unknown) if unknown else ()))
    ]


class _View:
    """One answer on its way to the page."""

    def __init__(self, desk: Desk, reader: Reader, page: SearchPage, query: SearchQuery, sort: Sort) -> None:
        self._desk, self._reader, self._page, self._query, self._sort = desk, reader, page, query, sort
        self._outlets, self._agencies = desk.names("outlet"), desk.names("agency")

    def address(self, query: str, **more: str | None) -> str:
        return search_address(query, self._sort.value, **more)

    def chips(self) -> list[dict[str, Any]]:
        return [
            {
                "field": self._reader.words(FIELDS, chip.field), "value": self._chip_value(chip.field, chip.value),
                "is_negated": chip.is_negated, "href": self.address(chip.without),
            }
            for chip in chips.chips(self._query)
        ]  # fmt: skip

    def orders(self) -> list[dict[str, Any]]:
        shown = (Sort.NEWEST, Sort.RELEVANCE, Sort.MOST_COPIED) if self._page.query else (Sort.NEWEST, Sort.MOST_COPIED)
        return [
            {"name": self._reader.words(SORTS, one.value), "href": search_address(self._page.query, one.value), "is_chosen": one is self._sort}
            for one in shown
        ]  # fmt: skip

    def hit(self, hit: SearchHit, beside: HitView) -> dict[str, Any]:
        one = hit.article
        lang = "" if one["language"] == "und" else one["language"]
        copies = beside.copies.get(one["story"] or "", ())
        return {
            "href": f"/article/{one['id']}", "title": marked(one["title"], hit.title_marks), "lang": lang,
            "dir": direction(one["language"]), "outlet": one["outlet_name"], "outlet_href": self.address(f"outlet:{one['outlet']}"),
            "published_at": one["published_at"], "section": one["section"], "removed_at": one["removed_at"],
            "access": self._reader.words(ACCESS, one["access"]) if one["access"] in ("paid", "metered") else "",
            "agency": self._badge(one, beside, lang), "snippets": [_snippet(snippet) for snippet in hit.snippets],
            "copies": self._copies(one, copies) if len(copies) > 1 else [], "copy_count": one["copies"],
            "outlet_names": self._outlet_names(one, copies), "more": max(0, one["copies"] - len(copies)),
            "story_href": f"/story/{one['story']}",
        }  # fmt: skip

    def facets(self) -> list[dict[str, Any]]:
        shown = [self._facet(field, self._page.facets.get(field, [])) for field in COUNTED]
        return [one for one in (*shown, self._dates()) if one["shown"]]

    def histogram(self, found: Histogram) -> dict[str, Any]:
        said, write = self._reader.said, self._reader.write
        bars = [self._bar(found.step, bucket) for bucket in found.buckets]
        total = sum(bar.count for bar in bars)
        title = said.gettext("Articles over time")
        words = said.ngettext("%(num)s article", "%(num)s articles", total) % {"num": write.number(total)}
        description = f"{words}: {bars[0].when} – {bars[-1].when}" if bars else words
        return {
            "svg": histogram_svg(bars, title, description), "title": title, "bars": [bar for bar in bars if bar.count],
            "is_short": 1 < len(bars) < _SHORT, "first": bars[0].when if bars else "", "last": bars[-1].when if bars else "",
        }  # fmt: skip

    def forms(self) -> list[tuple[str, str]]:
        return [(word, ", ".join(found)) for word, found in self._page.expansion.items() if len(found) > 1]

    def others(self) -> list[dict[str, str]]:
        """What may be tried when nothing was found: any time, all conditions off."""
        _ = self._reader.said.gettext
        found = []
        if chips.period(self._query) is not None:
            found.append({"text": _("The same at any time"), "href": self.address(chips.dated(self._query, ""))})
        bare = self._query
        for chip in chips.chips(bare):
            if chip.without:
                bare = parse_query(chip.without)
                found.append({"text": _("Without %(filter)s") % {"filter": chip.value}, "href": self.address(chip.without)})
                break
        return found

    def feeds(self) -> list[dict[str, str]]:
        _ = self._reader.said.gettext
        title = _("Depesza: %(query)s") % {"query": self._page.query or _("newest stories")}
        asked = f"?{urlencode({'q': self._page.query})}" if self._page.query else ""
        return [{"name": name, "type": kind, "href": path + asked, "title": f"{title} ({name})"} for name, kind, path in _FEEDS]

    def exports(self) -> list[dict[str, str]]:
        asked = {"q": self._page.query, "sort": self._sort.value}
        return [{"name": name, "href": f"/api/v1/search?{urlencode({**asked, 'format': kind})}"} for name, kind in _EXPORTS]

    def days(self) -> dict[str, str]:
        """What stands in the two boxes for days."""
        first, _, last = (chips.period(self._query) or "").partition("..")
        return {"from_day": first if len(first) == 10 else "", "to_day": (last or first) if len(last or first) == 10 else ""}

    def _badge(self, one: Mapping[str, Any], beside: HitView, lang: str) -> dict[str, Any] | None:
        if not one["agency"]:
            return None
        name = one["agency_names"][0] if one["agency_names"] else one["agency"]
        return badge(self._reader, one["agency"], name, beside.attributions.get(one["id"], ()), lang=lang)

    def _copies(self, one: Mapping[str, Any], copies: Sequence[CopyRow]) -> list[dict[str, Any]]:
        origin = next((copy.article_id for copy in copies if copy.is_origin), None)
        return [
            copy_line(
                self._reader, article_id=copy.article_id, outlet=self._outlets.get(copy.outlet, copy.outlet), role=copy.role,
                similarity=copy.similarity, delay_s=copy.delay_s, is_origin=copy.is_origin, is_this=copy.article_id == one["id"],
                title=copy.title if copy.title != one["title"] else None, origin_id=origin,
            )
            for copy in copies
        ]  # fmt: skip

    def _outlet_names(self, one: Mapping[str, Any], copies: Sequence[CopyRow]) -> str:
        others = dict.fromkeys(copy.outlet for copy in copies if copy.outlet != one["outlet"])
        names = [self._outlets.get(slug, slug) for slug in others]
        return ", ".join(names[:_NAMES]) + (" …" if len(names) > _NAMES else "")

    def _facet(self, field: str, counted: Sequence[tuple[str, int]]) -> dict[str, Any]:
        values = [self._value(field, value, count) for value, count in counted[:_VALUES]]
        return {"name": self._reader.words(FIELDS, field), "shown": values}

    def _value(self, field: str, value: str, count: int) -> dict[str, Any]:
        piece = chips.condition(field, value)
        is_chosen = piece is not None and chips.holds(self._query, piece)
        other = None if piece is None else (chips.without if is_chosen else chips.narrowed)(self._query, piece)
        return {
            "name": self._shown(field, value), "count": count, "is_chosen": is_chosen, "lang": "",
            "href": None if other is None else self.address(other),
        }  # fmt: skip

    def _dates(self) -> dict[str, Any]:
        """The last day, week and month, and the fullest buckets' neighbours: the newest that hold something."""
        said = self._reader.said
        chosen = chips.period(self._query)
        values = [self._period(said.ngettext("last day", "last %(num)s days", days) % {"num": days}, period, chosen) for days, period in zip((1, 7, 30), _PERIODS, strict=True)]  # fmt: skip
        buckets = self._page.histogram.buckets if self._page.histogram else ()
        step = self._page.histogram.step if self._page.histogram else Step.DAY
        for bucket in [one for one in reversed(buckets) if one.articles][: _VALUES - len(_PERIODS)]:
            name = self._reader.write.bucket(step, bucket.start, bucket.end)
            values.append(self._period(name, bucket_period(step, bucket), chosen) | {"count": bucket.articles})
        return {"name": self._reader.words(FIELDS, "date"), "shown": values}

    def _period(self, name: str, period: str, chosen: str | None) -> dict[str, Any]:
        is_chosen = chosen is not None and chosen.upper() == period
        href = self.address(chips.dated(self._query, "" if is_chosen else period))
        return {"name": name, "count": None, "is_chosen": is_chosen, "lang": "", "href": href}

    def _bar(self, step: Step, bucket: Bucket) -> Bar:
        said, write = self._reader.said, self._reader.write
        when = write.bucket(step, bucket.start, bucket.end)
        count = said.ngettext("%(num)s article", "%(num)s articles", bucket.articles) % {"num": write.number(bucket.articles)}
        href = self.address(chips.dated(self._query, bucket_period(step, bucket)))
        return Bar(count=bucket.articles, label=f"{when}: {count}", when=when, href=href)

    def _shown(self, field: str, value: str) -> str:
        match field:
            case "outlet":
                return self._outlets.get(value, value)
            case "agency":
                return self._agencies.get(value, value)
            case "language":
                return self._reader.write.language(value)
            case "country":
                return self._reader.write.country(value)
            case "role":
                return self._reader.words(ROLES, value)
        return value

    def _chip_value(self, field: str, value: str) -> str:
        if field == "date" and value.upper() in _PERIODS:
            days = int(value[1:-1])
            return self._reader.said.ngettext("last day", "last %(num)s days", days) % {"num": days}
        return self._shown(field, value) if not value.endswith("*") else value


def bucket_period(step: Step, bucket: Bucket) -> str:
    """What `date:` takes for a bucket."""
    match step:
        case Step.HOUR:
            last = (bucket.end.astimezone(UTC) - timedelta(minutes=1)).astimezone(bucket.start.tzinfo)
            return f"{_minute(bucket.start)}..{_minute(last)}"
        case Step.WEEK:
            return f"{bucket.start:%Y-%m-%d}..{bucket.end - timedelta(days=1):%Y-%m-%d}"
        case Step.MONTH:
            return f"{bucket.start:%Y-%m}"
        case Step.YEAR:
            return f"{bucket.start:%Y}"
    return f"{bucket.start:%Y-%m-%d}"


def _minute(at: datetime) -> str:
    """With its offset only in the hour that comes twice when the clock is put back."""
    comes_twice = at.replace(fold=0).utcoffset() != at.replace(fold=1).utcoffset()
    return at.strftime("%Y-%m-%dT%H:%M") + (at.isoformat()[-6:] if comes_twice else "")


def _snippet(one: Snippet) -> Any:
    """The piece with dots where the text goes on."""
    before, after = "… " if one.cut_before else "", " …" if one.cut_after else ""
    return marked(before + one.text + after, [(start + len(before), end + len(before)) for start, end in one.marks])
