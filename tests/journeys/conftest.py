"""A browser and the whole sample city behind the product's own server."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from city.config import Settings
from fixtures.factories import NOW
from tests.services import chromium
from tests.services.site import served
from web.wiring import build_site

RAISED_LIMITS = {"pages": "100000/minute", "search": "100000/minute", "writes": "10000/minute", "api": "100000/minute",
                 "sign_in": "1000/minute"}  # fmt: skip
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/journeys/" in item.nodeid:
            item.add_marker(pytest.mark.real_browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium.running() as found:
        yield found


@contextmanager
def a_site(folder: Path) -> Iterator[str]:
    """Serve the city in `folder` by the product's own wiring; yield its address."""
    site = build_site(Settings(data_dir=folder, now=NOW, limits=RAISED_LIMITS))
    with served(site) as address:
        yield address


@pytest.fixture(scope="session")
def site(yundu_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the sample city's site, shared by all journeys; each takes a citizen or a visit of its own."""
    folder = Path(shutil.copytree(yundu_folder, tmp_path_factory.mktemp("site") / "data"))
    with a_site(folder) as address:
        yield address


@pytest.fixture(params=["with JavaScript", "without JavaScript"])
def visit(request: pytest.FixtureRequest, browser: Browser) -> Iterator[BrowserContext]:
    """A fresh profile on a phone, in Chinese, with and without JavaScript."""
    context = browser.new_context(
        viewport=PHONE, locale="zh-CN", java_script_enabled=request.param == "with JavaScript"
    )
    yield context
    context.close()


def signed_in(context: BrowserContext, site: str, slug: str) -> Page:
    """Open a page as a sample citizen; as a stranger when `slug` is empty."""
    context.clear_cookies()
    page = context.new_page()
    if slug:
        page.goto(f"{site}/zh/sign-in")
        page.locator(f"form:has(input[value='{slug}']) button, button[value='{slug}']").first.click()
        page.wait_for_url(lambda address: not address.endswith("/sign-in"))
    return page
