"""The pages of a ballot: chances before, entering by a phone number alone, the entry, the true story after."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from city.ballot_records import audited
from city.clock import FixedClock
from city.model import LocalisedText
from city.services.ballot_office import BallotOffice
from city.services.ballot_plan import BallotPlan, PriorityClass
from city.services.ballot_settling import BallotSettling
from city.services.permissions import Actor
from fixtures.factories import NOW, SHANGHAI, a_run, an_offering, in_days
from tests.integration.web.conftest import Site
from tests.page_client import Page
from web.parts import EXTENSION

CLOSES = NOW + timedelta(days=8)


class ABallot:
    """A site with an open ballot over two night classes; the site's clock can be moved."""

    def __init__(self, site: Site) -> None:
        self.site = site
        with site.database.writing() as work:
            operator_id = work.operators.all()[0].id
            runs = []
            for nth, (zh, en, seats) in enumerate(
                (("夜里画画", "Drawing at night", 2), ("夜里唱歌", "Singing at night", 1))
            ):
                run = a_run(in_days(20 + nth), in_days(27 + nth), seats=seats)
                offering = an_offering(
                    {"zh-Hans": zh, "en": en}, kind="night_school", operator_id=operator_id, venue=None, runs=[run]
                )
                work.offerings.add(offering)
                runs.append(run)
            work.flush()
            self.runs = [run.id for run in runs]
            work.commit()
        plan = BallotPlan(
            name=LocalisedText({"zh-Hans": "冬季夜校", "en": "Winter night school"}),
            run_ids=tuple(self.runs),
            opens_at=NOW - timedelta(minutes=1),
            closes_at=CLOSES,
            priorities={PriorityClass.FIRST_TIME: 3},
            seed_source="上证指数12月3日收盘",
        )
        self.id = self.office.prepare(Actor.system(), operator_id, plan)
        self.office.announce(Actor.system(), self.id)

    @property
    def office(self) -> BallotOffice:
        return BallotOffice(self.site.database, self.site.parts.clock)

    def move_to(self, now: object) -> None:
        """Let the site live at another instant."""
        clock = FixedClock(now, SHANGHAI)  # type: ignore[arg-type]
        parts, links = self.site.parts, self.site.parts.balloting._links
        moved = replace(
            parts,
            clock=clock,
            balloting=type(parts.balloting)(self.site.database, clock, links),
            enrolling=type(parts.enrolling)(self.site.database, clock, links),
        )
        self.site.app.extensions[EXTENSION] = moved

    def draw(self) -> None:
        self.move_to(CLOSES + timedelta(minutes=1))
        self.office.close(Actor.system(), self.id)
        self.office.reveal(Actor.system(), self.id, "3412 07")
        self.office.draw(Actor.system(), self.id)
        BallotSettling(self.site.database, self.site.parts.clock).settle(self.id)


@pytest.fixture
def ballot(site: Site) -> ABallot:
    return ABallot(site)


def enter(ballot: ABallot, phone: str, *wishes: int, language: str = "zh", **fields: str) -> Page:
    """Enter with a browser of one's own; wishes are 0 and 1."""
    named = {f"wish{rank}": str(ballot.runs[wish]) for rank, wish in enumerate(wishes, start=1)}
    form = ballot.site.browser().get(f"/{language}/ballots/{ballot.id}/enter")
    button = "参加抽签" if language == "zh" else "Enter the draw"
    return form.press(button, phone=phone, **named, **fields)


def test_the_offering_leads_to_the_ballot_and_the_ballot_to_the_form(ballot: ABallot) -> None:
    page = ballot.site.browser().get("/zh/search?kind=night_school").follow("夜里画画")
    page = page.follow("抽签")
    assert page.h1 == "冬季夜校" and "12月2日" in page.main and "早报晚报，机会一样" in page.main
    assert page.follow("参加抽签").h1 == "参加抽签"


def test_a_phone_number_and_a_wish_are_enough_and_the_page_says_what_one_has(ballot: ABallot) -> None:
    page = enter(ballot, "138 0013 8000", 1, 0)
    assert page.h1 == "您参加了抽签"
    assert page.main.index("夜里唱歌") < page.main.index("夜里画画")
    assert "公开名单里的代号" in page.main


def test_chances_are_shown_before_the_draw(ballot: ABallot) -> None:
    for nth in range(5):
        enter(ballot, f"1380013800{nth}", 1)
    page = ballot.site.browser().get(f"/en/ballots/{ballot.id}")
    assert "About 5.0 people for each seat name it first." in page.main
    assert "5 people are in the draw." in page.main
    assert "Of every 10 turns, 3 are kept for these" in page.main and "上证指数12月3日收盘" in page.main


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_slip_is_named_at_once_and_what_was_typed_stays(ballot: ABallot, language: str) -> None:
    form = ballot.site.browser().get(f"/{language}/ballots/{ballot.id}/enter")
    page = form.press("参加抽签" if language == "zh" else "Enter the draw", phone="1380013", expect=400)
    said = page.main
    assert ("请选您最想上的" if language == "zh" else "Choose what you would like most") in said
    assert ("11位" if language == "zh" else "11 digits") in said
    assert 'value="1380013"' in page.source


