"""An offering in the fewest words that let somebody go there: day, hour, place with the walk, lift, places left.

Owns: the lines of an elder card and what is read aloud. Sentences stay short (interface.md sections 7 and 9).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import flask
from markupsafe import Markup

from city.model import Kind, Offering
from city.services.enrolling import ListOrigin
from web import formatters
from web.components.cards import Viewpoint, access, places, where
from web.elder.listing import needs_sign_up
from web.language import Words, gettext, joined, sentence, words
from web.origins import origin_fields

LONGEST_UTTERANCE = 40


@dataclass(frozen=True)
class ElderCard:
    """What a card says, line by line; `day` and `hour` stand in bold."""

    title: Words
    url: str
    day: str
    hour: str
    lines: tuple[Markup, ...]


def elder_card(offering: Offering, view: Viewpoint, position: int) -> ElderCard:
    """Make the card of an offering at a position of the list."""
    origin = ListOrigin("elder", None, position)
    day, hour = when(offering, view)
    return ElderCard(
        title=words(offering.title),
        url=flask.url_for("elder.offering", offering_id=offering.id, **origin_fields(origin)),
        day=day,
        hour=hour,
        lines=(where(offering, view), how(offering, view)),
    )


def when(offering: Offering, view: Viewpoint) -> tuple[str, str]:
    """Return the next day and the hour it begins; "" where there is none."""
    if offering.always_open:
        return gettext("Any day"), ""
    ahead = offering.upcoming_meetings(view.now)
    if not ahead:
        return gettext("It is over."), ""
    day = formatters.full_day(ahead[0].held_on, view.language, view.today)
    starts = ahead[0].starts_local
    return day, formatters.clock_time(starts, view.language) if starts else gettext("Ask us for the hour.")


def how(offering: Offering, view: Viewpoint) -> Markup:
    """Return lift or stairs, and how many places are left or that one just comes."""
    comes = places(offering, view) if needs_sign_up(offering, view.now) else sentence("just come")
    return joined([access(offering, view), comes]) if offering.kind != Kind.ROUTE else access(offering, view)


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
