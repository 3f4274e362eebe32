"""Sites that nobody's theme made: a table layout of 2003 with line breaks for paragraphs, and a big portal that scrolls on into the next article."""

from __future__ import annotations

import re
from html import escape

from tests.themes.compose import slug_of
from tests.themes.families.view import (
    Dress,
    Theme,
    View,
    below_html,
    body_html,
    comments_html,
    head_html,
    index_html,
    inline,
    news_ld,
    side_list,
    softened,
    tag_links,
)
from tests.themes.weight import footer, icons, menu, script, style

_PORTAL = Dress(
    p=' class="article__text"', h='<h2 class="article__subtitle">{}</h2>', ul='<ul class="article__list">{}</ul>', nbsp=True, credit='<p class="article__source">{}</p>', table='<div class="article__table-wrap"><table class="article__table"><tbody>{}</tbody></table></div>',
    figure='<figure class="article__figure"><img src="{src}" alt=""><figcaption class="article__figcaption">{caption}<span class="article__figsource">{photo}</span></figcaption></figure>',
    boxes={"read_also": "embedBox embedBox--article", "newsletter": "nlBox nlBox--inline", "ad": "ad-slot ad-slot--inline", "donate": "supportBox", "related": "recommend recommend--bottom", "author": "authorCard", "share": "shareBar shareBar--bottom", "poll": "pollBox", "embed": "embedBox embedBox--social", "video": "embedBox embedBox--video", "source_note": "article__note", "subscribe": "offerStrip"},
)  # fmt: skip


def portal(view: View) -> str:
    """A portal: kicker, share bars, boxes of all kinds; the next article stands whole below the first one."""
    story, words = view.story, view.words
    head = head_html(
        view,
        news_ld(view, "outlet as author" if story.number % 4 == 0 else "right"),
        style(view.seed, "art", 26_000),
        script(view.seed, 20_000),
        title="{title} - Wiadomości - {site}",
    )
    dress = softened(_PORTAL, view)
    lead = f'<div class="article__lead">{escape(story.lead, quote=False)}</div>'
    content = (
        index_html(view, "tile")
        if view.kind == "index"
        else (f"<p><b>{escape(story.lead, quote=False)}</b></p>" if view.soft else "") + body_html(view, dress, with_lead=False)
    )
    author = (
        f'<div class="article__authors"><span class="article__author">{escape(view.byline)}</span></div>' if view.byline else ""
    )
    return f"""<!DOCTYPE html><html lang="{view.writer.tongue.code}"><head><meta charset="utf-8">{head}</head><body class="page page--article">{icons(view.seed, 30)}<div id="rodo" class="cmp-overlay"><p>{escape(words.cookie)}</p></div>
<header class="topbar"><a class="topbar__logo" href="/">{escape(view.outlet.name)}</a><div class="topbar__weather">{escape(view.writer.fill(words.weather))}</div><nav class="mainNav">{menu(words, "mainNav__list", "mainNav__item")}</nav><div class="tickerBar">{escape(view.writer.fill(words.stock))}</div></header>
<div class="scrollFeed"><article class="article" data-url="{view.url}"><div class="article__crumbs breadcrumbs"><a href="/">{escape(view.outlet.name)}</a> <a href="/{slug_of(story.section)}">{escape(story.section)}</a></div><h1 class="article__title">{escape(story.title)}</h1>
<div class="article__info">{author}<div class="article__date"><span>{view.day}</span>{f' <span class="article__updated">{escape(view.changed)}</span>' if story.modified_at else ""}</div></div><div class="shareBar"><span>{escape(words.share)}</span><a href="#">Facebook</a><a href="#">X</a></div>
{"" if view.soft else lead}<figure class="article__photo"><img src="{view.image_url}"><figcaption class="article__figcaption">{escape(story.caption)}<span class="article__figsource">{escape(view.photo)}</span></figcaption></figure><div class="article__body">{content}</div>
<div class="article__tags"><span>{escape(words.tags)}</span>{tag_links(view, "article__tag", rel="", sep="")}</div>{below_html(view, dress)}{comments_html(view, "commentsBox")}</article>
{_next_article(view)}</div><aside class="rail">{side_list(view, "rail__most", words.most_read)}</aside><footer class="bottom">{footer(words, view.outlet.name, "bottom__links")}</footer>{script(view.seed + 1, 34_000)}</body></html>"""


def next_lines(view: View) -> tuple[str, ...]:
    """Title, lead and paragraphs of the article below the first one."""
    title, lead = view.teasers[9]
    return (title, lead, *(view.writer.fill(fact) for fact in view.writer.tongue.facts[2:8]))


def _next_article(view: View) -> str:
    title, lead, *paragraphs = next_lines(view)
    text = "".join(
        f'<p class="article__text">{escape(one)} {escape(two)}</p>'
        for one, two in zip(paragraphs[::2], paragraphs[1::2], strict=True)
    )
    return (
        f'<div class="scrollFeed__separator">{escape(view.words.next_story)}</div><article class="article article--next" data-url="/{slug_of(title)}"><h2 class="article__title">{escape(title)}</h2>'
        f'<div class="article__lead">{escape(lead)}</div><div class="article__body">{text}</div></article>'
    )  # fmt: skip


