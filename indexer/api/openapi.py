"""The OpenAPI document: every answer that may come stands in it, problems and "not modified" among them."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from indexer.api.models import Problem
from indexer.api.problems import MEDIA_TYPE

_TITLE = "Depesza"
_ABOUT = (
    "Search the articles, follow a text from outlet to outlet. Errors are problem+json (RFC 9457). GET answers carry an entity tag. "
    "Whatever changes something needs a token with the scope `write`: `depesza tokens add NAME --scope write`."
)
_WITHOUT_TAG = ("/healthz", "/readyz", "/metrics", "/api/v1/health")
"""They are asked for what is new: no client has it already."""
_REFUSALS = {
    "400": "The query, a cursor or the Host header is refused; `detail` says why.", "401": "A token is needed.",
    "403": "The token does not allow it, or another site asks.", "404": "There is no such thing.",
    "405": "The method is not understood here.", "408": "The request took too long to arrive.", "413": "The request is too large.",
    "422": "A parameter is not what it may be.", "429": "Too many requests; Retry-After says how long to wait.",
    "500": "A fault of ours.", "503": "Store or index cannot be used now, or took too long.",
}  # fmt: skip


def describe(app: FastAPI) -> None:
    """Let the application tell its OpenAPI document, made once."""

    def document() -> dict[str, Any]:
        if not app.openapi_schema:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's own way to extend it


def _document(app: FastAPI) -> dict[str, Any]:
    from fastapi.openapi.utils import get_openapi

    made = get_openapi(title=_TITLE, version="1", description=_ABOUT, routes=app.routes)
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs", {})
    schemas["Problem"] = problem
    made["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            operation["responses"] = _responses(operation["responses"], has_tag=method == "get" and path not in _WITHOUT_TAG)
            operation["security"] = [{"token": []}] if method != "get" else [{}, {"token": []}]
    return made


def _responses(own: dict[str, Any], *, has_tag: bool) -> dict[str, Any]:
    refusals = {
        status: {"description": said, "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
        for status, said in _REFUSALS.items()
    }
    unchanged = {"304": {"description": "The client has it already (If-None-Match)."}} if has_tag else {}
    return {**{status: one for status, one in own.items() if status not in refusals}, **unchanged, **refusals}
