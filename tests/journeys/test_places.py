"""Taking a place in a real browser, with and without JavaScript, in both views: from the list to the seat and back."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from shutil import copy

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from city.services.permissions import Actor
from city.store.database import Database
from tests.integration.web.conftest import Site, open_site
from tests.journeys import probes
from tests.journeys.conftest import DESKTOP, PHONE
from tests.journeys.test_elders import NOT_CALM, SMALLEST_TEXT, TREMBLING_HAND
from tests.services.site import served

MOBILES = iter(f"138 0013 {number:04}" for number in range(8000, 9000))
LARGEST_ELDER_BYTES = 10 * 1024


@pytest.fixture(scope="module")
def house(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, str]]:
    """The small city, served on loopback; each journey books with a number of its own."""
    folder = tmp_path_factory.mktemp("places")
    database = Database(f"sqlite:///{copy(migrated_file, folder / 'city.db')}")
    site = open_site(database, folder)
    site.parts.run_changes.resize(Actor.system(), site.city.runs["brush"], 100)
    with served(site.app) as address:
        yield site, address
    site.parts.buffer.close()
    site.parts.demand.close()
    database.dispose()


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def telephone(request: pytest.FixtureRequest, browser: Browser) -> Iterator[BrowserContext]:
    """A telephone with a fresh profile."""
    context = browser.new_context(viewport=PHONE, locale="zh-CN", java_script_enabled=request.param)  # type: ignore[arg-type]
    yield context
    context.close()


def press(page: Page, words: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=words).first.click()


def follow(page: Page, words: str) -> None:
    with page.expect_navigation():
        page.get_by_role("link", name=words).first.click()


def test_e1_an_older_person_books_with_three_taps_and_one_field_and_nothing_else(
    house: tuple[Site, str], telephone: BrowserContext
) -> None:
    _, address = house
    page = telephone.new_page()
    traffic = probes.Traffic.watching(page, address)
    page.goto(f"{address}/zh/e/?near=liupu")
    follow(page, "写字画画")
    follow(page, "我要去 从一横开始写字")
    assert page.locator("main input:not([type=hidden])").count() == 1
    page.fill("#phone", next(MOBILES))
    press(page, "就这样定")
    assert re.search(r"\d{4} \d{4}", page.locator(".no b").inner_text())
    expect(page.locator("main")).to_contain_text("11月27日 星期五")
    assert traffic.foreign() == []
    assert traffic.encoded_bytes() <= LARGEST_ELDER_BYTES


def test_e2_the_second_time_nothing_is_asked(house: tuple[Site, str], telephone: BrowserContext) -> None:
    _, address = house
    page, mobile = telephone.new_page(), next(MOBILES)
    page.goto(f"{address}/zh/e/list?near=liupu&topic=calligraphy")
    follow(page, "我要去 从一横开始写字")
    page.fill("#phone", mobile)
    press(page, "就这样定")
    page.goto(f"{address}/zh/e/runs/{house[0].city.runs['plum']}/place")
    expect(page.locator("main")).to_contain_text(f"尾号{mobile[-4:]}")
    expect(page.get_by_role("link", name="不是您？")).to_be_visible()
    assert page.locator("main input:not([type=hidden])").count() == 0


def test_e9_a_short_number_is_told_with_an_example_and_kept(house: tuple[Site, str], telephone: BrowserContext) -> None:
    site, address = house
    page = telephone.new_page()
    page.goto(f"{address}/zh/e/runs/{site.city.runs['brush']}/place")
    page.fill("#phone", "138 0013")
    press(page, "就这样定")
    assert page.title().startswith("出错了")
    assert page.input_value("#phone") == "138 0013"
    expect(page.locator("main")).to_contain_text("138 0013 8000")
    page.fill("#phone", next(MOBILES))
    press(page, "就这样定")
    assert page.locator(".no b").count() == 1


def test_e10_a_place_is_given_back_by_one_tap_and_taken_again(
    house: tuple[Site, str], telephone: BrowserContext
) -> None:
    site, address = house
    page = telephone.new_page()
    page.goto(f"{address}/zh/runs/{site.city.runs['brush']}/place")
    page.fill("#phone", next(MOBILES))
    press(page, "就这样定")
    number = page.locator("main b", has_text=re.compile(r"^\d{4} \d{4}$")).first.inner_text()
    expect(page.locator("main a[href^='tel:'], footer a[href^='tel:']").first).to_be_visible()
    press(page, "不去了")
    expect(page.locator("main")).to_contain_text("退")
    press(page, "还是要来，恢复座位")
    assert number in page.locator("main").inner_text()


def test_c9_the_calendar_file_and_the_sheet_with_a_square_that_a_telephone_reads(
    house: tuple[Site, str], browser: Browser
) -> None:
    site, address = house
    context = browser.new_context(viewport=DESKTOP)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{address}/en/runs/{site.city.runs['brush']}/place")
    page.fill("#phone", next(MOBILES))
    press(page, "Take this place")
    place = page.url.split("?")[0]
    answer = context.request.get(f"{place}/calendar.ics")
    assert answer.headers["content-type"].startswith("text/calendar")
    assert "BEGIN:VEVENT" in answer.text() and "TZID" in answer.text()
    page.goto(f"{place}/sheet")
    page.emulate_media(media="print")
    seen = zxingcpp.read_barcodes(Image.open(io.BytesIO(page.locator("svg.qr").screenshot(scale="css"))))
    assert [code.text for code in seen] and "/places/" in seen[0].text
    context.close()


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_the_pages_of_a_place_are_free_of_faults(
    house: tuple[Site, str], browser: Browser, language: str, size: dict[str, int]
) -> None:
    site, address = house
    context = browser.new_context(viewport=size, bypass_csp=True)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{address}/{language}/runs/{site.city.runs['brush']}/place")
    assert faults(page) == []
    press(page, "就这样定" if language == "zh" else "Take this place")
    assert page.locator(".errors").count() == 1
    assert faults(page) == []
    page.fill("#phone", next(MOBILES))
    press(page, "就这样定" if language == "zh" else "Take this place")
    place = page.url.split("?")[0]
    for path in (place, f"{place}/sheet", f"{address}/{language}/my-place"):
        page.goto(path)
        assert faults(page) == [], path
    assert probes.focus_order(page) == []
    context.close()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_elder_pages_of_a_place_are_large_calm_and_hit_by_a_trembling_hand(
    house: tuple[Site, str], browser: Browser, language: str
) -> None:
    site, address = house
    context = browser.new_context(viewport=PHONE, bypass_csp=True)  # type: ignore[arg-type]
    page = context.new_page()
    for path in (f"runs/{site.city.runs['brush']}/place", "my-place"):
        page.goto(f"{address}/{language}/e/{path}")
        _looked_at_by_an_older_person(page)
    page.goto(f"{address}/{language}/e/runs/{site.city.runs['brush']}/place")
    page.fill("#phone", next(MOBILES))
    with page.expect_navigation():
        page.locator("main button.go").click()
    _looked_at_by_an_older_person(page)
    context.close()


def _looked_at_by_an_older_person(page: Page) -> None:
    assert probes.axe_violations(page) == [], page.url
    assert probes.foreign_runs(page) == [], page.url
    assert page.evaluate(SMALLEST_TEXT) >= 24
    assert page.evaluate(NOT_CALM) == []
    taps = page.evaluate(TREMBLING_HAND)
    assert taps["hit"] >= 0.95 and taps["wrong"] <= 0.01, (page.url, taps)


def faults(page: Page) -> list[str]:
    return [
        *probes.axe_violations(page), *probes.headings(page), *probes.foreign_runs(page),
        *probes.small_targets(page, probes.STANDARD_TARGET), *probes.overflow(page),
    ]  # fmt: skip
