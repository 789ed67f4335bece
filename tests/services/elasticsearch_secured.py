"""A real Elasticsearch with security on: TLS by a throw-away authority, and who may do what.

The distribution that is fetched for tests cannot store API keys (the index it would keep them in wants an analyser that
only the full one has). So a gate stands before it: it speaks TLS by the same authority, knows two keys, and passes each
question on as somebody whose privileges are exactly those that the documentation asks for; any other key goes through
as it came. What is allowed, and what is refused, is Elasticsearch's own word. Keys and certificates live as long as
the node.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import os
import secrets
import ssl
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.services.elasticsearch import Access, Node

ADMINISTRATOR = "administrator"
ALLOWED = {"worker": ("read", "write", "manage"), "site": ("read", "view_index_metadata")}
"""Role (and name of who has it) → privileges on the indices of the product."""
ROLE = """\
{name}:
  cluster: []
  indices:
    - names: ["learncity-offerings*"]
      privileges: [{privileges}]
"""
PASSED_ON = ("content-type", "accept", "authorization")
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
    hashed = _hashed(password)
    (config / "users").write_text("".join(f"{name}:{hashed}\n" for name in (ADMINISTRATOR, *ALLOWED)))
    roles = {"superuser": ADMINISTRATOR} | {name: name for name in ALLOWED}
    (config / "users_roles").write_text("".join(f"{role}:{name}\n" for role, name in roles.items()))
    (config / "roles.yml").write_text(
        "".join(ROLE.format(name=name, privileges=", ".join(allowed)) for name, allowed in ALLOWED.items())
    )
    return Access("https", authority, (ADMINISTRATOR, password))


@contextmanager
def gate(node: Node) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Stand before a secured node; yield the address and the keys by the role that each has."""
    authority, name_and_password = node.access.certificate_authority, node.access.name_and_password
    assert authority is not None
    assert name_and_password is not None
    certify(authority.parent, authority, "gate")
    keys = {name: secrets.token_urlsafe(30) for name in ALLOWED}
    known = {
        f"ApiKey {key}": "Basic " + base64.b64encode(f"{name}:{name_and_password[1]}".encode()).decode()
        for name, key in keys.items()
    }
    server = _Server(("127.0.0.1", 0), partial(_Gate, node, known))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.parent / "gate.pem", authority.parent / "gate.key")
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"https://127.0.0.1:{server.server_port}", keys
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Stay silent about who hung up because of a certificate."""


class _Gate(BaseHTTPRequestHandler):
    """Passes a question on, a known key turned into who has its privileges."""

    protocol_version = "HTTP/1.1"
    timeout = 60

    def __init__(self, node: Node, known: Mapping[str, str], *rest: object) -> None:
        self._node, self._known = node, known
        super().__init__(*rest)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name: value for name in PASSED_ON if (value := self.headers.get(name))}
        headers["authorization"] = self._known.get(headers.get("authorization", ""), headers.get("authorization", ""))
        trusted = ssl.create_default_context(cafile=str(self._node.access.certificate_authority))
        node = http.client.HTTPSConnection(self._node.url.rpartition("/")[2], context=trusted, timeout=60)
        node.request(self.command, self.path, body or None, headers)
        answer = node.getresponse()
        self._pass_back(answer, answer.read())
        node.close()

    do_HEAD = do_POST = do_PUT = do_DELETE = do_GET

    def _pass_back(self, answer: http.client.HTTPResponse, body: bytes) -> None:
        self.send_response(answer.status)
        for name in ("content-type", "x-elastic-product"):
            if (value := answer.getheader(name)) is not None:
                self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""


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
