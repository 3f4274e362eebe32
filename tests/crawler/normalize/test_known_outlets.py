"""The gate of known outlets: fourteen outlets in real themes, twenty pages each, six languages (`tests/themes`).

After five pages every page's text is right to .985 and holds nothing that must not be there; a redesign in the middle is
noticed within five pages, learned, and costs no article. Figures: `tests/crawler/measure_templates.py`.
"""

from __future__ import annotations

import pytest

from crawler.normalize.template.check import LEAST_PAGES, RECENT
from tests.crawler.measure_templates import crawl, leaks, score
from tests.themes import OUTLETS, make_outlet, redesigned

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
PAGES, MIDDLE = 20, 10
F1, NEVER_BELOW = 0.985, 0.87
"""The goal; and what first sight gives at its worst on these pages while a new design is not learned yet (24 November 2026)."""


@pytest.mark.parametrize("slug", sorted(OUTLETS))
def test_after_five_pages_the_text_is_right_and_holds_nothing_else(slug: str) -> None:
    outlet = make_outlet(slug, PAGES)
    done = crawl(outlet)
    later = list(zip(outlet.pages, done.drafts, strict=True))[LEAST_PAGES:]
    known = [(one, draft) for one, draft in later if draft.sighting is not None and draft.sighting.fits]
    assert len(known) >= len(later) - 1, done.events
    figures = [score(draft, one) for one, draft in known]
    assert min(figures) >= F1
    assert [leaks(draft, one) for one, draft in known if leaks(draft, one)] == []


@pytest.mark.parametrize("slug", sorted(OUTLETS))
def test_a_redesign_is_noticed_within_five_pages_learned_and_costs_no_article(slug: str) -> None:
    outlet = redesigned(slug, PAGES, at=MIDDLE)
    done = crawl(outlet)
    given_up = [number for number, event in done.events if event.startswith("given up")]
    assert MIDDLE <= given_up[0] < MIDDLE + RECENT, done.events
    assert any(event.startswith("learned") and number > given_up[0] for number, event in done.events), done.events
    pages = list(zip(outlet.pages, done.drafts, strict=True))
    assert min(score(draft, one) for one, draft in pages[LEAST_PAGES:]) >= NEVER_BELOW
    again = [(one, draft) for one, draft in pages[MIDDLE:] if draft.sighting is not None and draft.sighting.fits]
    assert len(again) >= RECENT - 1
    assert min(score(draft, one) for one, draft in again) >= F1
    assert [leaks(draft, one) for one, draft in again if leaks(draft, one)] == []


@pytest.mark.parametrize("slug", sorted(OUTLETS))
def test_new_boxes_and_a_moved_lead_inside_the_old_design_cost_no_article(slug: str) -> None:
    outlet = redesigned(slug, PAGES, at=MIDDLE, soft=True)
    done = crawl(outlet)
    assert any(MIDDLE <= number < MIDDLE + 2 * RECENT for number, _ in done.events), done.events
    pages = list(zip(outlet.pages, done.drafts, strict=True))
    assert min(score(draft, one) for one, draft in pages[LEAST_PAGES:]) >= NEVER_BELOW
