"""What can be learned: Topics, Offerings of four kinds, their Runs, ClassSessions, Stops and prices.

Owns: kinds, states, what "upcoming", "over", "full" and "open for enrolment" mean. These are derived from instants
and seats at question time, never stored. Knows no database session and no clock: `now` is passed in.
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from city.clock import end_of_day, instant_of
from city.errors import InvalidInput
from city.localised import LocalisedText
from city.model.base import Base, Id, Instant, Json, Texts
from city.model.people import Operator
from city.model.places import Venue
from city.model.rules import MeetingRules, OfferingRules, RunRules
from city.terms import AccessFeature, Attendance, EnrolmentMode, Kind, Status


class Topic(Base):
    """One entry of the controlled list of what can be learned; `id` is a readable slug."""

    __tablename__ = "topic"

    id: Mapped[str] = mapped_column(String(48), primary_key=True)
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("topic.id"), index=True)
    name: Mapped[LocalisedText] = mapped_column(Texts)
    synonyms: Mapped[dict[str, list[str]]] = mapped_column(Json, default=dict)
    """BCP 47 tag → other words people use."""

    parent: Mapped[Topic | None] = relationship(remote_side="Topic.id", back_populates="children")
    children: Mapped[list[Topic]] = relationship(back_populates="parent", order_by="Topic.id")


class OfferingTopic(Base):
    """An Offering's topics in order; the first is the main one."""

    __tablename__ = "offering_topic"

    offering_id: Mapped[int] = mapped_column(ForeignKey("offering.id", ondelete="CASCADE"), primary_key=True)
    topic_id: Mapped[str] = mapped_column(ForeignKey("topic.id"), primary_key=True, index=True)
    position: Mapped[int]