def table(view: View) -> str:
    """Nested tables, fonts, paragraphs parted by `<br><br>`; nothing is stated to machines but a title."""
    story, words = view.story, view.words
    lead = inline(view, story.lead)
    if view.kind == "index":
        content = index_html(view, "news")
    else:
        text = body_html(
            view,
            Dress(
                credit="<p><i>{}</i></p>",
                figure='<table align="right" width="220" class="fotka"><tr><td><img src="{src}" width="210"></td></tr><tr><td class="podpis">{caption} {photo}</td></tr></table>',
                boxes={},
            ),
            with_lead=True,
        )
        content = _broken(text.replace(lead, f"<b>{lead}</b>", 1) if view.soft else text)
    links = "".join(
        f'<tr><td><img src="/k.gif"> <a href="/m/{number}.html">{escape(entry)}</a></td></tr>'
        for number, entry in enumerate(words.menu)
    )
    side = "".join(
        f'<tr><td><font size="1"><a href="/{slug_of(title)}.html">{escape(title)}</a></font></td></tr>'
        for title, _ in view.teasers[3:9]
    )
    author = f"<br>{escape(view.byline)}" if view.byline else ""
    place = "top" if view.soft else "middle"
    notes = "".join(f'<tr><td class="dopisek">{escape(line)}</td></tr>' for box in view.below for line in box.lines)
    remarks = "".join(
        f'<tr><td bgcolor="#eeeeee"><b>{escape(name)}</b>: {escape(text)}</td></tr>' for name, text in view.comments
    )
    return f"""<HTML><HEAD><META http-equiv="Content-Type" content="text/html; charset=iso-8859-2"><TITLE>{escape(view.outlet.name)} - {escape(story.title)}</TITLE>
{style(view.seed, "s", 6_000)}{script(view.seed, 20_000)}</HEAD><BODY bgcolor="#ffffff" topmargin="0"><TABLE width="960" align="center" cellpadding="0" cellspacing="0"><TR><TD colspan="3" class="naglowek"><IMG src="/logo.gif" alt="{escape(view.outlet.name)}"></TD></TR>
<TR><TD width="160" valign="top" class="menu"><TABLE width="100%">{links}</TABLE><TABLE width="100%" class="pogoda"><TR><TD>{escape(view.writer.fill(words.weather))}</TD></TR></TABLE></TD>
<TD width="600" valign="top" class="srodek"><TABLE width="100%"><TR><TD class="okruszki"><a href="/">Start</a> &raquo; <a href="/d/{slug_of(story.section)}.html">{escape(story.section)}</a></TD></TR><TR><TD class="tytul"><h1><font face="Verdana" size="4">{escape(story.title)}</font></h1></TD></TR>
<TR><TD class="data"><font size="1">{view.day}{author}</font></TD></TR><TR><TD class="tresc" valign="{place}"><font face="Verdana" size="2">{content}</font></TD></TR>{notes}<TR><TD class="drukuj"><a href="javascript:print()">Drukuj</a> | <a href="mailto:?">Poleć znajomemu</a></TD></TR></TABLE>
<TABLE width="100%" class="komentarze"><TR><TD><b>{escape(words.comments)} ({len(view.comments)})</b></TD></TR>{remarks}<TR><TD><form action="/k.php"><textarea name="tresc"></textarea><input type="submit" value="OK"></form></TD></TR></TABLE></TD>
<TD width="200" valign="top" class="prawa"><TABLE width="100%"><TR><TD><b>{escape(words.most_read)}</b></TD></TR>{side}</TABLE></TD></TR><TR><TD colspan="3" class="stopka">{footer(words, view.outlet.name, "stopka")}</TD></TR></TABLE>{script(view.seed + 1, 26_000)}</BODY></HTML>"""


def _broken(html: str) -> str:
    """Paragraphs of a body as such a site has them: text parted by two line breaks, subheads in bold."""
    html = re.sub(r"<h[234][^>]*>(.*?)</h[234]>", r"<p><b>\1</b></p>", html, flags=re.DOTALL)
    html = re.sub(r"\s*<p(?: [^>]*)?>(.*?)</p>\s*", r"\1<br><br>\n", html, flags=re.DOTALL)
    return re.sub(r"</?blockquote[^>]*>", "", html)


THEMES = {
    "portal": Theme(render=portal, lead="apart", byline="name", credit=1, comments=True, between={"read_also": 0.8, "ad": 0.8, "video": 0.3, "newsletter": 0.3, "embed": 0.2, "subscribe": 0.2, "poll": 0.2, "app": 0.2}, below={"share": 0.9, "source_note": 0.2, "author": 0.3, "related": 0.8, "newsletter": 0.3, "donate": 0.2}),
    "table": Theme(render=table, lead="first", byline="label", comments=True, tags=False, between={"read_also": 0.6, "ad": 0.2, "app": 0.2, "sponsor": 0.2}, below={"source_note": 0.4, "donate": 0.3, "subscribe": 0.2}),
}  # fmt: skip
