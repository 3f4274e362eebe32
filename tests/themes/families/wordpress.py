"""WordPress: Enfold (Avia), Twenty Twenty-Five (blocks), GeneratePress. Class names and nesting as these themes have them."""

from __future__ import annotations

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
    softened,
    tag_links,
    yoast_ld,
)
from tests.themes.weight import footer, icons, menu, script, style

_ENFOLD = Dress(
    h="<h3>{}</h3>", nbsp=True, credit="",
    figure='<div class="wp-caption aligncenter" style="max-width: 730px"><img class="size-large" src="{src}" alt=""><p class="wp-caption-text">{caption}. {photo}</p></div>',
    boxes={"newsletter": "av-newsletter-box tnp tnp-subscription", "donate": "avia_textblock support-box", "poll": "wp-polls", "reply": "comment_meta_container", "related": "related_posts related_column", "author": "author-box", "source_note": "avia-source", "share": "av-share-box"},
)  # fmt: skip
_BLOCKS = Dress(
    h='<h2 class="wp-block-heading">{}</h2>', ul='<ul class="wp-block-list">{}</ul>', quote='<blockquote class="wp-block-quote is-layout-flow wp-block-quote-is-layout-flow"><p>{}</p></blockquote>',
    table='<figure class="wp-block-table"><table class="has-fixed-layout"><tbody>{}</tbody></table></figure>',
    figure='<figure class="wp-block-image size-large"><img src="{src}" alt="" class="wp-image-221"/><figcaption class="wp-element-caption">{caption}. {photo}</figcaption></figure>',
    boxes={"newsletter": "wp-block-jetpack-subscriptions__supports-newline", "poll": "wp-block-crowdsignal-forms-poll", "embed": "wp-embedded-content", "share": "sharedaddy sd-sharing-enabled", "author": "wp-block-post-author", "related": "wp-block-jetpack-related-posts"},
)  # fmt: skip
_GENERATE = Dress(
    h="<h2>{}</h2>", credit='<p class="quelle">{}</p>',
    figure='<figure id="attachment_9" class="wp-caption alignnone"><img src="{src}"><figcaption class="wp-caption-text">{caption} ({photo})</figcaption></figure>',
    boxes={"read_also": "crp_related_inline", "newsletter": "mc4wp-form-wrap", "donate": "spendenbox", "ad": "anzeige code-block code-block-1", "author": "about-author", "related": "crp_related", "share": "shariff", "poll": "democracy", "source_note": "textquelle", "reply": "comment-respond"},
)  # fmt: skip


