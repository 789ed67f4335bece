"""Every kind of page in both languages, looked at in a real browser: axe and eight probes find nothing.

The probes: size of targets, contrast of 7:1 (axe, AAA), 320 px without sideways scroll, language of parts, order and
visibility of focus, weight, requests to others, headings. Each is proven by a page with a planted fault.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from city.store.database import Database
from tests.journeys import probes
from tests.journeys.conftest import DESKTOP, PHONE, signed_in
from tests.journeys.pages import PageKind, page_kinds

NARROW = {"width": 320, "height": 640}


@pytest.fixture(scope="module")
def looking(browser: Browser) -> Iterator[BrowserContext]:
    """A desktop window that lets probes run in spite of the pages' policy."""
    context = browser.new_context(viewport=DESKTOP, bypass_csp=True)
    yield context
    context.close()


def opened(page: Page, site: str, kind: PageKind, language: str) -> probes.Traffic:
    """Go to the page; return the requests that it made."""
    address = f"{site}/{language}{kind.path}"
    if kind.follow:
        page.goto(address)
        address = site + (page.locator(kind.follow).first.get_attribute("href") or "")
    traffic = probes.Traffic.watching(page, site)
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == kind.status
    return traffic


def look(page: Page, site: str, kind: PageKind, language: str) -> list[str]:
    """Open the page, try everything, and return what is wrong with it."""
    traffic = opened(page, site, kind, language)
    wrong = [f"asks {url}" for url in traffic.foreign()]
    largest = probes.LARGEST_ELDER_PAGE if kind.elder else probes.LARGEST_PAGE
    if traffic.encoded_bytes() > largest:
        wrong.append(f"weighs {traffic.encoded_bytes():,} bytes, more than {largest:,}")
    if len(traffic.requests) > probes.MOST_REQUESTS:
        wrong.append(f"makes {len(traffic.requests)} requests")
    wrong += probes.axe_violations(page) + probes.headings(page) + probes.foreign_runs(page)
    wrong += probes.small_targets(page, probes.ELDER_TARGET if kind.elder else probes.STANDARD_TARGET)
    wrong += probes.focus_order(page)
    for size in (PHONE, NARROW):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        wrong += probes.overflow(page)
    wrong += probes.small_targets(page, probes.ELDER_TARGET if kind.elder else probes.STANDARD_TARGET)
    return wrong


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_kind_of_page_is_free_of_faults(
    looking: BrowserContext, site: str, sample_database: Database, language: str
) -> None:
    faults = {}
    for kind in page_kinds(sample_database):
        page = signed_in(looking, site, kind.citizen)
        if wrong := look(page, site, kind, language):
            faults[kind.name] = wrong
        page.close()
    assert not faults, "\n".join(f"{name}: {fault}" for name, wrong in faults.items() for fault in wrong)


def test_every_kind_of_page_keeps_its_contrast_in_the_dark(
    browser: Browser, site: str, sample_database: Database
) -> None:
    """On a phone; the languages take turns, because colours do not depend on them."""
    context = browser.new_context(viewport=PHONE, bypass_csp=True, color_scheme="dark")  # type: ignore[arg-type]
    faults = {}
    for number, kind in enumerate(page_kinds(sample_database)):
        page = signed_in(context, site, kind.citizen)
        opened(page, site, kind, "en" if number % 2 else "zh")
        if wrong := probes.axe_violations(page):
            faults[kind.name] = wrong
        page.close()
    context.close()
    assert not faults, faults


def test_no_page_breaks_its_own_policy(browser: Browser, site: str, sample_database: Database) -> None:
    """The console stays silent under the policy as it is sent."""
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    for kind in page_kinds(sample_database):
        if kind.status == 200:
            page.goto(f"{site}/zh{kind.path}")
    context.close()
    assert not said


PLANTED = {
    "small target": ("<a href='#x' style='display:block;width:20px;height:20px'>x</a>", probes.small_targets),
    "foreign run": ("<p>说中文的页面里 an English sentence without a mark</p>", probes.foreign_runs),
    "skipped level": ("<h4>四级标题</h4>", probes.headings),
    "wide box": ("<div style='width:2000px'>宽</div>", probes.overflow),
    "lost focus ring": ("<style>:focus-visible{outline:none!important}</style><a href='#y'>去</a>", probes.focus_order),
    "weak contrast": ("<p style='color:#999'>看不清的字，看不清的字</p>", probes.axe_violations),
}


@pytest.mark.parametrize("fault", list(PLANTED))
def test_each_probe_finds_the_fault_that_is_planted_for_it(looking: BrowserContext, fault: str) -> None:
    markup, probe = PLANTED[fault]
    page = looking.new_page()
    page.set_content(f"<html lang='zh'><title>试</title><main><h1>试一试</h1>{markup}</main></html>")
    found = probe(page, 44) if fault == "small target" else probe(page)  # type: ignore[call-arg]
    page.close()
    assert found
