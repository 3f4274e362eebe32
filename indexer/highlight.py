"""Marks on what matched, and the snippets around them, made by us for every engine from the stored text.

A mark is (start, end) in the text it belongs to, never markup: whoever shows it escapes the text first. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Sequence as Row
from dataclasses import dataclass

from indexer.nodes import And, AnyOf, Node, Or, Prefix, Sequence
from indexer.tokens import WordMemory, spans

SNIPPET_LENGTH = 200
"""Characters of a snippet, about two lines."""
_BEFORE = 60
_TEXT_LIMIT = 200_000
"""Characters of a text that are looked at."""

_memory = WordMemory(1 << 15)
"""Of the words of the texts shown, some 8 MB: a page has 4,000 of them, and the next one mostly the same."""
_BLANKS = re.compile(r"\s+")

Mark = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of a text in one line, with marks into the piece."""

    text: str
    marks: tuple[Mark, ...] = ()
    cut_before: bool = False
    """The text goes on before the piece."""
    cut_after: bool = False


@dataclass(frozen=True, slots=True)
class Highlighter:
    """Finds an expanded query's words and phrases in texts."""

    words: tuple[AnyOf | Prefix, ...]
    phrases: tuple[Sequence, ...]

    @classmethod
    def of(cls, node: Node) -> Highlighter:
        """For every word and phrase of the query that is not negated."""
        leaves = list(_leaves(node))
        return cls(
            tuple(leaf for leaf in leaves if isinstance(leaf, AnyOf | Prefix)),
            tuple(leaf for leaf in leaves if isinstance(leaf, Sequence)),
        )

    def marks(self, text: str, field: str = "text") -> tuple[Mark, ...]:
        """Where the query matches in `text`, in order, not overlapping. `field` is the one that `text` is."""
        return tuple((start, end) for start, end, _ in self._found(text, field))

    def snippets(self, text: str, count: int = 2, field: str = "text") -> tuple[Snippet, ...]:
        """Up to `count` pieces of `text` that show the most different words found, in their order; () when none is."""
        found = self._found(text, field)
        chosen: list[tuple[int, int]] = []
        for start, end in _best_windows(text, found):
            if len(chosen) < count and all(end <= other[0] or start >= other[1] for other in chosen):
                chosen.append((start, end))
        marks = [(start, end) for start, end, _ in found]
        return tuple(_cut(text, start, end, marks) for start, end in sorted(chosen))

    def _found(self, text: str, field: str) -> list[tuple[int, int, int]]:
        """(start, end, number of the word or phrase), merged where they overlap."""
        text = text[:_TEXT_LIMIT]
        read = _memory.normal_text(text).split()
        _memory.fresh.clear()
        found = [*self._words_in(read, field), *self._phrases_in(read, field)]
        if not found:  # most texts of a page have the word in the title or the lead only
            return []
        at = spans(text, {place for first, last, _ in found for place in (first, last)})
        return _merged(sorted((at[first][0], at[last][1], number) for first, last, number in found))

    def _words_in(self, read: list[str], field: str) -> Iterator[tuple[int, int, int]]:
        """(first word, last word, number of the word of the query), by their places in `read`."""
        forms: dict[str, int] = {}
        prefixes: list[tuple[str, int]] = []
        for number, word in enumerate(self.words):
            if _concerns(word.field, field):
                if isinstance(word, Prefix):
                    prefixes.append((word.text, number))
                else:
                    forms.update(dict.fromkeys(word.forms, number))
        if prefixes:
            for folded in set(read):
                number = next((number for prefix, number in prefixes if folded.startswith(prefix)), -1)
                if number >= 0:
                    forms.setdefault(folded, number)
        if not forms.keys().isdisjoint(read):
            yield from ((place, place, forms[folded]) for place, folded in enumerate(read) if folded in forms)

    def _phrases_in(self, read: list[str], field: str) -> Iterator[tuple[int, int, int]]:
        for number, phrase in enumerate(self.phrases, len(self.words)):
            if _concerns(phrase.field, field):
                yield from ((first, last, number) for first, last in _runs(read, phrase))


def beginning(text: str, length: int = SNIPPET_LENGTH) -> Snippet:
    """The first piece of a text, unmarked."""
    start, end = _snapped(text, 0, length)
    return _cut(text, start, end, [])


def _leaves(node: Node) -> Iterator[Node]:
    if isinstance(node, And | Or):
        for child in node.children:
            yield from _leaves(child)
    else:
        yield node


def _concerns(asked: str, field: str) -> bool:
    return asked == field if asked else field in ("title", "lead", "text")


def _runs(read: list[str], phrase: Sequence) -> Iterator[Mark]:
    """(first, last) where the words of a phrase follow one another."""
    places = [part.text if isinstance(part, Prefix) else frozenset(part.forms) for part in phrase.parts]
    for first in range(len(read) - len(places) + 1):
        if all(_stands(read[first + offset], place) for offset, place in enumerate(places)):
            yield first, first + len(places) - 1


def _stands(folded: str, place: str | frozenset[str]) -> bool:
    return folded.startswith(place) if isinstance(place, str) else folded in place


def _merged(found: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    merged: list[tuple[int, int, int]] = []
    for start, end, number in found:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]), merged[-1][2])
        else:
            merged.append((start, end, number))
    return merged


def _best_windows(text: str, found: list[tuple[int, int, int]]) -> list[Mark]:
    """Pieces around each find, the one with the most different finds first, then with the most, then the earliest."""
    rated = []
    for at, (begin, _, _) in enumerate(found):
        start, end = _snapped(text, max(0, begin - _BEFORE), max(0, begin - _BEFORE) + SNIPPET_LENGTH)
        inside = []
        for other in found[at:]:
            if other[1] > end:
                break
            inside.append(other[2])
        rated.append((-len(set(inside)), -len(inside), start, max(end, found[at][1])))
    return [(start, end) for _, _, start, end in sorted(rated)]


def _snapped(text: str, start: int, end: int) -> Mark:
    """The piece moved to whole words."""
    if start > 0:
        blank = next((at for at in range(start, min(start + _BEFORE, len(text))) if text[at].isspace()), start - 1)
        start = blank + 1
    if end < len(text):
        end = next((at for at in range(end, max(start, end - _BEFORE), -1) if text[at].isspace()), end)
    return start, min(end, len(text))


def _cut(text: str, start: int, end: int, marks: Row[Mark]) -> Snippet:
    """The piece in one line: each run of white space becomes one blank, and the marks move with their words."""
    pieces: list[str] = []
    moved: list[Mark] = []
    at, length = start, 0
    for one, other in marks:
        if one < end and other > start:
            one, other = max(one, start), min(other, end)
            pieces += [_in_one_line(text[at:one]), _in_one_line(text[one:other])]
            length += len(pieces[-2])
            moved.append((length, length + len(pieces[-1])))
            at, length = other, moved[-1][1]
    pieces.append(_in_one_line(text[at:end]))
    return Snippet("".join(pieces), tuple(moved), start > 0, end < len(text))


def _in_one_line(text: str) -> str:
    return _BLANKS.sub(" ", text)
