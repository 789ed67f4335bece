"""schema.org JSON-LD: what becomes of events, series, courses and trips, in files and in pages."""

from __future__ import annotations

import contextlib
import copy
import json
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from city.errors import FeedRefused
from city.services.records import MeetingRecord, OfferingRecord
from indexer.sources import Reading, SourceOptions, jsonld

NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)
OPTIONS = SourceOptions(now=NOW)
EVENING = {
    "@type": "EducationEvent",
    "@id": "https://library.example/calligraphy",
    "name": "Evening calligraphy",
    "startDate": "2026-11-27T19:30:00+08:00",
    "endDate": "2026-11-27T21:00:00+08:00",
}


@pytest.fixture
def read(tmp_path: Path):  # type: ignore[no-untyped-def]
    def reading(document: Any, options: SourceOptions = OPTIONS, name: str = "feed.json") -> Reading:
        path = tmp_path / name
        written = document if isinstance(document, str) else json.dumps(document, ensure_ascii=False, indent=1)
        path.write_text(written, "utf-8")
        return jsonld.read(path, options)

    return reading


def ours(*nodes: dict[str, Any], context: Any = "https://schema.org") -> dict[str, Any]:
    return {"@context": context, "@graph": list(nodes)}


def only(reading: Reading) -> OfferingRecord:
    assert reading.refusals == []
    (record,) = reading.records
    return record


def days(record: OfferingRecord) -> list[str]:
    return [meeting.held_on.isoformat() for meeting in record.meetings]


def test_an_event_says_when_where_what_it_costs_and_whom_to_ask(read) -> None:  # type: ignore[no-untyped-def]
    event = EVENING | {
        "description": "<p>Brush &amp; ink.</p>",
        "location": {
            "@type": "Library",
            "name": "湖滨图书馆",
            "address": {"@type": "PostalAddress", "streetAddress": "平海路5号", "addressLocality": "上城区"},
            "geo": {"latitude": "30.25", "longitude": 120.16},
            "amenityFeature": [{"name": "Lift", "value": True}, {"name": "Toilets", "value": False}],
        },
        "offers": [
            {"@type": "Offer", "name": "Adults", "price": "20", "priceCurrency": "CNY"},
            {"@type": "Offer", "name": "Children", "price": 0},
        ],
        "inLanguage": ["zh-CN", "en"],
        "audience": {"@type": "PeopleAudience", "audienceType": "older people", "suggestedMinAge": 60},
        "keywords": "书法, ink bathing",
        "organizer": {"name": "Hubin Library", "telephone": "0571 8500 1234"},
        "url": "https://library.example/e/1",
        "image": {"@type": "ImageObject", "url": "https://library.example/1.jpg", "caption": "A brush"},
        "maximumAttendeeCapacity": 12,
        "remainingAttendeeCapacity": 3,
    }
    reading = read(ours(event))
    record = only(reading)
    assert record.meetings == (MeetingRecord(date(2026, 11, 27), time(19, 30), time(21)),)
    assert (record.kind, record.title, record.description) == (
        "event", {"en": "Evening calligraphy"}, {"en": "Brush & ink."},
    )  # fmt: skip
    assert [(price["amount_minor"], price["currency"], price["label"]) for price in record.prices] == [
        (2000, "CNY", {"en": "Adults"}), (0, "CNY", {"en": "Children"}),
    ]  # fmt: skip
    assert (record.languages, record.audiences, record.age_min) == (("zh", "en"), ("older_people",), 60)
    assert (record.topics, record.seat_count) == (("calligraphy",), 12)
    assert record.contact == "Hubin Library · 0571 8500 1234"
    assert record.picture == {"address": "https://library.example/1.jpg", "text": {"en": "A brush"}}
    (venue,) = reading.venues
    assert record.venue == venue.source_id
    assert (venue.name, venue.type, venue.access_features) == ({"zh-Hans": "湖滨图书馆"}, "library", ("lift",))
    assert venue.address == {"zh-Hans": "上城区平海路5号"}
    assert (venue.latitude, venue.longitude) == (30.25, 120.16)
    assert ["ink bathing" in str(remark.value) for remark in reading.remarks] == [True]


