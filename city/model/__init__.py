"""Mapped classes that carry their own rules; importing the package registers every table."""

from city.model.base import Base, LocalisedText
from city.model.catalogue import (
    Attendance,
    ClassSession,
    Daypart,
    EnrolmentMode,
    Kind,
    Offering,
    OfferingPopularity,
    OfferingTopic,
    Price,
    Run,
    Status,
    Stop,
    Topic,
)
from city.model.enrolment import Enrolment, EnrolmentStatus, IdempotentRequest
from city.model.feeds import Consumer, DuplicatePair, Fact, ImportRun, OutboxMessage, Source, SourceRecord
from city.model.interaction import KIND_WEIGHTS, Interaction, InteractionKind, ShownList
from city.model.people import Audience, Citizen, LoginSession, Operator, Role, Staff
from city.model.places import AccessFeature, Area, AreaLevel, AreaProfile, StudyRoom, Venue, VenueType, travel_minutes
from city.model.searching import SavedSearch, SavedSearchHit, UnmetDemand

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
