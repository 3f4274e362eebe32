"""The sample's outlets and articles as records, read from the folder `sites` and the dispatches beside it.

All texts were written for the demo; people and events are invented. Not here: how they look as pages or feeds.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

DISPATCHES = ("tramwaje", "kable", "docks")
"""The three dispatches that the sample's outlets carry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """What the outlet changes between the two crawls."""

    announced: bool
    """The feed shows the change too; otherwise only a second visit can find it."""
    title: str | None = None
    replace: Mapping[str, str] = field(default_factory=dict)
    """Words of the text -> the words that stand there afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoArticle:
    """One article of the sample as its outlet first publishes it."""

    path: str
    """Path and query on the outlet's host."""
    title: str
    minutes_ago: int
    """Published so long before the demo's start."""
    paragraphs: tuple[str, ...]
    section: str = ""
    byline: str = ""
    """As printed, e.g. "aml/PAP"."""
    author: str | None = None
    """A person, when there is one."""
    credit: str = ""
    """Printed after the last paragraph, e.g. "Źródło: PAP"."""
    dispatch: str | None = None
    """Name of the dispatch that the text carries; None for the outlet's own."""
    appears_later: bool = False
    """Published only before the second crawl."""
    behind_robots: bool = False
    """robots.txt asks crawlers to stay away."""
    later: Later | None = None

    def at(self, second: bool) -> DemoArticle | None:
        """The article in the first or second state; None while it is not yet published."""
        if self.appears_later and not second:
            return None
        if self.later is None or not second:
            return self
        paragraphs = tuple(_replace(text, self.later.replace) for text in self.paragraphs)
        return replace(self, title=self.later.title or self.title, paragraphs=paragraphs)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoFeed:
    """A feed of an outlet. kind: rss, atom, rdf, json, "news sitemap", or "error page" (HTML with status 200)."""

    path: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """How an outlet's pages look: `string.Template` texts, `$text`, `$title` and `$url` filled in."""

    page: str
    front: str
    paragraph: str = "<p>$text</p>"
    lead: str = "<p>$text</p>"
    read_also: str = ""
    credit: str = "<p>$text</p>"
    date_format: str = "%Y-%m-%d %H:%M"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOutlet:
    """One outlet of the sample."""

    slug: str
    name: str
    language: str
    timezone: str
    entry: str
    """Its outlet file, with `{origin}` and `{host}` still to be filled in."""
    theme: Theme
    articles: tuple[DemoArticle, ...]
    feeds: tuple[DemoFeed, ...] = ()
    section_page: str | None = None
    """Path of the page that lists the articles."""
    robots: str = ""
    """robots.txt, with `{origin}`; empty: there is none (404)."""
    encoding: str = "utf-8"


@cache
def sample_outlets() -> tuple[DemoOutlet, ...]:
    """The bundled sample, sorted by slug."""
    root = files(__package__)
    dispatches = {name: _paragraphs(_text(root / "dispatches" / f"{name}.txt")) for name in DISPATCHES}
    folders = sorted((folder for folder in (root / "sites").iterdir() if folder.is_dir()), key=lambda folder: folder.name)
    default_front = _text(root / "sites" / "front.html")
    return tuple(_outlet(folder, dispatches, default_front) for folder in folders if not folder.name.startswith("_"))


def _outlet(folder: Traversable, dispatches: Mapping[str, tuple[str, ...]], default_front: str) -> DemoOutlet:
    entry = _text(folder / "outlet.toml")
    told = tomllib.loads(entry)
    site = tomllib.loads(_text(folder / "site.toml"))
    front = folder / "front.html"
    theme = Theme(page=_text(folder / "page.html"), front=_text(front) if front.is_file() else default_front, **site.pop("theme"))
    articles = tuple(_article(table, dispatches) for table in site.pop("articles"))
    feeds = tuple(DemoFeed(**table) for table in site.pop("feeds", ()))
    facts = {"slug": told["slug"], "name": told["name"], "language": told["languages"][0], "timezone": told["timezone"]}
    return DemoOutlet(entry=entry, theme=theme, articles=articles, feeds=feeds, **facts, **site)


def _article(table: dict[str, Any], dispatches: Mapping[str, tuple[str, ...]]) -> DemoArticle:
    """A table of site.toml. A copy says what it did with the dispatch: kept paragraphs, changed words, added paragraphs."""
    changed = table.pop("replace", {})
    dateline = table.pop("dateline", "")
    keep = table.pop("keep", None)
    own = _paragraphs(table.pop("text", ""))
    closing = _paragraphs(table.pop("closing", ""))
    if (name := table.get("dispatch")) is not None:
        whole = dispatches[name]
        own = tuple(whole[number - 1] for number in keep) if keep else whole
    own = (dateline + own[0], *own[1:])
    _check(changed, own)
    later = Later(**table.pop("later")) if "later" in table else None
    if later is not None:
        _check(later.replace, own)
    return DemoArticle(paragraphs=tuple(_replace(text, changed) for text in own) + closing, later=later, **table)


def _check(changes: Mapping[str, str], paragraphs: tuple[str, ...]) -> None:
    for old in changes:
        if not any(old in text for text in paragraphs):
            raise ValueError(f"the sample changes words that are not there: {old!r}")


def _replace(text: str, changes: Mapping[str, str]) -> str:
    for old, new in changes.items():
        text = text.replace(old, new)
    return text


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("\n\n") if part.strip())


def _text(file: Traversable) -> str:
    return file.read_text(encoding="utf-8")
