"""A client of Elasticsearch from the settings, and its exceptions in the house's words.

Not here: requests, index names, what an answer means (`elastic_indices`, `elastic_bulk`, `elastic_search`). Nothing is retried:
the pusher does that, with the outbox behind it. Nothing connects before the first request.
"""

from __future__ import annotations

import base64
import logging
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from elastic_transport import ApiError, ConnectionTimeout, SerializationError, TlsError, TransportError
from elastic_transport import ConnectionError as RefusedError
from elasticsearch import Elasticsearch, OrjsonSerializer, UnsupportedProductError
from urllib3.exceptions import NameResolutionError, ProtocolError

from crawler.errors import BackendUnavailable, ConfigError, DepeszaError, IndexLater
from indexer.config import IndexerSettings

CONNECTIONS = 4
"""To one node; more requests at once wait for a free one."""
MAJOR: Final = 9
"""The client's major version, which must be the server's (elasticsearch-py, README, "Compatibility")."""
_WORDS = 300
"""Of a reason somebody else wrote, at most these characters."""
_UNKNOWN_USER, _FORBIDDEN, _NO_SUCH_METHOD = 401, 403, 405
_LATER_STATUS = frozenset({408, 429, 502, 503, 504})
_BLOCKS = frozenset({"cluster_block_exception", "unavailable_shards_exception", "no_shard_available_action_exception"})
_SERVER_MAJOR = re.compile(r"version must be either version (\d+)")
_ACTION = re.compile(r"action \[([^\]]+)\]")
_TARGET = re.compile(r" on indices \[([^\]]+)\]")
_ROLES = (
    (
        re.compile(r"indices:data/read/.*|indices:monitor/.*|indices:admin/(?:aliases/get|get|mappings/get|resolve/index)|"
                   r"cluster:monitor/(?:main|health)"),
        "depesza_reader",
    ),
    (re.compile(r"indices:data/write/(?:bulk|index).*|indices:admin/(?:create|auto_create|refresh.*|mapping/auto_put)"), "depesza_writer"),
)  # fmt: skip
"""The least role of deploy/elasticsearch/roles.yml that grants an action; everything else is the setup's. A test compares."""

for _name in ("elastic_transport.node_pool", "urllib3.connection"):
    logging.getLogger(_name).addHandler(logging.NullHandler())  # without logging set up, Python would print what our errors say


def make_client(settings: IndexerSettings) -> Elasticsearch:
    """A client for the cluster of the settings; close it after use. Raises ConfigError for a CA file without a certificate."""
    options: dict[str, Any] = {
        "request_timeout": settings.timeout_s,
        "max_retries": 0,
        "retry_on_timeout": False,
        "connections_per_node": CONNECTIONS,
        "http_compress": False,  # to a server nearby it halves the rate (measured, ../shared/SEARCH.md)
        "serializer": OrjsonSerializer(),
    }
    if settings.user is not None:
        pair = f"{settings.user}:{settings.password or ''}"
        options["basic_auth"] = base64.b64encode(pair.encode()).decode()  # the client itself refuses all but ASCII (9.5)
    if settings.api_key is not None:
        name, colon, key = settings.api_key.partition(":")
        options["api_key"] = (name, key) if colon else settings.api_key
    if settings.fingerprint is not None:
        options["ssl_assert_fingerprint"] = settings.fingerprint.replace(":", "").lower()
    if settings.ca_file is not None:
        _read_certificates(settings)
        options["ca_certs"] = str(settings.ca_file)
    try:
        if settings.cloud_id is not None:
            return Elasticsearch(cloud_id=settings.cloud_id, **options)
        return Elasticsearch(settings.url, **options)
    except ValueError as error:  # an address that Python's parser takes and urllib3's does not
        raise ConfigError(f"[indexer] {'url' if settings.cloud_id is None else 'cloud_id'}: {error}") from None


