"""schemathesis against the OpenAPI of the real application: no 5xx, no answer that the document does not tell (bounded)."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from .newsroom import OLD_STORY, STORY, Room
from .test_api import API, bearer, token

EXAMPLES = 15
WRITE: dict[str, str] = {}
"""The headers of one who may do everything."""
CHECKED = [
    not_a_server_error, checks.status_code_conformance, checks.content_type_conformance, checks.response_headers_conformance,
    checks.response_schema_conformance, checks.negative_data_rejection, checks.unsupported_method,
]  # fmt: skip
"""Not "positive data is accepted": whether a text is a cursor, or an id is known, no schema can tell."""


@pytest.fixture(scope="module")
def api(room: Room) -> Any:
    WRITE.update(bearer(token(room, "write")))
    with room.served() as client:
        document = client.get(f"{API}/openapi.json").json()
        made = schemathesis.openapi.from_dict(document)
        made.config.update(base_url=str(client.base_url))
        yield made


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode))
def test_whatever_is_asked_is_answered_as_the_document_says(api: Any, mode: schemathesis.GenerationMode) -> None:
    asked = 0
    for result in api.get_all_operations():
        operation = result.ok()

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        def ask(case: Any) -> None:
            nonlocal asked
            asked += 1
            case.call_and_validate(checks=CHECKED, headers=WRITE, timeout=20)

        with contextlib.suppress(Unsatisfiable):  # an address without parameters cannot be asked wrongly
            ask()
    assert asked > EXAMPLES


def test_the_document_names_every_answer_of_known_records(room: Room) -> None:
    """What random ids never reach: articles, stories, diffs that exist, and an old id that leads on."""
    with room.served() as client:
        document = client.get(f"{API}/openapi.json").json()
        schema = schemathesis.openapi.from_dict(document)
        for path, values in [
            ("/articles/{article_id}", {"article_id": room.late.id}), ("/articles/{article_id}/revisions", {"article_id": room.alone.id}),
            ("/articles/{article_id}/copies", {"article_id": room.late.id}), ("/stories/{story_id}", {"story_id": STORY}),
            ("/stories/{story_id}", {"story_id": OLD_STORY}), ("/diff/{before}/{after}", {"before": room.origin.id, "after": room.late.id}),
            ("/outlets/{slug}", {"slug": "kresy"}), ("/outlets/{slug}", {"slug": "unknown"}), ("/incidents", {}),
        ]:  # fmt: skip
            operation = schema[f"{API}{path}"]["GET"]
            operation.validate_response(client.get(f"{API}{path.format(**values)}"))
        for query in ("prezydent", "zatrute"):
            answer = client.get(f"{API}/search", params={"q": query, "facets": "outlet,tag", "histogram": "day"})
            schema[f"{API}/search"]["GET"].validate_response(answer)
