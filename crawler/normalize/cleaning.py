"""Lines of the text that are no part of it go: "Przeczytaj:", reply forms, subscriptions, share bars, headline and byline repeated.

In two steps around the reading of credits: frames first, because a reply form behind the credit line hides that it is the
last line; headline, byline, rights after, because they may hold the credit. Not here: boxes of the tree (`boxes.py`), the
words themselves (`phrases.py`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from crawler.normalize.draft import Draft, Setting
from crawler.normalize.labels import is_initials, is_stamp, signer, split_caption, without_shortcodes, without_trailing_link
from crawler.normalize.parsing import elements, tokens, visible_text
from crawler.normalize.phrases import (
    APPEAL,
    BULLETIN,
    ORIGIN,
    READ_ALSO,
    REPLY_FORM,
    RIGHTS,
    SHARE_BAR,
    SUBSCRIPTION,
    in_lower_case,
)
from crawler.normalize.times import parse_time
from crawler.normalize.titles import KICKERS, fold_title

_SHORT = 250
"""Characters; a paragraph longer than this is not cut for how it begins."""
_BEFORE_FORM = 0.4
_LABEL = 60
_COLON = re.compile(r"\s*[:\u2013\u2014>\u00bb|]\s*")
_SENTENCE_END = re.compile(r"[.!?\u2026][\"'\u201d\u201c\u00bb)\]]*$")
_TAIL_LINES = 3
_WRITERS = re.compile(
    r"\(?(?:(?:additional )?(?:reporting|writing)|editing|compiled|written) by [^.]{3,200}\.?\)?", re.IGNORECASE
)
_INITIALS = re.compile(r"(?:\([^\W\d_][\w .]{1,20}\)\s*)?(?:[^\W\d_A-ZĄĆĘŁŃÓŚŹŻ]{2,4}\s?/\s*){1,4}")
_CLOCK_BEHIND = re.compile(r"(?:\s+[^\W\d_]{1,2})?[\W_]*\d.*$")
"""The hour behind a byline: "Autor: Jan Kos o 11:07"."""
_POSTED = re.compile(
    r"(?:(?:written|posted|published) by|(?:geschrieben|veröffentlicht|erstellt) von|(?:napisane|dodane|opublikowane|zamieszczone) przez|napsal)\b",
    re.IGNORECASE,
)
_BOILERPLATE = in_lower_case(REPLY_FORM, SUBSCRIPTION, SHARE_BAR, APPEAL, ORIGIN, BULLETIN)
_READ_ALSO = in_lower_case(READ_ALSO)
_HEAD_LINES = 6
"""Paragraphs from the top in which headline, byline and date are repeated."""
_BY = re.compile(
    r"(?:by|von|di|par|por|przez|autor(?:zy|ka)?|author|tekst|автор|oprac\.?|fot\.?|foto|photo|text)\b[:.]?\s*", re.IGNORECASE
)


def cut_frames(draft: Draft, setting: Setting) -> None:
    """Cut reply forms, "read also" lines, subscriptions and share bars from `text`."""
    del setting
    paragraphs = without_shortcodes(draft.text).split("\n\n")
    kept = [without_trailing_link(line) for line in _without_labels(_without_tail_form(paragraphs))]
    draft.text = "\n\n".join(kept) or draft.text


def clean_text(draft: Draft, setting: Setting) -> None:
    """Cut headline, byline and date repeated above the text, notices of rights, paragraphs said twice. Never leaves it empty."""
    lines = [line for line in draft.text.split("\n\n") if len(line) > _SHORT or not RIGHTS.fullmatch(line.removeprefix("- "))]
    lines = [line for line in lines if any(char.isalnum() for char in line)]  # "___", "* * *"
    kept = _without_repeats(_without_head(lines, draft, setting))
    draft.text = "\n\n".join(kept) or draft.text


def split_pictures(text: str) -> tuple[str, str]:
    """(text without captions that name who took a picture, those credits one a line), where something is left."""
    kept: list[str] = []
    credits: list[str] = []
    for line in text.split("\n\n"):
        stays, credit = split_caption(line) or (line, "")
        kept += [stays] if stays else []
        credits += [credit] if credit else []
    return ("\n\n".join(kept), "\n".join(credits)) if kept else (text, "")


def split_writers(text: str, names: Sequence[str] = ()) -> tuple[str, str, tuple[str, ...]]:
    """(text without the lines at its end that sign it, those lines, the people who sign by full name): no running text.

    "(Reporting by ...; Editing by ...)", initials ("(PAP) abc/ def/", "(kd)"), a full name, and the outlet's own name alone.
    """
    own = {fold_title(name) for name in names}
    paragraphs = text.split("\n\n")
    tail: list[str] = []
    people: list[str] = []
    while len(paragraphs) > 1 and len(tail) < _TAIL_LINES:
        name = signer(paragraphs[-1], paragraphs[-2])
        if name is None and not _is_signature(paragraphs[-1], own):
            break
        people += [name] if name else []
        tail.insert(0, paragraphs.pop())
    return "\n\n".join(paragraphs), "\n".join(tail), tuple(reversed(people))


def _is_signature(line: str, own: set[str]) -> bool:
    if len(line) >= _SHORT:
        return False
    return bool(_WRITERS.fullmatch(line) or _INITIALS.fullmatch(line) or is_initials(line)) or fold_title(line) in own


def is_boilerplate(paragraph: str) -> bool:
    """The whole paragraph is a reply form's note, an appeal or share line, a note on the text's origin, the day's weather."""
    line = paragraph.removeprefix("- ").strip().removesuffix(" -")
    if len(line) > _SHORT:
        return False
    return _BOILERPLATE.fullmatch(line.lower()) is not None


