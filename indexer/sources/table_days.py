"""The meetings of one row: single days, days in words, or a weekly rule between two days.

Owns: what the cells date, from, to, weekdays, except, starts, ends and hours say together. A rule is expanded day by
day, at most LONGEST_RULE_DAYS and MOST_MEETINGS; what is not certain is refused with what would be right.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from city.errors import InvalidInput
from city.services.records import MeetingRecord
from indexer.sources.cells import count
from indexer.sources.date_tokens import EVERY, MARK, TO, WEEKDAY, tokens_of
from indexer.sources.dates_in_words import read_words
from indexer.sources.mapping import EXAMPLE_MOMENT, TableMapping
from indexer.sources.wording import Hours, hours_in

LONGEST_RULE_DAYS = 400
MOST_MEETINGS = 1_000
WEEKDAY_WORDS = {
    **dict.fromkeys(("每天", "每日", "daily", "every day"), frozenset(range(7))),
    **dict.fromkeys(("工作日", "weekdays"), frozenset(range(5))),
    **dict.fromkeys(("周末", "週末", "双休日", "weekend", "weekends"), frozenset({5, 6})),
}
RULE = frozenset({"from", "to", "weekdays", "times"})
WHOLE_RULE = "from, weekdays, and either to or times"
EDGES = " ,;。、()"
DAYPARTS = re.compile("上午|早上|中午|下午|傍晚|晚上|晚间|晚")
ISO_DAY = re.compile(r"(?<!\d)(20\d\d)-(\d{1,2})-(\d{1,2})(?!\d)")
ISO_MOMENT = re.compile(r"(20\d\d-\d\d-\d\d)[T ](\d\d:\d\d)(?::\d\d)?")
ONE_DAY = r"20\d\d\s*[/.年]\s*\d{1,2}\s*[/.月]\s*\d{1,2}\s*日?"
STRETCH = re.compile(rf"{ONE_DAY}\s*(?:-{{1,3}}|–|—|~|至|到|to)\s*{ONE_DAY}", re.IGNORECASE)

Cells = Mapping[str, str]


def meetings_of(cells: Cells, mapping: TableMapping) -> tuple[MeetingRecord, ...]:
    """Return the meetings of a row in order; raises InvalidInput naming the cell that is not certain."""
    hours = _hours(cells, mapping)
    said = _rule_days(cells, mapping) if RULE & cells.keys() else {}
    said.update(_said_days(cells, mapping))
    for day in _days_in_cell(cells, "except", mapping):
        said.pop(day, None)
    found = [MeetingRecord(day, *each) for day, own in said.items() for each in own or hours or ((None, None),)]
    if len(found) > MOST_MEETINGS:
        raise InvalidInput(
            "The row has too many meetings.", field="date", value=len(found), remedy=f"at most {MOST_MEETINGS:,}"
        )
    return tuple(sorted(found, key=lambda meeting: (meeting.held_on, meeting.starts_local or time.min)))


def _hours(cells: Cells, mapping: TableMapping) -> tuple[Hours, ...]:
    """Return the hours that hold for each day; `starts` may hold both ("19:00-20:30")."""
    starts = _clock(cells, "starts", mapping)
    if starts is not None:
        return ((starts, _later(cells, starts, _clock(cells, "ends", mapping))),)
    return _hours_in_words(cells, "starts") or _hours_in_words(cells, "hours")


def _later(cells: Cells, starts: time, ends: time | None) -> time | None:
    if ends is not None and ends <= starts:
        raise InvalidInput("It ends before it begins.", field="ends", value=cells["ends"], remedy="a later hour")
    return ends


def _clock(cells: Cells, name: str, mapping: TableMapping) -> time | None:
    """Return a cell's time of day, None when there is no cell or it holds several hours in words."""
    text = cells.get(name, "")
    if not text:
        return None
    for form in (mapping.time_format, "%H:%M:%S"):
        try:
            return datetime.strptime(text, form).time()  # noqa: DTZ007  (a wall clock)
        except ValueError:
            continue
    found = hours_in(text)
    if len(found) == 1 and found[0][1] is None:
        return found[0][0]
    if found and name == "starts":
        return None
    shown = EXAMPLE_MOMENT.strftime(mapping.time_format)
    raise InvalidInput("This is not an hour.", field=name, value=text, remedy=f"like {shown}")


def _hours_in_words(cells: Cells, name: str) -> tuple[Hours, ...]:
    if name not in cells:
        return ()
    found = hours_in(cells[name])
    if not found:
        raise InvalidInput("These are not hours.", field=name, value=cells[name], remedy="19:00-20:30")
    return tuple(found)


