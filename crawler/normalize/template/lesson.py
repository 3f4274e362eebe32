"""Raw pages of one outlet through first sight, then through `learn`: the whole of learning in one pure call for a worker.

Not here: which pages (`crawler.store.pages`), how often (`crawler.spiders.known`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from crawler.errors import NormalizeError
from crawler.model.outlet import Outlet
from crawler.model.page import Page
from crawler.model.template import Excerpt, Template
from crawler.normalize.chain import article_of, read_draft, read_excerpt, read_whole
from crawler.normalize.draft import Draft, Setting
from crawler.normalize.template.check import LEAST_PAGES
from crawler.normalize.template.learn import Learned, learn
from crawler.normalize.template.narrow import find_excerpt
from crawler.normalize.template.places import Sample
from crawler.outlets.agencies import Agencies

_MOSTLY = 0.8
"""Of the sample: so many pages must be readable by the excerpt; the others are read whole."""


def learn_pages(pages: Sequence[Page], outlet: Outlet, agencies: Agencies, now: datetime, version: int) -> Learned:
    """Learn from `pages`, oldest first; those that are no articles are left out. Pure; takes a first sight of each page.

    Where all of them give no template, the newest half is tried, and so on: behind a redesign the new pages alone agree.
    """
    setting = Setting(outlet, agencies, now)
    samples: list[Sample] = []
    for page in pages:
        try:
            samples.append(Sample(read_draft(page, setting), setting.zone))
        except NormalizeError:
            continue
    learned = learn(outlet.slug, version, samples, now)
    size = len(samples)
    while learned.template is None and size > LEAST_PAGES:
        size = max(LEAST_PAGES, size // 2)
        narrower = learn(outlet.slug, version, samples[-size:], now)
        learned = narrower if narrower.template else learned
    return replace(learned, template=_with_excerpt(learned.template, samples[-size:], setting)) if learned.template else learned


def _with_excerpt(template: Template, samples: Sequence[Sample], setting: Setting) -> Template:
    """`template` with the excerpt that gives the same articles as the whole pages, where there is one."""
    whole = replace(setting, template=template)
    fitting = [(one, article_of(draft, setting.outlet)) for one in samples if (draft := _read(one.draft.page, whole))]

    def is_enough(plan: Excerpt) -> bool:
        narrow = replace(setting, template=replace(template, excerpt=plan))
        used = 0
        for one, article in fitting:
            if (draft := read_excerpt(one.draft.page, narrow)) is not None:
                used += 1
                if article_of(draft, setting.outlet) != article:
                    return False
        return used >= _MOSTLY * len(fitting)

    found = find_excerpt(template, [one for one, _ in fitting], is_enough)
    why = f"all of it stands in {found.mark}: the rest of a page is not parsed" if found else "every page is parsed whole"
    return replace(template, excerpt=found, why=(*template.why, why))


def _read(page: Page, setting: Setting) -> Draft | None:
    """The whole page by the template; None where it does not fit."""
    try:
        draft = read_whole(page, setting)
    except NormalizeError:
        return None
    return draft if draft.sighting is not None and draft.sighting.fits else None