@pytest.mark.parametrize(
    "document",
    [
        EVENING | {"@context": "http://schema.org/"},
        [EVENING | {"@context": ["https://schema.org", {"@language": "en"}]}],
        {"@context": {"schema": "http://schema.org/"}, "@graph": [
            {"@type": "schema:EducationEvent", "@id": EVENING["@id"], "schema:name": EVENING["name"],
             "schema:startDate": {"@value": EVENING["startDate"]}, "schema:endDate": EVENING["endDate"]}]},
        {"@context": {"@vocab": "https://schema.org/", "titel": "name", "type": "@type"}, "type": "Event",
         "@id": EVENING["@id"], "titel": EVENING["name"], "startDate": EVENING["startDate"],
         "endDate": EVENING["endDate"]},
        {"@context": "https://schema.org", "@type": "ItemList",
         "itemListElement": [{"@type": "ListItem", "position": 1, "item": EVENING}]},
        {"@context": "https://schema.org", "@graph": [
            {"@type": "WebPage", "mainEntity": {"@id": EVENING["@id"]}}, EVENING]},
    ],
)  # fmt: skip
def test_one_event_is_the_same_however_json_ld_writes_it(read, document: Any) -> None:  # type: ignore[no-untyped-def]
    record = only(read(document))
    assert (record.source_id, record.title) == ("https://library.example/calligraphy", {"en": "Evening calligraphy"})
    assert record.meetings == (MeetingRecord(date(2026, 11, 27), time(19, 30), time(21)),)


def test_texts_keep_their_languages(read) -> None:  # type: ignore[no-untyped-def]
    name = [{"@value": "Tea", "@language": "en"}, {"@value": "茶艺", "@language": "zh-CN"},
            {"@value": "茶藝", "@language": "zh-HK"}, {"@value": "Thé", "@language": "fr"}]  # fmt: skip
    assert only(read(ours(EVENING | {"name": name}))).title == {"en": "Tea", "zh-Hans": "茶艺", "zh-Hant": "茶藝"}
    assert only(read(ours(EVENING | {"name": {"en": "Tea", "zh": "茶艺"}}))).title == {"en": "Tea", "zh-Hans": "茶艺"}
    assert only(read(ours(EVENING | {"name": "書法之夜"}))).title == {"zh-Hant": "書法之夜"}
    assert only(read(ours(EVENING | {"name": {"@value": "Thé", "@language": "fr"}}))).title == {"en": "Thé"}


@pytest.mark.parametrize(
    ("dates", "meetings"),
    [
        ({"startDate": "2026-11-27"}, [("2026-11-27", None, None)]),
        ({"startDate": "2026-11-27T11:30:00Z"}, [("2026-11-27", "19:30", None)]),
        ({"startDate": "2026-11-27T19:30", "duration": "PT90M"}, [("2026-11-27", "19:30", "21:00")]),
        ({"startDate": "2026-11-27T00:00:00+08:00", "endDate": "2026-11-27T23:59:00+08:00"},
         [("2026-11-27", None, None)]),
        ({"startDate": "2026-11-27T22:00", "endDate": "2026-11-28T01:00"}, [("2026-11-27", "22:00", "01:00")]),
        ({"startDate": "2026-11-27", "endDate": "2026-11-29"},
         [("2026-11-27", None, None), ("2026-11-28", None, None), ("2026-11-29", None, None)]),
        ({"startDate": "2026-11-27T10:00", "endDate": "2026-11-28T18:00", "doorTime": "09:30"},
         [("2026-11-27", "10:00", None), ("2026-11-28", None, None)]),
    ],
)  # fmt: skip
def test_dates_become_meetings_and_an_hour_that_is_not_given_stays_unknown(  # type: ignore[no-untyped-def]
    read, dates: dict[str, str], meetings: list[tuple[str, str | None, str | None]]
) -> None:
    bare = {key: value for key, value in EVENING.items() if not key.endswith("Date")}
    found = only(read(ours(bare | dates))).meetings
    told = [(meeting.held_on, meeting.starts_local, meeting.ends_local) for meeting in found]
    assert [(str(day), *(hour and f"{hour:%H:%M}" for hour in hours)) for day, *hours in told] == meetings


