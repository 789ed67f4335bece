"""Pages on which a seat is taken by the hour, and on which one says "I am here", without an account."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime, timedelta

import pytest

from city.clock import FixedClock
from city.model import Enrolment, StudyRoom
from city.services.attending import Attending, points_of
from city.services.room_booking import BookingRooms
from fixtures.factories import NOW, SHANGHAI, TODAY, in_days, words
from tests.integration.web.conftest import Site
from tests.page_client import PageClient
from tests.room_city import TOMORROW, at, free_at
from web.parts import EXTENSION

PHONE = "138 0013 8000"


@pytest.fixture
def room_id(small_site: Site) -> int:
    """A study room of three seats in the library; one nobody counts in the hall."""
    with small_site.database.writing() as work:
        library = work.venues.get(small_site.city.venues["library"])
        hall = work.venues.get(small_site.city.venues["hall"])
        library.study_rooms = [StudyRoom(name=words({"zh-Hans": "安静自习室", "en": "Quiet room"}), seat_count=3)]
        hall.study_rooms = [StudyRoom(name=words({"zh-Hans": "长廊", "en": "Gallery"}), seat_count=None)]
        work.commit()
        return library.study_rooms[0].id


def later(site: Site, now: datetime) -> None:
    """Let the site's clock show `now`."""
    clock = FixedClock(now, SHANGHAI)
    rooms = BookingRooms(site.database, clock, site.parts.booking_rooms._links)
    attending = Attending(site.database, clock, site.parts.attending._tokens)
    site.app.extensions[EXTENSION] = dataclasses.replace(
        site.parts, clock=clock, booking_rooms=rooms, attending=attending
    )


def book(browser: PageClient, room: int, *, day: date = TOMORROW, hour: str = "上午10点到11点", **fields: str):  # type: ignore[no-untyped-def]
    """Take a seat as a stranger would, from the page of the room on; return the page that follows."""
    return browser.get(f"/zh/rooms/{room}?day={day}").follow(hour).press("订这个座位", **({"phone": PHONE} | fields))


def test_from_the_venue_a_stranger_takes_two_hours_with_a_phone_number(small_site: Site, room_id: int) -> None:
    browser = small_site.browser()
    room = browser.get(f"/zh/venues/{small_site.city.venues['library']}").follow("订座位")
    assert room.h1 == "安静自习室" and "还有3个座位" in room.main
    seat = browser.get(f"/zh/rooms/{room_id}?day={in_days(1)}").follow("上午10点到11点")
    done = seat.press("订这个座位", hours="2", party="2", phone=PHONE)
    assert done.h1 == "订好了，座位是您的"
    assert "11月25日 星期三" in done.main and "上午10点到中午12点" in done.main and "2个人" in done.main
    assert [free_at(small_site.database, room_id, at(hour)) for hour in (10, 11, 12)] == [1, 1, 3]


def test_the_same_in_english_and_from_what_is_open_now(small_site: Site, room_id: int) -> None:
    browser = small_site.browser()
    browser.get("/en/open").follow("Book a seat")
    seat = browser.get(f"/en/rooms/{room_id}?day={in_days(1)}").follow("10 to 11 am")
    done = seat.press("Take this seat", phone=PHONE)
    assert done.h1 == "Done, the seat is yours"
    assert "Wednesday 25 November 10 to 11 am" in done.main


def test_the_second_time_nothing_has_to_be_typed_and_not_you_asks_again(small_site: Site, room_id: int) -> None:
    browser = small_site.browser()
    book(browser, room_id)
    seat = browser.get(f"/zh/rooms/{room_id}?day={in_days(2)}").follow("上午10点到11点")
    assert "8000" in seat.main and "phone" not in seat.form_of("订这个座位")[1]
    assert "phone" in seat.follow("不是您").form_of("订这个座位")[1]
    assert seat.press("订这个座位").h1 == "订好了，座位是您的"


def test_an_hour_without_seats_cannot_be_chosen_and_says_so(small_site: Site, room_id: int) -> None:
    book(small_site.browser(), room_id, party="3")
    page = small_site.browser().get(f"/zh/rooms/{room_id}?day={in_days(1)}")
    assert "上午10点到11点 坐满了" in page.main
    assert not any("上午10点到11点" in link for link in page.links())


def test_who_comes_second_to_the_last_seat_reads_why_and_keeps_what_was_typed(small_site: Site, room_id: int) -> None:
    slow = small_site.browser().get(f"/zh/rooms/{room_id}?day={in_days(1)}").follow("上午10点到11点")
    book(small_site.browser(), room_id, party="2")
    refused = slow.press("订这个座位", expect=409, phone="139 0013 9000", party="2")
    assert "11月25日 上午10点只剩1个座位了" in refused.main
    assert refused.form_of("订这个座位")[1]["phone"] == "139 0013 9000"


