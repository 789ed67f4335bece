"""By-laws of offerings: what is upcoming, over, full, open, free, and complete enough to publish."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from city.errors import InvalidInput
from city.model import ClassSession, Daypart, LocalisedText, Offering, Price, Run, Stop, Venue
from city.terms import daypart_of

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)  # noon in Shanghai


def a_meeting(day: int, starts: time | None = time(19), ends: time | None = time(20, 30)) -> ClassSession:
    return ClassSession.at(date(2026, 11, day), SHANGHAI, starts, ends)


def an_evening_class(*meetings: ClassSession, **run: object) -> Offering:
    values = {"enrolment_mode": "first_come", "seat_count": 12, "taken_count": 0, "cancelled": False} | run
    return Offering(
        kind="night_school",
        status="published",
        always_open=False,
        title=LocalisedText({"zh-Hans": "夜里写字", "en": "Evening calligraphy"}),
        runs=[Run(class_sessions=list(meetings), **values)],
    )


def test_a_meeting_keeps_its_wall_clock_and_knows_its_instant() -> None:
    meeting = a_meeting(24)
    assert meeting.starts_at == datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
    assert meeting.over_at == datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
    assert meeting.daypart() is Daypart.EVENING


def test_a_meeting_without_an_hour_lasts_to_the_end_of_its_day_and_has_no_daypart() -> None:
    meeting = a_meeting(24, None, None)
    assert meeting.over_at == datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
    assert meeting.starts_at is None
    assert meeting.daypart() is None


def test_a_meeting_that_ends_after_midnight_is_over_the_next_day() -> None:
    assert a_meeting(24, time(22), time(1)).over_at == datetime(2026, 11, 24, 17, 0, tzinfo=UTC)


def test_a_wall_time_that_the_clocks_skip_is_refused() -> None:
    with pytest.raises(ValueError, match="does not exist"):
        ClassSession.at(date(2026, 3, 29), ZoneInfo("Europe/Berlin"), time(2, 30), time(4))


def test_an_offering_is_over_when_its_last_meeting_is() -> None:
    assert an_evening_class(a_meeting(20), a_meeting(23)).is_over(NOW)
    assert not an_evening_class(a_meeting(20), a_meeting(24)).is_over(NOW)


def test_a_route_is_never_over() -> None:
    assert not Offering(kind="route", status="published", always_open=True, runs=[]).is_over(NOW)


def test_only_what_is_published_and_not_over_is_listed() -> None:
    offering = an_evening_class(a_meeting(24))
    assert offering.is_listable(NOW)
    offering.withdraw()
    assert not offering.is_listable(NOW)


def test_meetings_of_a_cancelled_run_do_not_count() -> None:
    assert an_evening_class(a_meeting(24), cancelled=True).is_over(NOW)


def test_a_full_run_takes_enrolments_no_more_but_stays_in_the_list() -> None:
    offering = an_evening_class(a_meeting(25), taken_count=12)
    assert offering.runs[0].is_full()
    assert not offering.has_seats(NOW)
    assert offering.is_listable(NOW)


def test_a_run_without_counted_seats_is_never_full() -> None:
    run = an_evening_class(a_meeting(25), seat_count=None).runs[0]
    assert run.seats_left() is None
    assert not run.is_full()


def test_enrolment_is_open_between_its_two_instants() -> None:
    opens, closes = datetime(2026, 11, 24, 3, tzinfo=UTC), datetime(2026, 11, 24, 5, tzinfo=UTC)
    run = an_evening_class(a_meeting(25), enrol_opens_at=opens, enrol_closes_at=closes).runs[0]
    assert run.takes_enrolments(NOW)
    assert not run.takes_enrolments(closes)
    assert not run.takes_enrolments(datetime(2026, 11, 24, 2, tzinfo=UTC))


def test_the_next_run_with_a_place_goes_before_an_earlier_full_one() -> None:
    full = Run(
        class_sessions=[a_meeting(25)], enrolment_mode="first_come", seat_count=3, taken_count=3, cancelled=False
    )
    free = Run(
        class_sessions=[a_meeting(28)], enrolment_mode="first_come", seat_count=3, taken_count=1, cancelled=False
    )
    assert Offering(runs=[full, free]).next_run(NOW) is free


@pytest.mark.parametrize(
    ("wall", "daypart"),
    [(time(11, 59), "morning"), (time(12), "afternoon"), (time(18), "evening"), (time(0), "morning")],
)
def test_dayparts_begin_at_midnight_noon_and_six(wall: time, daypart: str) -> None:
    assert daypart_of(wall) == daypart


def test_free_is_a_stated_price_of_zero_and_silence_is_not_free() -> None:
    assert Offering(price_tiers=[Price(0).as_json()]).is_free() is True
    assert Offering(price_tiers=[Price(0).as_json(), Price(8000).as_json()]).is_free() is False
    assert Offering(price_tiers=[]).is_free() is None


def test_publishing_needs_a_title_and_a_day() -> None:
    with pytest.raises(InvalidInput, match="title"):
        Offering(kind="event", title=LocalisedText(), runs=[], always_open=False).publish(NOW)
    with pytest.raises(InvalidInput, match="day"):
        Offering(kind="event", title=LocalisedText({"en": "Talk"}), runs=[], always_open=False).publish(NOW)


def test_a_route_needs_two_stops() -> None:
    route = Offering(kind="route", title=LocalisedText({"en": "Bridges"}), always_open=True, stops=[Stop(position=1)])
    with pytest.raises(InvalidInput, match="2 stops"):
        route.publish(NOW)


def test_publishing_again_keeps_the_first_instant() -> None:
    offering = an_evening_class(a_meeting(25))
    offering.publish(NOW)
    offering.publish(datetime(2026, 12, 1, tzinfo=UTC))
    assert offering.published_at == NOW


def test_topics_keep_their_order_and_come_once() -> None:
    offering = Offering(title=LocalisedText({"en": "Tea"}))
    offering.set_topics(["tea", "poetry", "tea"])
    offering.set_topics(["poetry", "tea"])
    assert offering.topic_ids() == ["poetry", "tea"]
    assert [link.position for link in offering.topic_links] == [0, 1]


def test_a_text_falls_back_in_the_stated_order() -> None:
    text = LocalisedText({"zh-Hant": "書法班", "en": "Calligraphy", "zh-Hans": " "})
    assert text.best("zh") == ("書法班", "zh-Hant")
    assert text.best("en") == ("Calligraphy", "en")
    assert LocalisedText().best("en") == ("", "")


def test_a_lift_where_a_route_begins_takes_nobody_over_the_steps_on_the_way() -> None:
    library = Venue(access_features=["lift", "step_free"])
    route = Offering(kind="route", access_features=["seats"], venue=library)
    assert route.features() == {"seats"}
    assert not route.without_stairs()
    assert Offering(kind="course", access_features=[], venue=library).without_stairs()
