"""How much a text looks like a language: letters expected, letters that give a wrong decoding away.

Not here: which language a text is in (`language.py`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

LATIN2 = ("cp1250", "iso8859-2")
LATIN1 = ("cp1252",)
CYRILLIC = ("cp1251", "koi8-u", "koi8-r", "iso8859-5", "cp866")
CANDIDATES: dict[str, tuple[str, ...]] = {
    "pl": LATIN2, "cs": LATIN2, "sk": LATIN2, "hu": LATIN2, "hr": LATIN2, "sl": LATIN2, "ro": LATIN2,
    "en": LATIN1, "de": LATIN1, "fr": LATIN1, "es": LATIN1, "it": LATIN1, "pt": LATIN1, "nl": LATIN1, "sv": LATIN1,
    "uk": CYRILLIC, "ru": CYRILLIC, "be": CYRILLIC, "bg": CYRILLIC, "lt": ("cp1257",), "lv": ("cp1257",), "et": ("cp1257",),
    "tr": ("cp1254",), "el": ("cp1253",),
}  # fmt: skip
"""Language -> single-byte encodings its pages were written in, likeliest first (a tie goes to the earlier one)."""

_LETTERS = {
    "pl": "ąćęłńóśźż", "cs": "áčďéěíňóřšťúůýž", "sk": "áäčďéíĺľňóôŕšťúýž", "hu": "áéíóöőúüű", "hr": "čćđšž", "sl": "čšž",
    "ro": "ăâîșțşţ", "en": "éèöü", "de": "äöüß", "fr": "àâæçéèêëîïôœùûüÿ", "es": "áéíñóúü", "it": "àèéìòù", "pt": "ãáâàçéêíõóôú",
    "nl": "éëïó", "sv": "åäöé", "uk": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя", "ru": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "be": "абвгдеёжзійклмнопрстуўфхцчшыьэюя", "bg": "абвгдежзийклмнопрстуфхцчшщъьюя", "lt": "ąčęėįšųūž", "lv": "āčēģīķļņšūž",
    "et": "äõöüšž", "tr": "çğıöşü", "el": "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώ",
}  # fmt: skip
_ASCII = re.compile(r"[\x00-\x7f]+")
_TYPOGRAPHY = set("„”“‟«»’‘‚–—…•©®°§€\u00a0½×№")
_COMMON_CYRILLIC = set("оеаинтсріылв")


def score_text(text: str, languages: Sequence[str] = ()) -> float:
    """Mean worth of the characters above ASCII, from -3 (a wrong decoding) to about 1.2; 0 when there are none.

    Expected letters in lower case count most: KOI8 read as cp1251 swaps the cases, and text is mostly small letters.
    """
    counts = Counter(_ASCII.sub("", text))
    total = sum(counts.values())
    if not total:
        return 0.0
    expected = set("".join(_LETTERS.get(language, "") for language in languages) or "".join(_LETTERS.values()))
    return sum(_worth(char, expected) * number for char, number in counts.items()) / total


def _worth(char: str, expected: set[str]) -> float:
    if char in expected:
        return 1.2 if char in _COMMON_CYRILLIC else 1.0
    if char.lower() in expected:
        return 0.3
    if char in _TYPOGRAPHY:
        return 0.5
    if char == "\ufffd" or "\x80" <= char <= "\x9f" or "\u2500" <= char <= "\u25ff":
        return -3.0
    return -0.5 if char.isalpha() else -1.0
