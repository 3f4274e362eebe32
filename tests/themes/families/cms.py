"""Content systems of newsrooms and towns: Drupal 10 (Olivero), Joomla 4 (Cassiopeia), TYPO3 (extension news). Names and nesting as they have them."""

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
    news_ld,
    side_list,
    softened,
    tag_links,
)
from tests.themes.weight import footer, icons, menu, script, style

_DRUPAL = Dress(
    h="<h2>{}</h2>", credit='<p class="text-align-right">{}</p>', table='<table class="tablesort"><tbody>{}</tbody></table>',
    figure='<figure role="group" class="caption caption-img align-center"><img src="{src}" alt="" loading="lazy"><figcaption>{caption}. {photo}</figcaption></figure>',
    boxes={"read_also": "paragraph paragraph--type--related-inline", "newsletter": "block-simplenews webform-submission-form", "donate": "paragraph paragraph--type--donate", "related": "views-element-container block-views-related", "author": "field--name-field-author-bio", "share": "social-sharing-buttons", "poll": "poll-view", "ad": "block-ad-manager", "source_note": "field--name-field-source"},
)  # fmt: skip
_JOOMLA = Dress(
    h="<h3>{}</h3>", nbsp=True, credit='<p style="text-align: right;"><em>{}</em></p>', figure='<p><img src="{src}" alt="" class="caption" title="{caption}"></p><p class="img_caption">{caption}. {photo}</p>',
    boxes={"newsletter": "acymailing_module", "related": "relateditems mod-list", "share": "jssocials", "reply": "jcomments-form", "poll": "jpoll", "ad": "banneritem", "author": "panel-author", "donate": "mod-custom custom"},
)  # fmt: skip
_TYPO3 = Dress(
    p=' class="bodytext"', h='<h4 class="element-header">{}</h4>', credit='<p class="bodytext">{}</p>', ul='<ul class="list-normal">{}</ul>', table='<table class="table"><tbody>{}</tbody></table>',
    figure='<figure class="image"><img class="image-embed-item" src="{src}" alt=""><figcaption class="image-caption">{caption} – {photo}</figcaption></figure>',
    boxes={"read_also": "news-related-inline frame frame-type-text", "newsletter": "tx-powermail newsletter-teaser", "related": "news-related news-related-news", "share": "share-list", "ad": "adbox", "author": "news-author-bio", "donate": "frame frame-layout-embedded", "poll": "tx-kepoll", "embed": "c-embed"},
)  # fmt: skip


