"""What the demo found, as records and as JSON. Not here: how it was found (`story`) or how it looks (`printing`)."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from crawler.model.article import Article, Revision
from crawler.model.run import RunReport
from crawler.model.story import Story
from crawler.store.story_view import StoryView
from crawler.text_diff import TextDiff

_REPORT = TypeAdapter(RunReport)
WORDS_AROUND = 3
"""Words shown on each side of a correction."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A text and where in it the search's words stand."""

    text: str
    marks: tuple[tuple[int, int], ...] = ()
    """Start and end of each."""

    def marked_words(self) -> list[str]:
        """The marked pieces, in order."""
        return [self.text[start:end] for start, end in self.marks]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoHit:
    """One hit of a search, folded: its story's other members are counted."""

    article_id: str
    outlet: str
    title: Marked
    snippets: tuple[Marked, ...]
    copies: int = 0
    """Further articles of the same story."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSearch:
    """One query and what it found."""

    query: str
    total: int
    """Articles that match, copies included."""
    forms: tuple[str, ...] = ()
    """The forms of the query's word that were searched, folded."""
    hits: tuple[DemoHit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoRevision:
    """A change that the second crawl found in a known article."""

    article: Article
    before: str
    """The changed words with a few around them."""
    after: str
    announced: bool
    """The outlet's feed showed it; otherwise a revisit found it."""
    versions: tuple[Revision, ...] = ()
    """All of them, the first first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCopy:
    """A copy beside its original: the one of the sample that changed most of what it kept."""

    original: Article
    copy: Article
    role: str
    diff: TextDiff


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoResult:
    """Everything `depesza demo` tells."""

    data_dir: Path
    runs: tuple[RunReport, ...]
    stories: tuple[Story, ...]
    """The stories with copies, the largest first."""
    articles: Mapping[str, Article]
    """Id -> article, for every member of `stories`."""
    outlet_names: Mapping[str, str]
    agency_names: Mapping[str, str]
    searches: tuple[DemoSearch, ...]
    revisions: tuple[DemoRevision, ...]
    second_crawl_pages: int
    """Article pages that the second crawl asked for, by the servers' own access log."""
    unchanged_feeds: int
    """Sources that answered 304 to the second crawl, by the same log."""
    left_alone: int
    """Pages behind robots.txt that a source names and nobody asked for, by the same log."""
    engine: str = "embedded"
    """What was searched with."""
    spread: StoryView | None = None
    """The story whose spread is shown: the first of `stories`."""
    copy: DemoCopy | None = None
    next_commands: tuple[str, ...] = ()
    """How to go on in what the demo left."""


def as_json(result: DemoResult) -> dict[str, Any]:
    """The answer of `depesza demo --json`: runs, stories (origin: an article id), searches; revisions, the engine and the folder beside."""
    return {
        "runs": [_REPORT.dump_python(run, mode="json") for run in result.runs],
        "stories": [_story(story, result.articles) for story in result.stories],
        "searches": [_search(search) for search in result.searches],
        "revisions": [
            {
                "id": one.article.id,
                "outlet": one.article.outlet,
                "before": one.before,
                "after": one.after,
                "announced": one.announced,
                "versions": [version.number for version in one.versions],
            }
            for one in result.revisions
        ],
        "spread": _spread(result.spread) if result.spread else None,
        "diff": _diff(result.copy) if result.copy else None,
        "data_dir": str(result.data_dir),
        "engine": result.engine,
    }


def _spread(view: StoryView) -> list[dict[str, Any]]:
    return [
        {
            "id": one.member.article_id, "outlet": one.member.outlet, "role": one.member.role.value,
            "after_s": (one.member.published_at - view.first_at).total_seconds(),
        }
        for one in view.members
    ]  # fmt: skip


def _diff(one: DemoCopy) -> dict[str, Any]:
    return {
        "original": one.original.id, "copy": one.copy.id, "role": one.role, "kept_words": one.diff.kept,
        "cut_words": one.diff.cut, "added_words": one.diff.added, "headline_changed": one.original.title != one.copy.title,
        "numbers": [[number.before, number.after] for number in one.diff.numbers],
    }  # fmt: skip


def changed_words(before: Revision, after: Revision) -> tuple[str, str]:
    """What differs between two versions, title first, with a few words around it; ("", "") when nothing does."""
    if before.title != after.title:
        return before.title, after.title
    old, new = before.text.split(), after.text.split()
    blocks = [code for code in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes() if code[0] != "equal"]
    if not blocks:
        return "", ""
    _, old_start, old_end, new_start, new_end = blocks[0]
    return _around(old, old_start, old_end), _around(new, new_start, new_end)


def _around(words: list[str], start: int, end: int) -> str:
    return " ".join(words[max(0, start - WORDS_AROUND) : end + WORDS_AROUND])


def _story(story: Story, articles: Mapping[str, Article]) -> dict[str, Any]:
    origin = articles.get(story.origin_article_id or "")
    return {
        "id": story.id,
        "agency": story.agency,
        "origin": story.origin_article_id,
        "origin_outlet": origin.outlet if origin else None,
        "members": [
            {"id": member.article_id, "outlet": member.outlet, "role": member.role.value, "delay_s": member.delay_s}
            for member in story.members
        ],
    }


def _search(search: DemoSearch) -> dict[str, Any]:
    pieces = [piece for hit in search.hits for piece in (hit.title, *hit.snippets)]
    return {
        "query": search.query,
        "hits": [hit.article_id for hit in search.hits],
        "total": search.total,
        "marked": sorted({word for piece in pieces for word in piece.marked_words()}),
    }
