"""Preparing, announcing, closing, drawing and calling off a ballot: what the city does, and publishes as it does it.

Owns: the order in which things are fixed and shown (rule and promise of the seed, then the entries, then the seed and
the result), so that nobody can choose a result, and that a run cut off in the middle is taken up where it stopped.
Called by `learncity ballot`, the worker and the operators' portal. What the results mean for places is
`city.services.ballot_settling`'s.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import Any

from city.ballot_records import Record, entries_digest, read, rule_of, run_record, written
from city.clock import Clock
from city.drawing import Drawn, EntryInDraw, RunInDraw, Turn, commitment_to, draw, seed_of
from city.errors import Conflict, NotFound
from city.model import Ballot, BallotEntry, BallotFile, BallotStatus, EnrolmentMode, Run, SeedKind
from city.services.auditing import audit
from city.services.ballot_plan import (
    LONGEST_SOURCE,
    BallotPlan,
    entries_in_draw,
    public_words,
    refuse_unless_ready,
    refuse_unless_sound,
    rule_of_plan,
    run_in_draw,
)
from city.services.ballot_settling import GOT, NONE, WAITS, take_drawn_seats
from city.services.permissions import Actor, Operation, Subject, require
from city.services.place_messages import PlaceMessages
from city.services.seats import LockedRun
from city.store.database import Database
from city.store.unit_of_work import UnitOfWork
from city.text import clean_line


class Stage(StrEnum):
    """The three files of a ballot."""

    ANNOUNCED = "announced"
    CLOSED = "closed"
    DRAWN = "drawn"


class BallotOffice:
    """Use cases of those who run a ballot, on one database and clock."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def prepare(self, actor: Actor, operator_id: int, plan: BallotPlan) -> int:
        """Write a draft and return its id; raises InvalidInput naming what is wrong, NotAllowed."""
        return self._database.retrying(lambda work: self._prepare(work, actor, operator_id, plan))

    def announce(self, actor: Actor, ballot_id: int) -> None:
        """Publish rule, Runs and how the seed will come; from then on they are fixed."""
        self._database.retrying(lambda work: self._announce(work, actor, ballot_id))

    def close(self, actor: Actor, ballot_id: int) -> str:
        """Publish the entries and return their digest, once the window has closed; repeating it changes nothing."""
        self._database.retrying(lambda work: self._stop_entries(work, actor, ballot_id))
        return self._database.retrying(lambda work: self._close(work, actor, ballot_id))

    def reveal(self, actor: Actor, ballot_id: int, public_value: str) -> str:
        """Write down what the named source said after the ballot closed; return it as it enters the seed."""
        return self._database.retrying(lambda work: self._reveal(work, actor, ballot_id, public_value))

    def draw(self, actor: Actor, ballot_id: int) -> None:
        """Draw from the published entries, publish the result and give the places; a drawn ballot stays as it is.

        The long part runs without a lock: the result is a function of the file, and the file does not change. When
        seats changed meanwhile it is worked out again.
        """
        while (result := self._result(actor, ballot_id)) is not None:
            if self._database.retrying(partial(self._keep_result, actor=actor, ballot_id=ballot_id, result=result)):
                return

    def cancel(self, actor: Actor, ballot_id: int, reason: str = "") -> None:
        """Call a ballot off that is not drawn; those who entered are told by the worker."""
        self._database.retrying(lambda work: self._cancel(work, actor, ballot_id, reason))

    def _prepare(self, work: UnitOfWork, actor: Actor, operator_id: int, plan: BallotPlan) -> int:
        require(actor, Operation.RUN_BALLOT, Subject(operator_id=operator_id))
        now = self._clock.now()
        runs = work.ballots.runs_by_id(list(plan.run_ids))
        refuse_unless_sound(plan, runs, operator_id, now)
        ballot = Ballot(
            operator_id=operator_id,
            name=plan.name,
            term=clean_line(plan.term, field="term", longest=32),
            status=BallotStatus.DRAFT,
            opens_at=plan.opens_at,
            closes_at=plan.closes_at,
            rule=rule_of_plan(plan),
            seed_kind=plan.seed_kind,
            seed_source=clean_line(plan.seed_source, field="seed_source", longest=LONGEST_SOURCE),
            outcome={},
            created_at=now,
        )
        work.ballots.add(ballot)
        for run in runs:
            run.ballot_id = ballot.id
        audit(work, actor, Operation.RUN_BALLOT, ("ballot", ballot.id), now, after={"status": "draft"})
        work.commit()
        return ballot.id

    def _announce(self, work: UnitOfWork, actor: Actor, ballot_id: int) -> None:
        ballot, now = work.ballots.locked(ballot_id), self._clock.now()
        _require(actor, ballot)
        if ballot.status == BallotStatus.ANNOUNCED:
            return
        runs = work.ballots.runs(ballot_id)
        refuse_unless_ready(ballot, runs, now)
        if ballot.seed_kind == SeedKind.COMMIT_AND_REVEAL:
            ballot.seed_secret = secrets.token_hex(32)
            ballot.seed_commitment = commitment_to(ballot.seed_secret)
        ballot.status = BallotStatus.ANNOUNCED
        for run in runs:
            run.enrolment_mode = EnrolmentMode.BALLOT
            work.changed(run.offering, now)
        work.ballots.publish(announcement(ballot, runs, now))
        self._audit(work, actor, ballot, "draft", "announced")
        work.commit()

    def _stop_entries(self, work: UnitOfWork, actor: Actor, ballot_id: int) -> None:
        """Bar the door: whoever is still entering is waited for, whoever comes now is told that it is closed."""
        ballot = work.ballots.locked(ballot_id)
        _require(actor, ballot)
        if ballot.status in (BallotStatus.DRAFT, BallotStatus.CANCELLED):
            raise Conflict("This ballot was not announced, or was called off.")
        if ballot.status == BallotStatus.ANNOUNCED and not ballot.is_closed(self._clock.now()):
            raise Conflict("This ballot is still open: nobody closes it before its time.")
        if ballot.entry_count is None:
            work.ballots.set_entry_count(ballot_id, work.ballots.counts(ballot_id)[0])
        work.commit()

    def _close(self, work: UnitOfWork, actor: Actor, ballot_id: int) -> str:
        ballot = work.ballots.locked(ballot_id)
        if ballot.entries_sha256:
            return ballot.entries_sha256
        standing = work.ballots.standing(ballot_id)
        entries = entries_in_draw(work, ballot, standing)
        work.bulk.update(
            BallotEntry,
            [
                {"id": row.id, "classes": list(entry.classes), "ticket_count": entry.tickets}
                for row, entry in zip(standing, entries, strict=True)
            ],
        )
        ballot.entries_sha256 = entries_digest(entries)
        runs = [_run_record(run) for run in work.ballots.runs(ballot_id)]
        self._publish(work, ballot, Stage.CLOSED, written(_head(ballot, Stage.CLOSED), runs, entries))
        self._audit(work, actor, ballot, "open", "closed")
        work.commit()
        return ballot.entries_sha256

    def _reveal(self, work: UnitOfWork, actor: Actor, ballot_id: int, public_value: str) -> str:
        ballot = work.ballots.locked(ballot_id)
        _require(actor, ballot)
        value = public_words(public_value)
        if ballot.seed_kind != SeedKind.PUBLIC_SOURCE:
            raise Conflict("The seed of this ballot comes from a sealed number, not from a public source.")
        if not ballot.entries_sha256:
            raise Conflict("The entries are not published yet: close the ballot first.")
        if ballot.status != BallotStatus.ANNOUNCED or ballot.seed_public_value not in ("", value):
            raise Conflict(f"The value of the source is written down already: {ballot.seed_public_value}.")
        if not ballot.seed_public_value:
            ballot.seed_public_value = value
            self._audit(work, actor, ballot, "", value, of="public_value")
        work.commit()
        return value

    def _result(self, actor: Actor, ballot_id: int) -> _Result | None:
        """Return what the draw gives with the seats of now; None for a ballot that is drawn."""
        with self._database.reading() as work:
            ballot = work.ballots.get(ballot_id)
            _require(actor, ballot)
            if ballot.status == BallotStatus.DRAWN:
                return None
            seed = _seed(ballot)
            closed = read(published(work, ballot_id, Stage.CLOSED).body)
            runs, names = _runs_now(work, ballot_id, closed.runs)
        drawn = draw(rule_of(ballot.rule), runs, closed.entries, seed)
        records = [run_record(run, names.get(run.id, {})) for run in runs]
        text = written(_head(ballot, Stage.DRAWN), records, closed.entries, drawn)
        return _Result([run for run in runs if run.id in names], runs, closed.entries, drawn, text)

    def _keep_result(self, work: UnitOfWork, *, actor: Actor, ballot_id: int, result: _Result) -> bool:
        """Write result and places in one transaction; False when the seats are not those it was drawn for."""
        ballot, now = work.ballots.locked(ballot_id), self._clock.now()
        if ballot.status != BallotStatus.ANNOUNCED:
            return True
        messages = PlaceMessages(self._clock.zone)
        locked = {run.id: LockedRun.of(work, run.id, now, messages) for run in result.present_runs}
        if any(run_in_draw(locked[run.id].run) != run for run in result.present_runs):
            return False
        ids = {row.pseudonym: row.id for row in work.ballots.standing(ballot_id)}
        work.bulk.update(BallotEntry, list(result.outcomes(ids)))
        won = {ids[turn.pseudonym]: turn.got for turn in result.drawn.turns if turn.got}
        winners = sorted(work.ballots.entries(list(won)), key=lambda entry: entry.turn or 0)
        take_drawn_seats(work, locked, ((entry, won[entry.id]) for entry in winners), now)
        ballot.outcome = result.summary()
        ballot.status, ballot.drawn_at = BallotStatus.DRAWN, now
        self._publish(work, ballot, Stage.DRAWN, result.text)
        self._audit(work, actor, ballot, "closed", "drawn")
        work.commit()
        return True

    def _cancel(self, work: UnitOfWork, actor: Actor, ballot_id: int, reason: str) -> None:
        ballot, now = work.ballots.locked(ballot_id), self._clock.now()
        _require(actor, ballot)
        if ballot.status == BallotStatus.DRAWN:
            raise Conflict("This ballot is drawn: its places are given.")
        before = ballot.status
        if before == BallotStatus.CANCELLED:
            return
        ballot.status = BallotStatus.CANCELLED
        for run in work.ballots.runs(ballot_id):
            run.ballot_id = None
            work.changed(run.offering, now)
        said = {"status": "cancelled", "reason": clean_line(reason, field="reason", longest=300)}
        audit(work, actor, Operation.RUN_BALLOT, ("ballot", ballot_id), now, before={"status": str(before)}, after=said)
        work.commit()

    def _publish(self, work: UnitOfWork, ballot: Ballot, stage: Stage, text: str) -> None:
        work.ballots.publish(_file(ballot, stage, text, self._clock.now()))

    def _audit(
        self, work: UnitOfWork, actor: Actor, ballot: Ballot, before: str, after: str, *, of: str = "status"
    ) -> None:
        thing = ("ballot", ballot.id)
        audit(work, actor, Operation.RUN_BALLOT, thing, self._clock.now(), before={of: before}, after={of: after})