class Offering(OfferingRules, Base):
    """What a citizen can take part in. `version` grows with each change a reader could see."""

    __tablename__ = "offering"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    kind: Mapped[str] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(16), default=Status.DRAFT)
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"), index=True)
    venue_id: Mapped[int | None] = mapped_column(ForeignKey("venue.id"), index=True)
    source: Mapped[str | None] = mapped_column(String(200))
    source_id: Mapped[str | None] = mapped_column(String(200))
    title: Mapped[LocalisedText] = mapped_column(Texts)
    summary: Mapped[LocalisedText] = mapped_column(Texts, default=LocalisedText)
    description: Mapped[LocalisedText] = mapped_column(Texts, default=LocalisedText)
    languages: Mapped[list[str]] = mapped_column(Json, default=list)
    """BCP 47 tags of the languages it is held in; empty when not stated."""
    audiences: Mapped[list[str]] = mapped_column(Json, default=list)
    age_min: Mapped[int | None]
    age_max: Mapped[int | None]
    attendance: Mapped[str] = mapped_column(String(16), default=Attendance.IN_PERSON)
    always_open: Mapped[bool] = mapped_column(Boolean, default=False)
    """True for what has no dates: a route, a recorded course."""
    price_tiers: Mapped[list[Any]] = mapped_column(Json, default=list)
    """Price.as_json() rows; empty when not stated. Free is a stated price of 0."""
    level: Mapped[str] = mapped_column(String(32), default="")
    """beginner, intermediate or advanced for courses; talk, workshop, … for events; empty when not stated."""
    access_features: Mapped[list[str]] = mapped_column(Json, default=list)
    bring: Mapped[LocalisedText] = mapped_column(Texts, default=LocalisedText)
    rain_plan: Mapped[LocalisedText] = mapped_column(Texts, default=LocalisedText)
    surface: Mapped[LocalisedText] = mapped_column(Texts, default=LocalisedText)
    path: Mapped[list[Any]] = mapped_column(Json, default=list)
    """A route's way as [longitude, latitude] points, WGS84."""
    transcript: Mapped[LocalisedText] = mapped_column(Texts, default=LocalisedText)
    date_note: Mapped[LocalisedText] = mapped_column(Texts, default=LocalisedText)
    """The operator's own words about dates, kept beside the parsed days."""
    contact: Mapped[str] = mapped_column(Text, default="")
    web_address: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(Instant)
    published_at: Mapped[datetime | None] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)
    is_sample: Mapped[bool] = mapped_column(default=False)
    postponed: Mapped[bool] = mapped_column(default=False)
    """True while its new date is not known (schema.org EventPostponed): it keeps its page and stands in no list."""
    picture: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    """{"address": …, "text": {tag: words}}: where a source keeps a picture and what it shows; empty when none."""
    locked_fields: Mapped[list[str]] = mapped_column(Json, default=list)
    """Fields of the source's record that a person edited by hand: the next import leaves them as they are."""
    merged_into_id: Mapped[int | None] = mapped_column(Id, index=True)
    """The offering that stands for this duplicate; no foreign key, SQLite cannot add one to a table in use."""

    operator: Mapped[Operator] = relationship()
    venue: Mapped[Venue | None] = relationship()
    topics: Mapped[list[Topic]] = relationship(
        secondary="offering_topic", order_by="OfferingTopic.position", viewonly=True
    )
    topic_links: Mapped[list[OfferingTopic]] = relationship(
        order_by="OfferingTopic.position", cascade="all, delete-orphan"
    )
    runs: Mapped[list[Run]] = relationship(back_populates="offering", order_by="Run.id", cascade="all, delete-orphan")
    stops: Mapped[list[Stop]] = relationship(order_by="Stop.position", cascade="all, delete-orphan")

    __table_args__ = (
        CheckConstraint("kind IN ('course','event','route','night_school')", name="kind"),
        CheckConstraint("status IN ('draft','in_review','published','cancelled','withdrawn','hidden')", name="status"),
        Index("uq_offering_source_source_id", "source", "source_id", unique=True),
        Index("ix_offering_status_kind", "status", "kind"),
        {"sqlite_autoincrement": True},
    )

    def topic_ids(self) -> list[str]:
        return [link.topic_id for link in self.topic_links]

    def set_topics(self, topic_ids: list[str]) -> None:
        """Replace the topics, keeping links that stay; the first is the main one."""
        kept = {link.topic_id: link for link in self.topic_links}
        ordered = list(dict.fromkeys(topic_ids))
        self.topic_links = [kept.get(topic) or OfferingTopic(topic_id=topic) for topic in ordered]
        for position, link in enumerate(self.topic_links):
            link.position = position

    def has_page(self) -> bool:
        """True when its page may be read: it was published and nobody hid it since; a draft has none."""
        return self.status in (Status.PUBLISHED, Status.CANCELLED, Status.WITHDRAWN)

    def next_run(self, now: datetime) -> Run | None:
        """Return the run of the next upcoming meeting, preferring one with a place left."""
        ahead = [run for run in self.runs if not run.cancelled and not run.is_over(now)]
        ahead.sort(key=lambda run: (run.is_full(), run.next_meeting_key(now)))
        return ahead[0] if ahead else None

    def without_stairs(self) -> bool:
        return bool({AccessFeature.LIFT, AccessFeature.GROUND_FLOOR, AccessFeature.STEP_FREE} & self.features())

    def publish(self, now: datetime) -> None:
        """Show the offering to citizens; raises InvalidInput when a part without which nobody could come is missing."""
        self._refuse_unless_complete()
        self.status = Status.PUBLISHED
        self.published_at = self.published_at or now

    def withdraw(self) -> None:
        """Take the offering out of all lists; its page still says what it was."""
        self.status = Status.WITHDRAWN

    def cancel(self) -> None:
        """Say on its page that it does not take place, and take it out of all lists."""
        self.status = Status.CANCELLED

    def touch(self, now: datetime) -> None:
        """Count a change that a reader could see."""
        self.version = (self.version or 0) + 1
        self.updated_at = now

    def _refuse_unless_complete(self) -> None:
        if not self.title:
            raise InvalidInput("An offering needs a title.", field="title", remedy="a title in at least one language")
        if self.kind == Kind.ROUTE and len(self.stops) < 2:
            raise InvalidInput("A learning route needs at least 2 stops.", field="stops", remedy="2 stops or more")
        if not self.always_open and not self.postponed and not any(run.class_sessions for run in self.runs):
            raise InvalidInput("An offering needs a day.", field="days", remedy="at least one meeting, or always open")


