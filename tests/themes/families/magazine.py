"""Magazine themes of WordPress: Newspaper (tagDiv) and JNews. Class names and nesting as these themes have them."""

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
    yoast_ld,
)
from tests.themes.weight import footer, icons, menu, script, style

_NEWSPAPER = Dress(
    h="<h3>{}</h3>", nbsp=True, credit="<p><em>{}</em></p>",
    figure='<div id="attachment_7" style="width: 706px" class="wp-caption aligncenter"><img src="{src}" alt=""><p class="wp-caption-text">{caption} | {photo}</p></div>',
    boxes={"ad": "td-a-rec td-a-rec-id-content_inline tdi_65 td_block_template_1", "newsletter": "tds-newsletter tds-newsletter1", "related": "td_block_related_posts tdi_88", "author": "author-box-wrap", "share": "td-post-sharing-bottom", "poll": "totalpoll-wrapper", "source_note": "td-post-source-via", "embed": "twitter-tweet"},
)  # fmt: skip
_JNEWS = Dress(
    h="<h2>{}</h2>", credit="",
    figure='<figure class="wp-caption alignnone"><img class="jnews-lazyload" src="{src}"><figcaption class="wp-caption-text">{caption}. {photo}</figcaption></figure>',
    boxes={"ad": "jnews_inline_related_post_ads ads-wrapper", "read_also": "jeg_ad jnews_inline_related_post_wrapper", "newsletter": "jeg_newsletter_wrapper", "related": "jnews_related_post_container", "author": "jeg_authorbox", "share": "jeg_share_bottom_container", "poll": "yop-poll-container", "donate": "jnews_donation", "reply": "jnews_comment_container", "source_note": "jeg_post_source"},
)  # fmt: skip


