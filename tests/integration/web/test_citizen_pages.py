"""What a citizen meets: home, search, offerings of all four kinds, places taken, venues, areas, topics.

Runs on SQLite and on PostgreSQL; every page is inspected as it is fetched (tests/page_client.py).
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from city.model import Interaction, InteractionKind, LocalisedText, Offering
from city.ports import Hit, Relaxation, SearchPage, SearchRequest
from fixtures.factories import an_offering, in_days
from tests.integration.web.conftest import Site
from tests.page_client import PageClient, text_of


def signed_in(site: Site, slug: str = "shen") -> PageClient:
    browser = site.browser()
    browser.get("/zh/sign-in").press("沈云" if slug == "shen" else slug)
    return browser


def change(site: Site, name: str, do: Callable[[Offering], None]) -> None:
    with site.database.writing() as work:
        do(work.offerings.get(site.city.offerings[name]))
        work.commit()


def add(site: Site, offering: Offering) -> int:
    with site.database.writing() as work:
        work.offerings.add(offering)
        work.flush()
        number = offering.id
        work.commit()
    return number


def answering(site: Site, page: SearchPage) -> list[SearchRequest]:
    """Let the search answer with `page`; returns the list of what it is asked from now on."""
    asked: list[SearchRequest] = []

    def search(request: SearchRequest) -> SearchPage:
        asked.append(request)
        return page

    site.search.search = search  # type: ignore[method-assign]
    return asked


def looks(site: Site) -> list[Interaction]:
    """Return the views that were counted."""
    site.parts.buffer.flush()
    with Session(site.database.engine) as session:
        return list(session.scalars(select(Interaction).where(Interaction.kind == InteractionKind.VIEW)))


# home


def test_the_home_asks_what_you_would_like_to_learn_and_opens_four_doors(browser: PageClient) -> None:
    page = browser.get("/zh/")
    assert page.h1 == "想学点什么？"
    for kind in ("课程", "活动", "学习路线", "夜校"):
        assert any(words.startswith(kind) for words in page.links())
    assert "0300 641 7000" in page.main
    assert browser.get("/en/").h1 == "What would you like to learn?"


def test_a_stranger_who_names_a_district_is_greeted_there_from_then_on(site: Site) -> None:
    answering(site, SearchPage(hits=(Hit(site.city.offerings["far"]),), total=1))
    browser = site.browser()
    first = browser.get("/zh/")
    assert "您住在哪一带？" in first.main and "离您最近" not in first.main
    there = first.follow("湖滨区")
    assert "您在湖滨区" in there.text and "离您最近" in there.main and "分钟" in there.main
    again = browser.get("/zh/")
    assert "您在湖滨区" in again.text and "您住在哪一带？" not in again.main


def test_an_unknown_district_is_refused_in_words(browser: PageClient) -> None:
    assert browser.get("/zh/?near=atlantis", expect=404).h1.startswith("出错了")


def test_suggestions_carry_a_reason_with_a_figure(browser: PageClient) -> None:
    assert "湖滨区最近30天有31人看过或选了它。" in browser.get("/zh/").main
    assert "31 people in Hubin looked at it or chose it in the last 30 days." in browser.get("/en/").main


def test_what_one_does_not_want_is_gone_at_once_and_comes_back_by_undo(browser: PageClient) -> None:
    page = browser.get("/zh/")
    title = next(text_of(heading) for heading in page.all("h3") if text_of(heading))
    without = page.press("不感兴趣")
    suggested = [text_of(heading) for heading in without.all("h3")]
    assert title not in suggested[: len(suggested) // 2] and title in without.text
    assert title in [text_of(heading) for heading in without.press("撤回").all("h3")]


def test_somebody_who_saved_something_is_told_why_the_next_suggestion_is_there(site: Site) -> None:
    browser = signed_in(site)
    browser.get(f"/zh/offerings/{site.city.offerings['brush']}").press("收藏")
    page = browser.get("/zh/")
    assert "为您推荐" in page.main and "您收藏过“从一横开始写字”。" in page.main
    assert "沈云" in page.main and "这个周末" not in page.main
    off = page.press("不用我的记录")
    assert "为您推荐" not in off.main and "您收藏过" not in off.main


# search


def test_the_number_of_results_stands_in_heading_and_title(browser: PageClient) -> None:
    page = browser.get("/zh/search?q=写字")
    assert page.h1 == "写字：2个结果" and page.title.startswith("写字：2个结果")
    assert browser.get("/en/search?q=Writing").h1 == "2 results for Writing"


def test_every_filter_that_is_chosen_is_a_chip_that_takes_only_itself_away(browser: PageClient) -> None:
    page = browser.get("/zh/search?q=写&kind=course&free=1&daypart=morning&topic=calligraphy&area=hubin&day=week")
    chips = [words for words in page.links() if words.startswith("去掉：")]
    assert [chip.removeprefix("去掉：").strip() for chip in chips] == [
        "课程", "上午", "书法", "湖滨区", "这个星期", "免费"
    ]  # fmt: skip
    left = page.follow("去掉： 免费")
    assert "free=1" not in left.address
    for kept in ("kind=course", "daypart=morning", "topic=calligraphy", "area=hubin", "day=week"):
        assert kept in left.address


def test_the_form_keeps_what_was_chosen(browser: PageClient) -> None:
    page = browser.get("/zh/search?q=写&kind=course&free=1&venue=1&sort=newest")
    _, fields = page.form_of("就看这些")
    assert fields["q"] == "写" and fields["kind"] == "course" and fields["free"] == "1"
    assert fields["venue"] == "1" and fields["sort"] == "newest"


def test_the_whole_form_is_asked_of_the_engine(site: Site) -> None:
    asked = answering(site, SearchPage())
    site.browser().get("/zh/search?q=写&kind=course&daypart=evening&weekday=0&free=1&nostairs=1&near=liupu&within=15")
    request = asked[0]
    assert (request.text, request.kinds, request.dayparts) == ("写", {"course"}, {"evening"})
    assert request.weekdays == {0} and request.only_free and request.within_minutes == 15
    assert request.near is not None and "lift" in request.access


def test_counts_stand_beside_the_boxes(site: Site) -> None:
    hit = Hit(site.city.offerings["brush"])
    facets = {"kind": {"course": 14, "event": 11}, "is_free": {"true": 38}, "daypart": {"evening": 7}}
    answering(site, SearchPage(hits=(hit,), total=38, facets=facets))
    page = site.browser().get("/zh/search?q=毛笔字")
    labels = [text_of(label) for label in page.all("label")]
    assert {"课程14", "活动11", "学习路线0", "晚上7", "免费38"} <= set(labels)


def test_what_was_found_is_marked_in_the_title_and_said_as_the_reason(site: Site) -> None:
    hit = Hit(site.city.offerings["brush"], highlights={"title.zh-Hans": ((5, 7),)})
    answering(site, SearchPage(hits=(hit,), total=1))
    page = site.browser().get("/zh/search?q=字")
    assert [text_of(mark) for mark in page.all("mark")] == ["写字"]
    assert "名称里有“写字”。" in page.main


def test_a_card_shows_the_meeting_of_the_days_that_were_asked_for(site: Site) -> None:
    answering(site, SearchPage(hits=(Hit(site.city.offerings["phone"]),), total=1))
    assert "12月1日 星期二 晚上7点" in site.browser().get("/zh/search?q=手机").main
    assert "12月8日 星期二 晚上7点" in site.browser().get("/zh/search?q=手机&from=2026-12-07").main


def test_pages_are_numbered_stops_and_one_past_the_last_is_refused(site: Site) -> None:
    hit = Hit(site.city.offerings["brush"])
    answering(site, SearchPage(hits=(hit,), total=38))
    page = site.browser().get("/zh/search?q=字&page=2")
    assert [words for words in page.links() if words.startswith("第 ")] == ["第 1", "第 2", "第 3", "第 4"]
    assert page.link("第 1") == "/zh/search?q=%E5%AD%97"
    assert site.browser().get("/zh/search?q=字&page=5", expect=404).h1.startswith("出错了")


def test_an_empty_answer_offers_each_filter_to_drop_with_its_count_and_the_telephone(site: Site) -> None:
    relaxations = (Relaxation("dayparts", "evening", 12), Relaxation("only_free", "true", 3))
    answering(site, SearchPage(relaxations=relaxations, near_topics=("ink_painting",), spelling="书法"))
    page = site.browser().get("/zh/search?q=舒法&daypart=evening&free=1")
    assert page.h1 == "舒法：0个结果"
    assert page.link("去掉“晚上”（12个结果）") == "/zh/search?q=%E8%88%92%E6%B3%95&free=1"
    assert "去掉“免费”（3个结果）" in page.links() and "看看相近的：国画" in page.links()
    assert page.link("书法").startswith("/zh/search?q=%E4%B9%A6%E6%B3%95")
    assert "0300 641 7000" in page.main


def test_a_reduced_answer_says_that_it_is_one(site: Site) -> None:
    site.search.degraded = True
    assert "查找正在休整" in site.browser().get("/zh/search?q=写").main
    assert "Search is resting" in site.browser().get("/en/search?q=Writing").main


@pytest.mark.parametrize("words", ["长辈版", "关怀版", "大字"])
def test_who_searches_for_the_elder_view_is_led_there(browser: PageClient, words: str) -> None:
    assert browser.get(f"/zh/search?q={words}").link("打开长辈版") == "/zh/e/?view=elder"


@pytest.mark.parametrize(
    "query",
    ["kind=lecture", "from=2026-13-01", "page=0", "page=501", "sort=random", "hours=9-1-2", "within=x", "price=free"],
)
def test_a_filter_value_that_is_not_offered_gets_a_page_in_words_with_a_way_on(browser: PageClient, query: str) -> None:
    page = browser.get(f"/zh/search?{query}", expect=400)
    assert page.h1.startswith("出错了") and page.follow("首页").h1 == "想学点什么？"


@pytest.mark.parametrize("query", ["topic=alchemy", "area=atlantis", "venue=999", "operator=999", "near=atlantis"])
def test_a_filter_that_names_nothing_of_the_catalogue_is_not_found(browser: PageClient, query: str) -> None:
    assert browser.get(f"/zh/search?{query}", expect=404).h1.startswith("出错了")


def test_asking_for_a_short_walk_without_saying_where_from_leads_to_that_question(browser: PageClient) -> None:
    assert "要说哪里近，得先知道您从哪里出发。" in browser.get("/zh/search?within=15").main
    assert "得先知道您从哪里出发" not in browser.get("/zh/search?within=15&near=hubin").main


# offerings


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("brush", "课程", "11月27日 星期五 上午10点到11点半"),
        ("couplets", "活动", "不用报名"),
        ("walk", "学习路线", "哪天都可以走"),
        ("pottery", "夜校", "星期二 晚上7点到8点半，从12月1日起，共2次"),
    ],
)
def test_an_offering_of_each_kind_says_when_where_what_it_costs_and_how_to_get_in(
    site: Site, name: str, kind: str, said: str
) -> None:
    page = site.browser().get(f"/zh/offerings/{site.city.offerings[name]}")
    assert kind in page.main and said in page.main
    for label in ("时间", "地点", "费用", "座位", "通行", "谁办的"):
        assert label in page.main


def test_a_route_is_a_map_with_a_name_and_an_ordered_list_with_minutes(site: Site) -> None:
    page = site.browser().get(f"/zh/offerings/{site.city.offerings['walk']}")
    pictures = [svg for svg in page.all("{http://www.w3.org/2000/svg}svg") if svg.get("role") == "img"]
    assert [svg.get("aria-labelledby") for svg in pictures] == ["map-t map-d"]
    listed = next(each for each in page.all("ol") if "way" in (each.get("class") or ""))
    stops = [text_of(stop) for stop in listed.iter("li")]
    assert [stop.startswith(f"第{n}站") for n, stop in enumerate(stops, start=1)] == [True] * 3
    assert "停10分钟，有座椅" in stops[0] and "往下走5分钟" in stops[0]


def test_an_offering_that_is_over_says_so_and_takes_nobody(site: Site) -> None:
    page = signed_in(site).get(f"/zh/offerings/{site.city.offerings['over']}")
    assert "这一项已经结束" in page.main and "我要报名" not in page.buttons()


def test_a_cancelled_offering_says_so_and_a_hidden_one_is_not_found(site: Site) -> None:
    change(site, "brush", lambda offering: setattr(offering, "status", "cancelled"))
    page = signed_in(site).get(f"/zh/offerings/{site.city.offerings['brush']}")
    assert "这一项取消了" in page.main and "我要报名" not in page.buttons()
    site.browser().get(f"/zh/offerings/{site.city.offerings['hidden']}", expect=404)


def test_texts_in_another_language_than_the_page_say_which(site: Site) -> None:
    def only_traditional(offering: Offering) -> None:
        offering.title = LocalisedText({"zh-Hant": "書法入門"})

    change(site, "brush", only_traditional)
    for language in ("zh", "en"):
        page = site.browser().get(f"/{language}/offerings/{site.city.offerings['brush']}")
        assert page.one("h1").get("lang") == "zh-Hant" and page.h1 == "書法入門"


def test_texts_of_a_feed_stay_texts(site: Site) -> None:
    trap = "<script>alert(1)</script><img src=x onerror=alert(1)>"

    def trapped(offering: Offering) -> None:
        offering.title = offering.summary = offering.description = LocalisedText({"zh-Hans": trap})
        offering.web_address, offering.contact = "javascript:alert(1)", trap

    change(site, "brush", trapped)
    page = site.browser().get(f"/zh/offerings/{site.city.offerings['brush']}")
    assert page.h1 == trap and not page.all("script") and not page.all("img")
    assert not [link for link in page.links().values() if link.startswith("javascript")]


def test_an_operators_own_address_is_linked_when_it_is_one_of_the_web(site: Site) -> None:
    change(site, "brush", lambda offering: setattr(offering, "web_address", "https://example.org/brush"))
    page = site.browser().get(f"/zh/offerings/{site.city.offerings['brush']}")
    assert page.link("主办方自己的网页") == "https://example.org/brush"


def test_a_recorded_course_can_be_read(site: Site) -> None:
    words = LocalisedText({"zh-Hans": "第一课：点。先轻后重，再轻轻提起来。"})
    recorded = {"always_open": True, "attendance": "online", "runs": [], "operator_id": 1, "venue_id": None}
    number = add(site, an_offering("在家看的课", transcript=words, **recorded))
    page = site.browser().get(f"/zh/offerings/{number}")
    assert "随时可以看" in page.main and "先轻后重" in page.main and "课上说的话，都在这里" in page.main


def test_a_term_whose_enrolment_is_closed_says_when_the_next_one_opens(site: Site) -> None:
    opens = site.parts.clock.now() + (in_days(10) - in_days(0))

    def later(offering: Offering) -> None:
        offering.runs[0].enrol_opens_at = opens

    change(site, "pottery", later)
    page = signed_in(site).get(f"/zh/offerings/{site.city.offerings['pottery']}")
    assert "12月4日 星期五开始报名" in page.main and "我要报名" not in page.buttons()


def test_a_look_is_counted_with_the_list_and_position_it_came_from(site: Site) -> None:
    page = site.browser().get("/zh/")
    address = next(url for url in page.links().values() if "/offerings/" in url and "list=" in url)
    site.browser().get(address)
    shown = address.split("list=")[1].split("&")[0]
    assert [(look.source, look.position) for look in looks(site) if look.list_id == shown] == [("home", 1)]
    with site.database.reading() as work:
        assert work.shown_lists.find(shown) is not None


def test_similar_offerings_stand_below(site: Site) -> None:
    page = site.browser().get(f"/zh/offerings/{site.city.offerings['brush']}")
    assert "和它相近的" in page.main and "一起写春联" in page.main


# places and topics


def test_a_venue_says_when_it_is_open_how_one_gets_in_and_what_happens_there(site: Site) -> None:
    page = site.browser().get(f"/zh/venues/{site.city.venues['library']}")
    assert page.h1 == "湖滨图书馆" and "每天：上午9点到晚上9点" in page.main and "有电梯" in page.main
    assert "柳浦街道" in page.main and "您在这里" in page.main and "这里有什么" in page.main
    assert page.link("电话") == "tel:03006417010"


def test_an_area_stands_on_the_line_of_the_tree_with_what_one_can_learn_there(browser: PageClient) -> None:
    page = browser.get("/zh/areas/hubin")
    assert page.h1 == "湖滨区" and {"云渡市", "柳浦街道"} <= set(page.links()) and "您在这里" in page.main
    assert page.follow("柳浦街道").h1 == "柳浦街道"
    assert browser.get("/zh/areas").h1 == "云渡市"


def test_i_live_here_makes_it_my_district(browser: PageClient) -> None:
    browser.get("/zh/areas/liupu").press("我住在这里")
    assert "您住在这里" in browser.get("/zh/areas/liupu").main and "您在湖滨区" in browser.get("/zh/").text


def test_a_topic_names_its_neighbours_and_what_teaches_it(browser: PageClient) -> None:
    page = browser.get("/zh/topics/calligraphy")
    assert page.h1 == "书法" and "国画" in page.links() and "从一横开始写字" in page.main
    assert browser.get("/en/topics/calligraphy").h1 == "Calligraphy"


@pytest.mark.parametrize("path", ["venues/999", "areas/atlantis", "topics/alchemy", "offerings/999", "places/999"])
def test_what_does_not_exist_is_not_found_in_both_languages(browser: PageClient, path: str) -> None:
    assert browser.get(f"/zh/{path}", expect=404).h1.startswith("出错了")
    assert browser.get(f"/en/{path}", expect=404).h1.startswith("Error:")


@pytest.mark.parametrize("path", ["accessibility", "privacy"])
def test_the_city_says_what_it_promises_and_what_it_keeps(browser: PageClient, path: str) -> None:
    for language in ("zh", "en"):
        assert len(browser.get(f"/{language}/{path}").main) > 100


def test_an_empty_catalogue_has_a_home_a_search_and_places(browser: PageClient, site: Site) -> None:
    with site.database.writing() as work:
        for offering in work.offerings.many(list(site.city.offerings.values())):
            offering.withdraw()
        work.commit()
    assert browser.get("/zh/").h1 == "想学点什么？"
    assert browser.get("/zh/search").h1 == "0个结果"
    for path in ("areas", "areas/hubin", "topics/calligraphy", f"venues/{site.city.venues['library']}"):
        assert "现在还没有" in browser.get(f"/zh/{path}").main
