"""The fixed terms of the catalogue: kinds, states, types, features, audiences, dayparts, prices.

Owns: their values as they stand in the database, in documents and in addresses. Free of database and framework, so that
whoever reads a feed can name them; the mapped classes of `city.model` use them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from typing import Any

from city.localised import LocalisedText

MORNING_ENDS = time(12)
AFTERNOON_ENDS = time(18)


class Kind(StrEnum):
    """The four kinds of Offering; schema.org Course, Event, TouristTrip and a course held in the evening."""

    COURSE = "course"
    EVENT = "event"
    ROUTE = "route"
    NIGHT_SCHOOL = "night_school"


class Status(StrEnum):
    """States an Offering is put into by people; over and full are not among them."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    PUBLISHED = "published"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"
    HIDDEN = "hidden"


class Attendance(StrEnum):
    """How one takes part (schema.org eventAttendanceMode)."""

    IN_PERSON = "in_person"
    ONLINE = "online"
    MIXED = "mixed"


class Daypart(StrEnum):
    """Morning before 12, afternoon from 12 to 18, evening from 18."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


class EnrolmentMode(StrEnum):
    """How a place is got: by walking in, by coming first, or by a draw."""

    NONE = "none"
    FIRST_COME = "first_come"
    BALLOT = "ballot"


def daypart_of(wall: time) -> Daypart:
    """Return the daypart of a local starting time."""
    if wall < MORNING_ENDS:
        return Daypart.MORNING
    return Daypart.AFTERNOON if wall < AFTERNOON_ENDS else Daypart.EVENING


@dataclass(frozen=True)
class Price:
    """One tier: minor units of an ISO 4217 currency, and for whom it is."""

    amount_minor: int
    currency: str = "CNY"
    label: LocalisedText = LocalisedText()  # noqa: RUF009  (immutable)

    def as_json(self) -> dict[str, Any]:
        return {"amount_minor": self.amount_minor, "currency": self.currency, "label": dict(self.label)}

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> Price:
        return cls(int(row["amount_minor"]), str(row["currency"]), LocalisedText(row.get("label")))


class AreaLevel(StrEnum):
    """The four levels of the Area tree, from the whole to the smallest."""

    CITY = "city"
    DISTRICT = "district"
    STREET = "street"
    COMMUNITY = "community"


class AreaProfile(StrEnum):
    """What kind of land an Area is; the last three are under-served in most cities."""

    URBAN = "urban"
    SUBURBAN = "suburban"
    RURAL = "rural"
    MOUNTAIN = "mountain"
    ISLAND = "island"


class VenueType(StrEnum):
    """The twelve types of Venue, and `other` for what a feed does not say."""

    LIBRARY = "library"
    BOOK_ROOM = "book_room"
    CULTURAL_CENTRE = "cultural_centre"
    MUSEUM = "museum"
    COMMUNITY_CENTRE = "community_centre"
    ELDER_UNIVERSITY = "elder_university"
    NIGHT_SCHOOL_CAMPUS = "night_school_campus"
    VOCATIONAL_SCHOOL = "vocational_school"
    PARK = "park"
    THEATRE = "theatre"
    HEALTH_CENTRE = "health_centre"
    VILLAGE_HALL = "village_hall"
    OTHER = "other"


class AccessFeature(StrEnum):
    """What makes a Venue or a Stop usable for more people."""

    LIFT = "lift"
    GROUND_FLOOR = "ground_floor"
    STEP_FREE = "step_free"
    ACCESSIBLE_TOILET = "accessible_toilet"
    TOILET = "toilet"
    SEATS = "seats"
    HEARING_LOOP = "hearing_loop"
    PARKING = "parking"
    QUIET_ROOM = "quiet_room"
    SHELTER = "shelter"
    WATER = "water"


NO_STAIRS = frozenset({AccessFeature.LIFT, AccessFeature.GROUND_FLOOR, AccessFeature.STEP_FREE})


class Audience(StrEnum):
    """For whom an offering is meant, and groups a citizen belongs to; age range apart."""

    EVERYONE = "everyone"
    CHILDREN = "children"
    ADOLESCENTS = "adolescents"
    PARENTS_WITH_CHILDREN = "parents_with_children"
    NEW_EMPLOYMENT_WORKERS = "new_employment_workers"
    MIGRANT_WORKERS = "migrant_workers"
    JOBSEEKERS = "jobseekers"
    OLDER_PEOPLE = "older_people"