def newspaper(view: View) -> str:
    """Newspaper by tagDiv: blocks with numbered classes, ads inside the content, the author's box below."""
    story, words, number = view.story, view.words, view.seed % 40
    head = head_html(
        view,
        news_ld(view, "wrong type" if story.number % 2 else "author as text"),
        style(view.seed, "td", 30_000),
        script(view.seed, 14_000),
        title="{title} | {site}",
    )
    dress = softened(_NEWSPAPER, view)
    lead = f'<p class="td-post-sub-title">{escape(story.lead, quote=False)}</p>'
    content = (
        index_html(view, "td_module_10")
        if view.kind == "index"
        else body_html(view, dress, with_lead=not view.soft)
        + below_html(view, dress, "share", "source_note", "newsletter", "donate", "poll")
    )
    author = (
        f'<div class="td-post-author-name"><div class="td-author-by">Autor</div> <a href="/author/x/">{escape(view.byline)}</a><div class="td-author-line"> - </div></div>'
        if view.byline
        else ""
    )
    return f"""<!doctype html ><html lang="pl-PL"><head><meta charset="UTF-8" />{head}</head>
<body class="wp-singular post-template-default single single-post postid-{story.number} wp-theme-Newspaper td-standard-pack global-block-template-1 td-animation-stack-type0 td-full-layout" itemscope itemtype="https://schema.org/WebPage">{icons(view.seed, 25)}
<div id="td-outer-wrap" class="td-theme-wrap"><div class="td-header-wrap td-header-style-1"><div class="td-header-menu-wrap-full td-container-wrap"><div id="td-header-menu" role="navigation">{menu(words, "sf-menu")}</div></div></div>
<div class="td-main-content-wrap td-container-wrap"><div class="td-container td-post-template-default"><div class="td-crumb-container"><div class="entry-crumbs"><span><a class="entry-crumb" href="/">{escape(view.outlet.name)}</a></span> <i class="td-icon-right td-bread-sep"></i> <span><a class="entry-crumb" href="/k/{slug_of(story.section)}">{escape(story.section)}</a></span></div></div>
<div class="td-pb-row"><div class="td-pb-span8 td-main-content" role="main"><div class="td-ss-main-content"><article id="post-{story.number}" class="post type-post status-publish format-standard has-post-thumbnail hentry" itemscope itemtype="https://schema.org/Article"><div class="td-post-header"><ul class="td-category"><li class="entry-category"><a href="/k/{slug_of(story.section)}">{escape(story.section)}</a></li></ul>
<header class="td-post-title"><h1 class="entry-title">{escape(story.title)}</h1>{lead if view.soft else ""}<div class="td-module-meta-info">{author}<span class="td-post-date"><time class="entry-date updated td-module-date" datetime="{story.published_at.isoformat()}">{view.day}</time></span><div class="td-post-comments"><a href="#comments"><i class="td-icon-comments"></i>{len(view.comments)}</a></div></div></header></div>
<div class="td-post-sharing-top"><div class="td-post-sharing td-ps-bg td-post-sharing-style1"><a class="td-social-sharing-button td-social-facebook" href="#"><div class="td-social-but-text">Facebook</div></a><a class="td-social-sharing-button td-social-twitter" href="#"><div class="td-social-but-text">Twitter</div></a></div></div>
<div class="td-post-content tagdiv-type"><div class="td-post-featured-image"><figure><img class="entry-thumb td-modal-image" src="{view.image_url}" alt=""><figcaption class="wp-caption-text">{escape(story.caption)} | {escape(view.photo)}</figcaption></figure></div>{content}</div>
<footer><div class="td-post-source-tags"><ul class="td-tags td-post-small-box clearfix"><li><span>TAGI</span></li>{"".join(f"<li>{link}</li>" for link in tag_links(view, rel="", sep=chr(10)).split(chr(10)))}</ul></div><div class="td-block-row td-post-next-prev"><div class="td-block-span6 td-post-prev-post"><span>Poprzedni artykuł</span><a href="/{slug_of(view.teasers[0][0])}">{escape(view.teasers[0][0])}</a></div></div>{below_html(view, dress, "author")}</footer></article>
<div class="td_block_wrap td_block_related_posts tdi_{number}_c">{below_html(view, dress, "related")}</div><div class="comments" id="comments">{comments_html(view, "comment-list")}</div></div></div>
<div class="td-pb-span4 td-main-sidebar" role="complementary"><div class="td-ss-main-sidebar">{side_list(view, f"td_block_wrap td_block_9 td_block_widget tdi_{number + 7}", words.most_read)}<aside class="td_block_template_1 widget widget_text"><p>{escape(view.writer.fill(words.weather))}</p></aside></div></div></div></div></div>
<div class="td-footer-wrapper td-container-wrap">{footer(words, view.outlet.name, "td-subfooter-menu")}</div></div><div id="cookie-law-info-bar"><span>{escape(words.cookie)}</span></div>{script(view.seed + 1, 26_000)}</body></html>"""


