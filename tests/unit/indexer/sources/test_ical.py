"""What an offering is made of when a library, a college or a club publishes its calendar."""

from __future__ import annotations

from datetime import timedelta

import pytest

from city.errors import FeedRefused
from city.services.records import RecordStatus
from tests.calendars import NOW, event, meetings_of, reading_of, record_of, refusal_of

EVENING = ("DTSTART;TZID=Asia/Shanghai:20261201T190000", "DTEND;TZID=Asia/Shanghai:20261201T203000")


def test_an_event_becomes_an_offering_with_its_place_topic_and_contact() -> None:
    reading = reading_of(
        event(
            *EVENING,
            "DESCRIPTION:带上毛笔\\, <b>墨水</b>和纸。\\n第二行",
            "LOCATION:文化馆\\n云渡路 3 号",
            "GEO:30.5110;120.8712",
            "URL:https://library.example/1",
            "CATEGORIES:书法,Chess boxing",
            "ORGANIZER;CN=湖滨图书馆:mailto:desk@library.example",
            uid="k-1",
        )
    )
    record, venue = reading.records[0], reading.venues[0]
    assert (record.source_id, record.title) == ("k-1", {"zh-Hans": "书法晚课"})
    assert record.description == {"zh-Hans": "带上毛笔, 墨水和纸。\n第二行"}
    assert (venue.name, venue.address) == ({"zh-Hans": "文化馆"}, {"zh-Hans": "云渡路 3 号"})
    assert (venue.latitude, venue.longitude, record.venue) == (30.511, 120.8712, venue.source_id)
    assert record.topics == ("calligraphy", "Chess boxing")  # loading leaves the unknown one out and says so
    assert record.contact == "湖滨图书馆, desk@library.example"
    assert record.web_address == "https://library.example/1"
    assert meetings_of(record) == ["2026-12-01 19:00-20:30"]


def test_nothing_of_those_who_take_part_is_kept() -> None:
    record = record_of(*EVENING, "ATTENDEE;CN=Wang Fang:mailto:fang@example.com", "COMMENT:ask Fang")
    assert "Fang" not in str(record.as_json()) and "fang@" not in str(record.as_json())


@pytest.mark.parametrize("said", ["PRIVATE", "CONFIDENTIAL"])
def test_an_event_that_is_not_public_is_not_taken(said: str) -> None:
    refusal = refusal_of(*EVENING, f"CLASS:{said}")
    assert (refusal.field, refusal.line, refusal.part) == ("CLASS", 9, "1")


@pytest.mark.parametrize(
    ("title", "language", "tag"),
    [
        ("Ink painting", "", "en"),
        ("Ink painting", "zh-CN", "en"),
        ("书法", "en", "zh-Hans"),
        ("書法與國畫", "", "zh-Hant"),
        ("太极", "zh-HK", "zh-Hant"),
    ],
)
def test_a_title_is_told_by_its_script_before_what_a_template_declares(title: str, language: str, tag: str) -> None:
    parameter = f";LANGUAGE={language}" if language else ""
    reading = reading_of(event(f"SUMMARY{parameter}:{title}", *EVENING, title=""))
    assert reading.records[0].title == {tag: title}


def test_what_takes_place_on_the_web_has_no_venue() -> None:
    record = record_of(*EVENING, "LOCATION:https://meet.example/abc")
    assert (record.venue, record.attendance, record.web_address) == (None, "online", "https://meet.example/abc")
    assert record_of(*EVENING, "LOCATION:文化馆", "CONFERENCE:https://meet.example/abc").attendance == "mixed"


def test_a_link_that_is_none_is_left_out_and_told() -> None:
    reading = reading_of(event(*EVENING, "URL:javascript:alert(1)"))
    assert reading.records[0].web_address == ""
    assert [(remark.field, remark.line) for remark in reading.remarks] == [("URL", 9)]


def test_a_cancelled_event_is_said_to_be_off_and_a_tentative_one_not_to_be_final() -> None:
    assert record_of(*EVENING, "STATUS:CANCELLED").status == RecordStatus.CANCELLED
    assert record_of(*EVENING, before=("METHOD:CANCEL",)).status == RecordStatus.CANCELLED
    tentative = record_of(*EVENING, "STATUS:TENTATIVE")
    assert (tentative.status, tentative.date_note["zh-Hans"]) == (RecordStatus.PUBLISHED, "时间暂定")


def test_an_event_without_uid_keeps_its_identity_from_one_reading_to_the_next() -> None:
    first = reading_of(event(*EVENING, uid="")).records[0]
    again = reading_of("X-WR-CALNAME:another head", event(*EVENING, "STATUS:CONFIRMED", uid="")).records[0]
    other = reading_of(event(*EVENING, uid="", title="国画")).records[0]
    assert first.source_id == again.source_id != other.source_id
    assert len(first.source_id) <= 200


