"""What the worker does for the ground floor: forget what was kept for a while only, keep places moving, send messages.

Owns: when answers to requests sent twice and old messages are forgotten, how often places nobody said yes to and seats
nobody came for are passed on, when absences are settled, when the audit log's end is told. Called by
`learncity worker`.
"""

from __future__ import annotations

from datetime import timedelta

import structlog

from city.config import Settings
from city.jobs import Job
from city.mail import build_mailer
from city.services.attending import Attending
from city.services.links import Links
from city.services.room_booking import BookingRooms
from city.services.run_changes import RunChanges
from city.services.sending import Sending
from city.services.verifying import head_of
from city.sms import build_texter
from city.store.database import JOB_STATEMENT_SECONDS, Database
from city.tokens import Tokens

log = structlog.get_logger(__name__)

SENDING_PAUSE_SECONDS = 5.0


def jobs(settings: Settings) -> list[Job]:
    """Return the jobs of the ground floor."""
    database = Database(settings.effective_database_url, statement_seconds=JOB_STATEMENT_SECONDS)
    mailer, texter = build_mailer(settings), build_texter(settings)
    sending = Sending(database, settings.catalogue_clock, mailer, texter)
    return [
        Job("forget answers", lambda: forget_answers(settings, database), minute="33"),
        Job("pass on places", lambda: pass_on_places(settings, database), minute="*/5"),
        Job("pass on seats of rooms", lambda: pass_on_seats(settings, database), minute="*"),
        Job("settle absences", lambda: settle_absences(settings, database), minute="41"),
        Job("send messages", lambda: sending.once().sentence(), pause_seconds=SENDING_PAUSE_SECONDS),
        Job("keep the audit head", lambda: tell_audit_head(database), minute="5", hour="0"),
        Job("forget sign-ins", lambda: forget_sign_ins(settings, database), minute="52"),
        Job("forget messages", lambda: forget_messages(sending), minute="47", hour="3"),
    ]


def forget_answers(settings: Settings, database: Database) -> str:
    """Erase answers that no repeat of a request may ask for any more; say how many."""
    with database.writing() as work:
        forgotten = work.enrolments.forget_answers(settings.system_clock.now())
        work.commit()
    return f"{forgotten} kept answers of yesterday erased." if forgotten else ""


def pass_on_places(settings: Settings, database: Database) -> str:
    """Pass on places whose time to answer is over, and seats that came free by themselves; say how many."""
    moved = RunChanges(database, settings.catalogue_clock, _links(settings)).lapse_unanswered()
    return f"{moved} places moved on along their waiting lists." if moved else ""


def pass_on_seats(settings: Settings, database: Database) -> str:
    """Pass on seats of study rooms that nobody came for; say how many bookings."""
    released = BookingRooms(database, settings.catalogue_clock, _links(settings)).release_no_shows()
    return f"{released} bookings of study rooms passed on." if released else ""


def settle_absences(settings: Settings, database: Database) -> str:
    """Say of each place of a run that is over whether somebody came; say how many."""
    came, absent = Attending(database, settings.catalogue_clock, _links(settings).tokens).settle()
    return f"{came} places attended, {absent} absent." if came or absent else ""


def tell_audit_head(database: Database) -> str:
    """Write the end of the audit log's chain into the log stream, so that a chain written anew is found; say it."""
    count, sha256 = head_of(database)
    log.info("audit_head", entries=count, sha256=sha256)
    return f"The audit log has {count} entries, head {sha256}."


def forget_sign_ins(settings: Settings, database: Database) -> str:
    """Erase what is over of coming in: sign-ins, guesses and codes of yesterday; say nothing."""
    now = settings.system_clock.now()
    with database.writing() as work:
        work.login_sessions.forget_expired(now)
        work.staff_login_sessions.forget_expired(now - timedelta(days=1))
        work.sign_in_attempts.forget_before(now - timedelta(days=1))
        work.one_time_codes.forget_before(now - timedelta(days=1))
        work.commit()
    return ""


def forget_messages(sending: Sending) -> str:
    """Erase messages of half a year ago; say how many."""
    gone = sending.forget()
    return f"{gone} old messages erased." if gone else ""


def _links(settings: Settings) -> Links:
    return Links(Tokens(settings.signing_key()), settings.site_address)
