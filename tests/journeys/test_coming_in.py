"""Staff come in by invitation and six digits, citizens by digits sent to them, in a real browser with and without
JavaScript; each page on the way is looked at with axe and the probes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from shutil import copy

import pyotp
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from city.model.people import Role
from city.services.contacts import Asker
from city.services.permissions import Actor
from city.services.staff_keeping import Invitation
from city.store.database import Database
from tests.integration.web.conftest import Site, open_site
from tests.journeys import probes
from tests.journeys.conftest import DESKTOP, PHONE
from tests.services.site import served
from tests.staff_members import add_staff

PASSWORD = "violet harbour ninety lamps"


@pytest.fixture(scope="module")
def house(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, str]]:
    """The small city, served on loopback; each journey brings people of its own."""
    folder = tmp_path_factory.mktemp("coming_in")
    database = Database(f"sqlite:///{copy(migrated_file, folder / 'city.db')}")
    site = open_site(database, folder)
    with served(site.app) as address:
        yield site, address
    site.parts.buffer.close()
    site.parts.demand.close()
    database.dispose()


WAYS = {"Chinese": ("zh", True), "English": ("en", True), "Chinese without JavaScript": ("zh", False)}


@pytest.fixture(params=WAYS.values(), ids=WAYS.keys())
def way(request: pytest.FixtureRequest) -> tuple[str, bool]:
    """The page's language, and whether there is JavaScript."""
    found: tuple[str, bool] = request.param
    return found


def a_window(browser: Browser, scripts: bool, size: dict[str, int]) -> BrowserContext:
    return browser.new_context(viewport=size, java_script_enabled=scripts)  # type: ignore[arg-type]


def press(page: Page, selector: str = "main button.go") -> None:
    with page.expect_navigation():
        page.locator(selector).first.click()


def faults(page: Page, scripts: bool) -> list[str]:
    """Return what is wrong with the page as it stands; without JavaScript it is the same page and no probe runs."""
    if not scripts:
        return []
    page.wait_for_load_state()
    found = [
        *probes.axe_violations(page), *probes.headings(page), *probes.foreign_runs(page),
        *probes.small_targets(page, probes.STANDARD_TARGET), *probes.overflow(page),
    ]  # fmt: skip
    return [f"{page.url}: {fault}" for fault in found]


def operator_of(site: Site) -> int:
    with site.database.reading() as work:
        return work.operators.all()[0].id


def test_staff_come_in_by_an_invitation_and_again_with_password_and_digits(
    browser: Browser, house: tuple[Site, str], way: tuple[str, bool]
) -> None:
    (site, address), (language, scripts) = house, way
    mailbox = f"mei-{language}-{scripts}@library.example".lower()
    asked = Invitation(mailbox, "publisher", operator_of(site), language=language)
    link = site.parts.staff_keeping.invite(Actor.system(), asked).link
    context = a_window(browser, scripts, DESKTOP)
    page, wrong = context.new_page(), []
    page.goto(f"{address}/{link.split('/', 3)[3]}")
    wrong += faults(page, scripts)
    page.fill("#name", "梅里")
    page.fill("#password", PASSWORD)
    press(page)
    wrong += faults(page, scripts)
    secret = pyotp.TOTP(page.locator(".letters").inner_text().replace(" ", ""))
    page.fill("#code", secret.at(site.parts.system_clock.now()))
    press(page)
    wrong += faults(page, scripts)
    assert page.locator(".codes li").count() == 10
    page.locator("main a.go").click()
    wrong += faults(page, scripts)
    press(page, ".desk form button")
    page.fill("#email", mailbox)
    page.fill("#password", "not this one")
    press(page)
    assert page.locator("#errors").count() == 1
    wrong += faults(page, scripts)
    page.fill("#password", PASSWORD)
    press(page)
    wrong += faults(page, scripts)
    page.fill("#code", secret.at(site.parts.system_clock.now() + timedelta(seconds=30)))
    press(page)
    assert page.url == f"{address}/{language}/o/"
    for path in ("staff", "me", "me/second-step"):
        page.goto(f"{address}/{language}/o/{path}")
        wrong += faults(page, scripts)
    context.close()
    assert not wrong, "\n".join(wrong)


