"""What fingerprints promise: shared runs share hashes, frames and spelling leave no trace, nothing breaks them."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from crawler.fingerprints import (
    GRAM_WORDS,
    MAX_WORDS,
    WINDOW_GRAMS,
    comparable_lines,
    fingerprint,
    fingerprint_and_grams,
    grams_of,
)
from crawler.model.article import Fingerprint
from crawler.store.rows import pack_fingerprint, unpack_fingerprint
from crawler.text import fold

BODY = (
    "Rada miasta przyjęła we wtorek plan budowy dwóch linii tramwajowych na prawym brzegu rzeki, choć opozycja wstrzymała się od głosu. "
    "Prace ruszą wiosną przyszłego roku i potrwają trzydzieści miesięcy, a ruch samochodów skierują na most kolejowy."
)
WORDS = st.text(alphabet="abcdefghij", min_size=2, max_size=7)


def shared(one: Fingerprint, two: Fingerprint) -> float:
    """Share of the first one's hashes in the second."""
    return len(set(one.hashes) & set(two.hashes)) / max(1, len(set(one.hashes)))


@given(st.lists(WORDS, min_size=6, max_size=12), st.lists(WORDS, max_size=30), st.lists(WORDS, max_size=30))
def test_texts_that_share_a_run_of_six_words_share_a_hash(run: list[str], before: list[str], after: list[str]) -> None:
    assert len(run) >= GRAM_WORDS + WINDOW_GRAMS - 1
    one = fingerprint("", " ".join([*before, *run, *after, "koniec."]))
    two = fingerprint("", " ".join([*after, "inaczej", *run, *before, "koniec."]))
    assert set(one.hashes) & set(two.hashes)


def test_letters_marks_quotes_and_escapes_make_no_difference() -> None:
    plain = fingerprint(
        "", 'Prezydent Łodzi powiedział: "nie będzie zgody" - i wyszedł z sali, a za nim cała delegacja z Wrocławia.'
    )
    other = fingerprint(
        "", "PREZYDENT LODZI POWIEDZIAL: &bdquo;nie będzie zgody&rdquo; – i wyszedł z sali, a za nim cała delegacja z Wrocławia."
    )
    assert plain.hashes == other.hashes


def test_frames_around_a_text_leave_no_trace() -> None:
    framed = "\n\n".join(
        (
            "Plan dla tramwajów", "aml/PAP", "fot. Jan Kowalski/PAP",
            "Tramwaj na moście w Gliwicach, widok od strony zajezdni przy ulicy Długiej (Anna Lis/Agencja Zdjęciowa)",
            BODY, "Czytaj także: Most zamknięty do piątku", "Źródło: PAP", "Zostaw odpowiedź",
        )
    )  # fmt: skip
    assert fingerprint("Plan dla tramwajów", framed).hashes == fingerprint("Inny tytuł", BODY).hashes


def test_a_title_repeated_in_the_text_does_not_count_and_a_sentence_does() -> None:
    lines = comparable_lines(
        "Rada zgodziła się na budowę tramwaju, most poczeka!", f"Rada zgodziła się na budowę tramwaju, most poczeka!\n\n{BODY}"
    )
    assert len(lines) == 1


def test_a_brief_of_one_line_has_a_fingerprint_though_it_looks_like_a_heading() -> None:
    assert fingerprint("", "Zmarł poeta Jan Okoń, miał 90 lat").hashes


def test_a_gallery_is_its_captions() -> None:
    captions = "\n".join(
        f"Widok numer {place} na stary port i nowe nabrzeże w sobotę po południu (Anna Lis/Obraz)" for place in range(5)
    )
    assert fingerprint("", f"Port w obiektywie\n{captions}").hashes


def test_fewer_than_three_words_give_no_hash() -> None:
    assert fingerprint("", "Nie żyje.") == Fingerprint(words=2)
    assert fingerprint("", "") == Fingerprint()


def test_hashes_are_the_same_for_ever_because_they_are_kept() -> None:
    found = fingerprint("", "Ala ma kota, a kot ma Alę i nie wie, co z tym zrobić.")
    assert (found.hashes, found.positions) == (PINNED, PINNED_PLACES)


def test_positions_rise_and_every_hash_stands_once() -> None:
    text = " ".join([BODY, BODY])
    found = fingerprint("", text)
    assert list(found.positions) == sorted(found.positions)
    assert len(set(found.hashes)) == len(found.hashes) == len(found.positions)


def test_a_text_of_a_million_words_costs_no_more_than_its_beginning() -> None:
    chance = random.Random(1)
    text = " ".join(chance.choice(("raz", "dwa", "trzy", "cztery", "pięć")) for _ in range(1_000_000))
    assert fingerprint("", text).words == MAX_WORDS


@given(st.text(), st.text())
def test_any_text_gives_a_fingerprint(title: str, text: str) -> None:
    found = fingerprint(title, text)
    assert all(0 <= one < 1 << 64 for one in found.hashes)


PINNED = (8501872341767199959, 1066831599972076227, 3359293458573823605, 5555124931854359751)
PINNED_PLACES = (3, 5, 6, 9)


def test_lines_of_figures_are_content_and_a_heading_without_figures_is_not() -> None:
    results = "Zysk 28 groszy wobec 21\nPrzychody 34,0 mln wobec 12,8 mln\nDziewięć miesięcy"
    notes = "Dane na akcję uwzględniają podział akcji w stosunku dwa do jednego, który spółka przeprowadziła w czerwcu tego roku."
    whole, cut = fingerprint("", f"{results}\n{notes}"), fingerprint("", results)
    assert shared(cut, whole) >= 0.5
    assert comparable_lines("", f"{results}\n{notes}") == [
        "zysk 28 groszy wobec 21",
        "przychody 34,0 mln wobec 12,8 mln",
        fold(notes),
    ]


def test_the_grams_are_all_of_which_the_fingerprint_was_chosen() -> None:
    found, grams = fingerprint_and_grams("", BODY)
    assert len(grams) == found.words - GRAM_WORDS + 1
    assert [int(grams[place]) for place in found.positions] == [one >> 32 for one in found.hashes]
    assert fingerprint_and_grams("", "Dwa słowa")[1].tolist() == []


def test_an_article_hands_its_grams_on_and_one_from_the_store_has_them_cut_anew(make_article: Any) -> None:
    print_, grams = fingerprint_and_grams("", BODY)
    fresh = make_article(text=BODY, title="", fingerprint=print_)
    kept = replace(fresh, fingerprint=unpack_fingerprint(pack_fingerprint(print_)))
    assert kept.fingerprint.grams == b""
    assert grams_of(fresh).tolist() == grams_of(kept).tolist() == grams.tolist()
    assert kept == fresh, "the grams follow from the text: no change to be filed"