def place(where: IndexerSettings | Elasticsearch | str) -> str:
    """The address of a cluster for messages and reports; no secrets are in it."""
    if isinstance(where, IndexerSettings):
        return f"the cloud deployment {where.cloud_id.partition(':')[0]}" if where.cloud_id is not None else where.url
    if isinstance(where, Elasticsearch):
        return next((node.base_url for node in where.transport.node_pool.all()), "no address")
    return where


def server_version(client: Elasticsearch) -> str | None:
    """The server's version, like "9.2.0"; None when this user may not ask for it. Inside `said`.

    Asks the root, which the role of a reader may; the test distribution has none (405), so then a node, which takes the setup's.
    """

    def of_root() -> str:
        return str(client.info()["version"]["number"])

    def of_node() -> str:
        nodes: dict[str, dict[str, str]] = client.nodes.info(node_id="_local", filter_path="nodes.*.version")["nodes"]
        return next(iter(nodes.values()))["version"]

    for ask in (of_root, of_node):
        try:
            return ask()
        except ApiError as error:
            is_forbidden = error.meta.status == _FORBIDDEN and _kind(error) == "security_exception"
            if not is_forbidden and error.meta.status != _NO_SUCH_METHOD:
                raise
    return None


@contextmanager
def said(where: IndexerSettings | Elasticsearch | str, *, writing: bool = False) -> Iterator[None]:
    """Turns what the client raises inside into the house's errors.

    Raises IndexLater (only when `writing`) where waiting helps: refused, timed out, too busy, a node that starts, a disk that is
    full. Else BackendUnavailable with what to do. Errors of the house pass.
    """
    try:
        yield
    except (ApiError, TransportError) as error:
        raise _translated(error, place(where), writing) from None


def no_answer(where: Elasticsearch) -> BackendUnavailable:
    """What to raise for an answer of status 200 that lacks what Elasticsearch always sends: a proxy made it up."""
    return BackendUnavailable(
        f"Elasticsearch at {place(where)}: its answer lacks what was asked for; a proxy in between, or no Elasticsearch {MAJOR}"
    )


def _translated(error: ApiError | TransportError, where: str, writing: bool) -> DepeszaError:
    later, words = _api(error) if isinstance(error, ApiError) else _transport(error)
    if isinstance(error.__cause__, ProtocolError) and where.startswith("http://"):
        words += "; if it speaks TLS, write https:// in [indexer] url"
    text = f"Elasticsearch at {where}: {words}"
    return IndexLater(text) if later and writing else BackendUnavailable(text)


def _transport(error: TransportError) -> tuple[bool, str]:
    """Whether waiting may help, and what happened. The cause says more than the error, whose text says nothing (transport 9.4)."""
    cause = error.__cause__
    if isinstance(error, TlsError):
        return False, _tls(str(error.message))
    if isinstance(error, ConnectionTimeout):
        return True, "no answer in time; is it overloaded? [indexer] timeout_s says how long we wait"
    if isinstance(cause, NameResolutionError):
        return True, "this host name has no address; correct [indexer] url, or the name server is away"
    if isinstance(error, RefusedError):
        if "refused" in str(error.message):
            return True, "nothing listens there; start it, or correct [indexer] url"
        broken = cause.args[-1] if isinstance(cause, ProtocolError) and cause.args else cause  # its text repeats its type
        return True, f"the connection broke ({type(broken).__name__}: {str(broken)[:_WORDS]})"
    if isinstance(error, SerializationError):
        return False, f"its answer cannot be read; what listens there may be no Elasticsearch {MAJOR}"
    return False, f"{type(error).__name__}: {str(error.message)[:_WORDS]}"


def _tls(text: str) -> str:
    if "Fingerprints did not match" in text:
        return "its certificate has another fingerprint than [indexer] fingerprint; compare them on the server before changing it"
    if "Hostname mismatch" in text or "IP address mismatch" in text or "doesn't match" in text:
        return "its certificate is for another host name; write the name it was made for into [indexer] url"
    if "certificate has expired" in text:
        return "its certificate has expired; it must be renewed on the server"
    if "not yet valid" in text:
        return "its certificate is not valid yet; one of the two clocks is wrong"
    if "certificate verify failed" in text:
        return "its certificate is signed by a CA that is not trusted; set [indexer] ca_file to that CA's file, or fingerprint"
    if "WRONG_VERSION_NUMBER" in text or "record layer" in text:
        return "it does not speak TLS; write http:// in [indexer] url if that is what you want"
    return f"no encrypted connection: {text[:_WORDS]}"


