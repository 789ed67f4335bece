"""The pages by which staff publish, keep drafts, look after venues and moderate, on every kind of database."""

from __future__ import annotations

from datetime import timedelta
from itertools import cycle, islice
from typing import Any

import pytest

from city.model import RoomBooking, RoomBookingStatus, StudyRoom
from city.services.offering_form import FIELDS
from city.services.venue_form import ROOM_FIELDS, VENUE_FIELDS
from fixtures.factories import NOW, a_citizen, in_days, words
from tests.integration.web.conftest import Site
from tests.page_client import Page, PageClient, text_of
from tests.staff_at_work import at_work, lay_staff

EIGHT = {
    "title": "修一盏旧台灯", "kind": "event", "day": "2026年12月5日", "hours": "晚上7点到8点半", "seats": "24",
    "price": "0", "summary": "带一盏坏台灯来，亮着带回家。",
}  # fmt: skip


class Desk:
    """The small city with staff at work in it."""

    def __init__(self, site: Site, *, reviewed: bool = False) -> None:
        self.site, self.ids = site, lay_staff(site.database, reviewed=reviewed)

    def browser(self, role: str = "publisher") -> PageClient:
        return at_work(self.site, self.ids[role])

    def form(self, browser: PageClient, address: str = "/zh/o/publish", **fields: Any) -> dict[str, Any]:
        """Return the form at an address with the fields filled in, as a browser would send it."""
        return browser.get(address).form_of("看看样子")[1] | fields

    def publish(self, browser: PageClient, *, expect: int = 200, **fields: Any) -> Page:
        venue = str(self.site.city.venues["library"])
        sent = self.form(browser, **{**EIGHT, "venue": venue, **fields}, do="publish")
        return browser.post("/zh/o/publish", sent, expect=expect)


@pytest.fixture
def desk(site: Site) -> Desk:
    return Desk(site)


@pytest.fixture
def small_desk(small_site: Site) -> Desk:
    return Desk(small_site)


def test_eight_fields_on_one_page_publish_and_both_views_show_it(desk: Desk) -> None:
    browser = desk.browser()
    done = desk.publish(browser)
    assert "已经发布" in done.main and "修一盏旧台灯" in done.main
    assert "12月5日 星期六 晚上7点" in done.follow("大家看到的页面").main
    assert "修一盏旧台灯" in desk.site.browser().get(done.link("长辈版里")).main


def test_a_new_form_begins_with_the_place_and_price_of_the_last_offering(small_desk: Desk) -> None:
    browser = small_desk.browser()
    fields = small_desk.form(browser)
    assert fields["venue"] == str(small_desk.site.city.venues["library"]) and fields["price"] == "0"
    assert not fields["title"] and not fields["day"]


def test_something_once_more_needs_only_its_day(desk: Desk) -> None:
    browser = desk.browser()
    again = browser.get("/zh/o/offerings").follow("再办一次")
    fields = again.form_of("看看样子")[1]
    empty_before = {name for name, value in fields.items() if not value}
    assert fields["title"] and "day" in empty_before
    done = browser.post(
        "/zh/o/publish", fields | {"day": "2027年1月9日", "title": fields["title"] + "二", "do": "publish"}
    )
    assert "1月9日" in done.main and "已经发布" in done.main


def test_all_errors_stand_at_once_in_a_summary_that_leads_to_the_fields_and_values_stay(small_desk: Desk) -> None:
    browser = small_desk.browser()
    page = small_desk.publish(browser, expect=400, day="2026年11月20日", hours="晚饭后", seats="二十来个", price="贵")
    assert page.title.startswith("出错了")
    summary = next(element for element in page.all("div") if element.get("id") == "errors")
    links = [(link.get("href"), text_of(link)) for link in summary.iter("a")]
    assert [href for href, _ in links] == ["#day", "#hours", "#seats", "#price"]
    assert all(any(element.get("id") == str(href)[1:] for element in page.tree.iter()) for href, _ in links)
    kept = page.form_of("看看样子")[1]
    assert (kept["day"], kept["hours"], kept["seats"]) == ("2026年11月20日", "晚饭后", "二十来个")
    assert "已经过了" in summary_text(page) and "请写数字，例如24" in summary_text(page)


