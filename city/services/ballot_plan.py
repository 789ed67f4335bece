"""What a ballot is made of: the operator's plan checked and turned into a rule, Runs and entries as the draw sees them.

Owns: which plans are sound (a week or longer, counted seats, nobody's place given twice), the turns that priorities
mean, what makes somebody a first-timer. Called by `city.services.ballot_office`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from city.ballot_records import Record, rule_of, rule_record
from city.drawing import TICKETS_BY_WINS, DrawRule, EntryInDraw, RunInDraw
from city.errors import Conflict, InvalidInput
from city.localised import LocalisedText
from city.model import Ballot, ClassSession, Run, SeedKind
from city.store.ballot_repository import StandingEntry
from city.store.unit_of_work import UnitOfWork
from city.text import clean_line

SHORTEST_WINDOW = timedelta(days=7)
WINS_COUNT_FOR = timedelta(days=200)
ALWAYS = 10
"""The turns in every ten at which a class comes before everybody else."""
LONGEST_SOURCE, LONGEST_VALUE, MOST_RUNS_A_PERSON = 500, 300, 5
UNKNOWN_LENGTH = timedelta(hours=1)
"""How long a meeting is taken to last when nobody stated its end."""


class PriorityClass(StrEnum):
    """Whom a rule may name: no place from a ballot yet; lives in an under-served area."""

    FIRST_TIME = "first_time"
    UNDER_SERVED = "under_served"


@dataclass(frozen=True)
class BallotPlan:
    """What an operator decides before announcing.

    `priorities` maps a class to its turns out of every ten, in the order of declaration; ten puts it before everybody
    else. With `weigh_wins` an entry has 60 tickets divided by 1 + the places won lately, else one.
    """

    name: LocalisedText
    run_ids: tuple[int, ...]
    opens_at: datetime
    closes_at: datetime
    priorities: Mapping[PriorityClass, int] = field(default_factory=dict)
    weigh_wins: bool = True
    most_runs: int = 1
    seed_kind: SeedKind = SeedKind.PUBLIC_SOURCE
    seed_source: str = ""
    term: str = ""


def rule_of_plan(plan: BallotPlan) -> Record:
    """Return the rule as it is published: turns, most places, tickets, and since when places won are counted."""
    tickets = TICKETS_BY_WINS if plan.weigh_wins else (1,)
    since = (plan.opens_at - WINS_COUNT_FOR).astimezone(UTC).date().isoformat() if plan.weigh_wins else ""
    return rule_record(DrawRule(turns_of(plan.priorities), plan.most_runs, tickets)) | {"wins_since": since}


def turns_of(priorities: Mapping[PriorityClass, int]) -> tuple[tuple[str, ...], ...]:
    """Return the repeating turns: classes with ten of ten before all others, shares spread evenly over ten turns."""
    before_all = tuple(str(name) for name, share in priorities.items() if share >= ALWAYS)
    shares = {str(name): share for name, share in priorities.items() if 0 < share < ALWAYS}
    if not shares:
        return (before_all,)
    turns: list[tuple[str, ...]] = [()] * ALWAYS
    for name, share in shares.items():
        for nth in range(share):
            wanted = nth * ALWAYS // share
            free = next(place % ALWAYS for place in range(wanted, wanted + ALWAYS) if not turns[place % ALWAYS])
            turns[free] = (name,)
    return tuple((*before_all, *turn) for turn in turns)


def priorities_of(rule: Mapping[str, Any]) -> dict[PriorityClass, int]:
    """Return the turns out of ten of each class of a published rule, in the order of the rule."""
    turns = rule_of(rule).turns
    names = list(dict.fromkeys(name for turn in turns for name in turn))
    return {PriorityClass(name): ALWAYS * sum(name in turn for turn in turns) // len(turns) for name in names}


def refuse_unless_sound(plan: BallotPlan, runs: Sequence[Run], operator_id: int, now: datetime) -> None:
    """Raise InvalidInput for the first thing that would make the ballot unfair or impossible."""
    if not plan.name:
        raise InvalidInput("A ballot needs a name.", field="name", remedy="like: Night school, spring term")
    if not runs or len(runs) != len(set(plan.run_ids)):
        raise InvalidInput("A ballot needs what it gives places on.", field="run", remedy="one Run or more")
    _refuse_window(plan.opens_at, plan.closes_at, runs, now)
    for run in runs:
        _refuse_run(run, operator_id, now)
    if sum(share for share in plan.priorities.values() if share < ALWAYS) > ALWAYS:
        raise InvalidInput("More than ten turns out of ten.", field="priorities", remedy="shares that make ten or less")
    if not all(0 <= share <= ALWAYS for share in plan.priorities.values()):
        raise InvalidInput("That is no share of ten turns.", field="priorities", remedy="0 to 10")
    if not 1 <= plan.most_runs <= MOST_RUNS_A_PERSON:
        raise InvalidInput("That is no number of places.", field="most_runs", remedy=f"1 to {MOST_RUNS_A_PERSON}")
    if plan.seed_kind == SeedKind.PUBLIC_SOURCE and not plan.seed_source.strip():
        raise InvalidInput(
            "Name the public source of the seed.",
            field="seed_source",
            remedy="which published number of which day after the closing, and how it is written",
        )


def _refuse_window(opens_at: datetime, closes_at: datetime, runs: Sequence[Run], now: datetime) -> None:
    if closes_at - max(opens_at, now) < SHORTEST_WINDOW:
        raise InvalidInput(
            "A ballot is open for a week or longer, so that nobody has to be quick.",
            field="closes_at",
            remedy="a day at least 7 days after it opens",
        )
    begins = min((_interval(each)[0] for run in runs for each in run.class_sessions), default=closes_at)
    if begins < closes_at:
        raise InvalidInput(
            "A meeting takes place before the ballot closes.",
            field="closes_at",
            remedy="a day before the first meeting",
        )


def _refuse_run(run: Run, operator_id: int, now: datetime) -> None:
    if run.offering.operator_id != operator_id:
        raise InvalidInput("That is another operator's.", field="run", value=run.id, remedy="Runs of your own")
    if run.cancelled or run.is_over(now) or run.seat_count is None:
        raise InvalidInput(
            "It is over, called off, or nobody counts its seats.", field="run", value=run.id, remedy="a Run with seats"
        )
    if run.ballot_id is not None:
        raise InvalidInput("It is in a ballot already.", field="run", value=run.id, remedy="a Run that is in none")
    if run.taken_count:
        raise InvalidInput(
            "Places on it are taken already.", field="run", value=run.id, remedy="a Run on which nobody has a place"
        )


def refuse_unless_ready(ballot: Ballot, runs: Sequence[Run], now: datetime) -> None:
    """Raise unless a draft can be announced now: what was sound when it was written may no longer be."""
    if ballot.status != "draft":
        raise Conflict("This ballot is announced already, or was called off.")
    if not runs:
        raise InvalidInput("A ballot needs what it gives places on.", field="run", remedy="one Run or more")
    _refuse_window(ballot.opens_at, ballot.closes_at, runs, now)


def public_words(value: str) -> str:
    """Return what a public source said in the one form that enters the seed: letters and digits, one blank between.

    Full-width digits become plain ones, small letters large, whatever stands between becomes a blank.
    """
    typed = unicodedata.normalize("NFKC", clean_line(value, field="public_value", longest=LONGEST_VALUE))
    found = " ".join(re.findall(r"[0-9A-Z]+", typed.upper()))
    if not found:
        raise InvalidInput(
            "The value of the source is missing.", field="public_value", value=value[:40], remedy="like 04 09 17 23 08"
        )
    return found


def run_in_draw(run: Run) -> RunInDraw:
    """Return the Run as the draw sees it: seats that are left, none when it is called off."""
    seats = 0 if run.cancelled else run.seats_left() or 0
    meetings = [_as_text(each) for each in run.class_sessions if not each.cancelled]
    return RunInDraw(run.id, run.offering_id, seats, tuple(sorted(meetings)))


def entries_in_draw(work: UnitOfWork, ballot: Ballot, standing: Iterable[StandingEntry]) -> list[EntryInDraw]:
    """Return the standing entries with tickets and classes, in the order given."""
    rule, wins_since = rule_of(ballot.rule), str(ballot.rule.get("wins_since") or "")
    ever, lately = work.ballots.wins(), dict[int, int]()
    if wins_since:
        lately = work.ballots.wins(datetime.fromisoformat(wins_since).replace(tzinfo=UTC))
    under_served, wishes = work.ballots.under_served_areas(), work.ballots.standing_wishes(ballot.id)

    def classes(row: StandingEntry) -> tuple[str, ...]:
        first = row.citizen_id not in ever
        found = {PriorityClass.FIRST_TIME: first, PriorityClass.UNDER_SERVED: row.area_id in under_served}
        return tuple(sorted(str(name) for name, holds in found.items() if holds and name in rule.classes()))

    return [
        EntryInDraw(
            pseudonym=row.pseudonym,
            wishes=wishes.get(row.id, ()),
            party=row.party_size,
            tickets=rule.tickets_for(lately.get(row.citizen_id, 0)),
            classes=classes(row),
        )
        for row in standing
    ]


def _as_text(meeting: ClassSession) -> tuple[str, str]:
    starts, ends = _interval(meeting)
    return _utc(starts), _utc(ends)


def _interval(meeting: ClassSession) -> tuple[datetime, datetime]:
    """Return when a meeting begins and ends; one whose hour nobody stated takes its whole day."""
    if meeting.starts_at is None:
        return meeting.over_at - timedelta(days=1), meeting.over_at
    ends = meeting.over_at if meeting.ends_local is not None else meeting.starts_at + UNKNOWN_LENGTH
    return meeting.starts_at, ends


def _utc(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")
