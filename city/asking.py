"""The search form: an address ⇄ a SearchRequest; every filter of the request stands in the address.

Owns: the names and allowed values of the parameters, and the refusal of anything else (InvalidInput, with what would
be right). `SearchForm.read` is total: the same address always gives the same request. Called by the search view, by
feeds, and by saved searches, which keep the parameters and ask again.

| parameter | meaning |
|---|---|
| q | words |
| kind, topic, audience, daypart, weekday, attendance, spoken, access | one of a list; may come several times |
| area, venue, operator | where and whose; may come several times |
| day | week, next, weekend: days in words; or from and to as ISO days |
| hours | free hours as W-HHMM-HHMM, W 0 for Monday; may come several times (a form sends hN-from and hN-to) |
| fit | 1: within the free hours the person keeps |
| free, open, nostairs, opennow | 1: only free, with places left, without stairs, at a place that is open now |
| price | at most so many yuan |
| near, within | where one sets out: an area's key, home, or latitude,longitude; at most so many minutes |
| sort, page | order and page |
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Any, Protocol

from city.errors import InvalidInput
from city.model import Attendance, Audience, Daypart, Kind
from city.ports import LAST_PAGE, FreeHours, Position, SearchRequest, Sort
from city.terms import NO_STAIRS, AccessFeature
from city.text import clean_line

LONGEST_TEXT = 200
MOST_VALUES = 40
DAYS = ("week", "next", "weekend")
HIGHEST_PRICE = 100_000
FLAGS = ("free", "open", "nostairs", "opennow")
SPOKEN = ("zh-Hans", "zh-Hant", "zh", "yue", "wuu", "en", "ja", "csl")
LARGEST_ID = 2**63 - 1
"""Of a row: what a database can hold."""
HOME = "home"
POINT = re.compile(r"-?[0-9]{1,2}(?:\.[0-9]{1,6})?,-?[0-9]{1,3}(?:\.[0-9]{1,6})?")
LISTS: Mapping[str, tuple[str, ...]] = {
    "kind": tuple(Kind),
    "audience": tuple(Audience),
    "daypart": tuple(Daypart),
    "weekday": tuple("0123456"),
    "attendance": tuple(Attendance),
    "spoken": SPOKEN,
    "access": tuple(AccessFeature),
}
KEYS = ("topic", "area")
NUMBERS = ("venue", "operator")
FILTERS = (*LISTS, *KEYS, *NUMBERS, "day", "from", "to", "hours", "fit", *FLAGS, "price", "within")
"""Every parameter that narrows; in the order in which chips stand."""


class Address(Protocol):
    """The parameters of an address, as a web framework reads them."""

    def get(self, name: str, default: str = "") -> str: ...

    def getlist(self, name: str) -> Sequence[str]: ...


@dataclass(frozen=True)
class KeptAddress:
    """The parameters of an address as a saved search keeps them: name → values."""

    values: Mapping[str, Sequence[str]]

    def get(self, name: str, default: str = "") -> str:
        return next(iter(self.getlist(name)), default)

    def getlist(self, name: str) -> Sequence[str]:
        return [str(value) for value in self.values.get(name, ())]


@dataclass(frozen=True)
class SearchForm:
    """What an address asks for, checked. `values` are the parameters as given, name → values, empty ones left out."""

    text: str = ""
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    near: str = ""
    sort: Sort = Sort.RELEVANCE
    page: int = 1

    @classmethod
    def read(cls, args: Address) -> SearchForm:
        """Check an address; raises InvalidInput for the first value that is not offered."""
        values = {name: tuple(_given(args, name)) for name in FILTERS}
        form = cls(
            text=clean_line(args.get("q", ""), field="q", longest=LONGEST_TEXT),
            values={name: given for name, given in values.items() if given},
            near=_start(args.get("near", "").strip()),
            sort=Sort(_one_of("sort", args.get("sort") or Sort.RELEVANCE, tuple(Sort))),
            page=_number("page", args.get("page") or "1", lowest=1, highest=LAST_PAGE),
        )
        form.check()
        return form

    def check(self) -> None:
        """Raise InvalidInput when a value means nothing."""
        for name, allowed in LISTS.items():
            for value in self.all(name):
                _one_of(name, value, allowed)
        for name in KEYS:
            for value in self.all(name):
                _key(name, value)
        self.request(today=date(2000, 1, 3), near=None)

    def all(self, name: str) -> tuple[str, ...]:
        return self.values.get(name, ())

    def one(self, name: str) -> str:
        return self.all(name)[0] if self.all(name) else ""

    def has(self, name: str, value: str = "1") -> bool:
        return value in self.all(name)

    @property
    def is_narrowed(self) -> bool:
        return bool(self.values)

    @property
    def point(self) -> Position | None:
        """The point to set out from, when one stands in the address."""
        if not POINT.fullmatch(self.near):
            return None
        latitude, longitude = map(float, self.near.split(","))
        return Position(latitude, longitude)

    @property
    def has_within(self) -> bool:
        return bool(self.all("within"))

    @property
    def near_area(self) -> str:
        """The key of the area to set out from, "" for none, a point, or home."""
        return "" if self.near == HOME or POINT.fullmatch(self.near) else self.near

    def request(self, *, today: date, near: Position | None, own_hours: tuple[FreeHours, ...] = ()) -> SearchRequest:
        """Return the question for the engine; `today` gives the words of `day` their days.

        `near` is where the person sets out, `own_hours` are the free hours the person keeps, for `fit`.
        """
        starts, ends = self.days(today)
        return SearchRequest(
            text=self.text,
            kinds=frozenset(self.all("kind")),
            topics=frozenset(self.all("topic")),
            audiences=frozenset(self.all("audience")),
            areas=frozenset(self.all("area")),
            venues=_numbers("venue", self.all("venue")),
            operators=_numbers("operator", self.all("operator")),
            weekdays=frozenset(int(value) for value in self.all("weekday")),
            dayparts=frozenset(self.all("daypart")),
            free_hours=(*map(free_hours_of, self.all("hours")), *(own_hours if self.has("fit") else ())),
            from_on=starts,
            to_on=ends,
            only_free=self.has("free"),
            max_price_minor=_yuan(self.one("price")),
            attendance=frozenset(self.all("attendance")),
            languages=frozenset(self.all("spoken")),
            # several features are alternatives: beside "no stairs" another one would let stairs in again
            access=NO_STAIRS if self.has("nostairs") else frozenset(self.all("access")),
            only_open=self.has("open"),
            open_now=self.has("opennow"),
            near=near,
            within_minutes=min(
                (_number("within", value, lowest=1, highest=240) for value in self.all("within")), default=None
            ),
            sort=self.sort,
            page=self.page,
        )

    def days(self, today: date) -> tuple[date | None, date | None]:
        """Return the first and the last day asked for, both inclusive."""
        named = self.one("day")
        if named:
            return _named_days(_one_of("day", named, DAYS), today)
        starts, ends = _day("from", self.one("from")), _day("to", self.one("to"))
        if starts and ends and ends < starts:
            raise InvalidInput("The last day lies before the first.", field="to", value=ends, remedy="a later day")
        return starts, ends

    def address(self, **changes: Any) -> list[tuple[str, str]]:
        """Return the parameters of this form with `changes` (None takes one away); page 1 unless it is among them."""
        wanted: dict[str, Any] = {"q": self.text, **self.values, "near": self.near}
        wanted["sort"] = "" if self.sort == Sort.RELEVANCE else self.sort.value
        wanted |= changes
        return [(name, str(value)) for name, given in wanted.items() for value in _several(given) if value]

    def without(self, name: str, value: str) -> list[tuple[str, str]]:
        """Return the parameters with one value of one filter taken away."""
        return self.address(**{name: tuple(kept for kept in self.all(name) if kept != value)})


def _given(args: Address, name: str) -> Iterable[str]:
    found = list(dict.fromkeys(value.strip() for value in args.getlist(name) if value.strip()))
    if len(found) > MOST_VALUES:
        raise InvalidInput("Too many values at once.", field=name, value=len(found), remedy=f"at most {MOST_VALUES}")
    if name == "hours":
        found += [value for value in week_of_boxes(args) if value not in found]
    return found


def week_of_boxes(args: Address) -> list[str]:
    """Return the hours typed into a week's boxes (h0-from, h0-to, … h6-to); an unfinished day counts for nothing."""
    typed = ((day, args.get(f"h{day}-from", "").strip(), args.get(f"h{day}-to", "").strip()) for day in range(7))
    return [f"{day}-{_digits(starts)}-{_digits(ends)}" for day, starts, ends in typed if starts and ends]


