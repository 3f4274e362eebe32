"""What a person types for an article, a version of it or a story, and what is meant by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from crawler.errors import ConfigError
from crawler.terminal import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    import sqlalchemy as sa

    from crawler.model.article import Article
    from crawler.model.story import Story

Identifier = Annotated[str, typer.Argument(metavar="ID", help="Id of an article (its first letters do), or its address.")]
StoryIdentifier = Annotated[
    str,
    typer.Argument(metavar="ID", help="Id of a story or of an article in it (the first letters do), or an article's address."),
]


def find_article(connection: sa.Connection, identifier: str) -> Article:
    """The article by id, by the first letters of its id, or by address. Raises ConfigError with the choice there is."""
    from crawler.store import articles

    found = _article(connection, identifier)
    if found is None:
        say(f"No article {identifier}: `depesza search WORDS --json` shows ids.")
        raise typer.Exit(1)
    return articles.read_articles(connection, [found])[0]


def find_story(connection: sa.Connection, identifier: str) -> Story:
    """The story by its id (that of a merged one too), by its first letters, or by an article in it. Raises ConfigError likewise."""
    from crawler.store import stories
    from crawler.store.story_lists import find_story_ids

    found = stories.get_story(connection, identifier)
    if found is None and identifier.isalnum():
        ids = find_story_ids(connection, identifier.lower())
        _refuse_several("stories", identifier, ids)
        found = stories.get_story(connection, ids[0]) if ids else None
    if found is None:
        article_id = _article(connection, identifier)
        if article_id is None:
            say(f"No story and no article {identifier}: `depesza stories list` shows stories.")
            raise typer.Exit(1)
        found = stories.story_of(connection, article_id)
    if found is None or not found.members:
        say(f"{identifier} is in no story.")
        raise typer.Exit(1)
    return found


def _article(connection: sa.Connection, identifier: str) -> str | None:
    from crawler.addresses import canonical_address
    from crawler.store import articles

    if identifier.startswith(("http://", "https://")):
        canonical = canonical_address(identifier)
        return articles.find_id(connection, [one for one in (canonical, identifier) if one])
    ids = articles.find_by_prefix(connection, identifier.lower()) if identifier.isalnum() else []
    _refuse_several("articles", identifier, ids)
    return ids[0] if ids else None


def _refuse_several(kind: str, identifier: str, ids: Sequence[str]) -> None:
    if len(ids) > 1:
        raise ConfigError(f"several {kind} begin with {identifier!r}: {', '.join(one[:12] for one in ids)}; write more of the id")
