"""A story with its members as rows, for tests that need no copies to be found."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

from crawler.store.schema import story, story_member

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def put_in_story(connection: sa.Connection, story_id: str, article_id: str, *, is_new: bool = False) -> None:
    """The article is a member; `is_new` makes the story first."""
    if is_new:
        connection.execute(
            story.insert().values(id=story_id, origin_article_id=article_id, origin_reason="", size=1, updated_at=NOON)
        )
    values = {"role": "edited", "similarity": 1.0, "containment": 1.0, "leader_containment": 1.0, "leader_ordinal": None}
    connection.execute(story_member.insert().values(article_id=article_id, story_id=story_id, **values))
