"""Security on a real server: TLS, users, and the three roles of deploy/elasticsearch/roles.yml, each through our commands.

API keys and what builds on them are no part of the test distribution; `test_elastic_client` shows what is sent for them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch, NotFoundError
from typer.testing import CliRunner, Result

from crawler.config import Locations, store_url
from crawler.errors import BackendUnavailable, IndexLater
from crawler.store.articles import Visit, insert_article
from crawler.store.database import open_database
from crawler.store.outbox import count_outbox, put_in_outbox
from indexer.config import IndexerSettings
from indexer.engines.elastic_client import make_client, said
from scheduler.command import app
from tests.elasticsearch_security import Authority, Certificate, file_realm, secured
from tests.elasticsearch_server import start_elasticsearch

pytestmark = pytest.mark.elasticsearch
ROLES = Path(__file__).parents[2] / "deploy" / "elasticsearch" / "roles.yml"
USERS = {
    "setup": ["depesza_setup"],
    "writer": ["depesza_writer"],
    "reader": ["depesza_reader"],
    "nobody": [],
    "admin": ["superuser"],
}
PASSWORDS = {name: f"{name}-hasło:7f3a" for name in USERS}
"""With a colon and beyond ASCII: both are allowed in a password (RFC 7617)."""


@dataclass(frozen=True)
class Server:
    """A real server with security on."""

    url: str
    certificate: Certificate
    authority: Authority
    ca_file: Path

    def settings(self, user: str | None, **changes: Any) -> IndexerSettings:
        values = {"url": self.url, "ca_file": self.ca_file, "user": user, "password": PASSWORDS.get(user or "")}
        return IndexerSettings(engine="elasticsearch", **(values | changes))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    authority = Authority()
    issued = authority.issue("127.0.0.1", "localhost")
    chain = Certificate(issued.certificate + authority.root.certificate, issued.key)
    settings, files = secured(chain)
    files |= file_realm(ROLES.read_text("utf-8"), {name: (PASSWORDS[name], roles) for name, roles in USERS.items()})
    ca_file = tmp_path_factory.mktemp("tls") / "ca.pem"
    ca_file.write_bytes(authority.root.certificate)
    with start_elasticsearch(settings, files) as started:
        yield Server(started.url, issued, authority, ca_file)


@pytest.fixture
def server(running: Server) -> Iterator[Server]:
    """The server, empty again afterwards."""
    yield running
    with make_client(running.settings("admin")) as client:
        client.indices.delete(index=",".join([*client.indices.get(index="*")]) or "none", ignore_unavailable=True)
        for name in ("depesza-g*", "other-g*"):
            client.options(ignore_status=404).indices.delete_index_template(name=name)


@pytest.fixture
def depesza(server: Server, tmp_path: Path) -> Callable[..., Result]:
    """`depesza ...` as a user of the server. Whatever it says holds no password."""
    config = tmp_path / "depesza.toml"
    config.write_text(f'[indexer]\nengine = "elasticsearch"\nurl = "{server.url}"\nca_file = "{server.ca_file}"\n', "utf-8")

    def run(user: str | None, *arguments: str, **environ: str) -> Result:
        if user is not None:
            environ = {"USER": user, "PASSWORD": PASSWORDS[user]} | environ
        env = {f"DEPESZA_INDEXER_{name}": value for name, value in environ.items()}
        result = CliRunner().invoke(app, [*arguments, "--data-dir", str(tmp_path), "--config", str(config)], env=env)
        for name in ("PASSWORD", "API_KEY"):
            assert name not in environ or environ[name] not in result.output + result.stderr, f"SAFETY A13: {arguments}"
        return result

    return run


@pytest.fixture
def store(tmp_path: Path, make_article: Any) -> Locations:
    """Two articles that wait for the index, of two months."""
    locations = Locations(data_dir=tmp_path, config_path=tmp_path / "depesza.toml")
    database = open_database(store_url(locations))
    with database.write() as connection:
        for month in (9, 10):
            seen = datetime(2026, month, 5, tzinfo=UTC)
            article = make_article(f"https://kresy.example/{month}", first_seen_at=seen, published_at=seen)
            insert_article(connection, article, Visit(at=seen, source_updated_at=None, next_visit_at=None))
            put_in_outbox(connection, {article.id: article.index_version}, seen)
    database.close()
    return locations


def waiting(locations: Locations) -> int:
    database = open_database(store_url(locations))
    with database.read() as connection:
        found = count_outbox(connection)
    database.close()
    return found


def test_a_real_server_is_known_by_its_ca_by_its_fingerprint_and_by_that_of_its_ca(server: Server) -> None:
    for changes in (
        {},
        {"url": server.url.replace("127.0.0.1", "localhost")},
        {"ca_file": None, "fingerprint": server.certificate.fingerprint},
        {"ca_file": None, "fingerprint": server.authority.root.fingerprint},  # the server sends it along
    ):
        with make_client(server.settings("reader", **changes)) as client, said(client):
            assert client.cluster.health()["status"] == "green"


@pytest.mark.parametrize(
    ("user", "environ", "words"),
    [
        (None, {}, "it wants to know who asks; set DEPESZA_INDEXER_USER"),
        ("reader", {"PASSWORD": "no-such-password"}, "it does not accept the user and password"),
        (None, {"API_KEY": "id:no-such-api-key"}, "or the API key"),
        ("reader", {"CA_FILE": "none", "FINGERPRINT": "ab" * 32}, "another fingerprint"),
    ],
)
def test_who_is_not_known_is_told_with_exit_code_3(
    depesza: Callable[..., Result], store: Locations, server: Server, user: str | None, environ: dict[str, str], words: str
) -> None:
    if environ.pop("CA_FILE", None):  # one of the two settings only
        text = store.config_path.read_text("utf-8")
        store.config_path.write_text(text.replace(f'ca_file = "{server.ca_file}"\n', ""), "utf-8")
    for command in (["search", "prezydent"], ["index", "status"], ["index", "push"], ["index", "rebuild"]):
        result = depesza(user, *command, **environ)
        assert result.exit_code == 3, command
        said_so = result.stdout if command == ["index", "status"] else result.stderr  # a status is a result, even a bad one
        assert words in said_so
        assert server.url in said_so
    assert waiting(store) == 2


def test_each_role_does_its_work_and_is_refused_all_else_with_the_role_that_may(
    depesza: Callable[..., Result], store: Locations
) -> None:
    def refused(user: str, role: str, *command: str) -> None:
        result = depesza(user, *command)
        assert result.exit_code == 3, f"{user}: {command}: {result.output}"
        said_so = result.stdout if "status" in command else result.stderr
        assert f"it takes the role {role} of deploy/elasticsearch/roles.yml" in said_so

    def works(user: str, *command: str) -> Any:
        result = depesza(user, *command, "--json")
        assert result.exit_code == 0, f"{user}: {command}: {result.stderr}"
        return json.loads(result.stdout)

    refused("writer", "depesza_setup", "index", "push")
    refused("writer", "depesza_setup", "index", "create")
    works("setup", "index", "create")
    refused("reader", "depesza_writer", "index", "push")
    assert waiting(store) == 2, "nothing is lost by a refusal"
    assert works("writer", "index", "push")["written"] == 2
    assert waiting(store) == 0
    for user in ("reader", "writer", "setup"):
        assert len(works(user, "search", "prezydenta")["hits"]) == 2
        assert works(user, "index", "status")["documents"] == 2
    for command in (["search", "prezydenta"], ["index", "status"]):
        refused("nobody", "depesza_reader", *command)
    for user in ("reader", "writer"):
        refused(user, "depesza_setup", "index", "rebuild")
        refused(user, "depesza_setup", "index", "retire", "--before", "2026-10", "--yes")
        assert len(works(user, "search", "prezydenta")["hits"]) == 2
    assert works("setup", "index", "rebuild")["written"] == 2
    assert works("reader", "index", "status")["generation"] == "g2"
    works("setup", "index", "retire", "--before", "2026-10", "--yes")
    assert len(works("reader", "search", "prezydenta")["hits"]) == 1


CALLS: dict[str, Callable[[Elasticsearch], Any]] = {
    "search": lambda client: client.search(index="depesza"),
    "count": lambda client: client.count(index="depesza"),
    "health": lambda client: client.cluster.health(index="depesza-*"),
    "get": lambda client: client.indices.get(index="depesza-*-g*"),
    "get alias": lambda client: client.indices.get_alias(name="depesza"),
    "stats": lambda client: client.indices.stats(index="depesza-*"),
    "settings": lambda client: client.indices.get_settings(index="depesza-*"),
    "create": lambda client: client.options(ignore_status=400).indices.create(index="depesza-2026-12-g1"),
    "bulk": lambda client: client.bulk(index="depesza-2026-12-g1", operations=[{"index": {"_id": "a"}}, {"id": "a"}]),
    "refresh": lambda client: client.indices.refresh(index="depesza"),
    "template": lambda client: client.indices.put_index_template(name="depesza-g9", index_patterns=["depesza-*-g9"]),
    "get template": lambda client: client.options(ignore_status=404).indices.get_index_template(name="depesza-g*"),
    "alias": lambda client: client.indices.put_alias(index="depesza-base-g1", name="depesza.filling"),
    "delete document": lambda client: client.options(ignore_status=404).delete(index="depesza-2026-12-g1", id="b"),
    "delete index": lambda client: client.indices.delete(index="depesza-2026-11-g1", ignore_unavailable=True),
    "delete template": lambda client: client.options(ignore_status=404).indices.delete_index_template(name="depesza-g8"),
}


@pytest.mark.parametrize("call", CALLS)
def test_the_role_that_a_refusal_names_is_the_least_that_may(server: Server, call: str) -> None:
    with make_client(server.settings("admin")) as client:
        for name in ("base", "2026-11", "2026-12"):
            client.indices.create(
                index=f"depesza-{name}-g1", aliases={"depesza": {}}, mappings={"properties": {"id": {"type": "keyword"}}}
            )
    outcomes = {}
    for user in ("nobody", "reader", "writer", "setup"):
        with make_client(server.settings(user)) as client:
            try:
                with said(client, writing=True):
                    CALLS[call](client)
                outcomes[user] = "done"
            except BackendUnavailable as error:
                outcomes[user] = str(error).partition("it takes the role depesza_")[2].partition(" ")[0]
    least = outcomes["nobody"]
    order = ["nobody", "reader", "writer", "setup"]
    assert least in order[1:], outcomes
    expected = {user: "done" if order.index(user) >= order.index(least) else least for user in order}
    assert outcomes == expected


def test_an_index_outside_the_roles_is_refused_with_the_hint_to_their_patterns(server: Server) -> None:
    for user in ("reader", "writer", "setup"):
        with (
            make_client(server.settings(user)) as client,
            pytest.raises(
                BackendUnavailable, match=r"on other\); it takes the role .* with patterns for \[indexer\] index"
            ) as caught,
            said(client, writing=True),
        ):
            client.indices.create(index="other")
        assert f"[{user}]" not in str(caught.value), "the user's name is a secret, too"
    with make_client(server.settings("admin")) as client, pytest.raises(NotFoundError):
        client.indices.get(index="other")


def test_doctor_says_how_the_server_is_secured_and_of_which_version_it_is(depesza: Callable[..., Result], server: Server) -> None:
    for user, version in (
        ("setup", "9."),
        ("reader", "unknown, this user may not ask"),
    ):  # of the test distribution; elsewhere all may
        checks = {one["name"]: one for one in json.loads(depesza(user, "doctor", "--json").stdout)["checks"]}
        found = checks["Elasticsearch"]
        assert found["state"] == "ok"
        assert found["found"].startswith(f"{server.url}: version {version}")
        assert f"certificate checked by {server.ca_file}, by user and password" in found["found"]
        assert checks["index"]["hint"] == "the first push makes it"


def test_plain_http_to_the_server_is_told(server: Server) -> None:
    settings = IndexerSettings(engine="elasticsearch", url=server.url.replace("https:", "http:"))
    with (
        make_client(settings) as client,
        pytest.raises(IndexLater, match="if it speaks TLS, write https://"),
        said(client, writing=True),
    ):
        client.cluster.health()
