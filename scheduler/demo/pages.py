"""An article of the sample as the HTML page of its outlet's theme, and the outlet's front or section page. Pure."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from html import escape
from string import Template
from zoneinfo import ZoneInfo

from scheduler.demo.texts import DemoArticle, DemoOutlet

DESCRIPTION_CHARACTERS = 160
READ_ALSO_AFTER = 2
"""The read-also line stands after this paragraph, as editors place it."""


def published(article: DemoArticle, outlet: DemoOutlet, started_at: datetime) -> datetime:
    """When the article was published, whole minutes, in the outlet's zone."""
    moment = started_at.replace(second=0, microsecond=0) - timedelta(minutes=article.minutes_ago)
    return moment.astimezone(ZoneInfo(outlet.timezone))


def summary(article: DemoArticle) -> str:
    """The first words of the text, cut at a word."""
    lead = article.paragraphs[0]
    return lead if len(lead) <= DESCRIPTION_CHARACTERS else lead[:DESCRIPTION_CHARACTERS].rsplit(" ", 1)[0] + "…"


def article_page(article: DemoArticle, outlet: DemoOutlet, origin: str, started_at: datetime) -> str:
    """The whole page. `article` is in the state to be shown."""
    when = published(article, outlet, started_at)
    others = [other for other in outlet.articles if other.path != article.path and not other.appears_later]
    body = _body(article, outlet, others)
    url = origin + article.path
    return Template(outlet.theme.page).substitute(
        title=escape(article.title),
        description=escape(summary(article)),
        url=escape(url),
        published_iso=when.isoformat(),
        published_utc=when.astimezone(UTC).isoformat(),
        published_text=when.strftime(outlet.theme.date_format),
        section=escape(article.section),
        byline=escape(article.byline),
        body=body,
        related=_links(others),
        json_ld=_script(_json_ld(article, outlet, url, when)),
        next_data=_script(
            {"props": {"pageProps": {"slug": article.path, "title": article.title, "content": body}}, "page": "/[...slug]"}
        ),
    )


def front_page(outlet: DemoOutlet, articles: list[DemoArticle]) -> str:
    """The page that lists `articles`, newest first."""
    newest = sorted(articles, key=lambda article: article.minutes_ago)
    return Template(outlet.theme.front).safe_substitute(
        site=escape(outlet.name), lang=outlet.language, encoding=outlet.encoding, related=_links(newest)
    )


def error_page(outlet: DemoOutlet) -> str:
    """What a broken content system shows instead of a feed, with status 200."""
    return (
        f'<!DOCTYPE html>\n<html lang="{outlet.language}"><head><meta charset="{outlet.encoding}">'
        f"<title>{escape(outlet.name)}</title></head>\n"
        "<body><h1>Error</h1><p>The feed module could not connect to the database. Please try again later.</p></body></html>\n"
    )


def _body(article: DemoArticle, outlet: DemoOutlet, others: list[DemoArticle]) -> str:
    theme = outlet.theme
    parts = []
    for number, text in enumerate(article.paragraphs, start=1):
        parts.append(Template(theme.lead if number == 1 else theme.paragraph).substitute(text=escape(text, quote=False)))
        if number == READ_ALSO_AFTER and theme.read_also and others:
            parts.append(Template(theme.read_also).substitute(url=escape(others[0].path), title=escape(others[0].title)))
    if article.credit:
        parts.append(Template(theme.credit).substitute(text=escape(article.credit)))
    return "\n".join(parts)


def _links(articles: list[DemoArticle]) -> str:
    return "\n".join(f'<li><a href="{escape(article.path)}">{escape(article.title)}</a></li>' for article in articles)


def _json_ld(article: DemoArticle, outlet: DemoOutlet, url: str, when: datetime) -> dict[str, object]:
    data: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "mainEntityOfPage": {"@type": "WebPage", "@id": url},
        "headline": article.title,
        "description": summary(article),
        "articleSection": article.section,
        "datePublished": when.isoformat(),
        "inLanguage": outlet.language,
        "publisher": {"@type": "Organization", "name": outlet.name},
    }
    if article.byline:
        kind = "Person" if article.author else "Organization"
        data["author"] = {"@type": kind, "name": article.author or article.byline.removeprefix("By ")}
    return data


def _script(data: object) -> str:
    """JSON that cannot close the script element it stands in."""
    return json.dumps(data, ensure_ascii=False).replace("</", "<\\/")
