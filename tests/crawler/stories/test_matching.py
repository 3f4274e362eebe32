"""The parts of the method, one by one, over a window in memory."""

from __future__ import annotations

import itertools
from typing import Any

from crawler.model.story import LinkKind
from crawler.stories import window as w
from crawler.stories.joining import link_kind

DAY = 24 * 60


def in_one_story(stream: Any, *articles: Any) -> bool:
    return len({stream.story_of[one.id] for one in articles}) == 1


def test_a_text_carried_word_for_word_is_a_copy(stream: Any, sentences: Any, article: Any) -> None:
    dispatch = sentences(1, 12)
    first, second = article(dispatch, "kurier"), article(dispatch, "goniec", 30)
    assert stream.take(first).leads
    decision = stream.take(second)
    assert in_one_story(stream, first, second)
    assert decision.match.score > 2.9


def test_a_cut_text_an_extended_one_and_one_with_every_sixth_word_changed_are_copies(
    stream: Any, sentences: Any, article: Any
) -> None:
    dispatch = sentences(2, 15)
    first = article(dispatch, "kurier")
    cut = article(dispatch[:5], "goniec", 10)
    extended = article(dispatch + sentences(3, 8), "echo", 20)
    words = [" ".join("xxx" if place % 6 == 5 else word for place, word in enumerate(line.split())) for line in dispatch]
    edited = article(words, "wieczorny", 30)
    for one in (first, cut, extended, edited):
        stream.take(one)
    assert in_one_story(stream, first, cut, extended, edited)


def test_a_brief_of_one_sentence_joins_the_dispatch_it_opens(stream: Any, sentences: Any, article: Any) -> None:
    dispatch = sentences(4, 12)
    first, brief = article(dispatch), article(dispatch[:1], "goniec", 5)
    stream.take(first)
    stream.take(brief)
    assert in_one_story(stream, first, brief)


def test_other_texts_and_a_shared_quotation_are_no_copies(stream: Any, sentences: Any, article: Any) -> None:
    quotation = sentences(5, 2)
    first = article([*sentences(6, 8), *quotation, *sentences(7, 6)])
    second = article([*sentences(8, 7), *quotation, *sentences(9, 7)], "goniec", 60)
    stream.take(first)
    assert stream.take(second).opens
    assert stream.take(article(sentences(10, 12), "echo", 70)).links == ()


def test_half_a_text_taken_over_is_a_link_and_no_copy(stream: Any, sentences: Any, article: Any) -> None:
    dispatch = sentences(11, 20)
    stream.take(article(dispatch))
    decision = stream.take(article([*sentences(12, 26), *dispatch[11:19]], "goniec", 60))
    assert decision.opens
    [match] = decision.links
    assert link_kind(match, (), ()) is LinkKind.PARTLY_REUSED
    assert link_kind(match, ("pap",), ("reuters",)) is LinkKind.SECOND_SOURCE
    assert link_kind(match, ("pap", "reuters"), ("reuters",)) is LinkKind.PARTLY_REUSED


def test_an_outlets_own_update_on_the_next_day_follows_up_and_is_no_copy(stream: Any, sentences: Any, article: Any) -> None:
    report = sentences(13, 12)
    update = [*report[:6], *sentences(14, 7)]
    stream.take(article(report, "kurier"))
    decision = stream.take(article(update, "kurier", DAY))
    assert decision.opens
    assert [link_kind(match, (), ()) for match in decision.links] == [LinkKind.FOLLOW_UP]


def test_the_same_update_at_another_outlet_or_within_hours_is_a_copy(stream: Any, sentences: Any, article: Any) -> None:
    report = sentences(13, 12)
    update = [*report[:6], *sentences(14, 7)]
    first, soon, elsewhere = article(report, "kurier"), article(update, "kurier", 120), article(update, "goniec", DAY)
    for one in (first, soon, elsewhere):
        stream.take(one)
    assert in_one_story(stream, first, soon, elsewhere)


def test_an_outlet_that_prints_its_text_again_unchanged_carries_the_same_story(stream: Any, sentences: Any, article: Any) -> None:
    report = sentences(15, 12)
    first, again = article(report, "kurier"), article(report, "kurier", DAY)
    stream.take(first)
    stream.take(again)
    assert in_one_story(stream, first, again)


def test_template_texts_are_no_stories(stream: Any, sentences: Any, article: Any) -> None:
    """A weather report: the same frame every day, three outlets, other numbers."""
    frame = sentences(16, 12)
    made = []
    for day in range(8):
        for outlet in ("kurier", "goniec", "echo"):
            one = article([*frame, f"Jutro {day} stopni oraz {outlet} wiatr."], outlet, day * DAY + len(made))
            made.append(one)
            stream.take(one)
    late = [one for one in made if (one.published_at - made[0].published_at).days >= 4]
    assert all(len(stream.members[stream.story_of[one.id]]) == 1 for one in late)


def test_a_dispatch_that_forty_outlets_carry_on_one_day_is_no_template(stream: Any, sentences: Any, article: Any) -> None:
    dispatch = sentences(17, 10)
    made = [article(dispatch, f"outlet{number}", number) for number in range(40)]
    for one in made:
        stream.take(one)
    assert in_one_story(stream, *made)


