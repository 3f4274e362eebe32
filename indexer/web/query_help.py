"""The query language as a table for people. indexer/README.md has the same rows; a test compares them. Code in backticks."""

from __future__ import annotations

import re

from markupsafe import Markup, escape


def _(text: str) -> str:
    """Marks a text for the catalogue; it is translated where it is shown."""
    return text


ROWS: tuple[tuple[str, str], ...] = (
    ("`prezydent miasto`", _("both words, in any inflected form, in title, lead or text")),
    ('`"prezydent miasta"`', _("the words one after the other: *prezydentów miast*, too")),
    ('`="Warszawa"`, `=kot`', _("this form only, no inflection (case and diacritics still do not matter)")),
    ("`mias*`", _('words that begin so; at least two letters; also in a phrase, `"prezydent mias*"`')),
    (
        "`a OR b`, `a AND b`, `(a OR b) c`",
        _("AND stands between neighbours by itself and binds tighter than OR; operators in capitals"),
    ),
    ("`-sport`, `NOT sport`", _("articles without it")),
    (
        "`title:` `author:` `section:`",
        _('words in that field: `title:wojna`, `title:(wojna OR pokój)`, `author:"Anna Żak"`'),
    ),
    (
        "`outlet:` `agency:`",
        _(
            'by slug or full name: `outlet:kresy`, `outlet:"Kresy.pl"`, `agency:pap` '
            "(the story's agency or the article's own credit)"
        ),
    ),
    (
        "`language:` `country:` `group:` `tag:` `role:` `story:`",
        _(
            "a whole value, or the beginning of one with a star: `tag:spo*`; "
            "roles are original, verbatim, abridged, extended, edited"
        ),
    ),
    ("`copies:>3` `copies:3` `copies:3..10`", _("how many members the story has; an article without copies counts 1")),
    (
        "`date:2026-11-24` `date:2026-11` `date:2026`",
        _("published that day, month, year in your time zone"),
    ),
    ("`date:2026-11-01..2026-11-24` `date:2026-11-01..`", _("both ends included; either may be left out")),
    ("`date:P7D` `date:PT12H`", _("the last seven days, twelve hours (ISO 8601)")),
)
"""(what is written, what it finds)."""
_CODE = re.compile(r"`([^`]+)`|\*([^*`]+)\*")


def coded(text: str) -> Markup:
    """A line of the table as HTML: what stands in backticks as code, what stands between stars in italics."""
    parts = []
    at = 0
    for found in _CODE.finditer(text):
        tag = Markup("<code>{}</code>").format(found[1]) if found[1] else Markup("<i>{}</i>").format(found[2])
        parts += [escape(text[at : found.start()]), tag]
        at = found.end()
    return Markup("").join([*parts, escape(text[at:])])


def examples(text: str) -> list[str]:
    """The queries of a line that can be tried as they stand."""
    return [found for found in re.findall(r"`([^`]+)`", text) if not found.endswith(":")]
