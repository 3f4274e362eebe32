"""The page of the outlets: how each fares, how much of it agencies wrote, when it last had something new."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from crawler.store.health import FAULTS, Verdict
from crawler.text import fold
from indexer.desk import Desk, OutletView
from indexer.web.formats import joined
from indexer.web.renderer import Reader, search_address
from indexer.web.svg import share_svg
from indexer.web.verdict_view import verdict_view

_AGENCIES = 3
_LONG_AGO = float("-inf")


def has_trouble(one: OutletView) -> bool:
    """Whether it is crawled and has a fault. New and quiet outlets have none, and one that is disabled keeps its last verdict."""
    return one.verdict in FAULTS and not one.disabled_because


ORDERS: dict[str, Callable[[OutletView], Any]] = {
    "name": lambda one: (fold(one.name), one.slug),
    "health": lambda one: (not has_trouble(one), one.verdict != Verdict.QUIET or bool(one.disabled_because), fold(one.name)),
    "articles": lambda one: (-one.articles, fold(one.name)),
    "share": lambda one: (-(one.agency_share or 0), fold(one.name)),
    "newest": lambda one: (-_second(one.last_new_article_at), fold(one.name)),
}
"""What the rows may be sorted by: name -> key."""


def context(desk: Desk, reader: Reader, order: str) -> dict[str, Any]:
    """What `outlets.html` shows. `order` is one of ORDERS."""
    _ = reader.said.gettext
    names = {"name": _("By name"), "health": _("Trouble first"), "articles": _("Most articles"), "share": _("Most agency copy"), "newest": _("Newest first")}  # fmt: skip
    outlets = sorted(desk.outlets(), key=ORDERS[order])
    agencies = desk.names("agency")
    return {
        "rows": [_row(reader, one, agencies) for one in outlets],
        "troubled": sum(map(has_trouble, outlets)),
        "orders": [
            {"name": names[one], "href": "/outlets" if one == "name" else f"/outlets?sort={one}", "is_chosen": one == order}
            for one in ORDERS
        ],
    }


def _row(reader: Reader, one: OutletView, agencies: Any) -> dict[str, Any]:
    _, write, profile = reader.said.gettext, reader.write, one.profile
    share = one.agency_share
    about = [write.country(one.country), write.language(one.language), one.group or ""]
    return {
        **verdict_view(reader, one.verdict, one.reason, one.disabled_because),
        "slug": one.slug, "name": one.name, "href": f"/outlets/{one.slug}", "search_href": search_address(f"outlet:{one.slug}"),
        "about": joined(about), "articles": one.articles, "since": None if one.disabled_because else one.since,
        "last_at": one.last_new_article_at,
        "share": "" if share is None else write.share(share),
        "share_svg": "" if share is None else share_svg(share, f"{_('Agency copy')}: {write.share(share)}"),
        "agencies": _named(profile.agencies if profile else (), agencies),
        "delay": write.delay(profile.median_delay_s)[1:] if profile and profile.median_delay_s is not None else "",
        "first": _firsts(reader, one),
    }  # fmt: skip


def _firsts(reader: Reader, one: OutletView) -> str:
    if one.profile is None or not (one.profile.first or one.profile.later):
        return ""
    return reader.said.gettext("first %(first)s times of %(all)s") % {
        "first": reader.write.number(one.profile.first), "all": reader.write.number(one.profile.first + one.profile.later),
    }  # fmt: skip


def _named(counted: Sequence[tuple[str, int]], names: Any) -> str:
    return ", ".join(f"{names.get(slug, slug)} {count}" for slug, count in counted[:_AGENCIES])


def _second(at: datetime | None) -> float:
    return at.timestamp() if at else _LONG_AGO