def _api(error: ApiError) -> tuple[bool, str]:
    status, kind, reason = error.meta.status, _kind(error), _reason(error)
    if kind == "media_type_header_exception":
        return False, _other_major(error)
    if kind in _BLOCKS:
        return True, f"it does not take this now: {reason}{_block_hint(reason)}"
    if kind == "security_exception":
        return False, _forbidden(reason) if status == _FORBIDDEN else _unknown_user(reason)
    if status in _LATER_STATUS:
        return True, f"it cannot take this now (HTTP {status}{': ' + reason if reason else ''})"
    if status in (_UNKNOWN_USER, _FORBIDDEN) and not kind:  # a proxy, or the answer to a HEAD, which has no body
        return False, f"it refuses us without a reason (HTTP {status}): the user lacks a privilege, or a proxy in front does so"
    foreign = not kind and error.meta.headers.get("x-elastic-product") != "Elasticsearch"
    if isinstance(error, UnsupportedProductError) or foreign:
        return False, f"what answers there is no Elasticsearch (HTTP {status}); correct [indexer] url"
    if kind == "index_not_found_exception":
        return False, f"{reason}; `depesza index create` makes what is missing"
    return False, f"it refused (HTTP {status}, {kind or 'no reason'}: {reason})"


def _other_major(error: ApiError) -> str:
    """A server takes the header of its own major version and of the one before; it names both, its own first."""
    found = _SERVER_MAJOR.search(str(error.body))
    theirs = int(found[1]) if found else None
    server = "of another major version" if theirs is None else f"of version {theirs}"
    older = theirs is None or theirs < MAJOR
    todo = f"upgrade the cluster to {MAJOR}.x" if older else "upgrade Depesza"
    return f"the server is {server} and does not speak with a client of version {MAJOR}; {todo}"


def _block_hint(reason: str) -> str:
    if "flood-stage" in reason:
        return "; make room on its disk, it lifts the block by itself then"
    if "FORBIDDEN" in reason:
        return "; somebody made the index read-only: lift it with index.blocks.write = null"
    return ""


def _unknown_user(reason: str) -> str:
    if "missing authentication" in reason:
        return "it wants to know who asks; set DEPESZA_INDEXER_USER and DEPESZA_INDEXER_PASSWORD, or DEPESZA_INDEXER_API_KEY"
    return "it does not accept the user and password, or the API key, that DEPESZA_INDEXER_USER, _PASSWORD and _API_KEY hold"


def _forbidden(reason: str) -> str:
    """Elasticsearch's reason names the user too, which stays out (SAFETY A13)."""
    action, target = _ACTION.search(reason), _TARGET.search(reason)
    if not action:
        return "the user lacks a privilege; deploy/elasticsearch/roles.yml has the roles"
    role = next((role for pattern, role in _ROLES if pattern.fullmatch(action[1])), "depesza_setup")
    on = f" on {target[1][:_WORDS]}" if target else ""
    return (
        f"the user may not do this ({action[1]}{on}); it takes the role {role} of deploy/elasticsearch/roles.yml, with patterns for "
        "[indexer] index"
    )


def _error(error: ApiError) -> dict[str, Any]:
    body = error.body if isinstance(error.body, dict) else {}
    found = body.get("error")
    return found if isinstance(found, dict) else {}


def _kind(error: ApiError) -> str:
    return str(_error(error).get("type", ""))


def _reason(error: ApiError) -> str:
    return str(_error(error).get("reason", ""))[:_WORDS]


def _read_certificates(settings: IndexerSettings) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=settings.ca_file)
    except (ssl.SSLError, OSError) as error:
        raise ConfigError(f"[indexer] ca_file: {settings.ca_file}: no certificate can be read from it ({error})") from None
