"""Taking places as people meet it: one question, a page that says what one has, and a way back from everything."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from tests.integration.web.conftest import Site
from tests.page_client import Page, PageClient

PHONE, OTHER = "138 0013 8000", "139-1234-5678"


def asked(browser: PageClient, site: Site, name: str = "brush", language: str = "zh") -> Page:
    """Open the form from the page of an offering."""
    return browser.get(f"/{language}/offerings/{site.city.offerings[name]}").follow(
        "我要报名" if language == "zh" else "Take a place"
    )


def booked(site: Site, phone: str = PHONE, name: str = "brush", **fields: str) -> Page:
    """Take a place from a browser that was never here."""
    return asked(site.browser(), site, name).press("就这样定", phone=phone, **fields)


def number_on(page: Page) -> str:
    found = re.search(r"\d{4} \d{4}", page.main)
    assert found is not None, page.main
    return found.group()


def places_of(site: Site, name: str = "brush") -> list[tuple[str, int]]:
    """Return (status, party) of every place on a run, in order."""
    with site.database.reading() as work:
        return [(each.status, each.party_size) for each in work.enrolments.live_of_run(site.city.runs[name])]


def test_a_telephone_number_is_enough_for_a_place(small_site: Site) -> None:
    form = asked(small_site.browser(), small_site)
    assert form.h1 == "留个电话就行"
    assert "不限时间，慢慢填" in form.main and "11月27日 星期五" in form.main
    done = form.press("就这样定", phone=PHONE)
    assert done.h1 == "好了，给您留了座位"
    assert "11月27日 星期五" in done.main and "湖滨图书馆" in done.main and "尾号8000" in done.main
    assert number_on(done)
    assert len(urlsplit(done.address).path.split("/")[3]) >= 43
    assert done.response.headers["Cache-Control"] == "private, no-store"


def test_the_same_in_english_with_the_hour_and_the_walk(small_site: Site) -> None:
    form = asked(small_site.browser(), small_site, language="en")
    assert form.h1 == "A phone number is enough"
    done = form.press("Take this place", phone=PHONE)
    assert done.h1 == "Done, a place is yours"
    assert "Friday 27 November" in done.main and "10 to 11:30 am" in done.main


def test_seven_digits_are_told_with_an_example_and_kept_and_one_more_try_is_enough(small_site: Site) -> None:
    form = asked(small_site.browser(), small_site)
    again = form.press("就这样定", phone="1380013", party="2", expect=400)
    assert again.title.startswith("出错了")
    assert "电话号码少了几位，请写11位，例如 138 0013 8000。" in again.main
    box = next(field for field in again.all("input") if field.get("name") == "phone")
    assert box.get("value") == "1380013" and box.get("aria-invalid") == "true"
    assert again.link("电话号码少了几位") == "#phone"
    assert again.form_of("就这样定")[1]["party"] == "2"
    assert again.press("就这样定", phone="138 0013-8000").h1 == "好了，给您留了座位"


def test_every_slip_is_told_at_once(small_site: Site) -> None:
    page = asked(small_site.browser(), small_site).follow("替别人报名")
    again = page.press("就这样定", phone="", whom="", party="99", expect=400)
    assert "有3处要改" in again.main


def test_sending_twice_or_after_a_lost_answer_takes_one_place_and_shows_the_same_page(small_site: Site) -> None:
    browser = small_site.browser()
    form, fields = asked(browser, small_site).form_of("就这样定")
    first, second, third = (browser.post(form.get("action", ""), fields | {"phone": PHONE}) for _ in range(3))
    assert first.address == second.address == third.address
    assert places_of(small_site) == [("confirmed", 1)]


def test_going_back_and_typing_another_number_books_for_that_one(small_site: Site) -> None:
    browser = small_site.browser()
    form, fields = asked(browser, small_site).form_of("就这样定")
    browser.post(form.get("action", ""), fields | {"phone": PHONE})
    other = browser.post(form.get("action", ""), fields | {"phone": OTHER})
    assert other.h1 == "好了，给您留了座位"
    assert len(places_of(small_site)) == 2


def test_a_form_that_comes_after_the_last_place_keeps_what_was_typed_and_offers_the_line(small_site: Site) -> None:
    slow = small_site.browser()
    form = asked(slow, small_site, "plum")
    booked(small_site, OTHER, "plum")
    full = form.press("就这样定", phone=PHONE, expect=409)
    assert full.h1 == "座位满了" and "您写的都还在" in full.main
    assert full.form_of("排队候补")[1]["phone"] == PHONE
    waiting = full.press("排队候补")
    assert waiting.h1 == "已经替您排上队" and "您排在第1位" in waiting.main
    assert [status for status, _ in places_of(small_site, "plum")] == ["confirmed", "waitlisted"]


def test_a_full_class_offers_the_line_and_the_two_nearest_with_places(small_site: Site) -> None:
    booked(small_site, OTHER, "plum")
    page = small_site.browser().get(f"/zh/offerings/{small_site.city.offerings['plum']}").follow("排队候补")
    assert page.h1 == "座位满了" and "还没有人排队" in page.main
    others = list(page.all("h3"))
    assert 1 <= len(others) <= 2
    assert "画一枝梅花" not in ["".join(each.itertext()) for each in others]


def test_who_waits_moves_up_and_says_yes(small_site: Site) -> None:
    first = booked(small_site, OTHER, "plum")
    wait = small_site.browser().get(f"/zh/runs/{small_site.city.runs['plum']}/place")
    waiting = wait.press("排队候补", phone=PHONE)
    first.press("不去了")
    offered = waiting.client.get(waiting.address)
    assert offered.h1 == "有座位了，留给您"
    assert re.search(r"请在11月\d+日 星期. [上中下晚]午?\S+以前说一声", offered.main)
    assert offered.press("我来").h1 == "好了，给您留了座位"


def test_a_place_is_given_back_and_taken_again_within_a_day(small_site: Site) -> None:
    done = booked(small_site)
    back = done.press("不去了")
    assert back.h1 == "座位已经退回" and "不去了" not in back.buttons()
    assert back.press("还是要来").h1 == "好了，给您留了座位"
    assert places_of(small_site) == [("confirmed", 1)]


def test_undoing_too_late_for_the_seat_puts_one_back_in_line_with_the_same_number(small_site: Site) -> None:
    done = booked(small_site, PHONE, "plum")
    number = number_on(done)
    back = done.press("不去了")
    booked(small_site, OTHER, "plum")
    again = back.press("还是要来")
    assert again.h1 == "已经替您排上队" and number_on(again) == number


def test_number_and_telephone_open_the_place_anywhere_and_a_wrong_pair_is_one_sentence(small_site: Site) -> None:
    done = booked(small_site)
    desk = small_site.browser().get("/zh/my-place")
    found = desk.press("打开座位", number=number_on(done).replace(" ", "-"), phone=PHONE)
    assert found.address == done.address
    wrong_phone = desk.press("打开座位", number=number_on(done), phone=OTHER, expect=400)
    wrong_number = desk.press("打开座位", number="1000 0008", phone=PHONE, expect=400)
    sentence = "这个号和这个电话对不上，请两样都再看一看。"
    assert sentence in wrong_phone.main and sentence in wrong_number.main
    assert "8位数字" in desk.press("打开座位", number="12", phone=PHONE, expect=400).main


def test_guessing_numbers_is_counted_with_the_sign_ins(small_site: Site) -> None:
    from web.limits import SIGN_INS

    assert {"citizens.open_by_number", "elder.open_by_number"} <= SIGN_INS


def test_a_link_that_was_not_made_here_opens_nothing(small_site: Site) -> None:
    done = booked(small_site)
    token = done.address.rsplit("/", 1)[1]
    for address in ("/zh/places/1", "/zh/places/x.y", f"/zh/places/{token[:-1]}", "/zh/places/999", "/zh/bookings/1"):
        assert small_site.browser().get(address, expect=404).h1.startswith("出错了")


def test_a_daughter_books_for_her_mother_with_one_question_more(small_site: Site) -> None:
    form = asked(small_site.browser(), small_site).follow("替别人报名")
    names = [field.get("name") for field in form.all("input") if field.get("type") != "hidden"]
    assert names[:2] == ["whom", "phone"]
    done = form.press("就这样定", whom="妈妈", phone=OTHER)
    assert "妈妈" in done.main and "尾号5678" in done.main
    mother = small_site.browser().get("/zh/my-place").press("打开座位", number=number_on(done), phone=OTHER)
    assert mother.press("不去了").h1 == "座位已经退回"
    assert done.client.get(done.address).h1 == "座位已经退回"


def test_a_party_takes_as_many_places_and_no_more_than_there_are(small_site: Site) -> None:
    done = booked(small_site, PHONE, party="3", names="王叔，李姨")
    assert "3个人" in done.main and "王叔" in done.main
    assert places_of(small_site) == [("confirmed", 3)]
    too_few = booked_form(small_site, "plum").press("就这样定", phone=OTHER, party="2", expect=409)
    assert "我要报名" not in too_few.buttons()


def booked_form(site: Site, name: str) -> Page:
    return asked(site.browser(), site, name)


def test_the_second_time_the_number_is_known_by_its_end_and_never_stands_in_the_cookie(small_site: Site) -> None:
    browser = small_site.browser()
    asked(browser, small_site).press("就这样定", phone=PHONE)
    cookie = browser.http.get_cookie("places")
    assert cookie is not None and "13800138000" not in cookie.decoded_value and cookie.http_only
    form = asked(browser, small_site, "phone")
    assert "用尾号8000的电话报名" in form.main
    assert not [field for field in form.all("input") if field.get("name") == "phone"]
    assert form.press("就这样定").h1 == "好了，给您留了座位"
    assert [field for field in form.follow("不是您？").all("input") if field.get("name") == "phone"]


def test_a_changed_cookie_is_none(small_site: Site) -> None:
    browser = small_site.browser()
    browser.http.set_cookie("places", "WzFd.xxxx")
    assert asked(browser, small_site).h1 == "留个电话就行"


def test_a_signed_in_citizen_with_a_known_telephone_is_asked_nothing(small_site: Site) -> None:
    with small_site.database.writing() as work:
        work.citizens.get(small_site.city.citizens["shen"]).phone = "+8613800138000"
        work.commit()
    browser = small_site.browser()
    browser.get("/zh/sign-in").press("当一回沈云")
    done = browser.get(f"/zh/offerings/{small_site.city.offerings['brush']}").press("我要报名")
    assert done.h1 == "好了，给您留了座位"


def test_a_login_that_ended_in_the_middle_of_the_form_loses_nothing(small_site: Site) -> None:
    browser = small_site.browser()
    browser.get("/zh/sign-in").press("当一回沈云")
    form, fields = asked(browser, small_site).form_of("就这样定")
    browser.get("/zh/profile").press("退出")
    done = browser.post(form.get("action", ""), fields | {"phone": PHONE, "party": "2"})
    assert done.h1 == "好了，给您留了座位"


def test_own_places_stand_under_mine_without_an_account(small_site: Site) -> None:
    browser = small_site.browser()
    done = asked(browser, small_site).press("就这样定", phone=PHONE)
    mine = browser.get("/zh/saved")
    assert number_on(mine) == number_on(done)
    assert mine.follow("从一横开始写字").h1 == done.h1
    assert not re.search(r"\d{4} \d{4}", small_site.browser().get("/zh/saved").main)


def test_a_form_without_its_key_takes_no_place(small_site: Site) -> None:
    browser = small_site.browser()
    form, fields = asked(browser, small_site).form_of("就这样定")
    browser.post(form.get("action", ""), fields | {"key": "x", "phone": PHONE}, expect=400)
    assert places_of(small_site) == []
