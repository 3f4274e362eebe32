"""Polish and English: which of them a browser wants, and what the texts of the pages are in it. No page, no request here.

The texts stand in English in templates and modules; `locale/pl.po` holds the Polish ones, with the plural rules of its header.
It is read through Babel when the process starts: no compiled file is kept beside it.
"""

from __future__ import annotations

import gettext
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES = ("en", "pl")
"""The first is the one for a browser that wants neither, and the one the texts are written in."""
NAMES = {"en": "English", "pl": "Polski"}
_FOLDER = Path(__file__).parent / "locale"


@dataclass(frozen=True)
class Translator:
    """The texts of one language."""

    language: str
    """ISO 639-1."""
    locale: Locale
    """How numbers and dates are written."""
    translations: gettext.NullTranslations

    def gettext(self, text: str) -> str:
        """The text in this language, or as it is where nobody has translated it."""
        return self.translations.gettext(text) if text else ""  # "" would be the catalogue's header

    def ngettext(self, one: str, many: str, count: int) -> str:
        """The form that goes with a number."""
        return self.translations.ngettext(one, many, count)


@cache
def translator(language: str) -> Translator:
    """The texts of a language of LANGUAGES."""
    path = _FOLDER / f"{language}.po"
    translations: gettext.NullTranslations = gettext.NullTranslations()
    if path.exists():
        with path.open("rb") as file, BytesIO() as compiled:
            write_mo(compiled, read_po(file, locale=language))
            compiled.seek(0)
            translations = gettext.GNUTranslations(compiled)
    return Translator(language, Locale.parse(language), translations)


def choose_language(cookie: str | None, accepted: str) -> str:
    """What was chosen on the page, else the best of an Accept-Language header (RFC 9110, section 12.5.4), else English."""
    if cookie in LANGUAGES:
        return cookie
    best, weight = LANGUAGES[0], 0.0
    for part in accepted[:500].split(","):
        name, _, rest = part.strip().partition(";")
        language = name.strip().lower().partition("-")[0]
        if language in LANGUAGES and (given := _quality(rest)) > weight:
            best, weight = language, given
    return best


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    try:
        return float(value) if name.strip().lower() == "q" else 1.0
    except ValueError:
        return 0.0