def enfold(view: View) -> str:
    """Enfold; the reply form is nested in the entry's content."""
    story, words = view.story, view.words
    head = head_html(
        view,
        yoast_ld(view),
        style(view.seed, "avia", 14_000),
        style(view.seed + 1, "av", 9_000),
        script(view.seed, 18_000),
        title="{title} - {site}",
    )
    dress = softened(_ENFOLD, view)
    lead = "" if view.soft else f'<p class="lead-paragraph"><strong>{escape(story.lead, quote=False)}</strong></p>'
    above = f'<div class="post-excerpt-top"><p>{escape(story.lead, quote=False)}</p></div>' if view.soft else ""
    content = (
        index_html(view, "post-entry")
        if view.kind == "index"
        else lead + body_html(view, dress, with_lead=False) + below_html(view, dress)
    )
    meta = (
        f"<span class='post-meta-infos'><time class='date-container minor-meta updated'>{view.day}</time><span class='text-sep text-sep-date'>/</span>"
        f"<span class=\"blog-categories minor-meta\"><a href=\"/category/{slug_of(story.section)}/\" rel=\"category tag\">{escape(story.section)}</a></span><span class=\"text-sep text-sep-cat\">/</span>"
        f"<span class=\"blog-author minor-meta\"><span class=\"entry-author-link\"><span class=\"author\"><span class=\"fn\"><a href=\"/author/x/\" rel=\"author\">{escape(view.byline)}</a></span></span></span></span></span>"
    )  # fmt: skip
    return f"""<!DOCTYPE html><html lang="pl-PL" class="html_stretched responsive av-preloader-disabled html_header_top html_logo_left html_main_nav_header"><head><meta charset="UTF-8">{head}</head>
<body class="post-template-default single single-post postid-{story.number} single-format-standard wp-theme-enfold stretched rtl_columns av-curtain-numeric" itemscope="itemscope" itemtype="https://schema.org/WebPage">
{icons(view.seed, 40)}<div id='wrap_all'><header id='header' class='all_colors header_color light_bg_color av_header_top av_logo_left' role="banner"><div id='header_main' class='container_wrap container_wrap_logo'><span class='logo avia-standard-logo'><a href='/'>{escape(view.outlet.name)}</a></span><nav class='main_menu' data-selectname='Menu'>{menu(words, "menu av-main-nav", "menu-item menu-item-type-custom")}</nav></div></header>
<div id='main' class='all_colors' data-scroll-offset='116'><div class='container_wrap container_wrap_first main_color sidebar_right'><div class='container template-blog template-single-blog'>
<main class='content units av-content-small alpha av-blog-meta-tag-disabled' role="main" itemprop="mainContentOfPage"><article class="post-entry post-entry-type-standard post-entry-{story.number} post-loop-1 post-parity-odd post-entry-last single-big with-slider post type-post status-publish" itemscope="itemscope" itemtype="https://schema.org/BlogPosting">
<div class="big-preview single-big"><img width="845" height="321" src="{view.image_url}" class="wp-image-{story.number} attachment-entry_with_sidebar wp-post-image" alt=""></div><div class="blog-meta"></div>
<div class='entry-content-wrapper clearfix standard-content'><header class="entry-content-header"><h1 class='post-title entry-title' itemprop="headline">{escape(story.title)}<span class="post-format-icon minor-meta"></span></h1>{meta}</header><span class="av-vertical-delimiter"></span>
{above}<div class="entry-content" itemprop="text">{content}</div>
<footer class="entry-footer"><span class="blog-tags minor-meta"><strong>{words.tags}</strong> {tag_links(view, sep=", ")}</span></footer><div class='post_delimiter'></div></div></article><div class='single-big'></div>
{comments_html(view, "comment-entry post-entry")}</main>
<aside class='sidebar sidebar_right alpha units' role="complementary">{_list(view, "newsbox", words.most_read)}<section class="widget widget_text"><p>{escape(view.writer.fill(words.weather))}</p></section></aside></div></div>
<div class='container_wrap footer_color' id='footer'>{footer(words, view.outlet.name, "avia-footer-menu")}</div></div></div><div class="avia-cookie-consent cookiebar-hidden"><p class="avia_cookie_text">{escape(words.cookie)}</p></div>{script(view.seed + 2, 30_000)}</body></html>"""


