"""Cleaning at the boundary and the fold of letters."""

from __future__ import annotations

import itertools
import json
import sqlite3
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler import text as module
from crawler.text import clean, clean_line, clean_paragraphs, fold, unescape

ANY = st.text(st.characters(exclude_categories=()), max_size=60)


@given(ANY)
def test_f22_cleaned_text_can_be_stored_sent_and_printed_and_stays_as_it_is(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert unicodedata.is_normalized("NFC", once)
    json.loads(json.dumps(once, ensure_ascii=False).encode("utf-8"))
    assert sqlite3.connect(":memory:").execute("SELECT ?", (once,)).fetchone() == (once,)


@pytest.mark.parametrize(
    "bad",
    [
        "\x00",
        "\x07",
        "\x1b",
        "\x9b",
        "\ud800",
        "\udfff",
        "\ufffe",
        "\uffff",
        "\U0010fffe",
        "\u202e",
        "\u2066",
        "\u200b",
        "\ufeff",
    ],
)
def test_f22_controls_surrogates_noncharacters_and_bidi_marks_go(bad: str) -> None:
    assert clean(f"Wars{bad}zawa") == "Warszawa"


def test_f22_a_hundred_thousand_combining_marks_are_cut_to_a_few() -> None:
    assert len(clean("a" + "\u0301" * 100_000 + "b")) < 20


def test_a07_an_escape_sequence_of_a_terminal_loses_its_escape() -> None:
    assert "\x1b" not in clean_line("\x1b[31mPilne\x1b[0m \x1b]0;tytuł\x07")


@given(ANY)
def test_a_line_has_no_breaks_and_no_double_blanks(text: str) -> None:
    line = clean_line(text)
    assert "\n" not in line and "  " not in line and line == line.strip()


def test_paragraphs_are_joined_by_one_blank_line() -> None:
    assert clean_paragraphs(" Pierwszy \r\n\r\n\u00a0 Drugi\u2028Trzeci ") == "Pierwszy\n\nDrugi\n\nTrzeci"


@given(ANY)
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("text", "folded"),
    [("Łódź", "lodz"), ("ŻÓŁW", "zolw"), ("Straße", "strasse"), ("Šťastný", "stastny"), ("„Tak”", '"tak"'), ("2026", "2026")],
)
def test_letters_are_folded_for_every_language(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_references_escaped_twice_are_resolved() -> None:
    assert unescape("PiS &amp;quot;wygrywa&amp;quot; &amp; rz&oacute;dzi") == 'PiS "wygrywa" & rzódzi'


def test_what_is_called_plain_needs_no_cleaning() -> None:
    plain = [chr(code) for code in range(0x3000) if module._PLAIN.fullmatch(chr(code))]
    assert len(plain) > 700
    for char in plain:
        assert not module._UNWANTED.search(char) and not module._BREAKS.search(char), hex(ord(char))
        assert unicodedata.normalize("NFC", char) == char and not unicodedata.combining(char), hex(ord(char))
    for pair in itertools.product(plain[::7], plain):
        assert unicodedata.normalize("NFC", "".join(pair)) == "".join(pair), pair
