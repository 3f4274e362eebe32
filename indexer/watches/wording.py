"""The words of an alert in the languages it can be written in, with their plurals and dates. Pure.

A table, not the pages' catalogue: a dozen words, and what sends alerts knows no pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from babel import Locale
from babel.dates import format_date

_LOCALES = {"en": "en_GB", "pl": "pl_PL"}
LANGUAGES = tuple(_LOCALES)
_MANY = {"en": "other", "pl": "many"}
_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "report": "Clipping report", "alert": "Alert", "query": "Search", "from": "from {}", "also": "Also", "story": "Copies and differences",
        "article": "Details", "times": "Times in {}", "more": "And {} more.", "made": "{}, {}",
        "test": "This is a test of the watch: messages arrive here. It holds no article.", "a test": "a test",
        "alarm": "Alarm", "test alarm": "This is a test of the alarms: messages arrive here. Nothing is wrong.", "gone": "What it told of is over and no longer kept.",
        "since": "{}: {} since {}", "again": "{}: ok again after {} ({}, {}–{})", "ok again": "{}: ok again",
        "unwatched": "{}: no longer watched; it was {} since {}", "unwatched title": "{}: no longer watched",
        "this side": "Most outlets are unreachable since {}", "this side title": "most outlets unreachable, the fault may be on this side",
        "this side hint": "The fault may be on this side: network, name server, firewall or proxy. While it lasts, unreachable outlets are not told one by one.",
        "reached": "Most outlets are reached again after {} ({}–{})", "reached title": "most outlets are reached again",
        "original": "original", "verbatim": "verbatim", "abridged": "abridged", "extended": "extended", "edited": "edited",
    },
    "pl": {
        "report": "Przegląd prasy", "alert": "Powiadomienie", "query": "Zapytanie", "from": "za: {}", "also": "Także",
        "story": "Kopie i różnice", "article": "Szczegóły", "times": "Czas: {}", "more": "I jeszcze {}.", "made": "{}, godz. {}",
        "test": "To próba obserwacji: wiadomości tu dochodzą. Nie ma w niej artykułów.", "a test": "próba",
        "alarm": "Alarm", "test alarm": "To próba alarmów: wiadomości tu dochodzą. Nic się nie stało.", "gone": "To, co zgłaszał, minęło i nie jest już przechowywane.",
        "since": "{}: {} od {}", "again": "{}: znów w porządku po {} ({}, {}–{})", "ok again": "{}: znów w porządku",
        "unwatched": "{}: nie jest już obserwowany (był: {}, od {})", "unwatched title": "{}: nie jest już obserwowany",
        "this side": "Większość tytułów jest nieosiągalna od {}", "this side title": "większość tytułów nieosiągalna, przyczyna może być po tej stronie",
        "this side hint": "Przyczyna może być po tej stronie: sieć, serwer nazw, zapora albo proxy. Dopóki to trwa, tytuły nieosiągalne nie są zgłaszane osobno.",
        "reached": "Większość tytułów jest znów osiągalna po {} ({}–{})", "reached title": "większość tytułów znów osiągalna",
        "ok": "w porządku", "quiet": "cisza", "unreachable": "nieosiągalny", "blocked": "zablokowany", "moved": "przeniesiony",
        "feed frozen": "kanał stoi", "parser broken": "treść nie jest odczytywana", "paywalled": "tylko dla abonentów", "slow": "wolny",
        "original": "oryginał", "verbatim": "dosłowny", "abridged": "skrócony", "extended": "rozszerzony", "edited": "zmieniony",
    },
}  # fmt: skip
_COUNTED: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "en": {
        "article": {"one": "{} article", "other": "{} articles"},
        "story": {"one": "{} story", "other": "{} stories"},
        "copy": {"one": "{} copy", "other": "{} copies"},
        "outlet": {"one": "{} outlet", "other": "{} outlets"},
        "trouble": {"one": "{} outlet with trouble", "other": "{} outlets with trouble"},
        "well": {"one": "{} ok again", "other": "{} ok again"},
        "left": {"one": "{} no longer watched", "other": "{} no longer watched"},
    },
    "pl": {
        "article": {"one": "{} artykuł", "few": "{} artykuły", "many": "{} artykułów"},
        "story": {"one": "{} historia", "few": "{} historie", "many": "{} historii"},
        "copy": {"one": "{} kopia", "few": "{} kopie", "many": "{} kopii"},
        "outlet": {"one": "{} tytuł", "few": "{} tytuły", "many": "{} tytułów"},
        "trouble": {"one": "{} tytuł z kłopotem", "few": "{} tytuły z kłopotami", "many": "{} tytułów z kłopotami"},
        "well": {"one": "{} znów w porządku", "few": "{} znów w porządku", "many": "{} znów w porządku"},
        "left": {"one": "{} już nieobserwowany", "few": "{} już nieobserwowane", "many": "{} już nieobserwowanych"},
    },
}


@dataclass(frozen=True, slots=True)
class Wording:
    """Says things in one of LANGUAGES."""

    language: str = "en"

    def say(self, key: str, *values: object) -> str:
        """A phrase; the key itself where the table has none (a role that is new)."""
        return _WORDS[self.language].get(key, key).format(*values)

    def count(self, what: str, number: int) -> str:
        """A number with its noun, e.g. "5 artykułów"."""
        forms = _COUNTED[self.language][what]
        form = Locale.parse(_LOCALES[self.language]).plural_form(number)
        return forms.get(form, forms[_MANY[self.language]]).format(number)

    def day(self, day: date) -> str:
        """A date with its weekday, e.g. "Tuesday 24 November 2026"."""
        said = format_date(day, "full", locale=_LOCALES[self.language])
        return said[:1].upper() + said[1:]
