"""The only place that opens outgoing HTTP: fetches one feed from an address that somebody typed, within bounds.

Owns: the check of the IP address at the moment of connecting (a name that changes its mind reaches nothing), redirects
(at most three, each checked like the first), size, time, compression, and conditional requests. Refuses in sentences
(FeedRefused). No proxy of the environment is used. `learncity import` and the worker call it with addresses of feeds.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import httpcore
import httpx

from city.errors import FeedNotThere
from indexer.addresses import checked, is_allowed, is_public, refused

USER_AGENT = "Learncity feed reader (city learning catalogue)"
GONE = frozenset({404, 410})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
LONGEST_VALIDATOR = 300
SMALLEST_BOMB = 1024 * 1024
"""Below this unpacked size any compression is harmless."""

Resolve = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True)
class FetchBounds:
    """What one fetch may cost, all redirects and reading together."""

    seconds: float = 10.0
    raw_bytes: int = 10 * 1024 * 1024
    unpacked_bytes: int = 50 * 1024 * 1024
    ratio: int = 100
    redirects: int = 3


@dataclass(frozen=True)
class Fetched:
    """What an address gave: `content` is None when nothing changed since the given `etag` or `last_modified`."""

    content: bytes | None
    url: str
    content_type: str = ""
    etag: str = ""
    last_modified: str = ""


def system_resolve(host: str, port: int) -> list[str]:
    """Return the IP addresses the system knows for a name; raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Fetcher:
    """Fetches feeds from public addresses, and from `allowed_hosts` ("host" or "host:port") although not public."""

    def __init__(
        self,
        allowed_hosts: frozenset[str] = frozenset(),
        *,
        bounds: FetchBounds | None = None,
        resolve: Resolve = system_resolve,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._allowed_hosts = frozenset(host.lower() for host in allowed_hosts)
        self._bounds = bounds or FetchBounds()
        self._resolve = resolve
        self._ssl_context = ssl_context

    def fetch(self, url: str, *, etag: str = "", last_modified: str = "") -> Fetched:
        """Fetch an address; raises FeedRefused with the address and the reason.

        With `etag` or `last_modified` of an earlier fetch an unchanged feed is not sent again.
        """
        conditions = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        headers = {name: value for name, value in conditions.items() if value}
        deadline = time.monotonic() + self._bounds.seconds
        allowed_hosts, target = self._allowed_hosts, checked(url, self._allowed_hosts)
        if not is_allowed(target, allowed_hosts):
            allowed_hosts = frozenset()  # a public feed leads to public addresses only
        for _ in range(self._bounds.redirects + 1):
            request = _Request(target, allowed_hosts, headers, deadline, self._bounds)
            answer = request.answer(self._resolve, self._tls() if target.scheme == "https" else None)
            if isinstance(answer, Fetched):
                return answer
            target = _next(target, answer, allowed_hosts)
        raise refused(url, f"it leads on more than {self._bounds.redirects} times", "the address where the feed is")

    def _tls(self) -> ssl.SSLContext:
        """Return how certificates are checked; loading the authorities takes a moment, so only when one is needed."""
        self._ssl_context = self._ssl_context or httpx.create_ssl_context()
        return self._ssl_context


def _next(target: httpx.URL, location: str, allowed_hosts: frozenset[str]) -> httpx.URL:
    """Return where a redirect leads, checked like an address that somebody typed."""
    try:
        joined = str(target.join(location)) if "://" not in location else location
    except (httpx.InvalidURL, ValueError, UnicodeError) as wrong:
        raise refused(str(target), "it leads to what is no address") from wrong
    url = checked(joined, allowed_hosts)
    if target.scheme == "https" and url.scheme == "http":
        raise refused(str(target), "it leads from https to http", "an address that stays with https")
    return url


@dataclass
class _Request:
    """One request to one address."""

    url: httpx.URL
    allowed_hosts: frozenset[str]
    conditions: dict[str, str]
    deadline: float
    bounds: FetchBounds
    received: int = field(default=0, init=False)

    def answer(self, resolve: Resolve, ssl_context: ssl.SSLContext | None) -> Fetched | str:
        """Return what came, or the address a redirect names; raises FeedRefused."""
        backend = _CheckedBackend(self, resolve)
        with (
            self._in_sentences(),
            httpcore.ConnectionPool(ssl_context, network_backend=backend) as pool,
            pool.stream(b"GET", self._in_parts(), headers=self._headers()) as response,
        ):
            return self._read(response, httpx.Headers(response.headers))

    def _in_parts(self) -> httpcore.URL:
        """Return the address as it was checked, so that no second reader takes it for another."""
        url = self.url
        return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)

    def _headers(self) -> list[tuple[bytes | str, bytes | str]]:
        asked = {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "gzip, deflate", "Connection": "close"}
        return [("Host", self.url.netloc), *asked.items(), *self.conditions.items()]

    @contextlib.contextmanager
    def _in_sentences(self) -> Iterator[None]:
        """Say in a sentence why the network gave nothing."""
        try:
            yield
        except httpcore.TimeoutException as late:
            raise self._late() from late
        except httpcore.NetworkError as broken:
            raise self.refusal(f"no connection: {broken or type(broken).__name__}", "check the address") from broken
        except (httpcore.ProtocolError, UnicodeError, ValueError) as broken:
            raise self.refusal(f"it does not speak HTTP rightly: {broken}", "ask the publisher") from broken

    def _late(self) -> Exception:
        return self.refusal(f"it takes more than {self.bounds.seconds:g} seconds in all", "ask the publisher")

    def refusal(self, reason: str, remedy: str = "a public http or https address") -> Exception:
        """Return the refusal of this address."""
        return refused(str(self.url), reason, remedy)

    def _read(self, response: httpcore.Response, headers: httpx.Headers) -> Fetched | str:
        if response.status in REDIRECTS and headers.get("Location"):
            return str(headers["Location"])
        found = Fetched(
            content=None,
            url=str(self.url),
            content_type=headers.get("Content-Type", "")[:LONGEST_VALIDATOR],
            etag=_validator(headers.get("ETag", "")),
            last_modified=_validator(headers.get("Last-Modified", "")),
        )
        if response.status == 304 and self.conditions:
            kept = self.conditions.get("If-None-Match", ""), self.conditions.get("If-Modified-Since", "")
            return replace(found, etag=found.etag or kept[0], last_modified=found.last_modified or kept[1])
        if response.status in GONE:
            reason, remedy = (
                f"nothing is there (it answers {response.status})",
                "the address as its publisher has it now",
            )
            raise refused(str(self.url), reason, remedy, FeedNotThere)
        if response.status != 200:
            raise self.refusal(f"it answers {response.status}", "an address that answers 200")
        return replace(found, content=self._content(response, headers))

    def _content(self, response: httpcore.Response, headers: httpx.Headers) -> bytes:
        """Read and unpack the body as it comes, never holding more than the bounds."""
        announced = headers.get("Content-Length", "")
        if announced.isdigit() and int(announced) > self.bounds.raw_bytes:
            raise self._too_large()
        unpack = _unpacker(headers.get("Content-Encoding", "").strip().lower(), self)
        pieces: list[bytes] = []
        unpacked = 0
        for raw in response.iter_stream():
            self.received += len(raw)
            if self.received > self.bounds.raw_bytes:
                raise self._too_large()
            for piece in unpack.pieces(raw):
                pieces.append(piece)
                self._refuse_bomb(unpacked := unpacked + len(piece))
        unpack.end()
        return b"".join(pieces)

    def _refuse_bomb(self, unpacked: int) -> None:
        if unpacked > self.bounds.unpacked_bytes:
            raise self.refusal(f"it unpacks to more than {self.bounds.unpacked_bytes:,} bytes", "a smaller feed")
        if unpacked > SMALLEST_BOMB and unpacked > self.bounds.ratio * self.received:
            raise self.refusal(f"it unpacks to more than {self.bounds.ratio} times its size", "a feed not compressed")

    def _too_large(self) -> Exception:
        return self.refusal(f"it has more than {self.bounds.raw_bytes:,} bytes", "split the feed")