def _said_days(cells: Cells, mapping: TableMapping) -> dict[date, tuple[Hours, ...]]:
    """Return the days of the cell `date` and, where it names them, their hours."""
    if "date" not in cells:
        return {}
    parts = _parts(cells["date"], mapping)
    found = [_one_day(part, mapping) for part in parts]
    if None not in found:
        return {day: hours for each in found if each is not None for day, hours in [each]}
    said = read_words(_in_words(cells["date"].replace(mapping.list_separator, ", ")))
    if said is None or not said.weekdays_agree or None in said.hours.values():
        raise InvalidInput("This is not a day.", field="date", value=cells["date"], remedy=_day_like(mapping))
    return {day: hours or () for day, hours in said.hours.items()}


def _parts(text: str, mapping: TableMapping) -> list[str]:
    return [part.strip() for part in text.replace("|", mapping.list_separator).split(mapping.list_separator)
            if part.strip()]  # fmt: skip


def _one_day(text: str, mapping: TableMapping) -> tuple[date, tuple[Hours, ...]] | None:
    if ISO_MOMENT.fullmatch(text) is not None:
        return _one_moment(text)
    day = _by_format(text, mapping.date_format)
    return None if day is None else (day, ())


def _one_moment(text: str) -> tuple[date, tuple[Hours, ...]] | None:
    try:
        moment = datetime.fromisoformat(text)  # a wall clock, as written
    except ValueError:
        return None
    return moment.date(), ((moment.time().replace(second=0), None),)


def _by_format(text: str, form: str) -> date | None:
    try:
        return datetime.strptime(text, form).date()  # noqa: DTZ007  (a calendar day)
    except ValueError:
        return None


def _in_words(text: str) -> str:
    """Return the text in the order that days in words are read in: from-to first, then weekdays and hours."""
    plain = ISO_DAY.sub(r"\1/\2/\3", unicodedata.normalize("NFKC", text))
    stretches = STRETCH.findall(plain)
    if len(stretches) != 1:
        return plain
    rest = STRETCH.sub(" ", plain).strip(EDGES)
    return f"{stretches[0]} {rest}"


def _day_like(mapping: TableMapping) -> str:
    shown = EXAMPLE_MOMENT.strftime(mapping.date_format)
    return f"a day like {shown}, several joined by {mapping.list_separator}, or words that are certain"


def _days_in_cell(cells: Cells, name: str, mapping: TableMapping) -> list[date]:
    if name not in cells:
        return []
    return list(_said_days({"date": cells[name]}, mapping))


def _rule_days(cells: Cells, mapping: TableMapping) -> dict[date, tuple[Hours, ...]]:
    """Return the days of a weekly rule: its weekdays from a day on, to a last day or so many times."""
    for name in ("from", "weekdays"):
        if name not in cells:
            raise InvalidInput("A weekly rule is not whole.", field=name, remedy=WHOLE_RULE)
    first, times, wanted = _bound(cells, "from", mapping), count(cells, "times"), weekdays_in(cells["weekdays"])
    if "to" not in cells and not times:
        raise InvalidInput("A weekly rule is not whole.", field="to", remedy=WHOLE_RULE)
    last = _bound(cells, "to", mapping) if "to" in cells else first + timedelta(days=LONGEST_RULE_DAYS)
    if not 0 <= (last - first).days <= LONGEST_RULE_DAYS:
        raise InvalidInput(
            "The last day is before the first, or too far from it.",
            field="to",
            value=cells["to"],
            remedy=f"at most {LONGEST_RULE_DAYS} days after {first.isoformat()}",
        )
    days = (first + timedelta(days=step) for step in range((last - first).days + 1))
    kept = [day for day in days if day.weekday() in wanted]
    return dict.fromkeys(kept[:times] if times else kept, ())


def _bound(cells: Cells, name: str, mapping: TableMapping) -> date:
    found = _days_in_cell(cells, name, mapping)
    if len(found) != 1:
        raise InvalidInput("This is not one day.", field=name, value=cells[name], remedy=_day_like(mapping))
    return found[0]


def weekdays_in(text: str) -> set[int]:
    """Return the weekdays of a cell, 0 for Monday: "周三", "周一、周四", "Mon-Fri", "每天"; raises InvalidInput."""
    if (word := text.strip().lower()) in WEEKDAY_WORDS:
        return set(WEEKDAY_WORDS[word])
    tokens = tokens_of(DAYPARTS.sub("", text)) or []
    found: list[int] = []
    for at, token in enumerate(tokens):
        if token.kind == WEEKDAY and at and tokens[at - 1].kind == TO and found:
            found += [(found[-1] + step) % 7 for step in range(1, (token.value - found[-1]) % 7 + 1)]
        elif token.kind == WEEKDAY:
            found.append(token.value)
    if not found or any(token.kind not in (WEEKDAY, TO, MARK, EVERY) for token in tokens):
        raise InvalidInput("These are not weekdays.", field="weekdays", value=text, remedy="周二、周四 or Tue, Thu")
    return set(found)