def test_what_has_no_usable_day_is_refused_with_its_line_and_what_would_be_right(read) -> None:  # type: ignore[no-untyped-def]
    wrong = {"@type": "Event", "@id": "x:1", "name": "Tea", "startDate": "next Friday"}
    turned = EVENING | {"@id": "x:2", "endDate": "2026-11-26"}
    nameless = {"@type": "Event", "@id": "x:3", "startDate": "2026-11-27"}
    undated = {"@type": "Event", "@id": "x:4", "name": "Tea"}
    reading = read(ours(wrong, turned, nameless, undated, EVENING))
    assert [(refusal.part, refusal.field, refusal.value) for refusal in reading.refusals] == [
        ("x:1", "startDate", "next Friday"), ("x:2", "endDate", "2026-11-26"),
        ("x:3", "name", None), ("x:4", "startDate", None),
    ]  # fmt: skip
    assert [refusal.line for refusal in reading.refusals] == [6, 12, 19, 24]
    assert all(refusal.file == "feed.json" and refusal.remedy for refusal in reading.refusals)
    assert len(reading.records) == 1


def test_what_is_called_off_put_off_moved_or_online_says_so(read) -> None:  # type: ignore[no-untyped-def]
    def with_status(status: str, **more: Any) -> OfferingRecord:
        return only(read(ours(EVENING | {"eventStatus": f"https://schema.org/{status}"} | more)))

    assert with_status("EventCancelled").status == "cancelled"
    postponed = with_status("EventPostponed")
    assert (postponed.status, postponed.meetings) == ("postponed", ())
    assert postponed.date_note["zh-Hans"] == "原定2026年11月27日 19:30"
    moved = with_status("EventRescheduled", previousStartDate="2026-11-20T19:30:00+08:00")
    assert (moved.status, days(moved)) == ("published", ["2026-11-27"])
    assert moved.date_note["en"] == "Was planned for 20 November 2026 19:30"
    assert with_status("EventMovedOnline").attendance == "online"


def test_a_virtual_place_makes_it_online_and_a_house_beside_it_mixed(read) -> None:  # type: ignore[no-untyped-def]
    virtual = {"@type": "VirtualLocation", "url": "https://meet.example/1"}
    house = {"@type": "Place", "name": "Hubin Library"}
    online = only(read(ours(EVENING | {"location": virtual})))
    assert (online.attendance, online.venue) == ("online", None)
    mixed = only(read(ours(EVENING | {"location": [virtual, house]})))
    assert (mixed.attendance, mixed.venue is None) == ("mixed", False)
    assert only(read(ours(EVENING | {"location": "Hubin Library"}))).attendance == "in_person"


def test_a_weekly_schedule_is_expanded_with_its_exceptions_and_kept_as_a_rule(read) -> None:  # type: ignore[no-untyped-def]
    schedule = {"@type": "Schedule", "repeatFrequency": "P1W", "byDay": ["https://schema.org/Friday"],
                "startDate": "2026-11-27", "endDate": "2026-12-25", "startTime": "19:30", "endTime": "21:00",
                "scheduleTimezone": "Asia/Shanghai", "exceptDate": "2026-12-11"}  # fmt: skip
    bare = {key: value for key, value in EVENING.items() if not key.endswith("Date")}
    record = only(read(ours(bare | {"eventSchedule": schedule})))
    assert days(record) == ["2026-11-27", "2026-12-04", "2026-12-18", "2026-12-25"]
    assert record.meetings[0] == MeetingRecord(date(2026, 11, 27), time(19, 30), time(21))
    assert "RRULE:FREQ=WEEKLY;UNTIL=20261225T235959;BYDAY=FR" in record.recurrence
    later = only(read(ours(bare | {"eventSchedule": schedule}), SourceOptions(now=datetime(2026, 12, 17, tzinfo=UTC))))
    assert (days(later), later.sha256()) == (["2026-12-18", "2026-12-25"], record.sha256())


def test_a_schedule_without_days_of_its_own_runs_from_the_first_to_the_last_day_of_its_course(read) -> None:  # type: ignore[no-untyped-def]
    instance = {"@type": "CourseInstance", "startDate": "2026-12-01", "endDate": "2026-12-15",
                "courseSchedule": {"@type": "Schedule", "byDay": "Tuesday", "startTime": "18:30"}}  # fmt: skip
    course = {"@type": "Course", "name": "Tea", "hasCourseInstance": instance | {"@id": "https://u.example/1"}}
    (run,) = only(read(ours(course))).runs
    assert [(m.held_on.day, m.starts_local) for m in run.meetings] == [(day, time(18, 30)) for day in (1, 8, 15)]