def jnews(view: View) -> str:
    """JNews: a subtitle below the headline, inline related posts, share bars above and below the content."""
    story, words = view.story, view.words
    head = head_html(
        view,
        yoast_ld(view, reading_time=False),
        style(view.seed, "jeg", 34_000),
        script(view.seed, 10_000),
        title="{title} » {site}",
    )
    dress = softened(_JNEWS, view)
    lead = f'<h2 class="jeg_post_subtitle">{escape(story.lead, quote=False)}</h2>'
    bold = f"<p><b>{escape(story.lead, quote=False)}</b></p>"
    content = (
        index_html(view, "jeg_post")
        if view.kind == "index"
        else (bold if view.soft else "")
        + body_html(view, dress, with_lead=False)
        + below_html(view, dress, "source_note", "newsletter", "donate", "reply")
    )
    author = (
        f'<div class="jeg_meta_author"><img alt="" src="/a.png" class="avatar"><span class="meta_text"></span> <a href="/author/x/">{escape(view.byline)}</a></div>'
        if view.byline
        else ""
    )
    share = '<div class="jeg_share_top_container"><div class="jeg_share_button clearfix"><div class="jeg_share_stats"><div class="jeg_share_count"><div class="counts">0</div><span class="sharetext">SHARES</span></div></div><div class="jeg_sharelist"><a href="#" class="jeg_btn-facebook expanded"><span>Facebook</span></a></div></div></div>'
    return f"""<!doctype html><html lang="{view.writer.tongue.code}"><head><meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />{head}</head>
<body class="wp-singular post-template-default single single-post postid-{story.number} wp-embed-responsive wp-theme-jnews jeg_toggle_light jeg_single_tpl_1 jnews jsc_normal">{icons(view.seed, 25)}<div class="jeg_viewport"><div class="jeg_header_wrapper"><div class="jeg_header normal"><div class="jeg_navbar jeg_container">{menu(words, "jeg_menu jeg_main_menu")}</div></div></div>
<div class="post-wrapper"><div class="post-wrap"><div class="jeg_main"><div class="jeg_container"><div class="jeg_content jeg_singlepage"><div class="container"><div class="jeg_ad jeg_article jnews_article_top_ads"><div class="ads-wrapper"></div></div><div class="row"><div class="jeg_main_content col-md-8"><div class="jeg_inner_content">
<div class="jeg_breadcrumbs jeg_breadcrumb_container"><div id="breadcrumbs"><span><a href="/">{escape(view.outlet.name)}</a></span><i class="fa fa-angle-right"></i><span class="breadcrumb_last_link"><a href="/k/{slug_of(story.section)}/">{escape(story.section)}</a></span></div></div>
<div class="entry-header"><h1 class="jeg_post_title">{escape(story.title)}</h1>{"" if view.soft else lead}<div class="jeg_meta_container"><div class="jeg_post_meta jeg_post_meta_1"><div class="meta_left">{author}<div class="jeg_meta_date"><a href="#">{view.day}</a></div><div class="jeg_meta_category"><span> <a href="/k/x/" rel="category tag">{escape(story.section)}</a></span></div></div></div></div></div>
<div class="jeg_featured featured_image"><a href="#"><div class="thumbnail-container"><img src="{view.image_url}" alt=""></div></a><p class="wp-caption-text">{escape(story.caption)}. {escape(view.photo)}</p></div>{share}
<div class="entry-content no-share"><div class="jeg_share_button share-float jeg_sticky_share"></div><div class="content-inner">{content}<div class="jeg_post_tags"><span>{escape(words.tags)}</span> {tag_links(view)}</div></div></div>{below_html(view, dress, "share")}
<div class="jnews_prev_next_container"><div class="jeg_prevnext_post"><a href="/{slug_of(view.teasers[2][0])}" class="post prev-post"><span class="caption">Previous Post</span><h3 class="post-title">{escape(view.teasers[2][0])}</h3></a></div></div><div class="jnews_author_box_container">{below_html(view, dress, "author")}</div>{below_html(view, dress, "related")}
<div class="jnews_comment_container">{comments_html(view, "commentlist")}</div></div></div><div class="jeg_sidebar col-md-4">{side_list(view, "widget widget_jnews_popular", words.most_read)}<div class="widget">{escape(view.writer.fill(words.stock))}</div></div></div></div></div></div></div></div></div>
<div class="footer-holder" id="footer">{footer(words, view.outlet.name, "jeg_menu_footer")}</div></div><div class="jnews-cookie-law-policy">{escape(words.cookie)}</div>{script(view.seed + 1, 30_000)}</body></html>"""


_BETWEEN = {"read_also": 0.8, "ad": 0.6, "newsletter": 0.3, "embed": 0.25, "video": 0.2, "subscribe": 0.2, "sponsor": 0.15}
_BELOW = {"share": 0.9, "source_note": 0.3, "newsletter": 0.3, "donate": 0.3, "author": 0.6, "related": 0.8}
THEMES = {
    "newspaper": Theme(render=newspaper, lead="first", byline="name", credit=1, comments=True, between=_BETWEEN | {"poll": 0.15}, below=_BELOW | {"poll": 0.1}),
    "jnews": Theme(render=jnews, lead="apart", byline="name", comments=True, between=_BETWEEN | {"donate": 0.2}, below=_BELOW | {"reply": 0.4}),
}  # fmt: skip
