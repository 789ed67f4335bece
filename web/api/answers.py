"""What a machine is told: one model an answer. Texts carry BCP 47 tags; instants are UTC, days and hours are local.

Owns: names and forms of the answers, and how a mapped object becomes one. Nothing personal is among them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Annotated

from pydantic import BaseModel, Field

from city.model import Area, ClassSession, Offering, Run, Stop, Venue
from city.ports import Reason, Relaxation, SearchPage, Suggestion

Texts = dict[str, str]
Hour = Annotated[str, Field(pattern="^[0-2][0-9]:[0-5][0-9]$", description="Local hour, like 19:30.")]


class OperatorAnswer(BaseModel):
    """Who answers for an offering."""

    id: int
    slug: str
    name: Texts
    phone: str


class VenueAnswer(BaseModel):
    """Where one learns; a position that nobody stated is null."""

    id: int
    type: str
    name: Texts
    address: Texts
    area: str | None
    latitude: float | None
    longitude: float | None
    phone: str
    opening_hours: dict[str, list[list[str]]] = Field(description='Weekday "0" (Monday) to intervals; {} is unknown.')
    access_features: list[str]

    @classmethod
    def of(cls, venue: Venue) -> VenueAnswer:
        return cls(
            id=venue.id,
            type=venue.type,
            name=dict(venue.name),
            address=dict(venue.address),
            area=venue.area_id,
            latitude=venue.latitude,
            longitude=venue.longitude,
            phone=venue.phone,
            opening_hours=venue.opening_hours,
            access_features=venue.access_features,
        )


class AreaAnswer(BaseModel):
    """A node of the four-level tree."""

    id: str
    level: str
    name: Texts
    parent: str | None
    profile: str
    under_served: bool
    latitude: float | None
    longitude: float | None

    @classmethod
    def of(cls, area: Area) -> AreaAnswer:
        return cls(
            id=area.id,
            level=area.level,
            name=dict(area.name),
            parent=area.parent_id,
            profile=area.profile,
            under_served=area.under_served,
            latitude=area.latitude,
            longitude=area.longitude,
        )


class PriceAnswer(BaseModel):
    """One tier: minor units of an ISO 4217 currency."""

    amount_minor: int
    currency: str
    label: Texts


class MeetingAnswer(BaseModel):
    """One meeting; an hour that nobody stated is null."""

    held_on: date
    zone: str
    starts_local: Hour | None
    ends_local: Hour | None
    title: Texts

    @classmethod
    def of(cls, meeting: ClassSession) -> MeetingAnswer:
        return cls(
            held_on=meeting.held_on,
            zone=meeting.zone,
            starts_local=_hour(meeting.starts_local),
            ends_local=_hour(meeting.ends_local),
            title=dict(meeting.title),
        )


class RunAnswer(BaseModel):
    """What is booked together; seats nobody counts are null."""

    id: int
    enrolment_mode: str
    seat_count: int | None
    seats_left: int | None
    enrol_opens_at: datetime | None
    enrol_closes_at: datetime | None
    takes_enrolments: bool
    meetings: list[MeetingAnswer]

    @classmethod
    def of(cls, run: Run, now: datetime) -> RunAnswer:
        return cls(
            id=run.id,
            enrolment_mode=run.enrolment_mode,
            seat_count=run.seat_count,
            seats_left=run.seats_left(),
            enrol_opens_at=run.enrol_opens_at,
            enrol_closes_at=run.enrol_closes_at,
            takes_enrolments=run.takes_enrolments(now),
            meetings=[MeetingAnswer.of(meeting) for meeting in run.class_sessions],
        )


class StopAnswer(BaseModel):
    """One point of a route, with the minutes to stay and to walk on."""

    position: int
    name: Texts
    text: Texts
    latitude: float | None
    longitude: float | None
    stay_minutes: int
    walk_minutes_to_next: int
    features: list[str]

    @classmethod
    def of(cls, stop: Stop) -> StopAnswer:
        return cls(
            position=stop.position,
            name=dict(stop.name),
            text=dict(stop.text),
            latitude=stop.latitude,
            longitude=stop.longitude,
            stay_minutes=stop.stay_minutes,
            walk_minutes_to_next=stop.walk_minutes_to_next,
            features=stop.features,
        )


class OfferingSummary(BaseModel):
    """An offering as a list shows it."""

    id: int
    version: int
    kind: str
    status: str
    title: Texts
    summary: Texts
    address: Texts = Field(description="Path of its page by language.")
    venue: VenueAnswer | None
    topics: list[str]
    audiences: list[str]
    age_min: int | None
    age_max: int | None
    attendance: str
    languages: list[str]
    level: str
    is_free: bool | None = Field(description="Null when no price is stated.")
    prices: list[PriceAnswer]
    access_features: list[str]
    always_open: bool
    is_over: bool
    has_seats: bool
    next_meeting: MeetingAnswer | None
    updated_at: datetime

    @classmethod
    def of(cls, offering: Offering, now: datetime) -> OfferingSummary:
        return cls(**_summary(offering, now))


class OfferingAnswer(OfferingSummary):
    """An offering whole."""

    description: Texts
    bring: Texts
    rain_plan: Texts
    date_note: Texts
    operator: OperatorAnswer
    web_address: str
    runs: list[RunAnswer]
    stops: list[StopAnswer]
    path: list[list[float]] = Field(description="A route's way as [longitude, latitude], WGS84.")

    @classmethod
    def of(cls, offering: Offering, now: datetime) -> OfferingAnswer:
        return cls(
            **_summary(offering, now),
            description=dict(offering.description),
            bring=dict(offering.bring),
            rain_plan=dict(offering.rain_plan),
            date_note=dict(offering.date_note),
            operator=_operator(offering),
            web_address=offering.web_address,
            runs=[RunAnswer.of(run, now) for run in offering.runs if not run.cancelled],
            stops=[StopAnswer.of(stop) for stop in offering.stops],
            path=offering.path,
        )


def _hour(wall: time | None) -> str | None:
    return f"{wall:%H:%M}" if wall is not None else None


def _operator(offering: Offering) -> OperatorAnswer:
    body = offering.operator
    return OperatorAnswer(id=body.id, slug=body.slug, name=dict(body.name), phone=body.phone)


def _summary(offering: Offering, now: datetime) -> dict[str, object]:
    ahead = offering.upcoming_meetings(now)
    return {
        "id": offering.id,
        "version": offering.version,
        "kind": offering.kind,
        "status": offering.status,
        "title": dict(offering.title),
        "summary": dict(offering.summary),
        "address": {language: f"/{language}/offerings/{offering.id}" for language in ("zh", "en")},
        "venue": VenueAnswer.of(offering.venue) if offering.venue else None,
        "topics": offering.topic_ids(),
        "audiences": offering.audiences,
        "age_min": offering.age_min,
        "age_max": offering.age_max,
        "attendance": offering.attendance,
        "languages": offering.languages,
        "level": offering.level,
        "is_free": offering.is_free(),
        "prices": [PriceAnswer.model_validate(price.as_json()) for price in offering.prices],
        "access_features": sorted(offering.features()),
        "always_open": offering.always_open,
        "is_over": offering.is_over(now),
        "has_seats": offering.has_seats(now),
        "next_meeting": MeetingAnswer.of(ahead[0]) if ahead else None,
        "updated_at": offering.updated_at,
    }


class OfferingsAnswer(BaseModel):
    """One page of the catalogue."""

    total: int
    page: int
    per_page: int
    offerings: list[OfferingSummary]


class RelaxationAnswer(BaseModel):
    """What dropping one filter of an empty answer would give."""

    field: str
    value: str
    count: int

    @classmethod
    def of(cls, relaxation: Relaxation) -> RelaxationAnswer:
        return cls(field=relaxation.field, value=relaxation.value, count=relaxation.count)


class SearchAnswer(OfferingsAnswer):
    """One page of results, and what helps to narrow or widen it."""

    facets: dict[str, dict[str, int]] = Field(description="What each choice would give with the other filters kept.")
    spelling: str = Field(description="What was probably meant, or nothing.")
    relaxations: list[RelaxationAnswer]
    near_topics: list[str]
    degraded: bool = Field(description="True when the database answered in place of the search engine.")

    @classmethod
    def from_page(cls, found: SearchPage, offerings: list[OfferingSummary], page: int, per_page: int) -> SearchAnswer:
        return cls(
            total=found.total,
            page=page,
            per_page=per_page,
            offerings=offerings,
            facets={name: dict(counts) for name, counts in found.facets.items()},
            spelling=found.spelling,
            relaxations=[RelaxationAnswer.of(each) for each in found.relaxations],
            near_topics=list(found.near_topics),
            degraded=found.degraded,
        )


class CompletionAnswer(BaseModel):
    """One completion while typing."""

    type: str
    key: str
    text: str
    language: str

    @classmethod
    def of(cls, suggestion: Suggestion) -> CompletionAnswer:
        return cls(type=suggestion.type, key=suggestion.key, text=suggestion.text, language=suggestion.language)


class CompletionsAnswer(BaseModel):
    """Completions, the best first."""

    completions: list[CompletionAnswer]


class ReasonAnswer(BaseModel):
    """Why an offering is on a list; fields that do not belong to the kind of reason are null."""

    kind: str
    offering_id: int | None
    venue_id: int | None
    operator_id: int | None
    topic: str | None
    area: str | None
    action: str | None
    count: int | None
    minutes: int | None
    days: int | None
    share: float

    @classmethod
    def of(cls, reason: Reason) -> ReasonAnswer:
        return cls(
            kind=reason.kind,
            offering_id=reason.offering_id,
            venue_id=reason.venue_id,
            operator_id=reason.operator_id,
            topic=reason.topic,
            area=reason.area_id,
            action=reason.action,
            count=reason.count,
            minutes=reason.minutes,
            days=reason.days,
            share=reason.share,
        )


class SuggestionAnswer(BaseModel):
    """One suggested offering with its reasons, the strongest first."""

    offering: OfferingSummary
    reasons: list[ReasonAnswer]


class SuggestionsAnswer(BaseModel):
    """A list in order; `source` says who answered: personal, similar, popular_near, newest or none."""

    source: str
    suggestions: list[SuggestionAnswer]


class VenueDetail(VenueAnswer):
    """A venue with what can be learned there, soonest first."""

    offerings: list[OfferingSummary]

    @classmethod
    def with_offerings(cls, venue: Venue, offerings: list[OfferingSummary]) -> VenueDetail:
        return cls(**VenueAnswer.of(venue).model_dump(), offerings=offerings)


class VenuesAnswer(BaseModel):
    """One page of venues."""

    total: int
    page: int
    per_page: int
    venues: list[VenueAnswer]


class AreaDetail(AreaAnswer):
    """An area with the areas right below it and the number of offerings in it by kind."""

    children: list[AreaAnswer]
    offering_counts: dict[str, int]

    @classmethod
    def with_children(cls, area: Area, children: list[Area], counts: Mapping[str, int]) -> AreaDetail:
        below = [AreaAnswer.of(child) for child in children]
        return cls(**AreaAnswer.of(area).model_dump(), children=below, offering_counts=dict(counts))


class AreasAnswer(BaseModel):
    """The tree as a list, by id."""

    areas: list[AreaAnswer]
