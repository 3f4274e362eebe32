"""Everything the chain loads at its first use (the language's model, tables of dates and suffixes, patterns), loaded before it.

A worker does this before it says that it is ready. Otherwise its first page pays: on a busy machine that page goes over the limit,
the worker is killed and its successor begins anew (seen in the soak of November 2026). Not here: the pool (`crawler.workers`).
"""

from __future__ import annotations

from datetime import UTC, datetime

from crawler.model.outlet import Outlet
from crawler.model.page import Page
from crawler.normalize.chain import normalize
from crawler.outlets.agencies import load_agencies

_URL = "https://warming.example/a-bridge-is-closed"
_SENTENCE = "The bridge over the river will be closed until the spring, said a spokeswoman of the council on Monday. "
_HTML = f"""<html lang="en"><head><title>A bridge is closed</title></head><body><h1>A bridge is closed</h1>
<p>By Jane Doe</p><article><p>{_SENTENCE * 3}</p><p>{_SENTENCE * 2}(PAP)</p></article><p>12 May 2026</p></body></html>"""
"""Without a stated date or author, so that the searches for both run too."""


def warm_up() -> None:
    """Read a page of no outlet. Raises what the chain raises: then no page could be read either."""
    when = datetime(2026, 6, 1, tzinfo=UTC)
    outlet = Outlet(
        slug="warming", name="Warming", homepage="https://warming.example/", domains=("warming.example",), country="GB",
        languages=("en",), timezone="UTC",
    )  # fmt: skip
    page = Page(requested_url=_URL, final_url=_URL, status=200, body=_HTML.encode(), fetched_at=when, outlet=outlet.slug)
    normalize(page, outlet, load_agencies(), when)