@pytest.mark.parametrize(
    ("fields", "said"),
    [({"phone": "138 0013"}, "少了几位"), ({"hours": "x"}, "坐多久"), ({"party": "7"}, "坐不下这么多人")],
)
def test_a_slip_is_named_beside_its_field_and_what_was_typed_stays(
    small_site: Site, room_id: int, fields: dict[str, str], said: str
) -> None:
    seat = small_site.browser().get(f"/zh/rooms/{room_id}?day={in_days(1)}").follow("上午10点到11点")
    wrong = seat.press("订这个座位", expect=400, **({"phone": PHONE} | fields))
    assert wrong.title.startswith("出错了") and said in wrong.main
    assert free_at(small_site.database, room_id, at(10)) == 3


@pytest.mark.parametrize("wall", ["", "x", "2026-11-25", "0001-01-01T00:00", "9999-12-31T23:00", "2026-11-25T10:30"])
def test_an_hour_that_is_none_is_refused_in_words(small_site: Site, room_id: int, wall: str) -> None:
    answer = small_site.browser().http.get(f"/zh/rooms/{room_id}/seat", query_string={"at": wall})
    assert answer.status_code in (400, 404)


@pytest.mark.parametrize("day", ["", "x", "2026-13-40", "0001-01-01", "2030-01-01"])
def test_a_day_that_is_none_shows_the_first_one(small_site: Site, room_id: int, day: str) -> None:
    assert "11月24日 星期二" in small_site.browser().get(f"/zh/rooms/{room_id}?day={day}").main


def test_closed_days_hours_nobody_knows_and_uncounted_seats_are_said_so(small_site: Site, room_id: int) -> None:
    with small_site.database.writing() as work:
        library = work.venues.get(small_site.city.venues["library"])
        library.special_hours = {in_days(1).isoformat(): []}
        gallery = work.venues.get(small_site.city.venues["hall"]).study_rooms[0].id
        work.commit()
    browser = small_site.browser()
    assert "这一天不开门" in browser.get(f"/zh/rooms/{room_id}?day={in_days(1)}").main
    assert "来了就可以坐" in browser.get(f"/zh/rooms/{gallery}").main
    browser.get("/zh/rooms/999", expect=404)


def test_a_seat_is_given_back_and_taken_back_by_its_link_alone(small_site: Site, room_id: int) -> None:
    address = book(small_site.browser(), room_id).address
    stranger = small_site.browser()
    back = stranger.get(address).press("不去了")
    assert back.h1 == "座位退了" and free_at(small_site.database, room_id, at(10)) == 3
    assert back.press("恢复座位").h1 == "订好了，座位是您的"
    stranger.get(address[:-3] + "AAA", expect=404)
    assert stranger.get(address).response.headers["Cache-Control"].startswith("private, no-store")


@pytest.mark.parametrize("view", ["", "/e"])
def test_number_and_telephone_open_the_seat_where_places_are_looked_up(
    small_site: Site, room_id: int, view: str
) -> None:
    number = book(small_site.browser(), room_id).main.split("您的号码")[1][:10].strip()
    page = small_site.browser().get(f"/zh{view}/my-place")
    assert page.press(page.buttons()[-1], number=number, phone=PHONE).h1 == "订好了，座位是您的"


def test_the_seat_stands_under_mine_in_the_browser_in_which_it_was_taken(small_site: Site, room_id: int) -> None:
    browser = small_site.browser()
    book(browser, room_id)
    assert browser.get("/zh/saved").follow("安静自习室").h1 == "订好了，座位是您的"
    assert "安静自习室" not in small_site.browser().get("/zh/saved").main


def test_the_calendar_file_has_the_hours_of_the_citys_clock(small_site: Site, room_id: int) -> None:
    browser = small_site.browser()
    address = book(browser, room_id).address
    file = browser.http.get(f"{address}/calendar.ics").get_data(as_text=True)
    assert "DTSTART;TZID=Asia/Shanghai:20261125T100000" in file and "STATUS:CONFIRMED" in file


def test_whoever_points_a_phone_at_the_square_in_the_room_keeps_the_seat(small_site: Site, room_id: int) -> None:
    browser = small_site.browser()
    book(browser, room_id)
    later(small_site, at(9, in_days(1), 55))
    square = browser.get(f"/zh/check-in/{small_site.parts.booking_rooms.token_for(room_id)}")
    assert square.press("我到了").h1 == "您到了，座位是您的"


