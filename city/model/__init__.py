"""Mapped classes that carry their own rules; importing the package registers every table."""

from city.distances import travel_minutes
from city.localised import LocalisedText
from city.model.base import Base
from city.model.catalogue import (
    ClassSession,
    Offering,
    OfferingPopularity,
    OfferingTopic,
    Run,
    Stop,
    Topic,
)
from city.model.enrolment import Enrolment, EnrolmentStatus, IdempotentRequest
from city.model.feeds import Consumer, DuplicatePair, Fact, ImportRun, OutboxMessage, Source, SourceRecord
from city.model.interaction import KIND_WEIGHTS, Interaction, InteractionKind, ShownList
from city.model.people import Citizen, LoginSession, Operator, Role, Staff
from city.model.places import Area, StudyRoom, Venue
from city.model.searching import SavedSearch, SavedSearchHit, UnmetDemand
from city.terms import (
    AccessFeature,
    AreaLevel,
    AreaProfile,
    Attendance,
    Audience,
    Daypart,
    EnrolmentMode,
    Kind,
    Price,
    Status,
    VenueType,
)

__all__ = [
    "KIND_WEIGHTS",
    "AccessFeature",
    "Area",
    "AreaLevel",
    "AreaProfile",
    "Attendance",
    "Audience",
    "Base",
    "Citizen",
    "ClassSession",
    "Consumer",
    "Daypart",
    "DuplicatePair",
    "Enrolment",
    "EnrolmentMode",
    "EnrolmentStatus",
    "Fact",
    "IdempotentRequest",
    "ImportRun",
    "Interaction",
    "InteractionKind",
    "Kind",
    "LocalisedText",
    "LoginSession",
    "Offering",
    "OfferingPopularity",
    "OfferingTopic",
    "Operator",
    "OutboxMessage",
    "Price",
    "Role",
    "Run",
    "SavedSearch",
    "SavedSearchHit",
    "ShownList",
    "Source",
    "SourceRecord",
    "Staff",
    "Status",
    "Stop",
    "StudyRoom",
    "Topic",
    "UnmetDemand",
    "Venue",
    "VenueType",
    "travel_minutes",
]
