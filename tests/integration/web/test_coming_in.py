"""How a citizen comes in and out by the pages, and how what was done before comes along."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from city.services.contacts import Asker
from city.services.permissions import Actor
from city.store.database import Database
from tests.integration.web.conftest import Site, open_site
from tests.page_client import Page, PageClient

PHONE, MAIL = "138 0013 8000", "lin@example.org"
PASSWORD = "violet harbour ninety lamps"
SECRET = "a secret of forty letters for tests only"


def digits(page: Page) -> str:
    found = re.search(r"六位数字是([0-9]{6})", page.main)
    assert found, page.main
    return found.group(1)


def come_in(browser: PageClient, who: str = PHONE, *, start: str = "/zh/sign-in") -> Page:
    """Sign in by the digits the demonstration shows; return where that leads."""
    page = browser.get(start).press("发六位数字给我", who=who)
    assert page.h1 == "输入六位数字"
    return page.press("下一步", code=digits(page))


def forget_sent(site: Site) -> None:
    """Let the ten minutes pass after which more digits may be sent."""
    with site.database.writing() as work:
        work.sign_in_attempts.forget_before(site.parts.system_clock.now() + timedelta(minutes=1))
        work.commit()


def take_place(site: Site, run: str = "brush", *, citizen_id: int | None = None, phone: str = PHONE) -> int:
    actor = Actor.citizen(citizen_id) if citizen_id else Actor.visitor()
    asker = Asker(name="林和", phone=phone)
    return site.parts.enrolling.take_place(
        actor, site.city.runs[run], key=f"{run}-{citizen_id}", asker=asker, or_wait=True
    ).enrolment_id


def own_id(site: Site, browser: PageClient) -> int:
    cookie = browser.http.get_cookie("login_session")
    citizen = site.parts.signing_in.citizen_of(cookie.value if cookie else "")
    assert citizen is not None
    return citizen.id


def test_digits_sent_to_a_phone_open_what_was_booked_with_it(small_site: Site) -> None:
    take_place(small_site)
    page = come_in(small_site.browser())
    assert "从一横开始写字" in page.main and "已经登录" in page.main


def test_a_wrong_number_and_wrong_digits_are_said_where_they_stand(small_site: Site) -> None:
    browser = small_site.browser()
    start = browser.get("/zh/sign-in")
    assert "位数不够" in start.press("发六位数字给我", who="138 0013", expect=400).main
    assert "请填写手机号" in start.press("发六位数字给我", who=" ", expect=400).main
    page = start.press("发六位数字给我", who=PHONE)
    assert "不对" in page.press("下一步", code="12", expect=400).main
    assert page.press("下一步", code=digits(page)).status == 200
    assert "已经失效" in page.press("下一步", code=digits(page), expect=429).main


def test_the_digits_stand_on_no_page_outside_a_demonstration(sqlite_database: Database, tmp_path: Path) -> None:
    site = open_site(sqlite_database, tmp_path, secret=SECRET, now=None)
    client = site.app.test_client()
    source = client.get("/zh/sign-in", base_url="https://localhost").get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', source)
    assert token
    form = {"csrf_token": token.group(1), "who": PHONE}
    answer = client.post(
        "/zh/sign-in/send", base_url="https://localhost", data=form, headers={"Referer": "https://localhost/"}
    )
    said = (tmp_path / "sms").glob("*.txt").__next__().read_text(encoding="utf-8")
    code = re.search(r"([0-9]{6})，", said)
    assert answer.status_code == 200 and code and code.group(1) not in answer.get_data(as_text=True)


def test_what_the_browser_kept_is_offered_and_added_only_when_asked_to(small_site: Site) -> None:
    browser = small_site.browser()
    offering = small_site.city.offerings["brush"]
    browser.get(f"/zh/offerings/{offering}").press("收藏")
    page = come_in(browser)
    assert page.h1 == "这个浏览器替您留着的" and "您收藏的1项" in page.main
    assert "从一横开始写字" not in browser.get("/zh/saved").main
    page = browser.get("/zh/access/belongings").press("放进我的记录")
    assert "从一横开始写字" in page.main
    other = small_site.browser()
    forget_sent(small_site)
    assert "从一横开始写字" in come_in(other).main, "and it is there on any device"
    browser.get("/zh/profile").press("退出")
    assert "从一横开始写字" not in browser.get("/zh/saved").main, "the browser has forgotten it"


def test_a_password_is_set_soon_after_signing_in_and_then_does(small_site: Site) -> None:
    browser = small_site.browser()
    come_in(browser)
    page = browser.get("/zh/access")
    assert "密码太短" in page.press("用这个密码", password="too short", expect=400).main
    assert "密码改好了" in page.press("用这个密码", password=PASSWORD).main
    other = small_site.browser()
    asked = other.get("/zh/sign-in/password?next=/zh/access")
    assert "对不上" in asked.press("登录", who=PHONE, password="something else entirely", expect=400).main
    assert asked.press("登录", who=PHONE, password=PASSWORD).h1 == "您怎么登录"


def test_who_signed_in_long_ago_does_so_again_before_changing_how(small_site: Site) -> None:
    browser = small_site.browser()
    come_in(browser)
    page = browser.get("/zh/access")
    with small_site.database.writing() as work:
        for row in work.login_sessions.of_citizen(own_id(small_site, browser)):
            row.created_at -= timedelta(minutes=16)
        work.commit()
    page = page.press("用这个密码", password=PASSWORD)
    assert page.h1 == "登录" and "再登录一次" in page.main


def test_another_number_with_places_of_its_own_is_joined_when_one_says_so(small_site: Site) -> None:
    place = take_place(small_site)
    browser = small_site.browser()
    come_in(browser, MAIL)
    own = own_id(small_site, browser)
    asked = browser.get("/zh/access").press("发六位数字给我", who=PHONE)
    offer = asked.press("下一步", code=digits(asked))
    assert offer.h1 == "您的两份档案" and "138 0013 8000名下有1个报名" in offer.main.replace("\u00a0", " ")
    with small_site.database.reading() as work:
        found = work.enrolments.find(place)
        assert found is not None and found.citizen_id != own, "nothing moves before the press"
    page = offer.press("放到一起")
    assert "从一横开始写字" in page.main and "都放到一起了" in page.main
    with small_site.database.reading() as work:
        found = work.enrolments.find(place)
    assert found is not None and found.citizen_id == own


def test_own_sign_ins_are_ended_from_another_device(small_site: Site) -> None:
    first, second = small_site.browser(), small_site.browser()
    come_in(first)
    come_in(second)
    second.get("/zh/access").press("结束那里的登录")
    assert first.get("/zh/access").h1 == "登录"
    assert second.get("/zh/access").press("所有地方都退出").status == 200
    assert second.get("/zh/access").h1 == "登录"


def test_every_page_is_right_in_english_too(small_site: Site) -> None:
    browser = small_site.browser()
    for path in ("sign-in", "sign-in/password"):
        browser.get(f"/en/{path}")
    browser.get("/en/").press("Save") if "Save" in browser.get("/en/").buttons() else None
    page = browser.get("/en/sign-in").press("Send me six digits", who=PHONE)
    found = re.search(r"digits are ([0-9]{6})", page.main)
    assert found
    page.press("Go on", code=found.group(1))
    browser.get("/en/access")