def twenty(view: View) -> str:
    """Twenty Twenty-Five: blocks, generated layout classes, no sidebar."""
    story, words = view.story, view.words
    head = head_html(
        view,
        yoast_ld(view),
        style(view.seed, "wp-block", 40_000),
        style(view.seed + 1, "wp-container-core-group-is-layout", 6_000),
        title="{title} – {site}",
    )
    dress = softened(_BLOCKS, view)
    content = (
        index_html(view, "wp-block-post")
        if view.kind == "index"
        else body_html(view, dress, with_lead=not view.soft) + below_html(view, dress)
    )
    excerpt = (
        f'<div class="wp-block-post-excerpt"><p class="wp-block-post-excerpt__excerpt">{escape(story.lead, quote=False)}</p></div>'
        if view.soft
        else ""
    )
    author = (
        f'<div class="wp-block-post-author-name"><a href="/author/x/" class="wp-block-post-author-name__link">{escape(view.byline)}</a></div>'
        if view.byline
        else ""
    )
    return f"""<!DOCTYPE html><html lang="{view.writer.tongue.code}"><head><meta charset="UTF-8" />{head}</head>
<body class="wp-singular post-template-default single single-post postid-{story.number} single-format-standard wp-embed-responsive wp-theme-twentytwentyfive">{icons(view.seed, 20)}<div class="wp-site-blocks">
<header class="wp-block-template-part"><div class="wp-block-group alignfull is-layout-flow wp-block-group-is-layout-flow"><p class="wp-block-site-title"><a href="/" rel="home">{escape(view.outlet.name)}</a></p><nav class="is-responsive wp-block-navigation" aria-label="Menu">{menu(words, "wp-block-navigation__container", "wp-block-navigation-item")}</nav></div></header>
<main class="wp-block-group has-global-padding is-layout-constrained wp-container-core-group-is-layout-{view.seed % 97:x}a1 wp-block-group-is-layout-constrained" id="wp--skip-link--target"><div class="wp-block-group alignfull has-global-padding is-layout-constrained">
<h1 class="wp-block-post-title">{escape(story.title)}</h1><div class="wp-block-group has-accent-4-color is-content-justification-left is-layout-flex">{author}<div class="wp-block-post-date"><time datetime="{story.published_at.isoformat()}">{view.day}</time></div><div class="taxonomy-category wp-block-post-terms"><a href="/category/{slug_of(story.section)}/" rel="tag">{escape(story.section)}</a></div></div>
<figure class="wp-block-post-featured-image"><img src="{view.image_url}" alt=""><figcaption>{escape(story.caption)}. {escape(view.photo)}</figcaption></figure>{excerpt}
<div class="entry-content wp-block-post-content alignfull has-global-padding is-layout-constrained wp-block-post-content-is-layout-constrained">{content}</div>
<div class="wp-block-group"><div class="taxonomy-post_tag is-style-post-terms-1 wp-block-post-terms">{tag_links(view)}</div></div><nav class="wp-block-group alignwide" aria-label="Posts"><div class="post-navigation-link-previous wp-block-post-navigation-link"><a href="/{slug_of(view.teasers[0][0])}">{escape(view.teasers[0][0])}</a></div></nav>
<div class="wp-block-comments wp-block-comments-query-loop">{comments_html(view, "wp-block-comment-template")}</div></div></main>
<footer class="wp-block-template-part">{footer(words, view.outlet.name, "wp-block-page-list")}</footer></div><div id="cookie-notice" class="cookie-notice-hidden"><span>{escape(words.cookie)}</span></div>{script(view.seed, 26_000)}</body></html>"""