def _digits(typed: str) -> str:
    """Return 9, 9:00, 9：00 or 0900 as 0900; what is no time stays what it is, and is refused."""
    hour, _, minute = typed.replace("：", ":").partition(":")
    return hour if len(hour) > 2 else f"{hour:0>2}{minute or '00'}"


def _named_days(named: str, today: date) -> tuple[date, date]:
    monday = today - timedelta(days=today.weekday())
    if named == "week":
        return today, monday + timedelta(days=6)
    if named == "next":
        return monday + timedelta(days=7), monday + timedelta(days=13)
    return max(today, monday + timedelta(days=5)), monday + timedelta(days=6)


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise InvalidInput(f"{value[:80]!r} is not offered.", field=name, value=value[:80], remedy=", ".join(allowed))
    return value


def _key(name: str, value: str) -> str:
    """A readable key of the catalogue; whether it exists is the view's to find out."""
    if value and (len(value) > 64 or not value.replace("-", "").replace("_", "").isalnum() or not value.isascii()):
        raise InvalidInput("That is no key of the catalogue.", field=name, value=value[:80], remedy="a key like hubin")
    return value


def _number(name: str, value: str, *, lowest: int, highest: int) -> int:
    number = int(value) if value.isascii() and value.isdigit() and len(value) < 20 else -1
    if not lowest <= number <= highest:
        raise InvalidInput(
            "That number is not possible here.", field=name, value=value[:80], remedy=f"{lowest} to {highest}"
        )
    return number


