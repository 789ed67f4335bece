"""What of an offering can be found, filtered, counted and sorted."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from city.model import LocalisedText, Offering, Price, Status
from fixtures.factories import (
    NOW,
    SHANGHAI,
    a_meeting,
    a_run,
    a_stop,
    a_topic,
    a_venue,
    an_area,
    an_offering,
    in_days,
)
from indexer.completions import completion_keys
from indexer.document import (
    ALWAYS,
    LARGEST_ID,
    Document,
    Surroundings,
    hours_token,
    slot,
    to_document,
)

CITY = an_area("yundu", "云渡市", level="city")
DISTRICT = an_area("hubin", {"zh-Hans": "湖滨区", "en": "Hubin"}, CITY, level="district")
STREET = an_area("liupu", "柳浦街道", DISTRICT)
ARTS = a_topic("arts", {"zh-Hans": "书画与手工", "en": "Arts"}, parent_id=None)
CALLIGRAPHY = a_topic("calligraphy", {"zh-Hans": "书法", "en": "Calligraphy"}, "arts", parent=ARTS)
AROUND = Surroundings.of([CITY, DISTRICT, STREET], [ARTS, CALLIGRAPHY])


def made(offering: Offering, **more: int) -> Document:
    offering.id = offering.id or 7
    document = to_document(offering, now=NOW, surroundings=AROUND, **more)
    assert document is not None
    return document


def at_library(**values: object) -> Offering:
    venue = a_venue({"zh-Hans": "湖滨图书馆", "en": "Hubin Library"}, area=STREET)
    venue.id, venue.area_id = 3, STREET.id
    offering = an_offering(venue=venue, **values)  # type: ignore[arg-type]
    offering.venue_id = 3
    return offering


@pytest.mark.parametrize("status", [status for status in Status if status != Status.PUBLISHED])
def test_only_what_is_published_has_a_document(status: Status) -> None:
    assert to_document(an_offering(status=status), now=NOW, surroundings=AROUND) is None


def test_what_is_over_has_no_document() -> None:
    over = an_offering(days=[in_days(-3)])
    assert to_document(over, now=NOW, surroundings=AROUND) is None


def test_only_meetings_still_to_come_are_in_the_document() -> None:
    document = made(an_offering(days=[in_days(-3), in_days(2), in_days(9)]))
    assert document.numbers["days"] == (in_days(2).toordinal(), in_days(9).toordinal())


def test_an_area_of_every_level_finds_the_offering() -> None:
    document = made(at_library())
    assert document.keywords["areas"] == ("yundu", "hubin", "liupu")
    assert document.keywords["district"] == ("hubin",)


def test_what_has_no_known_place_is_found_by_the_city() -> None:
    document = made(an_offering(venue=None))
    assert document.keywords["areas"] == ("yundu",) and document.keywords["district"] == ()
    assert document.position is None


def test_a_route_is_where_it_starts() -> None:
    document = made(an_offering(kind="route", venue=None, stops=[a_stop(1, latitude=30.1, longitude=120.2), a_stop(2)]))
    assert document.position == (30.1, 120.2)


def test_what_is_only_online_is_nowhere() -> None:
    assert made(at_library(attendance="online")).position is None


def test_a_topic_brings_its_parents() -> None:
    assert made(an_offering(topics=["calligraphy"])).keywords["topics"] == ("calligraphy", "arts")


def test_one_meeting_has_its_weekday_and_its_daypart_together() -> None:
    tuesday_evening, sunday_morning = a_meeting(in_days(0), time(19)), a_meeting(in_days(5), time(9), time(10))
    document = made(an_offering(runs=[a_run(), a_run()]))
    offering = an_offering()
    offering.runs[0].class_sessions = [tuesday_evening, sunday_morning]
    document = made(offering)
    assert document.keywords["slots"] == ("1-evening", "6-morning")
    assert document.keywords["weekday_parts"] == ("1-4", "6-1")
    assert document.keywords["part_weekdays"] == ("evening-2", "morning-64")
    assert document.keywords["day_slots"][0] == slot(in_days(0).toordinal(), "evening")


def test_an_hour_nobody_stated_is_said_to_be_not_stated_and_fits_no_free_hours() -> None:
    offering = an_offering()
    offering.runs[0].class_sessions = [a_meeting(in_days(1), None)]
    document = made(offering)
    assert document.keywords["dayparts"] == ("not_stated",)
    assert document.keywords["hours"] == ()


@pytest.mark.parametrize(
    ("starts", "ends", "token"),
    [
        (time(19), time(20, 30), hours_token(2, 76, 82)),
        (time(19, 5), time(20, 35), hours_token(2, 76, 83)),
        (time(22), time(0, 30), hours_token(2, 88, 99)),
        (time(10), None, hours_token(2, 40, 41)),
    ],
)
def test_hours_are_widened_to_quarters(starts: time, ends: time | None, token: str) -> None:
    offering = an_offering()
    offering.runs[0].class_sessions = [a_meeting(in_days(1), starts, ends)]
    assert made(offering).keywords["hours"] == (token,)


def test_what_is_always_open_has_every_weekday_and_daypart_and_is_never_over() -> None:
    document = made(an_offering(kind="route"))
    assert document.keywords["weekdays"] == tuple("0123456")
    assert document.keywords["dayparts"] == ("morning", "afternoon", "evening")
    assert document.numbers["listed_until"] == (ALWAYS,)


def test_it_is_listed_until_its_last_meeting_is_over() -> None:
    document = made(an_offering(days=[in_days(2), in_days(9)]))
    last = a_meeting(in_days(9)).over_at
    assert document.numbers["listed_until"] == (int(last.timestamp()),)


def test_the_lowest_stated_price_is_kept_and_no_price_is_not_free() -> None:
    tiers = [Price(5000).as_json(), Price(2000).as_json()]
    assert made(an_offering(price_tiers=tiers)).numbers["price_minor"] == (2000,)
    unknown = made(an_offering(price_tiers=[]))
    assert unknown.numbers["price_minor"] == () and unknown.keywords["is_free"] == ()


def test_every_order_puts_open_before_full_and_the_smaller_id_first() -> None:
    first, second, full = an_offering(), an_offering(), an_offering(taken=12)
    first.id, second.id, full.id = 1, 2, 3
    one, two, three = made(first).numbers, made(second).numbers, made(full).numbers
    assert one["browse_order"] > two["browse_order"] > three["browse_order"]
    assert one["newest_order"] > two["newest_order"] > three["newest_order"]
    assert one["soonest_order"] < two["soonest_order"] < three["soonest_order"]


def test_the_largest_id_fits_into_an_order() -> None:
    offering = an_offering(taken=12)
    offering.id = LARGEST_ID
    assert all(
        0 <= number < 2**63
        for name in ("browse_order", "soonest_order", "newest_order")
        for number in made(offering).numbers[name]
    )


def test_sooner_newer_and_better_come_first() -> None:
    soon, later = made(an_offering(days=[in_days(1)])), made(an_offering(days=[in_days(8)]))
    assert soon.numbers["soonest_order"] < later.numbers["soonest_order"]
    new, old = made(an_offering(published_at=NOW)), made(an_offering(published_at=NOW - timedelta(days=400)))
    assert new.numbers["newest_order"] > old.numbers["newest_order"]
    assert new.merit > old.merit
    assert made(an_offering(), popularity_step=10).merit > made(an_offering()).merit


def test_merit_is_mild() -> None:
    best = made(an_offering(published_at=NOW), popularity_step=10).merit
    bare = an_offering(venue=None, languages=[], price_tiers=[], access_features=[], summary=LocalisedText())
    assert 1 < best / made(bare).merit < 1.3


def test_what_says_more_of_what_a_citizen_wants_to_know_has_more_merit() -> None:
    assert made(an_offering(summary=LocalisedText({"en": "s"}))).merit > made(an_offering(price_tiers=[])).merit


def test_words_for_when_and_for_whom_are_in_the_document() -> None:
    document = made(at_library(days=[in_days(4)], audiences=["older_people"]))
    said = set(document.words["around_words"])
    assert {"周六", "saturday", "weekend", "晚上", "evening", "免费", "free", "老人", "hubin", "湖滨"} <= said


def test_traditional_and_simplified_of_one_title_are_indexed_once() -> None:
    document = made(an_offering({"zh-Hans": "书法入门", "zh-Hant": "書法入門"}))
    assert document.words["title_words"].count("书法") == 1


def test_stops_and_transcripts_can_be_found() -> None:
    route = made(an_offering(kind="route", stops=[a_stop(1, "三孔桥"), a_stop(2, "古渡口")]))
    assert "渡口" in "".join(route.words["description_words"])
    lesson = made(an_offering(transcript=LocalisedText({"en": "Hold the brush upright"})))
    assert "brush" in lesson.words["all_words"]


def test_a_name_is_completed_from_each_of_its_words_in_letters_pinyin_and_initials() -> None:
    keys = completion_keys("湖滨图书馆")
    assert {"湖滨图书馆", "图书馆", "hubintushuguan", "tushuguan", "hbtshg", "hbtsg", "tsg"} <= set(keys)
    assert {"taichiandbaduanjin", "chiandbaduanjin", "baduanjin"} <= set(completion_keys("Tai chi and Baduanjin"))


def test_the_day_is_the_local_one() -> None:
    late = a_meeting(date(2026, 11, 30), time(0, 30), time(1), SHANGHAI)
    offering = an_offering()
    offering.runs[0].class_sessions = [late]
    assert made(offering).numbers["days"] == (date(2026, 11, 30).toordinal(),)
