"""GET /api/v1/search in three formats, and /api/v1/suggestions."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator
from dataclasses import replace
from enum import StrEnum
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from crawler.errors import QueryError
from indexer.api import models
from indexer.api.etags import answered
from indexer.api.shapes import search_shape
from indexer.buckets import Step
from indexer.desk import Desk
from indexer.engine import Sort
from indexer.export import Reserved
from indexer.export_rows import COLUMNS, csv_lines
from indexer.search import PAGE_LIMIT, SearchPage, SearchRequest

EXPORT_LIMIT = 10_000
"""Articles of a result as CSV or NDJSON; the command `depesza export` has no limit."""
_PREFIX_LIMIT = 100


class Format(StrEnum):
    """How a result is written."""

    JSON = "json"
    CSV = "csv"
    NDJSON = "ndjson"


_TYPES = {Format.CSV: "text/csv; charset=utf-8", Format.NDJSON: "application/x-ndjson"}
_CONTENT: dict[str, Any] = {"text/csv": {"schema": {"type": "string"}}, "application/x-ndjson": {"schema": {"type": "string"}}}


def make_router(desk: Desk) -> APIRouter:
    """The addresses of searches."""
    router = APIRouter(tags=["search"])

    @router.get("/search", responses={200: {"model": models.SearchAnswer, "content": _CONTENT}})
    def search(
        request: Request,
        q: Annotated[str, Query(description="In the query language; empty finds everything.")] = "",
        sort: Annotated[Sort, Query(description="Order of the hits.")] = Sort.NEWEST,
        limit: Annotated[int, Query(ge=1, le=EXPORT_LIMIT, description=f"Hits; at most {PAGE_LIMIT} as JSON.")] = 20,
        after: Annotated[str | None, Query(description="`next` of the page before.")] = None,
        facets: Annotated[str, Query(description="Fields to count, with commas between them: outlet,agency.")] = "",
        histogram: Annotated[Step | None, Query(description="Count by time of publication.")] = None,
        fold: Annotated[bool, Query(description="One hit a story; false shows every copy.")] = True,
        format: Annotated[Format, Query(description="CSV and NDJSON hold the hits only, without reserved leads.")] = Format.JSON,
    ) -> Response:
        """Search the articles. JSON comes a page at a time with an entity tag; CSV and NDJSON as one stream."""
        counted = tuple(dict.fromkeys(name for one in facets.split(",") if (name := one.strip())))
        asked = SearchRequest(text=q, sort=sort, limit=limit, after=after, facets=counted, histogram=histogram, fold_copies=fold)
        if format is Format.JSON:
            if limit > PAGE_LIMIT:
                raise QueryError(f"a page has at most {PAGE_LIMIT} hits; go on with `after`, or ask for format=csv or ndjson")
            page = desk.search(asked)
            timing = {"Server-Timing": f"search;dur={page.took_ms}"}
            return answered(request, orjson.dumps(search_shape(page)), "application/json", timing)
        pages = _pages(desk, replace(asked, facets=(), histogram=None, snippets=0))
        first = next(pages)  # what is wrong with the query is said before the stream begins
        lines = _lines(desk, itertools.chain([first], pages), format)
        saved = {"Content-Disposition": f'attachment; filename="depesza.{format}"'}
        return StreamingResponse(lines, media_type=_TYPES[format], headers=saved)

    @router.get("/suggestions", responses={200: {"model": models.Suggestions}})
    def suggestions(
        request: Request,
        prefix: Annotated[str, Query(max_length=_PREFIX_LIMIT, description="The beginning of a name.")],
        limit: Annotated[int, Query(ge=1, le=50)] = 10,
    ) -> Response:
        """Outlets and agencies whose name begins so."""
        found = [{"kind": one.kind, "value": one.value, "name": one.name} for one in desk.suggest(prefix, limit)]
        return answered(request, orjson.dumps({"suggestions": found}), "application/json")

    return router


def _pages(desk: Desk, asked: SearchRequest) -> Iterator[SearchPage]:
    """Pages until `limit` hits were shown. At least one."""
    left = asked.limit
    while True:
        page = desk.search(replace(asked, limit=min(left, PAGE_LIMIT)))
        yield page
        left -= len(page.hits)
        if page.next is None or left <= 0:
            return
        asked = replace(asked, after=page.next)


def _lines(desk: Desk, pages: Iterator[SearchPage], format: Format) -> Iterator[bytes]:
    """As `depesza export` gives them: without leads where the settings or the articles' pages keep texts here."""
    for number, page in enumerate(pages):
        rows = [dict(hit.article) for hit in page.hits]
        closed: Collection[str] = [row["id"] for row in rows]
        if desk.exports_texts:
            with desk.database.read() as connection:
                closed = Reserved(desk.exports_reserved).among(connection, closed)
        for row in rows:
            row["lead"] = None if row["id"] in closed else row["lead"]
        if format is Format.CSV:
            yield csv_lines(rows, COLUMNS, head=number == 0).encode()
        else:
            yield b"".join(orjson.dumps(row) + b"\n" for row in rows)
