"""The page client finds each fault that is planted for it, and nothing on a page without one."""

from __future__ import annotations

import flask
import pytest

from tests.page_client import POLICY, PageClient

NONCE = "n" * 22
GOOD = (
    '<!doctype html><html lang="zh-Hans"><head><meta charset="utf-8"><title>书法</title>'
    f'<style nonce="{NONCE}">a{{}}</style></head><body><a href="#main">跳到正文</a>'
    '<header><a href="/en/x?q=1" hreflang="en" lang="en">English</a></header>'
    '<main id="main"><h1>书法</h1><h2>时间</h2><p>星期五，<span lang="en">Hubin Library is open</span></p>'
    '<form method="post" action="/zh/x"><input type="hidden" name="csrf_token" value="t">'
    '<label for="q">找什么</label><input id="q" name="q"><button>找</button></form></main>'
    '<footer><a href="tel:0300">电话</a></footer></body></html>'
)
FAULTS = {
    "two h1": ("<h2>时间</h2>", "<h1>时间</h1>"),
    "a skipped level": ("<h2>时间</h2>", "<h3>时间</h3>"),
    "no title": ("<title>书法</title>", "<title></title>"),
    "another language": ('lang="zh-Hans"', 'lang="en"'),
    "an untranslated sentence": ("星期五，", "Open every Friday evening"),
    "half-width punctuation": ("星期五，", "星期五,"),
    "a field without a label": ('for="q"', 'for="other"'),
    "a form without a token": ('name="csrf_token"', 'name="token"'),
    "an id twice": ("<p>星", '<p id="q">星'),
    "an inline style": ("<p>星", '<p style="color:red">星'),
    "an inline handler": ("<button>", '<button onclick="x()">'),
    "a style without the nonce": (f'<style nonce="{NONCE}">', "<style>"),
    "a third party": ("</head>", '<link rel="stylesheet" href="https://cdn.example/a.css"></head>'),
    "another window": ('<a href="/en/x?q=1"', '<a target="_blank" href="/en/x?q=1"'),
    "no telephone": ("tel:0300", "/zh/call"),
    "no skip link": ('<a href="#main">跳到正文</a>', ""),
    "a link to nowhere on the page": ('href="#main"', 'href="#nowhere"'),
    "a lost query": ("/en/x?q=1", "/en/x"),
    "an unclosed element": ("</h2>", ""),
    "a page that refreshes": ("</head>", '<meta http-equiv="refresh" content="5"></head>'),
    "a button without words": ("<button>找</button>", "<button></button>"),
    "too many bytes": ("星期五，", "".join(chr(0x4E00 + n * 7 % 20_000) for n in range(12_000))),
}


def page_of(source: str, *, policy: str = POLICY.replace("N'", f"{NONCE}'")) -> PageClient:
    """Return a client of a site that has this one page."""
    app = flask.Flask(__name__)

    @app.get("/zh/x")
    def show() -> flask.Response:
        response = flask.make_response(source)
        response.headers["Content-Security-Policy"] = policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "private"
        return response

    return PageClient(app)


def test_a_page_without_a_fault_passes() -> None:
    assert page_of(GOOD).get("/zh/x?q=1").h1 == "书法"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault: str) -> None:
    good, bad = FAULTS[fault]
    assert good in GOOD
    with pytest.raises(AssertionError):
        page_of(GOOD.replace(good, bad, 1)).get("/zh/x?q=1")


def test_a_weaker_policy_is_found() -> None:
    weak = POLICY.replace("N'", f"{NONCE}'").replace("object-src 'none'; ", "")
    with pytest.raises(AssertionError, match="the policy is"):
        page_of(GOOD, policy=weak).get("/zh/x?q=1")


def test_a_nonce_used_twice_is_found() -> None:
    browser = page_of(GOOD)
    browser.get("/zh/x?q=1")
    with pytest.raises(AssertionError, match="nonce was used before"):
        browser.get("/zh/x?q=1")


def test_an_answer_of_another_kind_is_found() -> None:
    with pytest.raises(AssertionError, match="answered 404, not 200"):
        page_of(GOOD).get("/zh/y")
