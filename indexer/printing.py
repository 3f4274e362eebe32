"""A search page as lines for a terminal: hits, what was counted, the way on. Everything shown is stripped of what a terminal would obey (SAFETY A7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, tzinfo
from typing import Any

from indexer.buckets import Histogram, Step
from indexer.highlight import Mark, Snippet
from indexer.search import SearchHit, SearchPage

Style = Callable[[str], str]
"""Makes a piece of text stand out, e.g. in bold; the identity where there are no colours."""

_BAR = 40
"""Columns of the longest bar."""
_BEGINNINGS = {
    Step.HOUR: "%Y-%m-%d %H:%M %z", Step.DAY: "%a %Y-%m-%d", Step.WEEK: "week of %Y-%m-%d", Step.MONTH: "%Y-%m", Step.YEAR: "%Y",
}  # fmt: skip
"""How the beginning of a bucket is written; an hour with its offset, for it may come twice."""


def page_lines(page: SearchPage, zone: tzinfo, mark: Style) -> Iterator[str]:
    """The page, a blank line after each hit, times in `zone`."""
    for hit in page.hits:
        yield from _hit_lines(hit, zone, mark)
        yield ""
    for name, values in page.facets.items():
        yield f"{name}: {', '.join(f'{printable(value)} {count:,}' for value, count in values) or '-'}"
    if page.histogram:
        yield from _histogram_lines(page.histogram)
    noun = "article matches" if page.total == 1 else "articles match"
    yield f"{page.total:,} {noun}; {len(page.hits)} shown in {page.took_ms:.0f} ms."
    if page.next:
        yield f"More: --after {page.next}"


def _histogram_lines(histogram: Histogram) -> Iterator[str]:
    """A row a bucket: when it begins, its articles, a bar."""
    most = max(bucket.articles for bucket in histogram.buckets)
    width = len(f"{most:,}")
    for bucket in histogram.buckets:
        bar = "#" * -(-_BAR * bucket.articles // most) if most else ""
        yield f"{bucket.start:{_BEGINNINGS[histogram.step]}}  {bucket.articles:{width},}  {bar}".rstrip()


def printable(text: str) -> str:
    """`text` in one line without control, bidi and other invisible characters."""
    return "".join(char if char.isprintable() else " " if char.isspace() else "" for char in text)


def marked(text: str, marks: Sequence[Mark], mark: Style) -> str:
    """`text`, printable, its marked pieces styled."""
    pieces, at = [], 0
    for start, end in marks:
        pieces += [printable(text[at:start]), mark(printable(text[start:end]))]
        at = end
    return "".join((*pieces, printable(text[at:])))


def _hit_lines(hit: SearchHit, zone: tzinfo, mark: Style) -> Iterator[str]:
    article = hit.article
    yield "  ".join(_facts(article, zone))
    yield f"  {marked(article['title'], hit.title_marks, mark)}"
    for snippet in hit.snippets:
        yield f"    {_snippet(snippet, mark)}"
    yield f"    {printable(article['url'])}  {article['id'][:8]}"


def _facts(article: Any, zone: tzinfo) -> Iterator[str]:
    yield f"{datetime.fromisoformat(article['published_at']).astimezone(zone):%Y-%m-%d %H:%M}"
    yield printable(article["outlet_name"])
    if article["agency_names"]:
        yield f"[{printable(' / '.join(article['agency_names']))}]"
    if article["role"] and article["copies"] > 1:
        yield f"{article['role']}, 1 of {article['copies']} copies"
    if article["removed_at"]:
        yield "(removed by the outlet)"


def _snippet(snippet: Snippet, mark: Style) -> str:
    text = marked(snippet.text, snippet.marks, mark).strip()
    return f"{'… ' * snippet.cut_before}{text}{' …' * snippet.cut_after}"
