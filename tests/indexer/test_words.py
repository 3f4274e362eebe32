"""Tokens, stems, readings, and what a query word stands for."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.text import fold
from indexer import forms as forms_module
from indexer.dates import is_period, read_period
from indexer.document import Worded, search_words
from indexer.engine import FormTable
from indexer.expansion import QUERY_LIMIT, WORD_LIMIT, Expander, spoken_languages
from indexer.forms import SeenForms
from indexer.morphology import Reading, known_polish, readings
from indexer.nodes import AnyOf, Node, Period, Sequence, Word
from indexer.query import parse_query
from indexer.stemming import polish_stemmer
from indexer.store_forms import StoreForms
from indexer.tokens import TOKEN_LIMIT, WordMemory, fold_word, normal_text, tokens, words

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture(params=["file", "sqlite_database", pytest.param("postgres_database", marks=pytest.mark.postgresql)])
def forms(request: pytest.FixtureRequest, tmp_path: Path) -> FormTable:
    """Every kind of table of seen forms: the embedded index's file, and each kind of store."""
    if request.param == "file":
        return SeenForms(tmp_path / "forms.sqlite")
    return StoreForms(request.getfixturevalue(request.param))


def expand(forms: FormTable, text: str) -> Node:
    node = parse_query(text).node
    return Expander(forms, NOON, UTC, spoken_languages(node)).expand(node)


def stands_for(forms: FormTable, word: str) -> set[str]:
    node = expand(forms, word)
    assert isinstance(node, AnyOf)
    return set(node.forms)


# -- tokens ----------------------------------------------------------------------------------------------------------
def test_tokens_have_offsets_into_the_text_as_written() -> None:
    text = "Łódź, „K-141” i naïve: Straße"
    assert [text[one.start : one.end] for one in tokens(text)] == words(text) == ["Łódź", "K", "141", "i", "naïve", "Straße"]
    assert normal_text(text) == "lodz k 141 i naive strasse"


def test_letters_of_scripts_without_spaces_are_words_of_one_letter() -> None:
    assert words("東京は晴れ Tokio") == ["東", "京", "は", "晴", "れ", "Tokio"]


@given(st.text(max_size=80))
def test_an_index_token_holds_no_blank_and_is_the_same_for_text_and_query(text: str) -> None:
    for one in tokens(text):
        assert one.folded
        assert len(one.folded) <= TOKEN_LIMIT
        assert not any(char.isspace() for char in one.folded)
        assert one.folded == fold_word(one.written)
    assert len(normal_text(text).split()) == len(words(text))


@given(st.one_of(st.text(max_size=80), st.text(alphabet="aŻß½²_֑́ी東 -’İŁ１", max_size=40)))
def test_a_memory_of_words_gives_what_finding_them_gives_and_tells_what_it_met_first(text: str) -> None:
    memory = WordMemory(limit=3)
    for one in (text, text * TOKEN_LIMIT, text):
        assert memory.normal_text(one) == normal_text(one)
        assert len(memory) <= 3
    assert {word for written in memory.fresh for word in words(written)} == set(words(text) + words(text * TOKEN_LIMIT))