@dataclass(frozen=True)
class _Result:
    """What a draw gave, before it is kept; a Run that is gone is drawn with no seats and is not present."""

    present_runs: Sequence[RunInDraw]
    runs: Sequence[RunInDraw]
    entries: Sequence[EntryInDraw]
    drawn: Drawn
    text: str

    def outcomes(self, ids: Mapping[str, int]) -> Iterator[dict[str, Any]]:
        """Yield for each entry the columns that tell its story; `ids` maps pseudonym to id."""
        by_name = {entry.pseudonym: entry for entry in self.entries}
        places = {
            (run_id, name): place
            for run_id, names in self.drawn.waiting.items()
            for place, name in enumerate(names, start=1)
        }
        for nth, turn in enumerate(self.drawn.turns, start=1):
            wishes = zip(by_name[turn.pseudonym].wishes, turn.left, strict=True)
            told = [_told(run_id, left, turn, places.get((run_id, turn.pseudonym))) for run_id, left in wishes]
            yield {"id": ids[turn.pseudonym], "turn": nth, "outcome": told}

    def summary(self) -> dict[str, Any]:
        """Return for each Run: seats, people who got one, the last turn that got one, entries that wait."""
        party = {entry.pseudonym: entry.party for entry in self.entries}
        found = {
            run.id: {"seats": run.seats, "people": 0, "last_turn": 0, "waiting": len(self.drawn.waiting[run.id])}
            for run in self.runs
        }
        for nth, turn in enumerate(self.drawn.turns, start=1):
            for run_id in turn.got:
                found[run_id]["people"] += party[turn.pseudonym]
                found[run_id]["last_turn"] = nth
        return {str(run_id): figures for run_id, figures in found.items()}