def _numbers(name: str, values: Iterable[str]) -> frozenset[int]:
    return frozenset(_number(name, value, lowest=1, highest=LARGEST_ID) for value in values)


def _yuan(value: str) -> int | None:
    return _number("price", value, lowest=0, highest=HIGHEST_PRICE) * 100 if value else None


def _day(name: str, value: str) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError as unreadable:
        raise InvalidInput(
            "That is no day.", field=name, value=value[:80], remedy="a day like 2026-11-27"
        ) from unreadable


def _start(value: str) -> str:
    """Where to set out: a key, home, or a point on the globe."""
    if not POINT.fullmatch(value):
        return _key("near", value)
    latitude, longitude = map(float, value.split(","))
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise InvalidInput("That point is not on the globe.", field="near", value=value, remedy="like 30.511,120.871")
    return value


def free_hours_of(value: str) -> FreeHours:
    """Read W-HHMM-HHMM; raises InvalidInput for anything else."""
    weekday, _, rest = value.partition("-")
    starts, _, ends = rest.partition("-")
    try:
        found = FreeHours(int(weekday), _wall(starts), _wall(ends))
    except ValueError as unreadable:
        raise _wrong_hours(value) from unreadable
    if not 0 <= found.weekday <= 6 or found.ends_local <= found.starts_local:
        raise _wrong_hours(value)
    return found


def _wall(value: str) -> time:
    if len(value) != 4 or not value.isdigit() or not value.isascii():
        raise ValueError(value)
    return time(int(value[:2]), int(value[2:]))


def _wrong_hours(value: str) -> InvalidInput:
    return InvalidInput("Those are no free hours.", field="hours", value=value[:80], remedy="hours like 2-1800-2100")


def _several(given: Any) -> tuple[Any, ...]:
    return tuple(given) if isinstance(given, tuple | list) else (given,) if given is not None else ()
