"""A real Elasticsearch with security on: TLS by a throw-away authority, and an administrator who makes API keys.

Called by tests that show what a cluster asks of an installation. Keys and certificates live as long as the node.
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import subprocess
from pathlib import Path

from tests.services.elasticsearch import Access

ADMINISTRATOR = "administrator"
HASHED_ROUNDS = 10_000
NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
SETTINGS = """\
xpack.security.enabled: true
xpack.security.http.ssl.enabled: true
xpack.security.http.ssl.key: node.key
xpack.security.http.ssl.certificate: node.pem
"""


def secured(folder: Path) -> Access:
    """Turn security on in the configuration of a node in `folder`; return how it is reached."""
    config, password = folder / "config", secrets.token_urlsafe(16)
    authority = make_authority(config, "authority")
    certify(config, authority, "node")
    settings = config / "elasticsearch.yml"
    settings.write_text(settings.read_text().replace("xpack.security.enabled: false\n", SETTINGS))
    (config / "users").write_text(f"{ADMINISTRATOR}:{_hashed(password)}\n")
    (config / "users_roles").write_text(f"superuser:{ADMINISTRATOR}\n")
    return Access("https", authority, (ADMINISTRATOR, password))


def make_authority(folder: Path, name: str) -> Path:
    """Make a certificate authority of two days; return the file that others are checked by."""
    certificate = folder / f"{name}.pem"
    _openssl(
        "req", "-x509", *NEW_KEY, "-subj", f"/CN={name}", "-keyout", folder / f"{name}.key", "-out", certificate,
        "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign",
    )  # fmt: skip
    return certificate


def certify(folder: Path, authority: Path, name: str) -> None:
    """Write key and certificate for 127.0.0.1, signed by the authority."""
    _openssl(
        "req", "-x509", *NEW_KEY, "-subj", "/CN=127.0.0.1", "-keyout", folder / f"{name}.key",
        "-out", folder / f"{name}.pem", "-CA", authority, "-CAkey", authority.with_suffix(".key"),
        "-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=CA:FALSE",
    )  # fmt: skip


def _openssl(*words: str | Path) -> None:
    subprocess.run(["openssl", *words], check=True, capture_output=True)


def _hashed(password: str) -> str:
    """Return the password as the file realm keeps it: PBKDF2 with HMAC-SHA512."""
    salt = os.urandom(32)
    hashed = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, HASHED_ROUNDS, 32)
    return f"{{PBKDF2}}{HASHED_ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(hashed).decode()}"
