"""What an operator publishes, in lists, and the page of one offering as its operator sees it.

Owns: which lists there are and what each row says. Called by `web.operators.publish_views`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import flask

from city.model import Draft, ModerationDecision, Offering, Status
from city.services.composing import RETURNED, dates_stand_apart
from city.services.drafting import HANDED_OVER
from city.services.permissions import Operation, Subject, may, require
from city.services.quality import quality_of
from city.store.catalogue_repositories import ListFilter
from city.store.unit_of_work import UnitOfWork
from web import formatters
from web.components.cards import Action, Card, Viewpoint, card, viewpoint
from web.components.schedule import MeetingRow, meeting_rows
from web.language import Words, gettext, message, ngettext, typed, words
from web.operators.access import staff_actor
from web.parts import parts
from web.vocabulary import KINDS, word

MOST = 60
STATUS_WORDS = {
    Status.DRAFT: message("Not published"),
    Status.IN_REVIEW: message("A moderator looks at it"),
    Status.PUBLISHED: message("Published"),
    Status.CANCELLED: message("Cancelled"),
    Status.WITHDRAWN: message("Withdrawn"),
    Status.HIDDEN: message("Hidden by the city"),
}


@dataclass(frozen=True)
class DraftRow:
    """One draft: its title so far, when it was touched, whether it waits for a publisher, and its buttons."""

    title: Words
    url: str
    when: str
    handed_over: bool
    is_change: bool
    throw_away: Action


@dataclass(frozen=True)
class OfferingRow:
    """One offering of a list."""

    title: Words
    url: str
    copy_url: str
    kind: str
    when: Any
    places: str
    note: Any = ""


@dataclass(frozen=True)
class OfferingsPage:
    """The lists, in the order in which something has to be done."""

    operator_id: int
    may_publish: bool
    drafts: Sequence[DraftRow]
    returned: Sequence[OfferingRow]
    in_review: Sequence[OfferingRow]
    on: Sequence[OfferingRow]
    over: Sequence[OfferingRow]
    more_url: str = ""


def offerings_page(operator_id: int, start: int = 0) -> OfferingsPage:
    """Read and word the lists of an operator; of what is to come MOST from `start` on, of what is over the latest."""
    actor, view = staff_actor(), viewpoint()
    own = ListFilter(operator_id=operator_id)
    drafts = parts().drafting.all(actor, operator_id)
    with parts().database.reading() as work:
        newest = work.offerings.newest_of_operator(operator_id, MOST)
        coming = work.offerings.listable(view.now, own, n=MOST, offset=start)
        total = work.offerings.count_listable(view.now, own)
        on = work.offerings.many(coming)
        over = work.offerings.lately_over(operator_id, view.now, MOST)
        rest = [each for each in newest if not each.is_listable(view.now)]
        rest += [each for each in over if each.id not in {known.id for known in rest}]
        returned = [(each, note) for each in rest if (note := _reason(work, each))]
        sent_back = {each.id for each, _ in returned}
        return OfferingsPage(
            operator_id=operator_id,
            may_publish=may(actor, Operation.PUBLISH_OFFERING, Subject(operator_id=operator_id)),
            drafts=[_draft(draft) for draft in drafts],
            returned=[_row(each, view, note) for each, note in returned],
            in_review=[_row(each, view) for each in rest if each.status == Status.IN_REVIEW],
            on=[_row(each, view) for each in on],
            more_url=flask.url_for("operators.offerings", operator=operator_id, start=start + MOST)
            if total > start + MOST
            else "",
            over=[_row(each, view, _state(each)) for each in rest
                  if each.status != Status.IN_REVIEW and each.id not in sent_back],
        )  # fmt: skip


def _reason(work: UnitOfWork, offering: Offering) -> Any:
    """Return why a moderator returned it, "" when none did."""
    if offering.status != Status.DRAFT:
        return ""
    last = next(iter(work.moderation.of_offering(offering.id)), None)
    return typed(last.reason) if last is not None and last.decision == RETURNED else ""


def _state(offering: Offering) -> str:
    return "" if offering.status == Status.PUBLISHED else gettext(STATUS_WORDS[Status(offering.status)])


def _draft(draft: Draft) -> DraftRow:
    title = str(draft.values.get("title") or draft.values.get("title_en") or "")
    return DraftRow(
        title=typed(title) if title else Words(gettext("No title yet")),
        url=flask.url_for("operators.open_draft", draft_id=draft.id),
        when=moment_words(draft.updated_at),
        handed_over=bool(draft.values.get(HANDED_OVER)),
        is_change=draft.offering_id is not None,
        throw_away=Action(flask.url_for("operators.throw_draft_away", draft_id=draft.id)),
    )


def moment_words(instant: Any) -> str:
    """Return day and hour of an instant on the city's clocks."""
    local, view = instant.astimezone(parts().clock.zone), viewpoint()
    day = formatters.full_day(local.date(), view.language, view.today)
    said = formatters.clock_time(local.time(), view.language)
    return f"{day} {said}" if view.language == "zh" else f"{day}, {said}"


