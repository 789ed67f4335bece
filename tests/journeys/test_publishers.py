"""Staff publish, repeat and put right, in a real browser with and without JavaScript; fields, pages and inputs counted.

Limits: interface.md section 13, O1 to O3. Each page on the way is looked at with axe and the probes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from shutil import copy

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from city.store.database import Database
from fixtures.factories import in_days
from tests.integration.web.conftest import Site, open_site
from tests.journeys import probes
from tests.journeys.conftest import DESKTOP, PHONE
from tests.services.site import served
from tests.staff_at_work import lay_staff

MOST_FIELDS, MOST_PAGES, MOST_INPUTS = 8, 1, 3
FIRST = {"title": "修一盏旧台灯", "day": "12月5日", "hours": "晚上6点到7点半", "seats": "24", "price": "0",
         "summary": "带一盏坏台灯来，亮着带回家。"}  # fmt: skip
ASKED = """() => [...document.querySelectorAll('#form input:not([type=hidden]),#form select,#form textarea')]
  .filter(e => e.checkVisibility()).map(e => e.name).filter((name, at, all) => all.indexOf(name) === at)"""


@pytest.fixture(scope="module")
def house(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, str]]:
    """The small city with its staff, served on loopback; each journey publishes under a title of its own."""
    folder = tmp_path_factory.mktemp("publishers")
    database = Database(f"sqlite:///{copy(migrated_file, folder / 'city.db')}")
    site = open_site(database, folder)
    lay_staff(database)
    with served(site.app) as address:
        yield site, address
    site.parts.buffer.close()
    site.parts.demand.close()
    database.dispose()


@pytest.fixture(params=["with JavaScript", "without JavaScript"])
def desk(request: pytest.FixtureRequest, browser: Browser) -> Iterator[BrowserContext]:
    """A desk computer with a fresh profile."""
    context = browser.new_context(viewport=DESKTOP, java_script_enabled=request.param == "with JavaScript")
    yield context
    context.close()


def at_work(context: BrowserContext, address: str, language: str, role: str = "Publisher") -> Page:
    page = context.new_page()
    page.goto(f"{address}/{language}/o/sign-in")
    page.locator(f"li:has-text('{role}') button").first.click()
    page.wait_for_url(lambda url: "sign-in" not in url)
    return page


def fill(page: Page, values: dict[str, str]) -> int:
    """Type into the fields and return how many that were."""
    for name, value in values.items():
        page.fill(f"#{name}", value)
    return len(values)


def send(page: Page, deed: str = "publish") -> None:
    with page.expect_navigation():
        page.locator(f"button[value={deed}]").click()


def faults(page: Page, *, scripts: bool = True) -> list[str]:
    """Look at the page with axe and the probes; axe itself needs JavaScript."""
    return [
        *(probes.axe_violations(page) if scripts else ()), *probes.headings(page), *probes.foreign_runs(page),
        *probes.small_targets(page, probes.STANDARD_TARGET), *probes.overflow(page),
    ]  # fmt: skip


@pytest.mark.parametrize("language", ["zh", "en"])
def test_o1_an_event_is_published_with_eight_fields_on_one_page(
    house: tuple[Site, str], desk: BrowserContext, language: str
) -> None:
    site, address = house
    page = at_work(desk, address, language)
    title = f"修一盏旧台灯{language}{desk.pages.index(page)}{len(_titles(site))}"
    page.goto(f"{address}/{language}/o/publish")
    if desk.pages and page.evaluate("1") == 1:
        asked = page.evaluate(ASKED)
        assert len(asked) <= MOST_FIELDS, asked
    typed = fill(page, FIRST | {"title": title, "day": f"12月{5 + len(_titles(site))}日"})
    assert typed + 2 <= MOST_FIELDS  # kind and place stand as they were last
    send(page)  # the one page; what follows says what happened
    assert title in page.content() and page.locator(".note.said").count() == 1
    page.locator("a[href*='/e/offerings/']").click()
    assert title in page.locator("h1").inner_text()
    assert title in _titles(site)


def _titles(site: Site) -> list[str]:
    with site.database.reading() as work:
        return [each.title.get("zh-Hans", "") for batch in work.offerings.in_batches() for each in batch]


def test_o1_the_preview_shows_both_views_and_the_draft_is_there_the_next_day(
    house: tuple[Site, str], desk: BrowserContext
) -> None:
    _, address = house
    page = at_work(desk, address, "zh")
    page.goto(f"{address}/zh/o/publish")
    fill(page, FIRST | {"title": "看看样子的灯"})
    send(page, "look")
    assert "12月5日 星期六" in page.locator("#look .card").inner_text()
    assert "晚上6点" in page.locator("#look .as-elder").inner_text()
    page.goto(f"{address}/zh/o/offerings")
    page.locator("a", has_text="看看样子的灯").first.click()
    assert page.input_value("#summary") == FIRST["summary"]


def test_o2_what_was_last_month_comes_again_with_one_input(house: tuple[Site, str], desk: BrowserContext) -> None:
    site, address = house
    page = at_work(desk, address, "zh")
    page.goto(f"{address}/zh/o/offerings")
    row = page.locator("section[aria-labelledby=over] li", has_text="去年的写字")
    row.locator("a.btn").click()
    day = in_days(20 + len(_titles(site)))
    inputs = fill(page, {"day": f"{day.year}年{day.month}月{day.day}日"})
    send(page)
    assert inputs <= MOST_INPUTS
    assert "已经发布" in page.locator(".note.said").inner_text()
    assert f"{day.month}月{day.day}日" in page.locator("aside .card").inner_text()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_o3_all_that_is_wrong_is_named_at_once_and_nothing_typed_is_lost(
    house: tuple[Site, str], desk: BrowserContext, language: str, request: pytest.FixtureRequest
) -> None:
    _, address = house
    page = at_work(desk, address, language)
    page.goto(f"{address}/{language}/o/publish")
    wrong = {"title": "", "day": "2025-12-05", "hours": "晚饭后", "seats": "二十来个", "price": "贵"}
    fill(page, FIRST | wrong)
    send(page)
    links = page.locator("#errors a")
    assert [links.nth(at).get_attribute("href") for at in range(links.count())] == [f"#{name}" for name in wrong]
    assert page.title().startswith("出错了" if language == "zh" else "Error:")
    assert {name: page.input_value(f"#{name}") for name in wrong} == wrong
    links.nth(3).click()
    assert page.evaluate("document.activeElement.id") == "seats"
    assert faults(page, scripts="without" not in request.node.name) == []


def test_o3_a_clash_is_named_and_one_tick_says_that_it_is_meant(house: tuple[Site, str], desk: BrowserContext) -> None:
    site, address = house
    page = at_work(desk, address, "zh")
    first = {"title": f"合唱{len(_titles(site))}", "day": f"2027年1月{1 + len(_titles(site))}日"}
    for title in (first["title"], f"朗诵{len(_titles(site))}"):
        page.goto(f"{address}/zh/o/publish")
        page.locator("details.more summary").click()
        fill(page, FIRST | first | {"title": title, "room": "三楼大教室"})
        send(page)
    assert "三楼大教室那时有" in page.locator("#doubts").inner_text()
    page.check("input[name=confirmed]")
    send(page)
    assert "已经发布" in page.locator(".note.said").inner_text()


PAGES = ("offerings", "publish", "offerings/1", "offerings/1/edit", "venues", "venues/1", "venues/1/rooms/new")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_the_pages_of_publishing_and_of_places_are_free_of_faults(
    house: tuple[Site, str], browser: Browser, language: str, size: dict[str, int]
) -> None:
    _, address = house
    context = browser.new_context(viewport=size, bypass_csp=True)
    page = at_work(context, address, language)
    for path in PAGES:
        page.goto(f"{address}/{language}/o/{path}")
        assert faults(page) == [], path
        page.set_viewport_size({"width": 320, "height": 800})
        assert probes.overflow(page) == [], path
        page.set_viewport_size(size)
    page.goto(f"{address}/{language}/o/publish")
    assert probes.focus_order(page) == []
    context.close()