def test_a_reprint_on_the_third_day_is_found_and_after_the_window_it_is_not(stream: Any, sentences: Any, article: Any) -> None:
    dispatch = sentences(18, 10)
    first, third = article(dispatch, "kurier"), article(dispatch, "goniec", 2 * DAY)
    other = sentences(19, 10)
    early, late = article(other, "kurier"), article(other, "echo", 6 * DAY)
    for one in (first, early, third, late):
        stream.take(one)
    assert in_one_story(stream, first, third)
    assert not in_one_story(stream, early, late)


def test_reprints_on_every_second_day_are_one_story_though_the_first_left_the_window(
    stream: Any, sentences: Any, article: Any
) -> None:
    dispatch = sentences(20, 10)
    made = [article(dispatch, f"outlet{day}", day * DAY) for day in (0, 2, 4, 6)]
    for one in made[:3]:
        stream.take(one)
    assert in_one_story(stream, *made[:3])
    stream.take(made[3])  # of a text met on three other days nobody knows any longer whether it is a template
    assert not in_one_story(stream, *made)


def test_a_much_longer_version_leads_too_and_its_own_copies_are_found(stream: Any, sentences: Any, article: Any) -> None:
    flash, rest, more = sentences(19, 6), sentences(20, 12), sentences(21, 3)
    first, long = article(flash), article(flash + rest, "goniec", 30)
    tail = article(flash[2:] + rest + more, "echo", 60)
    stream.take(first)
    assert stream.take(long).leads
    decision = stream.take(tail)
    assert decision.match is not None
    assert decision.match.leader.article_id == long.id


def test_a_chain_of_versions_does_not_swallow_what_has_nothing_of_the_first(stream: Any, sentences: Any, article: Any) -> None:
    parts = [sentences(60 + number, 12) for number in range(7)]
    made = [article(one + two, f"outlet{place}", 30 * place) for place, (one, two) in enumerate(itertools.pairwise(parts))]
    for one in made:
        stream.take(one)
    sizes = sorted(len(ids) for ids in stream.members.values() if ids)
    assert sizes[-1] <= 3
    assert not in_one_story(stream, made[0], made[3])


def test_a_full_text_merges_the_stories_of_its_parts_and_the_first_ones_id_stays(
    stream: Any, sentences: Any, article: Any
) -> None:
    one, two = sentences(25, 8), sentences(26, 6)
    first, other, whole = article(one), article(two, "goniec", 5), article([*one, *two, *sentences(27, 1)], "echo", 20)
    stream.take(first)
    stream.take(other)
    decision = stream.take(whole)
    assert decision.story_id == f"story 0 of {first.id}"
    assert decision.moves.absorbed == {f"story 0 of {other.id}": f"story 0 of {first.id}"}
    assert in_one_story(stream, first, other, whole)


def test_a18_one_outlet_cannot_flood_a_story(stream: Any, sentences: Any, article: Any) -> None:
    dispatch = sentences(28, 10)
    stream.take(article(dispatch, "kurier"))
    for number in range(3 * w.MAX_OF_OUTLET):
        stream.take(article([*dispatch, f"Numer {number} koniec."], "spam", 1 + number))
    honest = article(dispatch, "goniec", 200)
    stream.take(honest)
    own = stream.members[stream.story_of[honest.id]]
    assert len(own) == w.MAX_OF_OUTLET + 2
    assert all(len(ids) <= w.MAX_OF_OUTLET + 2 for ids in stream.members.values())


def test_a18_no_story_grows_beyond_its_cap(stream: Any, sentences: Any, article: Any) -> None:
    dispatch = sentences(29, 4)
    for number in range(w.MAX_MEMBERS + 60):
        stream.take(article([*dispatch, f"Numer {number} koniec."], f"outlet{number}", number / 10))
    sizes = sorted(len(ids) for ids in stream.members.values())
    assert sizes == [60, w.MAX_MEMBERS]


def test_the_window_lets_go_of_everything_that_has_passed(stream: Any, sentences: Any, article: Any) -> None:
    for number in range(30):
        stream.take(article(sentences(100 + number, 6), "kurier", number * DAY))
    assert len(stream.window._leaders) <= w.WINDOW.days + 1
    assert len(stream.window._places) < 30 * 6 * 16
    assert set(itertools.chain.from_iterable(stream.window._hashes.values())) == set(stream.window._places)


def test_a_text_without_words_opens_a_story_of_its_own(stream: Any, article: Any) -> None:
    first, second = article(["Nie."], "kurier"), article(["Nie."], "goniec", 1)
    stream.take(first)
    assert stream.take(second).opens


def test_a_text_of_one_fingerprint_met_on_many_days_is_a_template(stream: Any, article: Any) -> None:
    for day in range(8):
        decision = stream.take(article(["Ta strona jest dziś czasowo niedostępna."], "kurier", day * DAY))
    assert decision.opens
    assert decision.live == ()
    assert not decision.live_grams.any()