def test_a_schedule_without_end_reaches_57_weeks_and_one_within_a_day_is_refused(read) -> None:  # type: ignore[no-untyped-def]
    bare = {key: value for key, value in EVENING.items() if not key.endswith("Date")}
    daily = {"@type": "Schedule", "repeatFrequency": "P1D", "startDate": "2020-01-01"}
    record = only(read(ours(bare | {"eventSchedule": daily})))
    assert (days(record)[0], days(record)[-1], len(record.meetings)) == ("2026-11-24", "2027-12-27", 399)
    hourly = daily | {"repeatFrequency": "PT1H"}
    (refusal,) = read(ours(bare | {"eventSchedule": hourly})).refusals
    assert (refusal.field, refusal.value) == ("repeatFrequency", "PT1H")


def test_showings_that_are_booked_one_by_one_are_runs_of_one_offering(read) -> None:  # type: ignore[no-untyped-def]
    showings = [
        {"@type": "Event", "@id": f"https://t.example/{day}", "startDate": f"2026-12-0{day}T15:00",
         "maximumAttendeeCapacity": 40, "eventStatus": f"https://schema.org/{status}"}
        for day, status in ((1, "EventScheduled"), (2, "EventCancelled"))
    ]  # fmt: skip
    series = {"@type": "EventSeries", "@id": "https://t.example/show", "name": "Shadow play", "subEvent": showings}
    record = only(read(ours(series)))
    assert (record.source_id, record.title, record.meetings) == ("https://t.example/show", {"en": "Shadow play"}, ())
    assert [(run.source_id, run.seat_count, run.cancelled) for run in record.runs] == [
        ("https://t.example/1", 40, False), ("https://t.example/2", 40, True),
    ]  # fmt: skip
    split = [showing | {"superEvent": {"@id": "https://t.example/show"}} for showing in showings]
    bare = {key: value for key, value in series.items() if key != "subEvent"}
    assert only(read(ours(*split, bare))).as_json() == record.as_json()


def test_evenings_that_are_booked_together_are_meetings_of_one_run(read) -> None:  # type: ignore[no-untyped-def]
    evenings = [{"@type": "Event", "startDate": f"2026-12-0{day}T19:00"} for day in (1, 8, 3)]
    evenings.append({"@type": "Event", "startDate": "2026-12-09T19:00", "eventStatus": "EventCancelled"})
    record = only(read(ours(EVENING | {"subEvent": evenings, "maximumAttendeeCapacity": 12})))
    assert (days(record), record.runs, record.seat_count) == (["2026-12-01", "2026-12-03", "2026-12-08"], (), 12)
    assert record.date_note == {"zh-Hans": "取消：2026年12月9日 19:00", "en": "Cancelled: 9 December 2026 19:00"}


def test_a_festivals_concerts_are_offerings_of_their_own_and_inherit_the_place_not_the_price(read) -> None:  # type: ignore[no-untyped-def]
    festival = {"@type": "Festival", "@id": "https://f.example/", "name": "Lake festival",
                "location": {"@type": "Place", "name": "West Lake"}, "offers": {"price": 300, "priceCurrency": "CNY"},
                "subEvent": [{"@type": "MusicEvent", "@id": f"https://f.example/{name}", "name": name,
                              "startDate": "2026-12-05T20:00"} for name in ("Pipa", "Erhu")]}  # fmt: skip
    reading = read(ours(festival))
    assert [record.title["en"] for record in reading.records] == ["Pipa", "Erhu"]
    assert {record.venue for record in reading.records} == {reading.venues[0].source_id}
    assert [record.prices for record in reading.records] == [(), ()]


def test_a_courses_instances_are_its_runs_also_one_that_is_online_without_dates(read) -> None:  # type: ignore[no-untyped-def]
    course = {
        "@type": "Course", "@id": "https://u.example/c", "name": "Seal carving",
        "educationalLevel": "Beginner", "provider": {"@type": "Organization", "name": "Night college"},
        "hasCourseInstance": [
            {"@type": "CourseInstance", "@id": "https://u.example/c/spring", "courseMode": "onsite",
             "startDate": "2027-03-01", "endDate": "2027-06-28", "maximumAttendeeCapacity": 20},
            {"@type": "CourseInstance", "@id": "https://u.example/c/autumn", "courseMode": "onsite",
             "courseSchedule": {"@type": "Schedule", "repeatFrequency": "Weekly", "repeatCount": 3,
                                "startDate": "2026-12-01", "startTime": "18:30", "duration": "PT2H"}},
            {"@type": "CourseInstance", "@id": "https://u.example/c/later", "courseMode": "onsite"},
        ],
    }  # fmt: skip
    reading = read(ours(course))
    record = only(reading)
    assert (record.kind, record.level, record.contact) == ("course", "beginner", "Night college")
    spring, autumn = record.runs
    assert ([m.held_on.isoformat() for m in spring.meetings], spring.seat_count) == (["2027-03-01", "2027-06-28"], 20)
    assert [(m.held_on.day, m.ends_local) for m in autumn.meetings] == [(day, time(20, 30)) for day in (1, 8, 15)]
    assert "1 of its editions have no day" in reading.remarks[0].message
    online = course | {"hasCourseInstance": {"@type": "CourseInstance", "courseMode": "online"}}
    assert (only(read(ours(online))).always_open, only(read(ours(online))).attendance) == (True, "online")


