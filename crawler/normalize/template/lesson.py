"""Raw pages of one outlet through first sight, then through `learn`: the whole of learning in one pure call for a worker.

Not here: which pages (`crawler.store.pages`), how often (`crawler.spiders.known`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from crawler.errors import NormalizeError
from crawler.model.outlet import Outlet
from crawler.model.page import Page
from crawler.normalize.chain import read_draft
from crawler.normalize.draft import Setting
from crawler.normalize.template.check import LEAST_PAGES
from crawler.normalize.template.learn import Learned, learn
from crawler.normalize.template.places import Sample
from crawler.outlets.agencies import Agencies


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
    return learned
