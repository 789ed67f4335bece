"""A feed's address reaches nothing inside: not by another spelling, not by a name that changes, not by a redirect.

A canary listens on loopback. Two fetchers of other make, one that looks at the letters of an address and one that asks
for the name before it fetches, reach it with the same addresses, so the canary can be reached.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from city.errors import FeedRefused
from indexer import addresses, fetching
from indexer.addresses import is_public
from indexer.fetching import Fetcher
from tests.faults.loopback import LoopbackNetwork, Names, Server, answer, redirect, serving

PUBLIC = "93.184.215.14"
NAMES = {
    "public.example": [[PUBLIC]],
    "loopback.example": [["127.0.0.1"]],
    "both.example": [[PUBLIC, "127.0.0.1"]],
    "rebinding.example": [[PUBLIC], ["127.0.0.1"]],
    "localhost": [["127.0.0.1"]],
}
HOSTILE = (
    "http://127.0.0.1:{port}/",
    "http://localhost:{port}/",
    "http://LOCALHOST.:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0x7f.1:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://017700000001:{port}/",
    "http://127.1:{port}/",
    "http://127.0.0.1.:{port}/",
    "http://0:{port}/",
    "http://0.0.0.0:{port}/",
    "http://[::1]:{port}/",
    "http://[::]:{port}/",
    "http://[::127.0.0.1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[64:ff9b::127.0.0.1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://[fe80::1%25lo]:{port}/",
    "http://[fe80::1%lo]:{port}/",
    "http://①②⑦.⓪.⓪.①:{port}/",
    "http://１２７.0.0.1:{port}/",
    "http://127。0。0。1:{port}/",
    "http://127．0．0．1:{port}/",
    "http://ｌｏｃａｌｈｏｓｔ:{port}/",
    "http://127.0.0.1%00.public.example:{port}/",
    "http://%31%32%37.0.0.1:{port}/",
    "http://loopback.example:{port}/",
    "http://both.example:{port}/",
    "http://rebinding.example:{port}/",
    "http://public.example@127.0.0.1:{port}/",
    "http://public.example:80@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\\@public.example/",
    "http://public.example\\@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\t/",
    " http://127.0.0.1:{port}/",
    "http:127.0.0.1:{port}/",
    "http:///127.0.0.1:{port}/",
    "//127.0.0.1:{port}/",
    "127.0.0.1:{port}/",
    "ftp://127.0.0.1:{port}/",
    "gopher://127.0.0.1:{port}/_GET",
    "file://127.0.0.1/etc/passwd",
    "file:///etc/passwd",
    "http://" + "a" * 3_000 + ":{port}/",
)
LEADS = (
    "http://127.0.0.1:{port}/",
    "//127.0.0.1:{port}/",
    "http://loopback.example:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://public.example@127.0.0.1:{port}/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/_GET",
    "http://named.internal:{port}/",
)


@pytest.fixture
def canary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """What nobody may reach, on a port that every address may name; nothing beyond loopback is there to be reached."""
    with contextlib.ExitStack() as stack:
        served = stack.enter_context(serving({"/": answer(b"secret")}))
        with contextlib.suppress(OSError):  # a machine without IPv6 has no such loopback
            other = stack.enter_context(serving({"/": answer(b"secret")}, "::1", served.port))
            other.requests = served.requests
        monkeypatch.setattr(addresses, "PORTS", frozenset({80, 443, served.port}))
        monkeypatch.setattr(fetching.httpcore, "SyncBackend", LoopbackNetwork)
        monkeypatch.setattr(LoopbackNetwork, "stand_ins", {})
        monkeypatch.setattr(LoopbackNetwork, "tried", [])
        monkeypatch.setattr(LoopbackNetwork, "tls_names", [])
        yield served


@pytest.mark.parametrize("address", HOSTILE)
def test_a_hostile_address_reaches_nothing_and_is_refused_by_name(canary: Server, address: str) -> None:
    fetcher = Fetcher(resolve=Names(NAMES))
    for _ in range(2):  # the second time a name may have changed its mind
        with pytest.raises(FeedRefused) as refused:
            fetcher.fetch(address.format(port=canary.port))
        assert " is not fetched: " in str(refused.value)
    assert canary.requests == []


def test_other_ways_to_check_reach_the_canary_with_the_same_addresses(canary: Server) -> None:
    reached = {twin: _reached(twin, canary) for twin in (checks_letters, checks_before)}
    assert len(reached[checks_letters]) > 5
    assert any("rebinding" in address for address in reached[checks_before])


def _reached(twin, canary: Server) -> list[str]:  # type: ignore[no-untyped-def]
    """Return the hostile addresses with which a twin reaches the canary."""
    reached = []
    for address in HOSTILE:
        before, names = len(canary.requests), Names(NAMES)
        with contextlib.suppress(OSError, ValueError):
            twin(address.format(port=canary.port), names)
        reached += [address] * (len(canary.requests) > before)
    return reached


def checks_letters(address: str, names: Names) -> None:
    """Twin: the address is compared with a list of words, then fetched."""
    parts = urlsplit(address)
    if parts.scheme in ("http", "https") and parts.hostname not in ("127.0.0.1", "localhost", "::1", "0.0.0.0"):
        _get(parts.hostname or "", parts.port or 80, names)


def checks_before(address: str, names: Names) -> None:
    """Twin: the name's addresses are checked, then the name is fetched."""
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port or 80
    if parts.scheme in ("http", "https") and all(map(is_public, names(host, port))):
        _get(host, port, names)


