"""What is known of one article, one story, two texts, and of the outlets: GET below /api/v1."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Request
from starlette.responses import RedirectResponse, Response

from indexer.api import models, shapes
from indexer.api.etags import answered
from indexer.api.problems import Refused
from indexer.desk import ArticleView, Desk

ArticleId = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="32 hex digits.")]
StoryId = Annotated[str, Path(pattern="^[0-9a-f]{8,64}$", description="Hex digits.")]
_MOVED: dict[str, Any] = {"description": "It merged into another story, which is at Location."}


def make_router(desk: Desk) -> APIRouter:
    """The addresses of records."""
    router = APIRouter(tags=["records"])

    @router.get("/articles/{article_id}", responses={200: {"model": models.ArticleAnswer}})
    def article(request: Request, article_id: ArticleId) -> Response:
        """An article: text, facts and where they come from, attributions with their evidence."""
        return _answer(request, shapes.article_shape(_found(desk, article_id)))

    @router.get("/articles/{article_id}/revisions", responses={200: {"model": models.Revisions}})
    def revisions(request: Request, article_id: ArticleId) -> Response:
        """Every version of an article, the first first."""
        found = [shapes.revision_shape(one) for one in desk.revisions(article_id)]
        if not found:
            raise _unknown(article_id)
        return _answer(request, {"article": article_id, "revisions": found})

    @router.get("/articles/{article_id}/copies", responses={200: {"model": models.Copies}})
    def copies(request: Request, article_id: ArticleId) -> Response:
        """The members of the article's story, itself among them, in order of time; none outside of a story."""
        view = _found(desk, article_id)
        found = [shapes.copy_shape(one) for one in view.copies]
        return _answer(request, {"article": article_id, "story": view.story.id if view.story else None, "copies": found})

    @router.get("/stories/{story_id}", responses={200: {"model": models.StoryAnswer}, 308: _MOVED})
    def story(request: Request, story_id: StoryId) -> Response:
        """A story: its origin and why, its agency, who carried it when, what each changed."""
        view = desk.story(story_id)
        if view is None:
            raise Refused(404, f"there is no story {story_id}")
        if view.story.id != story_id:
            return RedirectResponse(f"/api/v1/stories/{view.story.id}", status_code=308)
        return _answer(request, shapes.story_shape(view))

    @router.get("/diff/{before}/{after}", responses={200: {"model": models.DiffAnswer}})
    def diff(request: Request, before: ArticleId, after: ArticleId) -> Response:
        """What the second article made of the first, word by word."""
        view = desk.diff(before, after)
        if view is None:
            raise Refused(404, "one of the two articles is unknown")
        return _answer(request, shapes.diff_shape(view))

    @router.get("/outlets", responses={200: {"model": models.Outlets}})
    def outlets(request: Request) -> Response:
        """Every outlet that was crawled: how it fares, how much of it is copied."""
        return _answer(request, {"outlets": [shapes.outlet_shape(one) for one in desk.outlets()]})

    @router.get("/freshness", responses={200: {"model": models.FreshnessAnswer}})
    def freshness(request: Request) -> Response:
        """How far the index is behind the store."""
        return _answer(request, desk.freshness())

    @router.get("/token", responses={200: {"model": models.TokenAnswer}, 401: {}})
    def token(request: Request) -> Response:
        """What the token that was shown allows."""
        scopes = sorted(request.state.scopes)
        if not scopes:
            raise Refused(401, "show a token: Authorization: Bearer TOKEN", {"WWW-Authenticate": "Bearer"})
        return _answer(request, {"scopes": scopes})

    return router


def _found(desk: Desk, article_id: str) -> ArticleView:
    view = desk.article(article_id)
    if view is None:
        raise _unknown(article_id)
    return view


def _unknown(article_id: str) -> Refused:
    return Refused(404, f"there is no article {article_id}")


def _answer(request: Request, value: Any) -> Response:
    return answered(request, orjson.dumps(value), "application/json")
