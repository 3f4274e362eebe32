"""The pages' addresses. Not here: what a page shows (`search_page`, `article_page`, ...), the API and what guards both (`indexer.api`)."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Query
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from crawler.errors import BackendUnavailable, IndexLater, QueryError
from indexer.desk import Desk
from indexer.engine import Sort
from indexer.query import LENGTH_LIMIT, SearchQuery, parse_query
from indexer.watches.settings import AlertSettings
from indexer.web import article_page, help_page, outlet_page, outlets_page, search_page, story_page, watches_page
from indexer.web.chips import dated
from indexer.web.renderer import COOKIES, FOLDER, Renderer, cookie_name, is_local, search_address
from indexer.web.sentences import told

HITS = 20
"""Stories of a page."""
_YEAR_S = 31_536_000
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_RETRY_S = 5
_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}


def add_pages(app: FastAPI, desk: Desk, alerts: AlertSettings) -> None:
    """Put the pages into an application whose errors are answered already: a reader's errors become pages."""
    renderer = Renderer(desk)
    app.include_router(_router(desk, renderer, alerts), include_in_schema=False)
    for kind in (HTTPException, Exception):
        app.add_exception_handler(kind, _answerer(renderer, app.exception_handlers[kind]))


def _router(desk: Desk, renderer: Renderer, alerts: AlertSettings) -> APIRouter:
    router = APIRouter(route_class=_route_class(renderer), default_response_class=Response)
    _add_search(router, desk, renderer)
    _add_texts(router, desk, renderer)
    _add_watches(router, desk, renderer, alerts)
    _add_others(router, desk, renderer)
    return router


def problem_page(renderer: Renderer, request: Request, status: int, detail: str) -> Response:
    """A page that says what went wrong and where to go from here. `detail` is translated where it is one of `sentences`."""
    said = renderer.reader(request).said
    _ = said.gettext
    detail, detail_lang = told(said, detail)
    headings = {
        400: _("This search cannot be made"), 404: _("There is nothing here"), 422: _("This search cannot be made"),
        503: _("Not available at the moment"), 500: _("Something went wrong"),
    }  # fmt: skip
    ways = [
        {"href": "/", "name": _("Newest stories")},
        {"href": "/outlets", "name": _("Outlets")},
        {"href": "/help", "name": _("The query language")},
    ]
    heading = headings.get(status, _("Something went wrong"))
    context = {"status": status, "heading": heading, "detail": detail, "detail_lang": detail_lang, "ways": ways}
    response = renderer.page(request, "problem.html", context, status)
    if status == 503:
        response.headers["Retry-After"] = str(_RETRY_S)
    return response


def _add_search(router: APIRouter, desk: Desk, renderer: Renderer) -> None:
    @router.get("/")
    def search(
        request: Request,
        q: str = "",
        sort: str = Sort.NEWEST.value,
        after: str | None = None,
        first: Annotated[str | None, Query(alias="from")] = None,
        last: Annotated[str | None, Query(alias="to")] = None,
    ) -> Response:
        """Stories that match a query; the newest of all without one."""
        if first or last:
            return RedirectResponse(search_address(_between(q, first or "", last or ""), sort), 303)
        order = Sort(sort) if sort in {one.value for one in Sort} else Sort.NEWEST
        context = search_page.context(desk, renderer.reader(request), q, order, after or None, HITS)
        return renderer.page(request, "search.html", context)


def _add_texts(router: APIRouter, desk: Desk, renderer: Renderer) -> None:
    @router.get("/article/{article_id}")
    def article(request: Request, article_id: str) -> Response:
        """An article by its id."""
        view = desk.article(article_id)
        if view is None:
            raise HTTPException(404)
        return renderer.page(request, "article.html", article_page.context(desk, renderer.reader(request), view))

    @router.get("/story/{story_id}")
    def story(request: Request, story_id: str, compare: str | None = None) -> Response:
        """A story by its id; the id of one that merged into another leads there."""
        view = desk.story(story_id)
        if view is None or not view.members:
            raise HTTPException(404)
        if view.story.id != story_id:
            return RedirectResponse(f"/story/{view.story.id}", 301)
        return renderer.page(request, "story.html", story_page.context(desk, renderer.reader(request), view, compare))

    @router.get("/diff/{before}/{after}")
    def diff(request: Request, before: str, after: str) -> Response:
        """What the second article made of the first."""
        found = desk.diff(before, after)
        if found is None:
            raise HTTPException(404)
        names = desk.names("outlet")
        shown = tuple(names.get(one.outlet, one.outlet) for one in (found.before, found.after))
        view = desk.article(after)
        story_id = view.story.id if view and view.story and len(view.copies) > 1 else None
        context = story_page.difference(renderer.reader(request), found, story_id, (shown[0], shown[1]))
        return renderer.page(request, "diff.html", context)