def generatepress(view: View) -> str:
    """GeneratePress with a related-posts plugin; the byline's link is the only mark of the author; no JSON-LD, microdata instead."""
    story, words = view.story, view.words
    head = head_html(
        view,
        style(view.seed, "inside", 12_000),
        style(view.seed + 5, "generate", 14_000),
        script(view.seed, 15_000),
        title="{title} | {site}",
        og=True,
        machine_date=False,
    )
    dress = softened(_GENERATE, view)
    lead = f'<p class="vorspann">{escape(story.lead, quote=False)}</p>'
    content = (
        index_html(view, "teaser-box")
        if view.kind == "index"
        else ("" if view.soft else lead) + body_html(view, dress, with_lead=False) + below_html(view, dress)
    )
    updated = (
        f'<time class="updated" datetime="{story.modified_at.isoformat()}" itemprop="dateModified">{escape(view.changed)}</time>'
        if story.modified_at
        else ""
    )
    byline = (
        f'<span class="byline"><span class="author vcard" itemprop="author" itemtype="https://schema.org/Person" itemscope><a class="url fn n" href="/author/x/" rel="author" itemprop="url"><span class="author-name" itemprop="name">{escape(view.byline)}</span></a></span></span>'
        if view.byline
        else ""
    )
    return f"""<!DOCTYPE html><html lang="{view.writer.tongue.code}"><head><meta charset="UTF-8">{head}</head>
<body class="wp-singular post-template-default single single-post postid-{story.number} single-format-standard wp-embed-responsive wp-theme-generatepress right-sidebar nav-below-header separate-containers header-aligned-left dropdown-hover" itemtype="https://schema.org/Blog" itemscope>
<a class="screen-reader-text skip-link" href="#content">{escape(words.menu[0])}</a><header class="site-header" id="masthead" itemtype="https://schema.org/WPHeader" itemscope><div class="inside-header grid-container"><div class="site-branding"><p class="main-title" itemprop="headline"><a href="/" rel="home">{escape(view.outlet.name)}</a></p></div></div></header><nav class="main-navigation sub-menu-right" id="site-navigation"><div class="inside-navigation grid-container">{menu(words, "menu sf-menu")}</div></nav>
<div class="site grid-container container hfeed" id="page"><div class="site-content" id="content"><div class="content-area" id="primary"><main class="site-main" id="main"><article id="post-{story.number}" class="post type-post status-publish format-standard has-post-thumbnail hentry" itemtype="https://schema.org/CreativeWork" itemscope><div class="inside-article">
<div class="featured-image page-header-image-single grid-container"><img src="{view.image_url}" alt="" itemprop="image"></div><header class="entry-header"><h1 class="entry-title" itemprop="headline">{escape(story.title)}</h1>{lead if view.soft else ""}<div class="entry-meta"><span class="posted-on">{updated}<time class="entry-date published" datetime="{story.published_at.isoformat()}" itemprop="datePublished">{view.day}</time></span> {byline}</div></header>
<div class="entry-content" itemprop="text">{content}</div>
<footer class="entry-meta"><span class="cat-links"><a href="/category/{slug_of(story.section)}/" rel="category tag">{escape(story.section)}</a></span> <span class="tags-links">{tag_links(view, sep=", ")}</span><nav id="nav-below" class="post-navigation"><div class="nav-previous"><a href="/{slug_of(view.teasers[1][0])}">{escape(view.teasers[1][0])}</a></div></nav></footer></div></article>
<div class="comments-area">{comments_html(view, "comment-list")}</div></main></div><div class="widget-area sidebar is-right-sidebar" id="right-sidebar"><div class="inside-right-sidebar">{_list(view, "widget inner-padding widget_recent_entries", words.most_read)}<aside class="widget inner-padding"><p>{escape(view.writer.fill(words.stock))}</p></aside></div></div></div></div>
<div class="site-footer">{footer(words, view.outlet.name, "footer-widgets")}</div><div class="borlabs-cookie"><p>{escape(words.cookie)}</p></div>{script(view.seed + 3, 24_000)}</body></html>"""


def _list(view: View, css: str, head: str) -> str:
    items = "".join(
        f'<li><a href="/{slug_of(title)}">{escape(title)}</a><div class="news-excerpt">{escape(lead[:80])}</div></li>'
        for title, lead in view.teasers[3:8]
    )
    return f'<aside class="{css}"><h3 class="widgettitle">{escape(head)}</h3><ul>{items}</ul></aside>'


_POST = {"share": 0.9, "source_note": 0.3, "author": 0.4, "donate": 0.4, "newsletter": 0.4}
THEMES = {
    "enfold": Theme(render=enfold, lead="bold", byline="name", comments=True, between={"read_also": 0.7, "ad": 0.5, "newsletter": 0.3, "donate": 0.25, "embed": 0.2, "poll": 0.15, "video": 0.2}, below=_POST | {"reply": 0.8, "related": 0.6}),
    "twenty": Theme(render=twenty, lead="first", byline="name", credit=2, comments=True, between={"read_also": 0.6, "newsletter": 0.4, "subscribe": 0.3, "embed": 0.3, "app": 0.2, "sponsor": 0.2}, below={"share": 0.8, "source_note": 0.25, "related": 0.5, "donate": 0.3}),
    "generatepress": Theme(render=generatepress, lead="apart", byline="name", credit=1, comments=True, between={"read_also": 0.7, "ad": 0.7, "newsletter": 0.3, "donate": 0.3, "poll": 0.2, "subscribe": 0.2}, below=_POST | {"reply": 0.5, "related": 0.7}),
}  # fmt: skip
