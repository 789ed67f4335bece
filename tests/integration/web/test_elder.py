"""The elder view: large, few words, free and near first, the telephone on every screen, a choice kept for a year."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest

from city.ports import Hit, SearchPage
from fixtures.factories import a_run, an_offering, in_days
from tests.integration.web.conftest import Site
from tests.page_client import Page, PageClient
from web.components.stylesheet import stylesheet

LARGEST_CSS_BYTES = 1_638
STATIC = Path(__file__).parents[3] / "web" / "static"
JARGON = (Path(__file__).parents[3] / "web" / "elder" / "jargon_zh.txt").read_text(encoding="utf-8").split()


@pytest.fixture
def elder(site: Site) -> PageClient:
    """Somebody whose paper or library screen carried the area."""
    browser = site.browser()
    browser.get("/zh/e/?near=liupu")
    return browser


def screens(browser: PageClient, site: Site) -> list[Page]:
    """Open every kind of elder page in Chinese."""
    names = ("brush", "couplets", "walk", "over")
    return [
        browser.get("/zh/e/"),
        browser.get("/zh/e/list?topic=calligraphy"),
        browser.get("/zh/e/list?topic=health"),
        browser.get("/zh/e/list?kind=route"),
        browser.get("/zh/e/where"),
        *(browser.get(f"/zh/e/offerings/{site.city.offerings[name]}") for name in names),
    ]


def titles(page: Page) -> list[str]:
    return ["".join(heading.itertext()) for heading in page.all("h2")]


def test_the_home_asks_one_question_with_six_tiles_and_the_telephone(elder: PageClient) -> None:
    home = elder.get("/zh/e/")
    assert home.h1 == "您想学什么？"
    tiles = [
        link for link in home.links() if link in ("写字画画", "唱歌跳舞", "用手机", "养身体", "种花做菜", "到处走走")
    ]
    assert len(tiles) == 6
    assert home.link("打电话问").startswith("tel:")
    assert "您在湖滨区" in home.text


def test_from_home_to_the_one_question_is_two_taps_and_the_telephone_books_too(elder: PageClient) -> None:
    page = elder.get("/zh/e/").follow("写字画画").follow("我要去 从一横开始写字")
    assert page.h1 == "留个电话就行"
    assert "11月27日 星期五" in page.main and "上午10点" in page.main
    assert page.link("打电话报名").startswith("tel:")


def test_the_page_of_an_offering_says_which_number_to_say_on_the_telephone(elder: PageClient, site: Site) -> None:
    page = elder.get(f"/zh/e/offerings/{site.city.offerings['brush']}")
    assert f"打电话就说这个号： {site.city.offerings['brush']}" in page.main
    assert page.follow("我要去").h1 == "留个电话就行"


def test_what_needs_no_sign_up_comes_first_and_says_just_come(elder: PageClient) -> None:
    page = elder.get("/zh/e/list?topic=calligraphy")
    assert titles(page)[0] == "一起写春联"
    assert "有电梯，直接来" in page.main
    assert "离您近，不要钱，白天上。" in page.main
    assert "不用报名，直接来。" in page.follow("我要去 一起写春联").main


def test_the_list_is_asked_for_free_things_by_day_within_a_walk(elder: PageClient, site: Site) -> None:
    elder.get("/zh/e/list?topic=calligraphy")
    first = site.search.asked[0]
    assert first.only_free
    assert first.dayparts == {"morning", "afternoon"}
    assert first.within_minutes == 30
    assert first.near is not None
    assert "calligraphy" in first.topics


def test_when_nothing_is_free_or_by_day_the_rest_is_shown_and_nothing_untrue_is_said(elder: PageClient) -> None:
    page = elder.get("/zh/e/list?topic=smartphone")
    assert titles(page) == ["学会用手机"]
    assert "不要钱" not in page.main and "离您近" not in page.main and "白天上" not in page.main


def test_what_the_list_says_is_true_also_when_the_engine_rests(elder: PageClient, site: Site) -> None:
    with site.database.reading() as work:
        everything = tuple(Hit(each) for each in sorted(work.offerings.versions()))
    answer = SearchPage(hits=everything, total=len(everything), degraded=True)
    site.search.search = lambda request: answer  # type: ignore[method-assign,assignment,misc]
    page = elder.get("/zh/e/list?topic=calligraphy")
    assert "离您近，不要钱，白天上。" in page.main
    assert set(titles(page)) == {"一起写春联", "从一横开始写字", "画一枝梅花"}


def test_four_at_a_time_and_then_more(elder: PageClient, site: Site) -> None:
    with site.database.writing() as work:
        first = work.offerings.get(site.city.offerings["choir"])
        for n in range(7):
            work.offerings.add(an_offering({"zh-Hans": f"合唱{n}", "en": f"Choir {n}"}, topics=["singing"],
                                           venue_id=first.venue_id, operator_id=first.operator_id))  # fmt: skip
        work.commit()
    page = elder.get("/zh/e/list?topic=singing")
    more = page.follow("看更多")
    assert len(titles(page)) == 4
    assert len(titles(more)) == 4
    assert not set(titles(page)) & set(titles(more))
    assert "看更多" not in more.links()


def test_a_full_class_is_not_offered(elder: PageClient, site: Site) -> None:
    assert "画一枝梅花" in titles(elder.get("/zh/e/list?topic=calligraphy"))
    with site.database.writing() as work:
        run = work.enrolments.run(site.city.runs["plum"])
        assert run is not None and work.enrolments.take_seats(run, 1)
        work.commit()
    assert "画一枝梅花" not in titles(elder.get("/zh/e/list?topic=calligraphy"))


def test_where_one_lives_is_asked_once_with_tiles_and_then_remembered(site: Site) -> None:
    browser = site.browser()
    asked = browser.get("/zh/e/").follow("写字画画")
    assert asked.h1 == "您住在哪一带？"
    assert asked.follow("湖滨区").h1 == "写字画画"
    assert browser.get("/zh/e/").follow("唱歌跳舞").h1 == "唱歌跳舞"
    assert "您在湖滨区" in browser.get("/zh/e/").text


def test_when_nothing_is_found_there_is_the_telephone_and_a_way_on(elder: PageClient) -> None:
    page = elder.get("/zh/e/list?topic=health")
    assert "打电话来，我们替您找。" in page.main
    assert page.follow("看看别的").h1 == "您想学什么？"


def test_every_screen_has_the_telephone_a_way_back_and_the_beginning(elder: PageClient, site: Site) -> None:
    for page in screens(elder, site):
        assert any(address.startswith("tel:") for address in page.links().values())
        assert page.link("从头开始") == "/zh/e/"
        assert page.address == "/zh/e/" or "回去" in str(page.links())


def test_words_are_plain_sentences_short_and_screens_not_full(elder: PageClient, site: Site) -> None:
    for page in screens(elder, site):
        assert not [word for word in JARGON if word in page.main], page.address
        cards = page.all("article")
        assert all(len(re.sub(r"\s", "", "".join(card.itertext()))) <= 80 for card in cards)
        assert len(re.sub(r"\s", "", page.main)) <= 250 + 80 * len(cards), page.address
        for sentence in re.split("[。！？\n]", " ".join(text for text, _ in page.texts())):
            for part in sentence.split():
                assert len(re.findall(r"[\u4e00-\u9fff]", part)) <= 25, part


def test_a_screen_offers_at_most_nine_choices(elder: PageClient, site: Site) -> None:
    for page in screens(elder, site):
        main = page.one("main")
        choices = [*main.iter("a"), *(each for each in main.iter("button") if each.get("hidden") is None)]
        assert len(choices) <= 9, page.address


def test_the_first_page_carries_its_css_inside_and_the_next_ones_find_it_in_the_browser(site: Site) -> None:
    assert len(gzip.compress(str(stylesheet("elder")).encode())) <= LARGEST_CSS_BYTES
    browser = site.browser()
    first, second = browser.get("/zh/e/?near=liupu"), browser.get("/zh/e/list?topic=calligraphy")
    assert first.all("style") and [link.get("media") for link in _sheets(first)] == ["print"]
    assert not second.all("style") and [link.get("media") for link in _sheets(second)] == [None]
    address = _sheets(second)[0].get("href", "")
    assert _sheets(first)[0].get("href") == address
    kept = browser.http.get(address)
    assert kept.get_data(as_text=True) == str(stylesheet("elder"))
    assert "immutable" in kept.headers["Cache-Control"]
    assert "immutable" not in browser.http.get("/static/elder.0.css").headers["Cache-Control"]


def test_a_browser_that_keeps_no_cookies_gets_the_css_inside_every_page(site: Site) -> None:
    for address in ("/zh/e/?near=liupu", "/zh/e/where"):
        page = PageClient(site.app).get(address)
        assert page.all("style") and page.one("body").get("class") == "e"


def _sheets(page: Page) -> list[Element]:
    return [link for link in page.all("link") if link.get("rel") == "stylesheet"]


def test_both_stylesheets_share_their_colours() -> None:
    def tokens(name: str) -> list[set[str]]:
        css = (STATIC / name).read_text(encoding="utf-8")
        blocks = re.findall(r":root\{([^}]*)\}", css)[:2]
        return [set(re.findall(r"--[\w-]+:#[0-9a-f]+", block)) for block in blocks]

    for elder_palette, site_palette in zip(tokens("elder.css"), tokens("site.css"), strict=True):
        assert elder_palette
        assert elder_palette <= site_palette


def test_reading_aloud_says_title_time_and_place_in_short_pieces_and_waits_for_a_voice(elder: PageClient) -> None:
    page = elder.get("/zh/e/list?topic=calligraphy")
    button = next(each for each in page.all("button") if each.get("id") == "say")
    assert button.get("hidden") is not None
    said = re.findall(r"t=(\[.*?\])", page.source)[0]
    assert "一起写春联" in said and "11月29日 星期日 上午10点" in said and "湖滨图书馆，步行10分钟" in said
    assert all(len(piece) <= 40 for piece in re.findall(r'"([^"]*)"', said))


def test_every_page_of_the_standard_view_leads_to_the_elder_view_in_its_header(site: Site) -> None:
    browser = site.browser()
    brush = site.city.offerings["brush"]
    for address, leads_to in {
        "/zh/": "/zh/e/?view=elder",
        "/zh/saved": "/zh/e/?view=elder",
        "/zh/search?topic=calligraphy": "/zh/e/list?topic=calligraphy&view=elder",
        "/zh/search?kind=route": "/zh/e/list?kind=route&view=elder",
        f"/zh/offerings/{brush}": f"/zh/e/offerings/{brush}?view=elder",
    }.items():
        assert browser.get(address).link("长辈版") == leads_to


def test_and_back_to_the_same_page(elder: PageClient, site: Site) -> None:
    brush = site.city.offerings["brush"]
    assert elder.get(f"/zh/e/offerings/{brush}").link("标准版") == f"/zh/offerings/{brush}?view=standard"
    assert elder.get("/zh/e/list?kind=route").link("标准版") == "/zh/search?kind=route&view=standard"
    assert elder.get("/zh/e/list?topic=singing").follow("标准版").address.startswith("/zh/search?topic=singing")


def test_the_choice_is_kept_for_a_year_and_decides_home_only(site: Site) -> None:
    browser = site.browser()
    answer = browser.http.get("/zh/search?view=elder&q=%E5%86%99")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/zh/search?q=%E5%86%99")
    cookie = answer.headers["Set-Cookie"]
    assert "view=elder" in cookie and "Max-Age=31536000" in cookie and "HttpOnly" in cookie and "SameSite=Lax" in cookie
    assert browser.get("/zh/").address == "/zh/e/"
    assert browser.get("/", Accept_Language="en").address == "/en/e/"
    assert browser.get("/zh/saved").address == "/zh/saved"
    browser.get("/zh/e/").follow("标准版")
    assert browser.get("/zh/").address == "/zh/"


def test_a_view_nobody_has_is_refused_and_the_clean_address_never_leaves_the_site(site: Site) -> None:
    site.browser().get("/zh/?view=dark", expect=400)
    answer = site.app.test_client().get("//evil.example/?view=elder")
    assert not answer.headers.get("Location", "/").startswith("//")


def test_the_other_language_keeps_the_screen(elder: PageClient) -> None:
    page = elder.get("/zh/e/list?topic=calligraphy").follow("English")
    assert page.address == "/en/e/list?topic=calligraphy"
    assert page.h1 == "Write and paint"
    assert "Near you, free, by day." in page.main


def test_a_topic_without_a_tile_has_a_list_too(elder: PageClient) -> None:
    assert elder.get("/zh/e/list?topic=local_history").h1 == "云渡历史"


def test_unknown_things_are_told_in_words(elder: PageClient) -> None:
    for address in ("/zh/e/list?topic=juggling", "/zh/e/?near=atlantis", "/zh/e/offerings/987654", "/zh/e/nothing"):
        page = elder.get(address, expect=404)
        assert page.h1.startswith("出错了")
        assert page.one("body").get("class") == "e"
        assert page.follow("从头开始").h1 == "您想学什么？"
    assert elder.get("/zh/e/list", expect=400).h1.startswith("出错了")
    assert elder.get("/zh/e/list?kind=course", expect=400).h1.startswith("出错了")


def test_an_hour_nobody_stated_is_asked_for_by_telephone(elder: PageClient, site: Site) -> None:
    with site.database.writing() as work:
        first = work.offerings.get(site.city.offerings["choir"])
        added = an_offering({"zh-Hans": "没写几点的课", "en": "No hour"}, topics=["singing"],
                            runs=[a_run(in_days(2), starts=None, ends=None)], venue_id=first.venue_id,
                            operator_id=first.operator_id)  # fmt: skip
        work.offerings.add(added)
        work.commit()
    page = elder.get(f"/zh/e/offerings/{added.id}")
    assert "几点请打电话问" in page.main
    assert "0点" not in page.main