def test_another_browser_checks_in_with_number_and_telephone_and_no_other(small_site: Site, room_id: int) -> None:
    done = book(small_site.browser(), room_id)
    number = done.main.split("您的号码")[1][:10].strip()
    later(small_site, at(9, in_days(1), 55))
    square = small_site.browser().get(f"/zh/check-in/{small_site.parts.booking_rooms.token_for(room_id)}")
    wrong = square.press("我到了", expect=400, number=number, phone="139 0013 9000")
    assert "对不上" in wrong.main or "不是一起" in wrong.main or "号码" in wrong.main
    assert square.press("我到了", number=number, phone=PHONE).h1 == "您到了，座位是您的"


@pytest.fixture
def evening(small_site: Site) -> tuple[int, str, date]:
    """A place for three on the first meeting of a course; its id, spot and day."""
    with small_site.database.writing() as work:
        run = work.enrolments.run(small_site.city.runs["brush"])
        assert run is not None
        place = Enrolment(run_id=run.id, citizen_id=small_site.city.citizens["lin"], status="confirmed", party_size=3)
        place.number, place.contact_phone = "12345674", "+8613800138000"
        place.created_at = place.changed_at = NOW
        work.enrolments.add(place)
        point = points_of(run)[0]
        work.commit()
        return place.id, point.spot, point.day


def marked(site: Site, enrolment_id: int) -> list[tuple[str, int]]:
    with site.database.reading() as work:
        return [(mark.way, mark.person_count) for mark in work.attendance.of_enrolment(enrolment_id)]


def test_at_the_door_number_and_telephone_note_those_who_came(small_site: Site, evening: tuple[int, str, date]) -> None:
    enrolment_id, spot, day = evening
    later(small_site, at(10, day))
    token = small_site.parts.attending.token_for(spot, day)
    done = small_site.browser().get(f"/zh/check-in/{token}").press("我到了", number="1234 5674", phone=PHONE)
    assert "知道您到了" in done.text
    assert marked(small_site, enrolment_id) == [("qr", 3)]


def test_digits_are_typed_on_the_spot_and_wrong_ones_are_named(
    small_site: Site, evening: tuple[int, str, date]
) -> None:
    enrolment_id, spot, day = evening
    later(small_site, at(10, day))
    page = small_site.browser().get("/en/check-in")
    own = {"number": "12345674", "phone": PHONE}
    assert "These digits are not of this meeting" in page.press("I am here", expect=400, code="000000", **own).main
    assert "6 digits" in page.press("I am here", expect=400, code="", **own).main
    digits = small_site.parts.attending.code_for(spot, day)
    page.press("I am here", code=f"{digits[:3]} {digits[3:]}", **own)
    assert marked(small_site, enrolment_id) == [("code", 3)]


def test_too_early_is_said_so_and_a_forged_square_opens_nothing(
    small_site: Site, evening: tuple[int, str, date]
) -> None:
    _, spot, day = evening
    square = small_site.browser().get(f"/zh/check-in/{small_site.parts.attending.token_for(spot, day)}")
    early = square.press("我到了", expect=400, number="1234 5674", phone=PHONE)
    assert "开始前1小时" in early.main
    small_site.browser().get("/zh/check-in/c2Vzc2lvbjox.AAAA", expect=404)


def test_wrong_guesses_from_one_address_come_to_an_end_and_right_ones_do_not_count(
    small_site: Site, evening: tuple[int, str, date]
) -> None:
    enrolment_id, spot, day = evening
    later(small_site, at(10, day))
    door = f"/zh/check-in/{small_site.parts.attending.token_for(spot, day)}"
    for _ in range(12):
        small_site.browser().get(door).press("我到了", number="1234 5674", phone=PHONE)
    page = small_site.browser().get(door)
    for _ in range(10):
        page.press("我到了", expect=400, number="1234 5674", phone="139 0013 9000")
    page.press("我到了", expect=429, number="1234 5674", phone="139 0013 9000")
    assert marked(small_site, enrolment_id) == [("qr", 3)]


def test_days_ahead_end_after_two_weeks(small_site: Site, room_id: int) -> None:
    page = small_site.browser().get(f"/zh/rooms/{room_id}")
    days = [words for words in page.links() if words.startswith("1") and "星期" in words]
    assert len(days) == 14 and days[-1].startswith("12月7日")
    assert TODAY + timedelta(days=13) == date(2026, 12, 7)
