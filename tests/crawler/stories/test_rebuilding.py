"""All stories anew: the same as before, whatever was broken healed, nothing changed by a stop half-way. On both kinds of store."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from crawler.model.story import LinkKind, StoryLink
from crawler.store import articles, stories
from crawler.store.database import Database
from crawler.store.schema import metadata, story, story_alias, story_member
from crawler.store.story_tables import COMPARED, REPLACED
from crawler.stories import rebuilding
from crawler.stories.joining import join_story, leave_story
from crawler.stories.rebuilding import RebuildReport, rebuild_stories
from crawler.stories.window import KEPT
from tests.crawler.stories.conftest import START, make_article, make_credit, make_sentences, store_article

DAY = 24 * 60
NOW = START + timedelta(days=60)
NAMES = ("story", "story_alias", "story_member", "story_link", "fingerprint_day")


def everything(database: Database) -> dict[str, set[tuple[Any, ...]]]:
    """The rows of stories; of the window what does not hang on the leaders' numbers, nor on when old ones are pruned."""
    with database.read() as connection:
        found = {name: {tuple(row) for row in connection.execute(sa.select(metadata.tables[name]))} for name in NAMES}
        leader, posting = metadata.tables["story_leader"], metadata.tables["story_posting"]
        newest = connection.execute(sa.select(sa.func.max(leader.c.seen_at, type_=leader.c.seen_at.type))).scalar() or START
        kept = leader.c.seen_at >= newest - KEPT
        found["leader"] = {tuple(row)[1:] for row in connection.execute(sa.select(leader).where(kept))}
        joined = sa.select(leader.c.article_id, posting.c.hash, posting.c.position).join(
            leader, leader.c.number == posting.c.leader
        )
        found["posting"] = {tuple(row) for row in connection.execute(joined.where(kept))}
    return found


def partition(rows: dict[str, set[tuple[Any, ...]]]) -> set[frozenset[str]]:
    """The stories as sets of article ids."""
    found: dict[str, set[str]] = {}
    for one in rows["story_member"]:
        found.setdefault(one[1], set()).add(one[0])
    return {frozenset(one) for one in found.values()}


def file(database: Database, *made: Any) -> None:
    for one in made:
        with database.write() as connection:
            join_story(connection, store_article(connection, one))


def history() -> list[Any]:
    """Forty days of ten stories with copies, a merge, a follow-up and a template, in order of first sight."""
    made = []
    for seed in range(10):
        text, at = make_sentences(seed, 14), seed * 4 * DAY
        made += [
            make_article(text, "pap-site", at, attributions=(make_credit("pap"),)),
            make_article(text[:9], "kurier", at + 20),
            make_article([*make_sentences(100 + seed, 5), *text], "kresy", at + 50),
            make_article([*text[:3], *make_sentences(200 + seed, 12)], "goniec", at + 90),
        ]
    first, second = make_sentences(300, 10), make_sentences(301, 10)
    made += [
        make_article(first, "a", 37 * DAY),
        make_article(second, "b", 37 * DAY + 1),
        make_article(first + second, "c", 37 * DAY + 2),
    ]
    return made


@pytest.fixture
def filled(database: Database) -> Database:
    file(database, *history())
    return database


def rebuild(database: Database, folder: Path) -> RebuildReport:
    done = rebuild_stories(database, folder / "beside", NOW)
    assert not (folder / "beside").exists()
    return done


def test_a_rebuild_gives_the_same_stories_ids_links_and_window(filled: Database, tmp_path: Path) -> None:
    before = everything(filled)
    done = rebuild(filled, tmp_path)
    assert everything(filled) == before
    assert (done.articles, done.changed, done.ids_redirected) == (43, 0, 0)
    assert done.stories == done.stories_before == len(before["story"]) < 43
    file(filled, make_article(make_sentences(300, 10), "d", 37 * DAY + 30))
    with filled.read() as connection:
        assert not connection.execute(sa.select(metadata.tables["outbox"])).all()


