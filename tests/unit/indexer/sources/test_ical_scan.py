"""A calendar file is looked through line by line before any library sees it."""

from __future__ import annotations

import pytest

from city.errors import FeedRefused
from indexer.sources import SourceOptions
from indexer.sources.ical import read_content
from indexer.sources.ical_scan import MOST_EVENTS, MOST_LINES, scan
from tests.calendars import NOW, calendar, event

EVENING = ("DTSTART:20261201T190000",)
GOOD = event(*EVENING)


def refused(content: bytes) -> FeedRefused:
    with pytest.raises(FeedRefused) as caught:
        read_content(content, "programme.ics", SourceOptions(now=NOW))
    return caught.value


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        (b"<!DOCTYPE html><html><body>BEGIN:VCALENDAR", 1, "HTML"),
        (b'{"@type": "Event"}', 1, "JSON"),
        (calendar(GOOD).replace(b"UID:1", b"UID:1\x00"), 5, "NUL"),
        (calendar(GOOD).replace(b"UID:1", b"UID:\xff\xfe"), 5, "UTF-8"),
        (b"hello world\n" + calendar(GOOD), 1, "nothing is open"),
        (calendar(GOOD).replace(b"END:VCALENDAR", b""), 1, "ends before BEGIN:VCALENDAR"),
        (calendar(GOOD).replace(b"END:VEVENT\n", b""), 8, "closes VCALENDAR"),
        (calendar(GOOD).replace(b"END:VCALENDAR", b"END:VCALENDARD"), 9, "closes VCALENDARD"),
        (calendar(GOOD, "END:VCALENDAR"), 10, "not what is open"),
        (calendar(event("BEGIN:VEVENT", "END:VEVENT")), 7, "event within an event"),
        (calendar(event("BEGIN:VALARM", "BEGIN:X-A", "BEGIN:X-B")), 9, "nested more than 4 deep"),
        (calendar(event("DESCRIPTION:" + "a" * 9_000)), 7, "a line of 9,012 letters"),
        (calendar("X:" + "\n ".join(["long"] * 3_000)), 4, "letters"),
        (calendar(*["X:1"] * (MOST_LINES + 1)), MOST_LINES + 1, "200,000 lines"),
        (calendar(*["BEGIN:VEVENT\nEND:VEVENT"] * (MOST_EVENTS + 1)), 2 * MOST_EVENTS + 4, "20,000 events"),
    ],
)
def test_a_file_that_breaks_a_limit_is_refused_whole_with_its_line(content: bytes, line: int, says: str) -> None:
    refusal = refused(content)
    assert says in str(refusal) and refusal.remedy
    assert refusal.line == line


@pytest.mark.parametrize(
    "content", [calendar(), calendar("BEGIN:VTODO", "UID:1", "END:VTODO"), b"BEGIN:V\nRRULE:%n;BYMONTH=", b"\n\n"]
)
def test_a_file_without_an_event_says_so(content: bytes) -> None:
    assert "holds no event" in str(refused(content))


def test_folds_are_undone_also_where_they_part_the_bytes_of_a_letter() -> None:
    whole = "SUMMARY:书法晚课".encode()
    folded = whole[:12] + b"\r\n " + whole[12:]
    found = scan(calendar(GOOD).replace(whole, folded).replace(b"\n", b"\r\n").replace(b"\r\r", b"\r"), "a.ics")
    summary, start = found.events[0].one("SUMMARY"), found.events[0].one("DTSTART")
    assert summary is not None and (summary.value, summary.line) == ("书法晚课", 6)
    assert start is not None and start.line == 8


def test_a_byte_order_mark_blank_lines_and_bare_carriage_returns_are_tolerated() -> None:
    content = b"\xef\xbb\xbf" + calendar("", GOOD, "").replace(b"\n", b"\r")
    assert len(scan(content, "a.ics").events) == 1


def test_a_colon_within_quotes_parts_nothing() -> None:
    found = scan(calendar(event('DTSTART;TZID="(UTC-03:00) Brasília":20170511T133000')), "a.ics")
    start = found.events[0].one("DTSTART")
    assert start is not None and (start.value, start.parameters) == (
        "20170511T133000",
        {"TZID": "(UTC-03:00) Brasília"},
    )


@pytest.mark.parametrize("line", ['X;A="open', "no colon", "späť:1", ":empty", '";":'])
def test_a_line_that_is_no_property_spoils_its_own_event_alone(line: str) -> None:
    reading = read_content(calendar(GOOD, event(line, uid="2")), "a.ics", SourceOptions(now=NOW))
    assert [record.source_id for record in reading.records] == ["1"]
    assert (reading.refusals[0].line, reading.refusals[0].part) == (12, "2")


def test_what_alarms_and_other_parts_say_is_passed_over() -> None:
    alarm = ("BEGIN:VALARM", "SUMMARY:call Wang", "this is no property", "END:VALARM")
    reading = read_content(calendar(event(*EVENING, *alarm)), "a.ics", SourceOptions(now=NOW))
    assert len(reading.records) == 1 and "Wang" not in str(reading.records[0].as_json())


def test_events_without_a_calendar_around_them_are_read_and_told() -> None:
    reading = read_content(GOOD.encode(), "a.ics", SourceOptions(now=NOW))
    assert len(reading.records) == 1 and "no BEGIN:VCALENDAR" in reading.remarks[0].message
