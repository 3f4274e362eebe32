"""`depesza outlets learn`: an outlet learned now from its kept pages, whatever is known of it. A crawl does it by itself (`spiders.known`)."""

from __future__ import annotations

from datetime import datetime

from crawler.errors import NormalizeError
from crawler.model.outlet import Outlet
from crawler.model.template import Standing
from crawler.normalize.template.learn import Learned
from crawler.normalize.template.lesson import learn_pages
from crawler.outlets.agencies import Agencies
from crawler.store import pages, templates
from crawler.store.database import Database
from crawler.workers import PagePool


def learn_outlet(database: Database, pool: PagePool, outlet: Outlet, agencies: Agencies, order: tuple[int, datetime]) -> Learned:
    """Learn from the newest kept pages and put the template into use; nothing changes where there is none.

    `order`: how many pages, and now (UTC). Raises BackendUnavailable.
    """
    limit, now = order
    with database.read() as connection:
        sample = pages.newest_pages(connection, outlet.slug, limit)
        version = templates.next_version(connection, outlet.slug)
    try:
        learned = pool.submit(learn_pages, sample, outlet, agencies, now, version).result()
    except NormalizeError as error:
        return Learned(None, error.reason)
    if learned.template is not None:
        with database.write() as connection:
            templates.save_template(connection, learned.template)
            templates.save_standing(connection, outlet.slug, Standing(), now)
    return learned