def announcement(ballot: Ballot, runs: Sequence[Run], now: datetime) -> BallotFile:
    """Return what is published when a ballot is announced: rule, Runs, where the seed will come from."""
    text = written(_head(ballot, Stage.ANNOUNCED), [_run_record(run) for run in runs])
    return _file(ballot, Stage.ANNOUNCED, text, now)


def _file(ballot: Ballot, stage: Stage, text: str, now: datetime) -> BallotFile:
    return BallotFile(ballot_id=ballot.id, stage=stage, body=text, sha256=file_digest(text), published_at=now)


def file_digest(text: str) -> str:
    """Return the SHA-256 of a published file, as `sha256sum` prints it."""
    return hashlib.sha256(text.encode()).hexdigest()


def published(work: UnitOfWork, ballot_id: int, stage: Stage) -> BallotFile:
    """Return a file that was published, or raise NotFound."""
    if (found := work.ballots.file(ballot_id, stage)) is None:
        raise NotFound("This file is not published yet.")
    return found


def _require(actor: Actor, ballot: Ballot) -> None:
    require(actor, Operation.RUN_BALLOT, Subject(operator_id=ballot.operator_id))


def _told(run_id: int, left: int, turn: Turn, place: int | None) -> list[object]:
    said = GOT if run_id in turn.got else WAITS if place is not None else NONE
    return [run_id, left, said, place]