def _add_watches(router: APIRouter, desk: Desk, renderer: Renderer, alerts: AlertSettings) -> None:
    @router.get("/watches")
    def watches(request: Request, q: str = "") -> Response:
        """The watches, and a form for a new one."""
        context = watches_page.context(desk, renderer.reader(request), {"query": q, "name": q[:80]})
        return renderer.page(request, "watches.html", context)

    @router.post("/watches")
    def change(request: Request, form: Annotated[FormData, Depends(_form)]) -> Response:
        """Add, test, pause or remove one. The guard lets only forms of our own pages come here."""
        reader = renderer.reader(request)
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        said, is_error = watches_page.act(desk, reader, fields, alerts)
        kept = fields if is_error and fields.get("do") == "add" else {}
        context = watches_page.context(desk, reader, kept, said, is_error=is_error)
        return renderer.page(request, "watches.html", context, 400 if is_error else 200)


async def _form(request: Request) -> FormData:
    return await request.form()


def _add_others(router: APIRouter, desk: Desk, renderer: Renderer) -> None:
    @router.get("/outlets")
    def outlets(request: Request, sort: str = "name") -> Response:
        """Every outlet that was crawled."""
        order = sort if sort in outlets_page.ORDERS else "name"
        return renderer.page(request, "outlets.html", outlets_page.context(desk, renderer.reader(request), order))

    @router.get("/outlets/{slug}")
    def outlet(request: Request, slug: str) -> Response:
        """One outlet."""
        found = desk.outlet(slug)
        if found is None:
            return problem_page(renderer, request, 404, "No outlet has this address. The list has every outlet that was crawled.")
        return renderer.page(request, "outlet.html", outlet_page.context(desk, renderer.reader(request), found))

    @router.get("/help")
    def help_(request: Request) -> Response:
        """The query language."""
        return renderer.page(request, "help.html", help_page.context(desk, renderer.reader(request)))

    files = {path.name: path.read_bytes() for path in (FOLDER / "static").iterdir()}

    @router.get("/static/{name}")
    async def static(name: str) -> Response:
        """The style sheet, the script and the icon; their address changes with them, so they may be kept for ever."""
        if name not in files:
            raise HTTPException(404)
        headers = {"Cache-Control": f"public, max-age={_YEAR_S}, immutable"}
        return Response(files[name], media_type=_TYPES[name.rpartition(".")[2]], headers=headers)

    @router.get("/preferences")
    async def preferences(request: Request, back: str = "/") -> Response:
        """Keep a choice of language, colours or keys in a cookie, and go back to the page."""
        response = RedirectResponse(back if is_local(back) else "/", 303)
        for name, values in COOKIES.items():
            if (chosen := request.query_params.get(name)) in values:
                response.set_cookie(cookie_name(name), chosen, max_age=_YEAR_S, httponly=True, samesite="lax")
        return response


def _between(text: str, first: str, last: str) -> str:
    """The query over the days of the form; what is no day of a calendar is left to the query language, which says so."""
    days = [day if _DAY.fullmatch(day) else "" for day in (first, last)]
    if not any(days) or len(text) > LENGTH_LIMIT:
        return text
    query: SearchQuery = parse_query(text)
    return dated(query, days[0] if days[0] == days[1] else "..".join(days))


def _answerer(renderer: Renderer, otherwise: Any) -> Callable[[Request, Exception], Awaitable[Response]]:
    """A handler of errors that answers a browser with a page, and anybody else as before."""

    async def answer(request: Request, error: Exception) -> Response:
        wants_page = "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(("/api/", "/feed"))
        if not wants_page:
            response: Response = await otherwise(request, error)
            return response
        status = error.status_code if isinstance(error, HTTPException) else 500
        detail = "No page has this address." if status == 404 else "The log of the service has the details."
        return problem_page(renderer, request, status, detail)

    return answer


def _route_class(renderer: Renderer) -> type[APIRoute]:
    """A route whose errors are pages, not the API's problem+json."""

    class PageRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Any]:
            handle = super().get_route_handler()

            async def answer(request: Request) -> Response:
                try:
                    return await handle(request)
                except QueryError as error:
                    return problem_page(renderer, request, 400, str(error))
                except (BackendUnavailable, IndexLater) as error:
                    return problem_page(renderer, request, 503, str(error))
                except HTTPException as error:
                    gone = "No article and no story has this address. It may have been left out of the store."
                    return problem_page(renderer, request, error.status_code, gone)

            return answer

    return PageRoute