def test_of_two_versions_of_an_event_the_newer_one_counts() -> None:
    old = event(*EVENING, "SEQUENCE:1", title="书法晚课")
    new = event(*EVENING, "SEQUENCE:2", title="书法早课")
    for parts in ((old, new), (new, old)):
        reading = reading_of(*parts)
        assert [record.title["zh-Hans"] for record in reading.records] == ["书法早课"]
        assert "in two versions, in lines" in reading.remarks[0].message
        assert not reading.refusals


def test_a_uid_that_two_events_share_is_told_with_both_lines() -> None:
    reading = reading_of(event(*EVENING), event(*EVENING, title="国画"))
    assert [record.title["zh-Hans"] for record in reading.records] == ["书法晚课"]
    assert (reading.refusals[0].line, reading.refusals[0].part) == (10, "1")
    assert "stands twice, in lines 4 and 10: the first was taken" in reading.refusals[0].message


@pytest.mark.parametrize(
    ("lines", "field", "says"),
    [
        (("DTEND:20261201T190000",), "", "no DTSTART"),
        (("DTSTART:tomorrow",), "DTSTART", "no day and no time"),
        (("DTSTART:20261301",), "DTSTART", "no day and no time"),
        (("DTSTART:00010101",), "DTSTART", "out of time"),
        (("DTSTART:20261201T190000", "DTEND:20261201T180000"), "DTEND", "ends before it begins"),
        (("DTSTART:20261201", "DTEND:20261201T180000"), "DTEND", "not of one kind"),
        (("DTSTART:20261201T190000", "DURATION:-PT1H"), "DURATION", "ends before it begins"),
        (("DTSTART:20261201T190000", "DURATION:P9999999999W"), "DURATION", "no duration"),
        (("DTSTART:20261201T190000", "DTEND:20261201T200000", "DURATION:PT2H"), "DURATION", "different ends"),
        (("DTSTART:20261201", "DTEND:20991201"), "DTEND", "more than ten years"),
        (("DTSTART;TZID=Middle Earth:20261201T190000",), "DTSTART", "No time zone"),
        ((*EVENING, "DTSTART:20261202"), "DTSTART", "stands 2 times"),
        ((*EVENING, "DESCRIPTION:" + "长" * 4_001), "DESCRIPTION", "4,001 letters"),
        ((*EVENING, "RDATE:" + ",".join(["20261201T190000"] * 400), "RDATE:" + ",".join(["20261201T190000"] * 400),
          "RDATE:" + ",".join(["20261201T190000"] * 400)), "RDATE", "1,200 single dates"),
        ((*EVENING, "this is no property"), "", "no property"),
        ((*EVENING, "RRULE:FREQ=DAILY", "EXRULE:FREQ=WEEKLY"), "EXRULE", "not read"),
        ((*EVENING, "RDATE:20261201T190000,2026"), "RDATE", "no day and no time"),
        ((*EVENING, "RDATE;VALUE=PERIOD:20261201T190000/20261201T180000"), "RDATE", "ends before"),
        ((*EVENING, "RRULE:FREQ=WEEKLY;COUNT=1", "EXDATE;TZID=Asia/Shanghai:20261201T190000"), "EXDATE", "No day"),
    ],
)  # fmt: skip
def test_an_event_that_breaks_a_rule_is_refused_alone_with_its_line(
    lines: tuple[str, ...], field: str, says: str
) -> None:
    reading = reading_of(event(*EVENING, uid="good"), event(*lines, uid="bad"))
    assert [record.source_id for record in reading.records] == ["good"]
    refusal = reading.refusals[0]
    assert (refusal.part, refusal.field, refusal.file) == ("bad", field, "programme.ics")
    assert says in refusal.message and refusal.remedy
    assert refusal.line is not None and refusal.line >= 10


def test_a_title_is_needed_and_may_not_be_endless() -> None:
    assert reading_of(event(*EVENING, title="")).refusals[0].message == "The event has no SUMMARY."
    assert "letters" in reading_of(event(*EVENING, title="长" * 301)).refusals[0].message


def test_a_calendar_makes_no_routes() -> None:
    with pytest.raises(FeedRefused, match="no stops"):
        reading_of(event(*EVENING), kind="route")


def test_another_way_to_count_days_is_refused() -> None:
    with pytest.raises(FeedRefused, match="counts days by HEBREW"):
        reading_of("CALSCALE:HEBREW", event(*EVENING))


def test_the_record_does_not_depend_on_the_day_it_is_read() -> None:
    lines = (*EVENING, "RRULE:FREQ=WEEKLY;BYDAY=TU", "EXDATE;TZID=Asia/Shanghai:20261208T190000")
    today, later = record_of(*lines), record_of(*lines, now=NOW + timedelta(days=200))
    assert today.sha256() == later.sha256()
    assert today.meetings != later.meetings
