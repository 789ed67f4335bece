"""The elder view as older people meet it: large, calm, forgiving of a trembling hand and of a magnified screen."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.journeys import probes
from tests.journeys.conftest import PHONE

PAGES = ("/zh/e/?near=hubin", "/zh/e/list?near=hubin&topic=calligraphy", "/zh/e/where?topic=calligraphy")

# Taps of people aged 67 to 81 miss the centre by 3.36 mm on average (Sultana and Moffatt 2019): sigma 16.9 px.
TREMBLING_HAND = """() => {
  let s = 7, hit = 0, wrong = 0, n = 0;
  const rnd = () => ((s = (s * 1664525 + 1013904223) >>> 0) + .5) / 4294967296;
  const B = [...document.querySelectorAll('a[href],button,input:not([type=hidden]),select,textarea,summary')]
    .filter(e => e.checkVisibility()).map(e => e.getBoundingClientRect()).filter(b => b.right > 0);
  const inside = (b, x, y) => x >= b.left && x <= b.right && y >= b.top && y <= b.bottom;
  for (const t of B) for (let i = 0; i < 2000; i++, n++) {
    const r = 16.9 * Math.sqrt(-2 * Math.log(rnd())), a = 2 * Math.PI * rnd();
    const x = (t.left + t.right) / 2 + r * Math.cos(a), y = (t.top + t.bottom) / 2 + r * Math.sin(a);
    inside(t, x, y) ? hit++ : B.some(b => inside(b, x, y)) && wrong++;
  }
  return {hit: hit / n, wrong: wrong / n};
}"""

SMALLEST_TEXT = """() => Math.min(...[...document.querySelectorAll('body *')]
  .filter(e => e.checkVisibility() && [...e.childNodes].some(n => n.nodeType === 3 && n.nodeValue.trim()))
  .map(e => parseFloat(getComputedStyle(e).fontSize)))"""

NOT_CALM = """() => [...document.querySelectorAll(
    'dialog,[role=dialog],marquee,video[autoplay],meta[http-equiv=refresh]')]
  .map(e => e.outerHTML.slice(0, 80))
  .concat([...document.querySelectorAll('body *')]
    .filter(e => /fixed|sticky/.test(getComputedStyle(e).position)).map(e => e.outerHTML.slice(0, 80)))"""


@pytest.fixture
def phone(browser: Browser) -> Any:
    context = browser.new_context(viewport=PHONE, locale="zh-CN", bypass_csp=True)  # type: ignore[arg-type]
    yield context
    context.close()


@pytest.mark.parametrize("path", PAGES)
def test_a_trembling_hand_hits_what_it_means(phone: BrowserContext, site: str, path: str) -> None:
    page = phone.new_page()
    page.goto(site + path)
    taps = page.evaluate(TREMBLING_HAND)
    assert taps["hit"] >= 0.95, taps
    assert taps["wrong"] <= 0.01, taps


@pytest.mark.parametrize("path", PAGES)
def test_everything_is_large_and_nothing_moves_or_covers(phone: BrowserContext, site: str, path: str) -> None:
    page = phone.new_page()
    page.goto(site + path)
    assert page.evaluate(SMALLEST_TEXT) >= 24
    assert page.evaluate(NOT_CALM) == []
    expect(page.locator("a[href^='tel:']").first).to_be_visible()


@pytest.mark.parametrize("path", PAGES)
def test_a_magnified_screen_scrolls_only_downwards(phone: BrowserContext, site: str, path: str) -> None:
    page = phone.new_page()
    page.goto(site + path)
    page.add_style_tag(content="html{font-size:200%!important}")
    assert probes.overflow(page) == []


def test_a_class_within_a_walk_is_two_taps_away(visit: BrowserContext, site: str) -> None:
    page = visit.new_page()
    page.goto(f"{site}/zh/e/?near=hubin")
    page.get_by_role("link", name="写字画画").click()
    page.wait_for_url(re.compile("/e/list"))
    shown = page.locator("main article, main .card")
    assert 1 <= shown.count() <= 4
    for card in shown.all():
        expect(card).to_contain_text(re.compile("步行|坐车"))
    page.get_by_role("link", name="我要去").first.click()
    page.wait_for_url(re.compile("/e/offerings/"))
    expect(page.locator("a[href^='tel:']").first).to_be_visible()


def test_without_a_known_place_it_asks_once_by_tiles(visit: BrowserContext, site: str) -> None:
    page = visit.new_page()
    page.goto(f"{site}/zh/e/")
    page.get_by_role("link", name="写字画画").click()
    page.wait_for_url(re.compile("/e/where"))
    page.get_by_role("link", name="湖滨区").click()
    page.wait_for_url(re.compile("/e/list"))
    page.goto(f"{site}/zh/e/")
    page.get_by_role("link", name="唱歌跳舞").click()
    page.wait_for_url(re.compile("/e/list"))


def test_back_is_on_every_screen_and_leads_home_in_one_tap(visit: BrowserContext, site: str) -> None:
    for path in PAGES[1:]:
        page = visit.new_page()
        page.goto(site + path)
        _home_of(page).first.click()
        page.wait_for_url(re.compile(r"/zh/e/(\?.*)?$"))
        page.close()


def _home_of(page: Page) -> Any:
    return page.locator("a[href$='/zh/e/'], a[href*='/zh/e/?']")
