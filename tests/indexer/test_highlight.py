"""Marks and snippets."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from indexer.highlight import SNIPPET_LENGTH, Highlighter, beginning
from indexer.nodes import And, AnyOf, Filter, Node, Not, Or, Prefix, Sequence

PRESIDENT = AnyOf(("prezydent", "prezydenta", "prezydentow"))
CITY = AnyOf(("miasta", "miast"))


def marked(node: Node, text: str, field: str = "text") -> list[str]:
    return [text[start:end] for start, end in Highlighter.of(node).marks(text, field)]


def test_every_form_is_marked_as_it_is_written() -> None:
    assert marked(PRESIDENT, "Prezydenta PREZYDENTÓW prezydencki") == ["Prezydenta", "PREZYDENTÓW"]


def test_a_phrase_is_marked_whole_and_its_words_alone_are_not() -> None:
    text = "Prezydenta kraju, prezydentów miast i miasta"
    assert marked(Sequence((PRESIDENT, CITY)), text) == ["prezydentów miast"]
    assert marked(Sequence((PRESIDENT, Prefix("mia"))), text) == ["prezydentów miast"]


def test_a_prefix_marks_the_whole_word() -> None:
    assert marked(Prefix("lodz"), "Łódzki i łódzka w Łodzi, lód") == ["Łódzki", "łódzka", "Łodzi"]


def test_what_is_negated_or_filtered_is_not_marked() -> None:
    node = And((PRESIDENT, Not(CITY), Filter("outlet", "miasta")))
    assert marked(node, "prezydent miasta") == ["prezydent"]
    assert marked(Or((PRESIDENT, CITY)), "prezydent miasta") == ["prezydent", "miasta"]


def test_a_word_sought_in_one_field_is_marked_there() -> None:
    assert marked(AnyOf(("anna",), "author"), "Anna w tekście") == []
    assert marked(AnyOf(("anna",), "author"), "Anna Żak", "author") == ["Anna"]
    assert marked(AnyOf(("kot",), "title"), "kot", "title") == ["kot"]
    assert marked(AnyOf(("kot",), "title"), "kot") == []


def test_a_snippet_shows_the_place_with_the_most_different_words() -> None:
    filler = "Zdanie o niczym, które się ciągnie. " * 20
    text = f"prezydent prezydent {filler}\n\nPrezydenta przyjęto w ratuszu miasta. {filler}"
    [best] = Highlighter.of(And((PRESIDENT, CITY))).snippets(text, 1)
    assert [best.text[start:end] for start, end in best.marks] == ["Prezydenta", "miasta"]
    assert best.cut_before
    assert best.cut_after
    assert len(best.text) <= SNIPPET_LENGTH
    assert "\n" not in best.text


def test_snippets_stand_in_the_order_of_the_text_and_do_not_overlap() -> None:
    filler = "Zdanie o niczym, które się ciągnie. " * 20
    first, second = Highlighter.of(Or((PRESIDENT, CITY))).snippets(f"miasta {filler} prezydent i miasta {filler}", 2)
    assert [len(first.marks), len(second.marks)] == [1, 2]


def test_a_snippet_over_paragraphs_is_one_line_and_its_marks_move_along() -> None:
    [snippet] = Highlighter.of(Or((PRESIDENT, CITY))).snippets("O, prezydent.\n\n\tI  miasta\n", 1)
    assert snippet.text == "O, prezydent. I miasta "
    assert [snippet.text[start:end] for start, end in snippet.marks] == ["prezydent", "miasta"]


def test_a_text_without_a_find_gives_no_snippet_but_has_a_beginning() -> None:
    assert Highlighter.of(PRESIDENT).snippets("nic tu nie ma") == ()
    assert beginning("nic tu nie ma").text == "nic tu nie ma"
    assert beginning("słowo " * 100).cut_after


def test_f20_a_text_of_ten_megabytes_in_one_line_is_marked_in_passing() -> None:
    text = "prezydent " + "x" * 10_000_000
    assert Highlighter.of(PRESIDENT).snippets(text)[0].text


@given(st.text(alphabet="ab łódźŁ\n.,-\u0301", max_size=400), st.integers(1, 3))
def test_marks_lie_in_order_within_their_snippet(text: str, count: int) -> None:
    for snippet in Highlighter.of(Or((AnyOf(("a", "b")), Prefix("lo"), Sequence((AnyOf(("a",)), AnyOf(("b",))))))).snippets(
        text, count
    ):
        ends = [0, *(place for mark in snippet.marks for place in mark)]
        assert ends == sorted(ends)
        assert ends[-1] <= len(snippet.text)
        assert snippet.marks
