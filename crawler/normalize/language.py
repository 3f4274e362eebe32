"""The language of a text: what the page declares, checked against what is written. Not here: alphabets for decoding."""

from __future__ import annotations

from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from crawler.normalize.draft import Draft, Setting
from crawler.normalize.template.tongue import is_spoken

_ENOUGH = 200
"""Characters from which the detector is worth more than a declaration (py3langid, .989 on news limited to few languages)."""
_ENOUGH_KNOWN, _MOST = 1000, 4000
"""Characters that are read; the detector's time grows with them (2 ms for 4,000)."""
_ENOUGH_CHECK = 200
"""For asking whether a page of an outlet of one language is in it; whatever else is found, more is read."""
_SURE = 0.95


def tell_language(draft: Draft, setting: Setting) -> None:
    """Fill `language` (ISO 639-1; "und" when nothing is known).

    Asked are the outlet's languages and those the page declares; the text decides among them. Only a text that is surely
    in none of them is given another language.
    """
    declared = declared_languages(draft)
    asked = tuple(dict.fromkeys((*setting.outlet.languages, *declared)))
    known = draft.sighting is not None and draft.sighting.fits  # an outlet of which many pages were read: less text is enough
    text = f"{draft.title}\n{draft.text}"[: _ENOUGH_KNOWN if known else _MOST]
    if len(text) < _ENOUGH:
        draft.language = next(iter(declared or asked), "und")
        return
    tongue = setting.template.tongue if known and setting.template is not None else None
    if tongue is not None and tongue.language in asked and is_spoken(text, tongue):
        draft.language = tongue.language
        return
    if known and len(asked) == 1 and _is_surely(asked[0], text[:_ENOUGH_CHECK]):
        draft.language = asked[0]
        return
    ranks = _identifier().rank(text)
    best, sure = ranks[0]
    draft.language = best if sure >= _SURE or not asked else next((code for code, _ in ranks if code in asked), asked[0])


def _is_surely(language: str, text: str) -> bool:
    found, sure = _identifier().classify(text)
    return bool(found == language and sure >= _SURE)


def declared_languages(draft: Draft) -> tuple[str, ...]:
    """ISO 639-1 codes of `<html lang>`, inLanguage, og:locale and Content-Language, in that order, each once."""
    root = draft.tree
    found = [root.get("lang"), root.get("{http://www.w3.org/XML/1998/namespace}lang"), root.get("xml:lang"), draft.facts.ld("inLanguage"),
             draft.facts.item("inlanguage"), draft.facts.tag("og:locale", "content-language", "language", "dc.language"), draft.page.header("content-language")]  # fmt: skip
    codes = (str(value).strip().lower().replace("_", "-").split("-")[0].split(",")[0] for value in found if value)
    return tuple(dict.fromkeys(code for code in codes if code in _known()))


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


@cache
def _known() -> frozenset[str]:
    return frozenset(str(code) for code in _identifier().labels)
