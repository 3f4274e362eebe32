"""The contract of /api/v1, over a real server."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import httpx
import pytest

from crawler.model.page import Page
from crawler.store import tokens
from crawler.store.articles import Visit, insert_article
from crawler.store.outbox import put_in_outbox
from crawler.store.pages import keep_page
from indexer.api.settings import WebSettings
from indexer.push import push_pending

from .newsroom import NOON, OLD_STORY, STORY, Room, make

API = "/api/v1"


def get(client: httpx.Client, path: str, **asked: Any) -> Any:
    answer = client.get(f"{API}{path}", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_search_finds_inflected_words_and_folds_copies(client: httpx.Client, room: Room) -> None:
    found = get(client, "/search", q="prezydentowi warszawa", facets="outlet,agency", histogram="day")
    assert [hit["id"] for hit in found["hits"]] == [room.late.id]
    assert found["total"] == 3
    assert found["facets"]["outlet"] == [{"value": one, "articles": 1} for one in ("goniec", "kresy", "pap")]
    assert found["histogram"]["buckets"][0]["articles"] == 3
    assert "prezydent" in found["expansion"]["prezydentowi"]
    assert found["hits"][0]["snippets"][0]["marks"]


def test_unfolded_it_shows_every_copy_a_page_at_a_time(client: httpx.Client, room: Room) -> None:
    seen, after = [], None
    while True:
        found = get(client, "/search", q="prezydent", fold="false", limit=1, **({"after": after} if after else {}))
        seen += [hit["id"] for hit in found["hits"]]
        if (after := found["next"]) is None:
            break
    assert seen == [room.late.id, room.copy.id, room.origin.id]


def test_an_article_has_its_facts_and_its_evidence(client: httpx.Client, room: Room) -> None:
    found = get(client, f"/articles/{room.late.id}")
    assert found["text"] == room.late.text
    assert found["published_from"] == "structured data"
    assert found["attributions"][0]["source_name"] == "Polska Agencja Prasowa"
    assert found["attributions"][0]["evidence"][0]["quote"] == "PAP"
    assert (found["story"], found["copies"]) == (STORY, 3)


def test_revisions_copies_and_diffs(client: httpx.Client, room: Room) -> None:
    assert [one["number"] for one in get(client, f"/articles/{room.alone.id}/revisions")["revisions"]] == [1, 2]
    copies = get(client, f"/articles/{room.origin.id}/copies")["copies"]
    assert [(one["article"], one["role"], one["delay_s"]) for one in copies] == [
        (room.origin.id, "original", None), (room.copy.id, "verbatim", 1200), (room.late.id, "edited", 1800),
    ]  # fmt: skip
    assert get(client, f"/articles/{room.alone.id}/copies")["copies"] == []
    diff = get(client, f"/diff/{room.origin.id}/{room.late.id}")
    assert [(one["before"], one["after"]) for one in diff["text"]["numbers"]] == [("250", "300")]


def test_a_story_tells_who_changed_what_and_an_old_id_leads_to_it(client: httpx.Client, room: Room) -> None:
    found = get(client, f"/stories/{STORY}")
    assert (found["origin"], found["agency_name"]) == (room.origin.id, "Polska Agencja Prasowa")
    assert [one["headline_changed"] for one in found["members"]] == [False, False, True]
    moved = client.get(f"{API}/stories/{OLD_STORY}")
    assert (moved.status_code, moved.headers["location"]) == (308, f"{API}/stories/{STORY}")


def test_outlets_suggestions_and_freshness(client: httpx.Client) -> None:
    outlets = {one["slug"]: one for one in get(client, "/outlets")["outlets"]}
    assert (outlets["kresy"]["articles"], outlets["kresy"]["verdict"]) == (3, "ok")
    assert outlets["goniec"]["agency_copy"] == 1
    found = get(client, "/suggestions", prefix="pols")["suggestions"]
    assert [(one["kind"], one["value"]) for one in found] == [("agency", "pap")]
    assert get(client, "/freshness")["waiting"] == 0


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404), ("GET", f"/articles/{'0' * 32}", 404), ("GET", "/stories/00000000", 404), ("GET", "/articles/x", 422),
        ("GET", "/search?limit=0", 422), ("GET", "/search?sort=price", 422), ("GET", "/search?limit=501", 400),
        ("GET", "/search?after=nonsense", 400), ("GET", "/search?facets=text", 400), ("GET", f"/search?q={'a+' * 1500}", 400),
        ("POST", "/search", 401), ("DELETE", "/outlets", 401), ("GET", "/token", 401),
    ],
)  # fmt: skip
def test_every_error_is_a_problem(client: httpx.Client, method: str, path: str, status: int) -> None:
    answer = client.request(method, f"{API}{path}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert answer.json()["detail"]


def test_a_method_that_is_not_understood_is_a_problem_too(room: Room) -> None:
    secret = token(room, "write")
    with room.served(None, Authorization=f"Bearer {secret}") as client:
        answer = client.post(f"{API}/search")
    assert (answer.status_code, answer.headers["content-type"]) == (405, "application/problem+json")


def test_a_fault_of_ours_is_a_problem_without_details(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the password is swordfish")

    monkeypatch.setattr(room.desk, "outlets", fail)
    with room.served() as client:
        answer = client.get(f"{API}/outlets")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert "swordfish" not in answer.text


def test_what_the_client_has_is_not_sent_again(client: httpx.Client) -> None:
    for path in (
        f"{API}/search?q=prezydent&histogram=day",
        "/feed.atom?q=prezydent",
        "/feed.rss",
        "/feed.json",
        "/opml",
        f"{API}/outlets",
    ):
        first = client.get(path)
        again = client.get(path, headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"]), path
        assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_changed_index_changes_the_tag(own_room: Room) -> None:

    with own_room.served() as client:
        tag = client.get(f"{API}/search?q=kot").headers["etag"]
        with own_room.database.write() as connection:
            new = make("https://kresy.example/cat", "Kot wrócił.", title="Kot")
            insert_article(connection, new, Visit(at=NOON, source_updated_at=None, next_visit_at=None))
            put_in_outbox(connection, {new.id: 1}, NOON)
        push_pending(own_room.database, own_room.engine, now=NOON)
        assert client.get(f"{API}/search?q=kot", headers={"If-None-Match": tag}).json()["total"] == 2


def test_a_result_as_csv_and_ndjson(client: httpx.Client, room: Room) -> None:
    table = client.get(f"{API}/search", params={"q": "prezydent", "format": "csv", "fold": "false"})
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert [row["id"] for row in rows] == [room.late.id, room.copy.id, room.origin.id]
    assert rows[0]["agency_names"] == "Polska Agencja Prasowa"
    lines = client.get(f"{API}/search", params={"q": "prezydent", "format": "ndjson", "fold": "false", "limit": 2}).text
    assert [json.loads(line)["id"] for line in lines.splitlines()] == [room.late.id, room.copy.id]


@pytest.mark.parametrize("format", ["csv", "ndjson"])
def test_leads_that_stay_here_leave_no_way_through_the_api_either(own_room: Room, format: str) -> None:
    """The rule of `depesza export`: [indexer] allow_reserved_export and allow_fulltext_export."""
    reserved, free = own_room.attack, make("https://kresy.example/lead", "Kot wrócił. Pies też.", title="Kot", lead="Kot wrócił.")
    with own_room.database.write() as connection:
        insert_article(connection, free, Visit(at=NOON, source_updated_at=None, next_visit_at=None))
        put_in_outbox(connection, {free.id: 1}, NOON)
        page = Page(
            requested_url=reserved.url, final_url=reserved.url, status=200, body=b"<html></html>", fetched_at=NOON,
            outlet=reserved.outlet, headers=(("tdm-reservation", "1"),),
        )  # fmt: skip
        keep_page(connection, reserved.id, page)
    push_pending(own_room.database, own_room.engine, now=NOON)

    def leads(client: httpx.Client) -> set[str]:
        text = client.get(f"{API}/search", params={"format": format, "fold": "false"}).text
        rows = csv.DictReader(io.StringIO(text)) if format == "csv" else map(json.loads, text.splitlines())
        return {row["id"] for row in rows if row["lead"]}

    with own_room.served() as client:
        assert leads(client) == {free.id}
        own_room.desk.exports_reserved = True
        assert leads(client) == {free.id, reserved.id}
        own_room.desk.exports_texts = False
        assert leads(client) == set()


def test_a_long_result_comes_over_several_pages(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexer.api.search_routes.PAGE_LIMIT", 2)
    with room.served() as client:
        lines = client.get(f"{API}/search", params={"format": "ndjson", "fold": "false", "limit": 100}).text.splitlines()
    assert [json.loads(line)["id"] for line in lines] == [one.id for one in room.articles]


def test_health_and_readiness(own_room: Room) -> None:
    with own_room.served() as client:
        check_health(client, own_room)


def check_health(client: httpx.Client, room: Room) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    ready = client.get("/readyz").json()
    assert (ready["status"], ready["store"], ready["index"]) == ("ready", "ok", "ok")
    room.engine.close()
    index = room.engine._folder / "current"  # type: ignore[attr-defined]  # an index that is gone
    index.unlink()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert str(index.parent) not in answer.text, "anybody may ask"
    assert client.get(f"{API}/search").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_tokens_allow_what_they_are_for_until_they_are_revoked(own_room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = token(own_room, "read"), token(own_room, "write")
    with own_room.served() as client:
        assert get_scopes(client, read) == ["read"]
        assert get_scopes(client, write) == ["read", "write"]
        assert client.post(f"{API}/search", headers=bearer(read)).status_code == 403
        assert client.get(f"{API}/token", headers=bearer("depesza_wrong")).status_code == 401
        monkeypatch.setattr("indexer.api.access._REMEMBERED_S", -1.0)
        with own_room.database.write() as connection:
            kept = tokens.list_tokens(connection)
            assert [one.last_used_at for one in kept] == [NOON, NOON]
            assert not any(secret in str(kept) for secret in (read, write))
            assert tokens.revoke_token(connection, next(one.id for one in kept if "write" in one.scopes), NOON)
        assert client.post(f"{API}/search", headers=bearer(write)).status_code == 401


def test_where_a_read_token_is_set_nothing_but_health_answers_without_it(room: Room) -> None:
    secret = "0123456789abcdefghijklmnop"
    with room.served(WebSettings(read_token=secret)) as client:
        for path in ("/", "/feed.atom", "/opml", f"{API}/search", f"{API}/openapi.json", "/static/style.css"):
            answer = client.get(path)
            assert (answer.status_code, answer.headers["www-authenticate"][:5]) == (401, "Basic"), path
        assert client.get("/healthz").status_code == 200
        assert client.get(f"{API}/search", headers=bearer(secret)).status_code == 200
        assert client.get("/feed.atom", auth=("anybody", secret)).status_code == 200
        assert client.get(f"{API}/search", headers=bearer(token(room, "read"))).status_code == 200
        assert client.post(f"{API}/search", headers=bearer(secret)).status_code == 403, "it allows reading"


def token(room: Room, scope: str) -> str:
    with room.database.write() as connection:
        return tokens.add_token(connection, "test", [scope], NOON)[0]


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def get_scopes(client: httpx.Client, secret: str) -> list[str]:
    found: list[str] = client.get(f"{API}/token", headers=bearer(secret)).json()["scopes"]
    return found
