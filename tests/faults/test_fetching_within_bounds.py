"""A server that a feed comes from may be slow, endless, lying or broken: the fetch ends in time, with a sentence."""

from __future__ import annotations

import contextlib
import gzip
import socket
import threading
import zlib
from collections.abc import Iterator

import pytest

from city.errors import FeedRefused
from indexer import fetching
from indexer.fetching import FetchBounds, Fetched, Fetcher
from tests.faults.loopback import LoopbackNetwork, Names, Server, Talk, answer, redirect, serving

SMALL = FetchBounds(seconds=5, raw_bytes=200_000, unpacked_bytes=4_000_000, ratio=100)
HURRIED = FetchBounds(seconds=0.3)
FEED = b"BEGIN:VCALENDAR\r\n" * 20


@pytest.fixture
def server() -> Iterator[Server]:
    with serving({}) as served:
        yield served


def fetch(server: Server, talk: Talk, bounds: FetchBounds = SMALL, **conditions: str) -> Fetched:
    server.talks["/feed"] = talk
    fetcher = Fetcher(frozenset({f"127.0.0.1:{server.port}"}), bounds=bounds)
    return fetcher.fetch(server.url("/feed"), **conditions)


def repeating(head: bytes, more: bytes, ended: threading.Event, pause: float = 0.0) -> Talk:
    """Return a talk that sends a head and then the same bytes for ever, until the other side or the test is gone."""

    def talk(client: socket.socket, _request: bytes) -> None:
        with contextlib.suppress(OSError):
            client.sendall(head)
            while not ended.wait(pause):
                client.sendall(more)

    return talk


OK = b"HTTP/1.1 200 OK\r\n"
LONG_LINES = "".join("x" * 80 + f"{i:x}" for i in range(50_000)).encode()
BOMB = gzip.compress(b"\x00" * 3_000_000)


