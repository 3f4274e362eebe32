"""Pages made by scripts: Arc XP (Fusion), Next.js with hashed CSS modules, AMP. Class names and nesting as such sites have them."""

from __future__ import annotations

import json
from html import escape

from tests.themes.boxes import hash_of
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
    news_ld,
    side_list,
    softened,
    tag_links,
)
from tests.themes.weight import footer, icons, menu, script, style

_ARC = Dress(
    p=' class="c-paragraph"', h='<h2 class="c-heading">{}</h2>', ul='<ul class="c-list b-list">{}</ul>', quote='<blockquote class="c-quote b-quote"><p class="c-paragraph">{}</p></blockquote>', table='<div class="c-table"><table><tbody>{}</tbody></table></div>',
    credit='<p class="c-paragraph">{}</p>', figure='<figure class="c-media-item"><div class="c-image__wrapper"><img class="c-image" src="{src}" alt=""></div><figcaption class="c-media-item__fig-caption"><span class="c-media-item__caption">{caption}</span> <span class="c-media-item__credit">{photo}</span></figcaption></figure>',
    boxes={"read_also": "b-article-body__interstitial-link", "newsletter": "b-newsletter-inline c-stack", "ad": "arcad-feature-custom c-stack b-ads-block", "donate": "b-contribution", "related": "b-results-list", "author": "b-author-bio", "share": "b-share-bar", "poll": "b-embed-poll", "embed": "b-oembed twitter-tweet", "source_note": "b-print-note"},
)  # fmt: skip
_AMP = Dress(
    h="<h2>{}</h2>", credit='<p class="amp-wp-credit">{}</p>', figure='<figure class="amp-wp-article-image wp-caption"><amp-img src="{src}" width="730" height="410" layout="responsive"></amp-img><figcaption class="wp-caption-text">{caption}. {photo}</figcaption></figure>',
    boxes={"ad": "amp-ad-wrapper amp-wp-ad", "newsletter": "amp-form-newsletter", "related": "amp-related-posts", "share": "amp-social-wrap", "author": "amp-author-box", "donate": "amp-donate", "poll": "amp-poll"},
)  # fmt: skip


def arc(view: View) -> str:
    """Arc XP: blocks ("b-"), components ("c-"), the story again as JSON in `Fusion.globalContent`."""
    story, words = view.story, view.words
    head = head_html(
        view, news_ld(view, "free"), style(view.seed, "c", 20_000), style(view.seed + 1, "b", 14_000), title="{title} - {site}"
    )
    dress = softened(_ARC, view)
    lead = f'<h2 class="b-subheadline c-heading">{escape(story.lead, quote=False)}</h2>'
    content = (
        index_html(view, "b-results-list__item")
        if view.kind == "index"
        else (f'<p class="c-paragraph"><b>{escape(story.lead, quote=False)}</b></p>' if view.soft else "")
        + body_html(view, dress, with_lead=False)
    )
    author = (
        f'<span class="b-byline"><span class="b-byline__by">{escape(words.by.format(name="").strip())}</span> <span class="b-byline__names"><a class="c-link" href="/author/{slug_of(view.byline)}/">{escape(view.byline)}</a></span></span>'
        if view.byline
        else ""
    )
    fusion = {
        "type": "story",
        "_id": f"{hash_of(story.title):X}",
        "headlines": {"basic": story.title},
        "subheadlines": {"basic": story.lead},
        "content_elements": [{"type": "text", "content": block.texts[0]} for block in story.blocks if block.kind == "p"],
    }
    return f"""<!DOCTYPE html><html lang="{view.writer.tongue.code}"><head><meta charset="UTF-8"/>{head}</head><body class="">{icons(view.seed, 25)}<noscript><img src="https://px.example/t.gif" alt=""></noscript><div id="fusion-app" class="layout-section"><div class="c-stack b-right-rail" data-style-direction="vertical">
<header class="c-stack b-right-rail__navigation"><nav class="b-header-nav-chain" aria-label="Sections Menu"><a class="c-logo" href="/">{escape(view.outlet.name)}</a>{menu(words, "b-header-nav-chain__flyout-nav", "c-nav-item")}</nav></header>
<section role="main" id="main" tabindex="-1" class="b-right-rail__main"><div class="c-stack b-right-rail__full-width-1"><div class="b-single-chain"><a class="c-overline c-link" href="/{slug_of(story.section)}/">{escape(story.section)}</a></div><h1 class="b-headline c-heading">{escape(story.title)}</h1>{"" if view.soft else lead}</div>
<div class="c-grid b-right-rail__rail-container"><div class="c-stack b-right-rail__main-interior-item"><figure class="c-media-item b-lead-art"><img class="c-image" src="{view.image_url}" alt=""><figcaption class="c-media-item__fig-caption"><span class="c-media-item__caption">{escape(story.caption)}</span> <span class="c-media-item__credit">{escape(view.photo)}</span></figcaption></figure>
<div class="c-stack b-article-meta">{author}<time class="c-date b-date" datetime="{story.published_at.isoformat()}">{view.day}</time></div>{below_html(view, dress, "share")}<article class="b-article-body">{content}{below_html(view, dress, "donate", "newsletter", "source_note")}</article><div class="b-tags-list"><h2 class="c-heading">{escape(words.tags)}</h2>{tag_links(view, "c-pill", rel="", sep=" ")}</div>{below_html(view, dress, "author", "related")}{comments_html(view, "b-coral-comments")}</div>
<aside class="c-stack b-right-rail__right-rail">{side_list(view, "b-top-table-list c-stack", words.most_read)}<div class="b-ads-block"><p class="c-paragraph">{escape(words.ad)}</p></div></aside></div></section><footer class="c-stack b-right-rail__footer">{footer(words, view.outlet.name, "b-footer")}</footer></div></div>
<div class="b-consent"><p>{escape(words.cookie)}</p></div><script id="fusion-metadata" type="application/javascript">window.Fusion=window.Fusion||{{}};Fusion.contextPath="/pf";Fusion.globalContent={_json(fusion)};</script>{script(view.seed, 22_000)}</body></html>"""


