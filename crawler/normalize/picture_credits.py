"""Who took a picture, told from a caption's prose: "Fot. Anna Lis/PAP", "(AP Photo/Jane Doe)", "© Getty Images", "Jane Doe / AFP".

A line and the names in, the credit verbatim out. Not here: which caption is the picture's (`pictures.py`), captions that extraction
left among the paragraphs (`labels.py`), which agencies a credit names (`credits.py`).
"""

from __future__ import annotations

import re

from crawler.normalize.credit_chain import ElementKind, Names, cut, is_picture
from crawler.normalize.credit_words import PHOTO_INSIDE
from crawler.normalize.phrases import PICTURE_LABEL

LONGEST_CREDIT = 120
"""Characters."""
_LABELLED = re.compile(
    rf"(?:^|[\s,;|/([–—-])(?P<credit>(?P<label>{PICTURE_LABEL.pattern}|(?:photo(?:graph)?|picture|image|illustration)s? (?:by|courtesy of)"
    r"|(?:credit|courtesy|źródło|autor|source|quelle|zdroj|джерело|источник|автор|crédit|fuente|fonte|foto di|photographe)\s?:|фото)"
    r"(?=[\s:.]|$)\s*(?P<name>\S.{1,118}))$",
    re.IGNORECASE,
)
_RIGHTS = re.compile(r"(?:©|\(c\)|Ⓒ|\bcopyright:?)\s*\S.{1,100}$", re.IGNORECASE)
_YEARS = re.compile(r"\d{4}\s?[-–]\s?\d{2,4}")
"""Of a site's own notice: "© 2005-2026 Example Ltd"."""
_BRACKETED = re.compile(r"[(\[](?P<credit>[^()\[\]]{2,90})[)\]]\.?$")
_HOUSES = re.compile(
    r"\b(?:getty|shutterstock|imago|epa|picture[ -]alliance|east news|istock|adobe ?stock|depositphotos|unsplash|pixabay|pexels|alamy|wikimedia)\b|\bvia\b|/",
    re.IGNORECASE,
)
"""What makes a bracket or a chain at a caption's end a credit: a picture house, "via", a slash between two names."""
_PARTED = re.compile(r"[.!?…\"”»)]\s+|\s[|–—-]\s")
"""Where a caption's last part may begin."""
_BEHIND = re.compile(r"\s+[|•]\s+.*$|(?<=[^\W\d_]{3})\.\s+(?=[^\W\d_]+(?:\s+\S+){3}).*$", re.DOTALL)
"""A caption that goes on behind its credit."""
_MOST_WORDS = 6
"""Words behind a bare "foto": more make a sentence about a photograph."""


def split_credit(caption: str, names: Names) -> str:
    """The credit that ends (or, labelled, begins) a caption on one line, verbatim; "" when the caption holds none."""
    caption = " ".join(caption.split())
    return _labelled(caption) or _rights(caption) or _bracketed(caption, names) or _chain(caption, names)


def _labelled(caption: str) -> str:
    for match in _LABELLED.finditer(caption):
        label, name = match["label"].rstrip(), match["name"]
        marked = label[-1] in ".:" or label.lower().endswith((" by", " of"))
        if not marked and not (name[:1].isupper() and len(name.split()) <= _MOST_WORDS):
            continue
        start = match.start("name") - match.start("credit")
        return _trimmed(match["credit"][:start] + _BEHIND.sub("", name))
    return ""


def _rights(caption: str) -> str:
    match = _RIGHTS.search(caption)
    if match and _YEARS.search(match[0]):
        return ""
    return _trimmed(_BEHIND.sub("", match[0])) if match else ""


def _bracketed(caption: str, names: Names) -> str:
    match = _BRACKETED.search(caption)
    if match is None:
        return ""
    inside = match["credit"]
    named = any(element.is_agency for element in cut(inside, names))
    return inside.strip() if named or PHOTO_INSIDE.search(inside) or _HOUSES.search(inside) else ""


def _chain(caption: str, names: Names) -> str:
    """ "... le 3 juin. ANNE KERVELLA / AFP": names alone, an agency or a picture house among them."""
    for start in (0, *(match.end() for match in _PARTED.finditer(caption))):
        elements = cut(caption[start:], names)
        known = all(element.source or element.kind in (ElementKind.PERSON, ElementKind.INITIALS) for element in elements)
        if elements and known and (is_picture(elements) or all(element.is_agency for element in elements)):
            return _trimmed(caption[start:])
    return ""


def _trimmed(credit: str) -> str:
    credit = credit.strip(" ,;|–—-")
    for opened, closed in ("()", "[]"):
        if closed in credit and opened not in credit[: credit.index(closed)]:  # its bracket opened before the label
            credit = credit[: credit.index(closed)].rstrip()
    return credit if len(credit) <= LONGEST_CREDIT else ""
