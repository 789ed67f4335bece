"""Pages of saved searches, feeds, free hours and what is open now, as people use them."""

from __future__ import annotations

import re
from datetime import date
from xml.etree import ElementTree

import pytest
from icalendar import Calendar

from city.services.demand import unmet_demand
from city.services.saved_searches import CONFIRM, END
from city.tokens import Tokens
from fixtures.factories import NOW, TODAY, a_venue
from tests.integration.web.conftest import Site


def token(site: Site, purpose: str, payload: str) -> str:
    return Tokens(site.parts.settings.signing_key()).make(purpose, payload)


def test_a_stranger_keeps_a_search_by_mail_and_says_yes_on_a_page(site: Site) -> None:
    browser = site.browser()
    page = browser.get("/zh/search?q=写字&free=1")
    done = page.press("保存这个搜索", email="lin@example.org")
    assert "请打开信里的链接确认" in done.text
    question = browser.get(f"/zh/searches/confirm/{token(site, CONFIRM, '1 lin@example.org')}")
    assert "写字" in question.text and "免费" in question.text
    assert "发到您的邮箱" in question.press("好，请发给我").text
    with site.database.reading() as work:
        kept = work.saved_searches.get(1)
        assert kept.confirmed_at == NOW and kept.parameters == {"q": ["写字"], "free": ["1"]}


def test_an_address_that_is_none_gets_the_form_again_with_what_was_typed(small_site: Site) -> None:
    page = small_site.browser().get("/en/search?q=writing")
    again = page.press("Keep this search", email="lin@@example", name="Mine", expect=400)
    assert again.status == 400 and "not complete" in again.text
    assert 'value="lin@@example"' in again.source and 'value="Mine"' in again.source


def test_the_mails_end_on_a_page_and_the_search_can_be_brought_back(small_site: Site) -> None:
    browser = small_site.browser()
    browser.get("/zh/search?q=写字").press("保存这个搜索", email="lin@example.org")
    ended = browser.get(f"/zh/searches/end/{token(small_site, END, '1 lin@example.org')}").press("不再来信")
    assert "不会再有这样的信" in ended.text
    assert "这个搜索回来了" in ended.press("撤回").text
    with small_site.database.reading() as work:
        assert work.saved_searches.count_of(email="lin@example.org") == 1


