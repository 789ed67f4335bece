"""Publishing by a form, on both databases: errors at once, doubts to confirm, series, copies, changes, review."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from city.clock import FixedClock
from city.errors import Conflict, IdempotencyMismatch, NotAllowed
from city.model import Offering, Status
from city.services.composing import Composing, Form
from city.services.drafting import Drafting, DraftPlace
from city.services.findings import NotComplete, NotConfirmed
from city.services.moderating import Moderating
from city.services.permissions import Actor, ActorRole
from city.store.database import Database
from fixtures.factories import NOW, SHANGHAI, a_run, a_topic, a_venue, an_area, an_offering, an_operator, in_days
from tests.contract.services.held_places import hold_a_place

CLOCK = FixedClock(NOW, SHANGHAI)
TYPED = {
    "title": "修一盏旧台灯", "kind": "event", "day": "12月5日", "hours": "晚上7点到8点半", "seats": "24", "price": "0",
    "summary": "带一盏坏台灯来，两小时后亮着带回家。", "topic": "calligraphy",
}  # fmt: skip


class House:
    """A library with its people, and the use cases over it."""

    def __init__(self, database: Database, clock: FixedClock = CLOCK, *, reviewed: bool = False) -> None:
        self.database = database
        with database.writing() as work:
            area = an_area("hubin", "湖滨区", level="district")
            work.areas.add(area)
            for slug, name in (("arts", "书画"), ("calligraphy", "书法"), ("singing", "唱歌")):
                work.topics.add(a_topic(slug, name, None if slug == "arts" else "arts"))
            operator = an_operator()
            operator.district_id, operator.reviewed = "hubin", reviewed
            work.operators.add(operator)
            other = an_operator("other", "别家")
            work.operators.add(other)
            work.flush()
            venue = a_venue(area=area, operator_id=operator.id)
            work.venues.add(venue)
            work.flush()
            self.operator_id, self.venue_id, self.other_id = operator.id, venue.id, other.id
            work.commit()
        self.publisher = Actor.publisher(self.operator_id, staff_id=7)
        self.editor = Actor(ActorRole.EDITOR, staff_id=8, operator_id=self.operator_id)
        self.moderator = Actor(ActorRole.MODERATOR, staff_id=9, district_id="hubin")
        self.composing, self.drafting = Composing(database, clock), Drafting(database, clock)
        self.moderating = Moderating(database, clock)

    def form(self, key: str = "k1", *, without: tuple[str, ...] = (), **values: Any) -> Form:
        about = {name: values.pop(name) for name in ("offering_id", "copy_of", "confirmed") if name in values}
        typed = {"venue": str(self.venue_id), **TYPED, **values}
        return Form(self.operator_id, {k: v for k, v in typed.items() if k not in without}, key, **about)

    def publish(self, key: str = "k1", **values: Any) -> Offering:
        published = self.composing.publish(self.publisher, self.form(key, **values))
        return self.read(published.offering_id)

    def read(self, offering_id: int) -> Offering:
        with self.database.reading() as work:
            return work.offerings.get(offering_id)

    def lay(self, offering: Offering) -> int:
        with self.database.writing() as work:
            work.offerings.add(offering)
            work.flush()
            offering_id = offering.id
            work.commit()
        return offering_id

    def edit(self, offering_id: int, key: str = "e1", **changes: Any) -> Offering:
        values = self.composing.to_edit(self.publisher, offering_id, "zh") | changes
        form = Form(self.operator_id, values, key, offering_id=offering_id, confirmed=changes.pop("confirmed", ""))
        self.composing.publish(self.publisher, form)
        return self.read(offering_id)


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


@pytest.fixture
def small_house(sqlite_database: Database) -> House:
    return House(sqlite_database)


def test_eight_fields_make_an_offering_with_its_meeting_and_seats(small_house: House) -> None:
    made = small_house.publish()
    (run,) = made.runs
    (meeting,) = run.class_sessions
    assert (made.title["zh-Hans"], made.status, made.version) == ("修一盏旧台灯", Status.PUBLISHED, 1)
    assert (meeting.held_on, meeting.starts_local, meeting.ends_local) == (date(2026, 12, 5), time(19), time(20, 30))
    assert (run.seat_count, run.enrolment_mode, made.is_free()) == (24, "first_come", True)
    assert made.topic_ids() == ["calligraphy"] and made.audiences == ["everyone"]


def test_the_button_pressed_twice_publishes_once(house: House) -> None:
    first = house.composing.publish(house.publisher, house.form())
    assert house.composing.publish(house.publisher, house.form()) == first
    with house.database.reading() as work:
        assert work.offerings.count() == 1
        said = [(entry.operation, entry.object_id, entry.staff_id) for entry in work.audit_log.all()]
        assert said == [("publish an offering", str(first.offering_id), 7)]


def test_all_errors_are_found_at_once_in_the_order_of_the_form(small_house: House) -> None:
    wrong = {
        "title": "",
        "day": "2月30日",
        "hours": "25:00",
        "seats": "二十来个",
        "price": "贵",
        "venue": "999",
        "kind": "party",
    }
    with pytest.raises(NotComplete) as refused:
        small_house.publish(**wrong)
    assert [each.field for each in refused.value.findings] == [
        "kind",
        "title",
        "day",
        "hours",
        "venue",
        "seats",
        "price",
    ]


def test_a_day_that_is_over_is_an_error_and_names_the_day(small_house: House) -> None:
    with pytest.raises(NotComplete) as refused:
        small_house.publish(day="11月20日")
    (finding,) = refused.value.findings
    assert finding.field == "day" and finding.parts["day"] == date(2026, 11, 20)


def test_doubts_are_confirmed_once_and_for_exactly_what_they_said(small_house: House) -> None:
    small_house.publish("k1", room="三楼大教室")
    with pytest.raises(NotConfirmed) as doubted:
        small_house.publish("k2", room="三楼 大教室")
    assert [each.field for each in doubted.value.findings] == ["title", "hours"]
    with pytest.raises(NotConfirmed):
        small_house.publish("k2", room="三楼大教室", hours="20:00-21:00", day="12月5日", confirmed="another")
    assert small_house.publish("k2", room="三楼 大教室", confirmed=doubted.value.mark).status == Status.PUBLISHED


def test_another_room_or_hour_is_no_clash(small_house: House) -> None:
    small_house.publish("k1", room="三楼大教室")
    assert small_house.publish("k2", title="合唱", room="二楼小教室").id
    assert small_house.publish("k3", title="朗诵", room="三楼大教室", hours="20:30-21:00").id


def test_a_closed_house_and_an_odd_hour_are_doubts(small_house: House) -> None:
    with pytest.raises(NotConfirmed) as doubted:
        small_house.publish(hours="3:00-4:00")
    assert [each.field for each in doubted.value.findings] == ["hours", "venue"]


def test_a_weekly_series_leaves_out_days_and_holidays_and_still_has_its_number(small_house: House) -> None:
    with small_house.database.writing() as work:
        work.venues.get(small_house.venue_id).special_hours = {"2026-12-12": []}
        work.commit()
    series = {"repeat": "week", "times": "4", "except": "12月19日", "except_closed": "yes"}
    (run,) = small_house.publish(**series).runs
    assert [each.held_on.day for each in run.class_sessions] == [5, 26, 2, 9]


def test_a_change_of_the_clocks_keeps_the_wall_time_and_a_skipped_hour_is_refused_naming_the_day(
    sqlite_database: Database,
) -> None:
    berlin = House(sqlite_database, FixedClock(NOW, ZoneInfo("Europe/Berlin")))
    series = {"repeat": "week", "times": "3", "day": "2027年3月21日", "hours": "18:00-19:00"}
    (run,) = berlin.publish(**series).runs
    assert {each.starts_local for each in run.class_sessions} == {time(18)}
    assert len({each.starts_at.time() for each in run.class_sessions if each.starts_at}) == 2
    with pytest.raises(NotComplete) as refused:
        berlin.publish("k2", **{**series, "hours": "2:30-4:00"})
    (finding,) = refused.value.findings
    assert (finding.field, finding.parts["day"]) == ("hours", date(2027, 3, 28))
    with pytest.raises(NotConfirmed) as twice:
        berlin.publish("k3", title="夜", day="2027年10月31日", hours="2:30-4:00")
    assert any(each.parts.get("day") == date(2027, 10, 31) and "twice" in each.text for each in twice.value.findings)


def test_a_copy_keeps_all_but_the_day(small_house: House) -> None:
    first = small_house.publish(description="带工具", audience=["older_people"], repeat="week", times="3", opens="2",
                          term_limit="2", term="2026-autumn")  # fmt: skip
    values = small_house.composing.to_copy(small_house.publisher, first.id, "zh")
    assert "day" not in values and "term" not in values and values["times"] == "3"
    values |= {"day": "2027年1月9日"}
    again = Form(small_house.operator_id, values, "k2", copy_of=first.id)
    copied = small_house.read(small_house.composing.publish(small_house.publisher, again).offering_id)
    with pytest.raises(NotConfirmed):  # twice on one day is looked at once more
        small_house.composing.publish(small_house.publisher, replace(again, key="k3"))
    (run,), (before,) = copied.runs, first.runs
    assert copied.description == first.description and copied.audiences == ["older_people"]
    assert [each.held_on.day for each in run.class_sessions] == [9, 16, 23]
    assert run.enrol_opens_at == run.class_sessions[0].starts_at - timedelta(days=2)
    assert (run.seat_count, run.term_limit) == (before.seat_count, before.term_limit)


def test_a_change_raises_the_version_and_touches_nothing_else(house: House) -> None:
    made = house.publish()
    same = house.edit(made.id, "e0")
    assert same.version == made.version
    changed = house.edit(made.id, summary="新的一句", hours="18:30-20:00")
    assert changed.version == made.version + 1 and changed.summary["zh-Hans"] == "新的一句"
    assert [each.starts_local for each in changed.runs[0].class_sessions] == [time(18, 30)]
    assert changed.runs[0].id == made.runs[0].id


def test_what_a_person_edits_of_a_feed_is_locked_and_the_rest_is_not(small_house: House) -> None:
    offering = an_offering({"zh-Hans": "夜里写字", "zh-Hant": "夜裡寫字"}, operator_id=small_house.operator_id,
                           venue_id=small_house.venue_id, source="feed", source_id="1")  # fmt: skip
    changed = small_house.edit(small_house.lay(offering), title="晚上写字", price="20")
    assert changed.locked_fields == ["prices", "title"]
    assert changed.title == {"zh-Hans": "晚上写字", "zh-Hant": "夜裡寫字"}


def test_seats_below_those_taken_are_refused_in_words(house: House) -> None:
    offering_id = house.lay(an_offering(operator_id=house.operator_id, venue_id=house.venue_id, seats=12, taken=5))
    with pytest.raises(NotComplete) as refused:
        house.edit(offering_id, seats="4")
    (finding,) = refused.value.findings
    assert (finding.field, finding.parts["taken"]) == ("seats", 5)
    assert house.edit(offering_id, "e2", seats="5").runs[0].seat_count == 5


def test_an_editor_writes_and_hands_over_but_does_not_publish(small_house: House) -> None:
    with pytest.raises(NotAllowed):
        small_house.composing.publish(small_house.editor, small_house.form())
    draft_id = small_house.drafting.keep(
        small_house.editor, DraftPlace(small_house.operator_id), small_house.form().values, key="k1"
    )
    small_house.drafting.hand_over(small_house.editor, draft_id)
    (draft,) = small_house.drafting.all(small_house.publisher, small_house.operator_id)
    assert draft.values["_handed_over"] == "yes"
    small_house.composing.publish(small_house.publisher, small_house.form())
    assert small_house.drafting.all(small_house.publisher, small_house.operator_id) == []


def test_a_draft_thrown_away_comes_back(small_house: House) -> None:
    draft_id = small_house.drafting.keep(
        small_house.editor, DraftPlace(small_house.operator_id), {"title": "半句", "evil": "x"}, key="k1"
    )
    small_house.drafting.throw_away(small_house.editor, draft_id)
    assert small_house.drafting.all(small_house.editor, small_house.operator_id) == []
    small_house.drafting.bring_back(small_house.editor, draft_id)
    (draft,) = small_house.drafting.all(small_house.editor, small_house.operator_id)
    assert draft.values["title"] == "半句" and "evil" not in draft.values


def test_drafts_and_offerings_of_others_are_not_to_be_had(small_house: House) -> None:
    stranger = Actor.publisher(small_house.other_id, staff_id=3)
    made = small_house.publish()
    draft_id = small_house.drafting.keep(
        small_house.editor, DraftPlace(small_house.operator_id), {"title": "a"}, key="k9"
    )
    for forbidden in (
        lambda: small_house.drafting.one(stranger, draft_id),
        lambda: small_house.composing.to_copy(stranger, made.id, "zh"),
        lambda: small_house.composing.publish(stranger, small_house.form("k2")),
        lambda: small_house.composing.withdraw(stranger, made.id),
        lambda: small_house.composing.publish(stranger, Form(small_house.other_id, TYPED, "k3", copy_of=made.id)),
    ):
        with pytest.raises(NotAllowed):
            forbidden()


def test_a_reviewed_operator_waits_for_the_moderator_who_gives_a_reason(database: Database) -> None:
    house = House(database, reviewed=True)
    made = house.publish()
    assert made.status == Status.IN_REVIEW
    (waiting,) = house.moderating.queue(house.moderator)
    assert waiting.offering.id == made.id
    with pytest.raises(NotComplete):
        house.moderating.send_back(house.moderator, made.id, " ")
    house.moderating.send_back(house.moderator, made.id, "请写明要带什么工具。")
    assert house.read(made.id).status == Status.DRAFT
    assert house.moderating.decisions(house.editor, made.id)[0].reason == "请写明要带什么工具。"
    again = house.edit(made.id, bring="螺丝刀")
    assert again.status == Status.IN_REVIEW
    house.moderating.publish(house.moderator, made.id)
    house.moderating.publish(house.moderator, made.id)
    assert house.read(made.id).status == Status.PUBLISHED
    with pytest.raises(Conflict):
        house.moderating.send_back(house.moderator, made.id, "太晚了，已经发布")


def test_a_moderator_of_another_district_sees_and_decides_nothing(sqlite_database: Database) -> None:
    house = House(sqlite_database, reviewed=True)
    made = house.publish()
    elsewhere = Actor(ActorRole.MODERATOR, staff_id=4, district_id="yunling")
    assert house.moderating.queue(elsewhere) == []
    with pytest.raises(NotAllowed):
        house.moderating.publish(elsewhere, made.id)


def test_one_key_serves_one_form(small_house: House) -> None:
    made = small_house.publish("k1")
    with pytest.raises(IdempotencyMismatch):
        small_house.composing.publish(small_house.publisher, small_house.form("k1", offering_id=made.id))


def test_what_people_hold_places_on_is_not_withdrawn_nor_moved_silently(house: House) -> None:
    made = house.publish()
    hold_a_place(house.database, made.runs[0].id)
    with pytest.raises(Conflict):
        house.composing.withdraw(house.publisher, made.id)
    with pytest.raises(NotComplete) as refused:
        house.edit(made.id, day="12月6日")
    assert refused.value.findings[0].parts["count"] == 1
    assert len(house.edit(made.id, "e2", day="12月5日、12月6日").runs[0].class_sessions) == 2


def test_a_route_needs_no_day_but_two_stops(small_house: House) -> None:
    values = {"kind": "route", "day": "", "hours": "", "seats": ""}
    with pytest.raises(NotComplete) as refused:
        small_house.publish(**values)
    assert [each.field for each in refused.value.findings] == ["stops"]
    made = small_house.publish(**values, stops="三孔桥；10；5\n宝塔；5")
    assert made.always_open and [stop.walk_minutes_to_next for stop in made.stops] == [5, 0]


def test_the_newest_offering_lends_its_place_and_price_to_the_next_form(small_house: House) -> None:
    assert small_house.composing.blank(small_house.editor, small_house.operator_id, "zh")["venue"] == str(
        small_house.venue_id
    )
    small_house.publish(price="成人30，学生15", room="三楼大教室")
    blank = small_house.composing.blank(small_house.editor, small_house.operator_id, "zh")
    assert (blank["price"], blank["room"], blank["seats"]) == ("成人 30，学生 15", "三楼大教室", "24")
    assert "day" not in blank and "title" not in blank


def test_the_days_of_a_run_that_began_are_changed_without_touching_what_is_over(small_house: House) -> None:
    run = a_run(in_days(-7), in_days(7), in_days(14), seats=None, enrolment_mode="none")
    offering_id = small_house.lay(
        an_offering(operator_id=small_house.operator_id, venue_id=small_house.venue_id, runs=[run])
    )
    changed = small_house.edit(offering_id, day="2026年11月17日、2026年12月2日", repeat="", times="")
    assert [each.held_on for each in changed.runs[0].class_sessions] == [in_days(-7), date(2026, 12, 2)]