def drupal(view: View) -> str:
    """Drupal 10 with Olivero: fields in fields, regions, a byline that names who submitted."""
    story, words = view.story, view.words
    mode = "modified only" if story.number % 2 else "right"
    head = head_html(view, news_ld(view, mode), style(view.seed, "olivero", 18_000), title="{title} | {site}", machine_date=False)
    dress = softened(_DRUPAL, view)
    lead = f'<div class="text-content field field--name-field-lead field--type-text-long field--label-hidden field__item"><p>{escape(story.lead, quote=False)}</p></div>'
    content = (
        index_html(view, "node--view-mode-teaser")
        if view.kind == "index"
        else (lead if view.soft else "")
        + body_html(view, dress, with_lead=False)
        + below_html(view, dress, "source_note", "newsletter", "donate", "poll", "related")
    )
    author = (
        f'<div class="field field--name-field-author field--type-entity-reference field--label-hidden field__item"><a href="/authors/{slug_of(view.byline)}">{escape(view.byline)}</a></div>'
        if view.byline
        else ""
    )
    return f"""<!DOCTYPE html><html lang="{view.writer.tongue.code}" dir="ltr" prefix="og: https://ogp.me/ns#"><head><meta charset="utf-8" /><meta name="Generator" content="Drupal 10 (https://www.drupal.org)" />{head}</head>
<body class="path-node page-node-type-article"><a href="#main-content" class="visually-hidden focusable skip-link">Skip</a>{icons(view.seed, 20)}<div class="dialog-off-canvas-main-canvas" data-off-canvas-main-canvas><div id="page-wrapper" class="page-wrapper"><div id="page">
<header id="header" class="site-header" role="banner"><div class="site-header__inner"><div class="site-branding__name"><a href="/" rel="home">{escape(view.outlet.name)}</a></div><nav class="primary-nav block-menu" role="navigation">{menu(words, "menu primary-nav__menu primary-nav__menu--level-1", "primary-nav__menu-item")}</nav></div></header>
<div id="main-wrapper" class="layout-main-wrapper layout-container"><div id="main" class="layout-main"><div class="main-content"><a id="main-content" tabindex="-1"></a><div class="region region--breadcrumb grid-full layout--pass--content-medium"><nav class="breadcrumb" role="navigation"><ol class="breadcrumb__list"><li class="breadcrumb__item"><a href="/" class="breadcrumb__link">{escape(words.menu[0])}</a></li><li class="breadcrumb__item"><a href="/r/{slug_of(story.section)}" class="breadcrumb__link">{escape(story.section)}</a></li></ol></nav></div>
<main role="main"><div class="region region--content-above grid-full"><h1 class="title page-title"><span class="field field--name-title field--type-string field--label-hidden">{escape(story.title)}</span></h1></div><div class="region region--content grid-full layout--pass--content-medium" id="content">
<article data-history-node-id="{story.number}" class="node node--type-article node--promoted node--view-mode-full"><div class="node__meta"><div class="field field--name-field-date field--type-datetime field__item"><time datetime="{story.published_at.isoformat()}" class="datetime">{view.day}</time></div>{author}</div>{"" if view.soft else lead}
<div class="field field--name-field-image field--type-image field--label-hidden field__item"><img loading="eager" src="{view.image_url}" alt="" class="image-style-wide"><div class="image-field-caption">{escape(story.caption)}. {escape(view.photo)}</div></div>
<div class="node__content"><div class="text-content clearfix field field--name-body field--type-text-with-summary field--label-hidden field__item">{content}</div>{below_html(view, dress, "share", "author")}
<div class="field field--name-field-tags field--type-entity-reference field--label-above clearfix"><h3 class="field__label">{escape(words.tags)}</h3><ul class="links field__items"><li>{tag_links(view, rel="", sep="</li><li>")}</li></ul></div></div></article>
<section class="field field--name-comment field--type-comment comments">{comments_html(view, "comments__content")}</section></div></main></div>
<div class="social-bar"></div><aside class="region region--sidebar layout--content-narrow">{side_list(view, "block block-views block-views-blockpopular-block-1", words.most_read)}<div class="block"><p>{escape(view.writer.fill(words.weather))}</p></div></aside></div></div>
<footer class="site-footer">{footer(words, view.outlet.name, "menu menu--footer")}</footer></div></div></div><div class="eu-cookie-compliance-content"><p>{escape(words.cookie)}</p></div><script type="application/json" data-drupal-selector="drupal-settings-json">{{"path":{{"baseUrl":"/","currentPath":"node/{story.number}","isFront":false}},"user":{{"uid":0}}}}</script>{script(view.seed, 24_000)}</body></html>"""