def test_an_administrator_s_form_comes_back_after_the_half_hour(
    browser: Browser, house: tuple[Site, str], way: tuple[str, bool]
) -> None:
    (site, address), (language, scripts) = house, way
    chief = add_staff(site.database, Role.ADMINISTRATOR, name=f"程安{language}{scripts:d}")
    context = a_window(browser, scripts, DESKTOP)
    page, wrong = context.new_page(), []
    page.goto(f"{address}/{language}/o/sign-in")
    press(page, f"form:has(input[name=staff][value='{chief}']) button")
    for path in ("bodies", "audit"):
        page.goto(f"{address}/{language}/o/{path}")
        wrong += faults(page, scripts)
    page.goto(f"{address}/{language}/o/bodies")
    page.fill("#name_zh", "夜校中心")
    page.fill("#slug", f"night-{language}-{scripts:d}")
    page.select_option("#district", "hubin")
    with site.database.writing() as work:
        for row in work.staff_login_sessions.of_staff(chief):
            row.seen_at -= timedelta(minutes=31)
        work.commit()
    press(page, "form:has(#slug) button")
    wrong += faults(page, scripts)
    press(page, f"form:has(input[name=staff][value='{chief}']) button")
    wrong += faults(page, scripts)
    press(page)
    wrong += faults(page, scripts)
    assert page.input_value("#name_zh") == "夜校中心" and page.input_value("#district") == "hubin"
    with site.database.reading() as work:
        assert work.operators.by_slug(f"night-{language}-{scripts:d}") is None
    press(page, "form:has(#slug) button")
    with site.database.reading() as work:
        assert work.operators.by_slug(f"night-{language}-{scripts:d}") is not None
    context.close()
    assert not wrong, "\n".join(wrong)


def digits(page: Page) -> str:
    found = re.search(r"(?<![0-9])([0-9]{6})(?![0-9])", page.locator(".note").last.inner_text())
    assert found
    return found.group(1)


def test_a_citizen_comes_in_by_digits_and_what_was_done_before_comes_along(
    browser: Browser, house: tuple[Site, str], way: tuple[str, bool]
) -> None:
    (site, address), (language, scripts) = house, way
    last = list(WAYS.values()).index(way)
    phone, mailbox = f"138 0013 800{last}", f"lin{last}@example.org"
    asker = Asker(name="林和", phone=phone)
    site.parts.enrolling.take_place(Actor.visitor(), site.city.runs["brush"], key=f"k-{last}", asker=asker)
    context = a_window(browser, scripts, PHONE)
    page, wrong = context.new_page(), []
    page.goto(f"{address}/{language}/offerings/{site.city.offerings['plum']}")
    press(page, "form[action$='/save'] button")
    page.goto(f"{address}/{language}/sign-in")
    wrong += faults(page, scripts)
    page.fill("#who", mailbox)
    press(page)
    wrong += faults(page, scripts)
    page.fill("#code", digits(page))
    press(page)
    wrong += faults(page, scripts)
    press(page)  # what this browser kept goes into the file
    assert page.locator(f"a[href*='/offerings/{site.city.offerings['plum']}']").count() >= 1
    page.goto(f"{address}/{language}/access")
    wrong += faults(page, scripts)
    page.fill("#who", phone)
    press(page, "form:has(#who) button")
    page.fill("#code", digits(page))
    press(page)
    wrong += faults(page, scripts)
    press(page)
    assert page.locator("main a[href*='/places/']").count() >= 1
    page.goto(f"{address}/{language}/sign-in/password")
    wrong += faults(page, scripts)
    context.close()
    assert not wrong, "\n".join(wrong)
