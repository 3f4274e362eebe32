"""Which lemmas a word form may belong to, by language. Pure but for the dictionaries; knows no index and no query.

Polish: every reading that morfeusz2 gives (SGJP), because the first lemma alone loses nine points of recall (SEARCH.md);
a word it does not know (names, new words) gets the stem of the polimorf table beside itself. Where morfeusz2 has no
wheel (Linux on ARM), simplemma stands in. Other languages: simplemma, one lemma. Unknown languages: the word itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from indexer.stemming import polish_stemmer

VERBAL = frozenset(
    ("ger", "pact", "ppas", "praet", "fin", "impt", "imps", "inf", "pcon", "pant", "bedzie", "aglt", "winien", "cond")
)
"""morfeusz2's classes of verb forms, participles and gerunds included."""
_ABBREVIATION = range(2, 6)
"""Letters of a word that is also tried as an abbreviation ("proc." is procent); one letter means too much."""


@dataclass(frozen=True, slots=True, order=True)
class Reading:
    """One lemma of a form, in lower case."""

    lemma: str
    is_verbal: bool = False
    """The form is read as a form of a verb ("mienie" as the gerund of "mieć")."""


def readings(word: str, language: str) -> frozenset[Reading]:
    """Every reading of `word`; never empty (a word nobody knows is its own lemma)."""
    lower = word.lower()
    if language == "pl":
        return known_polish(lower) or _guessed_polish(lower)
    return frozenset(Reading(lemma) for lemma in (_simplemma(lower, language) or {lower}))


def known_polish(lower: str) -> frozenset[Reading]:
    """morfeusz2's readings of a lower-cased word, met also as a name, an acronym and an abbreviation; may be empty."""
    if (morfeusz := _morfeusz()) is None:
        return frozenset(Reading(lemma) for lemma in _simplemma(lower, "pl") if lemma != lower)
    variants = [lower, lower.capitalize(), lower.upper()]
    if len(lower) in _ABBREVIATION:
        variants.append(f"{lower}.")
    found = set()
    for variant in variants:
        for _, _, (form, lemma, tag, *_) in morfeusz.analyse(variant):
            kind = tag.partition(":")[0]
            if kind != "ign" and form.lower() == lower:
                found.add(Reading(lemma.partition(":")[0].lower() or lower, kind in VERBAL))
    return frozenset(found)


def _guessed_polish(lower: str) -> frozenset[Reading]:
    stemmer = polish_stemmer()
    stem = stemmer.stem(lower) if stemmer else None
    return frozenset({Reading(lower), Reading(stem.lower())} if stem else {Reading(lower)})


@cache
def _morfeusz() -> Any:
    try:
        import morfeusz2
    except ImportError:
        return None
    return morfeusz2.Morfeusz(analyse=True, generate=False)


def _simplemma(lower: str, language: str) -> set[str]:
    """Lemmas of the word in lower case and as a German noun or a name is written; empty for a language without a list."""
    import simplemma

    if language not in _simplemma_languages():
        return set()
    return {str(simplemma.lemmatize(form, lang=language, greedy=True)).lower() for form in (lower, lower.capitalize())}


@cache
def _simplemma_languages() -> frozenset[str]:
    from importlib.util import find_spec
    from pathlib import Path

    spec = find_spec("simplemma")
    folders = (spec.submodule_search_locations or []) if spec else []
    return frozenset(
        file.stem for folder in folders for file in (Path(folder) / "strategies" / "dictionaries" / "data").glob("*.plzma")
    )
