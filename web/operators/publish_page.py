"""The page of the form by which staff publish: fields, choices, findings, and how citizens will see it.

Owns: what the template reads (`PublishPage`), the previews in both views, and the hints that would make it better.
The form itself is `city.services.offering_form`'s. Called by `web.operators.publish_views`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup

from city.model import Area, Topic, Venue
from city.services.composing import Form, Looked
from city.services.offering_form import LANGUAGES as SPOKEN
from city.services.offering_form import MANY
from city.services.permissions import Operation, Subject, may
from city.terms import AccessFeature, Attendance, Audience, EnrolmentMode, Kind
from web.addresses import current_language
from web.components.cards import Card, Fact, card, viewpoint
from web.components.schedule import MeetingRow, meeting_rows
from web.elder.presenters import ElderCard, elder_card
from web.language import Words, gettext, message, sentence, words
from web.operators.access import staff_actor
from web.operators.forms import by_field, in_words
from web.parts import parts
from web.vocabulary import ACCESS, ATTENDANCE, AUDIENCES, KINDS, LANGUAGES, LEVELS, word

FIRST_PART = ("title", "kind", "day", "hours", "venue", "seats", "price", "summary")
"""The eight fields that are asked at once; the rest stands in the second part, and may stay empty."""
BETTER = {
    "hours": message("Say when each meeting begins and ends, like 19:00 to 20:30."),
    "place": message("Give the venue its position on the page of the venue, so that people see how far they walk."),
    "summary": message("Say in one sentence what people will do and learn."),
    "price": message("Write the price, also when it is 0."),
    "description": message("Describe what happens, and what to bring."),
    "language": message("Choose the language it is held in."),
    "access": message("Tick what makes the place easy to reach, like a lift."),
    "picture text": message("Say in words what the picture shows."),
}
FIELD_OF_PART = {"hours": "hours", "place": "venue", "summary": "summary", "price": "price",
                 "description": "description", "language": "language", "access": "access"}  # fmt: skip
LEVELS_OFFERED = (
    "beginner",
    "intermediate",
    "advanced",
    "talk",
    "workshop",
    "reading_group",
    "performance",
    "screening",
)
Choice = tuple[str, Any, bool]
"""(value, words, chosen)."""


@dataclass(frozen=True)
class Better:
    """One thing that would make an offering better: the field, what to do, and the points of 100."""

    field: str
    text: str
    points: int


@dataclass(frozen=True)
class PublishPage:
    """All that the template shows beside the frame."""

    form: Form
    values: Mapping[str, Any]
    said: Mapping[str, Markup]
    errors: Sequence[tuple[str, Markup]]
    doubts: Sequence[tuple[str, Markup]]
    mark: str
    card: Card
    elder: ElderCard
    score: int
    better: Sequence[Better]
    meetings: Sequence[MeetingRow]
    topic_note: Any
    opened: bool
    may_publish: bool
    choices: Mapping[str, Sequence[Choice]]


def publish_page(form: Form, looked: Looked, venues: Sequence[Venue], *, asked: bool) -> PublishPage:
    """Word a form; with `asked` it says what is wrong and doubtful, else it stands as it is being filled in."""
    errors, doubts = (looked.errors, looked.doubts) if asked else ((), ())
    rows = [(each.field, in_words(each)) for each in errors], [(each.field, in_words(each)) for each in doubts]
    actor = staff_actor()
    return PublishPage(
        form=form,
        values=form.values,
        said=by_field([*errors, *doubts]),
        errors=[(_anchor(field), said) for field, said in rows[0]],
        doubts=[(_anchor(field), said) for field, said in rows[1]],
        mark=looked.mark if asked else "",
        card=_card(looked),
        elder=_elder(looked),
        score=looked.quality.score,
        better=list(_better(looked)),
        meetings=meeting_rows(looked.offering.runs[0], viewpoint()) if len(looked.composed.meetings) > 1 else [],
        topic_note=_topic_note(looked),
        opened=any(each.field not in FIRST_PART for each in (*errors, *doubts)),
        may_publish=may(actor, Operation.PUBLISH_OFFERING, Subject(operator_id=form.operator_id)),
        choices=_choices(form.values, venues),
    )


def _anchor(field: str) -> str:
    """Return the id of the box to which a link of the summary leads; of several boxes the first."""
    if field == "kind":
        return f"kind-{next(iter(Kind))}"
    return {"audience": "audience-everyone", "language": f"language-{SPOKEN[0]}", "access": "access-lift"}.get(
        field, field
    )


def _card(looked: Looked) -> Card:
    """Return the card as it will stand; what is not written yet is said so, never made up."""
    made = card(looked.offering, viewpoint(), url="#look")
    facts = tuple(_unwritten(fact, looked, at) for at, fact in enumerate(made.facts))
    title = made.title if made.title else Words(gettext("No title yet"))
    return replace(made, facts=facts, title=title, tag="" if not looked.composed.meetings else made.tag)


def _unwritten(fact: Fact, looked: Looked, at: int) -> Fact:
    """Replace a fact whose field is still empty; facts stand as when, where, cost, places, access."""
    composed = looked.composed
    missing = {0: not composed.meetings and not composed.always_open, 2: not composed.prices,
               3: not composed.meetings and not composed.always_open}  # fmt: skip
    return replace(fact, value=sentence("Not written yet")) if missing.get(at) else fact


def _elder(looked: Looked) -> ElderCard:
    made = elder_card(looked.offering, viewpoint(), 1)
    title = made.title if made.title else Words(gettext("No title yet"))
    if not looked.composed.meetings and not looked.composed.always_open:
        made = replace(made, day=gettext("Not written yet"), hour="")
    return replace(made, url="#look", title=title, take=None)


def _better(looked: Looked) -> Iterable[Better]:
    for gap in looked.quality.missing:
        yield Better(_anchor(FIELD_OF_PART.get(gap.part, "title")), gettext(BETTER[gap.part]), gap.points)
    if not looked.composed.topics:
        yield Better("topic", gettext("Choose a topic: the title does not say which, and people search by topics."), 0)


def _topic_note(looked: Looked) -> Any:
    """Return which topic the title suggests, "" when one was chosen or none is found."""
    if not looked.composed.topic_is_suggested:
        return ""
    with parts().database.reading() as work:
        topic = work.topics.get(looked.composed.topics[0])
    return sentence("By its title: %(topic)s. You can choose another one below.", topic=words(topic.name))


def _choices(values: Mapping[str, Any], venues: Sequence[Venue]) -> dict[str, list[Choice]]:
    language = current_language()
    with parts().database.reading() as work:
        topics, areas = work.topics.all(), [area for area in work.areas.all() if area.level in ("district", "street")]
    chosen = {name: values.get(name, [] if name in MANY else "") for name in (
        "kind", "venue", "audience", "language", "access", "attendance", "way", "waiting", "repeat", "level",
        "topic", "topic_also", "residents_area")}  # fmt: skip
    table = {
        "kind": _listed(KINDS, Kind, language),
        "audience": _listed(AUDIENCES, Audience, language),
        "language": _listed(LANGUAGES, SPOKEN, language),
        "access": _listed(ACCESS, AccessFeature, language),
        "attendance": _listed(ATTENDANCE, Attendance, language),
        "level": [("", gettext("Not stated")), *_listed(LEVELS, LEVELS_OFFERED, language)],
        "venue": [("", gettext("Choose a place")), *((str(venue.id), words(venue.name)) for venue in venues)],
        "way": [("", gettext("With seats: who comes first. Without: just come")),
                (EnrolmentMode.NONE.value, gettext("Just come")),
                (EnrolmentMode.FIRST_COME.value, gettext("Who books first")),
                (EnrolmentMode.BALLOT.value, gettext("By ballot"))],
        "waiting": [("", gettext("Yes, and free seats pass on by themselves")), ("no", gettext("No"))],
        "repeat": [("", gettext("No, only on these days")), ("week", gettext("Every week")),
                   ("two_weeks", gettext("Every other week")), ("month", gettext("Every month, on the same weekday")),
                   ("day", gettext("Every day"))],
        "topic": [("", gettext("As the title says")), *_topics(topics)],
        "topic_also": [("", gettext("None")), *_topics(topics)],
        "residents_area": [("", gettext("Nobody first")), *_areas(areas)],
    }  # fmt: skip
    return {
        name: [(value, said, _is_chosen(value, chosen[name])) for value, said in rows] for name, rows in table.items()
    }


def _listed(table: Any, values: Iterable[str], language: str) -> list[tuple[str, str]]:
    return [(str(value), word(table, str(value), language)) for value in values]


def _topics(topics: Sequence[Topic]) -> list[tuple[str, Any]]:
    """Return the topics one can choose, each group beside its parent."""
    leaves = [topic for topic in topics if topic.parent_id is not None]
    return [
        (topic.id, words(topic.name)) for topic in sorted(leaves, key=lambda topic: (topic.parent_id or "", topic.id))
    ]


def _areas(areas: Sequence[Area]) -> list[tuple[str, Any]]:
    return [(area.id, words(area.name)) for area in areas]


def _is_chosen(value: str, chosen: Any) -> bool:
    return value in chosen if isinstance(chosen, list) else value == chosen
