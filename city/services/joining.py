"""Two files of one person become one: "one person, one file".

Owns: what happens to two places on one run (the people of both keep their seats in one booking, and a seat comes
before a place in line), to two entries of one draw (the earlier stands), and which file answers to which number
afterwards. Both were proved to be the person's own before: called by `city.services.signing_in`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from city.errors import Conflict
from city.model import BallotEntry, Citizen, Enrolment, EnrolmentStatus
from city.model.enrolment import Ending
from city.services.auditing import audit
from city.services.permissions import Actor, Operation
from city.store.unit_of_work import UnitOfWork

FILLED = ("birth_year_from", "area_id", "latitude", "longitude", "password_hash")
FILLED_LISTS = ("languages", "audiences", "free_hours")
CONTACTS = (("phone", "phone_confirmed_at"), ("email", "email_confirmed_at"))


@dataclass(frozen=True)
class Joined:
    """What became of it: the runs of which two bookings are one now, and of which a place in line ended."""

    one_booking: tuple[int, ...] = ()
    left_line: tuple[int, ...] = ()


def join_files(work: UnitOfWork, actor: Actor, old_id: int, into_id: int, now: datetime) -> Joined:
    """Move everything of one file into the other, in the caller's transaction; raises Conflict for a joined file."""
    held = {each: work.citizens.locked(each) for each in sorted({old_id, into_id})}
    old, into = held[old_id], held[into_id]
    if old.merged_into_id is not None or into.merged_into_id is not None or old.id == into.id:
        raise Conflict("These files were joined already.")
    joined = _settle_places(work, old, into, now)
    _settle_entries(work, old, into, now)
    work.joining.move(old.id, into.id)
    _fill_gaps(work, old, into)
    old.merged_into_id = into.id
    after = {"merged_into": into.id, "one_booking": list(joined.one_booking), "left_line": list(joined.left_line)}
    audit(work, actor, Operation.MERGE_CITIZENS, ("citizen", old.id), now, after=after)
    return joined


def _settle_places(work: UnitOfWork, old: Citizen, into: Citizen, now: datetime) -> Joined:
    one_booking, left_line = [], []
    for run_id in sorted({first.run_id for first, _ in work.joining.places_on_same_run(old.id, into.id)}):
        work.enrolments.locked_run(run_id)  # nobody counts seats while two bookings become one
    for first, second in work.joining.places_on_same_run(old.id, into.id):
        kept, ending = _kept_and_ending(first, second)
        if ending.status == EnrolmentStatus.CONFIRMED:
            _take_people_over(kept, ending)
            one_booking.append(kept.run_id)
        else:
            left_line.append(kept.run_id)
        ending.cancel(now, Ending.MERGED)
        kept.changed_at = now
        work.flush()
    return Joined(tuple(one_booking), tuple(left_line))


def _kept_and_ending(first: Enrolment, second: Enrolment) -> tuple[Enrolment, Enrolment]:
    """A seat comes before a place in line, and the earlier of two alike before the later."""
    if second.status == EnrolmentStatus.CONFIRMED and first.status != EnrolmentStatus.CONFIRMED:
        return second, first
    return first, second


def _take_people_over(kept: Enrolment, ending: Enrolment) -> None:
    """Both hold seats: one booking for the people of both, so that nobody loses one; the run's count stays right."""
    kept.party_size += ending.party_size
    kept.companions = [*kept.companions, *filter(None, [ending.contact_name, *ending.companions])]
    if ending.answer_by is None:
        kept.answer_by = None


def _settle_entries(work: UnitOfWork, old: Citizen, into: Citizen, now: datetime) -> None:
    """One person, one entry: while the window is open the later one is withdrawn; a list that is fixed stays."""
    for _, later in work.joining.entries_in_same_ballot(old.id, into.id):
        if work.joining.ballot_of(later).is_open(now):
            _withdraw(work, later, now)


def _withdraw(work: UnitOfWork, entry: BallotEntry, now: datetime) -> None:
    entry.withdrawn_at = entry.changed_at = now
    work.joining.forget_people_of(entry)
    work.flush()


def _fill_gaps(work: UnitOfWork, old: Citizen, into: Citizen) -> None:
    """What only the old file knew is known of the person now; a switch that was turned off stays off."""
    for name in FILLED:
        if getattr(into, name) in (None, ""):
            setattr(into, name, getattr(old, name))
    for name in FILLED_LISTS:
        if not getattr(into, name):
            setattr(into, name, getattr(old, name))
    if not into.name:
        into.name = old.name
    into.personal_suggestions = into.personal_suggestions and old.personal_suggestions
    _move_contacts(work, old, into)
    old.password_hash = ""


def _move_contacts(work: UnitOfWork, old: Citizen, into: Citizen) -> None:
    """A number leads to one file: it moves where there is none, and otherwise is followed from the old file."""
    moving = [(name, at) for name, at in CONTACTS if getattr(into, name) is None and getattr(old, name) is not None]
    known = [(name, at, getattr(old, name), getattr(old, at)) for name, at in moving]
    for name, at in moving:
        setattr(old, name, None)
        setattr(old, at, None)
    work.flush()  # the column is unique: the old file lets go first
    for name, at, value, moment in known:
        setattr(into, name, value)
        setattr(into, at, moment)
    into.contact_confirmed = into.contact_confirmed or old.contact_confirmed