def _validator(text: str) -> str:
    """Return a validator that can be kept and sent back, "" when it is too long or not plain."""
    plain = text.isascii() and text.isprintable() and len(text) <= LONGEST_VALIDATOR
    return text.strip() if plain else ""


class _Identity:
    """A body that is sent as it is."""

    def pieces(self, raw: bytes) -> Iterator[bytes]:
        yield raw

    def end(self) -> None:
        """Nothing can be missing."""


class _Inflate:
    """A gzip or zlib body, unpacked in pieces of at most 64 KiB."""

    PIECE = 64 * 1024

    def __init__(self, request: _Request) -> None:
        self._request = request
        self._stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)

    def pieces(self, raw: bytes) -> Iterator[bytes]:
        try:
            while raw and not self._stream.eof:
                yield self._stream.decompress(raw, self.PIECE)
                raw = self._stream.unconsumed_tail
        except zlib.error as broken:
            raise self._request.refusal("what it sends cannot be unpacked", "ask the publisher") from broken
        if self._stream.unused_data:
            raise self._request.refusal("it goes on after its compressed end", "ask the publisher")

    def end(self) -> None:
        if not self._stream.eof:
            raise self._request.refusal("what it sends ends in the middle", "ask the publisher")


def _unpacker(encoding: str, request: _Request) -> _Identity | _Inflate:
    if encoding in ("", "identity"):
        return _Identity()
    if encoding in ("gzip", "x-gzip", "deflate"):
        return _Inflate(request)
    raise request.refusal(f"it is packed as {encoding[:40]!r}", "gzip, deflate or not packed")


