"""A page and its outlet, for the tests of single steps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from crawler.model.outlet import Outlet
from crawler.model.page import Page
from crawler.normalize.chain import decode, read_structured
from crawler.normalize.draft import Draft, Setting
from crawler.outlets.agencies import load_agencies

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
OUTLET = Outlet(
    slug="echo",
    name="Echo Dnia",
    homepage="https://echo.example/",
    domains=("echo.example",),
    country="PL",
    languages=("pl",),
    timezone="Europe/Warsaw",
)
ADDRESS = "https://echo.example/wiadomosci/most"

MakeDraft = Callable[..., Draft]


@pytest.fixture(scope="session")
def setting() -> Setting:
    """The outlet "Echo Dnia" on 3 November 2026, noon UTC."""
    return Setting(OUTLET, load_agencies([OUTLET]), NOW)


def make_page(html: str, **changes: object) -> Page:
    """A page of the outlet that answered `html` with 200."""
    values: dict[str, object] = {
        "requested_url": ADDRESS, "final_url": ADDRESS, "status": 200, "body": html.encode("utf-8", "surrogatepass"), "fetched_at": NOW, "outlet": "echo",
    }  # fmt: skip
    return Page(**(values | changes))  # type: ignore[arg-type]  # values of every kind


@pytest.fixture
def make_draft(setting: Setting) -> MakeDraft:
    """Builds a draft whose page is decoded and whose structured data is read."""

    def make(html: str, **changes: object) -> Draft:
        draft = Draft(page=make_page(html, **changes), url=ADDRESS)
        decode(draft, setting)
        read_structured(draft, setting)
        return draft

    return make


@pytest.fixture
def page_of() -> Callable[..., Page]:
    """Builds a page of the outlet from its HTML and changed fields."""
    return make_page
