"""Whatever comes in an address, a header or a form: an answer in words with a way on, never a fault of ours.

Runs on SQLite and on PostgreSQL, which refuse different things: the answers are the same.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
import time_machine

from city.errors import DatabaseUnavailable
from city.store.database import Database
from tests.integration.web.conftest import Site, open_site
from tests.page_client import PageClient

LONG = "写" * 10_000
HALF_PAIR = "%ED%A0%80"
ODD_VALUES = [
    "%00",
    "a%00b",
    HALF_PAIR,
    "%FF%FE",
    "2147483648",
    "9223372036854775807",
    "9223372036854775808",
    "99999999999999999999999999",
    "-1",
    "0",
    "1e9",
    "NaN",
    "None",
    "1;DROP%20TABLE%20offering",
    "%27%20OR%201=1--",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "%E2%80%AE%E2%80%8B",
    "..%2f..%2fetc%2fpasswd",
    "%D9%A1",
    "%F0%9F%92%A9" * 20,
    "{{7*7}}",
    "%25s%25n",
    "%0d%0aSet-Cookie:%20a=b",
]
PLACES = {
    "search": [
        "/zh/search?q={}",
        "/zh/search?kind={}",
        "/zh/search?topic={}",
        "/zh/search?area={}",
        "/zh/search?venue={}",
        "/zh/search?from={}",
        "/zh/search?page={}",
        "/zh/search?near={}",
        "/zh/search?sort={}",
        "/zh/search?{}=1",
    ],
    "things": [
        "/zh/?near={}",
        "/zh/offerings/{}",
        "/zh/offerings/1?from=home&list={}&at={}",
        "/zh/venues/{}",
        "/zh/areas/{}",
        "/zh/topics/{}",
    ],
    "own": [
        "/zh/why/{}/1",
        "/zh/why/xxxxxxxxxxxxxxxxxxxxxxxx/{}",
        "/zh/profile?page={}",
        "/zh/saved?x={}",
        "/zh/sign-in?next={}",
        "/zh/suggest?q={}",
    ],
    "elder": [
        "/zh/e/?near={}",
        "/zh/e/list?topic={}",
        "/zh/e/list?topic=calligraphy&page={}",
        "/zh/e/where?page={}",
        "/zh/e/offerings/{}",
        "/zh/?view={}",
        "/{}/",
        "/{}",
    ],
    "api": [
        "/api/v1/search?q={}",
        "/api/v1/search?topic={}",
        "/api/v1/search?venue={}",
        "/api/v1/search?from={}",
        "/api/v1/offerings/{}",
        "/api/v1/areas/{}",
        "/api/v1/suggestions?offering={}&area={}",
    ],
}
OK_OR_REFUSED = {200, 400, 404, 414, 422}


@pytest.mark.parametrize("group", PLACES)
def test_an_odd_value_gets_an_answer_in_words_and_never_a_fault(site: Site, group: str) -> None:
    client = site.app.test_client()
    for address in (place.replace("{}", value) for place in PLACES[group] for value in ODD_VALUES):
        answer = client.get(address, follow_redirects=True)
        assert answer.status_code in OK_OR_REFUSED, address
        if answer.mimetype == "text/html" and answer.status_code >= 400:
            source = answer.get_data(as_text=True)
            assert "出错了" in source and '<a href="/' in source, address
            assert "Traceback" not in source, address


FORMS = [
    ("/zh/profile/switch", "on"),
    ("/zh/profile/reach", "reach"),
    ("/zh/profile/area", "area"),
    ("/zh/profile/forget", "offering"),
    ("/zh/sign-in", "citizen"),
    ("/zh/sign-in", "next"),
    ("/zh/offerings/1/save", "next"),
    ("/zh/offerings/1/dismiss", "list"),
    ("/zh/offerings/1/dismiss", "at"),
]
POSTED = [
    "\x00",
    "a\x00b",
    "\u202e\u200b",
    "2147483648",
    "9223372036854775808",
    "9" * 400,
    "-1",
    "NaN",
    "' OR 1=1--",
    "<b>",
    "💩" * 500,
]


@pytest.mark.parametrize("signed_in", [False, True], ids=["visitor", "citizen"])
def test_an_odd_value_in_a_form_is_refused_or_taken_but_breaks_nothing(site: Site, signed_in: bool) -> None:
    browser = site.browser()
    if signed_in:
        browser.get("/zh/sign-in").press("当一回沈云")
    token = browser.get("/zh/profile").form_of("就按这个找")[1]["csrf_token"]
    for (address, field), value in product(FORMS, POSTED):
        form = {"csrf_token": token, "citizen": "lin", "on": "1", field: value}
        answer = browser.http.post(address, data=form, headers={"Sec-Fetch-Site": "same-origin"})
        assert answer.status_code in (303, 400, 404), (address, field, value)


def test_bytes_that_are_no_text_in_a_form_break_nothing(site: Site) -> None:
    browser = site.browser()
    token = browser.get("/zh/profile").form_of("就按这个找")[1]["csrf_token"]
    body = f"csrf_token={token}&area=%ED%A0%80%FF".encode()
    answer = browser.http.post("/zh/profile/area", data=body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 404


@pytest.mark.parametrize("language", ["fr", "zh-TW", "ZH", "e", "xx"])
def test_a_language_we_do_not_speak_is_told_with_ways_on(small_site: Site, language: str) -> None:
    page = small_site.browser().get(f"/{language}/search", expect=404)
    assert page.h1.startswith("出错了")
    assert {"/zh/search", "/zh/"} <= set(page.links().values())


def test_a_search_with_ten_thousand_letters_is_refused_in_words(small_site: Site) -> None:
    page = small_site.browser().get(f"/zh/search?q={LONG}", expect=414)
    assert "太长" in page.h1
    assert "例如" in page.main
    assert small_site.browser().get(f"/zh/search?q={'a' * 1_000}", expect=400).h1.startswith("出错了")


@pytest.mark.parametrize("address", ["/zh/search?page=501", "/zh/search?page=99999999999999", "/zh/profile?page=0"])
def test_a_page_that_cannot_be_is_refused(small_site: Site, address: str) -> None:
    assert small_site.browser().get(address, expect=400).h1.startswith("出错了")


def test_a_body_that_is_too_large_is_refused_in_words(small_site: Site) -> None:
    client = small_site.app.test_client()
    answer = client.post("/zh/profile/area", data={"area": "x" * 2_000_000})
    assert answer.status_code == 413
    assert "出错了" in answer.get_data(as_text=True)


def test_a_button_s_address_typed_by_hand_is_told(small_site: Site) -> None:
    page = small_site.browser().get("/zh/profile/switch", expect=405)
    assert "按钮" in page.main


def test_a_form_left_open_still_goes_through_after_a_day(small_site: Site) -> None:
    browser = small_site.browser()
    with time_machine.travel("2026-11-24T04:00:00Z", tick=False):
        page = browser.get("/zh/profile")
    with time_machine.travel("2026-11-25T05:00:00Z", tick=False):
        assert "推荐不再用您的记录" in page.press("不用我的记录").main


class Stopped(Database):
    """A database that does not answer any more."""

    stopped = False

    def reading(self):  # type: ignore[no-untyped-def]
        if self.stopped:
            raise DatabaseUnavailable("The database does not answer: connection refused")
        return super().reading()


@pytest.fixture
def stopped_site(migrated_file: Path, tmp_path: Path) -> Site:
    """A site whose database stopped after it had started."""
    file = tmp_path / "city.db"
    file.write_bytes(migrated_file.read_bytes())
    database = Stopped(f"sqlite:///{file}")
    site = open_site(database, tmp_path)
    database.stopped = True
    return site


@pytest.mark.parametrize(
    "address", ["/zh/", "/zh/search", "/en/offerings/1", "/zh/saved", "/zh/e/", "/zh/e/list?topic=health"]
)
def test_when_the_database_is_down_a_page_says_so_and_when_to_come_back(stopped_site: Site, address: str) -> None:
    page = stopped_site.browser().get(address, expect=503)
    assert int(page.response.headers["Retry-After"]) > 0
    assert page.h1.startswith(("出错了", "Error"))
    assert "refused" not in page.source and "Traceback" not in page.source


def test_a_citizen_s_pages_say_so_too_and_writes_are_refused(stopped_site: Site) -> None:
    browser = PageClient(stopped_site.app)
    browser.http.set_cookie("login_session", "whatever")
    assert browser.get("/zh/profile", expect=503).response.headers["Retry-After"]
    assert browser.http.get("/api/v1/areas").status_code == 503
    assert browser.http.get("/livez").status_code == 200
    ready = browser.http.get("/readyz")
    assert ready.status_code == 503
    assert ready.get_json()["parts"]["outbox"] is False


def test_an_unforeseen_fault_becomes_a_page_with_a_number_and_no_trace(small_site: Site) -> None:
    def break_down(*_: object, **__: object) -> None:
        raise RuntimeError("a secret of the house")

    small_site.search.search = break_down  # type: ignore[method-assign,assignment]
    page = small_site.browser().get("/zh/search", expect=500)
    assert "编号" in page.main
    assert "secret of the house" not in page.source and "RuntimeError" not in page.source
    answer = small_site.app.test_client().get("/api/v1/search")
    assert answer.status_code == 500
    assert "secret" not in answer.get_data(as_text=True)
