"""Boilerplate: which boxes stand on a page, what they say, and their markup in a theme's dress. What they say changes from page to page.

A `Box` is content. A theme gives a `dress`: class names (and shapes) per kind of box. Not here: menus, footers and scripts
(`weight.py`), the themes themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from random import Random

from tests.themes.compose import Writer, slug_of

Teaser = tuple[str, str]
"""(headline, lead) of another story."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One box of boilerplate."""

    kind: str
    """"read_also", "newsletter", "subscribe", "donate", "app", "embed", "ad", "poll", "video", "sponsor", "source_note", "share", "author", "reply", "related", "wall"."""
    head: str = ""
    lines: tuple[str, ...] = ()
    links: tuple[Teaser, ...] = ()
    form: bool = False
    """With input elements."""
    shape: int = 0
    """Which of a theme's shapes it takes."""

    @property
    def never(self) -> tuple[str, ...]:
        """What a text must not hold if this box stands on its page."""
        if self.kind == "read_also":
            return tuple(title for title, _ in self.links)
        if self.kind == "poll":
            return (self.head,)
        if self.kind in ("share", "ad"):  # single words, which a text may hold
            return ()
        heads = (self.head,) if self.kind in ("newsletter", "reply", "related") else ()
        return (*heads, *self.lines, *(title for title, _ in self.links), *(lead for _, lead in self.links))


@dataclass(frozen=True, slots=True)
class Boxes:
    """Makes the boxes of one outlet's pages."""

    writer: Writer
    random: Random
    teasers: tuple[Teaser, ...]

    def make(self, kind: str) -> Box:
        """A box of that kind, other words each time."""
        words, chance, fill = self.writer.tongue.words, self.random, self.writer.fill
        if kind == "read_also":
            return Box(
                kind=kind,
                head=chance.choice(words.read_also),
                links=tuple(chance.sample(self.teasers, chance.choice((1, 1, 1, 2, 3)))),
                shape=chance.randrange(4),
            )
        if kind == "newsletter":
            head, line = chance.choice(words.newsletter)
            return Box(kind=kind, head=head, lines=(fill(line),), form=chance.random() < 0.6)
        if kind == "related":
            return Box(kind=kind, head=words.related, links=tuple(chance.sample(self.teasers, 3)))
        if kind == "poll":
            return Box(kind=kind, head=fill(chance.choice(words.polls)), lines=words.answers, form=chance.random() < 0.7)
        if kind == "reply":
            return Box(kind=kind, head=words.reply[0], lines=words.reply[1:], form=True)
        if kind == "video":
            title = chance.choice(self.teasers)[0]
            return Box(kind=kind, lines=(words.video.format(title=title),))
        said = {
            "subscribe": words.subscribe, "donate": words.donate, "app": words.app, "embed": words.posts, "sponsor": words.sponsor, "source_note": (words.source_note,),
            "wall": words.wall, "ad": (words.ad,), "share": (words.share,), "author": words.biography,
        }[kind]  # fmt: skip
        return Box(
            kind=kind, lines=(fill(chance.choice(said)),), head=self.writer.person()[0] if kind in ("embed", "author") else ""
        )

    def between(self, places: int, kinds: Mapping[str, float]) -> dict[int, list[Box]]:
        """Paragraph number -> boxes behind it. Never behind the last, where a credit stands. At most one of a kind but "read also"."""
        found: dict[int, list[Box]] = {}
        for kind, share in kinds.items():
            for _ in range(2 if kind == "read_also" else 1):
                if places > 2 and self.random.random() < share:
                    found.setdefault(self.random.randrange(0, places - 1), []).append(self.make(kind))
        return found

    def below(self, kinds: Mapping[str, float]) -> list[Box]:
        """Boxes below the text in a theme's order."""
        return [self.make(kind) for kind, share in kinds.items() if self.random.random() < share]

    def comments(self) -> list[tuple[str, str]]:
        """(name, sentence) of readers."""
        words = self.writer.tongue.words
        return [
            (self.writer.person()[0], self.writer.fill(remark))
            for remark in self.random.sample(words.remarks, self.random.randrange(0, 5))
        ]


