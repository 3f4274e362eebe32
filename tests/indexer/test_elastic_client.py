"""The client of Elasticsearch and its exceptions in our words: against real sockets, real TLS, a real server."""

from __future__ import annotations

import base64
import json
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from crawler.errors import BackendUnavailable, ConfigError, DepeszaError, IndexLater
from indexer.config import IndexerSettings
from indexer.engines.elastic_bulk import BulkSender, Item
from indexer.engines.elastic_client import CONNECTIONS, make_client, place, said
from indexer.engines.elastic_search import ElasticSearcher
from indexer.nodes import Everything
from tests.elasticsearch_security import Authority, Certificate

PRODUCT = {"X-Elastic-Product": "Elasticsearch"}
Asked = Callable[[Elasticsearch], Any]


def ask(
    settings: IndexerSettings, writing: bool = False, question: Asked = lambda client: client.cluster.health()
) -> DepeszaError:
    """The error that a question ends in."""
    client = make_client(settings)
    try:
        with pytest.raises((BackendUnavailable, IndexLater)) as caught, said(client, writing=writing):
            question(client)
    finally:
        client.close()
    assert place(client) in str(caught.value), "every message names the address"
    return caught.value


def elasticsearch(url: str, **changes: Any) -> IndexerSettings:
    return IndexerSettings(engine="elasticsearch", **{"url": url, "timeout_s": 5.0, **changes})