def is_read_also(paragraph: str) -> bool:
    """The paragraph sends the reader to another article: a known label, then a colon and no more than a headline."""
    line = paragraph.removeprefix("- ").strip("*>\u00bb\u203a\u25ba\u2192[](){} \t")
    if len(line) > _SHORT:
        return False
    label, colon, rest = _split_label(line)
    if colon and _READ_ALSO.fullmatch(label.lower()):
        ends = len(re.findall(r"[.!?]\s", rest))
        return len(rest) < 200 and (ends == 0 or (ends == 1 and not _SENTENCE_END.search(rest)))
    return bool(_READ_ALSO.fullmatch(line.rstrip(" .!\u2026").lower()))


def _split_label(line: str) -> tuple[str, bool, str]:
    match = _COLON.search(line[: _LABEL + 3])
    return (line[: match.start()].strip(" *"), True, line[match.end() :].strip()) if match else (line, False, "")


def _without_tail_form(paragraphs: Sequence[str]) -> list[str]:
    """A reply form ends an article: from its first heading with enough of the text before it, everything goes."""
    whole = sum(map(len, paragraphs))
    before = 0
    for place, paragraph in enumerate(paragraphs):
        if before >= _BEFORE_FORM * whole and len(paragraph) < 120 and REPLY_FORM.fullmatch(paragraph.removeprefix("- ").strip()):
            return list(paragraphs[:place])
        before += len(paragraph)
    return list(paragraphs)


def _without_labels(paragraphs: Sequence[str]) -> list[str]:
    """Without boilerplate lines, and without the list of headlines that follows a label of its own line."""
    kept: list[str] = []
    listing = False
    for paragraph in paragraphs:
        if is_read_also(paragraph):
            listing = bool(READ_ALSO.fullmatch(paragraph.strip(" :.*>\u00bb")))
            continue
        if listing and paragraph.startswith("- ") and len(paragraph) < 200:
            continue
        listing = False
        if not is_boilerplate(paragraph):
            kept.append(paragraph)
    return kept


def _without_head(paragraphs: Sequence[str], draft: Draft, setting: Setting) -> list[str]:
    """Without headline, byline and date repeated above the text."""
    title, byline = fold_title(draft.title), fold_title(draft.byline)
    people = {fold_title(name) for name in draft.authors} | _kickers(draft)
    head = [line for line in paragraphs[:_HEAD_LINES] if not _is_repeated(line, title, byline, people, setting)]
    kept = [*head, *paragraphs[_HEAD_LINES:]]
    while len(kept) > 1 and _is_below(kept[-1], byline, people, setting):
        kept.pop()
    return kept


def _is_below(line: str, byline: str, people: set[str], setting: Setting) -> bool:
    """A day or the byline said again below the text, as old themes do."""
    if is_stamp(line, setting.zone):
        return True
    if len(line) > 120 or _SENTENCE_END.search(line):
        return False
    stated = _CLOCK_BEHIND.sub("", _BY.sub("", line, count=1))
    return fold_title(stated) in people or (bool(byline) and fold_title(line) == byline)


def _kickers(draft: Draft) -> set[str]:
    """Section and topic lines around the headline, folded."""
    marked = [
        visible_text(node)
        for node in elements(draft.tree, "span", "div", "p", "a", "strong", "h2", "h3", "h4")
        if tokens(node) & KICKERS and len(node) < 3
    ]
    return {folded for text in [*marked, draft.section or ""] if len(text) < 80 and (folded := fold_title(text))}


def _is_repeated(line: str, title: str, byline: str, people: set[str], setting: Setting) -> bool:
    folded = fold_title(line.removeprefix("- "))
    if (title and folded == title) or is_stamp(line, setting.zone):
        return True
    if len(line) > 120 or _SENTENCE_END.search(line):
        return False
    if _POSTED.match(line) and parse_time(line, setting.zone) is not None:
        return True
    if folded and (folded in people or folded == byline or fold_title(_BY.sub("", line, count=1)) in people):
        return True
    return (
        len(line) < 60
        and len(re.sub(r"[^\W\d_]{3,}", "", line)) > 4
        and parse_time(line, setting.zone) is not None
        and len(line.split()) < 10
    )


def _without_repeats(paragraphs: Sequence[str]) -> list[str]:
    """A paragraph of some length that was said before is a teaser or a quote box."""
    seen: set[str] = set()
    kept: list[str] = []
    for paragraph in paragraphs:
        key = " ".join(paragraph.split())
        if len(key) > 60 and key in seen:
            continue
        seen.add(key)
        kept.append(paragraph)
    return kept
