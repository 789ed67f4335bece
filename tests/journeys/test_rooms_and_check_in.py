"""A seat by the hour and "I am here", in a real browser: on a phone, with and without JavaScript, in both languages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from city.config import Settings
from city.model import ClassSession, Enrolment
from city.services.attending import points_of
from fixtures.factories import NOW, SHANGHAI, TODAY, in_days
from tests.journeys import probes
from tests.journeys.conftest import DESKTOP, PHONE, RAISED_LIMITS
from tests.services.site import served
from web.parts import EXTENSION, Parts
from web.wiring import build_site

NUMBER, TELEPHONE = "12345674", "138 0013 8000"
SOMEBODY = count(100)
"""Ends of telephones: each visit is somebody else's."""
NARROW = {"width": 320, "height": 640}


@dataclass(frozen=True)
class Town:
    """The sample city with a meeting that is on now, and a place on it for two."""

    address: str
    venue_id: int
    room_id: int
    room_square: str
    """The end of the address behind the square that hangs in the room."""
    door_square: str
    digits: str


@pytest.fixture(scope="module")
def town(sample_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = Path(shutil.copytree(sample_folder, tmp_path_factory.mktemp("rooms") / "data"))
    site = build_site(Settings(data_dir=folder, now=NOW, limits=RAISED_LIMITS))
    parts: Parts = site.extensions[EXTENSION]
    with parts.database.writing() as work:
        room = next(room for venue in work.venues.with_rooms() for room in venue.study_rooms if room.seat_count)
        run = work.enrolments.run(1)
        assert run is not None
        meeting = ClassSession.at(TODAY, SHANGHAI, time(12), time(13))
        run.class_sessions.append(meeting)
        place = Enrolment(run_id=run.id, citizen_id=work.citizens.all()[0].id, status="confirmed", party_size=2)
        place.number, place.contact_phone, place.created_at, place.changed_at = NUMBER, "+8613800138000", NOW, NOW
        work.enrolments.add(place)
        work.flush()
        spot = next(point.spot for point in points_of(run) if point.day == TODAY)
        work.commit()
    attending, rooms = parts.attending, parts.booking_rooms
    with served(site) as address:
        yield Town(
            address,
            room.venue_id,
            room.id,
            rooms.token_for(room.id),
            attending.token_for(spot, TODAY),
            attending.code_for(spot, TODAY),
        )


def pressed(page: Page, words: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=words).first.click()


def followed(page: Page, words: str) -> None:
    with page.expect_navigation():
        page.get_by_role("link", name=words).first.click()


def test_a_seat_is_four_taps_and_one_number_away_and_can_be_given_back(visit: BrowserContext, town: Town) -> None:
    page = visit.new_page()
    page.goto(f"{town.address}/zh/venues/{town.venue_id}")
    for link in ("订座位", "11月26日", "下午2点到3点"):
        followed(page, link)
    page.get_by_label("您的电话号码").fill(f"139 0013 9{next(SOMEBODY)}")
    pressed(page, "订这个座位")
    expect(page.get_by_role("heading", level=1)).to_have_text("订好了，座位是您的")
    expect(page.locator("main")).to_contain_text("11月26日 星期四 下午2点到3点")
    pressed(page, "不去了")
    expect(page.get_by_role("heading", level=1)).to_have_text("座位退了")
    pressed(page, "恢复座位")
    expect(page.get_by_role("heading", level=1)).to_have_text("订好了，座位是您的")


def test_who_sits_down_now_points_the_phone_at_the_square_and_keeps_the_seat(visit: BrowserContext, town: Town) -> None:
    page = visit.new_page()
    page.goto(f"{town.address}/en/rooms/{town.room_id}")
    followed(page, "12 noon to 1 pm")
    page.get_by_label("Your phone number").fill(f"139 0013 9{next(SOMEBODY)}")
    pressed(page, "Take this seat")
    page.goto(f"{town.address}/en/check-in/{town.room_square}")
    pressed(page, "I am here")
    expect(page.get_by_role("heading", level=1)).to_have_text("You are here, the seat is yours")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_at_the_door_and_by_digits_one_says_i_am_here(visit: BrowserContext, town: Town, language: str) -> None:
    page, words = visit.new_page(), {"zh": "我到了", "en": "I am here"}[language]
    for address in (f"check-in/{town.door_square}", "check-in"):
        page.goto(f"{town.address}/{language}/{address}")
        if address == "check-in":
            page.locator("#code").fill(f"{town.digits[:3]} {town.digits[3:]}")
        page.locator("#number").fill("1234 5674")
        page.locator("#phone").fill(TELEPHONE)
        pressed(page, words)
        said = {"zh": "知道您到了", "en": "We noted that you are here"}[language]
        expect(page.locator(".said")).to_contain_text(said)


def _states(page: Page, town: Town, language: str) -> Iterator[str]:
    """Lead the page through every state of the pages; yield what each is called."""
    base = f"{town.address}/{language}"
    page.goto(f"{base}/rooms/{town.room_id}?day={in_days(3)}")
    yield "room"
    page.locator(".hours a").nth(2 if language == "zh" else 6).click()
    yield "seat"
    pressed(page, {"zh": "订这个座位", "en": "Take this seat"}[language])
    yield "seat with a slip"
    page.locator("#phone").fill(TELEPHONE)
    pressed(page, {"zh": "订这个座位", "en": "Take this seat"}[language])
    yield "booked"
    pressed(page, {"zh": "不去了", "en": "I cannot come"}[language])
    yield "given back"
    for end in ("", f"/{town.door_square}", f"/{town.room_square}"):
        page.goto(f"{base}/check-in{end}")
        yield f"check-in{end[:4]}"
        pressed(page, {"zh": "我到了", "en": "I am here"}[language])
        yield f"check-in{end[:4]} with slips"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_is_wrong_with_any_state_of_these_pages(browser: Browser, town: Town, language: str) -> None:
    context = browser.new_context(viewport=DESKTOP, bypass_csp=True)  # type: ignore[arg-type]
    page, wrong = context.new_page(), list[str]()
    for state in _states(page, town, language):
        found = probes.axe_violations(page) + probes.headings(page) + probes.foreign_runs(page)
        found += probes.small_targets(page, probes.STANDARD_TARGET) + probes.focus_order(page)
        for size in (PHONE, NARROW):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            found += probes.overflow(page)
        page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
        wrong += [f"{state}: {each}" for each in found]
    context.close()
    assert wrong == []
