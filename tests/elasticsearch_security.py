"""What a secured Elasticsearch needs for a test: a CA, certificates, and the files of the file realm (users, roles)."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from indexer.local_elasticsearch.configuration import Setting

_PBKDF2_ROUNDS = 10_000
"""One of the costs Elasticsearch knows (reference, "User cache and password hash algorithms")."""


@dataclass(frozen=True)
class Certificate:
    """A certificate with its key, in PEM."""

    certificate: bytes
    key: bytes

    @property
    def fingerprint(self) -> str:
        """SHA-256, as `openssl x509 -fingerprint` shows it: capitals, colons."""
        digest = x509.load_pem_x509_certificate(self.certificate).fingerprint(hashes.SHA256())
        return digest.hex(":").upper()


class Authority:
    """A CA of the test's own."""

    def __init__(self, name: str = "Depesza test CA") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])

    @cached_property
    def root(self) -> Certificate:
        """The CA's own certificate."""
        builder = self._builder(self._name, self._key, -1, 365)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        usage = x509.KeyUsage(
            digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False, key_encipherment=False,
            data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
        )  # fmt: skip
        return _signed(builder.add_extension(usage, critical=True), self._key, self._key)

    def issue(self, *hosts: str, from_day: int = -1, to_day: int = 365) -> Certificate:
        """A server's certificate for host names and IP addresses, valid between days counted from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])]), key, from_day, to_day)
        builder = builder.add_extension(x509.SubjectAlternativeName([_general(host) for host in hosts]), critical=False)
        return _signed(builder, key, self._key)

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, from_day: int, to_day: int
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + timedelta(days=from_day))
            .not_valid_after(now + timedelta(days=to_day))
        )


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _signed(builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey, by: ec.EllipticCurvePrivateKey) -> Certificate:
    made = builder.sign(by, hashes.SHA256())
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Certificate(made.public_bytes(serialization.Encoding.PEM), private)


def secured(server: Certificate) -> tuple[dict[str, Setting], dict[str, str | bytes]]:
    """Lines of elasticsearch.yml and files that turn security and https on."""
    settings: dict[str, Setting] = {
        "xpack.security.enabled": True, "xpack.security.autoconfiguration.enabled": False,
        "xpack.security.http.ssl.enabled": True, "xpack.security.http.ssl.key": "http.key",
        "xpack.security.http.ssl.certificate": "http.crt",
    }  # fmt: skip
    return settings, {"http.key": server.key, "http.crt": server.certificate}


def file_realm(roles: str, users: Mapping[str, tuple[str, Sequence[str]]]) -> dict[str, str | bytes]:
    """The files of the file realm: `users` by name, each with password and roles; `roles` is the text of roles.yml.

    The test distribution has no `bin/elasticsearch-users`; the format is its documented one, a hash a line.
    """
    held: dict[str, list[str]] = {}
    for name, (_, names) in users.items():
        for role in names:
            held.setdefault(role, []).append(name)
    return {
        "roles.yml": roles,
        "users": "".join(f"{name}:{_hashed(password)}\n" for name, (password, _) in users.items()),
        "users_roles": "".join(f"{role}:{','.join(names)}\n" for role, names in held.items()),
    }


def _hashed(password: str) -> str:
    salt = secrets.token_bytes(32)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _PBKDF2_ROUNDS, 32)
    return f"{{PBKDF2}}{_PBKDF2_ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"