def next_js(view: View) -> str:
    """Next.js with CSS modules: every class ends in a hash that changes with a deploy; the story again in `__NEXT_DATA__`."""
    story, words = view.story, view.words

    def css(*names: str) -> str:
        return " ".join(f"{name}__{_hashed(name, view.seed, view.deploy)}" for name in names)

    boxes = {kind: css(name) for kind, name in (
        ("read_also", "ReadAlso_box"), ("newsletter", "Newsletter_inline"), ("ad", "AdSlot_slot"), ("donate", "Support_banner"), ("related", "Related_grid"), ("author", "AuthorCard_card"), ("share", "Share_bar"), ("poll", "Poll_poll"), ("embed", "Embed_tweet"), ("source_note", "Source_note"), ("app", "AppPromo_line"),
    )}  # fmt: skip
    dress = softened(Dress(p=f' class="{css("Article_paragraph")}"', h=f'<h2 class="{css("Article_heading")}">{{}}</h2>', ul=f'<ul class="{css("Article_list")}">{{}}</ul>', credit=f'<p class="{css("Article_paragraph")}">{{}}</p>', nbsp=True, boxes=boxes,
        figure=f'<figure class="{css("Figure_figure")}"><img src="{{src}}"><figcaption class="{css("Figure_caption")}"><span>{{caption}}</span><span class="{css("Figure_credit")}">{{photo}}</span></figcaption></figure>'), view)  # fmt: skip
    lead = f'<div class="{css("Article_lead")}">{escape(story.lead, quote=False)}</div>'
    content = index_html(view, css("Tile_tile")) if view.kind == "index" else body_html(view, dress, with_lead=view.soft)
    author = (
        f'<a class="{css("Meta_author")}" href="/autorzy/{slug_of(view.byline)}">{escape(view.byline)}</a>' if view.byline else ""
    )
    data = {
        "props": {
            "pageProps": {
                "article": {
                    "title": story.title,
                    "lead": story.lead,
                    "blocks": [{"type": block.kind, "data": list(block.texts)} for block in story.blocks],
                }
            }
        },
        "page": "/[section]/[slug]",
        "buildId": _hashed("build", view.seed, view.deploy),
    }
    head = head_html(view, news_ld(view), style(view.seed + view.deploy, "Article", 12_000), title="{title} | {site}")
    return f"""<!DOCTYPE html><html lang="{view.writer.tongue.code}"><head><meta charSet="utf-8"/>{head}</head><body><div id="__next"><div class="{css("Layout_root", "Theme_light")}"><header class="{css("Header_header")}"><a class="{css("Header_logo")}" href="/">{escape(view.outlet.name)}</a><nav class="{css("Nav_nav")}">{menu(words, css("Nav_list"), css("Nav_item"))}</nav></header>
<div class="{css("Ticker_ticker")}"><span>{escape(view.writer.fill(words.stock))}</span></div><main class="{css("Layout_main")}"><div class="{css("Article_wrapper")}"><nav class="{css("Breadcrumbs_list")} breadcrumbs"><a href="/">{escape(words.menu[0])}</a><a href="/{slug_of(story.section)}">{escape(story.section)}</a></nav><h1 class="{css("Article_title")}">{escape(story.title)}</h1>
<div class="{css("Meta_row")}">{author}<time class="{css("Meta_time")}" dateTime="{story.published_at.isoformat()}">{view.day}</time>{f'<span class="{css("Meta_updated")}">{escape(view.changed)}</span>' if story.modified_at else ""}</div>{below_html(view, dress, "share")}{"" if view.soft else lead}
<figure class="{css("Figure_hero")}"><img src="{view.image_url}" alt=""/><figcaption class="{css("Figure_caption")}"><span>{escape(story.caption)}</span><span class="{css("Figure_credit")}">{escape(view.photo)}</span></figcaption></figure><div class="{css("Article_body")}">{content}{below_html(view, dress, "source_note", "donate", "newsletter")}</div>
<div class="{css("Tags_list")}">{tag_links(view, css("Tags_tag"), rel="", sep="")}</div>{below_html(view, dress, "author", "related")}{comments_html(view, css("Comments_list"))}</div><aside class="{css("Layout_aside")}">{side_list(view, css("MostRead_box"), words.most_read)}</aside></main>
<footer class="{css("Footer_footer")}">{footer(words, view.outlet.name, css("Footer_links"))}</footer></div></div><div class="{css("Consent_bar")}"><p>{escape(words.cookie)}</p></div><script id="__NEXT_DATA__" type="application/json">{_json(data)}</script>{script(view.seed + view.deploy, 40_000)}</body></html>"""


