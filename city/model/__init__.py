"""Mapped classes that carry their own rules; importing the package registers every table."""

from city.distances import travel_minutes
from city.localised import LocalisedText
from city.model.audit import AuditEntry, AuditHead
from city.model.ballot import (
    Ballot,
    BallotEntry,
    BallotFile,
    BallotPerson,
    BallotStatus,
    BallotWish,
    SeedKind,
)
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
from city.model.contact import Channel, GroupKind
from city.model.enrolment import AttendanceMark, Ending, Enrolment, EnrolmentStatus, IdempotentRequest
from city.model.feeds import Consumer, DuplicatePair, Fact, ImportRun, OutboxMessage, Source, SourceRecord
from city.model.interaction import KIND_WEIGHTS, Interaction, InteractionKind, ShownList
from city.model.messages import Message, MessageWay
from city.model.people import OPERATOR_ROLES, Citizen, LoginSession, Operator, Role, Staff
from city.model.places import Area, StudyRoom, Venue
from city.model.portal import Draft, ModerationDecision
from city.model.rooms import RoomBooking, RoomBookingStatus, RoomHour
from city.model.searching import SavedSearch, SavedSearchHit, UnmetDemand
from city.model.signing_in import OneTimeCode, SignInAttempt, StaffInvitation, StaffLoginSession
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
    "OPERATOR_ROLES",
    "AccessFeature",
    "Area",
    "AreaLevel",
    "AreaProfile",
    "Attendance",
    "AttendanceMark",
    "Audience",
    "AuditEntry",
    "AuditHead",
    "Ballot",
    "BallotEntry",
    "BallotFile",
    "BallotPerson",
    "BallotStatus",
    "BallotWish",
    "Base",
    "Channel",
    "Citizen",
    "ClassSession",
    "Consumer",
    "Daypart",
    "Draft",
    "DuplicatePair",
    "Ending",
    "Enrolment",
    "EnrolmentMode",
    "EnrolmentStatus",
    "Fact",
    "GroupKind",
    "IdempotentRequest",
    "ImportRun",
    "Interaction",
    "InteractionKind",
    "Kind",
    "LocalisedText",
    "LoginSession",
    "Message",
    "MessageWay",
    "ModerationDecision",
    "Offering",
    "OfferingPopularity",
    "OfferingTopic",
    "OneTimeCode",
    "Operator",
    "OutboxMessage",
    "Price",
    "Role",
    "RoomBooking",
    "RoomBookingStatus",
    "RoomHour",
    "Run",
    "SavedSearch",
    "SavedSearchHit",
    "SeedKind",
    "ShownList",
    "SignInAttempt",
    "Source",
    "SourceRecord",
    "Staff",
    "StaffInvitation",
    "StaffLoginSession",
    "Status",
    "Stop",
    "StudyRoom",
    "Topic",
    "UnmetDemand",
    "Venue",
    "VenueType",
    "travel_minutes",
]
