"""Lists, changes and numbers: what staff see of who takes part, who came, and who is told when a day moves."""

from __future__ import annotations

import pytest

from city.model import LocalisedText, Operator
from city.model.people import Role
from city.services.contacts import Asker
from city.services.permissions import Actor
from fixtures.factories import in_days
from tests.integration.web.conftest import Site
from tests.page_client import PageClient
from tests.staff_members import add_staff, enter

MOBILE, LANDLINE = "13800138000", "021-62171234"


def operator_of(site: Site) -> int:
    with site.database.reading() as work:
        return work.operators.all()[0].id


def at_work(site: Site, role: Role = Role.PUBLISHER, operator_id: int | None = None) -> PageClient:
    browser = site.browser()
    enter(browser, add_staff(site.database, role, operator_id=operator_id or operator_of(site)))
    return browser


def book(site: Site, name: str, phone: str, people: int = 1) -> int:
    asker = Asker(name=name, phone=phone, party_size=people)
    run_id = site.city.runs["brush"]
    return site.parts.enrolling.take_place(
        Actor.visitor(), run_id, key=f"a-key-of-{phone.strip()}", asker=asker
    ).enrolment_id


def meeting_of(site: Site) -> int:
    with site.database.reading() as work:
        run = work.enrolments.run(site.city.runs["brush"])
        assert run is not None
        return run.class_sessions[0].id


def test_the_list_of_a_run_names_everybody_with_number_and_phone(small_site: Site) -> None:
    book(small_site, "林和", MOBILE, people=3)
    browser = at_work(small_site, Role.DESK)
    page = browser.get("/zh/o/people").follow("从一横开始写字")
    assert "林和" in page.text and "138 0013 8000" in page.text and "3人有座位" in page.text
    assert "改动一次" not in page.text, "the desk changes no dates"


def test_the_list_in_big_print_and_the_sheet_for_the_door_carry_what_is_needed_without_a_telephone(
    small_site: Site,
) -> None:
    book(small_site, "林和", MOBILE)
    browser = at_work(small_site)
    run = f"/en/o/runs/{small_site.city.runs['brush']}"
    sheet = browser.get(f"{run}/sheet")
    assert "林和" in sheet.text and "138 0013 8000" not in sheet.text, "a paper that lies about holds no phones"
    assert "svg" in browser.get(f"{run}/door").source


def test_a_moved_meeting_is_told_by_message_and_who_has_only_a_landline_is_to_be_called(small_site: Site) -> None:
    book(small_site, "林和", MOBILE)
    called = book(small_site, "周姨", LANDLINE)
    browser, run_id = at_work(small_site), small_site.city.runs["brush"]
    token = browser.get(f"/zh/o/runs/{run_id}").form_of("改期并通知大家")[1]["csrf_token"]
    form = {"csrf_token": token, "held_on": in_days(9).isoformat(), "starts": "10:00", "ends": "11:30"}
    page = browser.post(f"/zh/o/runs/{run_id}/meetings/{meeting_of(small_site)}/move", form)
    assert "要打电话" in page.text
    with small_site.database.reading() as work:
        told = {message.address: message.way for message in work.messages.of_run(run_id)}
    assert told == {"+8613800138000": "sms", "+862162171234": "call"}
    page = browser.post(f"/zh/o/runs/{run_id}/told", {"csrf_token": token, "place": str(called)})
    assert "已通知变动" in page.text
    with small_site.database.reading() as work:
        assert [row.told_by_id for row in work.messages.of_enrolment(called) if row.run_id] != [None]


def test_a_meeting_called_off_and_held_after_all_is_told_both_times(small_site: Site) -> None:
    book(small_site, "林和", MOBILE)
    browser, run_id = at_work(small_site), small_site.city.runs["brush"]
    page = browser.get(f"/zh/o/runs/{run_id}").press("取消这一次")
    assert "已取消" in page.text
    assert "照常进行" in page.press("照常进行").text
    with small_site.database.reading() as work:
        purposes = [message.purpose for message in work.messages.of_run(run_id)]
    assert purposes == ["meeting_cancelled", "run_changed"]