def test_a_number_that_is_in_already_is_led_to_its_entry(ballot: ABallot) -> None:
    first = enter(ballot, "13800138000", 0)
    form = ballot.site.browser().get(f"/zh/ballots/{ballot.id}/enter")
    again = form.press("参加抽签", phone="13800138000", wish1=str(ballot.runs[0]), expect=409)
    assert "已经报过了" in again.main
    number = first.main.split("您的号码")[1].split()[0:2]
    found = again.follow("用号码找").press("打开", number=" ".join(number)[:9], phone="13800138000")
    assert found.h1 == "您参加了抽签"


def test_wishes_are_changed_and_the_entry_withdrawn_and_taken_back(ballot: ABallot) -> None:
    page = enter(ballot, "13800138000", 0)
    changed = page.follow("改志愿").press("就这样定", wish1=str(ballot.runs[1]), wish2="")
    assert "夜里唱歌" in changed.main and "夜里画画" not in changed.main
    out = changed.press("不参加了")
    assert out.h1 == "您不参加了"
    assert out.press("再参加").h1 == "您参加了抽签"


def test_no_wish_is_not_kept(ballot: ABallot) -> None:
    page = enter(ballot, "13800138000", 0)
    assert "请选您最想上的" in page.follow("改志愿").press("就这样定", wish1="", wish2="", expect=400).main


@pytest.mark.parametrize("view", ["", "/e"])
def test_the_story_after_the_draw_is_true(ballot: ABallot, view: str) -> None:
    pages = [enter(ballot, f"1380013800{nth}", 1, 0) for nth in range(5)]
    ballot.draw()
    browser = ballot.site.browser()
    stories = [browser.get(page.address.replace("/zh/", f"/zh{view}/")) for page in pages]
    won = [page for page in stories if page.h1 == "抽中了，有您的座位"]
    waiting = [page for page in stories if page.h1 == "没抽中，在候补"]
    assert (len(won), len(waiting)) == (3, 2)
    assert {"轮到您时还剩0个座位" in page.main for page in waiting} == {True}
    for page in stories:
        assert "个轮到的，一共5份" in page.main
    place = won[0].follow("看我的座位" if view else ("夜里唱歌" if "抽中了。" in won[0].main else "夜里画画"))
    assert place.status == 200


def test_the_ballot_says_afterwards_how_the_seats_went_and_gives_the_files_away(ballot: ABallot) -> None:
    for nth in range(4):
        enter(ballot, f"1380013800{nth}", 1)
    ballot.draw()
    page = ballot.site.browser().get(f"/en/ballots/{ballot.id}")
    assert "1 person got a place." in page.main and "3 entries wait" in page.main
    closed, drawn = (
        ballot.site.app.test_client().get(f"/en/ballots/{ballot.id}/{stage}.jsonl") for stage in ("closed", "drawn")
    )
    assert drawn.headers["Content-Disposition"].startswith("attachment")
    assert audited(drawn.get_data(as_text=True), closed.get_data(as_text=True)).is_equal
    assert "138001380" not in drawn.get_data(as_text=True)


def test_after_the_closing_nobody_enters_and_nobody_leaves(ballot: ABallot) -> None:
    page = enter(ballot, "13800138000", 0)
    form = ballot.site.browser().get(f"/zh/ballots/{ballot.id}/enter")
    ballot.move_to(CLOSES)
    late = form.press("参加抽签", phone="13800138001", wish1=str(ballot.runs[0]), expect=409)
    assert "不收人" in late.main
    assert page.press("不参加了", expect=409).h1 == "接下来抽签"


def test_in_the_elder_view_a_tap_a_number_and_a_tap_are_enough(ballot: ABallot) -> None:
    browser = ballot.site.browser()
    page = browser.get(f"/zh/e/ballots/{ballot.id}")
    asked = page.follow("最想上这个")
    wrong = asked.press("就这样定", phone="138", expect=400)
    done = wrong.press("就这样定", phone="138 0013 8000")
    assert done.h1 == "您参加了抽签"
    more = done.follow("再加一个").press("这个也想上")
    assert "夜里画画" in more.main and "夜里唱歌" in more.main
    assert browser.get(f"/zh/e/ballots/{ballot.id}").follow("看我报的").h1 == "您参加了抽签"
    assert more.press("不参加了").press("再参加").h1 == "您参加了抽签"


def test_both_views_of_a_ballot_lead_to_each_other(ballot: ABallot) -> None:
    page = ballot.site.browser().get(f"/zh/ballots/{ballot.id}")
    elder = page.follow("长辈版")
    assert elder.address == f"/zh/e/ballots/{ballot.id}"
    assert elder.follow("标准版").address == f"/zh/ballots/{ballot.id}"


@pytest.mark.parametrize("path", ["ballots/99", "ballots/99/enter", "ballots/99/drawn.jsonl", "entries/bm9wZQ.bm9wZQ"])
def test_what_is_not_there_is_not_found(site: Site, path: str) -> None:
    for view in ("", "e/") if not path.endswith("jsonl") else ("",):
        assert site.browser().get(f"/en/{view}{path}", expect=404).status == 404


def test_a_forged_wish_is_refused_in_a_sentence(ballot: ABallot) -> None:
    for wish in ("abc", "-1", "9" * 30, "999999"):
        form = ballot.site.browser().get(f"/en/ballots/{ballot.id}/enter")
        page = form.press("Enter the draw", phone="13800138000", wish1=wish, expect=400)
        assert page.status == 400