def summary_text(page: Page) -> str:
    return text_of(next(element for element in page.all("div") if element.get("id") == "errors"))


def test_a_clash_of_room_is_named_and_published_only_when_it_is_meant(small_desk: Desk) -> None:
    browser = small_desk.browser()
    small_desk.publish(browser, room="三楼大教室")
    doubted = small_desk.publish(browser, expect=400, title="合唱", room="三楼大教室", hours="20:00-21:00")
    assert "三楼大教室那时有“修一盏旧台灯”" in doubted.main and not doubted.title.startswith("出错了")
    mark = next(e.get("value", "") for e in doubted.all("input") if e.get("name") == "confirmed")
    sent = doubted.form_of("看看样子")[1] | {"confirmed": mark, "do": "publish"}
    assert "已经发布" in browser.post("/zh/o/publish", sent).main


def test_what_was_typed_is_kept_whatever_button_was_pressed_and_comes_back_after_throwing_away(desk: Desk) -> None:
    browser = desk.browser("editor")
    sent = desk.form(browser, title="写了一半", do="keep")
    listed = browser.post("/zh/o/publish", sent)
    assert "写了一半" in listed.main
    assert browser.get(listed.link("写了一半")).form_of("看看样子")[1]["title"] == "写了一半"
    gone = listed.press("扔掉")
    assert "写了一半" not in gone.main
    assert "写了一半" in gone.press("撤回").main


def test_a_refused_form_is_a_draft_as_well(small_desk: Desk) -> None:
    browser = small_desk.browser()
    small_desk.publish(browser, expect=400, title="缺个日子", day="")
    assert "缺个日子" in browser.get("/zh/o/offerings").main


def test_a_form_sent_twice_publishes_once(desk: Desk) -> None:
    browser = desk.browser()
    sent = desk.form(browser, **EIGHT, venue=str(desk.site.city.venues["library"]), do="publish")
    first, second = browser.post("/zh/o/publish", sent), browser.post("/zh/o/publish", sent)
    assert first.address == second.address
    with desk.site.database.reading() as work:
        assert (
            sum(each.title.get("zh-Hans") == EIGHT["title"] for batch in work.offerings.in_batches() for each in batch)
            == 1
        )


def test_an_editor_hands_over_and_a_publisher_publishes(small_desk: Desk) -> None:
    editor, publisher = small_desk.browser("editor"), small_desk.browser()
    page = editor.get("/zh/o/publish")
    assert "发布" not in page.buttons() and "交给能发布的同事" in page.buttons()
    venue = str(small_desk.site.city.venues["library"])
    sent = small_desk.form(editor, **EIGHT, venue=venue)
    editor.post("/zh/o/publish", sent | {"do": "hand_over"})
    with_draft = publisher.get("/zh/o/offerings")
    assert "等能发布的同事" in with_draft.main
    done = publisher.get(with_draft.link(EIGHT["title"])).press("看看样子", do="publish")
    assert "已经发布" in done.main
    assert EIGHT["title"] not in editor.get("/zh/o/offerings").main.split("已经发布，还没办的")[0]


def test_an_editor_cannot_publish_by_forging_the_button(small_desk: Desk) -> None:
    editor = small_desk.browser("editor")
    sent = small_desk.form(editor, **EIGHT, venue="1", do="publish")
    assert editor.post("/zh/o/publish", sent, expect=403).status == 403


def test_a_reviewed_operators_offering_goes_to_the_moderator_who_returns_it_with_a_reason(small_site: Site) -> None:
    desk = Desk(small_site, reviewed=True)
    publisher, moderator = desk.browser(), desk.browser("moderator")
    assert "已经交给审核的人" in desk.publish(publisher).main
    waiting = moderator.get("/zh/o/moderation").follow(EIGHT["title"])
    refused = waiting.press("带着理由退回", do="return", reason="", expect=400)
    assert refused.title.startswith("出错了")
    refused.press("带着理由退回", do="return", reason="请写明要带什么工具。")
    returned = publisher.get("/zh/o/offerings")
    assert "请写明要带什么工具。" in returned.main
    edited = returned.follow(EIGHT["title"]).follow("改一改")
    edited.press("看看样子", bring="螺丝刀", do="publish")
    moderator.get("/zh/o/moderation").follow(EIGHT["title"]).press("发布", do="publish")
    assert EIGHT["title"] in publisher.get("/zh/o/offerings").main.split("已经发布，还没办的")[1]


