"""An offering in the fewest words that let somebody go there: day, hour, place with the walk, lift, places left.

Owns: the lines of an elder card and what is read aloud. Sentences stay short (interface.md sections 7 and 9).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import flask
from markupsafe import Markup

from city.model import EnrolmentMode, Kind, Offering, Run, Status
from city.services.enrolling import ListOrigin
from web import formatters
from web.access import current_person
from web.components.cards import Action, Viewpoint, access, enrolment_state, main_run, places, seats, where
from web.elder.listing import needs_sign_up
from web.language import Words, gettext, joined, sentence, words
from web.origins import origin_fields
from web.place_asking import ballot_address, new_key
from web.place_forms import needs_of
from web.places import KnownPhone

LONGEST_UTTERANCE = 40


@dataclass(frozen=True)
class ElderCard:
    """What a card says, line by line; `day` and `hour` stand in bold."""

    title: Words
    url: str
    day: str
    hour: str
    lines: tuple[Markup, ...]
    take: Action | None = None
    """The POST that books at once, for somebody whose telephone is known; else `url` leads on."""


def elder_card(offering: Offering, view: Viewpoint, position: int, known: KnownPhone | None = None) -> ElderCard:
    """Make the card of an offering at a position of the list; with a known telephone its button books at once."""
    origin = ListOrigin("elder", None, position)
    here = flask.url_for("elder.offering", offering_id=offering.id, **origin_fields(origin))
    run = bookable_run(offering, view)
    day, hour = when(offering, view, run)
    return ElderCard(
        title=words(offering.title),
        url=book_url(offering, view, origin) or here,
        day=day,
        hour=hour,
        lines=(where(offering, view), how(offering, view)),
        take=_take(run, origin) if run is not None and known is not None and not _asks_more(run) else None,
    )


def run_card(offering: Offering, run: Run, view: Viewpoint) -> ElderCard:
    """Make the card of one run, as it stands on the page that books it."""
    day, hour = when(offering, view, run)
    lines = [where(offering, view), access(offering, view)]
    if (left := enrolment_state(run, view) or seats(run, view)) and not run.is_full():
        lines.append(left)
    return ElderCard(words(offering.title), "", day, hour, tuple(lines))


def bookable_run(offering: Offering, view: Viewpoint) -> Run | None:
    """Return the run on which one can take a place now, None when one just comes or cannot."""
    run = main_run(offering, view)
    if run is None or offering.status != Status.PUBLISHED or offering.postponed or run.is_full():
        return None
    return run if run.takes_enrolments(view.now) else None


def book_url(offering: Offering, view: Viewpoint, origin: ListOrigin) -> str:
    """Return where one books: the form of a run that has a seat or a waiting list, its ballot, or ""."""
    run = bookable_run(offering, view) or main_run(offering, view)
    if run is None or offering.status != Status.PUBLISHED or offering.postponed:
        return ""
    if run.enrolment_mode == EnrolmentMode.BALLOT:
        return ballot_address(run, "elder") if run.ballot_id is not None else ""
    if not run.takes_enrolments(view.now):
        return ""
    return flask.url_for("elder.ask_for_place", run_id=run.id, **origin_fields(origin))


def when(offering: Offering, view: Viewpoint, run: Run | None = None) -> tuple[str, str]:
    """Return the next day (of `run`, if given) and the hour it begins; "" where there is none."""
    if offering.always_open:
        return gettext("Any day"), ""
    ahead = [each for each in offering.upcoming_meetings(view.now) if run is None or each.run_id == run.id]
    if not ahead:
        return gettext("It is over."), ""
    day = formatters.full_day(ahead[0].held_on, view.language, view.today)
    starts = ahead[0].starts_local
    return day, formatters.clock_time(starts, view.language) if starts else gettext("Ask us for the hour.")


def how(offering: Offering, view: Viewpoint) -> Markup:
    """Return lift or stairs, and how many places are left or that one just comes."""
    comes = places(offering, view) if needs_sign_up(offering, view.now) else sentence("just come")
    return joined([access(offering, view), comes]) if offering.kind != Kind.ROUTE else access(offering, view)


def _take(run: Run, origin: ListOrigin) -> Action:
    fields = {"key": new_key(), **origin_fields(origin)}
    return Action(flask.url_for("elder.take_place", run_id=run.id), tuple(fields.items()))


def _asks_more(run: Run) -> bool:
    """True when something has to be asked before: a year of birth, or where one lives."""
    needs = needs_of(run, current_person(), phone=False, whom=False)
    return needs.birth_year or needs.area


def read_aloud(cards: Iterable[ElderCard]) -> list[str]:
    """Return what is spoken: title, day and hour, place; each utterance at most LONGEST_UTTERANCE letters."""
    said: list[str] = []
    for card in cards:
        said += [card.title.text, f"{card.day} {card.hour}".strip(), card.lines[0].striptags()]
    return utterances(said)


def utterances(sentences: Sequence[str]) -> list[str]:
    """Cut sentences so that no browser stops in the middle of one."""
    return [
        sentence[start : start + LONGEST_UTTERANCE]
        for sentence in sentences
        for start in range(0, len(sentence), LONGEST_UTTERANCE)
    ]
