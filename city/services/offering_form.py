"""The form by which staff publish: what was typed, read field by field into what an offering holds.

Owns: the fields and their limits, and every sentence about a field that cannot be read; all of them are found at once.
Knows no database: the venues, topics and areas one may choose from are handed in. Called by `city.services.composing`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from city import written
from city.clock import end_of_day, instant_of
from city.errors import InvalidInput
from city.localised import LocalisedText
from city.model import Area, Attendance, ClassSession, EnrolmentMode, Kind, Topic, Venue
from city.services.findings import Finding, message
from city.services.series import MOST_MEETINGS, Days, Repeat, days_of
from city.services.topic_suggestion import suggest_topic
from city.terms import AccessFeature, Audience, Price
from city.text import clean_line, clean_text

T = TypeVar("T")
LONGEST: Mapping[str, int] = {
    "title": 120, "title_en": 160, "summary": 300, "summary_en": 400, "room": 80, "place": 120, "contact": 200,
    "web_address": 400, "level": 32, "term": 32, "day": 2_000, "except": 2_000, "hours": 80, "price": 300,
}  # fmt: skip
LONGEST_TEXTS: Mapping[str, int] = dict.fromkeys(
    ("description", "description_en", "bring", "rain_plan", "stops"), 8_000
)
MOST_SEATS, MOST_PARTY, OLDEST, MOST_HOURS = 100_000, 60, 120, 24 * 14
FIELDS = (
    "kind", "title", "title_en", "day", "hours", "repeat", "times", "until", "except", "except_closed", "venue",
    "place", "room", "attendance", "seats", "way", "opens", "closes", "waiting", "answer_hours", "party", "term",
    "term_limit", "residents_area", "residents_until", "price", "summary", "summary_en", "topic", "topic_also",
    "audience", "age_min", "age_max", "language", "level", "description", "description_en", "bring", "bring_en",
    "rain_plan", "rain_plan_en", "access", "contact", "web_address", "stops",
)  # fmt: skip
"""Every field of the form, in its order."""
MANY = ("audience", "language", "access")
"""Fields of which several values may be sent."""
LANGUAGES = ("zh-Hans", "yue", "wuu", "en", "ja", "csl")
UNREAD: Mapping[str, str] = {
    "day": message('"%(value)s" is no day that we can read. Write it like 5 December 2026.'),
    "except": message('"%(value)s" is no day that we can read. Write it like 5 December 2026.'),
    "until": message('"%(value)s" is no day that we can read. Write it like 5 December 2026.'),
    "hours": message('"%(value)s" is no hour that we can read. Write it like 19:00 to 20:30.'),
    "price": message('"%(value)s" is no price. Write 0 when it is free, else a number like 20.'),
    "opens": message('"%(value)s" is no moment that we can read. Write it like 1 December 9:00.'),
    "closes": message('"%(value)s" is no moment that we can read. Write it like 1 December 9:00.'),
    "residents_until": message('"%(value)s" is no moment that we can read. Write it like 1 December 9:00.'),
}
NO_NUMBER = message('"%(value)s" is no number. Write it in digits, like %(example)s.')
NOT_BETWEEN = message("%(value)s is too small or too large. Write a number from %(low)s to %(high)s.")
NOT_LISTED = message("This choice is not offered. Choose one of the list.")


class Typed:
    """What was typed, by field; unknown fields are nobody's and stay unread."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def text(self, name: str) -> str:
        """Return the value of a field, "" when there is none."""
        value = self._values.get(name, "")
        return str(value[0] if isinstance(value, list) and value else value or "").strip()

    def many(self, name: str) -> list[str]:
        value = self._values.get(name, [])
        return [str(each) for each in (value if isinstance(value, list) else [value]) if each]


@dataclass(frozen=True)
class Choices:
    """What one may choose from, and when and where it is read. `venues_by_name` finds venues by a whole name."""

    today: date
    now: datetime
    zone: ZoneInfo
    venues: Mapping[str, Venue]
    venues_by_name: Callable[[str], Sequence[Venue]]
    topics: Sequence[Topic]
    areas: Mapping[str, Area]


@dataclass(frozen=True)
class StopPlan:
    """One stop of a route as typed."""

    name: LocalisedText
    stay_minutes: int
    walk_minutes: int
    position: tuple[float, float] | None = None


