"""The fallback stemmer for Polish words that no dictionary knows: names, new words.

Reads the `polimorf` table that the package pystempel ships (Stempel's format: layered tries of patch commands over
reversed words; Galambos, "Semi-automatic Stemmer Evaluation", 2004). pystempel's own reader builds two million Python
objects and takes 4.5 s; this one keeps the bytes as they are and needs a tenth of a second, so that a cold search can
afford it (measured November 2026). A test holds the two against each other.
"""

from __future__ import annotations

import gzip
import importlib.util
import struct
from array import array
from functools import cache
from pathlib import Path

_CELL = struct.Struct(">Hiiii")  # letter, command, count, row it leads to, skip
_INT = struct.Struct(">i")
_LENGTH = struct.Struct(">H")
_END = "*"


class _Trie:
    """One layer: where each row starts in the table, and its commands."""

    def __init__(self, table: bytes, at: int) -> None:
        """Read the layer that starts at byte `at`; `self.end` is the byte after it."""
        self._table = table
        self._root = _INT.unpack_from(table, at + 1)[0]
        self._commands: list[str] = []
        at += 5
        count, at = _INT.unpack_from(table, at)[0], at + 4
        for _ in range(count):
            size = _LENGTH.unpack_from(table, at)[0]
            self._commands.append(table[at + 2 : at + 2 + size].decode("utf-8"))
            at += 2 + size
        count, at = _INT.unpack_from(table, at)[0], at + 4
        self._rows = array("l")
        for _ in range(count):
            self._rows.append(at)
            at += 4 + _CELL.size * _INT.unpack_from(table, at)[0]
        self.end = at

    def last_on_path(self, word: str) -> str | None:
        """The command met last when the trie is walked along `word`, from its end."""
        found, row = None, self._root
        for letter in reversed(word):
            command, row = self._cell(row, ord(letter))
            if command >= 0:
                found = self._commands[command]
            if row < 0:
                break
        return found

    def _cell(self, row: int, letter: int) -> tuple[int, int]:
        at = self._rows[row]
        cells = memoryview(self._table)[at + 4 : at + 4 + _CELL.size * _INT.unpack_from(self._table, at)[0]]
        for char, command, _, next_row, _ in _CELL.iter_unpack(cells):
            if char == letter:
                return command, next_row
        return -1, -1


class PolishStemmer:
    """`stem(word)` over a table in Stempel's format. Safe to share between threads."""

    def __init__(self, table: bytes) -> None:
        at = 2 + _LENGTH.unpack_from(table, 0)[0]
        layers = _INT.unpack_from(table, at + 5)[0]
        at += 9
        self._tries: list[_Trie] = []
        for _ in range(layers):
            self._tries.append(_Trie(table, at))
            at = self._tries[-1].end

    def stem(self, word: str) -> str | None:
        """A stem of the lower-cased `word`, or None when the table has no advice."""
        patch = self._patch(word) if word else ""
        return _patched(word, patch) if patch else None

    def _patch(self, word: str) -> str:
        patch, rest, before, last = "", word, "", " "
        for trie in self._tries:
            part = trie.last_on_path(rest)
            if not part or part == _END or (last in "-D" and last == part[0]):
                break
            last = part[-2]
            if part[0] == "-":
                taken = (_length(before) if before else 0) + _length(part)
                if taken > len(rest):
                    break
                rest = rest[: len(rest) - taken] or rest
            patch, before = patch + part, part
        return patch


@cache
def polish_stemmer() -> PolishStemmer | None:
    """The shipped table, read once a process; None where pystempel is not installed."""
    spec = importlib.util.find_spec("pystempel")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        file = Path(folder) / "data" / "polimorf" / "stemmer_polimorf.tbl.gz"
        if file.exists():
            return PolishStemmer(gzip.decompress(file.read_bytes()))
    return None


def _length(patch: str) -> int:
    """Letters of the word that a patch walks over."""
    pairs = zip(patch[::2], patch[1::2], strict=False)
    return sum(ord(letter) - 96 if command in "-D" else command == "R" for command, letter in pairs)


def _patched(word: str, patch: str) -> str | None:
    letters, at = list(word), len(word) - 1
    for command, letter in zip(patch[::2], patch[1::2], strict=False):
        size = ord(letter) - 97
        if command == "-":
            at -= size
        elif command == "R":
            if not 0 <= at < len(letters):
                break
            letters[at] = letter
        elif command == "D":
            if at - size < 0 or at - size >= len(letters):
                break
            letters[at - size : at + 1] = []
            at -= size
        elif command == "I":
            at += 1
            if not 0 <= at <= len(letters):
                break
            letters.insert(at, letter)
        at -= 1
    return "".join(letters) or None