class _CheckedBackend(httpcore.NetworkBackend):
    """Connects to IP addresses that passed the check, and to nothing else; names are asked once."""

    def __init__(self, request: _Request, resolve: Resolve) -> None:
        self._request = request
        self._resolve = resolve
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: object = None,
    ) -> httpcore.NetworkStream:
        failed: Exception = httpcore.ConnectError("no address answers")
        for address in self._addresses(host, port):
            try:
                stream = self._plain.connect_tcp(address, port, timeout=seconds_left(self._request.deadline))
                return _TimedStream(stream, self._request.deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as next_one:
                failed = next_one
        raise failed

    def _addresses(self, host: str, port: int) -> Sequence[str]:
        """Return the addresses of a host; one that is not public condemns all, unless the city named the host."""
        addresses = _in_time(lambda: self._resolve(host, port), self._request.deadline)
        if is_allowed(self._request.url, self._request.allowed_hosts):
            return addresses
        for address in addresses:
            if not is_public(address):
                reason = f"its host is at {address}, which is not a public address"
                raise self._request.refusal(reason, "a public address, or name the host in LEARNCITY_FEED_HOSTS")
        return addresses


class _TimedStream(httpcore.NetworkStream):
    """A connection of which no single read, however small its drops, outlives the deadline of the whole."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, seconds_left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, seconds_left(self._deadline))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, seconds_left(self._deadline))
        return _TimedStream(stream, self._deadline)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


def seconds_left(deadline: float) -> float:
    """Return the seconds until a deadline; raises ReadTimeout when none are left."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the time for the whole fetch is over")
    return left


def _in_time(resolve: Callable[[], Sequence[str]], deadline: float) -> Sequence[str]:
    """Ask for a name's addresses without waiting beyond the deadline (the system's own resolver knows none)."""
    found: list[Sequence[str]] = []
    failed: list[OSError | UnicodeError] = []

    def ask() -> None:
        try:
            found.append(resolve())
        except (OSError, UnicodeError) as unknown:
            failed.append(unknown)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds_left(deadline))
    if failed:
        raise httpcore.ConnectError(f"the name is not known ({failed[0]})")
    if not found:
        raise httpcore.ConnectTimeout("the name's addresses do not come")
    return found[0]
