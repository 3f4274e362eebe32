"""The table [indexer] of `depesza.toml`. Standard library only: a cold search reads it.

Not here: how a client is made of it (`engines.elastic_client`), which engine it names (`engines.choose`).
"""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from crawler.config import Locations
from crawler.errors import ConfigError
from crawler.settings import parse_duration, read_table, secret, secret_hint, setting, suggestion

ENGINES = ("embedded", "elasticsearch")
ELASTICSEARCH_ONLY = (
    "url", "cloud_id", "ca_file", "fingerprint", "index", "user", "password", "api_key", "timeout_s", "kibana_polish",
)  # fmt: skip
"""Settings without a meaning for the embedded engine."""
POLISH_PLUGINS = ("stempel", "morfologik")
LOCAL_ELASTICSEARCH = "http://127.0.0.1:9200"
MAX_TIMEOUT_S = 600
LEAST_KEEP_S = 86_400
"""Retention drops whole months; less than a day is a slip of the pen."""

_FINGERPRINT = re.compile(r"(?:[0-9a-f]{2}:?){31}[0-9a-f]{2}", re.IGNORECASE)
_INDEX = re.compile(r"[a-z0-9][a-z0-9_]{0,99}")


@dataclass(frozen=True, kw_only=True)
class IndexerSettings:
    """Table [indexer]. What only one engine needs is read, but not looked at, while the other is chosen."""

    engine: str = setting(
        "embedded",
        "The search engine: embedded (tantivy, in the data folder, needs no server) or elasticsearch (a cluster of version 9).",
    )
    url: str = setting(LOCAL_ELASTICSEARCH, "Elasticsearch's address, with its port; no user and no password in it.")
    cloud_id: str | None = setting(None, "The cloud ID of an Elastic Cloud deployment, instead of url.")
    ca_file: Path | None = setting(  # noqa: RUF009 - a dataclass field, made by `setting`
        None, "File (PEM) of the CA that signed Elasticsearch's certificate; trusted beside the system's CAs."
    )
    fingerprint: str | None = setting(
        None,
        "SHA-256 fingerprint (64 hexadecimal digits) of Elasticsearch's certificate, or of a CA that it sends along; instead of ca_file.",
    )
    index: str = setting("depesza", "What the names of indices, aliases and templates in Elasticsearch begin with.")
    user: str | None = secret("Elasticsearch's user.")
    password: str | None = secret("That user's password.")
    api_key: str | None = secret("An API key of Elasticsearch (as encoded, or id:key), instead of user and password.")
    timeout_s: float = setting(30.0, "Seconds that one request to Elasticsearch may take.")
    kibana_polish: str | None = setting(
        None,
        "Adds a field with Polish word stems for use in Kibana: stempel or morfologik, the analysis plugin that the cluster has.",
    )
    keep: str | None = setting(
        None, 'What `depesza index retire` leaves in the index, e.g. "730d"; the store keeps everything. Unset: all.'
    )
    allow_fulltext_export: bool = setting(
        True, "Whether `depesza export` may give out whole texts and pages; false leaves them out, as a licence may ask."
    )
    allow_reserved_export: bool = setting(
        False,
        "Whether `depesza export` may give out the texts of articles whose pages reserve text mining (TDMRep); false leaves them out.",
    )
    batch: int = setting(500, "Documents pushed to the engine at once.")
    page: int = setting(20, "Stories that a search shows unless told otherwise.")

    @property
    def keep_s(self) -> float | None:
        """`keep` in seconds."""
        return None if self.keep is None else parse_duration(self.keep)


def indexer_settings(locations: Locations, environ: Mapping[str, str] | None = None) -> IndexerSettings:
    """Table [indexer] with the environment over it. Raises ConfigError naming the key and what it may be."""
    settings = read_table(IndexerSettings, "indexer", locations.tables, locations.config_path, environ)
    where = f"{locations.config_path}: [indexer]"
    if settings.engine not in ENGINES:
        known = suggestion(settings.engine, ENGINES)
        raise ConfigError(f"{where} engine: there is no engine {settings.engine!r}{known}; the engines are {', '.join(ENGINES)}")
    for name, most in (("batch", 10_000), ("page", 500)):
        if not 1 <= getattr(settings, name) <= most:
            raise ConfigError(f"{where} {name}: a whole number from 1 to {most} is wanted, not {getattr(settings, name)}")
    try:
        too_short = settings.keep_s is not None and settings.keep_s < LEAST_KEEP_S
    except ValueError as error:
        raise ConfigError(f"{where} keep: {error}") from None
    if too_short:
        raise ConfigError(f"{where} keep: {settings.keep!r} is less than a day")
    _refuse_credentials(settings.url, where)  # of either engine: `config show` and messages show an address
    if settings.engine == "elasticsearch":
        _check_elasticsearch(settings, where)
    return settings