def test_what_was_torn_apart_comes_together_and_waits_to_be_pushed(filled: Database, tmp_path: Path) -> None:
    before = everything(filled)
    with filled.write() as connection:
        torn = connection.execute(sa.select(story).where(story.c.size == 3).limit(1)).one()
        one = connection.execute(
            sa.select(story_member.c.article_id).where(
                story_member.c.story_id == torn.id, story_member.c.article_id != torn.origin_article_id
            ).limit(1)
        ).scalar_one()  # fmt: skip
        connection.execute(story_member.delete().where(story_member.c.article_id == one))
        connection.execute(story.insert().values(id="feedfeedfeedfeed", origin_reason="", size=1, updated_at=NOW))
        values = {"role": "original", "similarity": 1.0, "containment": 1.0, "leader_containment": 1.0, "leader_ordinal": 1}
        connection.execute(story_member.insert().values(article_id=one, story_id="feedfeedfeedfeed", **values))
    done = rebuild(filled, tmp_path)
    after = everything(filled)
    assert after["story"] == before["story"] and after["story_member"] == before["story_member"]
    assert one in {row[0] for row in after["story_member"]} and done.changed >= 1
    with filled.read() as connection:
        assert stories.resolve_alias(connection, "feedfeedfeedfeed") == torn.id
        waiting = set(connection.execute(sa.select(metadata.tables["outbox"].c.article_id)).scalars())
        article = articles.read_article(connection, one)
    assert done.ids_redirected == 1 and one in waiting
    assert article is not None and article.index_version == 2


def test_removed_replaced_and_withdrawn_articles_keep_their_standing(filled: Database, tmp_path: Path) -> None:
    made = history()
    with filled.write() as connection:
        articles.mark_removed(connection, made[0].id, NOW)
        articles.mark_removed(connection, made[4].id, NOW)
        leave_story(connection, made[4].id)
        link = StoryLink(article_id=made[1].id, other_id=made[9].id, kind=LinkKind.REPLACES, containment=0.0)
        stories.add_links(connection, [link])
        opened_by_it = stories.story_id_of(connection, made[5].id)
    before = everything(filled)
    done = rebuild(filled, tmp_path)
    after = everything(filled)
    assert partition(after) == partition(before)
    assert {row for row in after["story_link"] if row[2] == "replaces"} == {
        row for row in before["story_link"] if row[2] == "replaces"
    }
    with filled.read() as connection:
        assert done.ids_redirected == 1 and opened_by_it is not None
        assert stories.resolve_alias(connection, opened_by_it) == stories.story_id_of(connection, made[5].id) != opened_by_it
        assert stories.story_id_of(connection, made[0].id) and not stories.story_id_of(connection, made[4].id)


def test_a_stop_half_way_changes_nothing_and_the_next_call_begins_again(
    filled: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(filled)
    monkeypatch.setattr(rebuilding, "BATCH", 10)

    def stop(done: int, total: int) -> None:
        assert total == 43
        if done >= 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild_stories(filled, tmp_path / "beside", NOW, stop)
    monkeypatch.setattr(rebuilding, "keep_lost_ids", lambda *given: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        rebuild(filled, tmp_path)
    monkeypatch.undo()
    assert everything(filled) == before
    (tmp_path / "beside").mkdir()
    (tmp_path / "beside" / "stories.sqlite").write_bytes(b"half a file")
    rebuild(filled, tmp_path)
    assert everything(filled) == before


def test_articles_filed_corrected_and_withdrawn_meanwhile_are_not_lost(filled: Database, tmp_path: Path) -> None:
    made = history()
    late = make_article(make_sentences(302, 10), "late", 38 * DAY)
    copy = make_article(make_sentences(302, 10), "copy", 38 * DAY + 5)
    corrected = make_article([*make_sentences(300, 10), "Sprostowanie."], "a", 37 * DAY, url=made[40].url)
    corrected = dataclasses.replace(corrected, id=made[40].id)

    def meanwhile(done: int, total: int) -> None:
        file(filled, late, copy, corrected)
        with filled.write() as connection:
            leave_story(connection, made[41].id)
            articles.mark_removed(connection, made[41].id, NOW)

    rebuild_stories(filled, tmp_path / "beside", NOW, meanwhile)
    with filled.read() as connection:
        place = stories.story_id_of(connection, late.id)
        assert place and stories.story_id_of(connection, copy.id) == place
        assert stories.story_id_of(connection, corrected.id)
        assert stories.story_id_of(connection, made[41].id) is None
        sizes = dict(connection.execute(sa.select(story.c.id, story.c.size)).all())
        counted = sa.select(story_member.c.story_id, sa.func.count()).group_by(story_member.c.story_id)
        assert sizes == dict(connection.execute(counted).all())
        assert not set(connection.execute(sa.select(story_alias.c.story_id)).scalars()) - sizes.keys()


def test_an_empty_store_is_rebuilt_too(database: Database, tmp_path: Path) -> None:
    assert rebuild(database, tmp_path) == RebuildReport(articles=0, stories_before=0, stories=0, changed=0, ids_redirected=0)


def test_every_table_of_stories_and_of_the_window_is_carried_over() -> None:
    """A table that is added later must be named in `story_tables`, or a rebuild would leave it as it was."""
    theirs = {one for one in metadata.tables if one.startswith(("story", "fingerprint"))}
    assert theirs == {one.name for one in (*COMPARED, *REPLACED)}
