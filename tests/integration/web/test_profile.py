"""Saving, "less like this", why, forgetting and the switch: with an account and without one."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from city.model import Interaction, InteractionKind
from tests.integration.web.conftest import Site
from tests.page_client import Page, PageClient


@pytest.fixture(params=["visitor", "citizen"])
def person(request: pytest.FixtureRequest, site: Site) -> PageClient:
    """Somebody without an account, then a signed-in citizen."""
    browser = site.browser()
    if request.param == "citizen":
        browser.get("/zh/sign-in").press("当一回沈云")
    return browser


def offering(site: Site, name: str, browser: PageClient) -> Page:
    """Open an offering's page."""
    return browser.get(f"/zh/offerings/{site.city.offerings[name]}")


def suggested(browser: PageClient) -> list[str]:
    """Return the titles of the home page's first list, in order."""
    return [re.sub(r"\s.*", "", h3) for h3 in _titles(browser.get("/zh/"))]


def _titles(page: Page) -> list[str]:
    section = next(each for each in page.all("section") if each.get("aria-labelledby") == "suggested")
    return ["".join(heading.itertext()) for heading in section.iter("h3")]


def rows(site: Site) -> list[Interaction]:
    """Return the whole log, oldest first."""
    site.parts.buffer.flush()
    with Session(site.database.engine) as session:
        return list(session.scalars(select(Interaction).order_by(Interaction.id)))


def test_what_is_saved_stands_under_mine_and_can_be_taken_back(site: Site, person: PageClient) -> None:
    assert "还没有收藏" in person.get("/zh/saved").main
    after = offering(site, "brush", person).press("收藏")
    assert "“从一横开始写字”收藏好了" in after.main
    assert "从一横开始写字" in person.get("/zh/saved").main
    assert "不再收藏了" in person.get("/zh/saved").press("不收藏了").main
    assert "还没有收藏" in person.get("/zh/saved").main


def test_the_notice_after_a_button_undoes_it_and_is_shown_once(site: Site, person: PageClient) -> None:
    after = offering(site, "brush", person).press("收藏")
    assert "收藏好了" not in person.get("/zh/").main
    assert "不再收藏了" in after.press("撤回").main
    assert "还没有收藏" in person.get("/zh/saved").main


def test_saving_brings_more_of_its_kind(site: Site, person: PageClient) -> None:
    offering(site, "brush", person).press("收藏")
    assert set(suggested(person)[:2]) == {"一起写春联", "山里写字"}
    assert "从一横开始写字" not in suggested(person)


def test_what_is_not_wanted_never_returns_until_that_is_undone(site: Site, person: PageClient) -> None:
    first = suggested(person)[0]
    after = person.get("/zh/").press("不感兴趣")
    assert f"“{first}”不会再推荐" in after.main
    assert first not in suggested(person)
    after.press("撤回")
    assert first in suggested(person)


def test_with_the_switch_off_the_list_is_a_stranger_s_from_the_next_request(site: Site, person: PageClient) -> None:
    offering(site, "brush", person).press("收藏")
    stranger = site.browser()
    assert suggested(person) != suggested(stranger)
    assert "推荐不再用您的记录" in person.get("/zh/profile").press("不用我的记录").main
    off = suggested(person)
    asked = site.recommender.asked[-1]
    assert (asked.personal, asked.citizen_id, asked.profile, asked.dismissed) == (False, None, (), ())
    assert off == suggested(stranger)
    person.get("/zh/profile").press("重新用我的记录")
    assert suggested(person) != off


def test_the_list_itself_has_the_switch_one_tap_away(site: Site, person: PageClient) -> None:
    offering(site, "brush", person).press("收藏")
    assert "推荐不再用您的记录" in person.get("/zh/").press("不用我的记录").main
    assert site.recommender.asked[-1].personal is False


def test_with_the_switch_off_looks_are_counted_without_the_person(site: Site) -> None:
    browser = site.browser()
    browser.get("/zh/sign-in").press("当一回沈云")
    offering(site, "brush", browser)
    browser.get("/zh/profile").press("不用我的记录")
    offering(site, "plum", browser)
    views = {row.offering_id: row.citizen_id for row in rows(site) if row.kind == InteractionKind.VIEW}
    assert views[site.city.offerings["brush"]] == site.city.citizens["shen"]
    assert views[site.city.offerings["plum"]] is None