def _refuse_credentials(url: str, where: str) -> None:
    if "@" in url:  # whatever a parser makes of it; the address is not repeated, a password may be in it
        user, password = secret_hint("indexer", "user"), secret_hint("indexer", "password")
        raise ConfigError(f"{where} url: user and password do not belong in the address; set {user}; {password}")


def _check_elasticsearch(settings: IndexerSettings, where: str) -> None:
    if not _INDEX.fullmatch(settings.index):
        raise ConfigError(
            f"{where} index: {settings.index!r}: a name of lower-case letters, digits and _ is wanted, at most 100, a letter or "
            "digit first"
        )
    if not 0 < settings.timeout_s <= MAX_TIMEOUT_S:
        raise ConfigError(f"{where} timeout_s: a number above 0 and up to {MAX_TIMEOUT_S} is wanted, not {settings.timeout_s}")
    if settings.kibana_polish not in (None, *POLISH_PLUGINS):
        raise ConfigError(f"{where} kibana_polish: {' or '.join(POLISH_PLUGINS)} is wanted, not {settings.kibana_polish!r}")
    if settings.cloud_id is not None and settings.url != LOCAL_ELASTICSEARCH:
        raise ConfigError(f"{where}: url and cloud_id name two clusters; leave one out")
    if settings.cloud_id is not None and not _cloud_host(settings.cloud_id):
        raise ConfigError(f"{where} cloud_id: this is no cloud ID; copy it whole from the deployment's page, NAME:BASE64")
    address = None if settings.cloud_id is not None else _read_address(settings.url, where)
    _check_certificate(settings, address, where)
    _check_credentials(settings, address, where)


def _read_address(url: str, where: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and parts.hostname and (parts.port or parts.scheme == "https")
        fine = fine and not parts.query and not parts.fragment and not re.search(r"\s", url)
    except ValueError:
        fine = False
    if not fine:
        raise ConfigError(f'{where} url: an address with its port is wanted, like "https://search.example.org:9200", not {url!r}')
    return parts


def _check_certificate(settings: IndexerSettings, address: SplitResult | None, where: str) -> None:
    for name in ("ca_file", "fingerprint"):
        if getattr(settings, name) is not None and address is not None and address.scheme == "http":
            raise ConfigError(f"{where} {name}: {settings.url} is not encrypted; write https:// in url, or leave {name} out")
    if settings.ca_file is not None and settings.fingerprint is not None:
        raise ConfigError(f"{where}: with a fingerprint no CA is asked; leave ca_file or fingerprint out")
    if settings.ca_file is not None and not settings.ca_file.is_file():
        raise ConfigError(f"{where} ca_file: there is no file {settings.ca_file.absolute()}")
    if settings.fingerprint is not None and not _FINGERPRINT.fullmatch(settings.fingerprint):
        raise ConfigError(
            f"{where} fingerprint: 64 hexadecimal digits are wanted (SHA-256; colons may stand between them), as "
            "`openssl x509 -noout -fingerprint -sha256 -in FILE` shows them"
        )


def _check_credentials(settings: IndexerSettings, address: SplitResult | None, where: str) -> None:
    user, password, key = (secret_hint("indexer", name) for name in ("user", "password", "api_key"))
    if settings.api_key is not None and (settings.user is not None or settings.password is not None):
        raise ConfigError("environment: an API key and a user with a password are both set for [indexer]; leave one out")
    if settings.user is not None and settings.password is None:
        raise ConfigError(f"environment: [indexer] has a user without a password; set {password}")
    if settings.password is not None and settings.user is None:
        raise ConfigError(f"environment: [indexer] has a password without a user; set {user}")
    if settings.user is not None and ":" in settings.user:
        raise ConfigError(
            "environment: [indexer] user: HTTP's basic authentication has no way to send a user's name with a colon"
        )
    if settings.api_key is not None and not _is_api_key(settings.api_key):
        raise ConfigError(f"environment: [indexer] api_key: the encoded key, or id:key, is wanted in {key}")
    given = settings.user is not None or settings.api_key is not None
    if given and address is not None and address.scheme == "http" and not _is_loopback(address.hostname or ""):
        raise ConfigError(
            f"{where} url: over {settings.url} anybody on the way reads the password; write https://, or take user, password "
            "and api_key out of the environment"
        )


def _is_api_key(text: str) -> bool:
    """`id:key`, or that in base64, which is what Elasticsearch calls `encoded`."""
    if not text.isascii() or not text.isprintable() or " " in text:
        return False
    try:
        return ":" in text or b":" in base64.b64decode(text, validate=True)
    except ValueError:
        return False


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")  # RFC 6761, section 6.3


def _cloud_host(cloud_id: str) -> str | None:
    """The part after the name is base64 of HOST$ELASTICSEARCH$KIBANA; an id without the second has no Elasticsearch."""
    try:
        parts = base64.b64decode(cloud_id.rpartition(":")[2], validate=True).decode("ascii").split("$")
    except ValueError:
        return None
    return parts[0] if len(parts) > 1 and parts[0] and parts[1] else None