def test_a_mail_program_ends_the_mails_with_one_post_and_no_form(small_site: Site) -> None:
    small_site.browser().get("/zh/search?q=写字").press("保存这个搜索", email="lin@example.org")
    url = f"/zh/searches/end/{token(small_site, END, '1 lin@example.org')}"
    answer = small_site.app.test_client().post(url, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 204
    with small_site.database.reading() as work:
        assert work.saved_searches.find(1) is None


def test_a_citizen_keeps_renames_and_takes_away_a_search_without_an_address(small_site: Site) -> None:
    browser = small_site.browser()
    browser.get("/zh/sign-in").press("当一回沈云")
    kept = browser.get("/zh/search?q=写字&within=30").press("保存这个搜索", name="离家近的写字")
    assert "离家近的写字" in kept.text and "不发信" in kept.text
    renamed = kept.press("就叫这个", name="写字")
    gone = renamed.press("拿掉")
    assert "还没有保存的搜索" in gone.text
    assert "写字" in gone.press("撤回").main
    with small_site.database.reading() as work:
        [saved] = work.saved_searches.of_citizen(small_site.city.citizens["shen"])
    assert saved.parameters["near"] == ["home"]


def test_nobody_touches_a_search_of_somebody_else(small_site: Site) -> None:
    browser = small_site.browser()
    browser.get("/zh/sign-in").press("当一回沈云")
    kept = browser.get("/zh/search?q=写字").press("保存这个搜索")
    form, fields = kept.form_of("拿掉")
    other = small_site.browser()
    fields["csrf_token"] = other.get("/zh/search?q=写字").form_of("保存这个搜索")[1]["csrf_token"]
    assert other.post(form.attrib["action"], fields, expect=403).status == 403


def test_a_token_of_another_purpose_opens_nothing(small_site: Site) -> None:
    browser = small_site.browser()
    browser.get("/zh/search?q=写字").press("保存这个搜索", email="lin@example.org")
    assert browser.get(f"/zh/searches/end/{token(small_site, CONFIRM, '1 lin@example.org')}", expect=404).status == 404


def test_the_feed_of_a_search_lists_what_is_newest_first(small_site: Site) -> None:
    answer = small_site.app.test_client().get("/en/search.rss?q=writing")
    assert answer.status_code == 200 and answer.mimetype == "application/rss+xml"
    channel = ElementTree.fromstring(answer.data).find("channel")
    assert channel is not None
    titles = [item.findtext("title") for item in channel.iter("item")]
    assert "Writing from the first stroke" in titles and "Writing of last year" not in titles
    assert "max-age" in answer.headers["Cache-Control"] and "public" in answer.headers["Cache-Control"]
    again = small_site.app.test_client().get(
        "/en/search.rss?q=writing", headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert again.status_code == 304


def test_the_calendar_of_a_search_holds_each_meeting_once(small_site: Site) -> None:
    answer = small_site.app.test_client().get("/zh/search.ics?q=写字")
    events = Calendar.from_ical(answer.data).walk("VEVENT")
    assert events and len({str(event["uid"]) for event in events}) == len(events)
    assert all(event.decoded("dtend") > event.decoded("dtstart") for event in events)
    assert min(event.decoded("dtstart").date() for event in events) >= TODAY


def test_a_page_of_results_names_its_feeds(small_site: Site) -> None:
    page = small_site.browser().get("/zh/search?q=写字&free=1")
    links = re.findall(r'<link rel="alternate" type="([^"]+)"[^>]*href="([^"]+)"', page.source)
    assert [kind for kind, _ in links] == ["application/rss+xml", "text/calendar"]
    assert all("free=1" in address for _, address in links)


def test_free_hours_typed_once_apply_with_one_tick(small_site: Site) -> None:
    browser = small_site.browser()
    kept = browser.get("/zh/search?hours=5-0900-1200").press("记下我的空闲时间")
    assert "记下了" in kept.text
    small_site.search.asked.clear()
    ticked = browser.get("/zh/search?fit=1")
    assert "合我的空闲时间" in ticked.text
    [asked] = [each for each in small_site.search.asked if each.per_page][:1]
    assert [(each.weekday, each.starts_local.hour, each.ends_local.hour) for each in asked.free_hours] == [(5, 9, 12)]
    assert 'name="h5-from" value="09:00"' in browser.get("/zh/profile").source


def test_one_tick_without_known_hours_asks_for_them(small_site: Site) -> None:
    assert "填一填您的一周" in small_site.browser().get("/zh/search?fit=1").text


def test_a_district_opens_its_streets_in_the_menu(small_site: Site) -> None:
    browser = small_site.browser()
    assert "柳浦街道" not in browser.get("/zh/search").text
    assert "柳浦街道" in browser.get("/zh/search?area=hubin").text


def test_places_open_now_stand_with_their_rooms_and_closing_time(small_site: Site) -> None:
    page = small_site.browser().get("/zh/open")
    assert "湖滨图书馆" in page.text and "正在开放" in page.text


def test_every_place_that_is_open_stands_on_one_of_the_pages(small_site: Site) -> None:
    with small_site.database.writing() as work:
        for number in range(40):
            work.venues.add(a_venue(f"书房{number}号"))
        work.commit()
    browser = small_site.browser()
    found = [word for page in (1, 2) for word in re.findall(r"书房\d+号", browser.get(f"/zh/open?page={page}").main)]
    assert set(found) == {f"书房{number}号" for number in range(40)}
    assert "书房" in browser.get("/zh/open?page=999").main


def test_a_postponed_offering_says_so_and_takes_nobody(small_site: Site) -> None:
    number = small_site.city.offerings["brush"]
    with small_site.database.writing() as work:
        work.offerings.get(number).postponed = True
        work.commit()
    page = small_site.browser().get(f"/zh/offerings/{number}")
    assert "延期，新日期未定" in page.text and "要一个名额" not in page.text


def test_a_duplicate_leads_to_the_offering_that_stands_for_it(small_site: Site) -> None:
    double, stands = small_site.city.offerings["couplets"], small_site.city.offerings["brush"]
    with small_site.database.writing() as work:
        work.offerings.get(double).merged_into_id = stands
        work.commit()
    answer = small_site.app.test_client().get(f"/zh/offerings/{double}?from=search&at=2")
    assert answer.status_code == 301 and answer.headers["Location"] == f"/zh/offerings/{stands}?from=search&at=2"


def test_what_is_asked_in_vain_is_counted_and_what_points_at_a_person_is_not_kept(site: Site) -> None:
    browser = site.browser()
    for _ in range(12):
        browser.get("/zh/search?q=滑翔伞&area=hubin")
    for _ in range(12):
        browser.get("/zh/search?q=138 0013 8000")
    found = browser.get("/zh/search?q=写字")
    browser.get(found.link("从一横开始写字"), Referer="http://localhost/zh/search?q=写字")
    site.parts.demand.flush()
    rows = {row.text: row for row in unmet_demand(site.database, TODAY, 1, 10).rows}
    assert (rows["滑翔伞"].asked, rows["滑翔伞"].empty, rows["滑翔伞"].area_id) == (10, 10, "hubin")
    assert "写字" not in rows and "…" in rows
    with site.database.reading() as work:
        kept = {row.text: row for row in work.demand.totals(date(2000, 1, 1))}
    assert kept["写字"].clicked_count == 1 and not any("138" in text for text in kept)


@pytest.mark.parametrize("path", ["/en/searches", "/en/open", "/zh/searches"])
def test_the_new_pages_hold_for_a_stranger(small_site: Site, path: str) -> None:
    assert small_site.browser().get(path).status == 200