def test_every_deed_is_logged_with_the_list_and_the_place_it_stood_at(site: Site, person: PageClient) -> None:
    home = person.get("/zh/")
    title = _titles(home)[1]
    home.follow(title)
    home.press("不感兴趣", 2)
    dismissal, view = sorted(rows(site), key=lambda row: row.kind)
    assert (view.kind, view.source, view.position) == (InteractionKind.VIEW, "home", 2)
    assert (dismissal.kind, dismissal.source, dismissal.position) == (InteractionKind.DISMISS, "home", 3)
    assert view.list_id == dismissal.list_id
    with site.database.reading() as work:
        shown = work.shown_lists.find(view.list_id or "")
    assert shown is not None
    assert shown.items[1]["offering_id"] == view.offering_id
    assert shown.items[2]["offering_id"] == dismissal.offering_id


def test_why_answers_for_what_was_really_shown(site: Site, person: PageClient) -> None:
    offering(site, "brush", person).press("收藏")
    why = person.get("/zh/").follow("为什么")
    assert "“从一横开始写字”" in why.main
    assert "这一条最要紧" in why.main
    site.recommender.recommend = lambda request: pytest.fail("asked again")  # type: ignore[assignment,method-assign]
    person.get(why.address)


def test_why_can_be_answered_back(site: Site, person: PageClient) -> None:
    offering(site, "brush", person).press("收藏")
    why = person.get("/zh/").follow("为什么")
    title = re.findall("“(.+?)”", why.title)[0]
    assert f"“{title}”不会再推荐" in why.press("少推荐这类").main
    assert title not in suggested(person)


def test_why_of_a_list_that_never_was_is_told_in_words(person: PageClient) -> None:
    assert person.get("/zh/why/abcdefghijklmnopqrstuvwx/1", expect=404).h1.startswith("出错了")


def test_history_is_told_and_can_be_forgotten_piece_by_piece_and_whole(site: Site, person: PageClient) -> None:
    offering(site, "brush", person).press("收藏")
    offering(site, "plum", person).press("收藏")
    site.parts.buffer.flush()
    profile = person.get("/zh/profile")
    assert "从一横开始写字" in profile.main and "画一枝梅花" in profile.main
    after = profile.press("忘掉这条 从一横开始写字")
    assert "已经忘掉" in after.main
    assert "从一横开始写字" not in person.get("/zh/profile").main
    assert "从一横开始写字" not in person.get("/zh/saved").main
    person.get("/zh/profile").press("全部忘掉")
    assert "画一枝梅花" not in person.get("/zh/profile").main
    assert [row for row in rows(site) if row.citizen_id is not None] == []


def test_where_one_lives_and_how_far_one_goes_reach_the_suggestions(site: Site, person: PageClient) -> None:
    person.get("/zh/profile").press("我住在这里", area="yunling")
    assert "您在云岭区" in person.get("/zh/").text
    person.get("/zh/profile").press("就按这个找", reach="90")
    person.get("/zh/")
    asked = site.recommender.asked[-1]
    assert (asked.area_id, asked.reach_minutes) == ("yunling", 90)
    assert asked.near is not None and asked.near.latitude == 30.36


def test_choices_that_are_not_offered_are_refused_in_words(person: PageClient) -> None:
    assert person.get("/zh/profile").press("就按这个找", reach="46", expect=400).h1.startswith("出错了")
    assert person.get("/zh/profile").press("我住在这里", area="atlantis", expect=404).h1.startswith("出错了")


def test_a_visitor_s_things_stay_in_the_browser(site: Site) -> None:
    browser = site.browser()
    offering(site, "brush", browser).press("收藏")
    assert [row.citizen_id for row in rows(site)] == [None, None, None]
    assert "还没有收藏" in site.browser().get("/zh/saved").main


def test_an_unknown_offering_cannot_be_saved(site: Site, person: PageClient) -> None:
    _, fields = offering(site, "brush", person).form_of("收藏")
    person.post("/zh/offerings/987654/save", fields, expect=404)


def test_completions_come_as_a_page_and_as_json(site: Site, person: PageClient) -> None:
    page = person.get("/zh/suggest?q=书")
    assert page.link("书法") == "/zh/topics/calligraphy"
    answer = person.http.get("/en/suggest?q=calli", headers={"Accept": "application/json"})
    assert answer.get_json() == {"completions": [{"text": "Calligraphy", "url": "/en/topics/calligraphy"}]}


def test_no_button_of_a_person_s_pages_leaves_the_language(site: Site, person: PageClient) -> None:
    page = person.get(f"/en/offerings/{site.city.offerings['brush']}").press("Save")
    assert page.address.startswith("/en/")
    assert person.get("/en/profile").press("Do not use my history").address == "/en/profile"