@pytest.mark.parametrize(
    ("talk", "said"),
    [
        (answer(b"x" * 200_001), "more than 200,000 bytes"),
        (answer(b"", Content_Length="99999999999"), "more than 200,000 bytes"),
        (answer(BOMB, Content_Encoding="gzip"), "more than 100 times its size"),
        (answer(zlib.compress(b"\x00" * 3_000_000), Content_Encoding="deflate"), "more than 100 times its size"),
        (
            answer(gzip.compress(LONG_LINES), Content_Encoding="gzip"),
            "unpacks to more than 4,000,000",
        ),
        (answer(gzip.compress(FEED)[:-9], Content_Encoding="gzip"), "ends in the middle"),
        (answer(gzip.compress(FEED) * 2, Content_Encoding="gzip"), "goes on after its compressed end"),
        (answer(FEED, Content_Encoding="gzip"), "cannot be unpacked"),
        (answer(gzip.compress(gzip.compress(FEED)), Content_Encoding="gzip, gzip"), "packed as 'gzip, gzip'"),
        (answer(FEED, Content_Encoding="br"), "packed as 'br'"),
        (answer(FEED, Content_Length="5000"), "does not speak HTTP rightly"),
        (answer(FEED, Content_Length="-5"), "does not speak HTTP rightly"),
        (answer(FEED, X_Long="x" * 300_000), "does not speak HTTP rightly"),
        (answer(FEED, status="200 OK\r\nbroken header"), "does not speak HTTP rightly"),
        (lambda client, _: client.sendall(b"220 smtp.example ready\r\n"), "does not speak HTTP rightly"),
        (lambda client, _: None, "does not speak HTTP rightly"),
        (answer(FEED, status="404 Not Found"), "answers 404"),
        (answer(FEED, status="503 Busy"), "answers 503"),
        (answer(FEED, status="206 Partial"), "answers 206"),
        (answer(b"", status="304 Not Modified"), "answers 304"),
        (redirect("/feed"), "leads on more than 3 times"),
        (redirect("https://[broken/"), "not fetched"),
        (redirect("https://127.0.0.1/" + "x" * 3_000), "more than 2,000 letters"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_breaks_a_bound_is_refused_with_address_and_reason(server: Server, talk: Talk, said: str) -> None:
    with pytest.raises(FeedRefused) as refused:
        fetch(server, talk)
    assert said in str(refused.value)
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("head", "more", "pause", "bounds", "said"),
    [
        (OK + b"\r\n", b"x" * 50_000, 0.0, SMALL, "more than 200,000 bytes"),
        (OK + b"Content-Encoding: gzip\r\n\r\n" + BOMB[:50], b"\x00" * 50_000, 0.0, SMALL, "unpacks to more"),
        (OK + b"X: ", b"x" * 50_000, 0.0, SMALL, "does not speak HTTP rightly"),
        (OK + b"\r\n", b"x", 0.02, HURRIED, "more than 0.3 seconds"),
        (OK + b"X: ", b"x", 0.02, HURRIED, "more than 0.3 seconds"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", 0.0, HURRIED, "more than 0.3 seconds"),
        (b"", b"", 0.02, HURRIED, "more than 0.3 seconds"),
    ],
    ids=["body", "packed body", "header", "drops of body", "drops of header", "continue", "silence"],
)
def test_an_answer_without_end_ends(
    server: Server, head: bytes, more: bytes, pause: float, bounds: FetchBounds, said: str
) -> None:
    ended = threading.Event()
    with pytest.raises(FeedRefused, match=said):
        fetch(server, repeating(head, more, ended, pause), bounds)
    ended.set()


def test_drops_over_several_redirects_do_not_start_the_time_again(server: Server) -> None:
    ended = threading.Event()
    server.talks["/on"] = repeating(OK + b"\r\n", b"x", ended, 0.02)
    with pytest.raises(FeedRefused, match=r"0\.3 seconds"):
        fetch(server, redirect("/on"), HURRIED)
    ended.set()


def test_a_name_that_is_never_answered_ends_too() -> None:
    ended = threading.Event()
    fetcher = Fetcher(bounds=HURRIED, resolve=lambda host, port: [str(ended.wait(20))])
    with pytest.raises(FeedRefused, match=r"0\.3 seconds"):
        fetcher.fetch("http://slow.example/")
    ended.set()


def test_an_unknown_name_is_said_so() -> None:
    with pytest.raises(FeedRefused, match="name is not known"):
        Fetcher(resolve=Names({})).fetch("http://nowhere.example/")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "identity"])
def test_a_good_feed_comes_whole_with_what_to_ask_next_time(server: Server, encoding: str) -> None:
    packed = {"gzip": gzip.compress(FEED), "deflate": zlib.compress(FEED), "identity": FEED}[encoding]
    talk = answer(packed, Content_Encoding=encoding, ETag='"7"', Content_Type="text/calendar; charset=utf-8",
                  Last_Modified="Tue, 16 Dec 2025 01:00:00 GMT")  # fmt: skip
    fetched = fetch(server, talk)
    assert (fetched.content, fetched.etag) == (FEED, '"7"')
    assert fetched.content_type == "text/calendar; charset=utf-8"
    assert fetched.last_modified == "Tue, 16 Dec 2025 01:00:00 GMT"


def test_an_unchanged_feed_is_not_sent_again(server: Server) -> None:
    fetched = fetch(server, answer(status="304 Not Modified"), etag='"7"', last_modified="yesterday")
    assert fetched.content is None
    assert (fetched.etag, fetched.last_modified) == ('"7"', "yesterday")
    assert b'If-None-Match: "7"' in server.requests[0]
    assert b"If-Modified-Since: yesterday" in server.requests[0]


def test_three_redirects_are_followed_and_the_last_address_is_told(server: Server) -> None:
    server.talks |= {"/2": redirect("/3"), "/3": redirect(server.url("/4")), "/4": answer(FEED)}
    fetched = fetch(server, redirect("/2"))
    assert (fetched.content, fetched.url) == (FEED, server.url("/4"))


def test_a_validator_that_could_not_be_sent_back_is_not_kept(server: Server) -> None:
    assert fetch(server, answer(FEED, ETag='"' + "x" * 400 + '"')).etag == ""


def test_https_never_leads_to_http(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching.httpcore, "SyncBackend", LoopbackNetwork)
    monkeypatch.setattr(LoopbackNetwork, "stand_ins", {"93.184.215.14": server.port})
    server.talks["/feed"] = redirect("http://public.example/feed")
    with pytest.raises(FeedRefused, match="leads from https to http"):
        Fetcher(resolve=lambda host, port: ["93.184.215.14"]).fetch("https://public.example/feed")