@given(st.text(max_size=80).filter(str.strip), st.integers(0, 450), st.sampled_from([None, "Lead: dwa słowa"]))
def test_a_document_s_words_are_the_same_found_with_a_memory_or_without_and_no_cut_word_is_learned(
    text: str, length: int, lead: str | None
) -> None:
    document = {"title": "Tytuł", "text": "słowo " * (length // 6) + text, "section": "Kraj", "lead": lead, "authors": ["Anna Żak"], "byline": "(żak)"}  # fmt: skip
    memory = WordMemory()
    assert search_words(Worded(document, memory)) == search_words(document)
    learned = {word for written in memory.fresh for word in words(written)}
    names = ("title", "text", "section", "byline")
    assert learned == {word for name in names for word in words(str(document[name]))} | {*words(lead or ""), "Anna", "Żak"}


@given(st.text(alphabet="aąbcćłóżź ŁÓ", max_size=30))
def test_polish_tokens_fold_as_fingerprints_do(text: str) -> None:
    assert normal_text(text) == " ".join(fold(text).split())


# -- stems and readings ----------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_our_reading_of_the_stemmer_s_table_agrees_with_the_package_that_ships_it() -> None:
    pystempel = pytest.importorskip("pystempel")
    theirs, ours = pystempel.Stemmer.polimorf(), polish_stemmer()
    assert ours is not None
    bases = "zełenski hurkacz startup prezydent warszawa żółty nawrocki ursula bitcoin łódź ełk xyz qwerty dłużnik".split()  # noqa: SIM905 - a list of words
    endings = (
        "",
        "a",
        "u",
        "owi",
        "em",
        "ie",
        "y",
        "ów",
        "ami",
        "ach",
        "ego",
        "emu",
        "im",
        "ej",
        "ą",
        "ę",
        "yli",
        "niejszy",
        "owanie",
    )
    for word in (base + ending for base in bases for ending in endings):
        assert (ours.stem(word) or word) == (theirs(word) or word), word


def test_the_stemmer_takes_any_text() -> None:
    stemmer = polish_stemmer()
    assert stemmer is not None
    assert stemmer.stem("zełenskiego") == "zełenski"
    for odd in ("", "a", "日本", "\x00", "x" * 5000):
        stemmer.stem(odd)


def test_polish_words_get_every_reading_and_names_a_stem() -> None:
    assert readings("mienie", "pl") >= {Reading("mienie"), Reading("mieć", is_verbal=True)}
    assert {one.lemma for one in readings("Warszawie", "pl")} == {"warszawa"}
    assert "procent" in {one.lemma for one in readings("proc", "pl")}
    assert known_polish("zełenskiemu") == frozenset()
    assert readings("Zełenskiemu", "pl") == {Reading("zełenski"), Reading("zełenskiemu")}


@pytest.mark.parametrize(
    ("language", "form", "lemma"),
    [("en", "presidents", "president"), ("de", "häuser", "haus"), ("uk", "президента", "президент"), ("ru", "москвы", "москва")],
)
def test_other_languages_have_their_lemmas_too(language: str, form: str, lemma: str) -> None:
    assert lemma in {one.lemma for one in readings(form, language)}


def test_a_language_without_a_word_list_leaves_words_as_they_are() -> None:
    assert readings("Słowa", "und") == {Reading("słowa")}


# -- seen forms and expansion ----------------------------------------------------------------------------------------
def test_a_word_stands_for_the_seen_forms_that_share_a_lemma_and_no_others(forms: FormTable) -> None:
    forms.add({"pl": ["Prezydenta i prezydentów, prezydencki, Warszawy, ludzi"]})
    assert stands_for(forms, "prezydent") == {"prezydent", "prezydenta", "prezydentow"}
    assert stands_for(forms, "prezydentami") == {"prezydentami", "prezydenta", "prezydentow"}
    assert stands_for(forms, "człowiek") == {"czlowiek", "ludzi"}
    assert stands_for(forms, "kot") == {"kot"}


def test_a_name_that_no_dictionary_knows_is_found_from_every_form(forms: FormTable) -> None:
    forms.add({"pl": ["Zełenskiego, Zełenskiemu"]})
    for asked in ("Zełenski", "Zełenskiego", "Zełenskim", "zelenski", "zelenskiego"):
        assert stands_for(forms, asked) >= {"zelenskiego", "zelenskiemu"}, asked


def test_a_word_typed_without_diacritics_stands_for_what_it_may_mean(forms: FormTable) -> None:
    forms.add({"pl": ["w Łodzi, sądu, sadu"]})
    assert stands_for(forms, "lodz") == {"lodz", "lodzi"}
    assert stands_for(forms, "sad") == {"sad", "sadu"}
    assert stands_for(forms, "Łódź") == {"lodz", "lodzi"}


def test_a_base_form_does_not_bring_the_verb_whose_form_it_may_also_be(forms: FormTable) -> None:
    forms.add({"pl": ["mienia, miał, mają, ma"]})
    assert stands_for(forms, "mienie") == {"mienie", "mienia"}
    assert stands_for(forms, "miała") >= {"mial", "maja", "ma"}


def test_a_base_form_keeps_its_other_nominal_readings(forms: FormTable) -> None:
    forms.add({"pl": ["Polską, polskiego"]})
    assert stands_for(forms, "Polski") == {"polski", "polska", "polskiego"}


def test_the_exact_mark_and_numbers_are_not_expanded(forms: FormTable) -> None:
    forms.add({"pl": ["Warszawie, 2026"]})
    assert stands_for(forms, '="Warszawa"') == {"warszawa"}
    assert stands_for(forms, "2026") == {"2026"}


def test_each_place_of_a_phrase_is_expanded(forms: FormTable) -> None:
    forms.add({"pl": ["prezydentów miast"]})
    node = expand(forms, '"prezydent miasta"')
    assert node == Sequence((AnyOf(("prezydent", "prezydentow")), AnyOf(("miasta", "miast"))))


def test_languages_are_told_apart_when_the_query_names_one(forms: FormTable) -> None:
    forms.add({"en": ["lists"], "pl": ["listu"]})
    assert stands_for(forms, "list") == {"list", "lists", "listu"}
    node = expand(forms, "list language:en")
    assert AnyOf(("list", "lists")) in getattr(node, "children", ())


def test_a08_an_expansion_is_capped_per_word_and_per_query(forms: FormTable, monkeypatch: pytest.MonkeyPatch) -> None:
    lemmas = {f"f{lemma}x{number}": f"lemat{lemma}" for lemma in range(8) for number in range(400)}
    monkeypatch.setattr(forms_module, "readings", lambda form, _: {Reading(lemmas[form])})
    forms.add({"und": lemmas})
    expander = Expander(forms, NOON, UTC)
    found = [expander.expand(Word(f"lemat{lemma}")) for lemma in range(8)]
    sizes = [len(one.forms) for one in found if isinstance(one, AnyOf)]
    assert sizes[:4] == [WORD_LIMIT] * 4
    assert all(size == 1 for size in sizes[4:])
    assert sum(sizes) <= QUERY_LIMIT + 4
    assert expander.is_cut
    assert [one.forms[0] for one in found if isinstance(one, AnyOf)] == [f"lemat{lemma}" for lemma in range(8)]


def test_a08_a_word_that_stands_again_in_a_query_counts_again(forms: FormTable, monkeypatch: pytest.MonkeyPatch) -> None:
    """A phrase of one word 128 times held a search server up for ten seconds."""
    monkeypatch.setattr(forms_module, "readings", lambda form, _: {Reading("lemat")})
    forms.add({"und": [f"f{number}" for number in range(400)]})
    expander = Expander(forms, NOON, UTC)
    found = expander.expand(parse_query('"' + "lemat " * 128 + '"').node)
    assert isinstance(found, Sequence)
    sizes = [len(part.forms) for part in found.parts if isinstance(part, AnyOf)]
    assert sizes == [WORD_LIMIT] * 4 + [1] * 124
    assert expander.is_cut
    assert len(expander.expansion["lemat"]) == WORD_LIMIT


def test_adding_forms_again_adds_none_also_from_another_process(tmp_path: Path) -> None:
    one, other = SeenForms(tmp_path / "forms.sqlite"), SeenForms(tmp_path / "forms.sqlite")
    assert one.add({"pl": ["Warszawa Warszawy 2026"]}) == 2
    assert one.add({"pl": ["warszawa"]}) == 0
    assert SeenForms(tmp_path / "forms.sqlite").add({"pl": ["warszawy"]}) == 0
    assert other.add({"pl": ["warszawa"]}) in (0, 1)
    assert SeenForms(tmp_path / "forms.sqlite").forms(["warszawa"], "pl") == {"warszawa", "warszawy"}


# -- dates -----------------------------------------------------------------------------------------------------------
def test_dates_begin_at_midnight_of_the_reader_s_zone_also_when_clocks_change() -> None:
    from zoneinfo import ZoneInfo

    warsaw = ZoneInfo("Europe/Warsaw")
    day = read_period("2026-10-25", NOON, warsaw)
    assert day.start
    assert day.end
    assert (day.start.astimezone(UTC).isoformat(), day.end.astimezone(UTC).isoformat()) == (
        "2026-10-24T22:00:00+00:00", "2026-10-25T23:00:00+00:00",
    )  # fmt: skip
    assert read_period("2026-12", NOON, UTC) == Period(datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    assert read_period("2026", NOON, UTC).end == datetime(2027, 1, 1, tzinfo=UTC)
    assert read_period("P1DT12H", NOON, UTC) == Period(datetime(2026, 11, 23, 0, 0, tzinfo=UTC), None)
    assert read_period("..2026-11-24", NOON, UTC) == Period(None, datetime(2026, 11, 25, tzinfo=UTC))
    assert read_period("2026-11-24T10:00Z", NOON, UTC).start == datetime(2026, 11, 24, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "..", "P", "PT", "0001-01-01", "9999", "2026-13", "2026-11-31", "2026-11-24T25:00", "P1D..P2D", "-"]
)
def test_f23_what_is_no_date_is_told_from_what_is_one(text: str) -> None:
    assert not is_period(text)


@given(st.text(alphabet="0123456789-.PDTHMWZ:+", max_size=30))
def test_any_text_is_a_period_or_not(text: str) -> None:
    if is_period(text):
        read_period(text, NOON, UTC)
