"""The query language: text to tree. No engine, no inflection, no time; it never fails but for length and depth.

    words "phrases" ="exact form" mias* AND OR NOT -word (groups) title:word outlet:pap copies:>3 date:2026-11-01..2026-11-24

AND binds tighter than OR and stands between neighbours by itself. What cannot be read is searched literally, and a hint
says where. There is no regular expression, no leading wildcard, no fuzzy match and no field that is not listed
(SAFETY A8, A9). indexer/README.md is the page for people.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from crawler.errors import QueryError
from crawler.settings import suggestion
from crawler.text import clean_line, fold
from indexer.dates import ACCEPTED, is_period
from indexer.nodes import FIELDS, KEYWORD_FIELDS, And, Copies, DateRange, Everything, Filter, Node, Not, Or, Phrase, Prefix, Word
from indexer.tokens import words

LENGTH_LIMIT = 2_000
"""Characters of a query."""
DEPTH_LIMIT = 20
"""Groups and negations inside one another."""
TERM_LIMIT = 128
"""Words, prefixes and values of a query, each word of a phrase counted."""
STAR_LIMIT = 16
"""Words with a star: each may stand for hundreds of words of the dictionary."""
PREFIX_MINIMUM = 2
"""Letters before a star; one letter would ask for a tenth of the dictionary."""

_QUOTES = '"„”“‟«»'
_RUN = re.compile(rf"[^\s(){_QUOTES}]+")
_FIELD = re.compile(r"([A-Za-z_]+):")
_COPIES = re.compile(r"(?P<sign>[<>]=?|=)?(?P<one>\d{1,6})|(?P<first>\d{0,6})\.\.(?P<last>\d{0,6})")
_CLOSING = re.compile(f"[{_QUOTES}]")


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """A query, read."""

    text: str
    """As typed, cleaned."""
    node: Node
    hints: tuple[str, ...] = ()
    """What could not be read, where, and what was done instead."""

    @property
    def hint(self) -> str | None:
        """The hints as one text, or None."""
        return " ".join(self.hints) or None


def parse_query(text: str) -> SearchQuery:
    """Read a query. Raises QueryError only when it is too long, too deep or has too many words."""
    if len(text) > LENGTH_LIMIT:
        raise QueryError(f"the query is too long: {len(text):,} characters, at most {LENGTH_LIMIT:,}")
    text = clean_line(text)
    hints: list[str] = []
    lexemes = _read_lexemes(text, hints)
    node = _Parser(lexemes, hints).parse()
    if node is None and any(lexeme.kind in ("AND", "OR", "NOT") for lexeme in lexemes):
        hints = ["AND, OR and NOT have nothing to join here: they were searched as words."]
        node = _Parser([lexeme._replace(kind="run") for lexeme in lexemes if lexeme.kind in ("AND", "OR", "NOT")], hints).parse()
    if node is None and text:
        hints.append("The query holds no word that can be searched, so everything is shown.")
    return SearchQuery(text, node or Everything(), tuple(dict.fromkeys(hints)))


class _Lexeme(NamedTuple):
    kind: str
    """One of ( ) AND OR NOT run phrase field exact."""
    text: str
    at: int
    """Place in the query, 1 first."""


def _read_lexemes(text: str, hints: list[str]) -> list[_Lexeme]:
    lexemes: list[_Lexeme] = []
    at = 0
    while at < len(text):
        char, before = text[at], text[at - 1] if at else " "
        after = text[at + 1] if at + 1 < len(text) else " "
        if char in "()":
            lexemes.append(_Lexeme(char, "", at + 1))
        elif char in _QUOTES:
            at = _read_phrase(text, at, lexemes, hints)
        elif char == "-" and before in " (" and after not in " )":
            lexemes.append(_Lexeme("NOT", "", at + 1))
        elif char == "=" and after not in " ()" and (before in " (-:"):
            lexemes.append(_Lexeme("exact", "", at + 1))
        elif char != " ":
            at = _read_run(text, at, lexemes, hints)
            continue
        at += 1
    return lexemes


def _read_phrase(text: str, at: int, lexemes: list[_Lexeme], hints: list[str]) -> int:
    """Append the phrase that opens at `at`; return the place of its closing mark (or `at`, when there is none)."""
    closing = _CLOSING.search(text, at + 1)
    if closing is None:
        hints.append(f"The quotation mark at character {at + 1} is never closed: the words after it were searched one by one.")
        return at
    lexemes.append(_Lexeme("phrase", text[at + 1 : closing.start()], at + 1))
    return closing.start()


def _read_run(text: str, at: int, lexemes: list[_Lexeme], hints: list[str]) -> int:
    """Append the field mark, operator or word at `at`; return the place after it."""
    match = _RUN.match(text, at)
    assert match, "a run begins with a character that is no blank, bracket or quotation mark"
    run = match[0]
    if run in ("AND", "OR", "NOT"):
        lexemes.append(_Lexeme(run, run, at + 1))
        return match.end()
    field = _FIELD.match(run)
    if field and field[1].lower() in FIELDS and (field.end() < len(run) or text[match.end() : match.end() + 1].strip()):
        lexemes.append(_Lexeme("field", field[1].lower(), at + 1))
        return at + field.end()
    if field and field[1].lower() in FIELDS:
        hints.append(f"Nothing stands after {run!r} at character {at + 1}: it was searched as a word.")
    elif field and field.end() < len(run) and not run[field.end() :].startswith("//"):
        known = suggestion(field[1].lower(), FIELDS)
        hints.append(f"There is no field {field[1]!r} (character {at + 1}){known}: {run!r} was searched as words.")
    lexemes.append(_Lexeme("run", run, at + 1))
    return match.end()


class _Parser:
    """Recursive descent over lexemes; depth is checked before every step down."""

    def __init__(self, lexemes: list[_Lexeme], hints: list[str]) -> None:
        self._lexemes, self._hints = lexemes, hints
        self._at = self._terms = self._stars = 0

    def parse(self) -> Node | None:
        nodes: list[Node] = []
        while self._at < len(self._lexemes):
            if (node := self._any("", 0)) is not None:
                nodes.append(node)
            if self._take(")"):
                self._hints.append(
                    f"The bracket at character {self._lexemes[self._at - 1].at} was never opened: it was left out."
                )
        return _joined(And, nodes)

    def _any(self, field: str, depth: int) -> Node | None:
        nodes = [self._all(field, depth)]
        while self._peek() == "OR":
            operator = self._next()
            if nodes[-1] is None or self._peek() in ("", ")", "OR"):
                self._hints.append(f"OR at character {operator.at} joins nothing: it was left out.")
            nodes.append(self._all(field, depth))
        return _joined(Or, [node for node in nodes if node is not None])

    def _all(self, field: str, depth: int) -> Node | None:
        nodes: list[Node] = []
        while self._peek() not in ("", ")", "OR"):
            if self._peek() == "AND":
                operator = self._next()
                if not nodes or self._peek() in ("", ")", "OR", "AND"):
                    self._hints.append(f"AND at character {operator.at} joins nothing: it was left out.")
            elif (node := self._one(field, depth)) is not None:
                nodes.append(node)
        return _joined(And, nodes)

    def _one(self, field: str, depth: int) -> Node | None:
        if depth >= DEPTH_LIMIT:
            raise QueryError(f"the query is too deep: groups and negations stand more than {DEPTH_LIMIT} inside one another")
        lexeme = self._next()
        if lexeme.kind == "NOT":
            if self._peek() in ("", ")", "OR", "AND"):
                self._hints.append(f"The negation at character {lexeme.at} has nothing to negate: it was left out.")
                return None
            child = self._one(field, depth + 1)
            return child.child if isinstance(child, Not) else Not(child) if child is not None else None
        if lexeme.kind == "(":
            node = self._any(field, depth + 1)
            if not self._take(")"):
                self._hints.append(f"The bracket at character {lexeme.at} is never closed: it was taken to reach the end.")
            return node
        if lexeme.kind == "field":
            return self._one(lexeme.text, depth + 1) if self._peek() not in ("", ")") else None
        exact = lexeme.kind == "exact"
        if exact:
            if self._peek() not in ("run", "phrase"):
                return None
            lexeme = self._next()
        return self._leaf(lexeme, field, exact)

    def _leaf(self, lexeme: _Lexeme, field: str, exact: bool) -> Node | None:
        if field == "date" and is_period(lexeme.text):
            self._count(1)
            return DateRange(lexeme.text)
        if field == "date":
            self._hints.append(f"{lexeme.text!r} at character {lexeme.at} is no date ({ACCEPTED}): it was searched as a word.")
            field = ""
        if field == "copies" and (found := _read_copies(lexeme.text)) is not None:
            self._count(1)
            return found
        if field == "copies":
            self._hints.append(
                f"{lexeme.text!r} at character {lexeme.at} is no number of copies (write >3, 3 or 3..10): it was searched as a word."
            )
            field = ""
        if field in KEYWORD_FIELDS:
            self._count(1)
            value = " ".join(fold(lexeme.text).replace('"', " ").split())
            prefix = value.endswith("*") and not exact
            value = value.strip("*") if prefix else value
            self._count(0, int(prefix))
            return Filter(field, value, prefix) if value else None
        return self._words(lexeme, field, exact)

    def _words(self, lexeme: _Lexeme, field: str, exact: bool) -> Node | None:
        parts: list[Word | Prefix] = []
        for piece in lexeme.text.split():
            if "*" in piece.rstrip("*") and any(map(str.isalnum, piece)):
                self._hints.append(
                    f"A star counts only at the end of a word ({piece!r}, character {lexeme.at}): it was left out."
                )
            found = words(piece)
            parts += [Word(word, field, exact) for word in found]
            if found and piece.endswith("*") and not exact:
                if len(found[-1]) >= PREFIX_MINIMUM and piece.rstrip("*").endswith(found[-1]):
                    parts[-1] = Prefix(found[-1], field)
                else:
                    self._hints.append(
                        f"Before the star at character {lexeme.at} at least {PREFIX_MINIMUM} letters are needed: it was left out."
                    )
        self._count(len(parts), sum(isinstance(part, Prefix) for part in parts))
        return parts[0] if len(parts) == 1 else Phrase(tuple(parts), field) if parts else None

    def _count(self, terms: int, stars: int = 0) -> None:
        self._terms += terms
        self._stars += stars
        if self._stars > STAR_LIMIT:
            raise QueryError(f"the query has too many words with a star: at most {STAR_LIMIT}")
        if self._terms > TERM_LIMIT:
            raise QueryError(f"the query has too many words: at most {TERM_LIMIT}")

    def _peek(self) -> str:
        return self._lexemes[self._at].kind if self._at < len(self._lexemes) else ""

    def _next(self) -> _Lexeme:
        self._at += 1
        return self._lexemes[self._at - 1]

    def _take(self, kind: str) -> bool:
        found = self._peek() == kind
        self._at += found
        return found


def _read_copies(text: str) -> Copies | None:
    """ ">3", ">=3", "<3", "3", "3..10", "3.." as bounds that are included; None for anything else, and for what no number meets."""
    match = _COPIES.fullmatch(text)
    if not match:
        return None
    if match["one"] is not None:
        one = int(match["one"])
        least, most = {">": (one + 1, None), ">=": (one, None), "<": (None, one - 1), "<=": (None, one)}.get(
            match["sign"] or "", (one, one)
        )
    else:
        least, most = (int(part) if part else None for part in (match["first"], match["last"]))
    if (least is None and most is None) or (most is not None and most < (least or 0)):
        return None
    return Copies(least, most)


def _joined(kind: type[And] | type[Or], nodes: list[Node]) -> Node | None:
    return kind(tuple(nodes)) if len(nodes) > 1 else nodes[0] if nodes else None
