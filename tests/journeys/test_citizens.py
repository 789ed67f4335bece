"""What citizens come for, step by step in a real browser on a phone, with and without JavaScript."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.journeys.conftest import PHONE, signed_in


def cards(page: Page) -> list[str]:
    """Return the titles of the cards of suggestions, in order."""
    return [title.strip() for title in page.locator("section[aria-labelledby=suggested] .card h3").all_inner_texts()]


def test_a_free_evening_course_within_a_walk_is_found_in_two_pages(visit: BrowserContext, site: str) -> None:
    page = visit.new_page()
    page.goto(f"{site}/zh/search?near=hubin")
    for label in ("晚上", "免费", "步行15分钟以内", "课程"):
        page.locator("form.filters label.opt", has_text=label).first.click()
    page.get_by_role("button", name="就看这些").click()
    page.wait_for_url(re.compile("free=1"))
    for part in ("kind=course", "daypart=evening", "free=1", "within=15"):
        assert part in page.url, f"{part} is not in the address {page.url}"
    assert re.search(r"\d", page.locator("h1").inner_text())
    for card in page.locator("#results .card").all():
        expect(card).to_contain_text("免费")
        expect(card).to_contain_text(re.compile("步行|在线上"))


def test_an_empty_answer_says_which_filter_to_drop_and_what_that_gives(visit: BrowserContext, site: str) -> None:
    page = visit.new_page()
    page.goto(f"{site}/zh/search?q=书法&kind=route&daypart=morning&free=1&audience=children")
    ways = page.locator(".ways a", has_text="去掉")
    count = int(re.findall(r"(\d[\d,]*)个结果", ways.first.inner_text())[0].replace(",", ""))
    assert count > 0
    ways.first.click()
    expect(page.locator("h1")).to_contain_text(str(count))
    expect(page.locator("a[href^='tel:']").first).to_be_visible()


def test_every_suggestion_has_a_reason_and_a_way_to_say_no_without_an_account(visit: BrowserContext, site: str) -> None:
    page = visit.new_page()
    page.goto(f"{site}/zh/")
    shown = page.locator("section[aria-labelledby=suggested] .card")
    for card in shown.all():
        assert card.locator(".why").inner_text().strip()
    unwanted = cards(page)[0]
    shown.first.get_by_role("button", name="不感兴趣").click()
    expect(page.get_by_role("status").or_(page.locator(".notice")).first).to_be_visible()
    page.goto(f"{site}/zh/")
    assert unwanted not in cards(page)


def test_saving_one_class_turns_the_next_visit_towards_it(visit: BrowserContext, site: str) -> None:
    page = visit.new_page()
    page.goto(f"{site}/zh/search?topic=calligraphy&kind=course")
    page.locator("#results .card h2 a").first.click()
    page.get_by_role("button", name="收藏").click()
    page.goto(f"{site}/zh/")
    expect(page.locator("#suggested")).to_have_text("为您推荐")
    page.goto(f"{site}/zh/saved")
    expect(page.locator("main .card")).to_have_count(1)


def test_with_the_history_off_the_list_is_a_strangers(browser: Browser, site: str) -> None:
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    page = signed_in(context, site, "xu-jing")
    page.goto(f"{site}/zh/")
    mine = cards(page)
    page.get_by_role("button", name="不用我的记录").click()
    page.goto(f"{site}/zh/")
    neutral = cards(page)
    assert mine != neutral
    stranger = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    other = stranger.new_page()
    area = page.locator("a[href*='/zh/areas/']").first.get_attribute("href") or ""
    other.goto(f"{site}/zh/?near={area.rsplit('/', 1)[1]}")
    assert cards(other) == neutral
    for each in (context, stranger):
        each.close()


def test_a_route_is_walked_by_its_list_with_images_off(browser: Browser, site: str) -> None:
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)  # type: ignore[arg-type]
    context.route("**/*.{png,jpg,svg,ico}", lambda route: route.abort())
    page = context.new_page()
    page.goto(f"{site}/zh/search?kind=route")
    page.locator("#results .card h2 a").first.click()
    stops = page.locator("ol.way > li")
    assert 4 <= stops.count() <= 9
    expect(stops.first).to_contain_text("分钟")
    drawing = page.locator("svg.map[role=img]")
    assert drawing.locator("title").count() == 1
    assert drawing.locator("desc").count() == 1
    context.close()


def test_changing_the_language_keeps_page_question_and_filters(visit: BrowserContext, site: str) -> None:
    page = visit.new_page()
    page.goto(f"{site}/zh/search?q=书法&kind=course&free=1")
    count = re.findall(r"\d+", page.locator("h1").inner_text())
    page.get_by_role("link", name="English").first.click()
    page.wait_for_url(re.compile("/en/search"))
    assert "kind=course" in page.url
    assert "free=1" in page.url
    assert page.locator("#q").input_value() == "书法"
    assert re.findall(r"\d+", page.locator("h1").inner_text()) == count


@pytest.mark.parametrize("words", ["书法", "shufa", "calligrafy", "書法"])
def test_calligraphy_is_found_however_it_is_written(visit: BrowserContext, site: str, words: str) -> None:
    page = visit.new_page()
    page.goto(f"{site}/zh/")
    page.locator("input[name=q]").fill(words)
    page.locator("form.find button").click()
    page.wait_for_url(re.compile("/search"))
    expect(page.locator("#results .card").first).to_contain_text("书法")


def test_why_this_answers_for_the_list_that_was_shown_and_can_be_changed(browser: Browser, site: str) -> None:
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    page = signed_in(context, site, "shen-moyun")
    page.goto(f"{site}/zh/")
    first = cards(page)[0]
    page.locator("section[aria-labelledby=suggested] .card .foot a").first.click()
    page.wait_for_url(re.compile("/why/"))
    expect(page.locator("main")).to_contain_text(first)
    assert page.locator("ol.stops li").count() >= 1
    expect(page.get_by_role("button", name="不用我的记录")).to_be_visible()
    context.close()


def test_the_way_to_the_elder_view_is_on_the_first_screen_and_is_remembered(visit: BrowserContext, site: str) -> None:
    page = visit.new_page()
    page.goto(f"{site}/zh/")
    link = page.get_by_role("link", name="长辈版")
    box = link.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < PHONE["height"]
    link.click()
    page.wait_for_url(re.compile("/zh/e/"))
    page.goto(f"{site}/")
    assert "/zh/e/" in page.url
    page.get_by_role("link", name="标准版").first.click()
    page.goto(f"{site}/")
    assert "/e/" not in page.url
    page.goto(f"{site}/zh/search?q=长辈版")
    expect(page.locator("main a[href*='/zh/e/']").first).to_be_visible()