def test_a_course_in_two_houses_is_an_offering_in_each(read) -> None:  # type: ignore[no-untyped-def]
    instances = [{"@type": "CourseInstance", "@id": f"https://u.example/{house}", "startDate": "2026-12-01",
                  "location": {"@type": "Place", "name": house}} for house in ("North", "South")]  # fmt: skip
    course = {"@type": "Course", "@id": "https://u.example/c", "name": "Tea", "hasCourseInstance": instances}
    reading = read(ours(course))
    houses = {venue.source_id: venue.name["en"] for venue in reading.venues}
    assert [houses[str(record.venue)] for record in reading.records] == ["North", "South"]
    assert len({record.source_id for record in reading.records}) == 2


def test_a_trip_is_a_route_with_its_stops_in_order_and_minutes_between_them(read) -> None:  # type: ignore[no-untyped-def]
    places = [("Bridge", 30.26, 120.14, 2), ("Pagoda", 30.25, 120.14, 1), ("Garden", 30.24, 120.14, 3)]
    items = [{"@type": "ListItem", "position": at, "item": {"@type": "TouristAttraction", "name": name,
              "geo": {"latitude": lat, "longitude": lon}}} for name, lat, lon, at in places]  # fmt: skip
    trip = {"@type": "TouristTrip", "@id": "https://t.example/walk", "name": "Lake walk",
            "itinerary": {"@type": "ItemList", "itemListElement": items}}  # fmt: skip
    record = only(read(ours(trip)))
    assert (record.kind, record.always_open) == ("route", True)
    assert [stop.name["en"] for stop in record.stops] == ["Pagoda", "Bridge", "Garden"]
    assert [stop.walk_minutes_to_next for stop in record.stops] == [29, 58, 0]
    short = trip | {"itinerary": {"@type": "ItemList", "itemListElement": items[:1]}}
    assert read(ours(short)).refusals[0].message == "A route needs at least 2 stops."


def test_undeclared_records_are_what_the_command_says(read) -> None:  # type: ignore[no-untyped-def]
    bare = {key: value for key, value in EVENING.items() if key != "@type"}
    assert only(read([bare], SourceOptions(kind="night_school", now=NOW))).kind == "night_school"
    assert only(read([EVENING], SourceOptions(kind="night_school", now=NOW))).kind == "event"


def test_a_page_gives_all_its_blocks_and_a_broken_one_is_refused_by_its_line(read) -> None:  # type: ignore[no-untyped-def]
    second = EVENING | {"@id": "#tea", "name": "Tea", "organizer": {"@id": "#us"}}
    blocks = [ours(EVENING), ours(second), ours({"@type": "Organization", "@id": "#us", "name": "Tea house"})]
    scripts = "\n".join(f'<script type="application/ld+json">{json.dumps(block)}</script>' for block in blocks)
    scripts += '\n<script type="application/ld+json">{,}</script>'
    page = f'<!DOCTYPE html>\n<html lang="en"><head>{scripts}</head></html>'
    reading = read(page, SourceOptions(now=NOW, address="https://tea.example/programme"), "page.html")
    assert [record.source_id for record in reading.records] == [EVENING["@id"], "https://tea.example/programme#tea"]
    assert reading.records[1].contact == "Tea house"
    assert [(refusal.line, refusal.part) for refusal in reading.refusals] == [(5, "")]


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ("<html><body>No data</body></html>", "feed.json is a page without JSON-LD."),
        ('{"@type": "Order"}', "feed.json holds no offering: what it holds is 1 Order."),
        ('{"next": "https://a.example/", "items": []}', "feed.json is a page of a change feed."),
        ('{"@type": "RouteGuide"}', "feed.json holds no offering: what it holds is 1 RouteGuide."),
        ('{"@context": "https://www.w3.org/ns/activitystreams", "@type": "Event", "name": "x"}',
         "feed.json holds no offering: what it holds is no node with a type."),
        ('{"a": 1, "a": 2}', "feed.json: the key 'a' stands twice in one object."),
    ],
)  # fmt: skip
def test_a_document_without_offerings_is_refused_with_what_it_holds(  # type: ignore[no-untyped-def]
    read, document: str, sentence: str
) -> None:
    with pytest.raises(FeedRefused) as refused:
        read(document)
    assert str(refused.value) == sentence


