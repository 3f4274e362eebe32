"""Whether a line can name a source at all, told by its words one by one: most lines cannot, and need not be read as credits.

A necessary condition and no more: what passes is read by `credit_lines`. Each word is asked about once a process, for words recur
from page to page. Not here: whose name it is (`crawler.outlets.agencies`).
"""

from __future__ import annotations

import re
from collections import defaultdict

from crawler.normalize.credit_chain import Names
from crawler.normalize.credit_words import INSTITUTION_WORD, INSTITUTIONS, OUTLET_WORD
from crawler.outlets.agencies import Agencies
from crawler.text import fold

_WORD = re.compile(r"\w+")
_HOST = re.compile(r"\.[^\W\d_]")
_GLUED = ("Press", "Presse", "Reuters", "Bloomberg")
"""Ends of agencies' names, which stand glued to a person's: "Jane DoeReuters"."""
_INSTITUTIONS = tuple(
    word[0]
    for part in INSTITUTION_WORD.pattern.removeprefix("^").strip("(?:)").split("|")
    if (word := _WORD.match(part)) is not None
)
_WORDS_KEPT, _LINES_KEPT = 50_000, 256
_GATES_KEPT = 64


def may_credit(text: str, names: Names) -> bool:
    """False where no part of `text` is the name of a source: agency, outlet, institution, host or the outlet that is being read."""
    return gate_of(names.agencies).lets(text) or (
        bool(names.own_names) and any(name in text.casefold() for name in names.own_names)
    )


class Gate:
    """The words of all names of one catalogue."""

    def __init__(self, agencies: Agencies) -> None:
        self.agencies = agencies
        self._forms: dict[str, list[str]] = defaultdict(list)
        self._names: dict[str, list[str]] = defaultdict(list)
        for form in agencies.forms:
            self._forms[_first_word(form)].append(form)
        for name in agencies.names:
            self._names[fold(_first_word(name))].append(fold(name))
        self._lines: dict[str, bool] = {}
        """The lines of the text in hand: they are asked about before and after cleaning."""
        self._met: dict[str, tuple[tuple[str, ...], tuple[str, ...]] | bool] = {}

    def lets(self, text: str) -> bool:
        """Whether a name of the catalogue, a host or an institution may stand in `text`."""
        known_line = self._lines.get(text)
        if known_line is None:
            if len(self._lines) >= _LINES_KEPT:
                self._lines.clear()
            known_line = self._lines[text] = self._looks(text)
        return known_line

    def _looks(self, text: str) -> bool:
        met = self._met
        for word in _WORD.findall(text):
            known = met.get(word)
            if known is None:
                known = self._ask(word)
            if known is True or (known and (any(form in text for form in known[0]) or _holds(text, known[1]))):
                return True
        return "." in text and _HOST.search(text) is not None

    def _ask(self, word: str) -> tuple[tuple[str, ...], tuple[str, ...]] | bool:
        known: tuple[tuple[str, ...], tuple[str, ...]] | bool
        lower = word.casefold()
        if word in INSTITUTIONS or word.endswith(_GLUED) or OUTLET_WORD.search(word) or lower.startswith(_INSTITUTIONS):
            known = True
        else:
            forms, names = tuple(self._forms.get(word, ())), tuple(self._names.get(fold(word), ()))
            known = (forms, names) if forms or names else False
        if len(self._met) < _WORDS_KEPT:
            self._met[word] = known
        return known


def _first_word(name: str) -> str:
    match = _WORD.search(name)
    return match[0] if match else ""


def _holds(text: str, names: tuple[str, ...]) -> bool:
    if not names:
        return False
    folded = " ".join(fold(text).split())
    return any(name in folded for name in names)


_gates: dict[int, Gate] = {}


def gate_of(agencies: Agencies) -> Gate:
    """The gate of a catalogue, made once."""
    gate = _gates.get(id(agencies))
    if gate is None or gate.agencies is not agencies:
        if len(_gates) >= _GATES_KEPT:
            _gates.clear()
        gate = _gates[id(agencies)] = Gate(agencies)
    return gate
