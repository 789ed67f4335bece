"""What a hostile page, a forged header or a stolen moment cannot do here (reliability.md A5, A7-A9, A11, A12)."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from city.config import DEFAULT_LIMITS
from city.store.database import Database
from tests.integration.web.conftest import GENEROUS, Site, open_site
from tests.page_client import POLICY, PageClient, fields_of
from tests.routes import address_of, routes, unsafe_methods

SECRET = "a secret of forty letters for tests only"
PROVEN_BY_ITS_ADDRESS = "citizens.end_mails"
"""The link of a mail, signed for this one purpose: mail programs send a bare POST to it (RFC 8058)."""
OTHER_SITES = ("cross-site", "same-site")


def unsafe_routes(site: Site) -> list[tuple[str, str]]:
    """Return (method, address) of every route that is not just read, with something for its variables."""
    found = []
    for rule in routes(site.app):
        if rule.endpoint != PROVEN_BY_ITS_ADDRESS:
            found += [(method, address_of(site.app, rule)) for method in unsafe_methods(rule)]
    return found


def token_of(client: FlaskClient) -> str:
    """Return a valid form token of this browser."""
    source = client.get("/zh/profile").get_data(as_text=True)
    found = re.search(r'name="csrf_token" value="([^"]+)"', source)
    assert found
    return found.group(1)


def test_there_are_routes_to_guard(small_site: Site) -> None:
    assert len(unsafe_routes(small_site)) >= 8


def test_no_route_acts_without_a_form_token(small_site: Site) -> None:
    client = small_site.app.test_client()
    client.get("/zh/profile")
    answers = {
        address: client.open(address, method=method).status_code for method, address in unsafe_routes(small_site)
    }
    assert set(answers.values()) == {400}, answers


def test_no_route_acts_on_a_token_of_another_browser(small_site: Site) -> None:
    foreign = token_of(small_site.app.test_client())
    client = small_site.app.test_client()
    client.get("/zh/profile")
    for method, address in unsafe_routes(small_site):
        assert client.open(address, method=method, data={"csrf_token": foreign}).status_code == 400, address


@pytest.mark.parametrize("other", OTHER_SITES)
def test_no_route_acts_for_another_site_even_with_a_token(small_site: Site, other: str) -> None:
    client = small_site.app.test_client()
    token = token_of(client)
    for method, address in unsafe_routes(small_site):
        answer = client.open(address, method=method, data={"csrf_token": token}, headers={"Sec-Fetch-Site": other})
        assert answer.status_code == 403, address


def test_the_guard_stays_up_after_many_mixed_requests(small_site: Site) -> None:
    client = small_site.app.test_client()
    token = token_of(client)
    for n in range(60):
        client.get("/api/v1/areas") if n % 2 else client.post(
            "/zh/profile/switch", data={"csrf_token": token, "on": "1"}
        )
    assert client.post("/zh/profile/switch", data={"on": "0"}).status_code == 400


def test_reading_changes_nothing_so_no_view_that_acts_answers_get(small_site: Site) -> None:
    both = [rule.rule for rule in routes(small_site.app) if unsafe_methods(rule) and "GET" in (rule.methods or set())]
    assert not both


def test_the_one_route_without_a_form_token_does_nothing_without_its_own(small_site: Site) -> None:
    client = small_site.app.test_client()
    assert client.post("/zh/searches/end/x.y").status_code == 404
    assert client.post("/zh/searches/end/x.y", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_every_answer_carries_the_policy_with_a_nonce_of_its_own(small_site: Site) -> None:
    client, nonces = small_site.app.test_client(), set()
    for address in ("/zh/", "/zh/", "/api/v1/areas", "/livez", "/nothing", "/zh/offerings/999"):
        policy = client.get(address).headers["Content-Security-Policy"]
        nonce = re.search(r"'nonce-([\w-]{22,})'", policy)
        assert nonce and policy.replace(nonce.group(1), "N") == POLICY
        nonces.add(nonce.group(1))
    assert len(nonces) == 6


def test_over_https_browsers_are_told_to_stay_there_and_cookies_are_bound_to_the_host(
    sqlite_database: Database, tmp_path: Path
) -> None:
    site = open_site(sqlite_database, tmp_path, secret=SECRET, now=None)
    client = site.app.test_client()
    answer = client.get("/zh/profile", base_url="https://localhost")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    cookies = answer.headers.getlist("Set-Cookie")
    assert cookies
    for cookie in cookies:
        assert "Secure" in cookie and "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie
        assert cookie.startswith("__Host-") or cookie.startswith("language=")


def test_sample_sign_in_does_not_exist_outside_demo_mode(sqlite_database: Database, tmp_path: Path) -> None:
    client = open_site(sqlite_database, tmp_path, secret=SECRET, now=None).app.test_client()
    token = re.search(
        r'name="csrf_token" value="([^"]+)"',
        client.get("/zh/profile", base_url="https://localhost").get_data(as_text=True),
    )
    assert token
    assert "当一回" not in client.get("/zh/sign-in", base_url="https://localhost").get_data(as_text=True)
    form = {"csrf_token": token.group(1), "citizen": "shen"}
    assert client.post("/zh/sign-in", base_url="https://localhost", data=form).status_code == 404


def sign_in(browser: PageClient, name: str = "沈云") -> None:
    """Become a sample citizen."""
    browser.get("/zh/sign-in").press(f"当一回{name}")


def _login_cookie(browser: PageClient) -> str:
    cookie = browser.http.get_cookie("login_session")
    return cookie.value if cookie else ""


def test_signing_in_makes_a_new_session_and_ends_the_former(browser: PageClient, site: Site) -> None:
    sign_in(browser)
    first = _login_cookie(browser)
    sign_in(browser, "林和")
    second = _login_cookie(browser)
    assert first and second and first != second
    assert site.parts.signing_in.citizen_of(first) is None
    assert site.parts.signing_in.citizen_of(second) is not None


def test_a_session_id_chosen_by_somebody_else_is_never_taken_over(browser: PageClient, site: Site) -> None:
    browser.http.set_cookie("login_session", "chosen-by-the-attacker")
    sign_in(browser)
    assert _login_cookie(browser) != "chosen-by-the-attacker"
    assert site.parts.signing_in.citizen_of("chosen-by-the-attacker") is None


def test_signing_out_ends_the_session_on_the_server_too(browser: PageClient, site: Site) -> None:
    sign_in(browser)
    token = _login_cookie(browser)
    browser.get("/zh/profile").press("退出")
    assert site.parts.signing_in.citizen_of(token) is None
    assert "沈云" not in browser.get("/zh/profile").main


def test_a_signed_in_page_is_kept_nowhere(browser: PageClient) -> None:
    assert browser.get("/zh/profile").response.headers["Cache-Control"] == "private"
    sign_in(browser)
    page = browser.get("/zh/profile")
    assert page.response.headers["Cache-Control"] == "private, no-store"
    assert "Cookie" in page.response.headers["Vary"]


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_after_a_button_nobody_is_led_to_another_host(small_site: Site, target: str) -> None:
    client = small_site.app.test_client()
    token = token_of(client)
    for address in ("/zh/profile/switch", "/zh/sign-in", "/zh/offerings/1/save", "/zh/sign-out"):
        form = {"csrf_token": token, "next": target, "on": "1", "citizen": "shen"}
        answer = client.post(address, data=form)
        assert answer.status_code == 303, address
        assert answer.headers["Location"].startswith("/zh"), address


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1:80@evil.example", ""])
def test_a_host_that_is_not_ours_is_refused_in_words(small_site: Site, host: str) -> None:
    answer = small_site.app.test_client().get("/zh/", headers={"Host": host})
    assert answer.status_code == 400
    assert "出错了" in answer.get_data(as_text=True)
    assert 'href="/"' in answer.get_data(as_text=True)


def _limited(database: Database, folder: Path, **limits: str) -> FlaskClient:
    return open_site(database, folder, limits=GENEROUS | limits).app.test_client()


def test_a_limit_answers_429_with_the_seconds_to_wait(sqlite_database: Database, tmp_path: Path) -> None:
    client = _limited(sqlite_database, tmp_path, search="3/minute")
    statuses = [client.get("/zh/search").status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    refused = client.get("/zh/search")
    assert int(refused.headers["Retry-After"]) > 0
    assert "出错了" in refused.get_data(as_text=True)
    assert client.get("/zh/saved").status_code == 200


def test_guesses_at_signing_in_are_limited_by_default(sqlite_database: Database, tmp_path: Path) -> None:
    client = open_site(sqlite_database, tmp_path, limits=DEFAULT_LIMITS).app.test_client()
    token = token_of(client)
    answers = [
        client.post("/zh/sign-in", data={"csrf_token": token, "citizen": f"no-{n}"}).status_code for n in range(20)
    ]
    assert answers.count(404) == 10
    assert answers.count(429) == 10


def test_a_forged_address_changes_no_limit_unless_a_proxy_is_trusted(sqlite_database: Database, tmp_path: Path) -> None:
    client = _limited(sqlite_database, tmp_path, api="2/minute")
    answers = [client.get("/api/v1/areas", headers={"X-Forwarded-For": f"203.0.113.{n}"}).status_code for n in range(4)]
    assert answers == [200, 200, 429, 429]


def test_behind_a_trusted_proxy_each_client_has_a_limit_of_its_own(sqlite_database: Database, tmp_path: Path) -> None:
    site = open_site(sqlite_database, tmp_path, limits=GENEROUS | {"api": "2/minute"}, proxy_hops=1)
    client = site.app.test_client()
    answers = [client.get("/api/v1/areas", headers={"X-Forwarded-For": f"203.0.113.{n}"}).status_code for n in range(4)]
    assert answers == [200] * 4


def test_health_and_pictures_are_never_limited(sqlite_database: Database, tmp_path: Path) -> None:
    client = _limited(sqlite_database, tmp_path, pages="1/minute")
    assert [client.get("/livez").status_code for _ in range(5)] == [200] * 5
    assert [client.get("/static/icon.svg").status_code for _ in range(3)] == [200] * 3


def test_answers_are_sent_compressed_to_who_can_read_that(small_site: Site) -> None:
    client = small_site.app.test_client()
    packed = client.get("/zh/", headers={"Accept-Encoding": "gzip"})
    plain = client.get("/zh/", headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert len(packed.get_data()) < len(plain.get_data()) / 2
    assert b"<h1" in gzip.decompress(packed.get_data())
    assert "Accept-Encoding" in packed.headers["Vary"]


@pytest.fixture
def forms(site: Site) -> Iterator[list[str]]:
    """The fields of every form on the pages a stranger can reach."""
    browser = site.browser()
    offering = site.city.offerings["brush"]
    pages = [browser.get(f"/zh/{path}") for path in ("", "saved", "profile", f"offerings/{offering}")]
    yield [name for page in pages for form in page.all("form") for name in fields_of(form)]


def test_forms_ask_for_no_password_and_no_code(forms: list[str]) -> None:
    assert not {"password", "code", "captcha", "email"} & set(forms)


def test_an_own_list_is_not_shown_to_somebody_else(site: Site) -> None:
    first, second = site.browser(), site.browser()
    sign_in(first)
    why = next(address for address in first.get("/zh/").links().values() if address.startswith("/zh/why/"))
    first.get(why)
    sign_in(second, "林和")
    second.get(why, expect=404)
    site.browser().get(why, expect=404)


def test_a_visitor_s_cookie_that_we_did_not_sign_counts_as_none(browser: PageClient, site: Site) -> None:
    offering = site.city.offerings["brush"]
    browser.get(f"/zh/offerings/{offering}").press("收藏")
    kept = browser.http.get_cookie("visitor")
    assert kept and "从一横开始写字" in browser.get("/zh/saved").main
    browser.http.set_cookie("visitor", kept.value[:-3] + "abc")
    assert "从一横开始写字" not in browser.get("/zh/saved").main