def test_all_of_it_is_called_off_only_by_who_says_how_many_people_that_concerns(small_site: Site) -> None:
    book(small_site, "林和", MOBILE, people=2)
    browser, run_id = at_work(small_site), small_site.city.runs["brush"]
    page = browser.get(f"/zh/o/runs/{run_id}")
    token = page.form_of("取消并通知大家")[1]["csrf_token"]
    address = f"/zh/o/runs/{run_id}/call-off"
    assert browser.post(address, {"csrf_token": token, "people_count": "1", "reason": ""}, expect=400)
    browser.post(address, {"csrf_token": token, "people_count": "2", "reason": "老师生病了"})
    with small_site.database.reading() as work:
        assert work.enrolments.live_of_run(run_id) == []
        assert "老师生病了" in work.messages.of_run(run_id)[-1].text


def test_seats_are_never_fewer_than_people(small_site: Site) -> None:
    book(small_site, "林和", MOBILE, people=3)
    browser, run_id = at_work(small_site), small_site.city.runs["brush"]
    token = browser.get(f"/zh/o/runs/{run_id}").form_of("改一改")[1]["csrf_token"]
    refused = browser.post(f"/zh/o/runs/{run_id}/seats", {"csrf_token": token, "seat_count": "2"}, expect=400)
    assert "3" in refused.text


def test_numbers_hide_small_counts_and_are_the_same_as_a_spreadsheet(small_site: Site) -> None:
    book(small_site, "林和", MOBILE)
    browser = at_work(small_site, Role.EDITOR)
    assert "少于10" in browser.get("/zh/o/numbers").text
    answer = browser.http.get("/zh/o/numbers.csv")
    assert answer.status_code == 200 and answer.get_data(as_text=True).startswith("\ufeff按,名称,")
    assert "attachment" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize("address", ["/zh/o/runs/{}", "/zh/o/runs/{}/sheet", "/zh/o/runs/{}/door"])
def test_nobody_of_another_operator_sees_who_takes_part(small_site: Site, address: str) -> None:
    with small_site.database.writing() as work:
        other = Operator(slug="other", name=LocalisedText({"en": "Another"}))
        work.operators.add(other)
        work.flush()
        other_id = other.id
        work.commit()
    browser = at_work(small_site, operator_id=other_id)
    browser.get(address.format(small_site.city.runs["brush"]), expect=403)


def test_the_desk_finds_a_place_by_the_last_digits_gives_it_back_and_takes_that_back(small_site: Site) -> None:
    book(small_site, "林和", MOBILE)
    browser = at_work(small_site, Role.DESK)
    page = browser.get("/zh/o/desk?q=8000")
    assert "林和" in page.text and "从一横开始写字" in page.text
    page = page.press("退掉")
    assert "座位退了" in page.text and "已退" in page.text
    assert "有座位" in page.press("要回来").text
    assert "写后4位" in browser.get("/zh/o/desk?q=80").text


def test_the_desk_books_for_a_caller_with_or_without_a_phone_and_keeps_what_was_typed(small_site: Site) -> None:
    browser = at_work(small_site, Role.DESK)
    page = browser.get("/zh/o/desk")
    run_id = str(small_site.city.runs["brush"])
    wrong = page.press("报上", run=run_id, phone="138001", name="周姨", people="2", expect=400)
    assert "电话号码少了几位" in wrong.text and 'value="周姨"' in wrong.source
    booked = wrong.press("报上", phone="")
    assert "周姨" in booked.text and "2个人" in booked.text
    with small_site.database.reading() as work:
        place = work.enrolments.live_of_run(int(run_id))[-1]
        assert (place.channel, place.booked_by_id is not None, place.party_size) == ("phone", True, 2)
        assert [entry.operation for entry in work.audit_log.newest(n=1)] == ["take a place"]
