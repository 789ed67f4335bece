"""One transaction with its repositories; the place that writes outbox rows (Popularity does for a step that changed).

Owns: what a change of an offering entails (version, outbox row) and commit. Refuses to commit by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property

from sqlalchemy.orm import Session

from city.model import Offering
from city.store.attendance_repository import AttendanceMarks
from city.store.audit_repository import AuditLog
from city.store.ballot_repository import Ballots
from city.store.bulk import Bulk
from city.store.catalogue_repositories import Offerings, Operators, Popularity, Topics
from city.store.enrolment_repository import Enrolments
from city.store.feed_repositories import Facts, Feeds, Outbox
from city.store.indexed_repository import IndexedOfferings
from city.store.interaction_repositories import Interactions, ShownLists
from city.store.joining_repository import Joining
from city.store.message_repository import Messages
from city.store.numbers_repository import Numbers
from city.store.people_repositories import Citizens, LoginSessions, StaffMembers
from city.store.place_repositories import Areas, Venues
from city.store.portal_repositories import Drafts, ModerationDecisions
from city.store.room_repository import RoomBookings
from city.store.roster_repository import Rosters
from city.store.searching_repositories import Demand, SavedSearches, SavedSearchHits
from city.store.sign_in_repositories import OneTimeCodes, SignInAttempts, StaffInvitations, StaffLoginSessions


class UnitOfWork:
    """Repositories on one session. Changes are kept by `commit()` only."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @cached_property
    def areas(self) -> Areas:
        return Areas(self._session)

    @cached_property
    def venues(self) -> Venues:
        return Venues(self._session)

    @cached_property
    def topics(self) -> Topics:
        return Topics(self._session)

    @cached_property
    def operators(self) -> Operators:
        return Operators(self._session)

    @cached_property
    def offerings(self) -> Offerings:
        return Offerings(self._session)

    @cached_property
    def indexed_offerings(self) -> IndexedOfferings:
        return IndexedOfferings(self._session)

    @cached_property
    def popularity(self) -> Popularity:
        return Popularity(self._session)

    @cached_property
    def citizens(self) -> Citizens:
        return Citizens(self._session)

    @cached_property
    def staff(self) -> StaffMembers:
        return StaffMembers(self._session)

    @cached_property
    def login_sessions(self) -> LoginSessions:
        return LoginSessions(self._session)

    @cached_property
    def enrolments(self) -> Enrolments:
        return Enrolments(self._session)

    @cached_property
    def interactions(self) -> Interactions:
        return Interactions(self._session)

    @cached_property
    def shown_lists(self) -> ShownLists:
        return ShownLists(self._session)

    @cached_property
    def feeds(self) -> Feeds:
        return Feeds(self._session)

    @cached_property
    def saved_searches(self) -> SavedSearches:
        return SavedSearches(self._session)

    @cached_property
    def saved_search_hits(self) -> SavedSearchHits:
        return SavedSearchHits(self._session)

    @cached_property
    def demand(self) -> Demand:
        return Demand(self._session)

    @cached_property
    def outbox(self) -> Outbox:
        return Outbox(self._session)

    @cached_property
    def facts(self) -> Facts:
        return Facts(self._session)

    @cached_property
    def ballots(self) -> Ballots:
        return Ballots(self._session)

    @cached_property
    def attendance(self) -> AttendanceMarks:
        return AttendanceMarks(self._session)

    @cached_property
    def room_bookings(self) -> RoomBookings:
        return RoomBookings(self._session)

    @cached_property
    def messages(self) -> Messages:
        return Messages(self._session)

    @cached_property
    def audit_log(self) -> AuditLog:
        return AuditLog(self._session)

    @cached_property
    def rosters(self) -> Rosters:
        return Rosters(self._session)

    @cached_property
    def numbers(self) -> Numbers:
        return Numbers(self._session)

    @cached_property
    def drafts(self) -> Drafts:
        return Drafts(self._session)

    @cached_property
    def moderation(self) -> ModerationDecisions:
        return ModerationDecisions(self._session)

    @cached_property
    def one_time_codes(self) -> OneTimeCodes:
        return OneTimeCodes(self._session)

    @cached_property
    def joining(self) -> Joining:
        return Joining(self._session)

    @cached_property
    def sign_in_attempts(self) -> SignInAttempts:
        return SignInAttempts(self._session)

    @cached_property
    def staff_invitations(self) -> StaffInvitations:
        return StaffInvitations(self._session)

    @cached_property
    def staff_login_sessions(self) -> StaffLoginSessions:
        return StaffLoginSessions(self._session)

    @cached_property
    def bulk(self) -> Bulk:
        return Bulk(self._session)

    def changed(self, offering: Offering, now: datetime) -> None:
        """Raise the offering's version and announce it to every consumer, in this transaction."""
        offering.touch(now)
        self._session.flush()
        self.outbox.announce(offering.id, offering.version, now)

    def published_first(self, offering: Offering, now: datetime) -> None:
        """Add a new offering and announce its first version."""
        self.offerings.add(offering)
        self._announce_all([offering], now)

    def changed_all(self, offerings: Sequence[Offering], now: datetime) -> None:
        """Raise the versions of offerings that changed together, by a feed or with their venue, and announce them."""
        for offering in offerings:
            offering.touch(now)
        self._announce_all(offerings, now)

    def published_all(self, offerings: Sequence[Offering], now: datetime) -> None:
        """Write new offerings of a feed and announce their first versions; the objects stay outside the session."""
        self._session.flush()
        self.bulk.insert_offerings(offerings)
        self.bulk.announce({offering.id: offering.version for offering in offerings}, now)

    def _announce_all(self, offerings: Sequence[Offering], now: datetime) -> None:
        self._session.flush()
        self.bulk.announce({offering.id: offering.version for offering in offerings}, now)

    def flush(self) -> None:
        """Send what was added to the database, so that ids are known; keeps nothing."""
        self._session.flush()

    def commit(self) -> None:
        """Keep all of it."""
        self._session.commit()
