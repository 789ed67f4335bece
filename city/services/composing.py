"""Publishing by a form: a new offering, a copy of an old one, a change of one that stands.

Owns: the order of steps (permission, repeat of the same request, errors, doubts, rows, who looks first, outbox, audit
log, draft gone) in one transaction. Reading the form is `offering_form`'s, rows `offering_rows`', doubts
`doubts`', waiting lists `seats`'. Telling people of a change is `city.services.changing`'s. Called by the portal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from city.analysis import whole_key
from city.clock import Clock
from city.errors import Conflict, InvalidInput, NotAllowed
from city.localised import LocalisedText
from city.model import ModerationDecision, Offering, Operator, Run, Status, Venue
from city.services.auditing import audit
from city.services.doubts import Looking, doubts_of, past_days
from city.services.editing import lock_fields
from city.services.findings import Finding, NotComplete, NotConfirmed, mark_of, message
from city.services.links import Links
from city.services.offering_form import FIELDS, Choices, Composed, read_form
from city.services.offering_rows import (
    DAY_FIELDS,
    RUN_FIELDS,
    follow_meetings,
    new_offering,
    preview,
    record_fields,
    write_columns,
    write_run,
)
from city.services.offering_values import copy_of, defaults_from, has_one_clock, values_of
from city.services.permissions import Actor, Operation, Subject, may, require
from city.services.place_messages import PlaceMessages
from city.services.quality import Quality, quality_of
from city.services.repeating import keep_answer, kept_answer
from city.services.seats import LockedRun
from city.services.telling_place import tell_new_place
from city.store.database import Database
from city.store.unit_of_work import UnitOfWork

MOST_VENUES = 80
SENT, RETURNED = "sent", "returned"


@dataclass(frozen=True)
class Form:
    """A form as it came: what was typed, its key, the language it was typed in, what it is about."""

    operator_id: int
    values: Mapping[str, Any]
    key: str
    language: str = "zh"
    offering_id: int | None = None
    copy_of: int | None = None
    confirmed: str = ""
    """The mark of the doubts that were said to be meant so."""


@dataclass(frozen=True)
class Looked:
    """How a form would stand: the offering as citizens would see it, errors, doubts, and what would make it better."""

    offering: Offering
    composed: Composed
    errors: tuple[Finding, ...]
    doubts: tuple[Finding, ...]
    quality: Quality

    @property
    def mark(self) -> str:
        """By what exactly these doubts are confirmed."""
        return mark_of(self.doubts)


@dataclass(frozen=True)
class Published:
    """The answer to whoever pressed the button; `in_review` when a moderator looks first."""

    offering_id: int
    in_review: bool
    is_new: bool


class Composing:
    """Use cases of the form, on one database and clock."""

    def __init__(self, database: Database, clock: Clock, links: Links | None = None) -> None:
        self._database = database
        self._clock = clock
        self._links = links
        self._messages = PlaceMessages(clock.zone, links)

    def blank(self, actor: Actor, operator_id: int, language: str) -> dict[str, Any]:
        """Return what a new form begins with: the place, price and people of the operator's last offering."""
        require(actor, Operation.WRITE_DRAFT, Subject(operator_id=operator_id))
        with self._database.reading() as work:
            last = work.offerings.last_of_operator(operator_id)
            own = work.venues.of_operator(operator_id)
            values = defaults_from(last, _form_run(last, self._clock.now()) if last else None, language)
            if not values.get("venue") and own:
                values["venue"] = str(own[0].id)
            return {name: value for name, value in values.items() if value}

    def to_edit(self, actor: Actor, offering_id: int, language: str) -> dict[str, Any]:
        """Return an offering as the form would have been filled in; raises NotFound, NotAllowed."""
        with self._database.reading() as work:
            offering = _own(work, actor, offering_id)
            return _filled(values_of(offering, _form_run(offering, self._clock.now()), language))

    def to_copy(self, actor: Actor, offering_id: int, language: str) -> dict[str, Any]:
        """Return the values of a copy, all but the days; raises NotFound, NotAllowed."""
        with self._database.reading() as work:
            offering = _own(work, actor, offering_id)
            return _filled(copy_of(offering, _form_run(offering, self._clock.now()), language))

    def venues_for(self, actor: Actor, operator_id: int) -> list[Venue]:
        """Return the venues to choose from: the operator's own first, then those it used."""
        require(actor, Operation.WRITE_DRAFT, Subject(operator_id=operator_id))
        with self._database.reading() as work:
            return _venues(work, operator_id)

    def look(self, actor: Actor, form: Form) -> Looked:
        """Say how a form would stand, without keeping anything; raises NotAllowed, NotFound."""
        require(actor, Operation.WRITE_DRAFT, Subject(operator_id=form.operator_id))
        with self._database.reading() as work:
            return _Reading(work, form, self._clock, actor).looked()

    def publish(self, actor: Actor, form: Form) -> Published:
        """Publish what the form says, or send it to the moderator; the same key again gets the same answer.

        Raises NotComplete with all errors, NotConfirmed with all doubts, NotAllowed, NotFound, IdempotencyMismatch.
        """
        require(actor, Operation.PUBLISH_OFFERING, Subject(operator_id=form.operator_id))
        return self._database.retrying(lambda work: self._publish(work, actor, form))

    def withdraw(self, actor: Actor, offering_id: int) -> None:
        """Take an offering out of all lists; refused while people hold places: they have to be told first."""
        self._change_state(actor, offering_id, withdraw=True)

    def show_again(self, actor: Actor, offering_id: int) -> None:
        """Undo withdrawing or cancelling: publish it as it stands."""
        self._change_state(actor, offering_id, withdraw=False)

    def _publish(self, work: UnitOfWork, actor: Actor, form: Form) -> Published:
        account, request = f"staff:{actor.staff_id}", {"offering": form.offering_id, "operator": form.operator_id}
        if (kept := kept_answer(work, account, form.key, request)) is not None:
            return Published(**kept)
        now = self._clock.now()
        reading = _Reading(work, form, self._clock, actor)
        composed = reading.refused_unless_good()
        if reading.offering is None:
            offering = new_offering(composed, form.operator_id, now, reading.base)
            work.offerings.add(offering)
            work.flush()
            changed: dict[str, Any] = {"status": (None, None)}
        else:
            offering = reading.offering
            changed = self._write_changes(work, reading, composed, now)
        published = self._show(work, actor, offering, reading, now, changed)
        work.drafts.remove_by_key(form.operator_id, form.key)
        keep_answer(work, account, form.key, request, vars(published), now)
        work.commit()
        return published

    def _write_changes(self, work: UnitOfWork, reading: _Reading, composed: Composed, now: datetime) -> dict[str, Any]:
        """Write what was changed in the form; return column → (before, after) of what became different."""
        offering, fields, run = reading.offering_there, reading.changed_fields, reading.run
        was = offering.venue.name if offering.venue is not None else LocalisedText()
        different = write_columns(offering, composed, fields)
        if run is not None and "venue_id" in different:
            work.flush()
            work.offerings.read_venue(offering)
            tell_new_place(work, run, was, self._links, now, self._clock.zone)
        if run is None and composed.meetings:
            run = Run(taken_count=0, cancelled=False)
            offering.runs.append(run)
        if run is not None and self._write_run(work, run, reading, composed, now):
            different["meetings"] = (None, None)
        if different and offering.source is not None:
            lock_fields(offering, record_fields(different))
        return different

    def _write_run(self, work: UnitOfWork, run: Run, reading: _Reading, composed: Composed, now: datetime) -> bool:
        changed = bool(reading.changed_fields & DAY_FIELDS) and follow_meetings(run, composed.meetings, now)
        if reading.changed_fields & RUN_FIELDS:
            changed = write_run(run, composed) or changed
        if "seats" in reading.changed_fields and run.id:
            changed = self._resize(work, run, composed.seat_count, now) or changed
        return changed

    def _resize(self, work: UnitOfWork, run: Run, seat_count: int | None, now: datetime) -> bool:
        """Set the seats under the run's lock; new ones go to those who wait. Raises NotComplete below those taken."""
        work.flush()
        locked = LockedRun.of(work, run.id, now, self._messages)
        if seat_count is not None and seat_count < locked.run.taken_count:
            raise NotComplete(
                [Finding("seats", TOO_FEW_SEATS, {"taken": locked.run.taken_count, "wanted": seat_count})]
            )
        changed = locked.run.seat_count != seat_count
        locked.run.seat_count = seat_count
        work.flush()
        locked.pass_on()
        return changed

    def _show(
        self, work: UnitOfWork, actor: Actor, offering: Offering, reading: _Reading, now: datetime,
        changed: Mapping[str, Any],
    ) -> Published:  # fmt: skip
        """Let citizens see it, or the moderator first; announce it, and note who did it."""
        before, is_new = offering.status, reading.offering is None
        in_review = reading.operator.reviewed and not may(
            actor, Operation.MODERATE, Subject(district_id=reading.operator.district_id)
        )
        if in_review:
            offering.status = Status.IN_REVIEW
            work.moderation.add(ModerationDecision(offering_id=offering.id, decision=SENT, decided_by_id=actor.staff_id,
                                                   decided_at=now))  # fmt: skip
        elif is_new or before in (Status.DRAFT, Status.IN_REVIEW, Status.PUBLISHED):
            offering.publish(now)
        if is_new:
            work.published_first(offering, now)
        elif changed or offering.status != before:
            work.changed(offering, now)
        told = {name: _told(values[1]) for name, values in changed.items()} | {"status": offering.status}
        was = {name: _told(values[0]) for name, values in changed.items()} | {"status": None if is_new else before}
        audit(work, actor, Operation.PUBLISH_OFFERING, ("offering", offering.id), now, before=was, after=told)
        return Published(offering.id, in_review, is_new)

    def _change_state(self, actor: Actor, offering_id: int, *, withdraw: bool) -> None:
        now = self._clock.now()
        with self._database.writing() as work:
            offering = _own(work, actor, offering_id, Operation.PUBLISH_OFFERING)
            before = offering.status
            if withdraw:
                _refuse_with_places(work, offering)
                offering.withdraw()
            elif before in (Status.WITHDRAWN, Status.CANCELLED):
                offering.publish(now)
            if offering.source is not None:
                lock_fields(offering, ["status"])
            work.changed(offering, now)
            audit(work, actor, Operation.PUBLISH_OFFERING, ("offering", offering.id), now,
                  before={"status": before}, after={"status": offering.status})  # fmt: skip
            work.commit()


