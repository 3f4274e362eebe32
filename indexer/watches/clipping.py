"""The HTML of an alert: a clipping report that reads well in a mail, light or dark, on a phone and on paper. Pure.

Everything a stranger wrote is escaped, and only web addresses become links. One column and no pictures, so that a mail program that
drops the styles still shows all of it in order. Not here: the order (`grouping`), the words (`wording`).
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from urllib.parse import urlsplit

from crawler.text import clean_line
from indexer.highlight import Mark, Snippet
from indexer.watches.grouping import Clipping, Copy, Found, by_day, outlets
from indexer.watches.wording import Wording

OUTLETS_SHOWN = 12
_CSS = """
body{margin:0;padding:0;background:#fff;color:#1b1b1b;font:17px/1.5 Georgia,'Times New Roman',serif}
.sheet{max-width:40em;margin:0 auto;padding:28px 20px}
.kind{font:600 12px/1.4 system-ui,-apple-system,'Segoe UI',Arial,sans-serif;letter-spacing:.09em;text-transform:uppercase;color:#8a1c1c;margin:0}
h1{font-size:30px;line-height:1.2;font-weight:normal;margin:4px 0 10px}
.facts,.also,.links{font:14px/1.5 system-ui,-apple-system,'Segoe UI',Arial,sans-serif;color:#595959;margin:2px 0}
.head{border-bottom:2px solid #1b1b1b;padding-bottom:14px}
h2{font:600 14px/1.4 system-ui,-apple-system,'Segoe UI',Arial,sans-serif;margin:28px 0 0;padding-bottom:4px;border-bottom:1px solid #d5d5d5}
article{margin:18px 0 24px}
h3{font-size:20px;line-height:1.3;font-weight:bold;margin:0 0 2px}
.text{margin:6px 0}
a{color:inherit;text-decoration:none}
.links a,.also a{color:#1a4f86;text-decoration:underline;text-underline-offset:2px}
mark{background:#fdeeb0;color:inherit;padding:0 1px}
.also{padding-left:0;list-style:none}
.url{overflow-wrap:anywhere}
.page{white-space:nowrap}
@media (prefers-color-scheme:dark){body{background:#161616;color:#e6e3de}.facts,.also,.links{color:#a8a49d}.kind{color:#e39a8f}
.head{border-color:#e6e3de}h2{border-color:#3d3b38}.links a,.also a{color:#9cc3ee}mark{background:#57480f;color:#fff3c4}}
@media print{body{background:#fff;color:#000;font-size:11pt}.sheet{max-width:none;padding:0}h1{font-size:20pt}h2{font-size:10pt;break-after:avoid}
h3{font-size:13pt;break-after:avoid}article{break-inside:avoid;margin:10pt 0 14pt}.facts,.also,.links{font-size:9pt;color:#333}.kind{color:#000}
.head{border-color:#000}.links a,.also a{color:inherit;text-decoration:none}mark{background:none;font-weight:bold;color:#000}p{orphans:2;widows:2}
@page{margin:18mm 18mm 20mm;@bottom-right{content:counter(page) " / " counter(pages);font:9pt sans-serif}}}
""".replace("\n", "")


def report(
    watch: Mapping[str, str],
    shown: Sequence[Found],
    rest: int,
    *,
    words: Wording,
    zone: tzinfo,
    now: datetime,
    page_url: str | None,
    is_digest: bool,
) -> str:
    """A whole HTML document. `rest`: articles that are counted and not shown."""
    parts = _heading(watch, shown, rest, words, zone, now, is_digest)
    for day, clippings in by_day(shown, zone):
        parts.append(f"<h2>{_safe(words.day(day))}</h2>")
        parts += [_article(one, words, zone, page_url) for one in clippings]
    if not shown:
        parts.append(f"<p class='text'>{_safe(words.say('test'))}</p>")
    if rest:
        parts.append(f"<p class='text'>{_safe(words.say('more', rest))}</p>")
    return sheet(words.language, watch["name"], "".join(parts))


def sheet(language: str, title: str, inner: str) -> str:
    """A whole HTML document in the manner of a clipping report around `inner` (HTML)."""
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
        f"<title>{_safe(title)}</title><style>{_CSS}</style></head><body><div class='sheet'>{inner}</div></body></html>"
    )


def facts(one: Found, words: Wording, zone: tzinfo, when: str = "%Y-%m-%d %H:%M") -> str:
    """Outlet, local time, agency, copies, in one line."""
    document = one.document
    parts = [document["outlet_name"], f"{one.published(zone):{when}}"]
    if document["agency_names"]:
        parts.append(words.say("from", document["agency_names"][0]))
    if document["copies"] > 1:
        parts.append(words.count("copy", document["copies"]))
    return clean_line(" · ".join([*parts, *([one.detail] if one.detail else [])]))


def page_of(one: Found, page_url: str | None) -> str | None:
    """Where the story, or the article that has none, is shown."""
    if page_url is None:
        return None
    story = one.document["story"]
    return f"{page_url.rstrip('/')}/story/{story}" if story else f"{page_url.rstrip('/')}/article/{one.document['id']}"


def _heading(
    watch: Mapping[str, str], shown: Sequence[Found], rest: int, words: Wording, zone: tzinfo, now: datetime, is_digest: bool
) -> list[str]:
    made, by_outlet = now.astimezone(zone), outlets(shown)
    counts = [words.count("article", len(shown) + rest)]
    stories = len({one.document["story"] or one.document["id"] for one in shown})
    if not rest:
        counts += [words.count("story", stories)] if stories != len(shown) else []
        counts += [words.count("outlet", len(by_outlet))]
    named = " · ".join(f"{_safe(name)}&nbsp;{number}" for name, number in by_outlet[:OUTLETS_SHOWN])
    more = f" · +{len(by_outlet) - OUTLETS_SHOWN}" if len(by_outlet) > OUTLETS_SHOWN else ""
    lines = [
        f"<div class='head'><p class='kind'>Depesza · {_safe(words.say('report' if is_digest else 'alert'))}</p>",
        f"<h1 dir='auto'>{_safe(watch['name'])}</h1>",
        f"<p class='facts'>{_safe(words.say('made', words.day(made.date()), f'{made:%H:%M}'))} · {_safe(words.say('times', zone))}</p>",
        f"<p class='facts'>{_safe(words.say('query'))}: <bdi>{_safe(watch['query'])}</bdi></p>",
    ]
    if shown:
        lines.append(f"<p class='facts'>{_safe(' · '.join(counts))}</p>")
    if len(by_outlet) > 1:
        lines.append(f"<p class='facts'>{named}{more}</p>")
    return [*lines, "</div>"]


def _article(clipping: Clipping, words: Wording, zone: tzinfo, page_url: str | None) -> str:
    one = clipping.lead
    document = one.document
    spoken = f"lang='{html.escape(document['language'], quote=True)}' dir='auto'"
    parts = [
        f"<article><h3 {spoken}>{_link(document['url'], _marked(document['title'], one.title_marks))}</h3>",
        f"<p class='facts'>{_safe(facts(one, words, zone, '%H:%M'))}</p>",
    ]
    if one.snippet:
        parts.append(f"<p class='text' {spoken}>{_cut(one.snippet)}</p>")
    if clipping.copies:
        listed = "".join(f"<li>{_copy(copy, document['title'], words, one.published(zone))}</li>" for copy in clipping.copies)
        parts.append(f"<p class='also'>{_safe(words.say('also'))}:</p><ul class='also'>{listed}</ul>")
    page = page_of(one, page_url)
    ours = (
        f" · <span class='page'>{_link(page, _safe(words.say('story' if document['story'] else 'article')))}</span>"
        if page
        else ""
    )
    parts.append(
        f"<p class='links'><span class='url'>{_link(document['url'], _safe(document['url']))}</span>{ours}</p></article>"
    )
    return "".join(parts)


def _copy(copy: Copy, title: str, words: Wording, beside: datetime) -> str:
    """Outlet, time (with the day when it is another one), role; the headline when it differs."""
    at = copy.published_at.astimezone(beside.tzinfo)
    told = [
        f"{at:%H:%M}" if at.date() == beside.date() else f"{at:%Y-%m-%d %H:%M}",
        *([words.say(copy.role)] if copy.role else []),
    ]
    headline = f": <span dir='auto'>{_safe(copy.title)}</span>" if clean_line(copy.title) != clean_line(title) else ""
    return f"{_link(copy.url, _safe(copy.outlet_name))}, {_safe(', '.join(told))}{headline}"


def _cut(snippet: Snippet) -> str:
    before, after = "…\N{NO-BREAK SPACE}" if snippet.cut_before else "", "\N{NO-BREAK SPACE}…" if snippet.cut_after else ""
    return f"{before}{_marked(snippet.text, snippet.marks)}{after}"


def _marked(text: str, marks: Sequence[Mark]) -> str:
    parts, at = [], 0
    for start, end in marks:
        parts += [html.escape(text[at:start]), "<mark>", html.escape(text[start:end]), "</mark>"]
        at = end
    return "".join([*parts, html.escape(text[at:])])


def _link(address: str, inner: str) -> str:
    """`inner` (HTML) as a link, when the address is one of the web."""
    try:
        is_web = urlsplit(address).scheme in ("http", "https")
    except ValueError:
        is_web = False
    return f"<a href='{html.escape(address, quote=True)}'>{inner}</a>" if is_web else inner


def _safe(text: str) -> str:
    return html.escape(clean_line(text), quote=True)
