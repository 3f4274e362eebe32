"""Whose page is it: a new article, a new reading of a known one, or another text under a known address (SAFETY F33).

Addresses are of two kinds. Those that were *met* (the entry's, the one redirects led to) are facts; those that a page
*claims* (`rel=canonical`, `amphtml`) may be a theme's mistake and never make two texts one. Reads the store, changes nothing.
"""

from __future__ import annotations

import dataclasses

import sqlalchemy as sa

from crawler.model.article import AddressKind, Article, article_id
from crawler.model.story import LinkKind
from crawler.store import articles, stories
from crawler.text import fold

REPLACED_OVERLAP = 0.10
REPLACED_TITLE = 0.30
REPLACED_WORDS = 40
"""Below these shares of common fingerprints and title words, between texts of at least so many words, an address holds
another article now (SAFETY F33). A grown stub keeps its headline; a corrected text keeps its sentences."""
ONE_TEXT = 0.50
"""Common fingerprints from which an article whose address is only claimed counts as the same."""
_FORMER_HOLDERS = 20
"""How many earlier articles of one address are looked through when a text comes back."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What `identify` found."""

    article: Article
    """The reading under the id and the addresses that it is filed with."""
    known: Article | None = None
    """The article of which it is a new reading; None: it is new."""
    replaced: Article | None = None
    """The article that held one of its addresses till now, with another text."""
    twins: tuple[Article, ...] = ()
    """Further known articles whose addresses lead to this one now."""


def identify(connection: sa.Connection, read: Article) -> Identity:
    """Find the article that `read` is. Call it with the lock on stories held (`story_window.lock_stories`)."""
    owners = _owners(connection, read)
    if _is_false_claim(owners, read):
        read = _without_claim(read)
        owners = _owners(connection, read)
    known = next(iter(owners.values()), None) or articles.read_article(connection, read.id)
    replaced = None
    if known is not None and is_other_text(known, read):
        replaced, known = known, _former_holder(connection, known, read)
    if known is None and replaced is not None:
        read = dataclasses.replace(read, id=_free_id(connection, read))
    leading = {one.id: one for url, one in owners.items() if _leads_here(url, one, read)}
    others = {one.id for one in (known, replaced) if one is not None}
    return Identity(
        article=read, known=known, replaced=replaced, twins=tuple(leading[one] for one in sorted(leading.keys() - others))
    )


def is_other_text(known: Article, read: Article, least_words: int = REPLACED_WORDS) -> bool:
    """Whether `read` cannot be a version of `known`. Texts under `least_words` words are always taken for versions."""
    if min(known.fingerprint.words, read.fingerprint.words) < least_words or _overlap(known, read) > REPLACED_OVERLAP:
        return False
    old_title, new_title = _title_words(known.title), _title_words(read.title)
    return len(old_title & new_title) <= REPLACED_TITLE * min(len(old_title), len(new_title))


def _owners(connection: sa.Connection, read: Article) -> dict[str, Article]:
    """Address of the reading -> the known article that has it, the canonical one first."""
    urls = list(dict.fromkeys([read.url, *(one.url for one in read.addresses)]))
    ids = {url: one.id for url, one in articles.known_addresses(connection, urls).items()}
    found = {one.id: one for one in articles.read_articles(connection, sorted(set(ids.values())))} if ids else {}
    return {url: found[ids[url]] for url in urls if url in ids}


def _is_false_claim(owners: dict[str, Article], read: Article) -> bool:
    """The page claims the address of an article with another text, and was not met at any address of that article."""
    owner, met = owners.get(read.url), _met(read)
    if owner is None or not met or read.url in met:
        return False
    return not any(url in met and one.id == owner.id for url, one in owners.items()) and is_other_text(owner, read, 0)


def _without_claim(read: Article) -> Article:
    """The reading under the last address at which its page was met."""
    url = _met(read)[-1]
    kept = tuple(one for one in read.addresses if one.url != read.url)
    return dataclasses.replace(read, id=article_id(url), url=url, addresses=kept)


def _met(read: Article) -> list[str]:
    return [one.url for one in read.addresses if one.kind in (AddressKind.ENTRY, AddressKind.REDIRECT)]


def _leads_here(url: str, owner: Article, read: Article) -> bool:
    return url in _met(read) or _overlap(owner, read) >= ONE_TEXT


def _former_holder(connection: sa.Connection, known: Article, read: Article) -> Article | None:
    """The article that stood there earlier with this text: pages come and go, and one text keeps one id."""
    seen, fresh = {known.id}, [known.id]
    while fresh and len(seen) < _FORMER_HOLDERS:
        links = [one for one in stories.links_of(connection, fresh) if one.kind is LinkKind.REPLACES]
        fresh = sorted({one for link in links for one in (link.article_id, link.other_id)} - seen)
        seen.update(fresh)
        for one in articles.read_articles(connection, fresh):
            if one.outlet == read.outlet and not is_other_text(one, read):
                return one
    return None


def _free_id(connection: sa.Connection, read: Article) -> str:
    """The id of its address; where another article has it, one of address and content."""
    number, chosen = 0, read.id
    while articles.read_article(connection, chosen) is not None:
        chosen = article_id(f"{read.url}#{read.content_sha256}" + (f"#{number}" if number else ""))
        number += 1
    return chosen


def _overlap(one: Article, other: Article) -> float:
    """Common fingerprints as a share of the shorter text's."""
    mine, theirs = set(one.fingerprint.hashes), set(other.fingerprint.hashes)
    return len(mine & theirs) / max(1, min(len(mine), len(theirs)))


def _title_words(title: str) -> set[str]:
    """Words of more than three letters: what two headlines share by chance are the short ones."""
    return {word for word in fold(title).split() if len(word) > 3}
