"""What follows from a rule: the same days as on a calendar on the wall, at the same hour on every clock."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.sources.recurrences import WINDOW_DAYS, RuleSet, expand
from tests.calendars import NOW
from tests.clock_changes import series_of, tally, utc_arithmetic

FOUR_ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Shanghai")
TODAY = date(2026, 11, 24)
SHANGHAI = "Asia/Shanghai"


def test_a_hundred_series_keep_their_hour_over_every_change_of_the_year() -> None:
    many = list(series_of(2026, 100, FOUR_ZONES))
    found = tally(many)
    assert found.series == 100
    assert found.kept == found.stated - found.skipped
    assert found.skipped and found.twice  # the changes were met
    assert utc_arithmetic(many) > 1_000  # what adding weeks to instants would have moved


RULES = st.builds(
    "FREQ={};INTERVAL={}{}".format,
    st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
    st.integers(1, 60),
    st.sampled_from(["", ";BYDAY=MO,WE", ";BYDAY=SU;WKST=SU", ";UNTIL=20270301T000000", ";UNTIL=20260801T000000"]),
)
STARTS = st.datetimes(datetime(1990, 1, 1), datetime(2027, 6, 1)).map(  # noqa: DTZ001  (wall clocks)
    lambda at: at.replace(second=0, microsecond=0)
)


@settings(max_examples=80)
@given(RULES, STARTS)
def test_also_an_old_rule_gives_the_days_of_the_calendar(rule: str, start: datetime) -> None:
    text = RuleSet(SHANGHAI, (start, start + timedelta(hours=1)), rule).text()
    begin = datetime.combine(TODAY, time(0))
    end = begin + timedelta(days=WINDOW_DAYS) - timedelta(seconds=1)
    expected = set(rrulestr(rule, dtstart=start).between(begin, end, inc=True))
    until = rule.rpartition("UNTIL=")[2] if "UNTIL" in rule else "99990101T000000"
    if begin <= start <= end and start <= datetime.strptime(until, "%Y%m%dT%H%M%S"):  # noqa: DTZ007
        expected.add(start)
    found = {datetime.combine(m.held_on, m.starts_local or time(0)) for m in expand(text, SHANGHAI, NOW).meetings}
    if expected:
        assert found == expected
    else:  # the last before today, or the first after the window
        assert len(found) <= 1 and not any(begin <= each <= end for each in found)


def test_a_text_without_a_calendar_around_it_is_one_event_of_its_records_zone() -> None:
    found = expand("DTSTART;TZID=Europe/Berlin:20261201T190000\nRRULE:FREQ=DAILY;COUNT=2", "Europe/Berlin", NOW)
    assert [(m.held_on.day, m.starts_local) for m in found.meetings] == [(1, time(19)), (2, time(19))]
    days = expand("DTSTART;VALUE=DATE:20261201\nRRULE:FREQ=DAILY;UNTIL=20261203", SHANGHAI, NOW)
    assert [m.held_on.day for m in days.meetings] == [1, 2, 3]


def test_equal_rule_sets_have_equal_texts() -> None:
    first = (datetime(2026, 12, 1, 19), datetime(2026, 12, 1, 20))  # noqa: DTZ001
    days = (date(2026, 12, 8), date(2026, 12, 15))
    assert RuleSet(SHANGHAI, first, extra=days).text() == RuleSet(SHANGHAI, first, extra=days[::-1]).text()
    assert ZoneInfo(SHANGHAI).key in RuleSet(SHANGHAI, first).text()
