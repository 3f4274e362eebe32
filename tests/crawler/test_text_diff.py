"""The word diff: what it promises of any two texts, what a reader sees of real changes, and its cost on hostile texts."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.text_diff import PieceKind, TextDiff, count_words, diff_texts

WORDS = st.sampled_from(
    ["Rada", "gminy", "w", "i", "120", "210", "1 200", "most", ",", ".", "„", "\n\n", "  ", "ż-ź", "3,5", "\u00a0"]
)
TEXTS = st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=60).map(" ".join), st.lists(WORDS, max_size=40).map("".join))


def sides(diff: TextDiff) -> tuple[str, str]:
    both = ["".join(one.text for one in diff.pieces if one.kind is not left) for left in (PieceKind.ADDED, PieceKind.CUT)]
    return both[0], both[1]


def marked(before: str, after: str) -> str:
    frames = {PieceKind.KEPT: "{}", PieceKind.CUT: "[-{}-]", PieceKind.ADDED: "[+{}+]"}
    return "".join(frames[one.kind].format(one.text) for one in diff_texts(before, after).pieces)


@given(TEXTS, TEXTS)
def test_kept_and_cut_are_the_first_text_and_kept_and_added_the_second(before: str, after: str) -> None:
    diff = diff_texts(before, after)
    assert sides(diff) == (before, after)
    assert all(one.text for one in diff.pieces)
    assert all(one.kind is not other.kind for one, other in zip(diff.pieces, diff.pieces[1:], strict=False))
    assert (diff.kept + diff.cut, diff.kept + diff.added) == (count_words(before), count_words(after))


@given(TEXTS)
def test_a_text_beside_itself_is_kept_whole(text: str) -> None:
    diff = diff_texts(text, text)
    assert diff.is_same and not diff.numbers and not diff.cut and not diff.added


@given(st.lists(st.text("abcdefgh", min_size=3, max_size=8), min_size=30, max_size=80, unique=True), st.data())
def test_a_passage_taken_out_is_the_only_thing_that_is_cut(words: list[str], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(words) - 10))
    diff = diff_texts(" ".join(words), " ".join(words[:start] + words[start + 10 :]))
    assert (diff.cut, diff.added) == (10, 0)


def test_a_corrected_number_is_listed_with_the_words_around_it() -> None:
    before = "Strażacy ugasili halę. Ewakuowano 120 pracowników, trzy osoby trafiły do szpitala."
    after = before.replace("120", "210")
    assert marked(before, after) == before.replace(" 120", "[- 120-][+ 210+]")
    (number,) = diff_texts(before, after).numbers
    assert (number.before, number.after, number.around) == ("120", "210", "halę. Ewakuowano 210 pracowników, trzy")


@pytest.mark.parametrize(
    ("before", "after", "numbers"),
    [
        ("koszt 1 200 zł rocznie", "koszt 1 300 zł rocznie", [("1 200", "1 300")]),
        ("o 9.30 w sali", "o 10:15 w sali", [("9.30", "10:15")]),
        ("wzrost o 3,5 proc. rok do roku", "wzrost o 3,5 procent rok do roku", []),
        ("było 7 osób", "było 7 osób i 2 psy", []),
        ("rannych jest 7 osób", "rannych jest siedem osób", [("7", None)]),
    ],
)
def test_numbers_are_compared_where_words_were_replaced(before: str, after: str, numbers: list[tuple[str, str]]) -> None:
    assert [(one.before, one.after) for one in diff_texts(before, after).numbers] == numbers


def test_a_paragraph_left_out_is_cut_from_its_beginning_on() -> None:
    first, second, third = "Dane zebrano latem.", "Dane są pełne. Zebrano je latem.", "Dane opublikowano."
    text = "\n\n".join((first, second, third))
    assert marked(text, f"{first}\n\n{third}") == f"{first}[-\n\n{second}-]\n\n{third}"


def test_small_words_between_two_rewritten_passages_are_not_kept() -> None:
    before = "Prezydent przyjechał wczoraj rano w deszczu do miasta nad rzeką."
    after = "Głowa państwa zjawiła się niespodzianie w asyście czterech ministrów nad rzeką."
    assert marked(before, after).endswith(" nad rzeką.")
    assert marked(before, after).count("[-") == 1


def test_two_last_sentences_that_have_nothing_in_common_do_not_share_their_full_stop() -> None:
    before, after = "Zaczęło się rano. Potem przyszedł wielki deszcz.", "Zaczęło się rano. Nikt nie wiedział, co robić."
    assert marked(before, after) == "Zaczęło się rano.[- Potem przyszedł wielki deszcz.-][+ Nikt nie wiedział, co robić.+]"
    assert marked("Koszt to 120.", "Koszt to 210.") == "Koszt to[- 120-][+ 210+]."


@pytest.mark.parametrize("kind", ["one word", "two words", "three letters", "numbers", "moved halves", "edited"])
def test_long_and_hostile_texts_cost_less_than_two_seconds(kind: str) -> None:
    chance, size = random.Random(5), 20_000
    words = [f"słowo{chance.randrange(4000)}" for _ in range(size)]
    before, after = {
        "one word": ("a " * size, "a " * (size - 1)),
        "two words": ("a " * size, "a b " * (size // 2)),
        "three letters": (" ".join(chance.choices("abc", k=size)), " ".join(chance.choices("abc", k=size))),
        "numbers": (" ".join(map(str, range(size))), " ".join(map(str, range(size, 0, -1)))),
        "moved halves": (" ".join(words), " ".join(words[size // 2 :] + words[: size // 2])),
        "edited": (" ".join(words), " ".join(word for word in words if chance.random() > 0.1)),
    }[kind]
    start = time.process_time()
    diff = diff_texts(before, after)
    assert time.process_time() - start < 2
    assert sides(diff) == (before, after)
