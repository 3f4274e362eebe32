"""What a theme is given (`View`) and what it is (`Theme`); the parts that all themes share: head, JSON-LD, the body with its boxes.

Not here: class names of a theme (its family's module), what boxes say (`boxes.py`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC
from html import escape
from random import Random

from crawler.model.outlet import Outlet
from tests.themes.boxes import Box, Teaser, box_html
from tests.themes.compose import Writer, slug_of
from tests.themes.languages import Words
from tests.themes.model import Block, Story


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One page to be dressed."""

    outlet: Outlet
    writer: Writer
    story: Story
    url: str
    kind: str
    """As `Truth.kind`."""
    random: Random
    """For markup alone: which words are linked."""
    between: Mapping[int, list[Box]]
    below: list[Box]
    comments: list[tuple[str, str]]
    teasers: tuple[Teaser, ...]
    image_url: str
    byline: str
    credit: str
    seed: int
    """Of the outlet: scripts and styles are the same on all its pages."""
    soft: bool = False
    """After a soft redesign: new boxes in the body, the lead elsewhere."""
    deploy: int = 0
    """Number of the deploy: hashed class names change with it."""
    wall: Box | None = None

    @property
    def words(self) -> Words:
        """The language's words of boilerplate."""
        return self.writer.tongue.words

    @property
    def day(self) -> str:
        """Day and hour as a reader sees them."""
        return self.writer.date_text(self.story.published_at)

    @property
    def changed(self) -> str:
        """ "Aktualizacja: 12 marca 2026, 14:05", or ""."""
        moment = self.story.modified_at
        return f"{self.words.updated} {self.writer.date_text(moment)}" if moment else ""

    @property
    def photo(self) -> str:
        """The picture's credit."""
        return self.words.photo.format(name=self.story.photographer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """A theme: how often it shows which boxes, what it states to machines, and its markup."""

    render: Callable[[View], str]
    between: Mapping[str, float]
    below: Mapping[str, float]
    lead: str
    """ "apart" (an element of its own), "first" (the first paragraph, nothing sets it apart) or "bold" (the first paragraph in bold)."""
    credit: int = 0
    """Which of the language's credit lines it uses."""
    byline: str = "label"
    """ "label" ("Autor: Anna Mazur"), "name" or "none" (nobody is named visibly)."""
    free: bool = False
    """States that it is free to read."""
    tags: bool = True
    comments: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Dress:
    """Class names of the blocks of a body, as attributes ready to be put into a tag."""

    p: str = ""
    h: str = "<h2>{}</h2>"
    ul: str = "<ul>{}</ul>"
    quote: str = "<blockquote><p>{}</p></blockquote>"
    table: str = "<table><tbody>{}</tbody></table>"
    figure: str = '<figure><img src="{src}" alt="{caption}"><figcaption>{caption} {photo}</figcaption></figure>'
    credit: str = "<p>{}</p>"
    """"" glues the credit line to the last paragraph."""
    boxes: Mapping[str, str] = field(default_factory=dict)
    nbsp: bool = False
    """One-letter words are tied to the next by a hard space, as Polish editors do."""


def body_html(view: View, dress: Dress, *, with_lead: bool) -> str:
    """The running text with boxes between its blocks, a picture, the credit line. `with_lead`: the lead is its first paragraph."""
    if view.kind == "live":
        return _updates(view, dress)
    lead = _lead(view, dress) if with_lead else ""
    if view.kind == "stub":
        return lead
    if view.kind == "gallery":
        pictures = "".join(
            _figure(view, dress, number, view.writer.fill(view.random.choice(view.words.captions))) for number in range(1, 9)
        )
        return f'{lead}<div class="gallery gallery-columns-3">{pictures}</div>'
    blocks = view.story.blocks[:1] if view.kind == "paid" else view.story.blocks
    parts = [lead]
    for number, block in enumerate(blocks):
        last = number == len(blocks) - 1 and view.kind != "paid"
        parts.append(_block(view, dress, block, view.credit if last and not dress.credit else ""))
        if number == 1 and view.story.number % 3 == 0:
            parts.append(_figure(view, dress, 2, view.story.caption))
        parts += [box_html(box, dress.boxes, view.words.button) for box in view.between.get(number, ())]
    if view.wall is not None:
        parts.append(
            f'<div class="paywall paywall-offer"><p>{escape(view.wall.lines[0])}</p><a href="/kup" class="btn">{escape(view.words.button)}</a></div>'
        )
    elif view.credit and dress.credit:
        parts.append(dress.credit.format(escape(view.credit)))
    return "\n".join(part for part in parts if part)


def softened(dress: Dress, view: View) -> Dress:
    """The dress after a soft redesign (`View.soft`), when the plugins' boxes have other names; else as it is."""
    if not view.soft:
        return dress
    names = {kind: f"nb-{kind.replace('_', '-')} nb-box" for kind in dress.boxes}
    return replace(dress, boxes=names | {"read_also": "nb-readalso", "app": "nb-app", "sponsor": "nb-sponsor"})


def side_list(view: View, css: str, head: str) -> str:
    """A list of other stories with the beginnings of their leads, as beside or below the article."""
    items = "".join(
        f'<li><a href="/{slug_of(title)}">{escape(title)}</a><div class="excerpt">{escape(lead[:80])}</div></li>'
        for title, lead in view.teasers[3:8]
    )
    return f'<div class="{css}"><h3>{escape(head)}</h3><ul>{items}</ul></div>'


def below_html(view: View, dress: Dress, *kinds: str) -> str:
    """The boxes below the text; of these kinds alone where some are named."""
    return "\n".join(box_html(box, dress.boxes, view.words.button) for box in view.below if not kinds or box.kind in kinds)


def inline(view: View, text: str, *, nbsp: bool = False) -> str:
    """A paragraph's text as HTML: here and there a link or bold words, hard spaces behind one-letter words. A reader reads `text`."""
    words = text.split(" ")
    if len(words) > 12 and view.random.random() < 0.35:
        start = view.random.randrange(1, len(words) - 5)
        inner = escape(" ".join(words[start : start + 3]), quote=False)
        shape = view.random.choice(
            (f'<a href="/temat/{slug_of(words[start]) or "x"}">{inner}</a>', f"<strong>{inner}</strong>", f"<em>{inner}</em>")
        )
        html = " ".join((escape(" ".join(words[:start]), quote=False), shape, escape(" ".join(words[start + 3 :]), quote=False)))
    else:
        html = escape(text, quote=False)
    return re.sub(r"(?<= )([aiouwzAIOUWZ]) (?=\w)", r"\1&nbsp;", html) if nbsp else html


def comments_html(view: View, css: str) -> str:
    """Readers' comments, each a sentence of its own."""
    items = "".join(
        f'<li class="{css}-item"><span class="{css}-name">{escape(name)}</span><div class="{css}-text"><p>{escape(text)}</p></div></li>'
        for name, text in view.comments
    )
    return f'<div id="comments" class="{css}"><h3>{escape(view.words.comments)} ({len(view.comments)})</h3><ol class="{css}-list">{items}</ol></div>'


def head_html(view: View, *extra: str, title: str = "{title} - {site}", og: bool = True, machine_date: bool = True) -> str:
    """`<head>`'s usual part. `machine_date` False: no meta with times."""
    story, site = view.story, view.outlet.name
    tags = [
        f"<title>{escape(title.format(title=story.title, site=site))}</title>",
        f'<link rel="canonical" href="{view.url}">',
        f'<meta name="description" content="{escape(story.lead)}">',
    ]
    if og:
        tags += [
            f'<meta property="og:{key}" content="{escape(value)}">'
            for key, value in (("type", "website" if view.kind == "index" else "article"), ("title", story.title), ("description", story.lead), ("url", view.url), ("site_name", site),
                               ("locale", view.writer.tongue.locale), ("image", view.image_url))
        ]  # fmt: skip
    if og and machine_date and view.kind != "index":
        tags.append(f'<meta property="article:published_time" content="{story.published_at.isoformat()}">')
        tags += (
            [f'<meta property="article:modified_time" content="{story.modified_at.isoformat()}">'] if story.modified_at else []
        )
    return "\n".join((*tags, *extra))


def news_ld(view: View, mode: str = "right") -> str:
    """JSON-LD of a NewsArticle. `mode`: "right", "outlet as author", "author as text", "modified only", "wrong type" (the outlet's name as a Person)."""
    story, outlet = view.story, view.outlet
    data: dict[str, object] = {
        "@context": "https://schema.org", "@type": "LiveBlogPosting" if view.kind == "live" else "NewsArticle", "mainEntityOfPage": {"@type": "WebPage", "@id": view.url}, "headline": story.title, "description": story.lead,
        "image": [view.image_url], "datePublished": story.published_at.isoformat(), "dateModified": (story.modified_at or story.published_at).isoformat(),
        "articleSection": story.section, "keywords": list(story.tags), "publisher": {"@type": "Organization", "name": outlet.name, "logo": {"@type": "ImageObject", "url": f"{outlet.homepage}logo.png"}},
        "author": _ld_author(view, mode),
    }  # fmt: skip
    if mode == "modified only":
        del data["datePublished"]
    if mode == "free" or view.kind == "paid":
        data["isAccessibleForFree"] = view.kind != "paid"
    return ld(data) if view.kind != "index" else ""


def yoast_ld(view: View, *, reading_time: bool = True) -> str:
    """The graph that the most used WordPress plugin writes: WebPage, picture, crumbs, site, publisher, person, article."""
    story, outlet, url = view.story, view.outlet, view.url
    if view.kind == "index":
        return ld(
            {
                "@context": "https://schema.org",
                "@graph": [{"@type": "CollectionPage", "@id": url, "url": url, "name": story.title}],
            }
        )
    person = f"{outlet.homepage}#/schema/person/{slug_of(story.author or outlet.name)}"
    graph: list[dict[str, object]] = [
        {"@type": "NewsArticle", "@id": f"{url}#article", "isPartOf": {"@id": url}, "author": {"name": story.author or "redakcja", "@id": person}, "headline": story.title,
         "datePublished": story.published_at.astimezone(UTC).isoformat(), "dateModified": (story.modified_at or story.published_at).astimezone(UTC).isoformat(),
         "mainEntityOfPage": {"@id": url}, "publisher": {"@id": f"{outlet.homepage}#organization"}, "image": {"@id": f"{url}#primaryimage"}, "thumbnailUrl": view.image_url,
         "keywords": list(story.tags), "articleSection": [story.section], "inLanguage": view.writer.tongue.locale.replace("_", "-")},
        {"@type": "WebPage", "@id": url, "url": url, "name": f"{story.title} - {outlet.name}", "isPartOf": {"@id": f"{outlet.homepage}#website"}, "description": story.lead},
        {"@type": "ImageObject", "@id": f"{url}#primaryimage", "url": view.image_url, "contentUrl": view.image_url, "caption": story.caption},
        {"@type": "WebSite", "@id": f"{outlet.homepage}#website", "url": outlet.homepage, "name": outlet.name}, {"@type": "Organization", "@id": f"{outlet.homepage}#organization", "name": outlet.name},
        {"@type": "Person", "@id": person, "name": story.author or "redakcja"},
    ]  # fmt: skip
    times = (
        '<meta name="twitter:label2" content="Szacowany czas czytania"><meta name="twitter:data2" content="3">'
        if reading_time
        else ""
    )
    return ld({"@context": "https://schema.org", "@graph": graph}, css="yoast-schema-graph") + times


def ld(data: object, css: str = "") -> str:
    """JSON-LD in its script element."""
    text = json.dumps(data, ensure_ascii=False).replace("</", "<\\/")
    return f'<script type="application/ld+json"{f" class={chr(34)}{css}{chr(34)}" if css else ""}>{text}</script>'


def tag_links(view: View, css: str = "", rel: str = ' rel="tag"', sep: str = "") -> str:
    """Links to the tags' pages."""
    attribute = f' class="{css}"' if css else ""
    return sep.join(
        f'<a href="{view.outlet.homepage}tag/{slug_of(tag)}/"{rel}{attribute}>{escape(tag)}</a>' for tag in view.story.tags
    )


def index_html(view: View, css: str) -> str:
    """A section's list of teasers."""
    return "".join(
        f'<div class="{css}"><h3 class="{css}-title"><a href="/{slug_of(title)}">{escape(title)}</a></h3><p class="{css}-excerpt">{escape(lead)}</p></div>'
        for title, lead in view.teasers[:20]
    )


def _ld_author(view: View, mode: str) -> object:
    name = view.story.author or view.story.agency or view.outlet.name
    if mode == "outlet as author":
        return [{"@type": "Organization", "name": view.outlet.name}]
    if mode == "wrong type":
        return {"@type": "Person", "name": view.outlet.name}
    if mode == "author as text":
        return name
    return [{"@type": "Person" if view.story.author else "Organization", "name": name}]


def _lead(view: View, dress: Dress) -> str:
    text = inline(view, view.story.lead, nbsp=dress.nbsp)
    return f"<p{dress.p}>{text}</p>"


def _block(view: View, dress: Dress, block: Block, credit: str) -> str:
    if block.kind == "p":
        return f"<p{dress.p}>{inline(view, block.texts[0], nbsp=dress.nbsp)}{' ' + escape(credit) if credit else ''}</p>"
    if block.kind == "subhead":
        return dress.h.format(escape(block.texts[0], quote=False))
    if block.kind == "quote":
        return dress.quote.format(escape(block.texts[0], quote=False))
    if block.kind == "list":
        return dress.ul.format("".join(f"<li>{escape(text, quote=False)}</li>" for text in block.texts))
    rows = [[escape(cell) for cell in row.split(" | ")] for row in block.texts]
    return dress.table.format("".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows))


def _figure(view: View, dress: Dress, number: int, caption: str) -> str:
    source = view.image_url.replace(".jpg", f"-{number}.jpg")
    return dress.figure.format(src=source, caption=escape(caption), photo=escape(view.photo))


def _updates(view: View, dress: Dress) -> str:
    parts = [f"<p{dress.p}>{escape(view.story.lead, quote=False)}</p>"]
    for number, block in enumerate(block for block in view.story.blocks if block.kind == "p"):
        parts.append(
            f'<div class="live-update" id="u{number}"><span class="live-update-time">{20 - number % 12}:{10 + number}</span><p{dress.p}>{inline(view, block.texts[0])}</p></div>'
        )
    return f'<div class="liveblog">{"".join(parts)}</div>'