def _runs_now(
    work: UnitOfWork, ballot_id: int, closed: Sequence[RunInDraw]
) -> tuple[list[RunInDraw], dict[int, Mapping[str, str]]]:
    """Return the Runs of the closed file as they are now, by id, and the names of those that are still there."""
    rows = {run.id: run for run in work.ballots.runs_by_id([run.id for run in closed])}
    now = [run_in_draw(rows[run.id]) if run.id in rows else replace(run, seats=0) for run in closed]
    return now, {run_id: run.offering.title for run_id, run in rows.items()}


def _run_record(run: Run) -> Record:
    return run_record(run_in_draw(run), run.offering.title)


def _seed(ballot: Ballot) -> str:
    """Return the seed; raises Conflict while a part of it is missing."""
    if ballot.status != BallotStatus.ANNOUNCED or not ballot.entries_sha256:
        raise Conflict("This ballot is not closed yet, or was called off.")
    if ballot.seed_kind == SeedKind.PUBLIC_SOURCE and not ballot.seed_public_value:
        raise Conflict(f"The value of the public source is not written down yet: {ballot.seed_source}")
    return _seed_value(ballot)


def _head(ballot: Ballot, stage: Stage) -> Record:
    """Return the first line of a file; a part that is not known at that stage is not there."""
    seed = {"kind": str(ballot.seed_kind), "source": ballot.seed_source, "commitment": ballot.seed_commitment}
    head: Record = {
        "stage": str(stage),
        "ballot": ballot.id,
        "name": dict(ballot.name),
        "term": ballot.term,
        "opens_at": ballot.opens_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "closes_at": ballot.closes_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "rule": dict(ballot.rule),
        "seed": seed,
    }
    if stage != Stage.ANNOUNCED:
        head |= {"entries": ballot.entry_count, "entries_sha256": ballot.entries_sha256}
    if stage == Stage.DRAWN:
        opened = {"secret": ballot.seed_secret, "public_value": ballot.seed_public_value, "value": _seed_value(ballot)}
        head["seed"] = {**seed, **opened}
    return head


def _seed_value(ballot: Ballot) -> str:
    return seed_of(ballot.entries_sha256, secret=ballot.seed_secret, public_value=ballot.seed_public_value)