def joomla(view: View) -> str:
    """Joomla: microdata, `<dl class="article-info">`, the headline in an h2 as its default layout has it; "Super User" in the meta."""
    story, words = view.story, view.words
    head = head_html(
        view,
        '<meta name="author" content="Super User" />',
        '<meta name="generator" content="Joomla! - Open Source Content Management" />',
        style(view.seed, "com", 16_000),
        script(view.seed, 12_000),
        title="{title}",
        og=False,
    )
    dress = softened(_JOOMLA, view)
    content = (
        index_html(view, "items-row")
        if view.kind == "index"
        else body_html(view, dress, with_lead=not view.soft) + below_html(view, dress)
    )
    intro = f'<div class="article-intro"><p><strong>{escape(story.lead, quote=False)}</strong></p></div>' if view.soft else ""
    author = (
        f'<dd class="createdby" itemprop="author" itemscope itemtype="https://schema.org/Person"><span class="icon-user"></span> <span itemprop="name">{escape(view.byline)}</span></dd>'
        if view.byline
        else ""
    )
    modified = (
        f'<dd class="modified"><span class="icon-calendar"></span> <time datetime="{story.modified_at.isoformat()}" itemprop="dateModified">{escape(view.changed)}</time></dd>'
        if story.modified_at
        else ""
    )
    return f"""<!DOCTYPE html><html lang="pl-pl" dir="ltr"><head><meta charset="utf-8">{head}</head><body class="site com_content wrapper-static view-article no-layout no-task itemid-101 has-sidebar-right">
<header class="header container-header full-width position-sticky"><div class="grid-child"><div class="navbar-brand"><a class="brand-logo" href="/">{escape(view.outlet.name)}</a></div></div><div class="grid-child container-nav"><nav class="navbar navbar-expand-lg">{menu(words, "mod-menu mod-list nav", "nav-item")}</nav></div></header>
<div class="site-grid"><div class="grid-child container-component"><nav class="mod-breadcrumbs__wrapper"><ol class="mod-breadcrumbs breadcrumb px-3 py-2"><li class="mod-breadcrumbs__item breadcrumb-item"><a href="/" class="pathway"><span>Start</span></a></li><li class="mod-breadcrumbs__item breadcrumb-item"><a href="/{slug_of(story.section)}" class="pathway"><span>{escape(story.section)}</span></a></li></ol></nav><main>
<div class="com-content-article item-page" itemscope itemtype="https://schema.org/Article"><meta itemprop="inLanguage" content="pl-PL"><div class="page-header"><h2 itemprop="headline">{escape(story.title)}</h2></div>
<dl class="article-info text-muted"><dt class="article-info-term">Szczegóły</dt>{author}<dd class="category-name"><span class="icon-folder-open"></span> <a href="/{slug_of(story.section)}" itemprop="genre">{escape(story.section)}</a></dd><dd class="published"><span class="icon-calendar"></span> <time datetime="{story.published_at.isoformat()}" itemprop="datePublished">{view.day}</time></dd>{modified}<dd class="hits"><span class="icon-eye"></span><meta itemprop="interactionCount" content="UserPageVisits:{story.number * 31}"> Odsłon: {story.number * 31}</dd></dl>{intro}
<figure class="left item-image"><img src="{view.image_url}" alt="" itemprop="image"><figcaption class="caption">{escape(story.caption)}. {escape(view.photo)}</figcaption></figure><div itemprop="articleBody" class="com-content-article__body">{content}</div>
<ul class="tags list-inline"><li class="list-inline-item">{tag_links(view, "btn btn-sm btn-info", rel="", sep="</li><li class='list-inline-item'>")}</li></ul><nav class="pagenavigation"><span class="pagination ms-0"><a class="btn btn-sm btn-secondary previous" href="/{slug_of(view.teasers[0][0])}">Poprzedni artykuł: {escape(view.teasers[0][0])}</a></span></nav>{comments_html(view, "jcomments-list")}</div></main></div>
<div class="grid-child container-sidebar-right">{side_list(view, "sidebar-right card _popular", words.most_read)}<div class="sidebar-right card"><p>{escape(view.writer.fill(words.stock))}</p></div></div></div>
<footer class="container-footer footer full-width">{footer(words, view.outlet.name, "mod-menu-footer")}</footer><div id="system-cookie"><p>{escape(words.cookie)}</p></div>{script(view.seed + 1, 26_000)}</body></html>"""