def test_a_meeting_that_was_called_off_says_so_on_the_citizens_page(small_desk: Desk) -> None:
    offering_id = small_desk.site.city.offerings["pottery"]
    with small_desk.site.database.writing() as work:
        meeting = work.offerings.get(offering_id).runs[0].class_sessions[0]
        meeting.cancelled, meeting.over_at = True, NOW
        work.commit()
    page = small_desk.site.browser().get(f"/zh/offerings/{offering_id}")
    assert "这一次不办" in page.main and "（已经过了）" not in page.main
    assert "2次" not in page.main


def test_hours_holidays_and_position_of_a_venue_are_saved_and_its_offerings_follow(desk: Desk) -> None:
    browser, venue_id = desk.browser(), desk.site.city.venues["library"]
    with desk.site.database.reading() as work:
        before = work.offerings.get(desk.site.city.offerings["brush"]).version
    page = browser.get(f"/zh/o/venues/{venue_id}")
    special = "2027年1月1日 休\n2026年12月31日 9:00-12:00"
    saved = page.press("存好", h0="", h1="9:00-12:00，13:30-17:00", special=special, position="30.5123, 120.8555")
    assert "地点存好了" in saved.main
    with desk.site.database.reading() as work:
        venue = work.venues.get(venue_id)
        assert venue.opening_hours["1"] == [["09:00", "12:00"], ["13:30", "17:00"]] and "0" not in venue.opening_hours
        assert venue.special_hours == {"2026-12-31": [["09:00", "12:00"]], "2027-01-01": []}
        assert venue.position() == (30.5123, 120.8555)
        assert work.offerings.get(desk.site.city.offerings["brush"]).version == before + 1


def test_all_that_is_wrong_with_a_venue_is_said_at_once(small_desk: Desk) -> None:
    browser = small_desk.browser()
    page = browser.get("/zh/o/venues/new")
    wrong = {"name": "", "phone": "abc", "h2": "早到晚", "special": "过年 休", "position": "x"}
    refused = page.press("存好", **wrong, expect=400)
    assert refused.title.startswith("出错了")
    assert [link for link in refused.links().values() if link.startswith("#") and link != "#main"] == [
        "#name", "#phone", "#position", "#h2", "#special",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["湖滨图书馆", "湖 滨 图 書 館", "Ｈubin ＬＩＢＲＡＲＹ"])
def test_a_name_that_looks_like_another_places_is_doubted(small_desk: Desk, name: str) -> None:
    page = small_desk.browser().get("/zh/o/venues/new")
    doubted = page.press("存好", name=name, expect=400)
    assert "已经有叫" in doubted.main and "这是另一个吗？" in doubted.main
    mark = next(e.get("value", "") for e in doubted.all("input") if e.get("name") == "confirmed")
    assert "地点存好了" in doubted.press("存好", confirmed=mark).main


def test_a_room_somebody_booked_is_not_removed_but_closed(desk: Desk) -> None:
    browser, venue_id = desk.browser(), desk.site.city.venues["library"]
    page = browser.get(f"/zh/o/venues/{venue_id}/rooms/new")
    listed = page.press("存好", room_name="一楼自习室", seats="16")
    assert "一楼自习室" in listed.main and "16个座位" in listed.main
    _book(desk.site, venue_id)
    refused = listed.press("去掉", expect=409)
    assert "还有1个预订没到时间" in refused.main
    assert "不开" in refused.press("关掉这间房").main