class Run(RunRules, Base):
    """What is booked together, with its own seats and enrolment window."""

    __tablename__ = "run"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    offering_id: Mapped[int] = mapped_column(ForeignKey("offering.id", ondelete="CASCADE"), index=True)
    enrolment_mode: Mapped[str] = mapped_column(String(16), default=EnrolmentMode.NONE)
    seat_count: Mapped[int | None]
    """Seats, or None when nobody counts them."""
    taken_count: Mapped[int] = mapped_column(default=0)
    """Written by one conditional UPDATE only, never from a value read earlier."""
    enrol_opens_at: Mapped[datetime | None] = mapped_column(Instant)
    enrol_closes_at: Mapped[datetime | None] = mapped_column(Instant)
    cancelled: Mapped[bool] = mapped_column(default=False)
    source_id: Mapped[str | None] = mapped_column(String(200))
    """The source's own id of this edition, where a record states several; the ids of one record are distinct."""
    ballot_id: Mapped[int | None] = mapped_column(Id, index=True)
    """The Ballot that gives its places; no foreign key, SQLite cannot add one to a table in use."""
    room: Mapped[str] = mapped_column(String(80), default="")
    """Where in the venue it meets, as its operator says it, like 三楼大教室; "" when nobody said."""
    term: Mapped[str] = mapped_column(String(32), default="")
    """The term it belongs to, like 2026-autumn; limits per person count within it."""
    term_limit: Mapped[int | None]
    """How many live places one person may hold on Runs of the same operator and term; None: no limit."""
    residents_area_id: Mapped[str | None] = mapped_column(String(64))
    residents_until: Mapped[datetime | None] = mapped_column(Instant)
    """Until then only residents of that Area may take a place."""
    most_in_party: Mapped[int] = mapped_column(default=4)
    """How many people one booking may hold, the one who books included; the desk may book larger groups."""
    keeps_waiting_list: Mapped[bool] = mapped_column(default=True)
    answer_hours: Mapped[int] = mapped_column(default=24)
    """How long one who is promoted from the waiting list has to answer; never ends at night."""

    offering: Mapped[Offering] = relationship(back_populates="runs")
    class_sessions: Mapped[list[ClassSession]] = relationship(
        back_populates="run", order_by="ClassSession.held_on, ClassSession.id", cascade="all, delete-orphan"
    )

    __table_args__ = (
        CheckConstraint("taken_count >= 0 AND (seat_count IS NULL OR taken_count <= seat_count)", name="seats"),
        CheckConstraint("seat_count IS NULL OR seat_count >= 0", name="seat_count"),
        CheckConstraint("enrolment_mode IN ('none','first_come','ballot')", name="enrolment_mode"),
        {"sqlite_autoincrement": True},
    )

    def meeting_titles(self) -> list[LocalisedText]:
        """Return what its meetings are called, of those that have a title, also of those that are over."""
        return [meeting.title for meeting in self.class_sessions if meeting.title]

    def takes_enrolments(self, now: datetime) -> bool:
        """True when a citizen may ask for a place now: first come, window open, not over; full or not."""
        if self.cancelled or self.enrolment_mode != EnrolmentMode.FIRST_COME or self.is_over(now):
            return False
        opened = self.enrol_opens_at is None or self.enrol_opens_at <= now
        return opened and (self.enrol_closes_at is None or now < self.enrol_closes_at)

    def next_meeting_key(self, now: datetime) -> tuple[date, time]:
        """Return what orders runs by their next meeting."""
        ahead = [meeting for meeting in self.class_sessions if not meeting.is_over(now)]
        return min(((m.held_on, m.starts_local or time(0)) for m in ahead), default=(date.max, time(0)))


