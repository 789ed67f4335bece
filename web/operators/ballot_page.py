"""A ballot in the portal: the form that prepares one, what was typed, and what can be done with it next.

Owns: the fields of the form, every slip of it in words at once, which step comes next. The rules are
`city.services.ballot_plan`'s. Called by the views of ballots.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from city.clock import instant_of
from city.errors import InvalidInput
from city.localised import LocalisedText
from city.model import Ballot, BallotStatus, Run, SeedKind
from city.services.ballot_plan import ALWAYS, BallotPlan, PriorityClass
from city.store.unit_of_work import UnitOfWork
from web.components.cards import Viewpoint
from web.components.schedule import run_in_words
from web.language import gettext, message, words
from web.parts import parts

FIELDS = ("name", "name_en", "opens", "closes", "first_time", "under_served", "weigh", "most_runs", "seed", "source")
OPENS_AT, CLOSES_AT = time(9), time(20)
SHARES = (0, 1, 2, 3, 4, 5, ALWAYS)
MOST_RUNS = (1, 2, 3)
FORM_FIELD = {"opens_at": "opens", "closes_at": "closes", "seed_source": "source", "priorities": "first_time"}
SLIPS = {
    "A ballot is open for a week or longer, so that nobody has to be quick.": message(
        "It has to be open for a week or longer, so that nobody has to be quick. Choose a later day."
    ),
    "A meeting takes place before the ballot closes.": message(
        "Something of it takes place before it closes. Choose an earlier day, or other classes."
    ),
    "More than ten turns out of ten.": message("Together these are more than ten of ten turns."),
}


class NextStep(StrEnum):
    """What staff does next with a ballot."""

    ANNOUNCE = "announce"
    WAIT = "wait"
    CLOSE = "close"
    REVEAL = "reveal"
    DRAW = "draw"
    NOTHING = "nothing"


@dataclass(frozen=True)
class BallotForm:
    """What was typed, field by field, and the Runs that were ticked."""

    values: Mapping[str, str] = field(default_factory=dict)
    run_ids: tuple[int, ...] = ()

    def plan(self) -> BallotPlan:
        """Return the plan; raises InvalidInput for a field that cannot be read."""
        zone, value = parts().clock.zone, self.values.get
        return BallotPlan(
            name=LocalisedText({"zh-Hans": value("name", ""), "en": value("name_en", "")}),
            run_ids=self.run_ids,
            opens_at=instant_of(_day("opens", value("opens", "")), OPENS_AT, zone),
            closes_at=instant_of(_day("closes", value("closes", "")), CLOSES_AT, zone),
            priorities={each: share for each in PriorityClass if (share := _whole(str(each), value(each, "")))},
            weigh_wins=value("weigh", "") == "1",
            most_runs=_whole("most_runs", value("most_runs", "1")),
            seed_kind=SeedKind.COMMIT_AND_REVEAL
            if value("seed") == SeedKind.COMMIT_AND_REVEAL
            else SeedKind.PUBLIC_SOURCE,
            seed_source=value("source", ""),
        )

    def slips(self) -> list[tuple[str, str]]:
        """Return all that is missing or cannot be read, as (field, sentence)."""
        found = [] if self.values.get("name") or self.values.get("name_en") else [("name", gettext("Give it a name."))]
        if not self.run_ids:
            found.append(("run", gettext("Tick what it gives places on.")))
        for name in ("opens", "closes"):
            try:
                _day(name, self.values.get(name, ""))
            except InvalidInput:
                found.append((name, gettext("Choose a day.")))
        if self.values.get("seed") != SeedKind.COMMIT_AND_REVEAL and not self.values.get("source"):
            found.append(("source", gettext("Name the number, its day, and how it is written.")))
        return found


def slip_of_plan(wrong: InvalidInput) -> tuple[str, str]:
    """Return what a service refused as (field, sentence) of the form."""
    said = SLIPS.get(str(wrong), str(wrong))
    return FORM_FIELD.get(wrong.field, wrong.field), gettext(said)


def runs_to_give(work: UnitOfWork, operator_id: int, view: Viewpoint) -> list[Run]:
    """Return what an operator may put into a ballot: counted seats, nobody on it, still to come, in no other ballot."""
    return [
        run
        for run in work.ballots.runs_of_operator(operator_id)
        if run.ballot_id is None and not run.taken_count and not run.is_over(view.now) and run.offering.has_page()
    ]


def run_choice(run: Run, view: Viewpoint, ticked: tuple[int, ...]) -> tuple[int, Any, str, int, bool]:
    """Return (id, name, when, seats, ticked) of one Run."""
    return (
        run.id,
        words(run.offering.title),
        str(run_in_words(run, view).striptags()),
        run.seat_count or 0,
        run.id in ticked,
    )


def choices(form: BallotForm) -> dict[str, list[tuple[str, str, bool]]]:
    """Return the menus of the form, each row (value, words, chosen)."""
    chosen = form.values.get
    shares = [(str(share), _share(share)) for share in SHARES]
    seeds = [
        (SeedKind.PUBLIC_SOURCE, gettext("A public number of a later day (recommended)")),
        (SeedKind.COMMIT_AND_REVEAL, gettext("A sealed number of our own")),
    ]
    return {
        **{name: [(value, said, chosen(name, "0") == value) for value, said in shares] for name in PriorityClass},
        "most_runs": [(str(each), str(each), chosen("most_runs", "1") == str(each)) for each in MOST_RUNS],
        "seed": [(str(value), said, chosen("seed", "") == value) for value, said in seeds],
    }


def next_step(ballot: Ballot, now: datetime) -> NextStep:
    """Return what comes next."""
    if ballot.status == BallotStatus.DRAFT:
        return NextStep.ANNOUNCE
    if ballot.status != BallotStatus.ANNOUNCED:
        return NextStep.NOTHING
    if not ballot.is_closed(now):
        return NextStep.WAIT
    if not ballot.entries_sha256:
        return NextStep.CLOSE
    waits_for_value = ballot.seed_kind == SeedKind.PUBLIC_SOURCE and not ballot.seed_public_value
    return NextStep.REVEAL if waits_for_value else NextStep.DRAW


def state_in_words(ballot: Ballot, now: datetime) -> str:
    """Return the state of a ballot in a word or two."""
    if ballot.status == BallotStatus.DRAFT:
        return gettext("draft")
    if ballot.status == BallotStatus.DRAWN:
        return gettext("drawn")
    if ballot.status == BallotStatus.CANCELLED:
        return gettext("called off")
    if now < ballot.opens_at:
        return gettext("announced")
    return gettext("open") if ballot.is_open(now) else gettext("closed, to be drawn")


def _share(share: int) -> str:
    if not share:
        return gettext("no turns of their own")
    return gettext("before all others") if share >= ALWAYS else gettext("%(count)s of every 10 turns", count=share)


def _day(name: str, typed: str) -> date:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise InvalidInput("That is no day.", field=name, value=typed[:40], remedy="a day like 2026-12-03") from None


def _whole(name: str, typed: str) -> int:
    if not typed:
        return 0
    if not (typed.isascii() and typed.isdigit() and len(typed) < 3):
        raise InvalidInput("That is not offered.", field=name, value=typed[:40], remedy="one of the list")
    return int(typed)
