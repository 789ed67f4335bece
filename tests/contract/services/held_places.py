"""A place somebody holds, for tests of what must not go without telling."""

from __future__ import annotations

from city.booking_numbers import new_number
from city.model import Enrolment, EnrolmentStatus
from city.store.database import Database
from fixtures.factories import NOW, a_citizen


def hold_a_place(database: Database, run_id: int) -> int:
    """Give a new citizen one place on the run; return the enrolment's id."""
    with database.writing() as work:
        citizen = a_citizen()
        work.citizens.add(citizen)
        work.flush()
        place = Enrolment(run_id=run_id, citizen_id=citizen.id, status=EnrolmentStatus.CONFIRMED, created_at=NOW,
                          changed_at=NOW, number=new_number(), contact_phone="+8613800138000")  # fmt: skip
        work.enrolments.add(place)
        run = work.enrolments.run(run_id)
        assert run is not None
        run.taken_count += 1
        place_id = place.id
        work.commit()
    return place_id