TOO_FEW_SEATS = message("%(taken)s people hold places already. Write %(taken)s or more, or cancel places first.")
HELD_DATES = message(
    "%(count)s people hold places for %(day)s. Move or call off that date on the page of dates: then everybody is told."
)
ALL_PAST = message("%(day)s is over already. Write a day from %(today)s on.")


class _Reading:
    """One form beside what stands in the catalogue, inside one transaction."""

    def __init__(self, work: UnitOfWork, form: Form, clock: Clock, actor: Actor) -> None:
        self._work, self._form, self._clock = work, form, clock
        self._now = clock.now()
        self.operator: Operator = work.operators.get(form.operator_id)
        self.offering = _own(work, actor, form.offering_id) if form.offering_id is not None else None
        self.base = _own(work, actor, form.copy_of) if form.copy_of is not None else None
        _refuse_other_operator(form, self.offering, self.base)
        self.run = _form_run(self.offering, self._now) if self.offering is not None else None
        stands = values_of(self.offering, self.run, form.language) if self.offering is not None else {}
        self.changed_fields = frozenset(
            name for name in FIELDS if self.offering is None or _differs(form.values.get(name), stands.get(name))
        )
        self._composed, self._errors = read_form(form.values, self._choices())

    @property
    def offering_there(self) -> Offering:
        """The offering that is changed."""
        if self.offering is None:
            raise InvalidInput("This form is about a new offering.", field="offering")
        return self.offering

    def looked(self) -> Looked:
        composed, shown = self._composed, preview(self._composed, self.operator, self._now)
        errors = self._wrong()
        wrong = {each.field for each in errors}
        doubts = [each for each in self._doubts() if each.field not in wrong]
        return Looked(shown, composed, tuple(errors), tuple(doubts), quality_of(shown))

    def refused_unless_good(self) -> Composed:
        """Return what the form says; raises NotComplete, or NotConfirmed unless exactly these doubts were confirmed."""
        if errors := self._wrong():
            raise NotComplete(errors)
        if (doubts := self._doubts()) and self._form.confirmed != mark_of(doubts):
            raise NotConfirmed(doubts)
        return self._composed

    def _wrong(self) -> list[Finding]:
        """Return the errors; of what a form does not change nothing is asked."""
        found = [each for each in self._errors if self.offering is None or self._is_asked(each.field)]
        past = past_days(self._composed, self._looking())
        if self._composed.meetings and len(past) == len(self._composed.meetings):
            parts = {"day": past[-1].held_on, "today": self._clock.today()}
            found.append(Finding("day", ALL_PAST, parts))
        if self.run is not None and "seats" in self.changed_fields:
            found += _too_few(self._composed.seat_count, self.run)
        if self.run is not None and self.changed_fields & DAY_FIELDS:
            found += self._held_by_people(self.run)
        return sorted(found, key=lambda each: FIELDS.index(each.field))

    def _held_by_people(self, run: Run) -> list[Finding]:
        """A meeting for which people hold places is not moved by typing: each of them is told, date by date."""
        kept = {(each.held_on, each.starts_local, each.ends_local) for each in self._composed.meetings}
        ahead = [each for each in run.class_sessions if not each.cancelled and not each.is_over(self._now)]
        moved = [each for each in ahead if (each.held_on, each.starts_local, each.ends_local) not in kept]
        held = self._work.enrolments.live_count([run.id]) if moved else 0
        return [Finding("day", HELD_DATES, {"count": held, "day": moved[0].held_on})] if held else []

    def _is_asked(self, name: str) -> bool:
        if name in DAY_FIELDS:
            return bool(self.changed_fields & DAY_FIELDS)
        return name in self.changed_fields

    def _doubts(self) -> list[Finding]:
        composed = self._composed
        if self.offering is not None:
            composed = replace(composed, **self._unchanged())
        doubts = doubts_of(composed, self._looking())
        return [each for each in doubts if self.offering is None or each.field in self._touched()]

    def _touched(self) -> frozenset[str]:
        """Return the fields whose doubts matter: those changed, and place and hours when the other one was."""
        together = DAY_FIELDS | {"venue", "room", "place"}
        return self.changed_fields | (together if self.changed_fields & together else frozenset())

    def _unchanged(self) -> dict[str, Any]:
        return {} if self._touched() & DAY_FIELDS else {"meetings": (), "twice": (), "starts": None}

    def _looking(self) -> Looking:
        before = self.run.class_sessions if self.run is not None else ()
        known = frozenset((meeting.held_on, meeting.starts_local) for meeting in before)
        form = self._form
        return Looking(self._work, form.operator_id, self._now, form.offering_id, form.copy_of is not None, known)

    def _choices(self) -> Choices:
        venues = _venues(self._work, self._form.operator_id)
        if self.offering is not None and self.offering.venue is not None:
            venues.append(self.offering.venue)
        return Choices(
            today=self._clock.today(),
            now=self._now,
            zone=self._clock.zone,
            venues={str(venue.id): venue for venue in venues},
            venues_by_name=lambda name: _by_name(self._work, name),
            topics=self._work.topics.all(),
            areas={area.id: area for area in self._work.areas.all()},
        )