class ClassSession(MeetingRules, Base):
    """One meeting of a Run: a local day and, if known, local hours. An hour that is not given stays unknown."""

    __tablename__ = "class_session"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), index=True)
    held_on: Mapped[date] = mapped_column(index=True)
    zone: Mapped[str] = mapped_column(String(64))
    starts_local: Mapped[time | None]
    ends_local: Mapped[time | None]
    starts_at: Mapped[datetime | None] = mapped_column(Instant)
    over_at: Mapped[datetime] = mapped_column(Instant, index=True)
    """The instant after which nobody can join: the end, or the start when no end is known, or the day's end."""
    title: Mapped[LocalisedText] = mapped_column(Texts, default=LocalisedText)
    cancelled: Mapped[bool] = mapped_column(default=False)
    """True when this one meeting does not take place; then `over_at` is the instant at which that was said."""

    run: Mapped[Run] = relationship(back_populates="class_sessions")

    __table_args__ = (
        UniqueConstraint("run_id", "held_on", "starts_local"),
        {"sqlite_autoincrement": True},
    )

    @classmethod
    def at(
        cls,
        held_on: date,
        zone: ZoneInfo,
        starts_local: time | None = None,
        ends_local: time | None = None,
        title: LocalisedText | None = None,
    ) -> ClassSession:
        """Build a meeting with its instants derived; an end before the start lies on the next day.

        Raises ValueError for a wall time that the zone's clocks skip on that day.
        """
        starts_at, over_at = cls.instants(held_on, zone, starts_local, ends_local)
        return cls(
            held_on=held_on,
            zone=zone.key,
            starts_local=starts_local,
            ends_local=ends_local if starts_local is not None else None,
            starts_at=starts_at,
            over_at=over_at,
            title=title or LocalisedText(),
        )

    @staticmethod
    def instants(
        held_on: date, zone: ZoneInfo, starts_local: time | None, ends_local: time | None
    ) -> tuple[datetime | None, datetime]:
        """Return when such a meeting begins, if that is known, and when it is over; raises ValueError as `at` does."""
        starts_at = instant_of(held_on, starts_local, zone) if starts_local is not None else None
        return starts_at, _over_at(held_on, zone, starts_local, ends_local, starts_at)


def _over_at(
    held_on: date, zone: ZoneInfo, starts_local: time | None, ends_local: time | None, starts_at: datetime | None
) -> datetime:
    if starts_local is None or starts_at is None:
        return end_of_day(held_on, zone)
    if ends_local is None:
        return starts_at
    if ends_local <= starts_local:
        return instant_of(end_of_day(held_on, zone).astimezone(zone).date(), ends_local, zone)
    return instant_of(held_on, ends_local, zone)


class Stop(Base):
    """One point of a route, in order, with the minutes to stay and to walk on."""

    __tablename__ = "stop"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    offering_id: Mapped[int] = mapped_column(ForeignKey("offering.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    venue_id: Mapped[int | None] = mapped_column(ForeignKey("venue.id"))
    name: Mapped[LocalisedText] = mapped_column(Texts)
    text: Mapped[LocalisedText] = mapped_column(Texts, default=LocalisedText)
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    stay_minutes: Mapped[int] = mapped_column(default=0)
    walk_minutes_to_next: Mapped[int] = mapped_column(default=0)
    features: Mapped[list[str]] = mapped_column(Json, default=list)

    __table_args__ = (UniqueConstraint("offering_id", "position"), {"sqlite_autoincrement": True})


class OfferingPopularity(Base):
    """How many people took up an offering lately, written by the recommender, read by the indexer and the pages."""

    __tablename__ = "offering_popularity"

    offering_id: Mapped[int] = mapped_column(ForeignKey("offering.id", ondelete="CASCADE"), primary_key=True)
    people_count: Mapped[int] = mapped_column(default=0)
    """Distinct citizens with any interaction in the last 30 days."""
    step: Mapped[int] = mapped_column(default=0)
    """0 to 10; the index follows only when it changes."""
    counted_at: Mapped[datetime] = mapped_column(Instant)