def _row(offering: Offering, view: Viewpoint, note: Any = "") -> OfferingRow:
    made = card(offering, view, url="")
    run = offering.next_run(view.now) or (offering.runs[-1] if offering.runs else None)
    taken = run is not None and run.seat_count is not None
    return OfferingRow(
        title=made.title,
        url=flask.url_for("operators.show_offering", offering_id=offering.id),
        copy_url=flask.url_for("operators.publish_new", copy=offering.id),
        kind=offering.kind,
        when=made.facts[0].value,
        places=gettext("%(taken)s of %(seats)s places", taken=run.taken_count, seats=run.seat_count)
        if run is not None and taken
        else "",
        note=note,
    )


@dataclass(frozen=True)
class RunPart:
    """One run of an offering with its meetings."""

    heading: str
    note: str
    meetings: Sequence[MeetingRow]
    ways: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class OfferingPage:
    """One offering as its operator sees it."""

    title: Words
    kind_word: str
    status: str
    is_shown: bool
    card: Card
    score: int
    runs: Sequence[RunPart]
    dates_apart: bool
    decisions: Sequence[tuple[str, str, Any]]
    locked: Sequence[str]
    links: Sequence[tuple[str, str]]
    edit_url: str
    copy_url: str
    withdraw: Action | None
    show_again: Action | None


DECISIONS = {
    "sent": message("Sent to the moderator"),
    "published": message("Published by the moderator"),
    "returned": message("Returned by the moderator"),
}
RUN_WAYS = (("operators.run", message("Who takes part, dates and changes")),)
"""Pages of a run that other rooms of the portal have; each shows when its view exists."""


def offering_page(offering_id: int) -> OfferingPage:
    """Read one offering; raises NotFound, NotAllowed."""
    actor, view = staff_actor(), viewpoint()
    with parts().database.reading() as work:
        offering = work.offerings.get(offering_id)
        subject = Subject(operator_id=offering.operator_id)
        require(actor, Operation.WRITE_DRAFT, subject)
        decisions = work.moderation.of_offering(offering_id)
        publishes = may(actor, Operation.PUBLISH_OFFERING, subject)
        return OfferingPage(
            title=words(offering.title),
            kind_word=word(KINDS, offering.kind, view.language),
            status=gettext(STATUS_WORDS[Status(offering.status)]),
            is_shown=offering.has_page() and offering.merged_into_id is None,
            card=card(offering, view, url=flask.url_for("citizens.offering", offering_id=offering.id)),
            score=quality_of(offering).score,
            runs=[_run_part(run, view) for run in offering.runs],
            dates_apart=dates_stand_apart(offering, view.now),
            decisions=[decision_words(each) for each in decisions],
            locked=list(offering.locked_fields or ()) if offering.source is not None else [],
            links=_links(offering),
            edit_url=flask.url_for("operators.edit_offering", offering_id=offering.id),
            copy_url=flask.url_for("operators.publish_new", copy=offering.id),
            withdraw=_button("operators.withdraw_offering", offering,
                             publishes and offering.status == Status.PUBLISHED),
            show_again=_button("operators.show_offering_again", offering,
                               publishes and offering.status in (Status.WITHDRAWN, Status.CANCELLED)),
        )  # fmt: skip


def _button(endpoint: str, offering: Offering, shown: bool) -> Action | None:
    return Action(flask.url_for(endpoint, offering_id=offering.id)) if shown else None


def _links(offering: Offering) -> list[tuple[str, str]]:
    """Return the pages on which citizens see it, in both views."""
    if not offering.has_page():
        return []
    return [
        (gettext("As citizens see it"), flask.url_for("citizens.offering", offering_id=offering.id)),
        (gettext("In the elder view"), flask.url_for("elder.offering", offering_id=offering.id)),
    ]


def _run_part(run: Any, view: Viewpoint) -> RunPart:
    known = flask.current_app.view_functions
    held = [meeting for meeting in run.class_sessions if not meeting.cancelled]
    note = gettext("Cancelled") if run.cancelled else _seats(run)
    return RunPart(
        heading=ngettext("%(num)s meeting", "%(num)s meetings", len(held)),
        note=note,
        meetings=meeting_rows(run, view),
        ways=[
            (gettext(said), flask.url_for(endpoint, run_id=run.id)) for endpoint, said in RUN_WAYS if endpoint in known
        ],
    )


def _seats(run: Any) -> str:
    if run.seat_count is None:
        return gettext("No seats are counted")
    return gettext("%(taken)s of %(seats)s places", taken=run.taken_count, seats=run.seat_count)


def decision_words(decision: ModerationDecision) -> tuple[str, str, Any]:
    """Return what was decided, when, and why."""
    said = gettext(DECISIONS[decision.decision])
    return said, moment_words(decision.decided_at), typed(decision.reason) if decision.reason else ""