def _too_few(seat_count: int | None, run: Run) -> list[Finding]:
    if seat_count is None or seat_count >= run.taken_count:
        return []
    return [Finding("seats", TOO_FEW_SEATS, {"taken": run.taken_count, "wanted": seat_count})]


def _own(work: UnitOfWork, actor: Actor, offering_id: int, operation: Operation = Operation.WRITE_DRAFT) -> Offering:
    offering = work.offerings.get(offering_id)
    require(actor, operation, Subject(operator_id=offering.operator_id))
    return offering


def _refuse_other_operator(form: Form, *named: Offering | None) -> None:
    """A form is about things of one operator."""
    if any(offering is not None and offering.operator_id != form.operator_id for offering in named):
        raise NotAllowed("This offering belongs to another operator.")


def _form_run(offering: Offering, now: datetime) -> Run | None:
    """Return the run a form is about: the next one, else the last."""
    live = [run for run in offering.runs if not run.cancelled]
    ahead = sorted((run for run in live if not run.is_over(now)), key=lambda run: run.next_meeting_key(now))
    return next(iter(ahead), live[-1] if live else None)


def dates_stand_apart(offering: Offering, now: datetime) -> bool:
    """True when one form cannot say when it is: several runs, or meetings with different hours."""
    return len(offering.runs) > 1 or not has_one_clock(_form_run(offering, now))


def _venues(work: UnitOfWork, operator_id: int) -> list[Venue]:
    own = work.venues.of_operator(operator_id)
    used = work.venues.used_by(operator_id, MOST_VENUES)
    return list({venue.id: venue for venue in (*own, *used)}.values())[:MOST_VENUES]


def _by_name(work: UnitOfWork, name: str) -> Sequence[Venue]:
    """Return the venues of that whole name, in any width, case and script."""
    key = whole_key(name)
    same = [venue for venue in work.venues.all() if key in {whole_key(text) for text in venue.name.values()}]
    return same if key else []


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _differs(typed: Any, stands: Any) -> bool:
    return (typed or None) != (stands or None)


def _told(value: Any) -> Any:
    """Return a column's value as the audit log keeps it."""
    if isinstance(value, Mapping):
        return dict(value)
    return value if isinstance(value, str | int | float | bool | list | type(None)) else str(value)


def _refuse_with_places(work: UnitOfWork, offering: Offering) -> None:
    held = work.enrolments.live_count([run.id for run in offering.runs])
    if held:
        raise Conflict(f"{held} people hold places on this: cancel it with telling them, instead of withdrawing it.")
