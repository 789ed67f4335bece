"""Which addresses a feed may be fetched from: how one is written, and whether an IP address is public.

Owns: the form of a feed's address (http or https, no name and password, no disguised number) and the test of one IP
address, with what is wrapped in it unwrapped. Opens nothing; `indexer.fetching` asks about the address in use.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Iterator

import httpx

from city.errors import FeedRefused

LONGEST = 2_000
PORTS = frozenset({80, 443})
STANDARD_PORT = {"http": 80, "https": 443}
FULL_STOPS = "\u3002\uff0e\uff61"
"""Letters that domain names take for a full stop."""
NUMBER = re.compile(r"\d+|0[xX][0-9a-fA-F]*")

GLOBAL_UNICAST_V6 = ipaddress.IPv6Network("2000::/3")
DOCUMENTATION_V6 = ipaddress.IPv6Network("3fff::/20")
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
ISATAP = frozenset({0x00005EFE, 0x02005EFE})
NOT_PUBLIC_V4 = tuple(
    ipaddress.IPv4Network(network)
    for network in ("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15")
)
"""Networks that older releases of the standard library take for public (RFC 6890 and its successors)."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def checked(address: str, allowed_hosts: frozenset[str] = frozenset()) -> httpx.URL:
    """Return a feed's address in parts; raises FeedRefused when it is not written as one that may be fetched."""
    _refuse_odd_letters(address)
    try:
        url = httpx.URL(address)
    except (httpx.InvalidURL, ValueError, UnicodeError) as wrong:
        raise refused(address, "it is not a web address") from wrong
    if url.scheme not in STANDARD_PORT:
        raise refused(address, "only http and https are fetched")
    if url.userinfo or "@" in url.netloc.decode("ascii", "replace"):
        raise refused(address, "it holds a name or password", "the address without what stands before @")
    if not url.host or "%" in url.host:
        raise refused(address, "its host cannot be read")
    _refuse_disguised_number(address, url.host)
    if port_of(url) not in PORTS and not is_allowed(url, allowed_hosts):
        raise refused(address, f"port {port_of(url)} is neither 80 nor 443", "name host:port in LEARNCITY_FEED_HOSTS")
    return url


def port_of(url: httpx.URL) -> int:
    """Return the port that an address means."""
    return url.port or STANDARD_PORT[url.scheme]


def is_allowed(url: httpx.URL, allowed_hosts: frozenset[str]) -> bool:
    """True when the city named the host, or its host and port; a host alone stands for the two standard ports."""
    host = url.host.lower().rstrip(".")
    written = f"[{host}]" if ":" in host else host
    return f"{written}:{port_of(url)}" in allowed_hosts or (written in allowed_hosts and port_of(url) in PORTS)


def is_public(text: str) -> bool:
    """True when an IP address, and every one wrapped in it, belongs to the public internet and to one host."""
    try:
        return all(_is_public(each) for each in _unwrapped(ipaddress.ip_address(text)))
    except ValueError:
        return False


def refused(
    address: str,
    reason: str,
    remedy: str = "a public http or https address",
    kind: type[FeedRefused] = FeedRefused,
) -> FeedRefused:
    """Return the refusal of an address, in a sentence that names it."""
    shown = "".join(letter if letter.isprintable() else "?" for letter in address[:200])
    return kind(f"{shown} is not fetched: {reason}.", file=shown, remedy=remedy)


def _refuse_odd_letters(address: str) -> None:
    """Refuse what two readers of one address could understand in two ways."""
    if len(address) > LONGEST:
        raise refused(address, f"it has more than {LONGEST:,} letters")
    if any(letter.isspace() or not letter.isprintable() or letter == "\\" for letter in address):
        raise refused(address, "it holds a blank, a backslash or a letter that cannot be seen")
    authority = re.split(r"[/?#]", address.partition("://")[2], maxsplit=1)[0]
    if unicodedata.normalize("NFKC", authority) != authority or any(letter in FULL_STOPS for letter in authority):
        raise refused(address, "its host is written with letters that stand for others", "the host in plain letters")


def _refuse_disguised_number(address: str, host: str) -> None:
    """Refuse numbers that some systems read as an IP address: 2130706433, 0x7f000001, 0177.0.0.1, 127.1."""
    if ":" in host or not NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]):
        return
    try:
        ipaddress.IPv4Address(host.rstrip("."))
    except ValueError as wrong:
        raise refused(
            address, "its host is a number in disguise", "a name, or four numbers like 203.0.113.9"
        ) from wrong


def _unwrapped(address: Address) -> Iterator[Address]:
    """Yield the addresses that decide: for mapped, NAT64, 6to4, Teredo and ISATAP forms the ones inside."""
    if isinstance(address, ipaddress.IPv4Address):
        yield address
    elif address.ipv4_mapped:
        yield address.ipv4_mapped
    elif address in NAT64:
        yield _last_four_bytes(address)
    else:
        yield address
        yield from filter(None, (address.sixtofour, *(address.teredo or ())))
        if (int(address) >> 32) & 0xFFFFFFFF in ISATAP:
            yield _last_four_bytes(address)


def _last_four_bytes(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)


def _is_public(address: Address) -> bool:
    if address.is_multicast or address.is_reserved or address.is_unspecified or not address.is_global:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        return address in GLOBAL_UNICAST_V6 and address not in DOCUMENTATION_V6 and address.scope_id is None
    return not any(address in network for network in NOT_PUBLIC_V4)
