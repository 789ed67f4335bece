"""What citizens and visitors do with offerings: view, save, "less like this", the profile switch, forgetting.

Owns: which interactions may be logged by whom, and the buffer that keeps views off the page's way. Called by web.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Sequence

from city.clock import Clock
from city.errors import DatabaseUnavailable, InvalidInput
from city.model import Interaction, InteractionKind, ShownList
from city.model.people import REACH_CHOICES
from city.ports import FreeHours
from city.services.enrolling import DIRECT, ListOrigin
from city.services.late_writing import FLUSH_SECONDS, LateWriter
from city.services.permissions import Actor, Operation, Subject, require
from city.store.database import Database

BUFFER_ROWS = 5_000


class Interacting:
    """Use cases of interactions, on one database and clock."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def log(self, actor: Actor, offering_id: int, kind: InteractionKind, origin: ListOrigin = DIRECT) -> None:
        """Write one interaction at once; raises NotFound for an unknown offering."""
        require(actor, Operation.LOG_INTERACTION, Subject(citizen_id=actor.citizen_id))
        with self._database.writing() as work:
            work.offerings.get(offering_id)
            work.interactions.add(self.row(actor, offering_id, kind, origin))
            work.commit()

    def row(self, actor: Actor, offering_id: int, kind: InteractionKind, origin: ListOrigin) -> Interaction:
        """Build an interaction that happens now."""
        return Interaction(
            citizen_id=actor.citizen_id,
            offering_id=offering_id,
            kind=kind,
            happened_at=self._clock.now(),
            source=origin.source,
            list_id=origin.list_id,
            position=origin.position,
        )

    def switch_personal_suggestions(self, actor: Actor, on: bool) -> None:
        """Turn the profile on or off; from the next request no personal feature is used when off."""
        require(actor, Operation.CHANGE_PROFILE, Subject(citizen_id=actor.citizen_id))
        with self._database.writing() as work:
            work.citizens.get(_own_id(actor)).personal_suggestions = on
            work.commit()

    def change_reach(self, actor: Actor, reach_minutes: int) -> None:
        """Set how far the citizen goes, in minutes; raises InvalidInput for a choice that is not offered."""
        require(actor, Operation.CHANGE_PROFILE, Subject(citizen_id=actor.citizen_id))
        if reach_minutes not in REACH_CHOICES:
            offered = ", ".join(str(choice) for choice in REACH_CHOICES)
            raise InvalidInput("That reach is not offered.", field="reach", value=reach_minutes, remedy=offered)
        with self._database.writing() as work:
            work.citizens.get(_own_id(actor)).reach_minutes = reach_minutes
            work.commit()

    def change_free_hours(self, actor: Actor, hours: Sequence[FreeHours]) -> None:
        """Set when the citizen is free each week; nothing takes what was told away."""
        require(actor, Operation.CHANGE_PROFILE, Subject(citizen_id=actor.citizen_id))
        rows = [[each.weekday, f"{each.starts_local:%H:%M}", f"{each.ends_local:%H:%M}"] for each in hours]
        with self._database.writing() as work:
            work.citizens.get(_own_id(actor)).free_hours = rows
            work.commit()

    def change_area(self, actor: Actor, area_id: str) -> None:
        """Set where the citizen lives; raises NotFound for an unknown area."""
        require(actor, Operation.CHANGE_PROFILE, Subject(citizen_id=actor.citizen_id))
        with self._database.writing() as work:
            citizen = work.citizens.get(_own_id(actor))
            citizen.area_id = work.areas.get(area_id).id
            citizen.latitude = citizen.longitude = None
            work.commit()

    def forget(self, actor: Actor, offering_ids: Iterable[int] | None = None) -> None:
        """Erase what the citizen did, all or with the given offerings."""
        require(actor, Operation.CHANGE_PROFILE, Subject(citizen_id=actor.citizen_id))
        with self._database.writing() as work:
            work.interactions.forget(_own_id(actor), offering_ids)
            work.commit()


def _own_id(actor: Actor) -> int:
    if actor.citizen_id is None:  # pragma: no cover - permission was checked before
        raise InvalidInput("Only a citizen has a profile.", field="citizen")
    return actor.citizen_id


class InteractionBuffer:
    """Views and shown lists on their way to the database, written in batches by one thread, at most a second late.

    Bounded: when the database does not keep up, the oldest rows are dropped, and a page is never delayed. What was
    dropped or failed is counted in `lost_count`.
    """

    def __init__(self, database: Database, *, flush_seconds: float = FLUSH_SECONDS) -> None:
        self._database = database
        self._rows: deque[Interaction | ShownList] = deque(maxlen=BUFFER_ROWS)
        self._writing = threading.Lock()
        self._writer = LateWriter("interaction-buffer", self.flush, flush_seconds)
        self.lost_count = 0

    def put(self, row: Interaction | ShownList) -> None:
        """Take a row; returns at once."""
        self.lost_count += len(self._rows) == BUFFER_ROWS
        self._rows.append(row)
        self._writer.ensure_running()

    def flush(self) -> None:
        """Write all rows taken so far."""
        with self._writing:
            rows = [self._rows.popleft() for _ in range(len(self._rows))]
            if rows:
                self._write(rows)

    def close(self) -> None:
        """Write what is left and end the thread."""
        self._writer.close()

    def _write(self, rows: list[Interaction | ShownList]) -> None:
        try:
            with self._database.writing() as work:
                for row in rows:
                    if isinstance(row, ShownList):
                        work.shown_lists.add(row)
                    else:
                        work.interactions.add(row)
                work.commit()
        except DatabaseUnavailable:
            self.lost_count += len(rows)
