"""Watches over the API, with a real webhook."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis

from indexer.watches.settings import AlertSettings
from tests.indexer.watches.webhook import Webhook, serving

from .newsroom import Room
from .test_api import API, bearer, token

ALERTS = AlertSettings(allow_hosts=("127.0.0.1",), time_limit="5s")


def asked(webhook: Webhook, **changes: Any) -> dict[str, Any]:
    return {"name": "Korea", "query": "prezydent", "to": [webhook.url]} | changes


def test_a_watch_is_added_shown_paused_tested_and_removed_as_the_document_says(own_room: Room) -> None:
    with serving() as webhook, own_room.served(None, ALERTS, **bearer(token(own_room, "write"))) as client:
        schema = schemathesis.openapi.from_dict(client.get(f"{API}/openapi.json").json())
        added = client.post(f"{API}/watches", json=asked(webhook, digest_at="8:00", quiet="22:00-06:00", zone="Europe/Warsaw"))
        schema[f"{API}/watches"]["POST"].validate_response(added)
        assert added.status_code == 201 and "secret" not in added.text
        one = added.headers["location"]
        for path, method, answer in [
            ("/watches", "GET", client.get(f"{API}/watches")), ("/watches/{watch_id}", "GET", client.get(one)),
            ("/watches/{watch_id}/pause", "POST", client.post(f"{one}/pause")), ("/watches/{watch_id}/resume", "POST", client.post(f"{one}/resume")),
            ("/watches/{watch_id}/test", "POST", client.post(f"{one}/test")), ("/watches/{watch_id}", "DELETE", client.delete(one)),
        ]:  # fmt: skip
            schema[f"{API}{path}"][method].validate_response(answer)
            assert answer.status_code < 300, answer.text
        assert [body["is_test"] for body in webhook.bodies] == [True]
        assert client.get(one).status_code == 404 and client.get(f"{API}/watches").json() == {"watches": []}


@pytest.mark.parametrize(
    "changes",
    [
        {"query": '"niedomknięty'},
        {"to": ["nonsense://x:hunter2@y"]},
        {"digest_at": "25:00"},
        {"zone": "Mars/Base"},
        {"quiet": "8"},
    ],
)
def test_a_watch_that_cannot_be_meant_is_refused_in_words(own_room: Room, changes: dict[str, Any]) -> None:
    with serving() as webhook, own_room.served(None, ALERTS, **bearer(token(own_room, "write"))) as client:
        answer = client.post(f"{API}/watches", json=asked(webhook, **changes))
        assert answer.status_code == 400 and answer.headers["content-type"] == "application/problem+json"
        assert "hunter2" not in answer.text
        twice = [client.post(f"{API}/watches", json=asked(webhook)).status_code for _ in range(2)]
        assert twice == [201, 400]


def test_a10_nobody_without_a_token_adds_or_removes_a_watch(own_room: Room) -> None:
    with serving() as webhook, own_room.served(None, ALERTS) as client:
        assert client.post(f"{API}/watches", json=asked(webhook)).status_code == 401
        read = client.post(f"{API}/watches", json=asked(webhook), headers=bearer(token(own_room, "read")))
        foreign = client.post(
            f"{API}/watches", json=asked(webhook), headers=bearer(token(own_room, "write")) | {"Origin": "https://evil.example"}
        )
        assert (read.status_code, foreign.status_code) == (403, 403)
        assert client.get(f"{API}/watches").json() == {"watches": []}
