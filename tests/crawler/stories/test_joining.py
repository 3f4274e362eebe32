"""Stories in the store: joining, leaving, merging, re-filing. Every test runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.model.attribution import EvidenceKind
from crawler.model.story import LinkKind, MemberRole, StoryLink
from crawler.store import stories
from crawler.store.database import Database
from crawler.store.schema import fingerprint_day, metadata, story, story_alias, story_leader, story_member, story_posting
from crawler.store.story_window import lock_stories
from crawler.stories import window as w
from crawler.stories.evidence import containments, role_of
from crawler.stories.joining import join_story, leave_story

DAY = 24 * 60


@pytest.fixture
def file(database: Database, store: Any) -> Any:
    """Store an article and join its story, in one transaction."""

    def run(article: Any) -> Any:
        with database.write() as connection:
            return join_story(connection, store(connection, article))

    return run


@pytest.fixture
def read(database: Database) -> Any:
    """Call a reading function of `crawler.store.stories` in a transaction of its own."""

    def run(function: Any, *arguments: Any) -> Any:
        with database.read() as connection:
            return function(connection, *arguments)

    return run


def check_invariants(database: Database) -> None:
    """An article in one story, a story has a leader and says its size, no alias leads nowhere, leaders stand where members do."""
    with database.read() as connection:
        members = connection.execute(sa.select(story_member)).all()
        known = {row.id: row.size for row in connection.execute(sa.select(story))}
        sizes: dict[str, int] = {}
        led = set()
        for row in members:
            sizes[row.story_id] = sizes.get(row.story_id, 0) + 1
            if row.leader_ordinal is not None:
                led.add(row.story_id)
        assert sizes == known
        assert led == set(known)
        aliases = {row.old_id: row.story_id for row in connection.execute(sa.select(story_alias))}
        assert set(aliases.values()) <= set(known)
        assert not set(aliases) & set(known)
        places = {row.article_id: row.story_id for row in members}
        leaders = connection.execute(sa.select(story_leader)).all()
        assert all(places[row.article_id] == row.story_id for row in leaders)
        posted = set(connection.execute(sa.select(story_posting.c.leader)).scalars())
        assert posted <= {row.number for row in leaders}


def check_roles(database: Database) -> None:
    """Each role is the one that the text has beside the origin of its own story."""
    with database.read() as connection:
        for row in connection.execute(sa.select(story.c.id, story.c.origin_article_id)).all():
            members = stories.read_members(connection, row.id)
            prints = stories.read_fingerprints(connection, [one.article_id for one in members])
            for one in members:
                beside = containments(prints[one.article_id], prints[row.origin_article_id])
                expected = MemberRole.ORIGINAL if one.article_id == row.origin_article_id else role_of(*beside)
                assert one.role is expected, one


def partition(database: Database) -> set[frozenset[str]]:
    with database.read() as connection:
        groups: dict[str, set[str]] = {}
        for row in connection.execute(sa.select(story_member)):
            groups.setdefault(row.story_id, set()).add(row.article_id)
    return {frozenset(ids) for ids in groups.values()}


def test_three_copies_are_one_story_with_agency_origin_roles_and_delays(
    database: Database, file: Any, read: Any, sentences: Any, article: Any, credit: Any
) -> None:
    dispatch = sentences(1, 12)
    own = article(dispatch, "pap", attributions=(credit("pap", EvidenceKind.OWN_SITE, confidence=1.0),))
    cut = article(dispatch[:5], "kurier", 40)
    longer = article([*dispatch, *sentences(2, 7)], "goniec", 20)
    changes = [file(one) for one in (own, cut, longer)]
    assert len({change.story_id for change in changes}) == 1
    found = read(stories.story_of, cut.id)
    assert (found.agency, found.origin_article_id) == ("pap", own.id)
    assert [(one.article_id, one.role, one.delay_s) for one in found.members] == [
        (own.id, MemberRole.ORIGINAL, None), (longer.id, MemberRole.EXTENDED, 1200.0), (cut.id, MemberRole.ABRIDGED, 2400.0),
    ]  # fmt: skip
    assert all(one.is_leader for one in found.members)
    assert found.members[2].containment > 0.9 > found.members[2].leader_containment
    check_invariants(database)


def test_a_newcomer_changes_the_documents_of_the_members_and_a_lone_article_only_its_own(
    file: Any, sentences: Any, article: Any
) -> None:
    dispatch = sentences(3, 10)
    first, second = article(dispatch, "kurier"), article(dispatch, "goniec", 5)
    assert file(first).changed_article_ids == (first.id,)
    assert file(article(sentences(4, 10), "echo", 6)).changed_article_ids != (first.id,)
    assert file(second).changed_article_ids == tuple(sorted((first.id, second.id)))


def test_an_original_that_is_found_late_becomes_the_origin_and_the_roles_follow(
    file: Any, read: Any, sentences: Any, article: Any, credit: Any
) -> None:
    dispatch = sentences(5, 14)
    cut = article(dispatch[:6], "kurier", 30, attributions=(credit("pap"),))
    full = article(dispatch, "goniec", 60)
    own = article(dispatch, "pap", 0, seen_minutes=600, attributions=(credit("pap", EvidenceKind.OWN_SITE, confidence=1.0),))
    file(cut)
    file(full)
    before = read(stories.story_of, cut.id)
    assert before.origin_article_id == cut.id
    change = file(own)
    after = read(stories.story_of, cut.id)
    assert after.id == before.id
    assert after.origin_article_id == own.id
    assert {one.article_id: one.role for one in after.members} == {
        own.id: MemberRole.ORIGINAL, cut.id: MemberRole.ABRIDGED, full.id: MemberRole.VERBATIM,
    }  # fmt: skip
    assert set(change.changed_article_ids) == {cut.id, full.id, own.id}
    assert after.first_published_at == own.published_at
    assert after.first_seen_at == cut.first_seen_at


def test_a_merge_keeps_the_id_and_the_other_id_leads_there(
    database: Database, file: Any, read: Any, sentences: Any, article: Any
) -> None:
    one, two = sentences(6, 8), sentences(7, 6)
    first, other = file(article(one, "kurier")), file(article(two, "goniec", 5))
    whole = article([*one, *two, *sentences(8, 1)], "echo", 20)
    change = file(whole)
    assert change.story_id == first.story_id != other.story_id
    found = read(stories.get_story, other.story_id)
    assert found.id == first.story_id
    assert len(found.members) == 3
    assert set(change.changed_article_ids) == {member.article_id for member in found.members}
    check_invariants(database)


def test_filing_again_without_a_change_changes_nothing(database: Database, file: Any, sentences: Any, article: Any) -> None:
    dispatch = sentences(9, 10)
    made = [article(dispatch, "kurier"), article(dispatch[:6], "goniec", 5), article(sentences(10, 9), "echo", 6)]
    for one in made:
        file(one)
    before = partition(database)
    for one in made:
        assert file(one).changed_article_ids == ()
    assert partition(database) == before
    check_invariants(database)


def test_a_copy_that_becomes_another_text_leaves_its_story(
    database: Database, file: Any, read: Any, sentences: Any, article: Any
) -> None:
    dispatch = sentences(11, 10)
    first, second = article(dispatch, "kurier"), article(dispatch, "goniec", 5)
    file(first)
    story_id = file(second).story_id
    other = article(sentences(12, 10), "goniec", 5, url=second.url)
    change = file(other)
    assert change.story_id != story_id
    assert set(change.changed_article_ids) == {first.id, second.id}
    assert [one.article_id for one in read(stories.get_story, story_id).members] == [first.id]
    check_invariants(database)


def test_an_article_that_left_has_the_role_of_its_own_story_and_not_of_the_one_it_left(
    database: Database, file: Any, sentences: Any, article: Any
) -> None:
    for number in range(8):  # whichever of two stories is described first
        dispatch = sentences(1100 + number, 10)
        file(article(dispatch, "kurier"))
        second = article(dispatch, "goniec", 5)
        file(second)
        file(article(sentences(1200 + number, 10), "goniec", 5, url=second.url))
    check_roles(database)


def test_the_leader_that_becomes_another_text_leaves_the_story_to_its_copies(
    database: Database, file: Any, read: Any, sentences: Any, article: Any
) -> None:
    dispatch = sentences(13, 10)
    first, second, third = article(dispatch, "kurier"), article(dispatch, "goniec", 5), article(dispatch, "echo", 9)
    story_id = file(first).story_id
    file(second)
    change = file(article(sentences(14, 10), "kurier", url=first.url))
    assert change.story_id != story_id
    file(third)
    assert {one.article_id for one in read(stories.get_story, story_id).members} == {second.id, third.id}
    check_invariants(database)


def test_a_lone_article_keeps_its_storys_id_through_a_revision_and_passes_it_on_when_it_joins_another(
    database: Database, file: Any, read: Any, sentences: Any, article: Any
) -> None:
    stub, dispatch = article(sentences(15, 4), "kurier"), article(sentences(16, 10), "goniec", 5)
    own, target = file(stub).story_id, file(dispatch).story_id
    assert file(article(sentences(17, 5), "kurier", url=stub.url)).story_id == own
    change = file(article(sentences(16, 10), "kurier", url=stub.url))
    assert change.story_id == target
    assert read(stories.get_story, own).id == target
    check_invariants(database)


def test_a_withdrawn_article_leaves_its_story_and_an_empty_story_vanishes(
    database: Database, file: Any, read: Any, sentences: Any, article: Any
) -> None:
    dispatch = sentences(18, 10)
    first, second = article(dispatch, "kurier"), article(dispatch, "goniec", 5)
    file(first)
    story_id = file(second).story_id
    with database.write() as connection:
        assert set(leave_story(connection, first.id).changed_article_ids) == {first.id, second.id}
    check_invariants(database)
    assert read(stories.get_story, story_id).origin_article_id == second.id
    with database.write() as connection:
        leave_story(connection, second.id)
        assert leave_story(connection, second.id).changed_article_ids == ()
    assert read(stories.get_story, story_id) is None
    check_invariants(database)


def test_links_are_kept_with_their_kind_and_go_with_the_text_but_not_that_of_a_replaced_article(
    database: Database, file: Any, read: Any, sentences: Any, article: Any
) -> None:
    report = sentences(19, 12)
    first, update = article(report, "kurier"), article([*report[:6], *sentences(20, 7)], "kurier", DAY)
    file(first)
    [link] = file(update).links
    assert (link.article_id, link.other_id, link.kind) == (update.id, first.id, LinkKind.FOLLOW_UP)
    with database.write() as connection:
        stories.add_links(connection, [StoryLink(article_id=update.id, other_id="gone", kind=LinkKind.REPLACES, containment=0.0)])
    assert {one.kind for one in read(stories.story_of, update.id).links} == {LinkKind.FOLLOW_UP, LinkKind.REPLACES}
    file(article(sentences(21, 10), "kurier", DAY, url=update.url))
    assert [one.kind for one in read(stories.story_of, update.id).links] == [LinkKind.REPLACES]


def test_the_store_gives_the_same_stories_as_the_window_in_memory(
    database: Database, file: Any, stream: Any, sentences: Any, article: Any
) -> None:
    made = mixed_articles(sentences, article)
    for one in made:
        stream.take(one)
        file(one)
    assert partition(database) == stream.partition()
    assert any(len(group) > 3 for group in stream.partition())
    check_invariants(database)


def test_templates_are_counted_by_day_and_their_places_are_dropped(
    database: Database, file: Any, sentences: Any, article: Any
) -> None:
    frame = sentences(22, 10)
    for day in range(6):
        file(article([*frame, f"Jutro {day} stopni."], "kurier", day * DAY))
    with database.read() as connection:
        rows = (
            connection.execute(sa.select(sa.func.count()).group_by(fingerprint_day.c.hash).select_from(fingerprint_day))
            .scalars()
            .all()
        )
        assert max(rows) == w.STOP_DAYS + 2
        posted = connection.execute(sa.select(sa.func.count()).select_from(story_posting)).scalar_one()
    assert posted < 20


def test_leaders_leave_the_window_after_two_weeks_and_a_revision_then_keeps_its_place(
    database: Database, file: Any, read: Any, sentences: Any, article: Any, credit: Any
) -> None:
    dispatch = sentences(23, 10)
    first, second = article(dispatch, "kurier"), article(dispatch, "goniec", 5)
    story_id = file(first).story_id
    file(second)
    file(article(sentences(24, 10), "echo", 20 * DAY))
    file(article(sentences(25, 10), "echo", 20 * DAY + 1))
    with database.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(story_leader)).scalar_one() == 2
    corrected = dataclasses.replace(second, attributions=(credit("pap"),))
    assert file(corrected).story_id == story_id
    assert read(stories.get_story, story_id).agency == "pap"
    check_invariants(database)


def test_two_writers_that_file_copies_at_once_make_one_story(
    database: Database, store: Any, sentences: Any, article: Any
) -> None:
    dispatch = sentences(26, 10)
    made = [article(dispatch, f"outlet{number}", number) for number in range(12)]

    def one(item: Any) -> None:
        with database.write() as connection:
            lock_stories(connection)
            join_story(connection, store(connection, item))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, made))
    assert partition(database) == {frozenset(item.id for item in made)}
    check_invariants(database)


def test_stories_are_listed_by_copies_time_and_number(file: Any, read: Any, sentences: Any, article: Any, start: Any) -> None:
    for number, copies in enumerate((1, 2, 3)):
        for copy in range(copies):
            file(article(sentences(30 + number, 10), f"outlet{copy}", number * DAY + copy))
    assert [len(one.members) for one in read(stories.list_stories, 2)] == [3, 2]
    assert [len(one.members) for one in read(stories.list_stories, 1)] == [3, 2, 1]
    assert [len(one.members) for one in read(stories.list_stories, 1, None, 1)] == [3]
    later = article(sentences(1, 1), "x", 2 * DAY - 1).published_at
    assert [len(one.members) for one in read(stories.list_stories, 1, later)] == [3]
    assert read(stories.get_story, "nothing") is None
    assert read(stories.story_of, "nothing") is None


ACTIONS = st.lists(
    st.tuples(st.sampled_from(("file", "file", "revise", "withdraw")), st.integers(0, 42), st.integers(0, 42)), max_size=40
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ACTIONS)
def test_any_order_of_filing_revising_and_withdrawing_keeps_the_invariants(
    sqlite_database: Database, store: Any, sentences: Any, article: Any, actions: list[tuple[str, int, int]]
) -> None:
    made = mixed_articles(sentences, article)
    with sqlite_database.write() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
    for kind, number, other in actions:
        one, text = made[number], made[other]
        with sqlite_database.write() as connection:
            if kind == "withdraw":
                leave_story(connection, one.id)
                continue
            if kind == "revise":
                one = dataclasses.replace(one, text=text.text, fingerprint=text.fingerprint)
            change = join_story(connection, store(connection, one))
            assert stories.story_id_of(connection, one.id) == change.story_id
    check_invariants(sqlite_database)
    check_roles(sqlite_database)


def mixed_articles(sentences: Any, article: Any) -> list[Any]:
    """Dispatches with cut, extended and merged copies, templates, updates and texts of their own, over four days."""
    made = []
    frame = sentences(50, 8)
    for number in range(6):
        dispatch, more = sentences(60 + number, 12), sentences(80 + number, 6)
        at = number * 900
        made += [
            article(dispatch, "pap", at), article(dispatch[:5], "kurier", at + 30), article([*dispatch, *more], "goniec", at + 50),
            article([*dispatch[3:], *more[:2]], "echo", at + 90), article(sentences(100 + number, 9), "kurier", at + 95),
            article([*frame, f"Numer {number} dnia."], "goniec", at + 100), article([*dispatch[:7], *sentences(120 + number, 8)], "pap", at + 1500),
        ]  # fmt: skip
    made.append(article([*sentences(60, 12), *sentences(61, 12)], "tygodnik", 1800))
    return sorted(made, key=lambda one: one.published_at)