def amp(view: View) -> str:
    """AMP as WordPress's plugin writes it, as the only form of the page."""
    story, words = view.story, view.words
    head = head_html(view, news_ld(view, "author as text"), title="{title} - {site}", og=False)
    dress = softened(_AMP, view)
    content = (
        index_html(view, "amp-wp-loop")
        if view.kind == "index"
        else body_html(view, dress, with_lead=not view.soft) + below_html(view, dress)
    )
    excerpt = f'<div class="amp-wp-excerpt"><p>{escape(story.lead, quote=False)}</p></div>' if view.soft else ""
    author = (
        f'<div class="amp-wp-meta amp-wp-byline"><span class="amp-wp-author author vcard">{escape(view.byline)}</span></div>'
        if view.byline
        else ""
    )
    sizes = style(view.seed, "amp-wp", 38_000).replace("<style>", "<style amp-custom>")
    return f"""<!doctype html><html amp lang="{view.writer.tongue.code}" i-amphtml-layout="" i-amphtml-no-boilerplate=""><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,minimum-scale=1"><script async="" src="https://cdn.ampproject.example/v0.js"></script>{sizes}{head}</head><body class="amp-wp-body">
<amp-sidebar id="sidebar" layout="nodisplay" side="left">{menu(words, "amp-menu")}</amp-sidebar><header id="top" class="amp-wp-header"><div><a href="/"><span class="amp-site-title">{escape(view.outlet.name)}</span></a></div></header>
<article class="amp-wp-article"><header class="amp-wp-article-header"><h1 class="amp-wp-title">{escape(story.title)}</h1>{excerpt}{author}<div class="amp-wp-meta amp-wp-posted-on"><time datetime="{story.published_at.isoformat()}">{view.day}</time></div></header>
<figure class="amp-wp-article-featured-image wp-caption"><amp-img src="{view.image_url}" width="1200" height="675" layout="responsive"></amp-img><p class="wp-caption-text">{escape(story.caption)}. {escape(view.photo)}</p></figure><div class="amp-wp-article-content">{content}</div>
<footer class="amp-wp-article-footer"><div class="amp-wp-meta amp-wp-tax-category"><a href="/{slug_of(story.section)}/" rel="category tag">{escape(story.section)}</a></div><div class="amp-wp-meta amp-wp-tax-tag">{escape(words.tags)} {tag_links(view, sep=", ")}</div></footer></article>{side_list(view, "amp-related-wrap", words.related)}{comments_html(view, "amp-comments")}
<footer class="amp-wp-footer"><div>{footer(words, view.outlet.name, "amp-footer-menu")}<p class="amp-weather">{escape(view.writer.fill(words.weather))}</p></div></footer><amp-consent id="consent" layout="nodisplay"><div id="consent-ui"><p>{escape(words.cookie)}</p></div></amp-consent>{icons(view.seed, 40)}</body></html>"""


def _hashed(name: str, seed: int, deploy: int) -> str:
    alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz0123456789"
    value, text = hash_of(f"{name}/{seed}/{deploy}"), ""
    for _ in range(5):
        value, rest = divmod(value, len(alphabet))
        text += alphabet[rest]
    return text


def _json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False).replace("</", "<\\/")


THEMES = {
    "arc": Theme(render=arc, lead="apart", byline="name", credit=1, free=True, comments=True, between={"read_also": 0.7, "ad": 0.7, "newsletter": 0.4, "donate": 0.2, "embed": 0.3, "subscribe": 0.2}, below={"share": 0.9, "source_note": 0.2, "newsletter": 0.3, "donate": 0.3, "author": 0.5, "related": 0.7}),
    "next": Theme(render=next_js, lead="apart", byline="name", credit=1, comments=True, between={"read_also": 0.7, "ad": 0.6, "newsletter": 0.3, "app": 0.3, "embed": 0.2, "poll": 0.2}, below={"share": 0.9, "source_note": 0.3, "donate": 0.3, "newsletter": 0.3, "author": 0.4, "related": 0.7}),
    "amp": Theme(render=amp, lead="first", byline="name", comments=True, between={"read_also": 0.7, "ad": 0.6, "embed": 0.3, "subscribe": 0.3, "donate": 0.3, "poll": 0.1}, below={"share": 0.8, "source_note": 0.3, "newsletter": 0.3, "author": 0.3, "related": 0.6}),
}  # fmt: skip