@dataclass(frozen=True)
class Composed:
    """An offering as a form states it. `meetings` are new rows that belong to no run yet."""

    kind: str
    title: LocalisedText
    summary: LocalisedText
    description: LocalisedText
    venue: Venue | None
    days: Days
    starts: time | None
    ends: time | None
    meetings: tuple[ClassSession, ...]
    seat_count: int | None
    mode: str
    prices: tuple[Mapping[str, Any], ...]
    topics: tuple[str, ...]
    topic_is_suggested: bool
    audiences: tuple[str, ...]
    languages: tuple[str, ...]
    attendance: str
    always_open: bool
    age_min: int | None
    age_max: int | None
    level: str
    access_features: tuple[str, ...]
    bring: LocalisedText
    rain_plan: LocalisedText
    contact: str
    web_address: str
    stops: tuple[StopPlan, ...]
    run: Mapping[str, Any] = field(default_factory=dict)
    """Columns of the run beside seats and mode: room, window, term, residents, party, waiting list."""
    twice: tuple[date, ...] = ()
    """Days on which the clocks show the hour twice; the first is meant."""


def read_form(values: Mapping[str, Any], choices: Choices) -> tuple[Composed, list[Finding]]:
    """Return the form as far as it can be read, and everything that is wrong with it in the order of the fields."""
    reader = _Reader(Typed(values), choices)
    return reader.composed(), reader.found


