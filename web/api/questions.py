"""What a machine may ask: one frozen model a question, checked whole before anything is looked up.

Owns: names, bounds and forms of parameters. Several values of one parameter stand in one list, separated by commas;
a parameter that comes twice, or that is not known, is refused with its name.
"""

from __future__ import annotations

import re
from datetime import date
from enum import IntEnum
from typing import Annotated, Any

from flask import request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from city.model import AccessFeature, Attendance, Audience, Daypart, Kind
from city.ports import LAST_PAGE, Position, SearchRequest, Sort
from web.addresses import LARGEST_ID, SLUG

EARLIEST, LATEST = date(2000, 1, 1), date(2100, 12, 31)
POINT = r"-?(?:90|[1-8]?[0-9])(?:\.[0-9]{1,6})?,-?(?:180|1[0-7][0-9]|[1-9]?[0-9])(?:\.[0-9]{1,6})?"
WITHOUT_CONTROLS = r"^[^\u0000-\u001f\u007f]*$"
LONGEST_TEXT = 200
NOT_GIVEN: Any = None  # a default is not checked, so a parameter that comes is of its type and nothing else


def _listed(value: Any) -> Any:
    """Take a list apart at its commas; who means none leaves the parameter out."""
    return value.split(",") if isinstance(value, str) else value


Slug = Annotated[str, Field(pattern=f"^{SLUG}$")]
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Listed = BeforeValidator(_listed)
Several = Field(min_length=1, max_length=50)
Ids = Annotated[list[Id], Listed, Several]
Slugs = Annotated[list[Slug], Listed, Several]
Text = Annotated[str, Field(max_length=LONGEST_TEXT, pattern=WITHOUT_CONTROLS)]
PerPage = Annotated[int, Field(ge=1, le=50, description="Results on a page.")]
Page = Annotated[int, Field(ge=1, le=LAST_PAGE, description="Page of results, from 1.")]


class Weekday(IntEnum):
    """0 is Monday."""

    MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(7)


def _weekdays(value: Any) -> Any:
    return [int(part) if re.fullmatch("[0-9]", part) else part for part in _listed(value)]


class Question(BaseModel):
    """What all questions share: nothing unknown, nothing twice."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class NoQuestion(Question):
    """An address that takes no parameters."""


class SearchQuestion(Question):
    """A search: words and filters; without both it is the whole catalogue."""

    q: Text = Field("", description="Words in Chinese, English or pinyin.")
    kind: Annotated[list[Kind], Listed, Several] = Field([], description="Kinds of offering.")
    topic: Slugs = Field([], description="Topics, by id.")
    audience: Annotated[list[Audience], Listed, Several] = Field([], description="For whom it is meant.")
    area: Slugs = Field([], description="Areas of any level, by id.")
    venue: Ids = Field([], description="Venues, by id.")
    operator: Ids = Field([], description="Operators, by id.")
    weekday: Annotated[list[Weekday], BeforeValidator(_weekdays), Several] = Field([], description="0 is Monday.")
    daypart: Annotated[list[Daypart], Listed, Several] = Field([], description="Parts of a day.")
    from_on: date = Field(NOT_GIVEN, alias="from", description="First local day of a meeting.")
    to_on: date = Field(NOT_GIVEN, alias="to", description="Last local day of a meeting.")
    free: bool = Field(False, description="Only what is stated to cost nothing.")
    max_price_minor: Annotated[int, Field(ge=0, le=100_000_000)] = Field(
        NOT_GIVEN, description="Highest price, in minor units of the currency."
    )
    attendance: Annotated[list[Attendance], Listed, Several] = Field([], description="How one takes part.")
    access: Annotated[list[AccessFeature], Listed, Several] = Field([], description="Access features, all of one list.")
    open: bool = Field(False, description="Only what somebody could still join.")
    open_now: bool = Field(False, description="Only at a venue that is known to be open now.")
    near: Annotated[str, Field(pattern=f"^(?:{POINT})?$")] = Field(
        "", description="Latitude and longitude in WGS84 degrees, like 30.511,120.871."
    )
    within_minutes: Annotated[int, Field(ge=1, le=240)] = Field(
        NOT_GIVEN, description="Longest way from `near`, in minutes."
    )
    sort: Sort = Field(Sort.RELEVANCE, description="Order of the results.")
    page: Page = 1
    per_page: PerPage = 10

    def as_request(self) -> SearchRequest:
        """Return the question in the catalogue's own terms."""
        return SearchRequest(
            text=self.q.strip(),
            kinds=frozenset(self.kind),
            topics=frozenset(self.topic),
            audiences=frozenset(self.audience),
            areas=frozenset(self.area),
            venues=frozenset(self.venue),
            operators=frozenset(self.operator),
            weekdays=frozenset(int(day) for day in self.weekday),
            dayparts=frozenset(self.daypart),
            from_on=_plausible(self.from_on),
            to_on=_plausible(self.to_on),
            only_free=self.free,
            max_price_minor=self.max_price_minor,
            attendance=frozenset(self.attendance),
            access=frozenset(self.access),
            only_open=self.open,
            open_now=self.open_now,
            near=position_of(self.near),
            within_minutes=self.within_minutes,
            sort=self.sort,
            page=self.page,
            per_page=self.per_page,
        )


class OfferingsQuestion(Question):
    """The catalogue in order: what meets soonest first, or what is newest."""

    kind: Annotated[list[Kind], Listed, Several] = Field([], description="Kinds of offering.")
    topic: Slugs = Field([], description="Topics, by id; what lies below one counts too.")
    area: Slugs = Field([], description="Areas of any level, by id; what lies in one counts too.")
    newest: bool = Field(False, description="Newest first.")
    page: Page = 1
    per_page: PerPage = 20


class SuggestQuestion(Question):
    """The beginning of a word."""

    q: Text = Field(description="What was typed so far.")
    language: Annotated[str, Field(pattern="^(?:zh|en)$")] = Field("zh", description="zh or en.")
    n: Annotated[int, Field(ge=1, le=20)] = Field(8, description="Number of completions.")


class SuggestionsQuestion(Question):
    """What to learn next, for somebody who likes `offering` and is around `area`."""

    offering: Ids = Field([], description="Offerings liked, newest first, by id.")
    area: Slug = Field(NOT_GIVEN, description="Where the person is, by id of an area.")
    kind: Annotated[list[Kind], Listed, Several] = Field([], description="Kinds of offering.")
    n: Annotated[int, Field(ge=1, le=50)] = Field(6, description="Number of suggestions.")


class SimilarQuestion(Question):
    """How many similar offerings."""

    n: Annotated[int, Field(ge=1, le=50)] = Field(6, description="Number of offerings.")


class VenuesQuestion(Question):
    """Which venues."""

    area: Slug = Field(NOT_GIVEN, description="Only venues in this area, by id.")
    page: Page = 1
    per_page: PerPage = 50


def position_of(point: str) -> Position | None:
    """Return the point "latitude,longitude", None for an empty one."""
    if not point:
        return None
    latitude, longitude = (float(part) for part in point.split(","))
    return Position(max(-90.0, min(90.0, latitude)), max(-180.0, min(180.0, longitude)))


def _plausible(day: date | None) -> date | None:
    """Bring a day of another age to the edge of ours: nothing meets beyond it."""
    return day and max(EARLIEST, min(LATEST, day))


def repeated_parameters() -> dict[str, list[str]]:
    """Return a sentence for each parameter of the request that came more than once."""
    values = request.args.to_dict(flat=False)
    return {name: ["Give this once; separate several values by commas."] for name in values if len(values[name]) > 1}
