"""Certificates of our own making, for servers on 127.0.0.1, and a client that trusts those it is told to."""

from __future__ import annotations

import ipaddress
import ssl
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shared.cloud import deadlines, tls


def made(path: Path, *, address: str = "127.0.0.1", hours: float = 1.0) -> Path:
    """Write a self-signed certificate with its key to `path`; it is for `address`, and ends in `hours`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, path.name)])
    now = datetime.now(timezone.utc)
    begins, ends = now - timedelta(days=1), now + timedelta(hours=hours)
    own = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
    issued = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), begins, ends)
    certificate = issued.add_extension(own, critical=True).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(certificate.public_bytes(pem) + private)
    return path


def served(certificate: Path) -> ssl.SSLContext:
    """What a server with `certificate` secures its connections with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def trust(monkeypatch: pytest.MonkeyPatch, *certificates: Path) -> None:
    """Have the clients made from now on trust `certificates` and no others."""
    (bundle := certificates[0].parent / "trusted.pem").write_bytes(b"".join(each.read_bytes() for each in certificates))
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    monkeypatch.setattr(deadlines, "trusted", tls.trusted.__wrapped__)  # which has not read the usual ones before