def typo3(view: View) -> str:
    """TYPO3 with the extension news: day and byline in "news-list-date", teaser text set apart, text in frames."""
    story, words = view.story, view.words
    head = head_html(
        view,
        news_ld(view, "outlet as author") if story.number % 3 else "",
        style(view.seed, "frame", 22_000),
        title="{site}: {title}",
        machine_date=False,
    )
    dress = softened(_TYPO3, view)
    lead = f'<div class="lead teaser-text" itemprop="description"><p>{escape(story.lead, quote=False)}</p></div>'
    content = (
        index_html(view, "article articletype-0")
        if view.kind == "index"
        else (lead if view.soft else "")
        + body_html(view, dress, with_lead=False)
        + below_html(view, dress, "source_note", "newsletter", "donate")
    )
    author = (
        f'<span class="news-list-author" itemprop="author" itemscope itemtype="https://schema.org/Person">{escape(words.by.format(name="").strip())} <span itemprop="name">{escape(view.byline)}</span></span>'
        if view.byline
        else ""
    )
    return f"""<!DOCTYPE html><html dir="ltr" lang="{view.writer.tongue.code}"><head><meta charset="utf-8"><!-- This website is powered by TYPO3 - inspiring people to share! -->{head}</head>
<body id="p14" class="page-14 pagelevel-2 language-0 backendlayout-2_columns layout-default"><div id="top"></div><div class="body-bg body-bg-top"><a class="sr-only sr-only-focusable" href="#page-content">Zum Hauptinhalt springen</a>
<header id="page-header" class="bp-page-header navbar navbar-mainnavigation"><div class="container"><a class="navbar-brand" href="/">{escape(view.outlet.name)}</a><nav class="collapse navbar-collapse">{menu(words, "navbar-nav", "nav-item")}</nav></div></header><nav class="breadcrumb-section" aria-label="Brotkrümelnavigation"><div class="container"><ol class="breadcrumb"><li class="breadcrumb-item"><a class="breadcrumb-link" href="/">Start</a></li><li class="breadcrumb-item"><a class="breadcrumb-link" href="/{slug_of(story.section)}">{escape(story.section)}</a></li></ol></div></nav>
<main id="page-content" class="bp-page-content main-section"><div class="section section-default"><div class="container"><div class="section-row"><div class="section-column maincontent-wrap"><div id="c{story.number}" class="frame frame-default frame-type-news_newsdetail frame-layout-default"><div class="frame-container"><div class="frame-inner"><div class="news news-single">
<div class="article" itemscope="itemscope" itemtype="http://schema.org/Article"><div class="header"><h1 itemprop="headline">{escape(story.title)}</h1></div><div class="footer"><p><span class="news-list-date"><time itemprop="datePublished" datetime="{story.published_at.isoformat()}">{view.day}</time></span> <span class="news-list-category">{escape(story.section)}</span> {author}</p></div>{"" if view.soft else lead}
<div class="news-img-wrap"><div class="outer"><div class="mediaelement mediaelement-image"><img title="" alt="" src="{view.image_url}"></div><span class="news-img-caption">{escape(story.caption)} – {escape(view.photo)}</span></div></div><div class="news-text-wrap" itemprop="articleBody">{content}</div>
<div class="news-tags"><span class="tags-label">{escape(words.tags)}</span> {tag_links(view, rel="", sep=" ")}</div>{below_html(view, dress, "share", "author", "related")}<div class="news-backlink-wrap"><a href="/">Zurück</a></div></div></div></div></div></div>{comments_html(view, "tx-comments")}</div>
<div class="section-column subcontent-wrap">{side_list(view, "frame frame-type-menu_subpages", words.most_read)}<p class="wetter">{escape(view.writer.fill(words.weather))}</p></div></div></div></div></main>
<footer id="page-footer" class="bp-page-footer">{footer(words, view.outlet.name, "language-nav")}</footer></div><div class="cookieconsent"><p>{escape(words.cookie)}</p></div>{script(view.seed, 32_000)}</body></html>"""


THEMES = {
    "drupal": Theme(render=drupal, lead="apart", byline="name", credit=1, comments=True, between={"read_also": 0.6, "ad": 0.4, "newsletter": 0.25, "donate": 0.3, "embed": 0.25, "poll": 0.15}, below={"source_note": 0.3, "newsletter": 0.3, "related": 0.5, "share": 0.9, "author": 0.3}),
    "joomla": Theme(render=joomla, lead="first", byline="name", comments=True, between={"read_also": 0.6, "ad": 0.4, "app": 0.3, "video": 0.2, "newsletter": 0.2}, below={"source_note": 0.4, "share": 0.7, "donate": 0.3, "reply": 0.6, "related": 0.5, "poll": 0.2}),
    "typo3": Theme(render=typo3, lead="apart", byline="name", comments=True, between={"read_also": 0.6, "ad": 0.4, "newsletter": 0.3, "embed": 0.3, "subscribe": 0.3, "poll": 0.1}, below={"source_note": 0.3, "newsletter": 0.3, "donate": 0.3, "share": 0.8, "author": 0.3, "related": 0.6}),
}  # fmt: skip
