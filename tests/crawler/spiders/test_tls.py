"""TLS: what is verified, and the override an outlet has (SAFETY F25)."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)


class Authority:
    """A certificate authority that the child trusts through SSL_CERT_FILE."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        self.file = folder / "authority.pem"
        self.file.write_bytes(self._sign(self.name, self.key, NOW + DAY, None, None).public_bytes(serialization.Encoding.PEM))

    def context(self, host: str, until: datetime.datetime = NOW + DAY, *, self_signed: bool = False) -> ssl.SSLContext:
        """A server's context with a certificate for `host`."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        signer = (None, None) if self_signed else (self.name, self.key)
        certificate = self._sign(name, key, until, host, signer)
        file = self.folder / f"{host}-{until.timestamp():.0f}-{self_signed}.pem"
        pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
        file.write_bytes(certificate.public_bytes(pem) + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _sign(self, name: x509.Name, key: Any, until: datetime.datetime, host: str | None, signer: Any) -> x509.Certificate:
        issuer, issuer_key = signer if signer and signer[0] else (name, key)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - 3 * DAY)
            .not_valid_after(until)
            .add_extension(x509.BasicConstraints(ca=host is None, path_length=None), critical=True)
        )
        if host is not None:
            try:
                names: Any = x509.IPAddress(ipaddress.ip_address(host))
            except ValueError:
                names = x509.DNSName(host)
            builder = builder.add_extension(x509.SubjectAlternativeName([names]), critical=False)
        return builder.sign(issuer_key, hashes.SHA256())


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory, hostile: Any, fetch_all: Callable[..., Any]) -> Any:
    authority = Authority(tmp_path_factory.mktemp("tls"))
    old = authority.context("kurier.test")
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1
    old.set_ciphers("ALL:@SECLEVEL=0")
    contexts = {
        "good": authority.context("kurier.test"), "expired": authority.context("kurier.test", NOW - DAY),
        "self-signed": authority.context("kurier.test", self_signed=True), "other host": authority.context("gazeta.test"),
        "by number": authority.context("127.0.0.1"), "tls 1.0": old,
    }  # fmt: skip
    wanted = []
    servers = {key: hostile.HostileServer(context) for key, context in contexts.items()}
    for key, server in servers.items():
        server.serve("/a", hostile.Answer("<p>text"))
        host = "127.0.0.1" if key == "by number" else "kurier.test"
        order = {"url": server.url("/a", host), "domains": [host]}
        wanted.append({"key": key, **order})
        wanted.append({"key": f"{key}, unverified", **order, "outlet": {"verify_tls": False}})
    names = {"kurier.test": [["127.0.0.1"]]}
    done = fetch_all(wanted, time_limit_s=5.0, names=names, environ={"SSL_CERT_FILE": str(authority.file)})
    for server in servers.values():
        server.close()
    return done


@pytest.mark.parametrize("key", ["good", "by number"])
def test_f25_a_certificate_that_holds_is_accepted(results: Any, key: str) -> None:
    assert results[key].get("status") == 200, results[key]


@pytest.mark.parametrize("key", ["expired", "self-signed", "other host", "tls 1.0"])
def test_f25_a_certificate_that_does_not_hold_ends_as_tls_and_is_not_retried_at_once(results: Any, key: str) -> None:
    assert results[key]["reason"].startswith("TLS:") and results[key]["error"] == "FetchLater", results[key]


@pytest.mark.parametrize("key", ["expired", "self-signed", "other host"])
def test_f25_an_outlet_may_be_told_to_go_unverified(results: Any, key: str) -> None:
    assert results[f"{key}, unverified"].get("status") == 200, results[f"{key}, unverified"]


def test_f25_tls_1_0_is_refused_even_unverified(results: Any) -> None:
    assert results["tls 1.0, unverified"]["error"] == "FetchLater"
