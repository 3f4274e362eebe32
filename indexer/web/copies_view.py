"""An agency's badge with its evidence, and copies as lines of a list: what several pages show alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from markupsafe import Markup

from crawler.model.attribution import Attribution
from indexer.web.marking import quoted
from indexer.web.renderer import Reader, search_address
from indexer.web.words import EVIDENCE, ROLES

_PROOFS = 3
"""Quotes in a badge; the article's page has all of them."""
_SHORT = 6
"""A slug of so few letters is the agency's own short name (pap, afp, tass)."""


def badge(
    reader: Reader, slug: str, name: str, attributions: Iterable[Attribution], *, confidence: float | None = None, lang: str = ""
) -> dict[str, Any]:
    """What the macro `badge` shows: the agency, and the quotes by which it is known."""
    mine = [one for one in attributions if one.source == slug]
    evidence = [
        {"kind": reader.words(EVIDENCE, proof.kind.value), "quote": quoted(proof, None), "lang": lang}
        for one in mine
        for proof in one.evidence
    ]
    sure = confidence if confidence is not None else max((one.confidence for one in mine), default=None)
    return {
        "short": slug.upper() if len(slug) <= _SHORT else name, "name": name, "href": search_address(f"agency:{slug}"),
        "evidence": evidence[:_PROOFS], "confidence": reader.write.share(sure) if sure else "",
    }  # fmt: skip


def copy_line(
    reader: Reader, *, article_id: str, outlet: str, role: str, similarity: float, delay_s: float | None, is_origin: bool,
    is_this: bool, title: str | None, origin_id: str | None,
) -> dict[str, Any]:  # fmt: skip
    """A member of a story in a list. `title`: only when its headline is another than the one above the list.

    Its words are translated here, since a template is slower at it and a page may hold hundreds of members.
    """
    _ = reader.said.gettext
    comparable = origin_id and not is_origin
    alike = _("%(share)s alike") % {"share": reader.write.share(similarity)} if similarity and not is_origin else ""
    return {
        "href": f"/article/{article_id}", "outlet": outlet, "role": reader.words(ROLES, role), "role_key": role,
        "delay": reader.write.delay(delay_s) if not is_origin else "", "is_this": is_this, "title": title or "",
        "alike": alike, "compare": _("compare"), "compare_label": _("What %(outlet)s changed") % {"outlet": outlet},
        "diff_href": f"/diff/{origin_id}/{article_id}" if comparable else None,
    }  # fmt: skip


def evidence_lines(reader: Reader, one: Attribution, kept: dict[str, str]) -> list[dict[str, Markup | str]]:
    """Every piece of evidence of an attribution in its surroundings. `kept`: the strings that evidence counts in, by name."""
    return [
        {"kind": reader.words(EVIDENCE, proof.kind.value), "quote": quoted(proof, kept.get(proof.where))}
        for proof in one.evidence
    ]