def _get(host: str, port: int, names: Names) -> None:
    for found in names(host, port):
        if not LoopbackNetwork.is_real(found):
            continue  # would be asked on the internet
        with socket.create_connection((found, port), timeout=2) as client:
            client.sendall(b"GET / HTTP/1.1\r\n\r\n")
            client.recv(100)


@pytest.mark.parametrize("lead", LEADS)
def test_a_public_feed_leads_to_nothing_inside(canary: Server, monkeypatch: pytest.MonkeyPatch, lead: str) -> None:
    names = Names(NAMES | {"named.internal": [["127.0.0.1"]]})
    allowed = frozenset({f"named.internal:{canary.port}"})
    with serving({"/feed": redirect(lead.format(port=canary.port))}) as public:
        monkeypatch.setattr(LoopbackNetwork, "stand_ins", {PUBLIC: public.port})
        with pytest.raises(FeedRefused):
            Fetcher(allowed, resolve=names).fetch("http://public.example/feed")
    assert len(public.requests) == 1
    assert canary.requests == []


def test_the_host_that_the_city_named_is_fetched_and_no_other_on_the_same_address(canary: Server) -> None:
    names = Names({"named.internal": [["127.0.0.1"]], "other.internal": [["127.0.0.1"]]})
    fetcher = Fetcher(frozenset({f"Named.Internal:{canary.port}"}), resolve=names)
    assert fetcher.fetch(f"http://named.internal:{canary.port}/").content == b"secret"
    with pytest.raises(FeedRefused, match="not a public address"):
        fetcher.fetch(f"http://other.internal:{canary.port}/")
    assert len(canary.requests) == 1


def test_a_public_feed_is_asked_at_the_address_that_was_checked_and_by_its_name(
    canary: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = Names(NAMES)
    with serving({"/feed?day=1": answer(b"good")}) as public:
        monkeypatch.setattr(LoopbackNetwork, "stand_ins", {PUBLIC: public.port})
        for scheme in ("http", "https"):
            fetched = Fetcher(resolve=names).fetch(f"{scheme}://public.example/feed?day=1")
            assert fetched.content == b"good"
    assert LoopbackNetwork.tried == [PUBLIC, PUBLIC]
    assert LoopbackNetwork.tls_names == ["public.example"]
    assert all(b"\r\nHost: public.example\r\n" in request for request in public.requests)
    assert all(b"Learncity" in request and b"Cookie" not in request for request in public.requests)


def test_a_proxy_named_in_the_environment_is_not_asked(canary: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, canary.url(""))
    with pytest.raises(FeedRefused, match="no connection"):
        Fetcher(resolve=Names(NAMES)).fetch("http://public.example/feed")
    assert canary.requests == []


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2001:4860:4860::8888", True),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::8.8.8.8", True),
        ("10.0.0.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("172.16.0.1", False),
        ("192.0.0.8", False),
        ("192.88.99.1", False),
        ("198.18.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("64:ff9b:1::a00:1", False),
        ("2002:a00:1::", False),
        ("2001:0:4136:e378:8000:63bf:f5ff:fffe", False),
        ("2606:4700::5efe:a00:1", False),
        ("fd00:ec2::254", False),
        ("fe80::1%eth0", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("2001:db8::1", False),
        ("not an address", False),
    ],
)
def test_only_addresses_of_one_host_on_the_public_internet_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public
