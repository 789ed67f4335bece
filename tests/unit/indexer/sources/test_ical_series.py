"""Series: which evenings take place, on whose clock, and what of a rule is refused."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from city.services.records import RecordStatus
from tests.calendars import NOW, event, meetings_of, reading_of, record_of, refusal_of

TUESDAY = ("DTSTART;TZID=Asia/Shanghai:20261201T190000", "DTEND;TZID=Asia/Shanghai:20261201T203000")
BERLIN = ("DTSTART;TZID=Europe/Berlin:20261006T190000", "DURATION:PT1H30M")


def test_a_weekly_evening_is_expanded_for_57_weeks() -> None:
    record = record_of(*TUESDAY, "RRULE:FREQ=WEEKLY")
    assert len(record.meetings) == 56  # the window begins a week before the first of them
    assert meetings_of(record)[:2] == ["2026-12-01 19:00-20:30", "2026-12-08 19:00-20:30"]


def test_a_meeting_that_is_over_makes_room_for_the_one_that_comes_and_no_day_between_changes_anything() -> None:
    lines = ("DTSTART;TZID=Asia/Shanghai:20261124T190000", "RRULE:FREQ=WEEKLY")
    seen = [record_of(*lines, now=NOW + timedelta(days=days)).meetings for days in range(8)]
    assert {len(meetings) for meetings in seen} == {57}
    assert [now == before for before, now in pairwise(seen)].count(False) == 1


def test_days_left_out_and_added_and_evenings_moved_and_cancelled_are_followed() -> None:
    reading = reading_of(
        event(
            *TUESDAY,
            "RRULE:FREQ=WEEKLY;COUNT=5",
            "EXDATE;TZID=Asia/Shanghai:20261208T190000",
            "RDATE;TZID=Asia/Shanghai:20261210T100000",
            "RDATE;VALUE=PERIOD:20261211T020000Z/PT45M",
        ),
        event("RECURRENCE-ID;TZID=Asia/Shanghai:20261215T190000", "DTSTART;TZID=Asia/Shanghai:20261216T180000",
              "DTEND;TZID=Asia/Shanghai:20261216T190000"),
        event("RECURRENCE-ID:20261222T110000Z", "STATUS:CANCELLED", "DTSTART;TZID=Asia/Shanghai:20261222T190000"),
    )  # fmt: skip
    assert meetings_of(reading.records[0]) == [
        "2026-12-01 19:00-20:30",
        "2026-12-10 10:00-11:30",
        "2026-12-11 10:00-10:45",
        "2026-12-16 18:00-19:00",
        "2026-12-29 19:00-20:30",
    ]
    assert reading.records[0].status == RecordStatus.PUBLISHED


def test_from_an_evening_on_all_can_be_moved_or_called_off() -> None:
    series = event(*TUESDAY, "RRULE:FREQ=WEEKLY;COUNT=4")
    which = "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Asia/Shanghai:20261215T190000"
    later = event(which, "DTSTART;TZID=Asia/Shanghai:20261216T200000", "DTEND;TZID=Asia/Shanghai:20261216T210000")
    assert meetings_of(reading_of(series, later).records[0])[1:] == [
        "2026-12-08 19:00-20:30",
        "2026-12-16 20:00-21:00",
        "2026-12-23 20:00-21:00",
    ]
    off = event(which, "STATUS:CANCELLED", "DTSTART;TZID=Asia/Shanghai:20261215T190000")
    assert len(reading_of(series, off).records[0].meetings) == 2


def test_an_instance_that_a_newer_version_of_its_series_no_longer_has_is_passed_over() -> None:
    outdated = event("RECURRENCE-ID;TZID=Asia/Shanghai:20261202T190000", "SEQUENCE:1", *TUESDAY)
    reading = reading_of(event(*TUESDAY, "RRULE:FREQ=WEEKLY;COUNT=2", "SEQUENCE:3"), outdated)
    assert meetings_of(reading.records[0]) == ["2026-12-01 19:00-20:30", "2026-12-08 19:00-20:30"]


def test_instances_without_their_series_are_one_offering() -> None:
    parts = [event(f"RECURRENCE-ID:202612{day}T110000Z", f"DTSTART:202612{day}T120000Z") for day in ("01", "08")]
    assert meetings_of(reading_of(*parts).records[0]) == ["2026-12-01 20:00", "2026-12-08 20:00"]


@pytest.mark.parametrize("broken", ["DTSTART:never", "no property", "DTSTART;TZID=Europe/Berlin:20270328T023000"])
def test_an_instance_that_breaks_a_rule_takes_its_series_with_it_and_is_named_by_its_line(broken: str) -> None:
    instance = event("RECURRENCE-ID;TZID=Asia/Shanghai:20261208T190000", broken)
    reading = reading_of(event(*TUESDAY, "RRULE:FREQ=WEEKLY"), instance, event(*TUESDAY, uid="other"))
    assert [record.source_id for record in reading.records] == ["other"]
    assert [(refusal.line, refusal.part) for refusal in reading.refusals] == [(15, "1")]


def test_whole_days_have_no_hours_and_one_meeting_each() -> None:
    assert meetings_of(record_of("DTSTART;VALUE=DATE:20261201")) == ["2026-12-01"]
    assert meetings_of(record_of("DTSTART;VALUE=DATE:20261201", "DTEND;VALUE=DATE:20261203")) == [
        "2026-12-01",
        "2026-12-02",
    ]
    assert meetings_of(record_of("DTSTART:20261201T000000", "DTEND:20261203T000000")) == ["2026-12-01", "2026-12-02"]


def test_what_lasts_longer_than_a_day_says_only_the_hour_it_begins() -> None:
    record = record_of("DTSTART:20261201T190000", "DTEND:20261203T120000")
    assert meetings_of(record) == ["2026-12-01 19:00", "2026-12-02", "2026-12-03"]
    assert meetings_of(record_of("DTSTART:20261201T220000", "DTEND:20261202T010000")) == ["2026-12-01 22:00-01:00"]
    assert meetings_of(record_of("DTSTART:20261201T190000", "DTEND:20261201T190000")) == ["2026-12-01 19:00"]


def test_of_an_exhibition_of_years_only_the_days_around_today_are_kept() -> None:
    record = record_of("DTSTART;VALUE=DATE:20250101", "DTEND;VALUE=DATE:20320101")
    assert meetings_of(record)[0] == "2026-11-24" and len(record.meetings) == 399
    assert record.recurrence


def test_a_series_that_is_over_keeps_its_last_evening_and_one_far_off_its_first() -> None:
    assert meetings_of(record_of("DTSTART:20200107T190000", "RRULE:FREQ=WEEKLY;UNTIL=20200201")) == ["2020-01-28 19:00"]
    assert meetings_of(record_of("DTSTART:19500107", "RRULE:FREQ=DAILY;UNTIL=19990101")) == ["1999-01-01"]
    assert meetings_of(record_of("DTSTART:20300107T190000", "RRULE:FREQ=WEEKLY")) == ["2030-01-07 19:00"]


@pytest.mark.parametrize(
    ("until", "last"),
    [
        ("20261215", "2026-12-15 19:00-20:30"),  # the whole day counts
        ("20261215T110000Z", "2026-12-15 19:00-20:30"),  # 19:00 in Shanghai
        ("20261215T105959Z", "2026-12-08 19:00-20:30"),
        ("20261215T190000", "2026-12-15 19:00-20:30"),
    ],
)
def test_a_rule_ends_when_it_says(until: str, last: str) -> None:
    assert meetings_of(record_of(*TUESDAY, f"RRULE:FREQ=WEEKLY;UNTIL={until}"))[-1] == last


# clocks


def test_a_class_keeps_its_hour_when_the_clocks_change() -> None:
    record = record_of(*BERLIN, "RRULE:FREQ=WEEKLY")
    assert record.zone == "Europe/Berlin"
    assert {meeting.split(" ")[1] for meeting in meetings_of(record)} == {"19:00-20:30"}


def test_times_without_a_zone_are_those_of_the_calendar_else_of_the_city() -> None:
    assert record_of("DTSTART:20261201T190000").zone == "Asia/Shanghai"
    named = record_of("DTSTART:20261201T190000", before=("X-WR-TIMEZONE:Europe/Berlin",))
    assert (named.zone, meetings_of(named)) == ("Europe/Berlin", ["2026-12-01 19:00"])
    utc = record_of("DTSTART:20261201T190000Z", before=("X-WR-TIMEZONE:Europe/Berlin",))
    assert (utc.zone, meetings_of(utc)) == ("Europe/Berlin", ["2026-12-01 20:00"])


def test_a_rule_in_utc_is_expanded_in_utc_and_shown_on_the_citys_clock() -> None:
    record = record_of("DTSTART:20261203T230000Z", "RRULE:FREQ=WEEKLY;BYDAY=TH;COUNT=2")
    assert meetings_of(record) == ["2026-12-04 07:00", "2026-12-11 07:00"]  # Fridays in Shanghai


CUSTOM = (
    "BEGIN:VTIMEZONE", "TZID:College time", "BEGIN:DAYLIGHT", "DTSTART:19700329T020000", "TZOFFSETFROM:+0100",
    "TZOFFSETTO:+0200", "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", "END:DAYLIGHT", "BEGIN:STANDARD",
    "DTSTART:19701025T030000", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100", "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
    "END:STANDARD", "END:VTIMEZONE",
)  # fmt: skip


@pytest.mark.parametrize(
    ("tzid", "zone"),
    [
        ("China Standard Time", "Asia/Shanghai"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("/freeassociation.sourceforge.net/Europe/Berlin", "Europe/Berlin"),
        ("posix/Europe/Vaduz", "Europe/Vaduz"),
        ("Etc/UTC", "Asia/Shanghai"),
        ("College time", "Europe/Berlin"),
    ],
)
def test_many_names_of_a_zone_lead_to_the_one_that_is_meant(tzid: str, zone: str) -> None:
    assert record_of(f"DTSTART;TZID={tzid}:20261201T190000", before=CUSTOM).zone == zone


def test_a_zone_that_is_stated_with_clocks_of_nowhere_is_refused() -> None:
    nowhere = tuple(line.replace("+0200", "+0217") for line in CUSTOM)
    reading = reading_of(*nowhere, event("DTSTART;TZID=College time:20261201T190000"))
    assert "College time" in reading.refusals[0].message and "IANA" in reading.refusals[0].remedy


def test_an_hour_that_the_clocks_skip_is_refused_where_it_is_stated_and_left_out_where_a_rule_gives_it() -> None:
    refusal = refusal_of("DTSTART;TZID=Europe/Berlin:20270328T023000")
    assert (refusal.line, refusal.field) == (7, "DTSTART") and "does not exist" in refusal.message
    reading = reading_of(event("DTSTART;TZID=Europe/Berlin:20270321T023000", "RRULE:FREQ=WEEKLY;COUNT=3"))
    assert meetings_of(reading.records[0]) == ["2027-03-21 02:30", "2027-04-04 02:30"]
    assert "2027-03-28 02:30 does not exist" in reading.remarks[0].message and reading.remarks[0].line == 8


def test_of_an_hour_that_comes_twice_the_first_is_taken_and_said() -> None:
    reading = reading_of(event("DTSTART;TZID=Europe/Berlin:20271031T023000"))
    assert meetings_of(reading.records[0]) == ["2027-10-31 02:30"]
    assert "comes twice" in reading.remarks[0].message


def test_an_end_that_the_clocks_skip_moves_on_with_them() -> None:
    record = record_of("DTSTART;TZID=Europe/Berlin:20270328T013000", "DURATION:PT1H")
    assert meetings_of(record) == ["2027-03-28 01:30-03:30"]


# rules


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY", "FREQ=HOURLY", "FREQ=FORTNIGHTLY", "COUNT=3", "FREQ=DAILY;FREQ=DAILY", "FREQ=DAILY;UNTL=2027",
        "FREQ=DAILY;COUNT=0", "FREQ=DAILY;COUNT=1001", "FREQ=DAILY;INTERVAL=-1", "FREQ=DAILY;INTERVAL=99999999999",
        "FREQ=DAILY;COUNT=3;UNTIL=20270101", "FREQ=DAILY;UNTIL=soon", "FREQ=DAILY;BYHOUR=9", "FREQ=DAILY;BYMINUTE=1",
        "FREQ=DAILY;BYSECOND=1", "FREQ=YEARLY;BYYEARDAY=1", "FREQ=YEARLY;BYWEEKNO=1", "FREQ=WEEKLY;BYDAY=",
        "FREQ=WEEKLY;BYDAY=XX", "FREQ=WEEKLY;BYDAY=2TU", "FREQ=MONTHLY;BYDAY=99TU", "FREQ=WEEKLY;BYMONTHDAY=1",
        "FREQ=MONTHLY;BYMONTHDAY=32", "FREQ=MONTHLY;BYMONTHDAY=+-1", "FREQ=YEARLY;BYMONTH=13", "FREQ=YEARLY;BYMONTH=5L",
        "FREQ=WEEKLY;BYDAY=" + ",".join(["MO"] * 15), "FREQ=MONTHLY;BYMONTHDAY=" + ",".join(["1"] * 32),
        "FREQ=YEARLY;BYMONTH=" + ",".join(["1"] * 13), "FREQ=MONTHLY;BYSETPOS=1", "FREQ=WEEKLY;WKST=XX",
        "RSCALE=CHINESE;FREQ=YEARLY", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MONTHLY;BYMONTHDAY=1;BYDAY=5MO",
        "FREQ=DAILY;INTERVAL=7;BYDAY=WE", "FREQ=WEEKLY;UNTIL=20260101",
    ],
)  # fmt: skip
def test_a_rule_that_is_too_fine_too_dense_unknown_or_never_happens_is_refused(rule: str) -> None:
    refusal = refusal_of(*TUESDAY, f"RRULE:{rule}")
    assert (refusal.field, refusal.line, refusal.part) == ("RRULE", 9, "1")
    assert refusal.message and refusal.remedy


@pytest.mark.parametrize(
    ("rule", "third"),
    [
        ("FREQ=MONTHLY;BYDAY=+1TU", "2027-02-02"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "2027-01-29"),  # the first day stands even where the rule does not give it
        ("FREQ=YEARLY;INTERVAL=1;BYMONTH=12;BYMONTHDAY=1", None),
        ("FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=TU,TH;", "2026-12-15"),
        ("RSCALE=GREGORIAN;FREQ=DAILY;SKIP=OMIT", "2026-12-03"),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "2027-01-29"),
        ("freq=weekly;byday=tu", "2026-12-15"),
    ],
)
def test_rules_that_cities_write_are_read(rule: str, third: str | None) -> None:
    meetings = meetings_of(record_of(*TUESDAY, f"RRULE:{rule}"))
    assert meetings[0].startswith("2026-12-01")
    assert third is None or meetings[2].startswith(third)


def test_29_february_every_twelfth_year_does_happen() -> None:
    record = record_of("DTSTART;VALUE=DATE:20280229", "RRULE:FREQ=YEARLY;INTERVAL=3")
    assert meetings_of(record) == ["2028-02-29"]


def test_the_same_rule_written_in_another_way_is_no_change() -> None:
    one = record_of(*TUESDAY, "RRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=9", "EXDATE:20261208T110000Z,20261215T110000Z")
    other = record_of(
        "DTSTART;TZID=China Standard Time:20261201T190000",
        "DURATION:PT90M",
        "RRULE:COUNT=9;FREQ=WEEKLY;BYDAY=TU;",
        "EXDATE;TZID=Asia/Shanghai:20261215T190000",
        "EXDATE;TZID=Asia/Shanghai:20261208T190000",
    )
    assert one.sha256() == other.sha256()


def test_no_series_gives_more_than_a_thousand_meetings() -> None:
    days = [
        f"202612{day:02}T{hour:02}{minute:02}00" for day in range(1, 29) for hour in range(18) for minute in (0, 30)
    ]
    lines = [f"RDATE:{','.join(days[at : at + 100])}" for at in range(0, 900, 100)]
    reading = reading_of(event(*TUESDAY, "RRULE:FREQ=DAILY", *lines))
    assert len(reading.records[0].meetings) == 1_000
    assert "more than 1,000 meetings" in reading.remarks[0].message


def test_a_series_read_without_an_instant_says_what_is_missing() -> None:
    with pytest.raises(ValueError, match=r"options\.now"):
        reading_of(event(*TUESDAY, "RRULE:FREQ=DAILY"), now=None)  # type: ignore[arg-type]