def box_html(box: Box, dress: Mapping[str, str], words_button: str = "OK") -> str:
    """A box in a theme's dress: kind -> class of the wrapper. Kinds without a class stand bare, as editors type them."""
    css = dress.get(box.kind, "")
    if box.kind == "read_also":
        return _read_also(box, css)
    if box.kind == "ad":
        return f'<div class="{css or "ad"}" data-slot="inline"><span>{escape(box.lines[0])}</span></div>'
    if box.kind == "embed":
        return (
            f'<blockquote class="{css or "twitter-tweet"}"><p lang="und" dir="ltr">{escape(box.lines[0])}</p>&mdash; {escape(box.head)} '
            f'(@{slug_of(box.head)}) <a href="https://social.example/{slug_of(box.head)}/status/{abs(hash_of(box.head))}">#</a></blockquote>'
        )
    if box.kind == "poll":
        options = "".join(f"<li>{_radio(box)}<label>{escape(line)}</label></li>" for line in box.lines)
        return f'<div class="{css or "poll"}"><h4>{escape(box.head)}</h4><ul>{options}</ul>{"<button>OK</button>" if box.form else ""}</div>'
    if box.kind == "related":
        items = "".join(
            f'<div class="{css}-item"><h4><a href="/{slug_of(title)}">{escape(title)}</a></h4><p>{escape(lead)}</p></div>'
            for title, lead in box.links
        )
        return f'<div class="{css or "related"}"><h3>{escape(box.head)}</h3>{items}</div>'
    if box.kind == "reply":
        notes = "".join(f"<p>{escape(line)}</p>" for line in box.lines)
        return f'<div class="{css or "respond"}"><h3>{escape(box.head)}</h3>{notes}<form action="/comment" method="post"><textarea name="comment"></textarea><input type="text" name="author"><input type="submit" value="OK"></form></div>'
    return _plain(box, css, words_button)


def _plain(box: Box, css: str, button: str) -> str:
    form = (
        f'<form action="/s"><input type="email" name="email" placeholder="e-mail"><button type="submit">{escape(button)}</button></form>'
        if box.form
        else ""
    )
    if not css:  # typed by an editor
        head = f"<p><strong>{escape(box.head)}</strong></p>" if box.kind == "newsletter" else ""
        return head + "".join(f"<p><em>{escape(line)}</em></p>" for line in box.lines) + form
    head = f'<div class="{css}-title">{escape(box.head)}</div>' if box.head else ""
    return f'<div class="{css}">{head}{"".join(f"<p>{escape(line)}</p>" for line in box.lines)}{form}</div>'


def _read_also(box: Box, css: str) -> str:
    head = escape(box.head)
    links = [f'<a href="/{slug_of(title)}">{escape(title)}</a>' for title, _ in box.links]
    if box.shape == 0 or len(links) > 1:
        if css and box.shape < 2:
            return f'<div class="{css}"><span class="{css}-label">{head}</span><ul>{"".join(f"<li>{link}</li>" for link in links)}</ul></div>'
        return f"<p><strong>{head}:</strong></p><ul>{''.join(f'<li>{link}</li>' for link in links)}</ul>"
    if box.shape == 1:
        return f"<p><strong>{head}: {links[0]}</strong></p>"
    if box.shape == 2:
        return f"<p>{head}: {links[0]}</p>"
    return f"<h4>{head}:<br>{links[0]}</h4>"


def _radio(box: Box) -> str:
    return '<input type="radio" name="poll">' if box.form else ""


def hash_of(text: str) -> int:
    """A number of a text that is the same in every process."""
    value = 7
    for char in text:
        value = (value * 131 + ord(char)) % 10**12
    return value
