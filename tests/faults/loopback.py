"""Servers on loopback that misbehave, and a network of which nothing but loopback exists, for tests of fetching."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import httpcore

Talk = Callable[[socket.socket, bytes], None]


def answer(body: bytes = b"", status: str = "200 OK", **headers: str) -> Talk:
    """Return a talk that sends one whole answer; header names are written with underscores."""
    lines = {"Content_Length": str(len(body)), "Connection": "close"} | headers
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())
    whole = f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body
    return lambda client, _request: client.sendall(whole)


def redirect(location: str) -> Talk:
    return answer(status="302 Found", Location=location)


@dataclass
class Server:
    """A server that talks by path; `requests` are the heads it was sent."""

    talks: dict[str, Talk]
    port: int = 0
    requests: list[bytes] = field(default_factory=list)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@contextlib.contextmanager
def serving(talks: dict[str, Talk], host: str = "127.0.0.1", port: int = 0) -> Iterator[Server]:
    """Serve until the block ends; a path without a talk is answered 404."""
    served = Server(talks)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            head = b""
            while b"\r\n\r\n" not in head and (more := self.request.recv(65536)):
                head += more
            served.requests.append(head)
            path = head.split(b" ")[1].decode() if head.count(b" ") > 1 else ""
            with contextlib.suppress(OSError):
                served.talks.get(path, answer(status="404 Not Found"))(self.request, head)

    class Listener(socketserver.ThreadingTCPServer):
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        daemon_threads, allow_reuse_address = True, True

    with Listener((host, port), Handler) as listener:
        served.port = listener.server_address[1]
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield served
        listener.shutdown()
        thread.join()


class LoopbackNetwork(httpcore.SyncBackend):
    """A network where loopback is real, some public addresses are stood in for by loopback ports, and no other is."""

    stand_ins: Mapping[str, int] = {}
    tried: list[str] = []
    tls_names: list[str | None] = []

    def connect_tcp(self, host: str, port: int, *rest: object, **options: object) -> httpcore.NetworkStream:
        self.tried.append(host)
        if host in self.stand_ins:
            stream = super().connect_tcp("127.0.0.1", self.stand_ins[host], timeout=5)
            return _PlainTls(stream, self.tls_names)
        if not self.is_real(host):
            raise httpcore.ConnectError(f"{host} is not of this network")
        return super().connect_tcp(host, port, timeout=5)

    @staticmethod
    def is_real(address: str) -> bool:
        """True for the addresses that end on this machine."""
        loopback = address.removeprefix("::ffff:").startswith("127.")
        return loopback or address in ("::1", "::", "0.0.0.0")


class _PlainTls(httpcore.NetworkStream):
    """A connection that notes for which name TLS is asked, and goes on unencrypted."""

    def __init__(self, stream: httpcore.NetworkStream, names: list[str | None]) -> None:
        self._stream, self._names = stream, names
        self.read, self.write, self.close = stream.read, stream.write, stream.close  # type: ignore[method-assign]
        self.get_extra_info = stream.get_extra_info  # type: ignore[method-assign]

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        assert ssl_context.check_hostname and ssl_context.verify_mode is ssl.CERT_REQUIRED
        self._names.append(server_hostname)
        return self


@dataclass
class Names:
    """A resolver that changes its mind: a name has its answers in turn, the last for good; others only as numbers."""

    answers: Mapping[str, Sequence[Sequence[str]]]
    asked: dict[str, int] = field(default_factory=dict)

    def __call__(self, host: str, port: int) -> list[str]:
        turn = self.asked[host] = self.asked.get(host, -1) + 1
        turns = self.answers.get(host.lower().rstrip("."))
        if turns is None:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
            return [str(entry[4][0]) for entry in found]
        return list(turns[min(turn, len(turns) - 1)])
