"""The form of a venue and of its study rooms: what was typed, read into columns, with everything that is wrong at once.

Owns: the fields of both forms, how hours of a week and of special days are written, and the inverse of that. Knows no
database. Called by `city.services.venue_keeping`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

from city import written
from city.errors import InvalidInput
from city.localised import LocalisedText
from city.model import StudyRoom, Venue
from city.services.findings import Finding, message
from city.services.offering_form import Typed, has_chinese
from city.services.offering_values import day_words
from city.terms import AccessFeature, VenueType
from city.text import clean_line, clean_text

T = TypeVar("T")
WEEK = tuple(f"h{day}" for day in range(7))
VENUE_FIELDS = ("name", "name_en", "type", "address", "address_en", "phone", "area", "position", *WEEK, "special",
                "access")  # fmt: skip
ROOM_FIELDS = ("room_name", "room_name_en", "seats", *WEEK, "access")
LONGEST_NAME, LONGEST_ADDRESS, LONGEST_HOURS, LONGEST_SPECIAL, MOST_SPECIAL = 80, 200, 120, 8_000, 200
MOST_SEATS = 5_000
UNREAD_HOURS = message('"%(value)s" are no hours that we can read. Write them like 9:00-12:00, 13:30-17:00.')


class FormReader:
    """Reads one form; what cannot be read is noted and stands empty."""

    def __init__(self, values: Mapping[str, Any], today: date) -> None:
        self._typed = Typed(values)
        self._today = today
        self.found: list[Finding] = []

    def venue(self, areas: Sequence[str]) -> dict[str, Any]:
        """Return column → value of a venue."""
        latitude, longitude = self._position()
        return {
            "name": self._name("name", message("Write what the place is called, like: Hubin Library.")),
            "type": self._one_of("type", tuple(VenueType)) or VenueType.OTHER.value,
            "address": self._texts("address", LONGEST_ADDRESS),
            "phone": self._phone(),
            "area_id": self._one_of("area", areas) or None,
            "latitude": latitude,
            "longitude": longitude,
            "opening_hours": self._week(),
            "special_hours": self._special(),
            "access_features": self._access(),
        }

    def room(self) -> dict[str, Any]:
        """Return column → value of a study room; without hours of its own it is open when the house is."""
        return {
            "name": self._name("room_name", message("Write what the room is called, like: ground-floor study room.")),
            "seat_count": self._seats(),
            "opening_hours": self._week(),
            "access_features": self._access(),
        }

    def _note(self, name: str, text: str, **parts: Any) -> None:
        self.found.append(Finding(name, text, parts))

    def _line(self, name: str, longest: int) -> str:
        try:
            return clean_line(self._typed.text(name), field=name, longest=longest)
        except InvalidInput:
            self._note(
                name, message("This is longer than the %(longest)s letters we keep. Shorten it."), longest=longest
            )
            return ""

    def _texts(self, name: str, longest: int) -> LocalisedText:
        text, english = self._line(name, longest), self._line(f"{name}_en", longest)
        if text and not english and not has_chinese(text):
            return LocalisedText({"en": text})
        return LocalisedText({"zh-Hans": text, "en": english})

    def _name(self, name: str, missing: str) -> LocalisedText:
        found = self._texts(name, LONGEST_NAME)
        if not found and not any(each.field in (name, f"{name}_en") for each in self.found):
            self._note(name, missing)
        return found

    def _one_of(self, name: str, allowed: Sequence[str]) -> str:
        value = self._typed.text(name)
        if value and value not in allowed:
            self._note(name, message("This choice is not offered. Choose one of the list."))
            return ""
        return value

    def _access(self) -> list[str]:
        values = list(dict.fromkeys(self._typed.many("access")))
        if any(value not in tuple(AccessFeature) for value in values):
            self._note("access", message("This choice is not offered. Choose one of the list."))
        return [value for value in values if value in tuple(AccessFeature)]

    def _phone(self) -> str:
        text = self._line("phone", 40)
        digits = sum(letter.isdigit() for letter in text)
        if text and (not 3 <= digits <= 15 or any(letter.isalpha() for letter in text)):
            self._note("phone", message('"%(value)s" is no telephone number. Write it like 0300 641 7010.'), value=text)
            return ""
        return text

    def _position(self) -> tuple[float | None, float | None]:
        text = self._line("position", 60)
        nowhere: tuple[float | None, float | None] = (None, None)
        return self._read("position", text, written.position_in, nowhere, NO_POSITION) if text else nowhere

    def _seats(self) -> int | None:
        text = self._line("seats", 40)
        if not text:
            self._note("seats", message("Write how many seats the room has, like 24."))
            return None
        seats = self._read("seats", text, written.whole_number_in, None, NO_NUMBER)
        if seats is not None and not 1 <= seats <= MOST_SEATS:
            self._note("seats", NOT_BETWEEN, value=seats, low=1, high=MOST_SEATS)
            return None
        return seats

    def _read(self, name: str, text: str, read: Callable[[str], T], otherwise: T, unread: str) -> T:
        try:
            return read(text)
        except (ValueError, OverflowError) as wrong:
            self._note(name, unread, value=str(wrong) or text[:40])
            return otherwise

    def _week(self) -> dict[str, list[list[str]]]:
        """Return the hours of the week; all boxes empty is unknown, an empty one beside others is closed."""
        typed = {day: self._line(f"h{day}", LONGEST_HOURS) for day in range(7)}
        if not any(typed.values()):
            return {}
        found = {
            str(day): self._read(f"h{day}", text, _intervals, list[list[str]](), UNREAD_HOURS)
            for day, text in typed.items()
        }
        return {day: intervals for day, intervals in found.items() if intervals} or {"0": []}

    def _special(self) -> dict[str, list[list[str]]]:
        """Return the hours of special days: a line each, a day and its hours, or 休 for closed."""
        try:
            text = clean_text(self._typed.text("special"), field="special", longest=LONGEST_SPECIAL)
        except InvalidInput:
            self._note(
                "special",
                message("This is longer than the %(longest)s letters we keep. Shorten it."),
                longest=LONGEST_SPECIAL,
            )
            return {}
        found: dict[str, list[list[str]]] = {}
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                self._special_day(number, line.strip(), found)
        if len(found) > MOST_SPECIAL:
            self._note(
                "special",
                message("There are more than %(most)s special days. Take out those that are over."),
                most=MOST_SPECIAL,
            )
        return dict(sorted(found.items()))

    def _special_day(self, number: int, line: str, found: dict[str, list[list[str]]]) -> None:
        try:
            days, rest = written.days_and_rest(line, self._today)
            intervals = _intervals(rest)
        except (ValueError, OverflowError):
            self._note(
                "special",
                message("Line %(number)s of the special days cannot be read. Write it like: 1 January 2027 closed."),
                number=number,
            )
            return
        for day in days:
            found[day.isoformat()] = intervals


NO_NUMBER = message('"%(value)s" is no number. Write it in digits, like 24.')
NOT_BETWEEN = message("%(value)s is too small or too large. Write a number from %(low)s to %(high)s.")
NO_POSITION = message('"%(value)s" is no position. Write latitude and longitude, like 30.5110, 120.8712.')


def _intervals(text: str) -> list[list[str]]:
    return [[f"{opens:%H:%M}", f"{closes:%H:%M}"] for opens, closes in written.intervals_in(text)]


def venue_values(venue: Venue, language: str) -> dict[str, Any]:
    """Return a venue as its form would have been filled in."""
    position = venue.position()
    return {
        "name": venue.name.get("zh-Hans", "") or venue.name.get("en", ""),
        "name_en": venue.name.get("en", "") if "zh-Hans" in venue.name else "",
        "type": venue.type,
        "address": venue.address.get("zh-Hans", "") or venue.address.get("en", ""),
        "address_en": venue.address.get("en", "") if "zh-Hans" in venue.address else "",
        "phone": venue.phone,
        "area": venue.area_id or "",
        "position": f"{position[0]}, {position[1]}" if position else "",
        **week_values(venue.opening_hours),
        "special": special_words(venue.special_hours or {}, language),
        "access": list(venue.access_features),
    }


def room_values(room: StudyRoom) -> dict[str, Any]:
    """Return a study room as its form would have been filled in."""
    return {
        "room_name": room.name.get("zh-Hans", "") or room.name.get("en", ""),
        "room_name_en": room.name.get("en", "") if "zh-Hans" in room.name else "",
        "seats": "" if room.seat_count is None else str(room.seat_count),
        **week_values(room.opening_hours),
        "access": list(room.access_features),
    }


def week_values(hours: Mapping[str, Any]) -> dict[str, str]:
    """Return the seven boxes of a week."""
    return {f"h{day}": intervals_words(hours.get(str(day), ())) for day in range(7)}


def intervals_words(intervals: Sequence[Sequence[str]]) -> str:
    """Return intervals as they are typed: 09:00-12:00, 13:30-17:00."""
    return ", ".join(f"{opens}-{closes}" for opens, closes in intervals)


def special_words(special: Mapping[str, Any], language: str) -> str:
    """Return special days as they are typed, a line each."""
    closed = "休" if language == "zh" else "closed"
    return "\n".join(
        f"{day_words(date.fromisoformat(day), language)} {intervals_words(intervals) or closed}"
        for day, intervals in sorted(special.items())
    )
