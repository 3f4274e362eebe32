"""Six languages by code: "pl", "en", "de", "uk", "ru", "cs"."""

from __future__ import annotations

from tests.themes.languages.cs import CZECH
from tests.themes.languages.de import GERMAN
from tests.themes.languages.en import ENGLISH
from tests.themes.languages.pl import POLISH
from tests.themes.languages.ru import RUSSIAN
from tests.themes.languages.tongue import Tongue, Words
from tests.themes.languages.uk import UKRAINIAN

TONGUES = {tongue.code: tongue for tongue in (POLISH, ENGLISH, GERMAN, UKRAINIAN, RUSSIAN, CZECH)}

__all__ = ["TONGUES", "Tongue", "Words"]