class _Reader:
    """Reads one form; what cannot be read is noted and stands empty."""

    def __init__(self, typed: Typed, choices: Choices) -> None:
        self._typed = typed
        self._choices = choices
        self.found: list[Finding] = []

    def composed(self) -> Composed:
        title, title_words = self._title()
        kind = self._one_of("kind", tuple(Kind), otherwise=Kind.EVENT)
        attendance = self._one_of("attendance", tuple(Attendance), otherwise=Attendance.IN_PERSON)
        first = self._days("day")
        hours = self._hours(bool(first))
        venue = self._venue(attendance, kind)
        days = self._series(first, venue)
        stops = self._stops(kind)
        always_open = (
            not first and not self._typed.text("day") and (kind == Kind.ROUTE or attendance == Attendance.ONLINE)
        )
        self._need_a_day(first, always_open)
        meetings, twice = self._meetings(days, hours)
        seats = self._number("seats", 1, MOST_SEATS, "24")
        mode = self._mode(seats)
        ages = self._ages()
        listed = tuple(topic.id for topic in self._choices.topics)
        topic, also = self._one_of("topic", listed), self._one_of("topic_also", listed)
        suggested = "" if topic else suggest_topic(title_words, self._choices.topics)
        topics = dict.fromkeys(each for each in (topic or suggested, also) if each)
        return Composed(
            kind=kind, title=title, summary=self._texts("summary"), description=self._texts("description"),
            venue=venue, days=days, starts=hours[0], ends=hours[1], meetings=tuple(meetings),
            seat_count=seats, mode=mode, prices=tuple(self._prices()),
            topics=tuple(topics), topic_is_suggested=bool(suggested),
            audiences=tuple(self._some_of("audience", tuple(Audience))) or (Audience.EVERYONE.value,),
            languages=tuple(self._some_of("language", LANGUAGES)), attendance=attendance, always_open=always_open,
            age_min=ages[0], age_max=ages[1], level=self._line("level"),
            access_features=tuple(self._some_of("access", tuple(AccessFeature))),
            bring=self._texts("bring"), rain_plan=self._texts("rain_plan"), contact=self._line("contact"),
            web_address=self._web_address(), stops=tuple(stops), run=self._run(meetings, mode), twice=tuple(twice),
        )  # fmt: skip

    def _note(self, name: str, text: str, **parts: Any) -> None:
        self.found.append(Finding(name, text, parts))

    def _line(self, name: str) -> str:
        return self._cleaned(name, clean_line, LONGEST.get(name, 300))

    def _cleaned(self, name: str, clean: Callable[..., str], longest: int) -> str:
        try:
            return clean(self._typed.text(name), field=name, longest=longest)
        except InvalidInput:
            self._note(
                name, message("This is longer than the %(longest)s letters we keep. Shorten it."), longest=longest
            )
            return ""

    def _read(self, name: str, read: Callable[[str], T], otherwise: T) -> T:
        """Read a field that is not empty; what cannot be read is noted in the field's own words."""
        text = self._line(name)
        if not text:
            return otherwise
        try:
            return read(text)
        except (ValueError, OverflowError) as wrong:
            self._note(name, UNREAD[name], value=str(wrong) or text[:40])
            return otherwise

    def _title(self) -> tuple[LocalisedText, str]:
        text, in_english = self._line("title"), self._line("title_en")
        if not (text or in_english) and not any(each.field.startswith("title") for each in self.found):
            self._note("title", message("Write what it is called, like: mend an old lamp."))
        return _in_languages(text, in_english), f"{text} {in_english}".strip()

    def _texts(self, name: str) -> LocalisedText:
        clean, longest = (
            (clean_text, LONGEST_TEXTS[name]) if name in LONGEST_TEXTS else (clean_line, LONGEST.get(name, 300))
        )
        return _in_languages(self._cleaned(name, clean, longest), self._cleaned(f"{name}_en", clean, longest))

    def _one_of(self, name: str, allowed: Sequence[str], otherwise: str = "") -> str:
        value = self._typed.text(name)
        if value and value not in allowed:
            self._note(name, NOT_LISTED)
            return otherwise
        return value or otherwise

    def _some_of(self, name: str, allowed: Sequence[str]) -> list[str]:
        values = list(dict.fromkeys(self._typed.many(name)))
        if any(value not in allowed for value in values):
            self._note(name, NOT_LISTED)
        return [value for value in values if value in allowed]

    def _number(self, name: str, low: int, high: int, example: str) -> int | None:
        text = self._line(name)
        if not text:
            return None
        try:
            found = written.whole_number_in(text)
        except ValueError:
            self._note(name, NO_NUMBER, value=text[:40], example=example)
            return None
        if not low <= found <= high:
            self._note(name, NOT_BETWEEN, value=found, low=low, high=high)
            return None
        return found

    def _days(self, name: str) -> list[date]:
        return self._read(name, lambda text: written.days_in(text, self._choices.today), list[date]())

    def _hours(self, has_days: bool) -> tuple[time | None, time | None]:
        if has_days and not self._line("hours"):
            self._note("hours", message("Write when it begins and ends, like 19:00 to 20:30."))
        nothing: tuple[time | None, time | None] = (None, None)
        return self._read("hours", written.hours_in, nothing)

    def _need_a_day(self, first: Sequence[date], always_open: bool) -> None:
        if first or always_open or any(each.field == "day" for each in self.found):
            return
        self._note("day", message("Write on which day it is, like 5 December 2026."))

    def _venue(self, attendance: str, kind: str) -> Venue | None:
        """Return the chosen venue, or the one named in words."""
        if named := self._line("place"):
            return self._named_venue(named)
        chosen = self._typed.text("venue")
        if chosen and chosen not in self._choices.venues:
            self._note("venue", NOT_LISTED)
        elif not chosen and attendance != Attendance.ONLINE and kind != Kind.ROUTE:
            self._note("venue", message("Choose where it is. A place that is not on the list can be named below."))
        return self._choices.venues.get(chosen)

    def _named_venue(self, named: str) -> Venue | None:
        found = self._choices.venues_by_name(named)
        if len(found) == 1:
            return found[0]
        self._note(
            "place",
            message('We know no place called "%(value)s". Write its name as it stands on its page.'),
            value=named,
        )
        return None

    def _series(self, first: list[date], venue: Venue | None) -> Days:
        repeat = Repeat(self._one_of("repeat", tuple(Repeat)))
        times, until = self._number("times", 1, MOST_MEETINGS, "8"), self._read("until", self._one_day, None)
        left_out = set(self._days("except"))
        if repeat is not Repeat.NEVER and times is None and until is None and not self._has("times", "until"):
            self._note("times", message("Write how many times it takes place, like 8, or until which day."))
            return days_of(first, Repeat.NEVER)
        if until is not None and first and until < first[0]:
            self._note("until", message("The last day comes before the first one. Write a later day."))
        held = days_of(first, repeat, times=times, until=until, exceptions=left_out)
        if repeat is Repeat.NEVER or venue is None or not self._typed.text("except_closed"):
            return held
        named = {day for day in (*held.held, *_many_more(first, repeat)) if venue.hours_on(day) == []}
        return days_of(first, repeat, times=times, until=until, exceptions=left_out | named)

    def _has(self, *names: str) -> bool:
        return any(each.field in names for each in self.found)

    def _one_day(self, text: str) -> date | None:
        found = written.days_in(text, self._choices.today)
        if len(found) != 1:
            raise ValueError(text[:40])
        return found[0]

    def _meetings(self, days: Days, hours: tuple[time | None, time | None]) -> tuple[list[ClassSession], list[date]]:
        """Return the meetings, all of one wall clock; a day on which that hour does not exist is named."""
        made, twice = list[ClassSession](), list[date]()
        for day in days.held:
            try:
                made.append(ClassSession.at(day, self._choices.zone, *hours))
            except (ValueError, OverflowError):
                self._note("hours", SKIPPED_HOUR, day=day, hour=hours[0])
                continue
            if hours[0] is not None and comes_twice(day, hours[0], self._choices.zone):
                twice.append(day)
        return made, twice

    def _mode(self, seats: int | None) -> str:
        way = self._one_of("way", tuple(EnrolmentMode))
        if way == EnrolmentMode.BALLOT and seats is None and not self._has("seats"):
            self._note("seats", message("A draw needs a number of seats. Write it in digits, like 24."))
        return way or (EnrolmentMode.FIRST_COME if seats is not None else EnrolmentMode.NONE)

    def _prices(self) -> list[Mapping[str, Any]]:
        tiers = self._read("price", written.prices_in, list[tuple[str, Price]]())
        if not tiers and not self._has("price"):
            self._note("price", message("Write what it costs; 0 when it is free."))
        return [{**price.as_json(), "label": dict(_in_languages(label, ""))} for label, price in tiers]

    def _ages(self) -> tuple[int | None, int | None]:
        low, high = self._number("age_min", 0, OLDEST, "6"), self._number("age_max", 0, OLDEST, "12")
        if low is not None and high is not None and low > high:
            self._note("age_max", message("The oldest age is below the youngest one. Write a higher number."))
        return low, high

    def _web_address(self) -> str:
        address = self._line("web_address")
        if address and not address.startswith(("https://", "http://")):
            self._note("web_address", message("Write the whole address, like https://example.org/course."))
            return ""
        return address

    def _stops(self, kind: str) -> list[StopPlan]:
        text = self._cleaned("stops", clean_text, LONGEST_TEXTS["stops"])
        found = [stop for number, line in enumerate(text.splitlines(), 1) if (stop := self._stop(number, line.strip()))]
        if kind == Kind.ROUTE and len(found) < 2 and not self._has("stops"):
            self._note("stops", message("A route needs 2 stops or more, each on a line of its own."))
        return found

    def _stop(self, number: int, line: str) -> StopPlan | None:
        if not line:
            return None
        cells = [cell.strip() for cell in line.replace("；", ";").split(";")]
        try:
            minutes = [written.whole_number_in(cell) if cell else 0 for cell in cells[1:3]]
            at = written.position_in(cells[3]) if len(cells) > 3 and cells[3] else None
            if not cells[0] or len(cells) > 4 or max(minutes, default=0) > 600:
                raise ValueError
        except ValueError:
            self._note(
                "stops",
                message(
                    "Line %(number)s of the stops cannot be read. Write: name; minutes to stay; minutes to walk on."
                ),
                number=number,
            )
            return None
        stay, walk = [*minutes, 0, 0][:2]
        return StopPlan(_in_languages(cells[0][:120], ""), stay, walk, at)

    def _run(self, meetings: Sequence[ClassSession], mode: str) -> dict[str, Any]:
        first = min((m.starts_at or m.over_at for m in meetings), default=None)
        opens, closes = self._moment("opens", first, time(9)), self._moment("closes", first, None)
        if opens is not None and closes is not None and closes <= opens:
            self._note("closes", message("Enrolment ends before it begins. Write a later moment."))
        area = self._one_of("residents_area", tuple(self._choices.areas))
        until = self._moment("residents_until", first, None)
        if area and until is None and not self._has("residents_until"):
            self._note(
                "residents_until", message("Write until when only residents may take a place, like 1 December 9:00.")
            )
        return {
            "room": self._line("room"),
            "enrol_opens_at": opens,
            "enrol_closes_at": closes,
            "keeps_waiting_list": self._typed.text("waiting") != "no",
            "answer_hours": self._number("answer_hours", 1, MOST_HOURS, "24") or 24,
            "most_in_party": self._number("party", 1, MOST_PARTY, "4") or 4,
            "term": self._line("term"),
            "term_limit": self._number("term_limit", 1, 50, "2"),
            "residents_area_id": area or None,
            "residents_until": until if area else None,
        }

    def _moment(self, name: str, first: datetime | None, hour: time | None) -> datetime | None:
        """Return an instant; a bare number is so many days before the first meeting. Without an hour: the day's end."""
        text = self._line(name)
        if text.isdecimal() and len(text) <= 3 and first is not None:
            return first - timedelta(days=int(text))

        def read(said: str) -> datetime:
            day, wall = written.moment_in(said, self._choices.today)
            wall = wall or hour
            return instant_of(day, wall, self._choices.zone) if wall else end_of_day(day, self._choices.zone)

        return self._read(name, read, None)


SKIPPED_HOUR = message("On %(day)s the clocks skip %(hour)s. Write another hour, or leave that day out.")


def comes_twice(day: date, wall: time, zone: ZoneInfo) -> bool:
    """True when the zone's clocks show that hour of that day twice (the hour put back in autumn)."""
    local = datetime.combine(day, wall, tzinfo=zone)
    return local.utcoffset() != local.replace(fold=1).utcoffset()


def _many_more(first: Sequence[date], repeat: Repeat) -> tuple[date, ...]:
    return days_of(first, repeat).held


def _in_languages(text: str, in_english: str) -> LocalisedText:
    """Return a text by language: what has Chinese letters, or an English text beside it, is the Chinese one."""
    if text and not in_english and not has_chinese(text):
        return LocalisedText({"en": text})
    return LocalisedText({"zh-Hans": text, "en": in_english})


def has_chinese(text: str) -> bool:
    """True when a text holds a Chinese character."""
    return any("\u3400" <= letter <= "\u9fff" for letter in text)
