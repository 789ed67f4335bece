"""What a moderator reads: the queue, and one offering with its texts, its score and what was decided before.

Owns: what the two templates read. Called by `web.operators.moderation_views`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import flask
from markupsafe import Markup

from city.model import Offering, Status
from city.services.findings import NotComplete
from city.services.moderating import Waiting
from city.services.quality import quality_of
from web.components.cards import Card, Fact, card, viewpoint
from web.components.schedule import MeetingRow, meeting_rows
from web.elder.presenters import ElderCard, elder_card
from web.language import Words, gettext, joined, words
from web.operators.forms import by_field
from web.operators.offerings_page import decision_words, moment_words
from web.vocabulary import AUDIENCES, KINDS, word


@dataclass(frozen=True)
class QueueRow:
    """One offering that waits: whose it is, since when, how often it was returned."""

    title: Words
    url: str
    kind: str
    operator: Words
    since: str


@dataclass(frozen=True)
class ModerationPage:
    """One offering before a decision."""

    offering_id: int
    title: Words
    operator: Words
    waits: bool
    card: Card
    elder: ElderCard
    facts: Sequence[Fact]
    meetings: Sequence[MeetingRow]
    score: int
    decisions: Sequence[tuple[str, str, Any]]
    values: Mapping[str, str]
    said: Mapping[str, Markup]
    errors: Sequence[tuple[str, Markup]]


def queue_rows(waiting: Sequence[Waiting]) -> list[QueueRow]:
    """Word the queue."""
    return [
        QueueRow(
            title=words(each.offering.title),
            url=flask.url_for("operators.look_at_offering", offering_id=each.offering.id),
            kind=each.offering.kind,
            operator=words(each.offering.operator.name),
            since=moment_words(each.since or each.offering.created_at),
        )
        for each in waiting
    ]


def moderation_page(waiting: Waiting, reason: str, wrong: NotComplete | None) -> ModerationPage:
    """Word one offering; `wrong` is what kept a decision from being taken."""
    offering, view = waiting.offering, viewpoint()
    said = by_field(wrong.findings) if wrong is not None else {}
    return ModerationPage(
        offering_id=offering.id,
        title=words(offering.title),
        operator=words(offering.operator.name),
        waits=offering.status == Status.IN_REVIEW,
        card=card(offering, view, url="#look"),
        elder=_elder(offering),
        facts=_facts(offering),
        meetings=[row for run in offering.runs for row in meeting_rows(run, view)],
        score=quality_of(offering).score,
        decisions=[decision_words(each) for each in waiting.before],
        values={"reason": reason},
        said=said,
        errors=list(said.items()),
    )


def _elder(offering: Offering) -> ElderCard:
    made = elder_card(offering, viewpoint(), 1)
    return ElderCard(made.title, "#look", made.day, made.hour, made.lines)


def _facts(offering: Offering) -> list[Fact]:
    view = viewpoint()
    texts = (
        (gettext("In one sentence"), offering.summary),
        (gettext("Description"), offering.description),
        (gettext("Bring"), offering.bring),
    )
    said = [Fact(label, words(text)) for label, text in texts if text]
    kind = Fact(gettext("Kind"), word(KINDS, offering.kind, view.language))
    people = Fact(gettext("For"), joined([word(AUDIENCES, key, view.language) for key in offering.audiences]))
    return [kind, *said, people]
