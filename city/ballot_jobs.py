"""What the worker does for ballots: closes each when its window is over, draws when the seed is known, tells everybody.

Owns: when that is looked at. Nobody has to be awake for a ballot to close in time; a step that was cut off is taken up
by the next look. Called by `learncity worker`; the steps are `city.services.ballot_office`'s and `ballot_settling`'s.
"""

from __future__ import annotations

import structlog

from city.clock import Clock
from city.config import Settings
from city.errors import LearncityError
from city.jobs import Job
from city.model import Ballot, SeedKind
from city.services.ballot_office import BallotOffice
from city.services.ballot_settling import BallotSettling
from city.services.links import Links
from city.services.permissions import Actor
from city.store.database import JOB_STATEMENT_SECONDS, Database
from city.tokens import Tokens

log = structlog.get_logger(__name__)


def jobs(settings: Settings) -> list[Job]:
    """Return the job of ballots."""
    database = Database(settings.effective_database_url, statement_seconds=JOB_STATEMENT_SECONDS)
    links = Links(Tokens(settings.signing_key()), settings.site_address)
    return [Job("ballots", lambda: run_ballots(database, settings.catalogue_clock, links), minute="*/5")]


def run_ballots(database: Database, clock: Clock, links: Links | None = None) -> str:
    """Close, draw and settle whatever is due; say what was done. One ballot that cannot go on does not keep others."""
    office, done = BallotOffice(database, clock), list[str]()
    with database.reading() as work:
        due = [ballot for ballot in work.ballots.undrawn() if ballot.is_closed(clock.now())]
    for ballot in due:
        try:
            done += _close_and_draw(office, ballot)
        except LearncityError as reason:
            log.warning("ballot stopped", ballot=ballot.id, reason=str(reason))
    if told := BallotSettling(database, clock, links).settle_all():
        done.append(f"{told} entries told what came of them")
    return f"{'; '.join(done)}." if done else ""


def _close_and_draw(office: BallotOffice, ballot: Ballot) -> list[str]:
    """Return what was done; a ballot that waits for its public source is only closed."""
    done = []
    if not ballot.entries_sha256:
        office.close(Actor.system(), ballot.id)
        done.append(f"ballot {ballot.id} closed")
    if ballot.seed_kind == SeedKind.COMMIT_AND_REVEAL or ballot.seed_public_value:
        office.draw(Actor.system(), ballot.id)
        done.append(f"ballot {ballot.id} drawn")
    return done
