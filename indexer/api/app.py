"""The application: API, feeds, health and pages in one, behind the guard."""

from __future__ import annotations

from fastapi import FastAPI

from indexer.api import feeds, health, metrics, outlet_routes, record_routes, search_routes, watch_routes
from indexer.api.access import Access
from indexer.api.guard import Guard
from indexer.api.openapi import describe
from indexer.api.problems import answer_problems
from indexer.api.settings import WebSettings
from indexer.api.traffic import Traffic
from indexer.desk import Desk
from indexer.watches.settings import AlertSettings
from indexer.web.pages import add_pages

API = "/api/v1"


def make_app(desk: Desk, settings: WebSettings, alerts: AlertSettings | None = None) -> Guard:
    """The ASGI application over an opened desk, which the caller closes. `alerts`: how watches send their tests."""
    traffic = Traffic()
    routes = make_routes(desk, alerts or AlertSettings(), traffic, per_outlet=settings.metrics_per_outlet)
    return Guard(routes, settings, Access(desk.database, settings, desk.now), traffic)


def make_routes(desk: Desk, alerts: AlertSettings, traffic: Traffic, *, per_outlet: bool = False) -> FastAPI:
    """What is behind the guard."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=f"{API}/openapi.json", redirect_slashes=False)
    answer_problems(app)
    describe(app)
    app.include_router(health.make_router(desk))
    app.include_router(metrics.make_router(desk, traffic, per_outlet=per_outlet))
    app.include_router(health.make_api_router(desk), prefix=API)
    app.include_router(search_routes.make_router(desk), prefix=API)
    app.include_router(record_routes.make_router(desk), prefix=API)
    app.include_router(outlet_routes.make_router(desk), prefix=API)
    app.include_router(watch_routes.make_router(desk, alerts), prefix=API)
    app.include_router(feeds.make_router(desk))
    add_pages(app, desk, alerts)
    return app
