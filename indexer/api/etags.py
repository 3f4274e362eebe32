"""Entity tags: an answer that the client has already is not sent again (RFC 9110, sections 8.8.3 and 13.1.2).

The tag is the digest of what was answered, so it holds for both engines, for queries that depend on the hour, and over a restart.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

_TAG = re.compile(r'(?:W/)?("[^"]*")')


def answered(request: Request, body: bytes, media_type: str, headers: Mapping[str, str] | None = None) -> Response:
    """`body`, or 304 when If-None-Match names its tag."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    told = {**(headers or {}), "ETag": tag}
    asked = request.headers.get("if-none-match", "")
    if asked.strip() == "*" or tag in _TAG.findall(asked[:4000]):
        return Response(status_code=304, headers=told)
    return Response(body, media_type=media_type, headers=told)
