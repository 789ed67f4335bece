"""What is so about a ballot and about an entry, in words: chances before, the true story after; the same in both views.

Owns: the states as people meet them, how the rule reads, what became of each wish and why. The figures are
`city.services.balloting`'s, the words of the draw follow docs/ballots.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

import flask
from markupsafe import Markup

from city.booking_numbers import spoken
from city.model import Ballot, BallotStatus, Enrolment, EnrolmentStatus, SeedKind
from city.services.ballot_office import Stage
from city.services.ballot_plan import ALWAYS, PriorityClass, priorities_of
from city.services.balloting import RunChance, Story, WishStory
from web.components.cards import Viewpoint
from web.components.schedule import run_in_words
from web.formatters import full_day
from web.instants import moment
from web.language import Words, gettext, message, ngettext, sentence, typed, words
from web.parts import parts
from web.places import place_url

PSEUDONYM_HALF = 5
ROUNDED_FROM = 10


class BallotState(StrEnum):
    """States of a ballot as its page tells them."""

    COMING = "coming"
    OPEN = "open"
    CLOSED = "closed"
    DRAWN = "drawn"
    CANCELLED = "cancelled"


class EntryState(StrEnum):
    """States of an entry as its page tells them."""

    IN = "in"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"
    WON = "won"
    WAITS = "waits"
    NOTHING = "nothing"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class RunRow:
    """One Run of a ballot: what it is, how much it is wanted, or how its seats went."""

    id: int
    title: Words
    url: str
    when: Markup
    seats: int
    first_people: int
    people: int
    said: Markup


@dataclass(frozen=True)
class FileRow:
    """One published file: what it holds, since when, its digest, where it is."""

    name: str
    said: str
    sha256: str
    url: str


@dataclass(frozen=True)
class BallotFacts:
    """A ballot as its page shows it."""

    id: int
    name: Words
    state: BallotState
    said: Markup
    runs: tuple[RunRow, ...]
    entry_count: int
    people_count: int
    rule: tuple[Markup, ...]
    files: tuple[FileRow, ...]


@dataclass(frozen=True)
class WishRow:
    """One wish: its rank, what it is, and what became of it; `place_url` leads to the place it gave."""

    rank: int
    run_id: int
    title: Words
    url: str
    when: Markup
    said: Markup
    place_url: str = ""


@dataclass(frozen=True)
class EntryFacts:
    """An entry as its page shows it."""

    id: int
    ballot_id: int
    name: Words
    state: EntryState
    heading: str
    said: Markup
    number: str
    pseudonym: str
    party: str
    wishes: tuple[WishRow, ...]
    standing: tuple[Markup, ...]
    """Tickets and classes, once they are known."""

    @property
    def is_open(self) -> bool:
        return self.state == EntryState.IN


FILES = {
    Stage.ANNOUNCED: message("Before it opened: the rule, and where the seed comes from"),
    Stage.CLOSED: message("When it closed: all entries, without names"),
    Stage.DRAWN: message("After the draw: every turn, every place, every waiting list"),
}
CLASSES = {
    PriorityClass.FIRST_TIME: message("people who never had a place from a ballot"),
    PriorityClass.UNDER_SERVED: message("people who live where there is little to learn"),
}


def state_of(ballot: Ballot, now: datetime) -> BallotState:
    """Return the state of a published ballot."""
    if ballot.status in (BallotStatus.DRAWN, BallotStatus.CANCELLED):
        return BallotState(ballot.status)
    if now < ballot.opens_at:
        return BallotState.COMING
    return BallotState.OPEN if ballot.is_open(now) and ballot.entry_count is None else BallotState.CLOSED


def ballot_facts(ballot_id: int, view: Viewpoint) -> BallotFacts:
    """Return the facts of a ballot; raises NotFound for a draft."""
    chances = parts().balloting.chances(ballot_id)
    with parts().database.reading() as work:
        files = work.ballots.published(ballot_id)
    ballot, state = chances.ballot, state_of(chances.ballot, view.now)
    return BallotFacts(
        id=ballot.id,
        name=words(ballot.name),
        state=state,
        said=_ballot_said(ballot, state),
        runs=tuple(_run_row(ballot, each, view) for each in chances.runs),
        entry_count=chances.entry_count,
        people_count=chances.people_count,
        rule=tuple(rule_in_words(ballot, view)),
        files=tuple(
            FileRow(
                gettext(FILES[Stage(stage)]),
                moment(published_at),
                sha256,
                flask.url_for("citizens.ballot_file", ballot_id=ballot.id, stage=stage),
            )
            for stage, sha256, published_at in files
        ),
    )


def rule_in_words(ballot: Ballot, view: Viewpoint) -> Iterator[Markup]:
    """Yield the declared rule, one thing a sentence."""
    yield sentence("One entry for each person, by screen, telephone, desk or paper. The day you enter changes nothing.")
    yield from _tickets_in_words(ballot, view)
    for name, share in priorities_of(ballot.rule).items():
        if share >= ALWAYS:
            yield sentence("These have their turns before all others: %(who)s.", who=gettext(CLASSES[name]))
        else:
            kept = message("Of every 10 turns, %(count)s are kept for these, while there are any: %(who)s.")
            yield sentence(kept, count=share, who=gettext(CLASSES[name]))
    yield sentence("At its turn an entry gets the first of its wishes that has seats for all its people.")
    if int(ballot.rule["most_runs"]) == 1:
        yield sentence("One place for each person. Name what you really want: no other order does better for you.")
    else:
        said = message("At most %(count)s places for each person; second places come after everybody had a turn.")
        yield sentence(said, count=ballot.rule["most_runs"])
    yield _seed_in_words(ballot)


def entry_facts(story: Story, view: Viewpoint, places: list[Enrolment], shown_in: str) -> EntryFacts:
    """Return the facts of an entry; `places` are the Enrolments that came of it, `shown_in` is citizens or elder."""
    entry, state = story.entry, _entry_state(story, view.now)
    held = {place.run_id: place.id for place in places if place.status != EnrolmentStatus.CANCELLED}
    return EntryFacts(
        id=entry.id,
        ballot_id=story.ballot.id,
        name=words(story.ballot.name),
        state=state,
        heading=gettext(HEADINGS[state]),
        said=_entry_said(story, state),
        number=spoken(entry.number),
        pseudonym=f"{entry.pseudonym[:PSEUDONYM_HALF]} {entry.pseudonym[PSEUDONYM_HALF:]}",
        party=ngettext("%(num)s person", "%(num)s people", entry.party_size) if entry.party_size > 1 else "",
        wishes=tuple(
            WishRow(
                rank,
                wish.run.id,
                words(wish.run.offering.title),
                flask.url_for("citizens.offering", offering_id=wish.run.offering_id),
                run_in_words(wish.run, view),
                _wish_said(story, wish),
                place_url(held[wish.run.id], view=shown_in) if wish.run.id in held else "",
            )
            for rank, wish in enumerate(story.wishes, start=1)
        ),
        standing=tuple(_standing(story)) if story.ballot.entries_sha256 else (),
    )


HEADINGS = {
    EntryState.IN: message("You are in the draw"),
    EntryState.WITHDRAWN: message("You are not in the draw any more"),
    EntryState.CLOSED: message("The draw comes now"),
    EntryState.WON: message("The draw gave you a place"),
    EntryState.WAITS: message("Not drawn, but in line"),
    EntryState.NOTHING: message("Not drawn this time"),
    EntryState.CANCELLED: message("There will be no draw"),
}


def _ballot_said(ballot: Ballot, state: BallotState) -> Markup:
    if state == BallotState.COMING:
        said = message("You can enter from %(opens)s until %(closes)s. First or last makes no difference.")
        return sentence(said, opens=moment(ballot.opens_at), closes=moment(ballot.closes_at))
    if state == BallotState.OPEN:
        return sentence(
            "You can enter until %(closes)s. First or last makes no difference.", closes=moment(ballot.closes_at)
        )
    if state == BallotState.CLOSED:
        return sentence("It is closed. The list of entries is fixed, and the draw follows.")
    if state == BallotState.CANCELLED:
        return sentence("This draw was called off. Everybody who had entered was told.")
    drawn_at = ballot.drawn_at or ballot.closes_at
    return sentence("It was drawn on %(day)s. What is left goes to whoever comes first.", day=moment(drawn_at))


def _run_row(ballot: Ballot, chance: RunChance, view: Viewpoint) -> RunRow:
    return RunRow(
        id=chance.run.id,
        title=words(chance.run.offering.title),
        url=flask.url_for("citizens.offering", offering_id=chance.run.offering_id),
        when=run_in_words(chance.run, view),
        seats=chance.seats,
        first_people=chance.first_people,
        people=chance.people,
        said=_chance_said(ballot, chance),
    )


def _chance_said(ballot: Ballot, chance: RunChance) -> Markup:
    drawn = (ballot.outcome or {}).get(str(chance.run.id))
    if drawn is not None:
        return _drawn_said(drawn)
    if chance.run.cancelled:
        return sentence("It does not take place.")
    ratio = chance.people_per_seat
    if not chance.first_people or ratio is None:
        return sentence("Nobody has named it first yet.")
    if ratio <= 1:
        return sentence("There are seats for all who name it first so far.")
    rounded = f"{ratio:.0f}" if ratio >= ROUNDED_FROM else f"{ratio:.1f}"
    return sentence("About %(count)s people for each seat name it first.", count=rounded)


def _drawn_said(drawn: dict[str, int]) -> Markup:
    if not drawn["people"]:
        return sentence("Nobody was given a place by the draw.")
    said = ngettext("%(num)s person got a place.", "%(num)s people got a place.", drawn["people"])
    if not drawn["waiting"]:
        return sentence("%(got)s Nobody waits.", got=said)
    line = ngettext("%(num)s entry waits.", "%(num)s entries wait.", drawn["waiting"])
    return sentence("%(got)s The last was turn %(turn)s. %(line)s", got=said, turn=drawn["last_turn"], line=line)


def _tickets_in_words(ballot: Ballot, view: Viewpoint) -> Iterator[Markup]:
    tickets, since = ballot.rule["tickets"], str(ballot.rule.get("wins_since") or "")
    if len(tickets) > 1 and since:
        yield sentence(
            "Each entry has %(most)s tickets; after one place won since %(day)s it has %(one)s, after two %(two)s.",
            most=tickets[0],
            one=tickets[1],
            two=tickets[min(2, len(tickets) - 1)],
            day=full_day(date.fromisoformat(since), view.language, view.today),
        )
    else:
        yield sentence("Each entry has one ticket.")


def _seed_in_words(ballot: Ballot) -> Markup:
    if ballot.seed_kind == SeedKind.PUBLIC_SOURCE:
        return sentence(
            "The draw starts from a number that nobody here can choose: %(source)s.", source=typed(ballot.seed_source)
        )
    return sentence("The draw starts from a sealed number. Its fingerprint is public now, the number with the result.")


def _entry_state(story: Story, now: datetime) -> EntryState:
    if story.ballot.status == BallotStatus.CANCELLED:
        return EntryState.CANCELLED
    if story.entry.withdrawn_at is not None:
        return EntryState.WITHDRAWN
    if story.ballot.status != BallotStatus.DRAWN:
        return EntryState.IN if state_of(story.ballot, now) == BallotState.OPEN else EntryState.CLOSED
    outcomes = {wish.outcome for wish in story.wishes}
    if "got" in outcomes:
        return EntryState.WON
    return EntryState.WAITS if "waits" in outcomes else EntryState.NOTHING


def _entry_said(story: Story, state: EntryState) -> Markup:
    if state == EntryState.IN:
        return sentence(
            "The draw comes after %(closes)s. We tell you what came of it.", closes=moment(story.ballot.closes_at)
        )
    if state == EntryState.WITHDRAWN:
        return sentence("Until the draw closes you can come back in.")
    if state == EntryState.CLOSED:
        return sentence("Nobody can enter any more. Nothing has to be done by you.")
    if state == EntryState.CANCELLED:
        return sentence("You need not do anything.")
    return sentence("Your turn was number %(turn)s of %(count)s.", turn=story.turn or 0, count=f"{story.entry_count:,}")


def _wish_said(story: Story, wish: WishStory) -> Markup:
    if wish.outcome == "got":
        return sentence("You got it.")
    if wish.outcome == "waits":
        return sentence(
            "When your turn came, %(left)s seats were left. You were put in line at place %(place)s.",
            left=wish.left,
            place=wish.place or 0,
        )
    if wish.outcome and wish.left < story.entry.party_size:
        return sentence("When your turn came, %(left)s seats were left.", left=wish.left)
    return sentence("Not needed: you got one you wanted more.") if wish.outcome else Markup("")


def _standing(story: Story) -> Iterator[Markup]:
    yield sentence("Tickets: %(count)s", count=story.entry.ticket_count)
    for name in story.entry.classes:
        yield sentence("You belong to: %(who)s", who=gettext(CLASSES[PriorityClass(name)]))