def _book(site: Site, venue_id: int) -> None:
    """Let somebody hold a seat of the venue's room tomorrow."""
    with site.database.writing() as work:
        citizen = a_citizen()
        work.citizens.add(citizen)
        work.flush()
        room_id = work.venues.get(venue_id).study_rooms[0].id
        work.room_bookings.add(
            RoomBooking(
                study_room_id=room_id,
                citizen_id=citizen.id,
                starts_at=NOW + timedelta(days=1),
                ends_at=NOW + timedelta(days=1, hours=2),
                status=RoomBookingStatus.CONFIRMED,
                created_at=NOW,
                changed_at=NOW,
                number="12345678",
            )
        )
        work.commit()


def test_a_room_nobody_booked_is_removed(small_desk: Desk) -> None:
    venue_id = small_desk.site.city.venues["hall"]
    with small_desk.site.database.writing() as work:
        venue = work.venues.get(venue_id)
        venue.study_rooms.append(StudyRoom(name=words("小间"), seat_count=4))
        work.commit()
    gone = small_desk.browser().get(f"/zh/o/venues/{venue_id}").press("去掉")
    assert "房间去掉了" in gone.main and "小间" not in gone.main


def test_others_venues_and_offerings_are_not_to_be_had(small_desk: Desk) -> None:
    with small_desk.site.database.writing() as work:
        work.venues.get(small_desk.site.city.venues["hall"]).operator_id = None
        work.commit()
    browser = small_desk.browser()
    browser.get(f"/zh/o/venues/{small_desk.site.city.venues['hall']}", expect=403)
    for address in ("/zh/o/publish/99", "/zh/o/offerings/9999", "/zh/o/publish?copy=9999", "/zh/o/venues/9999"):
        browser.get(address, expect=404)


ODD = ["\x00", "a\x00b", "\u202e\u200b", "2147483648", "9223372036854775808", "9" * 400, "-1", "NaN", "1e9", "٣"]
ODD += ["' OR 1=1--", "<b>", "%(x)s{{7*7}}", "💩" * 500, "，、;:", "0000年0月0日", "24:60-99:99", "写" * 9_000]
TAKEN = {303, 400, 403, 404, 409}


def test_an_odd_value_in_any_field_is_taken_or_refused_in_words_and_never_a_fault(desk: Desk) -> None:
    browser, values = desk.browser(), cycle(ODD)
    plain = desk.form(browser, **EIGHT, venue=str(desk.site.city.venues["library"]), do="publish")
    venue = browser.get("/zh/o/venues/new").form_of("存好")[1]
    room = {"csrf_token": plain["csrf_token"], "room_name": "甲", "seats": "4"}
    number = 0
    for address, fields, base in (
        ("/zh/o/publish", (*FIELDS, "key", "operator", "offering", "copy_of", "confirmed", "do"), plain),
        ("/zh/o/venues", (*VENUE_FIELDS, "operator", "venue", "confirmed"), venue | {"name": "新地方"}),
        (f"/zh/o/venues/{desk.site.city.venues['library']}/rooms", (*ROOM_FIELDS, "room"), room),
    ):
        for name in fields:
            for value in islice(values, 2):
                number += 1
                sent = base | {"key": f"k{number}", "title": f"灯{number}", "name": f"处{number}", name: value}
                answer = browser.http.post(address, data=sent, headers={"Sec-Fetch-Site": "same-origin"})
                assert answer.status_code in TAKEN, (address, name, value[:40], answer.status_code)


def test_two_values_for_one_field_are_refused(small_desk: Desk) -> None:
    browser = small_desk.browser()
    sent = small_desk.form(browser, do="keep") | {"title": ["一", "二"]}
    browser.post("/zh/o/publish", sent, expect=400)


def test_the_days_of_a_series_stand_beside_the_form(small_desk: Desk) -> None:
    browser = small_desk.browser()
    looked = browser.post("/zh/o/publish", small_desk.form(browser, **EIGHT, repeat="week", times="3", do="look"))
    assert [text_of(li)[:6] for ol in looked.all("ol") if ol.get("class") == "dates" for li in ol.iter("li")] == [
        "12月5日 ", "12月12日", "12月19日",
    ]  # fmt: skip
    assert in_days(11).day == 5
