"""What a language brings: names, sentence patterns, and the words of boilerplate. A record; the data stands beside it, a module each.

Patterns hold slots in braces that `compose.Writer` fills: {town} {of_town} {in_town} {other_in} {thing} {head} {of_thing}
{person} {role} {said} {n} {n2} {t} {money} {pct} {km} {day} {month} {date} {firm} {street} {name}. Numbers in {n} and {t} (a time) end in 5 to 9, so that the
counted noun keeps one form (genitive plural) in the Slavic languages. A heading noun ({head}, "budowa") stands before {of_thing},
so that verbs need to agree with one gender alone.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of boilerplate. Patterns may hold the slots of sentences; {title} is another story's headline."""

    read_also: tuple[str, ...]
    newsletter: tuple[tuple[str, str], ...]
    """(heading, sentence)."""
    button: str
    subscribe: tuple[str, ...]
    donate: tuple[str, ...]
    app: tuple[str, ...]
    cookie: str
    share: str
    tags: str
    comments: str
    remarks: tuple[str, ...]
    """Readers' comments."""
    reply: tuple[str, ...]
    """Lines of the reply form."""
    related: str
    most_read: str
    weather: str
    stock: str
    sponsor: tuple[str, ...]
    ad: str
    photo: str
    source_note: str
    biography: tuple[str, ...]
    polls: tuple[str, ...]
    answers: tuple[str, ...]
    posts: tuple[str, ...]
    """Embedded posts."""
    wall: tuple[str, ...]
    video: str
    captions: tuple[str, ...]
    by: str
    """With {name}."""
    updated: str
    menu: tuple[str, ...]
    footer: tuple[str, ...]
    stub: str
    live: str
    gallery: str
    next_story: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tongue:
    """One language."""

    code: str
    locale: str
    months: tuple[str, ...]
    """As they stand in a date."""
    date: str
    """Pattern of a date: {d} {month} {y}."""
    clock: str
    """Pattern behind the date: {h}:{m}."""
    towns: tuple[tuple[str, str, str], ...]
    """(name, genitive, with its preposition "in")."""
    things: tuple[tuple[str, str, str], ...]
    """(genitive with which {head} goes, tag, section)."""
    heads: tuple[str, ...]
    men: tuple[str, ...]
    women: tuple[str, ...]
    surnames: tuple[tuple[str, str], ...]
    """(of a man, of a woman)."""
    roles: tuple[tuple[str, str], ...]
    said: tuple[tuple[str, str], ...]
    days: tuple[str, ...]
    in_months: tuple[str, ...]
    streets: tuple[str, ...]
    firms: tuple[str, ...]
    money: str
    """Pattern with {x}."""
    decimal: str
    agency: str
    credit: tuple[str, ...]
    """Credit lines of the agency."""
    headlines: tuple[str, ...]
    leads: tuple[str, ...]
    facts: tuple[str, ...]
    quotes: tuple[str, ...]
    subheads: tuple[str, ...]
    list_intros: tuple[str, ...]
    items: tuple[str, ...]
    rows: tuple[str, ...]
    """Rows of a table; the first is its head."""
    words: Words