@contextmanager
def tls_server(certificate: Certificate, tmp_path: Path) -> Iterator[str]:
    """Completes handshakes and says nothing more; yields its address."""
    file = tmp_path / "server.pem"
    file.write_bytes(certificate.certificate + certificate.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_shake_hands, args=(listening, context), daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def _shake_hands(listening: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        try:
            with connection, context.wrap_socket(connection, server_side=True) as secure:
                secure.recv(1)
        except OSError:
            continue


# --- what the settings become


def test_no_connection_is_made_before_the_first_request_and_four_at_most_are() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        client = make_client(elasticsearch(f"http://127.0.0.1:{listening.getsockname()[1]}"))
        with pytest.raises(BlockingIOError):
            listening.accept()
        client.close()
    node = next(iter(client.transport.node_pool.all()))
    assert (node.config.connections_per_node, node.config.http_compress) == (CONNECTIONS, False)


def test_a_request_is_sent_once_without_compression_or_sniffing(httpserver: HTTPServer) -> None:
    """The pusher tries again, with the outbox behind it; a client that did so too would multiply its attempts."""
    httpserver.expect_request("/_cluster/health").respond_with_data("", status=503, headers=PRODUCT)
    ask(elasticsearch(httpserver.url_for("")))
    assert [request.path for request, _ in httpserver.log] == ["/_cluster/health"]
    headers = httpserver.log[0][0].headers
    assert "gzip" not in headers.get("Accept-Encoding", "") + headers.get("Content-Encoding", "")
    assert "Authorization" not in headers


@pytest.mark.parametrize(
    ("secrets", "header"),
    [
        ({"user": "me", "password": "pąss:wörd"}, "Basic " + base64.b64encode("me:pąss:wörd".encode()).decode()),
        ({"api_key": "id:key"}, "ApiKey aWQ6a2V5"),
        ({"api_key": "aWQ6a2V5"}, "ApiKey aWQ6a2V5"),
    ],
)
def test_credentials_arrive_as_elasticsearch_documents_them(httpserver: HTTPServer, secrets: dict[str, str], header: str) -> None:
    """API keys are no part of the test distribution: what arrives is recorded instead."""
    httpserver.expect_request("/_cluster/health").respond_with_json({"status": "green"}, headers=PRODUCT)
    with make_client(elasticsearch(httpserver.url_for(""), **secrets)) as client, said(client):
        client.cluster.health()
    assert httpserver.log[0][0].headers["Authorization"] == header


def test_a_path_before_elasticsearch_is_kept(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/es/_cluster/health").respond_with_json({"status": "green"}, headers=PRODUCT)
    with make_client(elasticsearch(httpserver.url_for("/es/"))) as client, said(client):
        assert client.cluster.health()["status"] == "green"


def test_credentials_do_not_follow_a_redirect(httpserver: HTTPServer) -> None:
    """test_a13: another host must not get them (CVE-2021-41125 and its kind)."""
    httpserver.expect_request("/_cluster/health").respond_with_data(
        "", status=302, headers={"Location": httpserver.url_for("/elsewhere")}
    )
    error = ask(elasticsearch(httpserver.url_for(""), user="me", password="hunter2"))
    assert "HTTP 302" in str(error)
    assert [request.path for request, _ in httpserver.log] == ["/_cluster/health"]


def test_a_cloud_id_becomes_the_address_of_its_elasticsearch() -> None:
    for text, address in (
        ("eu.example.org$abc$def", "https://abc.eu.example.org:443"),
        ("eu.example.org:9243$abc$", "https://abc.eu.example.org:9243"),
    ):
        cloud_id = "news:" + base64.b64encode(text.encode()).decode()
        settings = IndexerSettings(engine="elasticsearch", cloud_id=cloud_id, api_key="a:b")
        with make_client(settings) as client:
            assert place(client) == address
        assert place(settings) == "the cloud deployment news"


def test_a_ca_file_without_a_certificate_is_named(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("-----BEGIN NOTHING-----\n")
    with pytest.raises(ConfigError, match=r"\[indexer\] ca_file: .*ca.pem: no certificate"):
        make_client(elasticsearch("https://127.0.0.1:9200", ca_file=file))


# --- nobody there


def test_f_refused_is_later_for_who_writes_and_unavailable_for_who_reads() -> None:
    settings = elasticsearch("http://127.0.0.1:9")  # discard, which nobody serves (RFC 863)
    for writing, kind in ((True, IndexLater), (False, BackendUnavailable)):
        error = ask(settings, writing)
        assert type(error) is kind
        assert "nothing listens there; start it, or correct [indexer] url" in str(error)


def test_a_host_without_an_address_is_said() -> None:
    error = ask(elasticsearch("http://search.invalid:9200"))  # RFC 2606: never resolves
    assert "this host name has no address; correct [indexer] url" in str(error)


def test_a_server_that_says_nothing_is_given_up_after_the_time_limit() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        began = time.monotonic()
        error = ask(elasticsearch(url, timeout_s=0.3), writing=True)
    assert isinstance(error, IndexLater)
    assert "no answer in time" in str(error)
    assert "timeout_s" in str(error)
    assert time.monotonic() - began < 3


def test_a_connection_that_breaks_in_the_middle_is_later() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_answer_half, args=(listening,))
        thread.start()
        error = ask(elasticsearch(f"http://127.0.0.1:{listening.getsockname()[1]}"), writing=True)
        thread.join()
    assert isinstance(error, IndexLater)
    assert "the connection broke (IncompleteRead" in str(error)


def _answer_half(listening: socket.socket) -> None:
    connection, _ = listening.accept()
    with connection:
        connection.recv(10_000)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nX-Elastic-Product: Elasticsearch\r\n\r\n{")


# --- something else there


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Response("<h1>It works!</h1>", content_type="text/html"), "is no Elasticsearch (HTTP 200); correct [indexer] url"),
        (Response("<h1>No</h1>", status=404, content_type="text/html"), "is no Elasticsearch (HTTP 404); correct [indexer] url"),
        (Response('{"status": "green"}', content_type="application/json"), "is no Elasticsearch (HTTP 200)"),
        (Response('{"status": "green"', headers=PRODUCT, content_type="application/json"), "its answer cannot be read"),
        (Response(b"\x00\x01", content_type="application/x-strange"), "its answer cannot be read"),
        (Response("", status=401), "it refuses us without a reason (HTTP 401)"),
        (Response("<h1>Forbidden</h1>", status=403, content_type="text/html"), "it refuses us without a reason (HTTP 403)"),
    ],
)
def test_what_is_no_elasticsearch_is_said(httpserver: HTTPServer, answer: Response, words: str) -> None:
    httpserver.expect_request("/_cluster/health").respond_with_response(answer)
    for writing in (False, True):
        error = ask(elasticsearch(httpserver.url_for("")), writing)
        assert type(error) is BackendUnavailable, "waiting does not make an Elasticsearch of it"
        assert words in str(error)


@pytest.mark.parametrize("status", [408, 429, 502, 503, 504])
def test_busy_is_later_for_who_writes(httpserver: HTTPServer, status: int) -> None:
    httpserver.expect_request("/_cluster/health").respond_with_data("<h1>Busy</h1>", status=status, content_type="text/html")
    assert isinstance(ask(elasticsearch(httpserver.url_for("")), writing=True), IndexLater)
    error = ask(elasticsearch(httpserver.url_for("")))
    assert type(error) is BackendUnavailable
    assert f"HTTP {status}" in str(error)


def major_8(request: Request) -> Response:
    """What Elasticsearch 8 answers to a client of version 9 (8.19, RestCompatibleVersionHelper; 9.2's own words, tried below)."""
    reason = "Accept version must be either version 8 or 7, but found 9."
    cause = {"type": "status_exception", "reason": f"{reason} Accept={request.headers['Accept']}"}
    error = {"type": "media_type_header_exception", "reason": "Invalid media-type value on headers [Accept]", "caused_by": cause}
    body = {"error": {"root_cause": [error], **error}, "status": 400}
    return Response(json.dumps(body), status=400, headers=PRODUCT, content_type="application/json")


def test_an_older_server_is_told_with_its_version(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/_cluster/health").respond_with_handler(major_8)
    error = ask(elasticsearch(httpserver.url_for("")), writing=True)
    assert type(error) is BackendUnavailable
    assert "is of version 8 and does not speak with a client of version 9; upgrade the cluster to 9.x" in str(error)


# --- a real server


@pytest.mark.elasticsearch
def test_the_real_server_names_its_version_to_a_client_of_another_major(elasticsearch_url: str) -> None:
    for major in (7, 10):
        header = f"application/vnd.elasticsearch+json; compatible-with={major}"
        error = ask(
            elasticsearch(elasticsearch_url),
            question=lambda client, header=header: client.perform_request("GET", "/_cluster/health", headers={"Accept": header}),
        )
        assert "is of version 9 and does not speak with a client" in str(error)


@pytest.mark.elasticsearch
def test_an_index_that_is_missing_is_said_with_the_command_that_makes_it(
    elasticsearch_url: str, elasticsearch_index: str
) -> None:
    error = ask(elasticsearch(elasticsearch_url), question=lambda client: client.search(index=elasticsearch_index))
    assert f"no such index [{elasticsearch_index}]" in str(error)
    assert "depesza index create" in str(error)


@pytest.mark.elasticsearch
@pytest.mark.parametrize(
    ("block", "words"),
    [("read_only_allow_delete", "make room on its disk"), ("write", "lift it with index.blocks.write = null")],
)
def test_an_index_that_takes_no_writes_is_later_with_the_remedy(
    elasticsearch_url: str, elasticsearch_index: str, block: str, words: str
) -> None:
    settings = elasticsearch(elasticsearch_url)
    with make_client(settings) as client:
        client.indices.create(index=elasticsearch_index)
        client.indices.put_settings(index=elasticsearch_index, settings={f"index.blocks.{block}": True})
    error = ask(settings, True, lambda client: client.index(index=elasticsearch_index, document={"a": 1}))
    assert isinstance(error, IndexLater)
    assert words in str(error)


@pytest.mark.elasticsearch
def test_what_the_server_refuses_is_told_with_its_reason(elasticsearch_url: str, elasticsearch_index: str) -> None:
    error = ask(elasticsearch(elasticsearch_url), True, lambda client: client.search(index="*", query={"nope": {}}))
    assert type(error) is BackendUnavailable
    assert "HTTP 400, parsing_exception: unknown query [nope]" in str(error)


def test_errors_of_the_house_pass() -> None:
    with pytest.raises(ConfigError, match="as it was"), said("http://x:1"):
        raise ConfigError("as it was")


# --- TLS (SAFETY F25)


def test_f25_a_certificate_of_an_unknown_ca_an_other_host_an_old_day_is_told(tmp_path: Path) -> None:
    ours, theirs = Authority(), Authority("Another CA")
    ca_file = tmp_path / "ca.pem"
    ca_file.write_bytes(ours.root.certificate)
    for certificate, words in (
        (theirs.issue("127.0.0.1"), "signed by a CA that is not trusted; set [indexer] ca_file"),
        (theirs.root, "signed by a CA that is not trusted; set [indexer] ca_file"),
        (ours.issue("search.example.org"), "is for another host name"),
        (ours.issue("127.0.0.2"), "is for another host name"),
        (ours.issue("127.0.0.1", from_day=-9, to_day=-2), "has expired"),
        (ours.issue("127.0.0.1", from_day=2, to_day=9), "is not valid yet"),
    ):
        with tls_server(certificate, tmp_path) as url:
            error = ask(elasticsearch(url, ca_file=ca_file, user="me", password="hunter2"), writing=True)
        assert type(error) is BackendUnavailable
        assert words in str(error)
        assert "hunter2" not in str(error)


def test_f25_a_ca_of_the_system_is_asked_when_no_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = Authority()
    ca_file = tmp_path / "ca.pem"
    ca_file.write_bytes(ours.root.certificate)
    with tls_server(ours.issue("127.0.0.1"), tmp_path) as url:
        assert "not trusted" in str(ask(elasticsearch(url)))
        monkeypatch.setenv("SSL_CERT_FILE", str(ca_file))  # OpenSSL's way to name the system's CAs
        assert "the connection broke" in str(ask(elasticsearch(url))), "the handshake succeeds, the server says nothing"
        other = tmp_path / "other.pem"
        other.write_bytes(Authority("Another CA").root.certificate)
        assert "the connection broke" in str(ask(elasticsearch(url, ca_file=other))), "a file adds a CA, it takes none away"


def test_f25_a_fingerprint_pins_the_certificate_whoever_signed_it(tmp_path: Path) -> None:
    certificate = Authority().issue("somewhere.example.org")
    with tls_server(certificate, tmp_path) as url:
        error = ask(elasticsearch(url, fingerprint="ab" * 32))
        assert "another fingerprint than [indexer] fingerprint" in str(error)
        for fingerprint in (certificate.fingerprint, certificate.fingerprint.replace(":", "").lower()):
            assert "the connection broke" in str(ask(elasticsearch(url, fingerprint=fingerprint)))


def test_f25_https_to_a_server_without_tls_and_http_to_one_with_it_are_told(httpserver: HTTPServer, tmp_path: Path) -> None:
    httpserver.expect_request("/_cluster/health").respond_with_data("")
    error = ask(elasticsearch(httpserver.url_for("").replace("http:", "https:")))
    assert "does not speak TLS; write http://" in str(error)
    with tls_server(Authority().issue("127.0.0.1"), tmp_path) as url:
        assert "write https:// in [indexer] url" in str(ask(elasticsearch(url.replace("https:", "http:"))))


def test_no_line_of_a_library_stands_beside_our_error(tmp_path: Path) -> None:
    """In a process of its own: pytest sets logging up."""
    code = (
        "from indexer.config import IndexerSettings\n"
        "from indexer.engines.elastic_client import make_client, said\n"
        "with said('there'): make_client(IndexerSettings(url='http://127.0.0.1:9')).cluster.health()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False
    )
    assert "BackendUnavailable: Elasticsearch at there" in done.stderr
    assert "has failed for" not in done.stderr


def test_an_empty_answer_made_up_by_a_proxy_is_no_outage_of_ours(httpserver: HTTPServer) -> None:
    """Status 200, `{}` and even the product's header: it ended as a KeyError."""
    httpserver.expect_request("/depesza/_search").respond_with_json({}, headers=PRODUCT)
    httpserver.expect_request("/_bulk").respond_with_json({}, headers=PRODUCT)
    with make_client(elasticsearch(httpserver.url_for(""))) as client:
        with pytest.raises(BackendUnavailable, match="lacks what was asked for"):
            ElasticSearcher(client, "depesza").count(Everything())
        item = Item(id="f" * 32, version=1, month=datetime(2026, 11, 1, tzinfo=UTC), source=b"{}")
        with pytest.raises(BackendUnavailable, match="lacks what was asked for"):
            BulkSender(client).send([item], lambda month: "depesza-2026-11-g1.write")
