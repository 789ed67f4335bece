"""Why an offering is on a list, in one true sentence.

Owns: the words of each kind of `city.ports.Reason` and the names they need, read in one go. Refuses to say what the
recommender did not give: an unknown kind, or a name that is gone, gives no sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from markupsafe import Markup

from city.ports import Reason
from city.store.unit_of_work import UnitOfWork
from web import formatters
from web.language import Words, message, ngettext, sentence, words


@dataclass(frozen=True)
class Names:
    """What ids in reasons are called, in the page's language."""

    offerings: dict[int, Words] = field(default_factory=dict)
    venues: dict[int, Words] = field(default_factory=dict)
    operators: dict[int, Words] = field(default_factory=dict)
    topics: dict[str, Words] = field(default_factory=dict)
    areas: dict[str, Words] = field(default_factory=dict)


def names_for(reasons: Iterable[Reason], work: UnitOfWork, language: str) -> Names:
    """Read the names that the reasons speak of."""
    given = list(reasons)
    offering_ids = sorted({reason.offering_id for reason in given if reason.offering_id is not None})
    venues = {reason.venue_id for reason in given if reason.venue_id is not None}
    operators = {reason.operator_id for reason in given if reason.operator_id is not None}
    return Names(
        offerings={row.id: words(row.title, language) for row in work.offerings.many(offering_ids)},
        venues={row.id: words(row.name, language) for row in work.venues.all() if row.id in venues} if venues else {},
        operators={row.id: words(row.name, language) for row in work.operators.all() if row.id in operators}
        if operators
        else {},
        topics={row.id: words(row.name, language) for row in work.topics.all()}
        if any(reason.topic for reason in given)
        else {},
        areas={row.id: words(row.name, language) for row in work.areas.all()}
        if any(reason.area_id for reason in given)
        else {},
    )


def reason_in_words(reasons: Iterable[Reason], names: Names, language: str) -> Markup | None:
    """Return the sentence of the first reason that can be said, None when there is none."""
    for reason in reasons:
        said = _SENTENCES[reason.kind](reason, names, language) if reason.kind in _SENTENCES else None
        if said is not None:
            return said
    return None


_BECAUSE = {
    "attend": message('You went to "%(title)s".'),
    "enrol": message('You have a place on "%(title)s".'),
    "save": message('You saved "%(title)s".'),
    "view": message('You looked at "%(title)s".'),
}
_CHOSEN = message('It goes with "%(title)s", which you chose.')


def _because(reason: Reason, names: Names, language: str) -> Markup | None:
    other = names.offerings.get(reason.offering_id or 0)
    if other is None:
        return None
    return sentence(_BECAUSE.get(reason.action or "", _CHOSEN), title=other)


def _venue(reason: Reason, names: Names, language: str) -> Markup | None:
    venue = names.venues.get(reason.venue_id or 0)
    return sentence("It is at %(place)s, where you chose something before.", place=venue) if venue else None


def _operator(reason: Reason, names: Names, language: str) -> Markup | None:
    operator = names.operators.get(reason.operator_id or 0)
    return sentence("%(name)s runs it, and you chose something of theirs before.", name=operator) if operator else None


def _topic(reason: Reason, names: Names, language: str) -> Markup | None:
    topic = names.topics.get(reason.topic or "")
    return sentence("You like this topic: %(topic)s.", topic=topic) if topic else None


def _near(reason: Reason, names: Names, language: str) -> Markup | None:
    if reason.minutes is None:
        return None
    return sentence("Near you: %(minutes)s.", minutes=formatters.travel(reason.minutes, language))


def _soon(reason: Reason, names: Names, language: str) -> Markup | None:
    if reason.days is None:
        return None
    if reason.days <= 0:
        return sentence("It is today.")
    return Markup(ngettext("It starts in %(num)s day.", "It starts in %(num)s days.", reason.days))  # noqa: S704


def _popular(reason: Reason, names: Names, language: str) -> Markup | None:
    if not reason.count or not reason.days:
        return None
    area = names.areas.get(reason.area_id or "")
    told = {"count": reason.count, "days": reason.days}
    if area is None:
        return sentence("%(count)s people looked at it or chose it in the last %(days)s days.", **told)
    said = message("%(count)s people in %(area)s looked at it or chose it in the last %(days)s days.")
    return sentence(said, **told, area=area)


def _others(reason: Reason, names: Names, language: str) -> Markup | None:
    other = names.offerings.get(reason.offering_id or 0)
    if other is None or not reason.count:
        return None
    return sentence('Of those who chose "%(title)s", %(count)s in 5 chose it too.', title=other, count=reason.count)


def _new(reason: Reason, names: Names, language: str) -> Markup | None:
    return sentence("It is new on the list.")


def _district(reason: Reason, names: Names, language: str) -> Markup | None:
    area = names.areas.get(reason.area_id or "")
    return sentence("It is in %(area)s, where there is less to learn than elsewhere.", area=area) if area else None


def _same_topic(reason: Reason, names: Names, language: str) -> Markup | None:
    topic = names.topics.get(reason.topic or "")
    return sentence("It is about the same topic: %(topic)s.", topic=topic) if topic else None


def _same_operator(reason: Reason, names: Names, language: str) -> Markup | None:
    operator = names.operators.get(reason.operator_id or 0)
    return sentence("%(name)s runs this too.", name=operator) if operator else None


def _open(reason: Reason, names: Names, language: str) -> Markup | None:
    return sentence("There is room for whoever wants to come.")


_SENTENCES: dict[str, Callable[[Reason, Names, str], Markup | None]] = {
    "because": _because,
    "venue": _venue,
    "operator": _operator,
    "topic": _topic,
    "near": _near,
    "soon": _soon,
    "popular": _popular,
    "others": _others,
    "new": _new,
    "district": _district,
    "same_topic": _same_topic,
    "same_operator": _same_operator,
    "open": _open,
}