def test_one_id_twice_is_one_record_and_two_records_without_id_are_told_apart(read) -> None:  # type: ignore[no-untyped-def]
    assert len(read(ours(EVENING, EVENING)).records) == 1
    nameless = [{"@type": "Event", "name": name, "startDate": "2026-11-27"} for name in ("Tea", "Ink", "Tea")]
    reading = read(ours(*nameless))
    assert [record.title["en"] for record in reading.records] == ["Tea", "Ink"]
    assert "already" in reading.refusals[0].message


def test_a_price_without_currency_is_told_and_left_out_and_a_range_keeps_both_ends(read) -> None:  # type: ignore[no-untyped-def]
    reading = read(ours(EVENING | {"offers": {"price": 12}}))
    assert (only(reading).prices, reading.remarks[0].field, reading.remarks[0].part) == (
        (),
        "offers.price",
        EVENING["@id"],
    )
    spread = {"@type": "AggregateOffer", "lowPrice": "10.50", "highPrice": 30, "priceCurrency": "CNY"}
    tiers = only(read(ours(EVENING | {"offers": spread}))).prices
    assert [(tier["amount_minor"], tier["label"]["en"]) for tier in tiers] == [(1050, "from"), (3000, "up to")]
    assert only(read(ours(EVENING | {"isAccessibleForFree": True}))).prices[0]["amount_minor"] == 0


def test_positions_in_another_datum_are_converted_and_those_off_the_globe_told(read) -> None:  # type: ignore[no-untyped-def]
    house = {"@type": "Place", "name": "House", "geo": {"latitude": 30.25, "longitude": 120.16}}
    shifted = read(ours(EVENING | {"location": house}), SourceOptions(now=NOW, datum="GCJ-02"))
    assert 0.001 < abs(float(shifted.venues[0].latitude or 0) - 30.25) < 0.01
    nowhere = read(ours(EVENING | {"location": house | {"geo": {"latitude": 0, "longitude": 0}}}))
    assert (nowhere.venues[0].latitude, nowhere.remarks[0].field) == (None, "geo")


WHOLE = ours(
    EVENING | {"location": {"@type": "Place", "name": "House", "geo": {"latitude": 30, "longitude": 120}},
               "offers": [{"price": 20, "priceCurrency": "CNY"}], "image": ["https://a.example/1.jpg"],
               "eventSchedule": {"@type": "Schedule", "repeatFrequency": "P1W", "startDate": "2026-11-27"},
               "subEvent": [{"@type": "Event", "@id": "b", "startDate": "2026-11-27", "maximumAttendeeCapacity": 3}]},
    {"@type": "Course", "name": "Tea", "hasCourseInstance": {"@type": "CourseInstance", "startDate": "2026-12-01"}},
    {"@type": "TouristTrip", "name": "Walk", "itinerary": [{"name": "A"}, {"name": "B", "geo": {"latitude": 1}}]},
)  # fmt: skip
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20)
    | st.sampled_from(["2026-12-01", "0001-01-01", "PT1H", "Event", "http://[::1", "a" * 5_000, "\x00"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["@id", "@type", "@value", "@list", "name", "startDate"]), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip


def _places(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [*([way] if way else []), *(place for key, part in inner for place in _places(part, (*way, key)))]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(way=st.sampled_from(_places(WHOLE)), anything=ANYTHING)
def test_whatever_stands_anywhere_in_a_document_it_is_read_or_refused(  # type: ignore[no-untyped-def]
    read, way: tuple[Any, ...], anything: Any
) -> None:
    document = copy.deepcopy(WHOLE)
    holder: Any = document
    for key in way[:-1]:
        holder = holder[key]
    holder[way[-1]] = anything
    with contextlib.suppress(FeedRefused):
        for record in read(document).records:
            assert record.sha256()
